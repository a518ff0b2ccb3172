/* SPDX-License-Identifier: MIT */
/*
 * One timer does it all: it starts the next attempt, reports the failure of
 * the last one (from the event loop, never from within dial_start()) and ends
 * what takes too long. The error that is reported is the first one: it belongs
 * to the address that was preferred.
 */
#include "sbox-gateway/connect.h"

#include <errno.h>
#include <event2/event.h>
#include <event2/event_struct.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "sbox-gateway/gateway.h"
#include "sbox/cleanup.h"
#include "sbox/log.h"
#include "sbox/strlist.h"

struct attempt {
	int fd; /* -1: unused */
	struct event ev;
	struct dial *dial;
};

struct dial {
	struct dialer *from;
	struct event timer;
	struct attempt attempts[DIAL_AT_ONCE_MAX];
	size_t nopen;
	uint64_t deadline;
	int error; /* the first one */
	uint16_t port;
	dial_done *done;
	void *ctx;
	size_t next, n;
	struct in6_addr addrs[]; /* in order */
};

void dial_order(const struct in6_addr *in, size_t n, struct in6_addr *out)
{
	size_t at[2] = {0, 0}, turn = 0;
	bool first_v4 = n > 0 && IN6_IS_ADDR_V4MAPPED(&in[0]);

	for (size_t i = 0; i < n; i++, turn = !turn) {
		for (size_t tries = 0; tries < 2; tries++, turn = !turn) {
			bool v4 = turn == 0 ? first_v4 : !first_v4;

			while (at[turn] < n &&
			       (IN6_IS_ADDR_V4MAPPED(&in[at[turn]]) != 0) != v4)
				at[turn]++;
			if (at[turn] < n)
				break;
		}
		out[i] = in[at[turn]++];
	}
}

static void attempt_open(struct attempt *a, int fd)
{
	a->fd = fd;
	if (a->dial->nopen++ > 0)
		a->dial->from->more++;
}

static void attempt_forget(struct attempt *a)
{
	a->fd = -1;
	if (--a->dial->nopen > 0)
		a->dial->from->more--;
}

static void attempt_close(struct attempt *a)
{
	if (a->fd < 0)
		return;
	(void)event_del(&a->ev);
	(void)close(a->fd);
	attempt_forget(a);
}

void dial_cancel(struct dial *d)
{
	if (!d)
		return;
	for (size_t i = 0; i < ARRAY_SIZE(d->attempts); i++)
		attempt_close(&d->attempts[i]);
	(void)event_del(&d->timer);
	free(d);
}

/* At most a day at a time: a longer wait is armed again when it is over. */
static void arm(struct dial *d, uint64_t ms)
{
	const uint64_t day = UINT64_C(86400000);
	struct timeval tv = {.tv_sec = (time_t)(ms / 1000),
			     .tv_usec = (suseconds_t)(ms % 1000 * 1000)};

	if (ms > day)
		tv = (struct timeval){.tv_sec = (time_t)(day / 1000)};
	if (event_add(&d->timer, &tv) < 0)
		fatalx("timer: out of memory");
}

static void finish(struct dial *d, int fd, int error)
{
	dial_done *done = d->done;
	void *ctx = d->ctx;

	dial_cancel(d);
	done(ctx, fd, error);
}

static void failed(struct dial *d, int error)
{
	if (!d->error)
		d->error = error;
	if (d->next < d->n || d->nopen == 0)
		arm(d, 0); /* the next one, or the end */
}

static void on_connected(evutil_socket_t fd, short what, void *arg)
{
	struct attempt *a = arg;
	struct dial *d = a->dial;
	socklen_t len = sizeof(int);
	int error = 0;

	(void)what;
	if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &len) < 0)
		error = errno;
	if (error) {
		attempt_close(a);
		failed(d, error);
		return;
	}
	(void)event_del(&a->ev);
	attempt_forget(a);
	finish(d, fd, 0);
}

/* A connection on this host is made before connect(2) returns, though it says
 * EINPROGRESS: asking again saves a turn of the event loop. */
static int connect_twice(int fd, const struct sockaddr *a, socklen_t len)
{
	int n = connect(fd, a, len);

	if (n < 0 && errno == EINPROGRESS)
		n = connect(fd, a, len);
	return n;
}

/* Sets *done when it is connected already. -1 with errno. */
static int start_connect(const struct in6_addr *addr, uint16_t port, bool *done)
{
	struct sockaddr_in v4 = {.sin_family = AF_INET,
				 .sin_port = htons(port)};
	struct sockaddr_in6 v6 = {.sin6_family = AF_INET6,
				  .sin6_port = htons(port),
				  .sin6_addr = *addr};
	bool is_v4 = IN6_IS_ADDR_V4MAPPED(addr);
	cleanup_fd int fd =
		socket(is_v4 ? AF_INET : AF_INET6,
		       SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	int n;

	if (fd < 0)
		return -1;
	memcpy(&v4.sin_addr, &addr->s6_addr[12], sizeof(v4.sin_addr));
	if (is_v4)
		n = connect_twice(fd, (struct sockaddr *)&v4, sizeof(v4));
	else
		n = connect_twice(fd, (struct sockaddr *)&v6, sizeof(v6));
	*done = n == 0;
	if (n < 0 && errno != EALREADY)
		return -1;
	return steal_fd(&fd);
}

/* They take turns: the first that is open from the next one's place on is the
 * oldest. */
static struct attempt *room(struct dial *d)
{
	bool no_more = d->nopen > 0 && d->from->more >= DIAL_MORE_MAX;
	struct attempt *a = &d->attempts[d->next % DIAL_AT_ONCE_MAX];

	for (size_t i = 0; no_more && a->fd < 0; i++)
		a = &d->attempts[(d->next + i) % DIAL_AT_ONCE_MAX];
	attempt_close(a);
	return a;
}

/* Returns a descriptor that is connected already, or -1. */
static int start_next(struct dial *d)
{
	struct attempt *a = room(d);
	bool done = false;
	int fd = start_connect(&d->addrs[d->next++], d->port, &done);

	if (fd < 0) {
		failed(d, errno);
		return -1;
	}
	if (done)
		return fd;
	attempt_open(a, fd);
	if (event_assign(&a->ev, d->from->base, a->fd, EV_WRITE, on_connected,
			 a) < 0 ||
	    event_add(&a->ev, NULL) < 0) {
		(void)close(a->fd);
		attempt_forget(a);
		failed(d, ENOMEM);
	}
	return -1;
}

/* The timer for what comes next, and the next attempt if there is one. Returns
 * as start_next(). */
static int go_on(struct dial *d, uint64_t left)
{
	bool more = d->next + 1 < d->n && left > DIAL_DELAY_MS;

	arm(d, more ? DIAL_DELAY_MS : left);
	return d->next < d->n ? start_next(d) : -1;
}

static void on_timer(evutil_socket_t fd, short what, void *arg)
{
	struct dial *d = arg;
	uint64_t now = gateway_now_ms();
	uint64_t left = d->deadline > now ? d->deadline - now : 0;
	int done;

	(void)fd;
	(void)what;
	if (d->next == d->n && d->nopen == 0) {
		finish(d, -1, d->error);
		return;
	}
	if (left == 0) {
		finish(d, -1, d->error ? d->error : ETIMEDOUT);
		return;
	}
	done = go_on(d, left);
	if (done >= 0)
		finish(d, done, 0);
}

struct dial *dial_start(struct dialer *from, const struct in6_addr *addrs,
			size_t n, uint16_t port, uint64_t timeout_ms,
			dial_done *done, void *ctx, int *now)
{
	struct dial *d;

	if (n > DIAL_ADDRESSES_MAX)
		n = DIAL_ADDRESSES_MAX;
	d = xcalloc(1, sizeof(*d) + n * sizeof(d->addrs[0]));
	d->from = from;
	d->port = port;
	d->done = done;
	d->ctx = ctx;
	d->n = n;
	d->deadline = timeout_ms == UINT64_MAX ? timeout_ms
					       : gateway_now_ms() + timeout_ms;
	for (size_t i = 0; i < ARRAY_SIZE(d->attempts); i++) {
		d->attempts[i].fd = -1;
		d->attempts[i].dial = d;
	}
	dial_order(addrs, n, d->addrs);
	if (evtimer_assign(&d->timer, from->base, on_timer, d) < 0)
		fatalx("timer: out of memory");
	*now = go_on(d, timeout_ms);
	if (*now < 0)
		return d; /* how it ends is told from the loop */
	dial_cancel(d);
	return NULL;
}
