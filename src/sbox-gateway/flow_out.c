/* SPDX-License-Identifier: MIT */
/*
 * Out: a name is resolved, each of its addresses is judged, and only those that
 * passed are connected to: what is connected to is what was checked, so a name
 * that changes its addresses (DNS rebinding) gains nothing. With SOCKS nothing
 * is resolved here and there is one address, the server's; whatever it answers
 * but success ends the flow.
 */
#include <assert.h>
#include <errno.h>
#include <event2/event.h>
#include <netdb.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "sbox-gateway/connect.h"
#include "sbox-gateway/flow_internal.h"
#include "sbox-gateway/gateway.h"
#include "sbox-gateway/resolver.h"
#include "sbox-gateway/socks.h"
#include "sbox/cleanup.h"
#include "sbox/strlist.h"

static_assert(GATEWAY_KEY_SIZE == SOCKS_KEY_SIZE, "the same key");

/* False: it has ended the flow. */
static bool socks_say(struct flow *f)
{
	uint8_t buf[SOCKS_SEND_MAX];
	size_t len = socks_send(f->socks, buf);

	/* less than 600 bytes always fit into a new connection */
	if (send(f->relay.side[1].fd, buf, len, MSG_DONTWAIT | MSG_NOSIGNAL) ==
	    (ssize_t)len)
		return true;
	flow_fail(f, "SOCKS: the server is gone");
	return false;
}

/* What comes behind an answer isn't ours: look, then take what was used. 1: an
 * answer; 0: not yet; -1: refused, or the server is gone. */
static int socks_hear(struct flow *f)
{
	struct side *s = &f->relay.side[1];
	uint8_t buf[SOCKS_SEND_MAX];
	ssize_t n = recv(s->fd, buf, sizeof(buf), MSG_DONTWAIT | MSG_PEEK);
	int used;

	if (n < 0 && (errno == EAGAIN || errno == EINTR)) {
		s->is_readable = false;
		return 0;
	}
	if (n <= 0)
		return -1;
	used = socks_take(f->socks, buf, (size_t)n);
	if (used == 0)
		s->is_readable = false; /* the rest is an event */
	if (used > 0 && recv(s->fd, buf, (size_t)used, MSG_DONTWAIT) != used)
		return -1;
	return (used > 0) - (used < 0);
}

void flow_socks_step(struct flow *f)
{
	int heard = 0;

	while (f->relay.side[1].is_readable && (heard = socks_hear(f)) > 0) {
		if (f->socks->step == SOCKS_DONE) {
			free(f->socks);
			f->socks = NULL;
			flow_relay(f);
			return;
		}
		if (!socks_say(f))
			return;
	}
	if (heard < 0)
		flow_fail(f, f->socks->reply ? socks_reply_text(f->socks->reply)
					     : "SOCKS: the server is gone");
}

static void socks_begin(struct flow *f)
{
	const char *name = flow_host(f);

	f->state = FLOW_SOCKS;
	f->socks = xcalloc(1, sizeof(*f->socks));
	socks_init(f->socks, f->g->socks_key, name ? name : "", &f->addr,
		   f->port);
	f->socks->or_none = !f->g->policy.tor;
	flow_arm(f, f->g->policy.limits.connect_ms);
	if (!flow_watch(f, &f->relay.side[1])) {
		flow_end(f, true, "out of memory");
		return;
	}
	(void)socks_say(f); /* it has ended the flow itself */
}

/* The SOCKS server's fault, or that of what was asked for? */
static bool is_by_socks(const struct flow *f)
{
	return f->kind != FLOW_PORT && f->g->policy.via == EGRESS_SOCKS;
}

static void dial_failed(struct flow *f, int error)
{
	const struct egress *e = &f->g->policy;
	const char *why = strerrordesc_np(error);
	cleanup_free char *socks = NULL;

	if (is_by_socks(f))
		socks = xasprintf("the SOCKS server %s:%u: %s", e->socks_host,
				  e->socks_port, why);
	flow_fail(f, socks ? socks : why);
}

static void on_dialled(void *ctx, int fd, int error)
{
	struct flow *f = ctx;

	f->dial = NULL;
	if (fd < 0) {
		dial_failed(f, error);
		return;
	}
	f->relay.side[1].fd = fd;
	flow_tune_fd(fd, f->kind == FLOW_PORT);
	if (is_by_socks(f))
		socks_begin(f);
	else
		flow_relay(f);
}

void flow_dial(struct flow *f, const struct in6_addr *addrs, size_t n,
	       uint16_t port)
{
	int fd;

	f->state = FLOW_CONNECT;
	(void)event_del(&f->timer);
	f->dial =
		dial_start(&f->g->dialer, addrs, n, port,
			   f->g->policy.limits.connect_ms, on_dialled, f, &fd);
	if (fd >= 0)
		on_dialled(f, fd, 0);
}

static void use_addresses(struct flow *f, const struct resolver_address *addrs,
			  size_t n)
{
	struct in6_addr ok[DIAL_ADDRESSES_MAX];
	size_t nok = 0;

	for (size_t i = 0; i < n && nok < ARRAY_SIZE(ok); i++)
		if (egress_resolved_ok(&f->g->policy, &addrs[i].addr, f->port,
				       addrs[i].is_near))
			ok[nok++] = addrs[i].addr;
	if (nok == 0)
		flow_refuse(f, REFUSAL_PRIVATE);
	else
		flow_dial(f, ok, nok, f->port);
}

static void on_resolved(void *ctx, int error,
			const struct resolver_address *addrs, size_t n)
{
	struct flow *f = ctx;

	if (error == RESOLVE_DIED)
		flow_refuse(f, REFUSAL_RESOLVER);
	else if (error || n == 0)
		flow_fail(f, gai_strerror(error ? error : EAI_NONAME));
	else
		use_addresses(f, addrs, n);
}

/* Its name would be news to somebody outside, too often? */
static bool is_too_new(struct flow *f)
{
	return f->pool && f->rule && f->rule->pat.kind != HOSTPAT_EXACT &&
	       !newnames_pass(&f->g->newnames, f->pool, gateway_now_ms());
}

/* It may go out: by which way? */
void flow_go(struct flow *f)
{
	const struct resolver_address *addrs;
	struct gateway *g = f->g;
	size_t n;

	if (is_too_new(f)) {
		flow_refuse(f, REFUSAL_NEWNAMES);
		return;
	}
	if (g->policy.via == EGRESS_SOCKS) {
		flow_dial(f, &g->socks_addr, 1, g->policy.socks_port);
		return;
	}
	if (!flow_host(f)) {
		flow_dial(f, &f->addr, 1, f->port);
		return;
	}
	f->state = FLOW_RESOLVE;
	f->wait.done = on_resolved;
	f->wait.ctx = f;
	switch (resolve_ask(g->resolve, flow_host(f), &f->wait, &addrs, &n)) {
	case RESOLVE_ASKED:
		flow_arm(f, g->policy.limits.connect_ms);
		return;
	case RESOLVE_KNOWN:
		use_addresses(f, addrs, n);
		return;
	case RESOLVE_FULL:
		flow_refuse(f, REFUSAL_LOOKUPS);
		return;
	case RESOLVE_FAILED:
		flow_fail(f, "no address was found");
		return;
	case RESOLVE_GONE:
		flow_refuse(f, REFUSAL_RESOLVER);
		return;
	}
}
