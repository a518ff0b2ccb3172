/* SPDX-License-Identifier: MIT */
/*
 * Which addresses a name must not lead to. The tables are IANA's IPv4 and IPv6
 * special-purpose address registries (RFC 6890) without exceptions: a block
 * counts as special even where the registry calls a part of it globally
 * reachable (AS112, AMT, the PCP and TURN anycast addresses), because no server
 * that a name could mean is there. Multicast, the deprecated blocks and
 * metadata services at public addresses are added. Of IPv6 only 2000::/3 is
 * handed out at all, so one rule stands for ::, ::1, IPv4-compatible and
 * -translated addresses, 64:ff9b:1::/48, 100::/64, 5f00::/16, fc00::/7,
 * fe80::/10, fec0::/10 and ff00::/8.
 *
 * IPv4 is kept as ::ffff:a.b.c.d, so that one comparison serves both; an IPv6
 * prefix never holds an IPv4 address, however short it is.
 */
#include <arpa/inet.h>
#include <string.h>

#include "egress_internal.h"
#include "sbox/cleanup.h"

struct block {
	const char *text;
	unsigned bits;
};

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

/* Not even by naming it: nobody outside is there. */
static const struct {
	struct block block;
	const char *why;
} never[] = {
	{ { "0.0.0.0", 8 },	"this network" },
	{ { "127.0.0.0", 8 },	"loopback" },
	{ { "198.18.0.0", 15 },	"where names are put inside" },
	{ { "224.0.0.0", 4 },	"multicast" },
	{ { "240.0.0.0", 4 },	"reserved" },
	{ { "::", 96 },		"loopback and the like" },
	{ { "ff00::", 8 },	"multicast" },
	{ { "fe80::", 10 },	"link-local, which needs an interface" },
};
/* clang-format on */

static const struct in6_addr mapped = {
	.s6_addr = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff}};

static struct ip_prefix block_prefix(const struct block *b)
{
	struct ip_prefix p = {.addr = mapped, .bits = b->bits + 96};

	if (inet_pton(AF_INET, b->text, &p.addr.s6_addr[12]) == 1)
		return p;
	p.bits = b->bits;
	(void)inet_pton(AF_INET6, b->text, &p.addr); /* a constant */
	return p;
}

static bool same_bits(const struct in6_addr *a, const struct in6_addr *b,
		      unsigned bits)
{
	unsigned bytes = bits / 8, rest = bits % 8;

	if (memcmp(a, b, bytes) != 0)
		return false;
	return rest == 0 ||
	       (a->s6_addr[bytes] ^ b->s6_addr[bytes]) >> (8 - rest) == 0;
}

bool prefix_is_v4(const struct ip_prefix *p)
{
	return p->bits >= 96 && same_bits(&p->addr, &mapped, 96);
}

bool prefix_holds(const struct ip_prefix *p, const struct in6_addr *addr)
{
	return same_bits(&p->addr, addr, p->bits) &&
	       prefix_is_v4(p) == same_bits(addr, &mapped, 96);
}

const char *prefix_never_allowed(const struct ip_prefix *p)
{
	for (size_t i = 0; i < ARRAY_SIZE(never); i++) {
		struct ip_prefix b = block_prefix(&never[i].block);

		if (prefix_is_v4(&b) == prefix_is_v4(p) &&
		    same_bits(&b.addr, &p->addr,
			      b.bits < p->bits ? b.bits : p->bits))
			return never[i].why;
	}
	return NULL;
}

bool address_embedded(const struct in6_addr *addr, struct in6_addr *v4)
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
		*v4 = mapped;
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

bool address_is_special(const struct in6_addr *addr)
{
	static const struct block global[] = {
		{"2000::", 3}, {"64:ff9b::", 96}, /* as good as what it holds */
	};

	if (same_bits(addr, &mapped, 96))
		return is_in(special_v4, ARRAY_SIZE(special_v4), addr);
	return !is_in(global, ARRAY_SIZE(global), addr) ||
	       is_in(special_v6, ARRAY_SIZE(special_v6), addr);
}
