/* SPDX-License-Identifier: MIT */
/*
 * Bytes between two connected sockets, both ways, through splice(2). Each
 * direction ends by itself (half-close); a reset of one side resets the other.
 * Side 0 is who connected to us, side 1 whom we connected to.
 *
 * What has been checked is never read from the socket a second time: what a
 * client has put there with sendfile(2) or vmsplice(2) are references to pages
 * that it can still change. A checked direction reads into a buffer of ours,
 * and what leaves is what was looked at.
 */
#ifndef GATEWAY_RELAY_H
#define GATEWAY_RELAY_H

#include <event2/event_struct.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct httpflow;
struct pipe;
struct pipes;
struct tlsflow;

#define RELAY_BATCH                                                            \
	4 /* of PIPES_SIZE in one direction, before others' turn               \
	   */

/* Bytes read and not yet sent: data[off..len), of which up to ok may be. */
struct chunk {
	size_t off, ok, len, room;
	uint8_t data[];
};

struct side {
	int fd;
	struct event ev;
	bool is_readable, is_writable; /* as far as is known */
};

/* From side[i] to side[!i]. */
struct lane {
	struct pipe *pipe; /* only while held > 0 */
	size_t held;
	struct chunk *chunk; /* goes first */
	bool at_end;	     /* nothing more comes */
	bool is_shut;	     /* and the other side has been told */
	uint64_t bytes;
};

struct relay {
	struct side side[2];
	struct lane lane[2];
	struct pipes *pipes;
	struct httpflow *http; /* either checks lane 0; owned; both NULL: */
	struct tlsflow *tls;   /* nothing is checked (any more) */
	bool is_asking;	       /* what comes next in lane 1 decides */
	uint64_t credit;       /* then: bytes of lane 1 that may pass before */
	uint64_t left;	       /* bytes of both that may pass at all */
	const char *why;       /* with RELAY_RESET, perhaps: static text */
};

enum relay_result {
	RELAY_WAITS,   /* for an event */
	RELAY_MORE,    /* there may be more: call again after others' turn */
	RELAY_OVER,    /* both directions have ended */
	RELAY_RESET,   /* one side is gone */
	RELAY_REFUSED, /* the check says no */
};

/* An event's bits (EV_READ, EV_WRITE, EV_CLOSED) came for a side. */
void relay_ready(struct side *s, short what);
/* How many bytes of lane 0 may be read ahead of the check. */
size_t relay_chunk_max(const struct relay *r);
/* Ask the check about the bytes of lane 0's chunk that it hasn't let through
 * yet. 1: some may pass now; 0: more bytes are needed; -1: refused. */
int relay_check(struct relay *r);
/* Move what can be moved, and no more than r->left, which it counts down. */
enum relay_result relay_pump(struct relay *r);
/* Is a request's head, or a second hello, begun, and the rest of it awaited? */
bool relay_has_part(const struct relay *r);
/* Give back pipes and buffers; the descriptors are the caller's. */
void relay_free(struct relay *r);

/* One recv(2) into *c, which is made or grown (up to max bytes). Returns as
 * recv; -1 with ENOBUFS when it is full. */
ptrdiff_t chunk_read(struct chunk **c, int fd, size_t max);

#endif
