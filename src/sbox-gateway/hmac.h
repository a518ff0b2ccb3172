/* SPDX-License-Identifier: MIT */
/* HMAC-SHA256 (RFC 2104) of one message. */
#ifndef GATEWAY_HMAC_H
#define GATEWAY_HMAC_H

#include <stddef.h>
#include <stdint.h>

#define HMAC_SIZE 32

void hmac_sha256(const uint8_t *key, size_t key_len, const void *text,
		 size_t len, uint8_t out[HMAC_SIZE]);

#endif
