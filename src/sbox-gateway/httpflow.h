/* SPDX-License-Identifier: MIT */
/*
 * The requests of one plain-HTTP connection, followed byte for byte (RFC
 * 9112), so that the Host of every one of them is checked before its bytes go
 * out. Whatever two parsers could read differently (httphead.h; a bad chunk,
 * a chunk extension, several Hosts, absolute-form of another host, CONNECT) is
 * refused. HTTP/2's preface is refused.
 *
 * A request for WebSocket (RFC 6455) is the only one that may lead to another
 * protocol. One for h2c, which Java's client sends with everything, passes as
 * the HTTP/1 that it also is; if the server says 101 to it, the preface that
 * must follow is refused, so HTTP/2's requests never pass unread.
 */
#ifndef GATEWAY_HTTPFLOW_H
#define GATEWAY_HTTPFLOW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sbox-gateway/httphead.h"
#include "sbox/hostpat.h"

enum httpflow_state {
	HTTPFLOW_HEAD,	  /* collecting a request's head */
	HTTPFLOW_BODY,	  /* left bytes of a body */
	HTTPFLOW_CHUNKS,  /* within a chunked body */
	HTTPFLOW_UPGRADE, /* a request asked for another protocol: what follows
			     passes only when the answer was a 101; nothing is
			     taken until the caller sets HTTPFLOW_HEAD */
	HTTPFLOW_BAD,
};

struct httpflow {
	char host[HOSTNAME_MAX + 1]; /* what every request must name */
	uint16_t port;
	enum httpflow_state state;
	uint64_t left;
	unsigned chunk;	 /* httpflow.c's own */
	size_t seen;	 /* the same: of a head that isn't whole */
	const char *why; /* with BAD: static text */
};

/* host: normalised. */
void httpflow_init(struct httpflow *f, const char *host, uint16_t port);
/*
 * How many of the len bytes at buf may be sent on now; the rest is to be
 * given again with more behind it (at most HTTP_HEAD_MAX). -1: refused, f->why
 * says why. What stands before a refused request is let through first, so the
 * pieces in which bytes come change nothing.
 */
ptrdiff_t httpflow_take(struct httpflow *f, const char *buf, size_t len);

#endif
