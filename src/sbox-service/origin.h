/* SPDX-License-Identifier: MIT */
/*
 * TLS with one origin: 1.2 or later, its certificate verified for its name
 * against the system's authorities or a file of the user's, and its own key
 * against a pin if there is one. All of that is part of the handshake, so
 * nothing of a request leaves before it has succeeded.
 */
#ifndef SERVICE_ORIGIN_H
#define SERVICE_ORIGIN_H

#include <openssl/ssl.h>
#include <stdbool.h>
#include <stdint.h>

#include "sbox-gateway/service.h"

struct diag;
struct egress_service;

struct origin {
	SSL_CTX *ctx;
	char *host; /* borrowed; OpenSSL's macro takes no const */
	bool has_pin;
	unsigned char pin[32]; /* SHA-256 of the SubjectPublicKeyInfo */
};

/* Reads the authorities' certificates. o must stay where it is. 0, or -1 and d.
 */
int origin_init(struct origin *o, const struct egress_service *s,
		struct diag *d);
/* A client's end, not yet connected; the caller's. NULL: out of memory. */
SSL *origin_client(const struct origin *o);
/* Why its handshake failed, and in words. */
enum service_reason origin_why(const SSL *ssl, const char **text);

#endif
