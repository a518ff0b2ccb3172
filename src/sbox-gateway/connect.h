/* SPDX-License-Identifier: MIT */
/*
 * Connecting to one of several addresses of the same thing (RFC 8305, "happy
 * eyeballs"): the families take turns, the next attempt starts when the one
 * before failed or after 250 ms, the first that succeeds wins and the others
 * are closed.
 */
#ifndef GATEWAY_CONNECT_H
#define GATEWAY_CONNECT_H

#include <netinet/in.h>
#include <stddef.h>
#include <stdint.h>

struct event_base;

#define DIAL_ADDRESSES_MAX 16
#define DIAL_DELAY_MS	   250 /* RFC 8305 5, Connection Attempt Delay */
#define DIAL_AT_ONCE_MAX   4   /* attempts; the oldest makes room */
#define DIAL_MORE_MAX	   64  /* of all dials, each one's first left out */

struct dial;

/* What all of them share. */
struct dialer {
	struct event_base *base;
	size_t more; /* open attempts, each dial's first left out */
};

/* fd: connected, non-blocking, the caller's; or -1 and an errno. Called from
 * the event loop; the dial is gone when it is called. */
typedef void dial_done(void *ctx, int fd, int error);

/* Addresses as IPv6, IPv4 ones mapped; in the order of preference (it sees to
 * the turns). n > 0. timeout_ms for all of it. Connected at once (as on this
 * host): returns NULL, with the descriptor in *now. */
struct dial *dial_start(struct dialer *from, const struct in6_addr *addrs,
			size_t n, uint16_t port, uint64_t timeout_ms,
			dial_done *done, void *ctx, int *now);
/* Forget it; done is not called. d may be NULL. */
void dial_cancel(struct dial *d);

/* The order in which they are tried: the first one's family begins, then the
 * families alternate (RFC 8305 4). Pure. */
void dial_order(const struct in6_addr *in, size_t n, struct in6_addr *out);

#endif
