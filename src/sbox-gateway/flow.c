/* SPDX-License-Identifier: MIT */
/*
 * The state machine. A flow owns its descriptors, its place in the gateway's
 * list, and whatever it waits for; flow_end() is the only way out and cancels
 * all of it. One timer serves all states; while relaying it only looks how long
 * nothing has moved, so that bytes don't touch it.
 */
#include "sbox-gateway/flow.h"

#include <arpa/inet.h>
#include <assert.h>
#include <event2/event.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "sbox-gateway/connect.h"
#include "sbox-gateway/decision.h"
#include "sbox-gateway/flow_internal.h"
#include "sbox-gateway/gateway.h"
#include "sbox-gateway/names.h"
#include "sbox-gateway/service.h"
#include "sbox/cleanup.h"
#include "sbox/log.h"
#include "sbox/strlist.h"

static const char *const kind_rules[] = {
	[FLOW_OUT] = NULL,
	[FLOW_PORT] = "--port",
	[FLOW_PUBLISH] = "--publish",
	[FLOW_SERVICE] = "net.services",
};
static_assert(ARRAY_SIZE(kind_rules) == FLOW_KIND__COUNT, "a row for each");

void flow_reset_fd(int fd)
{
	static const struct linger reset = {.l_onoff = 1, .l_linger = 0};

	/* if that fails it is closed the other way, which is no less closed */
	(void)setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset));
	(void)close(fd);
}

void flow_tune_fd(int fd, bool is_loopback)
{
	static const char reno[] = "reno"; /* every kernel has it */
	static const int yes = 1;

	/* inherited by what is accepted (tcp(7)); if it fails, only speed is
	 * lost */
	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof(yes));
	if (is_loopback)
		(void)setsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, reno,
				 sizeof(reno) - 1);
}

const char *flow_host(const struct flow *f)
{
	if (f->service)
		return f->service->host;
	return f->pool ? names_name(f->g->names, f->pool) : NULL;
}

/* Its name, or its address into buf. */
static const char *flow_name(const struct flow *f, char buf[INET6_ADDRSTRLEN])
{
	const char *name = flow_host(f);
	bool v4 = IN6_IS_ADDR_V4MAPPED(&f->addr);

	if (name)
		return name;
	if (!inet_ntop(v4 ? AF_INET : AF_INET6,
		       v4 ? &f->addr.s6_addr[12] : &f->addr.s6_addr[0], buf,
		       INET6_ADDRSTRLEN))
		buf[0] = '\0';
	return buf;
}

static void flow_log(const struct flow *f, const char *verdict,
		     const char *reason, unsigned count)
{
	char buf[INET6_ADDRSTRLEN];
	const struct decision d = {
		.name = flow_name(f, buf),
		.port = f->port,
		.verdict = verdict,
		.rule = f->rule ? f->rule->text : kind_rules[f->kind],
		.reason = reason,
		.count = count > 1 ? count : 0,
		.sent = f->relay.lane[0].bytes,
		.received = f->relay.lane[1].bytes,
		.duration_ms = gateway_now_ms() - f->started,
	};

	decisions_write(f->g->log, &d);
}

static void side_close(struct side *s, bool reset)
{
	if (s->fd < 0)
		return;
	if (event_initialized(&s->ev))
		(void)event_del(&s->ev);
	if (reset)
		flow_reset_fd(s->fd);
	else
		(void)close(s->fd);
	s->fd = -1;
}

/* Without a word in the log. */
static void flow_drop(struct flow *f, bool reset)
{
	struct gateway *g = f->g;

	resolve_cancel(&f->wait);
	dial_cancel(f->dial);
	free(f->socks);
	(void)event_del(&f->timer);
	side_close(&f->relay.side[0], reset);
	side_close(&f->relay.side[1], reset);
	relay_free(&f->relay);
	if (f->next)
		f->next->prev = f->prev;
	*f->prev = f->next;
	g->nflows--;
	free(f);
}

void flow_end(struct flow *f, bool reset, const char *reason)
{
	if (f->service)
		service_hear(f->g->services);
	flow_log(f, "allowed", f->said ? f->said : reason, 0);
	flow_drop(f, reset);
}

void flow_fail(struct flow *f, const char *reason)
{
	char buf[INET6_ADDRSTRLEN];

	(void)refusals_count(f->g->refusals, flow_name(f, buf), f->port,
			     REFUSAL_NONE, reason);
	flow_end(f, true, reason);
}

void flow_refuse(struct flow *f, enum refusal why)
{
	static const char *const verdicts[REFUSAL__COUNT] = {
		[REFUSAL_UNLISTED] = "unlisted",
		[REFUSAL_DENIED] = "denied",
	};
	char buf[INET6_ADDRSTRLEN];
	unsigned n = refusals_count(f->g->refusals, flow_name(f, buf), f->port,
				    why, NULL);

	if (refusal_is_logged(n))
		flow_log(f, verdicts[why] ? verdicts[why] : "refused",
			 verdicts[why] ? NULL : refusal_text(why), n);
	flow_drop(f, true);
}

void flow_end_all(struct gateway *g)
{
	while (g->flows)
		flow_end(g->flows, true, "the sandbox ended");
}

void flow_arm(struct flow *f, uint64_t ms)
{
	const uint64_t day = UINT64_C(86400000);
	struct timeval tv;

	ms = ms < day ? ms : day; /* whoever waits longer looks again */
	tv.tv_sec = (time_t)(ms / 1000);
	tv.tv_usec = (suseconds_t)(ms % 1000 * 1000);
	if (event_add(&f->timer, &tv) < 0)
		fatalx("timer: out of memory");
}

static const char late_text[] = "nothing was said in time";

static void flow_pump(struct flow *f);

static uint64_t left_of(uint64_t limit, uint64_t since)
{
	uint64_t gone = gateway_now_ms() - since;

	return gone < limit ? limit - gone : 0;
}

/* While relaying: until it is idle, or a head that has begun is late. */
static void arm_idle(struct flow *f)
{
	uint64_t idle = left_of(f->g->policy.limits.idle_ms, f->moved);
	uint64_t part = f->part ? left_of(GATEWAY_HELLO_MS, f->part) : idle;

	flow_arm(f, idle < part ? idle : part);
}

static void on_idle(struct flow *f)
{
	if (f->part && left_of(GATEWAY_HELLO_MS, f->part) == 0)
		flow_end(f, true, late_text);
	else if (f->has_more)
		flow_pump(f);
	else if (left_of(f->g->policy.limits.idle_ms, f->moved) == 0)
		flow_end(f, true, "idle");
	else
		arm_idle(f);
}

static void on_timer(evutil_socket_t fd, short what, void *arg)
{
	struct flow *f = arg;

	(void)fd;
	(void)what;
	switch (f->state) {
	case FLOW_CHECK:
		flow_end(f, true, late_text);
		return;
	case FLOW_RESOLVE:
		flow_fail(f, "no address in time");
		return;
	case FLOW_CONNECT:
		return; /* the dial has its own */
	case FLOW_SOCKS:
		flow_fail(f, "SOCKS: no answer in time");
		return;
	case FLOW_RELAY:
		on_idle(f);
		return;
	}
}

/* Of the run's bytes, those that may still pass and one more, which is the one
 * too many. 0: they are used up. */
static uint64_t bytes_left(const struct gateway *g)
{
	uint64_t limit = g->policy.limits.bytes;

	if (limit == EGRESS_LIMIT_NONE)
		return limit;
	return g->bytes > limit ? 0 : limit - g->bytes + 1;
}

/* False: the run's bytes are used up. */
static bool count_bytes(struct flow *f)
{
	struct gateway *g = f->g;
	uint64_t now = f->relay.lane[0].bytes + f->relay.lane[1].bytes;

	if (now != f->counted) {
		f->moved = gateway_now_ms();
		g->bytes += now - f->counted;
		f->counted = now;
	}
	return bytes_left(g) > 0;
}

/* A head that has begun must be there in time, the first or another. True: one
 * has begun just now. */
static bool watch_head(struct flow *f)
{
	uint64_t sent = f->relay.lane[0].bytes;

	if (!relay_has_part(&f->relay)) {
		f->part = 0;
		return false;
	}
	if (f->part && f->part_after == sent)
		return false;
	f->part = gateway_now_ms();
	f->part_after = sent;
	return true;
}

static void flow_pump(struct flow *f)
{
	enum relay_result r;

	f->relay.left = bytes_left(f->g);
	r = relay_pump(&f->relay);
	if (!count_bytes(f)) {
		flow_refuse(f, REFUSAL_BYTES);
		return;
	}
	switch (r) {
	case RELAY_MORE:
		(void)watch_head(f);
		f->has_more = true;
		flow_arm(f, 0);
		return;
	case RELAY_WAITS:
		if (watch_head(f) || f->has_more)
			arm_idle(f);
		f->has_more = false;
		return;
	case RELAY_OVER:
		flow_end(f, false, NULL);
		return;
	case RELAY_RESET:
		flow_end(f, true, f->relay.why ? f->relay.why : "reset");
		return;
	case RELAY_REFUSED:
		flow_refuse(f, flow_check_why(f));
		return;
	}
}

static void on_side(evutil_socket_t fd, short what, void *arg)
{
	struct flow *f = arg;

	relay_ready(&f->relay.side[fd != f->relay.side[0].fd], what);
	switch (f->state) {
	case FLOW_CHECK:
		flow_check_step(f);
		return;
	case FLOW_RESOLVE:
	case FLOW_CONNECT:
		return; /* remembered in the side's flags */
	case FLOW_SOCKS:
		flow_socks_step(f);
		return;
	case FLOW_RELAY:
		flow_pump(f);
		return;
	}
}

bool flow_watch(struct flow *f, struct side *s)
{
	if (event_initialized(&s->ev))
		return true;
	return event_assign(&s->ev, f->g->base, s->fd,
			    EV_READ | EV_WRITE | EV_CLOSED | EV_ET | EV_PERSIST,
			    on_side, f) == 0 &&
	       event_add(&s->ev, NULL) == 0;
}

void flow_relay(struct flow *f)
{
	struct relay *r = &f->relay;

	f->state = FLOW_RELAY;
	f->moved = gateway_now_ms();
	for (int i = 0; i < 2; i++) {
		/* adding an event tells what is so already */
		r->side[i].is_readable |= r->lane[0].chunk != NULL;
		r->side[i].is_writable |= r->lane[0].chunk != NULL;
		if (!flow_watch(f, &r->side[i])) {
			flow_end(f, true, "out of memory");
			return;
		}
	}
	flow_arm(f, f->g->policy.limits.idle_ms);
	if (r->lane[0].chunk)
		flow_pump(f);
}

static struct flow *flow_new(struct gateway *g, enum flow_kind kind, int fd,
			     uint16_t port)
{
	struct flow *f = xcalloc(1, sizeof(*f));

	f->g = g;
	f->kind = kind;
	f->port = port;
	f->relay.side[0].fd = fd;
	f->relay.side[1].fd = -1;
	f->relay.pipes = &g->pipes;
	f->started = gateway_now_ms();
	if (evtimer_assign(&f->timer, g->base, on_timer, f) < 0)
		fatalx("timer: out of memory");
	f->next = g->flows;
	f->prev = &g->flows;
	if (f->next)
		f->next->prev = &f->next;
	g->flows = f;
	g->nflows++;
	return f;
}

int flow_has_room(struct gateway *g)
{
	enum refusal why = g->lacks_files ? REFUSAL_FILES : REFUSAL_CONNECTIONS;
	struct decision d = {
		.name = "*", .verdict = "refused", .reason = refusal_text(why)};
	unsigned n;

	if (g->nflows < g->max_flows)
		return true;
	n = refusals_count(g->refusals, "*", 0, why, NULL);
	d.count = n > 1 ? n : 0;
	if (refusal_is_logged(n))
		decisions_write(g->log, &d);
	return false;
}

/* Where it was meant to go: the address that it was accepted at. False: it has
 * none that we know. */
static bool flow_target(struct flow *f)
{
	union {
		struct sockaddr_in v4;
		struct sockaddr_in6 v6;
		struct sockaddr any;
	} a;
	socklen_t len = sizeof(a);
	uint32_t host;

	memset(&a, 0, sizeof(a));
	if (getsockname(f->relay.side[0].fd, &a.any, &len) < 0)
		return false;
	if (a.any.sa_family == AF_INET6) {
		f->addr = a.v6.sin6_addr;
		return true;
	}
	host = ntohl(a.v4.sin_addr.s_addr);
	f->addr = (struct in6_addr){.s6_addr = {[10] = 0xff, 0xff}};
	memcpy(&f->addr.s6_addr[12], &a.v4.sin_addr, 4);
	if (host >> (32 - EGRESS_POOL_BITS) !=
	    EGRESS_POOL_ADDRESS >> (32 - EGRESS_POOL_BITS))
		return true;
	f->pool = host;
	return names_name(f->g->names, host) != NULL;
}

static void flow_decide(struct flow *f)
{
	struct gateway *g = f->g;
	struct egress_decision d;

	if (!flow_target(f)) {
		f->pool = 0;
		flow_refuse(f, REFUSAL_FORGED);
		return;
	}
	if (bytes_left(g) == 0) {
		flow_refuse(f, REFUSAL_BYTES);
		return;
	}
	if (f->pool)
		d = egress_connect(&g->policy, names_name(g->names, f->pool),
				   f->port);
	else
		d = egress_address(&g->policy, &f->addr, f->port);
	f->rule = d.rule;
	if (d.verdict != EGRESS_ALLOWED)
		flow_refuse(f, d.verdict == EGRESS_DENIED ? REFUSAL_DENIED
							  : REFUSAL_UNLISTED);
	else if (f->pool && d.check == EGRESS_CHECK_PORT &&
		 (f->port == FLOW_PORT_TLS || f->port == FLOW_PORT_HTTP))
		flow_check(f);
	else
		flow_go(f);
}

/* fd goes to sbox-service; what it says to the origin is the flow's. */
static void flow_serve(struct gateway *g, int fd, size_t index)
{
	const struct egress_service *s = &g->policy.services[index];
	const struct service_hand hand = {++g->last_id, (uint32_t)index};
	struct flow *f = flow_new(g, FLOW_SERVICE, fd, s->origin_port);
	int ours = service_hand(g->services, &hand, fd);
	struct egress_decision d = egress_connect(&g->policy, s->host, f->port);

	f->service = s;
	f->id = hand.id;
	if (d.verdict == EGRESS_DENIED)
		f->rule = d.rule;
	if (ours < 0) {
		flow_end(f, true, "sbox-service is gone or takes no more");
		return;
	}
	(void)close(fd); /* another process has it */
	f->relay.side[0].fd = ours;
	if (bytes_left(g) == 0)
		flow_refuse(f, REFUSAL_BYTES);
	else if (d.verdict == EGRESS_DENIED)
		flow_refuse(f, REFUSAL_DENIED);
	else
		flow_go(f);
}

void flow_accept(struct gateway *g, int fd, const struct listener *l)
{
	struct in6_addr loopback[2] = {
		{.s6_addr = {[10] = 0xff, 0xff, 127, 0, 0, 1}},
		IN6ADDR_LOOPBACK_INIT};
	bool is_port = l->kind == LISTENER_PORT || l->kind == LISTENER_PORT_6;
	struct flow *f;

	if (l->kind == LISTENER_SERVICE) {
		flow_serve(g, fd, l->index);
		return;
	}
	f = flow_new(g, is_port ? FLOW_PORT : FLOW_OUT, fd, l->port);
	if (!is_port) {
		flow_decide(f);
		return;
	}
	f->port = g->policy.ports.v[l->index].out;
	f->addr = loopback[0];
	if (bytes_left(g) == 0)
		flow_refuse(f, REFUSAL_BYTES);
	else
		flow_dial(f, loopback, ARRAY_SIZE(loopback), f->port);
}

void flow_join(struct gateway *g, int in, int out, uint16_t port)
{
	struct flow *f = flow_new(g, FLOW_PUBLISH, in, port);

	f->addr =
		(struct in6_addr){.s6_addr = {[10] = 0xff, 0xff, 127, 0, 0, 1}};
	f->relay.side[1].fd = out;
	flow_relay(f);
}
