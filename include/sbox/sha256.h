/* SPDX-License-Identifier: MIT */
/* SHA-256 as hex. libbsd's own digest library (libmd) does the work. */
#ifndef SBOX_SHA256_H
#define SBOX_SHA256_H

#include <stddef.h>

#define SHA256_HEX_SIZE 65

/* Digest of n buffers one behind the other, each preceded by its length (64
 * bits, little-endian: the borders count), as 64 lower-case hex digits and a
 * NUL. */
void sha256_hex(const void *const bufs[], const size_t lens[], size_t n,
		char hex[SHA256_HEX_SIZE]);

#endif
