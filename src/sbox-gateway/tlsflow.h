/* SPDX-License-Identifier: MIT */
/*
 * One TLS connection to a name, followed for as long as a ClientHello can come
 * in clear. The first must name the host. Then the client's bytes wait for the
 * server's answer: if that is a HelloRetryRequest (RFC 8446 4.1.4), a second
 * ClientHello will come, which must name it, too. Behind any other answer, and
 * behind the second, nothing is looked at: it is encrypted.
 */
#ifndef GATEWAY_TLSFLOW_H
#define GATEWAY_TLSFLOW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sbox/hostpat.h"

#define TLSFLOW_PEEK 43 /* bytes of an answer that tell what it is */

enum tlsflow_state {
	TLSFLOW_HELLO,	/* collecting the first ClientHello */
	TLSFLOW_ANSWER, /* nothing is taken until tlsflow_answer() knows */
	TLSFLOW_RETRY,	/* collecting the second */
	TLSFLOW_OPEN,	/* all that follows may pass */
};

struct tlsflow {
	char host[HOSTNAME_MAX + 1]; /* what a ClientHello must name */
	enum tlsflow_state state;
	size_t left;   /* tlsflow.c's own: of a record that passes */
	bool is_hello; /* refused: it is a ClientHello, but of another name */
};

/* host: normalised. */
void tlsflow_init(struct tlsflow *f, const char *host);
/*
 * How many of the client's len bytes at buf may be sent on now; the rest is to
 * be given again with more behind it (at most HELLO_MAX). -1: refused. Of what
 * stands behind the last hello nothing is counted.
 */
ptrdiff_t tlsflow_take(struct tlsflow *f, const uint8_t *buf, size_t len);
/*
 * With TLSFLOW_ANSWER: len bytes at buf (TLSFLOW_PEEK are enough) begin what
 * the server says. How many may be passed on before it is asked again; 0: more
 * are needed, unless the state has changed, with which all of them may. -1:
 * what it is can't be told.
 */
ptrdiff_t tlsflow_answer(struct tlsflow *f, const uint8_t *buf, size_t len);

#endif
