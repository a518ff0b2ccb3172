/* SPDX-License-Identifier: MIT */
/*
 * A listening socket whose connections are accepted. When the kernel has no
 * descriptor or memory for one more, it pauses.
 */
#ifndef GATEWAY_ACCEPTOR_H
#define GATEWAY_ACCEPTOR_H

#include <event2/event_struct.h>
#include <stdbool.h>

/* fd: a connection, non-blocking, the callee's from then on. */
typedef void acceptor_got(void *ctx, int fd);

struct acceptor {
	struct event ev, pause;
	int fd; /* owned; -1: not started */
	acceptor_got *got;
	void *ctx;
};

/* listener: non-blocking; owned if that succeeds. False: out of memory. */
bool acceptor_start(struct acceptor *a, struct event_base *base, int listener,
		    acceptor_got *got, void *ctx);
void acceptor_stop(struct acceptor *a);

#endif
