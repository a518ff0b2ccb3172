/* SPDX-License-Identifier: MIT */
/*
 * Prefixes of addresses, and which of them no rule may allow. IPv4 is kept as
 * ::ffff:a.b.c.d, so that one comparison serves both; an IPv6 prefix never
 * holds an IPv4 address, however short it is.
 */
#include <arpa/inet.h>
#include <string.h>

#include "egress_internal.h"
#include "sbox/cleanup.h"

/* clang-format off */
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

struct ip_prefix block_prefix(const struct block *b)
{
	struct ip_prefix p = {.addr.s6_addr = {[10] = 0xff, [11] = 0xff},
			      .bits = b->bits + 96};

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
	return p->bits >= 96 && IN6_IS_ADDR_V4MAPPED(&p->addr);
}

char *ip_text(const struct ip_prefix *p)
{
	bool v4 = prefix_is_v4(p);
	char text[INET6_ADDRSTRLEN]; /* enough for either */

	(void)inet_ntop(v4 ? AF_INET : AF_INET6, &p->addr.s6_addr[v4 ? 12 : 0],
			text, sizeof(text));
	return xstrdup(text);
}

bool prefix_holds(const struct ip_prefix *p, const struct in6_addr *addr)
{
	return same_bits(&p->addr, addr, p->bits) &&
	       prefix_is_v4(p) == IN6_IS_ADDR_V4MAPPED(addr);
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
