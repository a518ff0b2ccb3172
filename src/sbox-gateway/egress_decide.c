/* SPDX-License-Identifier: MIT */
/*
 * May it? A rule that denies wins over every rule that allows, and what no rule
 * allows is not allowed. An IPv6 address that carries an IPv4 address is judged
 * twice: neither may be denied, and if the inner one is special, it must be
 * named as well.
 *
 * Which addresses a name must not lead to. The tables are IANA's IPv4 and IPv6
 * special-purpose address registries (RFC 6890) without exceptions: a block
 * counts as special even where the registry calls a part of it globally
 * reachable (AS112, AMT, the PCP and TURN anycast addresses), because no server
 * that a name could mean is there. Multicast, the deprecated blocks and
 * metadata services at public addresses are added. Of IPv6 only 2000::/3 is
 * handed out at all, so one rule stands for ::, ::1, IPv4-compatible and
 * -translated addresses, 64:ff9b:1::/48, 100::/64, 5f00::/16, fc00::/7,
 * fe80::/10, fec0::/10 and ff00::/8.
 */
#include <string.h>

#include "policy/egress_internal.h"
#include "sbox/cleanup.h"

#define ANY_PORT 0

/* clang-format off */
static const struct block special_v4[] = {
	{ "0.0.0.0", 8 },		/* this network */
	{ "10.0.0.0", 8 },		/* private */
	{ "100.64.0.0", 10 },		/* shared (CGNAT); Alibaba's metadata */
	{ "127.0.0.0", 8 },		/* loopback */
	{ "168.63.129.16", 32 },	/* Azure's metadata: a public address */
	{ "169.254.0.0", 16 },		/* link-local; most clouds' metadata */
	{ "172.16.0.0", 12 },		/* private */
	{ "192.0.0.0", 24 },		/* IETF; Oracle's metadata */
	{ "192.0.2.0", 24 },		/* documentation */
	{ "192.31.196.0", 24 },		/* AS112 */
	{ "192.52.193.0", 24 },		/* AMT */
	{ "192.88.99.0", 24 },		/* 6to4 relays, deprecated */
	{ "192.168.0.0", 16 },		/* private */
	{ "192.175.48.0", 24 },		/* AS112 */
	{ "198.18.0.0", 15 },		/* benchmarks; our pool */
	{ "198.51.100.0", 24 },		/* documentation */
	{ "203.0.113.0", 24 },		/* documentation */
	{ "224.0.0.0", 4 },		/* multicast */
	{ "240.0.0.0", 4 },		/* reserved, broadcast */
};

/* within 2000::/3 */
static const struct block special_v6[] = {
	{ "2001::", 23 },		/* IETF: Teredo, ORCHID, AMT ... */
	{ "2001:db8::", 32 },		/* documentation */
	{ "2620:4f:8000::", 48 },	/* AS112 */
	{ "3fff::", 20 },		/* documentation */
};
/* clang-format on */

bool egress_embedded(const struct in6_addr *addr, struct in6_addr *v4)
{
	static const struct {
		struct block block;
		unsigned at; /* the IPv4 address's first byte */
	} forms[] = {
		{{"64:ff9b::", 96}, 12}, /* NAT64, RFC 6052 */
		{{"2002::", 16}, 2},	 /* 6to4, RFC 3056 */
		{{"::", 96}, 12},	 /* compatible, RFC 4291 2.5.5.1 */
	};

	for (size_t i = 0; i < ARRAY_SIZE(forms); i++) {
		struct ip_prefix p = block_prefix(&forms[i].block);

		if (!prefix_holds(&p, addr))
			continue;
		*v4 = (struct in6_addr){.s6_addr = {[10] = 0xff, 0xff}};
		memcpy(&v4->s6_addr[12], &addr->s6_addr[forms[i].at], 4);
		return true;
	}
	return false;
}

static bool is_in(const struct block *table, size_t n,
		  const struct in6_addr *addr)
{
	for (size_t i = 0; i < n; i++) {
		struct ip_prefix p = block_prefix(&table[i]);

		if (prefix_holds(&p, addr))
			return true;
	}
	return false;
}

static bool address_is_special(const struct in6_addr *addr)
{
	static const struct block global[] = {
		{"2000::", 3}, {"64:ff9b::", 96}, /* as good as what it holds */
	};

	if (IN6_IS_ADDR_V4MAPPED(addr))
		return is_in(special_v4, ARRAY_SIZE(special_v4), addr);
	return !is_in(global, ARRAY_SIZE(global), addr) ||
	       is_in(special_v6, ARRAY_SIZE(special_v6), addr);
}

/* What is asked: a name or an address, and a port. */
struct question {
	const char *name; /* NULL: an address */
	const struct in6_addr *addr;
	uint16_t port; /* ANY_PORT: is there one? */
};

static bool has_port(const struct egress_rule *r, uint16_t port)
{
	for (size_t i = 0; i < r->nports; i++)
		if (port >= r->ports[i].first && port <= r->ports[i].last)
			return true;
	return false;
}

static bool is_target(const struct egress_rule *r, const struct question *q)
{
	if (r->is_prefix != !q->name)
		return false;
	return q->name ? hostpat_match(&r->pat, q->name)
		       : prefix_holds(&r->prefix, q->addr);
}

/* A rule of some ports doesn't deny the others, nor the name itself. */
static const struct egress_rule *find_deny(const struct egress *e,
					   const struct question *q)
{
	for (size_t i = 0; i < e->deny.n; i++) {
		const struct egress_rule *r = &e->deny.v[i];

		if (is_target(r, q) &&
		    (r->default_ports ||
		     (q->port != ANY_PORT && has_port(r, q->port))))
			return r;
	}
	return NULL;
}

static const struct egress_rule *find_allow(const struct egress *e,
					    const struct question *q)
{
	bool one_label = q->name && !strchr(q->name, '.');
	const struct egress_rule *found = NULL;

	for (size_t i = 0; i < e->allow.n; i++) {
		const struct egress_rule *r = &e->allow.v[i];

		if (!is_target(r, q) ||
		    (q->port != ANY_PORT && !has_port(r, q->port)) ||
		    (one_label && r->pat.kind == HOSTPAT_ANY))
			continue;
		if (r->check == EGRESS_CHECK_NONE)
			return r;
		if (!found)
			found = r;
	}
	return found;
}

static struct egress_decision decide(const struct egress *e,
				     const struct question *q)
{
	struct egress_decision denied = {.verdict = EGRESS_DENIED};
	struct egress_decision allowed = {.verdict = EGRESS_ALLOWED};

	denied.rule = find_deny(e, q);
	if (denied.rule)
		return denied;
	if (q->name && egress_name_is_local(q->name, e->tor))
		return (struct egress_decision){.verdict = EGRESS_UNLISTED};
	allowed.rule = find_allow(e, q);
	if (!allowed.rule)
		return (struct egress_decision){.verdict = EGRESS_UNLISTED};
	allowed.check = allowed.rule->check;
	return allowed;
}

struct egress_decision egress_connect(const struct egress *e, const char *name,
				      uint16_t port)
{
	const struct question q = {.name = name, .port = port};

	return decide(e, &q);
}

struct egress_decision egress_name(const struct egress *e, const char *name)
{
	return egress_connect(e, name, ANY_PORT);
}

struct egress_decision egress_address(const struct egress *e,
				      const struct in6_addr *addr,
				      uint16_t port)
{
	const struct question q = {.addr = addr, .port = port};
	struct in6_addr v4;
	const struct question inner = {.addr = &v4, .port = port};
	struct egress_decision outer = decide(e, &q), also;

	if (outer.verdict != EGRESS_ALLOWED || !egress_embedded(addr, &v4))
		return outer;
	also = decide(e, &inner);
	if (also.verdict == EGRESS_DENIED ||
	    (also.verdict == EGRESS_UNLISTED && address_is_special(&v4)))
		return also;
	return outer;
}

bool egress_resolved_ok(const struct egress *e, const struct in6_addr *addr,
			uint16_t port, bool is_near)
{
	struct in6_addr v4;
	const struct in6_addr *forms[] = {addr, &v4};
	size_t n = egress_embedded(addr, &v4) ? 2 : 1;

	for (size_t i = 0; i < n; i++) {
		const struct question q = {.addr = forms[i], .port = port};
		enum egress_verdict v = decide(e, &q).verdict;

		if (v == EGRESS_DENIED ||
		    (v != EGRESS_ALLOWED &&
		     ((is_near && i == 0) || address_is_special(forms[i]))))
			return false;
	}
	return true;
}
