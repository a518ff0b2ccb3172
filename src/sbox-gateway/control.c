/* SPDX-License-Identifier: MIT */
/*
 * Each listener has a persistent, level-triggered event: what one wake-up
 * leaves in the backlog is the next one's. A kernel that has no descriptor or
 * memory for one more connection would wake us for it again and again, so such
 * a listener pauses.
 */
#include "sbox-gateway/control.h"

#include <errno.h>
#include <event2/event.h>
#include <event2/event_struct.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "sbox-gateway/dnsserver.h"
#include "sbox-gateway/flow.h"
#include "sbox-gateway/gateway.h"
#include "sbox/cleanup.h"
#include "sbox/log.h"
#include "sbox/strlist.h"
#include "sbox/wire.h"

#define PAUSE_MS 100

struct door {
	struct control *control;
	const struct listener *listener;
	struct event ev, pause;
	int fd; /* -1: not handed over (yet) */
};

struct request {
	struct request *next;
	control_socket_done *done;
	void *ctx;
};

struct control {
	struct gateway *g;
	int sock;
	struct event ev;
	struct door *doors;		  /* one for each of g->listeners */
	struct request *requests, **last; /* in the order they were made */
};

/* False: nothing more to be accepted now. */
static bool accept_one(struct door *d)
{
	static const struct timeval pause = {.tv_usec = PAUSE_MS * 1000L};
	struct gateway *g = d->control->g;
	int fd = accept4(d->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

	if (fd < 0) {
		if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS ||
		    errno == ENOMEM) {
			(void)event_del(&d->ev);
			(void)event_add(&d->pause, &pause);
			return false;
		}
		return errno == ECONNABORTED || errno == EINTR;
	}
	if (d->listener->kind == LISTENER_DNS_TCP)
		dnsserver_accept(g, fd);
	else if (flow_has_room(g))
		flow_accept(g, fd, d->listener);
	else
		flow_reset_fd(fd);
	return true;
}

static void on_door(evutil_socket_t fd, short what, void *arg)
{
	struct door *d = arg;

	(void)what;
	if (d->listener->kind == LISTENER_DNS_UDP) {
		dnsserver_datagrams(d->control->g, fd);
		return;
	}
	for (int i = 0; i < GATEWAY_ACCEPT_BATCH; i++)
		if (!accept_one(d))
			return;
}

static void on_pause(evutil_socket_t fd, short what, void *arg)
{
	struct door *d = arg;

	(void)fd;
	(void)what;
	if (event_add(&d->ev, NULL) < 0)
		fatalx("listener: event");
}

/* A listener has come: is it what the list says it is? */
static bool door_open(struct control *c, int32_t index, int fd)
{
	static const int yes = 1;
	struct gateway *g = c->g;
	struct door *d;
	int type = 0, want;
	socklen_t len = sizeof(type);

	if (index < 0 || (size_t)index >= g->listeners.n || fd < 0)
		return false;
	d = &c->doors[index];
	want = d->listener->kind == LISTENER_DNS_UDP ? SOCK_DGRAM : SOCK_STREAM;
	if (d->fd >= 0 ||
	    getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &len) < 0 ||
	    type != want || fcntl(fd, F_SETFL, O_RDWR | O_NONBLOCK) < 0)
		return false;
	if (want == SOCK_STREAM) /* what is accepted inherits it (tcp(7)) */
		(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes,
				 sizeof(yes));
	d->fd = fd;
	return event_assign(&d->ev, g->base, fd, EV_READ | EV_PERSIST, on_door,
			    d) == 0 &&
	       evtimer_assign(&d->pause, g->base, on_pause, d) == 0 &&
	       event_add(&d->ev, NULL) == 0;
}

static struct request *next_request(struct control *c)
{
	struct request *q = c->requests;

	if (q)
		c->requests = q->next;
	if (!c->requests)
		c->last = &c->requests;
	return q;
}

static bool on_socket(struct control *c, int32_t value, int fd)
{
	struct request *q = next_request(c);
	int error = fd < 0 ? (value < 0 ? -value : EBADMSG) : 0;

	if (!q)
		return false;
	if (fd >= 0 && fcntl(fd, F_SETFL, O_RDWR | O_NONBLOCK) < 0) {
		error = errno;
		(void)close(fd);
		fd = -1;
	}
	q->done(q->ctx, fd, error);
	free(q);
	return true;
}

static bool on_message(struct control *c, const struct wire_msg *msg, int *fd)
{
	bool ok = false;

	if (msg->type == WIRE_LISTENER) {
		ok = door_open(c, msg->value, *fd);
		if (ok)
			*fd = -1;
	} else if (msg->type == WIRE_SOCKET) {
		ok = on_socket(c, msg->value, *fd);
		if (ok)
			*fd = -1;
	} else {
		ok = msg->type == WIRE_LISTENING;
	}
	return ok;
}

static void on_control(evutil_socket_t sock, short what, void *arg)
{
	struct control *c = arg;
	struct wire_msg msg;
	cleanup_fd int fd = -1;
	int n = wire_recv(sock, &msg, &fd);

	(void)what;
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n > 0 && on_message(c, &msg, &fd))
		return;
	if (n != 0)
		log_err("pid 1: not what was agreed");
	(void)event_base_loopbreak(c->g->base);
}

struct control *control_new(struct gateway *g, int sock)
{
	struct control *c = xcalloc(1, sizeof(*c));

	c->g = g;
	c->sock = sock;
	c->doors = xcalloc(g->listeners.n, sizeof(c->doors[0]));
	c->last = &c->requests;
	for (size_t i = 0; i < g->listeners.n; i++)
		c->doors[i] = (struct door){
			.control = c, .listener = &g->listeners.v[i], .fd = -1};
	if (fcntl(sock, F_SETFL, O_RDWR | O_NONBLOCK) < 0 ||
	    event_assign(&c->ev, g->base, sock, EV_READ | EV_PERSIST,
			 on_control, c) < 0 ||
	    event_priority_set(&c->ev, 0) < 0 || event_add(&c->ev, NULL) < 0)
		fatal("pid 1");
	return c;
}

void control_free(struct control *c)
{
	struct request *q;

	if (!c)
		return;
	for (size_t i = 0; i < c->g->listeners.n; i++) {
		struct door *d = &c->doors[i];

		if (d->fd < 0)
			continue;
		(void)event_del(&d->ev);
		(void)event_del(&d->pause);
		(void)close(d->fd);
	}
	while ((q = next_request(c)))
		free(q);
	(void)event_del(&c->ev);
	(void)close(c->sock);
	free(c->doors);
	free(c);
}

void control_ask_socket(struct control *c, int family,
			control_socket_done *done, void *ctx)
{
	struct request *q;

	if (wire_send(c->sock, WIRE_SOCKET, family, -1) < 0) {
		done(ctx, -1, errno);
		return;
	}
	q = xcalloc(1, sizeof(*q));
	q->done = done;
	q->ctx = ctx;
	*c->last = q;
	c->last = &q->next;
}
