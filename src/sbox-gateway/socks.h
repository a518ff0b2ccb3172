/* SPDX-License-Identifier: MIT */
/*
 * The client's side of SOCKS5 (RFC 1928) with a user name and password for
 * each destination (RFC 1929), so that Tor puts no two of them on one circuit
 * (tor(1), IsolateSOCKSAuth; user name "<torS0X>0" of proposal 351). Names
 * are sent as names: nothing is resolved here.
 */
#ifndef GATEWAY_SOCKS_H
#define GATEWAY_SOCKS_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sbox/hostpat.h"

#define SOCKS_SEND_MAX 600 /* also: no answer of the server is longer */
#define SOCKS_KEY_SIZE 32

enum socks_step { SOCKS_GREETING, SOCKS_AUTH, SOCKS_REQUEST, SOCKS_DONE };

struct socks {
	enum socks_step step;
	char host[HOSTNAME_MAX + 1]; /* a name, or "" for addr */
	struct in6_addr addr;
	uint16_t port;
	char password[33]; /* the isolation token; "" offers no password */
	bool or_none;	   /* the server may do without: ssh -D, microsocks;
			      never with Tor, where it is the isolation */
	uint8_t reply;	   /* why the server refused; 0: before any reply */
};

/* The token: the first 32 hex digits of HMAC-SHA256(key, host ":" port); key
 * is random, one per sandbox. */
void socks_init(struct socks *s, const uint8_t key[SOCKS_KEY_SIZE],
		const char *host, const struct in6_addr *addr, uint16_t port);
/* What to send next; returns its length. */
size_t socks_send(const struct socks *s, uint8_t out[SOCKS_SEND_MAX]);
/*
 * Take what came. Returns the bytes used (> 0: the step is complete, s->step
 * is the next one and its socks_send() is due unless DONE), 0: more bytes are
 * needed, -1: refused or not SOCKS (s->reply, 0 if it never got that far).
 */
int socks_take(struct socks *s, const uint8_t *buf, size_t len);
/* Text for a reply code, Tor's 0xf0-0xf7 included. */
const char *socks_reply_text(uint8_t reply);

#endif
