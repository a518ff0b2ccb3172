/* SPDX-License-Identifier: MIT */
/*
 * A visit: accepted outside, a socket of the sandbox's network asked from pid
 * 1, connected to 127.0.0.1:IN inside; refused there, once more with ::1; then
 * both ends are a flow like any other. Requests are pipelined, their answers
 * come in order (control.h).
 */
#include "sbox-gateway/publish.h"

#include <errno.h>
#include <event2/event.h>
#include <event2/event_struct.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "sbox-gateway/acceptor.h"
#include "sbox-gateway/control.h"
#include "sbox-gateway/flow.h"
#include "sbox-gateway/gateway.h"
#include "sbox/cleanup.h"
#include "sbox/diag.h"
#include "sbox/egress.h"
#include "sbox/fd.h"
#include "sbox/log.h"
#include "sbox/strlist.h"

#define AUTO_TRIES	 16
#define VISIT_CONNECT_MS 10000

struct board { /* one published port */
	struct publish *publish;
	uint16_t in, out;
	int fd[2]; /* 127.0.0.1; ::1 or -1; theirs, once they have started: */
	struct acceptor acceptor[2];
};

struct publish {
	struct gateway *g;
	size_t npending;
	size_t n;
	struct board boards[];
};

struct visit {
	struct publish *publish;
	struct event ev;
	int in, out, family;
	uint16_t port;
};

static socklen_t loopback(int family, uint16_t port,
			  struct sockaddr_storage *out)
{
	struct sockaddr_in v4 = {.sin_family = AF_INET,
				 .sin_port = htons(port),
				 .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	struct sockaddr_in6 v6 = {.sin6_family = AF_INET6,
				  .sin6_port = htons(port),
				  .sin6_addr = IN6ADDR_LOOPBACK_INIT};

	memset(out, 0, sizeof(*out));
	if (family == AF_INET) {
		memcpy(out, &v4, sizeof(v4));
		return sizeof(v4);
	}
	memcpy(out, &v6, sizeof(v6));
	return sizeof(v6);
}

/* --- listening --------------------------------------------------------------
 */

static int listen_on(int family, uint16_t port)
{
	static const int yes = 1;
	struct sockaddr_storage a;
	socklen_t len = loopback(family, port, &a);
	cleanup_fd int fd =
		socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -1;
	/* a port whose last connections are only waiting out is free */
	if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes)) < 0 ||
	    bind(fd, (struct sockaddr *)&a, len) < 0 ||
	    listen(fd, PUBLISH_BACKLOG) < 0)
		return -1;
	flow_tune_fd(fd, true);
	return steal_fd(&fd);
}

static uint16_t port_of(int fd)
{
	struct sockaddr_in a = {.sin_port = 0};
	socklen_t len = sizeof(a);

	if (getsockname(fd, (struct sockaddr *)&a, &len) < 0)
		return 0;
	return ntohs(a.sin_port);
}

/* No IPv6 at all on this host is no error. */
static bool lacks_ipv6(int error)
{
	return error == EAFNOSUPPORT || error == EADDRNOTAVAIL;
}

/* 0, or -1 with errno. */
static int board_listen(struct board *b, uint16_t port)
{
	int e;

	b->fd[0] = listen_on(AF_INET, port);
	if (b->fd[0] < 0)
		return -1;
	b->out = port ? port : port_of(b->fd[0]);
	b->fd[1] = listen_on(AF_INET6, b->out);
	if (b->fd[1] >= 0 || lacks_ipv6(errno))
		return 0;
	e = errno;
	(void)close(b->fd[0]);
	b->fd[0] = -1;
	errno = e;
	return -1;
}

struct publish *publish_listen(const struct egress_ports *ports, struct diag *d)
{
	struct publish *p =
		xcalloc(1, sizeof(*p) + ports->n * sizeof(p->boards[0]));

	for (size_t i = 0; i < ports->n; i++) {
		struct board *b = &p->boards[p->n++];
		uint16_t port = ports->v[i].out;
		int tries = port ? 1 : AUTO_TRIES, ok = -1;

		*b = (struct board){
			.publish = p, .in = ports->v[i].in, .fd = {-1, -1}};
		while (ok < 0 && tries-- > 0)
			ok = board_listen(b, port);
		if (ok == 0)
			continue;
		diag_set_errno(d, errno, "publish: port %u of this host", port);
		diag_hint(d, "--publish auto:%u takes a free one", b->in);
		publish_free(p);
		return NULL;
	}
	return p;
}

int publish_report(const struct publish *p, int fd)
{
	for (size_t i = 0; i < p->n; i++) {
		cleanup_free char *line = xasprintf(
			"publish %u %u\n", p->boards[i].in, p->boards[i].out);

		if (fd_write_all(fd, line, strlen(line)) < 0)
			return -1;
	}
	return 0;
}

size_t publish_count(const struct publish *p)
{
	return 2 * p->n;
}

/* --- visits -----------------------------------------------------------------
 */

static void on_socket(void *ctx, int fd, int error);

static void visit_end(struct visit *v)
{
	v->publish->npending--;
	if (event_initialized(&v->ev))
		(void)event_del(&v->ev);
	if (v->out >= 0)
		(void)close(v->out);
	if (v->in >= 0)
		flow_reset_fd(v->in);
	free(v);
}

/* Refused inside: the other family, or that was it. */
static void visit_retry(struct visit *v)
{
	if (v->out >= 0) {
		if (event_initialized(&v->ev))
			(void)event_del(&v->ev);
		(void)close(v->out);
		v->out = -1;
	}
	if (v->family == AF_INET6) {
		visit_end(v);
		return;
	}
	v->family = AF_INET6;
	control_ask_socket(v->publish->g->control, v->family, on_socket, v);
}

static void on_connected(evutil_socket_t fd, short what, void *arg)
{
	struct visit *v = arg;
	struct gateway *g = v->publish->g;
	int error = 0;
	socklen_t len = sizeof(error);

	if ((what & EV_TIMEOUT) ||
	    getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &len) < 0 || error) {
		visit_retry(v);
		return;
	}
	if (flow_has_room(g)) {
		(void)event_del(&v->ev);
		flow_join(g, steal_fd(&v->in), steal_fd(&v->out), v->port);
	}
	visit_end(v);
}

static void on_socket(void *ctx, int fd, int error)
{
	static const struct timeval limit = {.tv_sec = VISIT_CONNECT_MS / 1000};
	struct visit *v = ctx;
	struct sockaddr_storage a;
	socklen_t len = loopback(v->family, v->port, &a);

	(void)error; /* no IPv6 inside: as if it had been refused */
	v->out = fd;
	if (fd < 0) {
		visit_retry(v);
		return;
	}
	flow_tune_fd(fd, true);
	if ((connect(fd, (struct sockaddr *)&a, len) < 0 &&
	     errno != EINPROGRESS) ||
	    event_assign(&v->ev, v->publish->g->base, fd, EV_WRITE,
			 on_connected, v) < 0 ||
	    event_add(&v->ev, &limit) < 0)
		visit_retry(v);
}

static void on_visit(void *ctx, int fd)
{
	const struct board *b = ctx;
	struct publish *p = b->publish;
	struct visit *v;

	if (p->npending == PUBLISH_PENDING_MAX || !flow_has_room(p->g)) {
		flow_reset_fd(fd);
		return;
	}
	v = xcalloc(1, sizeof(*v));
	*v = (struct visit){.publish = p,
			    .in = fd,
			    .out = -1,
			    .family = AF_INET,
			    .port = b->in};
	p->npending++;
	control_ask_socket(p->g->control, v->family, on_socket, v);
}

void publish_start(struct publish *p, struct gateway *g)
{
	p->g = g;
	for (size_t i = 0; i < p->n; i++) {
		struct board *b = &p->boards[i];

		for (int k = 0; k < 2; k++)
			if (b->fd[k] >= 0 &&
			    !acceptor_start(&b->acceptor[k], g->base, b->fd[k],
					    on_visit, b))
				fatalx("publish: event");
	}
}

void publish_free(struct publish *p)
{
	if (!p)
		return;
	for (size_t i = 0; i < p->n; i++) {
		for (int k = 0; k < 2; k++) {
			if (p->boards[i].fd[k] < 0)
				continue;
			if (p->g)
				acceptor_stop(&p->boards[i].acceptor[k]);
			else
				(void)close(p->boards[i].fd[k]);
		}
	}
	free(p);
}
