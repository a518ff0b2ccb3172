/* SPDX-License-Identifier: MIT */
/*
 * The event is persistent and level-triggered: what one wake-up leaves in the
 * backlog is the next one's. A connection that can't be accepted would wake us
 * again and again, hence the pause.
 */
#include "sbox-gateway/acceptor.h"

#include <errno.h>
#include <event2/event.h>
#include <sys/socket.h>
#include <unistd.h>

#include "sbox-gateway/gateway.h"
#include "sbox/log.h"

#define PAUSE_MS 100

/* False: nothing more to be accepted now. */
static bool accept_one(struct acceptor *a)
{
	static const struct timeval pause = {.tv_usec = PAUSE_MS * 1000L};
	int fd = accept4(a->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

	if (fd >= 0) {
		a->got(a->ctx, fd);
		return true;
	}
	if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS ||
	    errno == ENOMEM) {
		(void)event_del(&a->ev);
		(void)event_add(&a->pause, &pause);
		return false;
	}
	return errno == ECONNABORTED || errno == EINTR;
}

static void on_connections(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	for (int i = 0; i < GATEWAY_ACCEPT_BATCH; i++)
		if (!accept_one(arg))
			return;
}

static void on_pause(evutil_socket_t fd, short what, void *arg)
{
	struct acceptor *a = arg;

	(void)fd;
	(void)what;
	if (event_add(&a->ev, NULL) < 0)
		fatalx("listener: event");
}

bool acceptor_start(struct acceptor *a, struct event_base *base, int listener,
		    acceptor_got *got, void *ctx)
{
	*a = (struct acceptor){.fd = -1, .got = got, .ctx = ctx};
	if (event_assign(&a->ev, base, listener, EV_READ | EV_PERSIST,
			 on_connections, a) < 0 ||
	    evtimer_assign(&a->pause, base, on_pause, a) < 0 ||
	    event_add(&a->ev, NULL) < 0)
		return false;
	a->fd = listener;
	return true;
}

void acceptor_stop(struct acceptor *a)
{
	if (a->fd < 0)
		return;
	(void)event_del(&a->ev);
	(void)event_del(&a->pause);
	(void)close(a->fd);
	a->fd = -1;
}
