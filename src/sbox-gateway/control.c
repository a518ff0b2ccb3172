/* SPDX-License-Identifier: MIT */
/*
 * What pid 1 sends is checked against the list that both sides know: a door is
 * a listener of it, opened once. What it answers belongs to the oldest request.
 */
#include "sbox-gateway/control.h"

#include <errno.h>
#include <event2/event.h>
#include <event2/event_struct.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "sbox-gateway/acceptor.h"
#include "sbox-gateway/dnsserver.h"
#include "sbox-gateway/flow.h"
#include "sbox-gateway/gateway.h"
#include "sbox/cleanup.h"
#include "sbox/log.h"
#include "sbox/strlist.h"
#include "sbox/wire.h"

struct door {
	struct control *control;
	const struct listener *listener;
	bool is_open;		  /* it has been handed over */
	struct acceptor acceptor; /* but of datagrams: */
	struct event datagrams;
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

static void on_connection(void *ctx, int fd)
{
	const struct door *d = ctx;
	struct gateway *g = d->control->g;

	if (d->listener->kind == LISTENER_DNS_TCP)
		dnsserver_accept(g, fd);
	else if (flow_has_room(g))
		flow_accept(g, fd, d->listener);
	else
		flow_reset_fd(fd);
}

static void on_datagrams(evutil_socket_t fd, short what, void *arg)
{
	(void)what;
	dnsserver_datagrams(arg, fd);
}

/* A listener has come: is it what the list says it is? */
static bool door_open(struct control *c, int32_t index, int fd)
{
	struct gateway *g = c->g;
	struct door *d;
	int type = 0, want;
	socklen_t len = sizeof(type);

	if (index < 0 || (size_t)index >= g->listeners.n || fd < 0)
		return false;
	d = &c->doors[index];
	want = d->listener->kind == LISTENER_DNS_UDP ? SOCK_DGRAM : SOCK_STREAM;
	if (d->is_open ||
	    getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &len) < 0 ||
	    type != want || fcntl(fd, F_SETFL, O_RDWR | O_NONBLOCK) < 0)
		return false;
	if (want == SOCK_DGRAM) {
		d->is_open = event_assign(&d->datagrams, g->base, fd,
					  EV_READ | EV_PERSIST, on_datagrams,
					  g) == 0 &&
			     event_add(&d->datagrams, NULL) == 0;
		return d->is_open;
	}
	flow_tune_fd(fd, true);
	d->is_open =
		acceptor_start(&d->acceptor, g->base, fd, on_connection, d);
	return d->is_open;
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
		c->doors[i] = (struct door){.control = c,
					    .listener = &g->listeners.v[i]};
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

		if (d->is_open && d->listener->kind == LISTENER_DNS_UDP) {
			(void)event_del(&d->datagrams);
			(void)close(event_get_fd(&d->datagrams));
		} else if (d->is_open) {
			acceptor_stop(&d->acceptor);
		}
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
