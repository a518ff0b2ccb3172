/* SPDX-License-Identifier: MIT */
/*
 * What follows from the rules for pid 1: the ports that it listens on inside,
 * each of which has one user, and the routes. What a rule means for a
 * connection is the gateway's business (src/sbox-gateway/egress_decide.c).
 */
#include <stdlib.h>
#include <string.h>
#include <sys/param.h>

#include "egress_internal.h"
#include "sbox/cleanup.h"
#include "sbox/diag.h"

#define DNS_PORT 53

bool egress_allows_every_name(const struct egress *e)
{
	for (size_t i = 0; i < e->allow.n; i++)
		if (!e->allow.v[i].is_prefix &&
		    e->allow.v[i].pat.kind == HOSTPAT_ANY)
			return true;
	return false;
}

/* Who has a port inside. */
enum user {
	USER_NOBODY,
	USER_DNS,
	USER_NAMES,
	USER_NAMES_6, /* and USER_NAMES */
	USER_PORT,
	USER_SERVICE,
	USER_PUBLISHED,
};

static const char *const user_names[] = {
	[USER_NOBODY] = "nobody",	  [USER_DNS] = "the name server",
	[USER_NAMES] = "net.allow",	  [USER_NAMES_6] = "net.allow",
	[USER_PORT] = "net.ports",	  [USER_SERVICE] = "net.services",
	[USER_PUBLISHED] = "net.publish",
};

/* Several rules may name a port, and several of the host's lead to one. */
static bool is_shared(enum user had, enum user user)
{
	bool names = user == USER_NAMES || user == USER_NAMES_6;

	if (names)
		return had == USER_NAMES || had == USER_NAMES_6;
	return user == USER_PUBLISHED && had == user;
}

static int take_port(uint8_t *users, unsigned port, enum user user,
		     struct diag *d)
{
	enum user had = (enum user)users[port];

	if (had == USER_NOBODY || is_shared(had, user)) {
		users[port] = (uint8_t)MAX(had, user);
		return 0;
	}
	diag_set(d, "port %u inside: %s and %s both want it", port,
		 user_names[had], user_names[user]);
	return diag_hint(d,
			 "give another port inside (--port IN:OUT, --publish "
			 "HOST:IN), or say which ports of a name are "
			 "allowed (NAME:443)");
}

static int take_rule(uint8_t *users, const struct egress_rule *r,
		     struct diag *d)
{
	bool v6 = r->is_prefix && !prefix_is_v4(&r->prefix);
	enum user user = v6 ? USER_NAMES_6 : USER_NAMES;

	for (size_t i = 0; i < r->nports; i++)
		for (unsigned p = r->ports[i].first; p <= r->ports[i].last; p++)
			if (take_port(users, p, user, d))
				return -1;
	return 0;
}

static int take_all(const struct egress *e, uint8_t *users, struct diag *d)
{
	users[DNS_PORT] = USER_DNS;
	for (size_t i = 0; i < e->allow.n; i++)
		if (take_rule(users, &e->allow.v[i], d))
			return -1;
	for (size_t i = 0; i < e->ports.n; i++)
		if (take_port(users, e->ports.v[i].in, USER_PORT, d))
			return -1;
	for (size_t i = 0; i < e->nservices; i++)
		if (take_port(users, e->services[i].port, USER_SERVICE, d))
			return -1;
	for (size_t i = 0; i < e->publish.n; i++)
		if (take_port(users, e->publish.v[i].in, USER_PUBLISHED, d))
			return -1;
	return 0;
}

/* Beyond the bound it only counts. */
static void add(struct listeners *l, enum listener_kind kind, uint16_t port,
		size_t index)
{
	if (l->n < EGRESS_LISTENERS_MAX)
		l->v[l->n] = (struct listener){kind, port, index};
	l->n++;
}

static void list_all(const struct egress *e, const uint8_t *users,
		     struct listeners *l)
{
	add(l, LISTENER_DNS_UDP, DNS_PORT, 0);
	add(l, LISTENER_DNS_TCP, DNS_PORT, 0);
	for (unsigned p = 1; p <= UINT16_MAX; p++) {
		if (users[p] == USER_NAMES || users[p] == USER_NAMES_6)
			add(l, LISTENER_NAMES, (uint16_t)p, 0);
		if (users[p] == USER_NAMES_6)
			add(l, LISTENER_NAMES_6, (uint16_t)p, 0);
	}
	for (size_t i = 0; i < e->ports.n; i++) {
		add(l, LISTENER_PORT, e->ports.v[i].in, i);
		add(l, LISTENER_PORT_6, e->ports.v[i].in, i);
	}
	for (size_t i = 0; i < e->nservices; i++)
		add(l, LISTENER_SERVICE, e->services[i].port, i);
}

int egress_listeners(const struct egress *e, struct listeners *out,
		     struct diag *d)
{
	cleanup_free uint8_t *users = xcalloc(UINT16_MAX + 1, 1);
	struct listeners l = {.n = 0};

	if (take_all(e, users, d))
		return -1;
	l.v = xcalloc(EGRESS_LISTENERS_MAX, sizeof(*l.v));
	list_all(e, users, &l);
	if (l.n > EGRESS_LISTENERS_MAX) {
		free(l.v);
		diag_set(d, "%zu ports inside are too many (at most %d)", l.n,
			 EGRESS_LISTENERS_MAX);
		return diag_hint(d, "allow smaller ranges of ports");
	}
	*out = l;
	return 0;
}

static void add_route(struct ip_prefix *v, size_t *n, const struct ip_prefix *p)
{
	for (size_t i = 0; i < *n; i++)
		if (v[i].bits == p->bits &&
		    memcmp(&v[i].addr, &p->addr, sizeof(p->addr)) == 0)
			return;
	v[(*n)++] = *p;
}

struct ip_prefix *egress_routes(const struct egress *e, size_t *n)
{
	struct ip_prefix *v = xcalloc(e->allow.n + 1, sizeof(*v));
	struct ip_prefix pool = {
		.addr.s6_addr = {[10] = 0xff,
				 0xff,
				 EGRESS_POOL_ADDRESS >> 24,
				 EGRESS_POOL_ADDRESS >> 16 & 0xff},
		.bits = 96 + EGRESS_POOL_BITS,
	};

	*n = 0;
	add_route(v, n, &pool);
	for (size_t i = 0; i < e->allow.n; i++)
		if (e->allow.v[i].is_prefix)
			add_route(v, n, &e->allow.v[i].prefix);
	return v;
}
