/* SPDX-License-Identifier: MIT */
/*
 * The texts of the network policy: a rule of allow or deny, a port of ports or
 * publish, the way out. Every one is taken apart from the left, and what is
 * not used up is an error. An address is recognised by its form (brackets, or
 * digits and dots alone) and then must be what inet_pton(3) takes: no octal, no
 * shortened forms, no IPv4 within IPv6. A network with bits behind its prefix
 * is refused, since one of the two is a slip.
 */
#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "egress_internal.h"
#include "sbox/cleanup.h"
#include "sbox/diag.h"
#include "sbox/num.h"

#define PORT_RANGES_MAX 64
#define V4_BITS_MIN	8
#define V6_BITS_MIN	32

int egress_port_number(const char *text, size_t len, uint16_t *out,
		       struct diag *d)
{
	cleanup_free char *copy = xstrndup(text, len);
	uint64_t v;

	if (num_parse_u64(copy, 1, UINT16_MAX, &v, d))
		return diag_prefix(d, "port");
	*out = (uint16_t)v;
	return 0;
}

/* N or N-M. */
static int range_parse(const char *text, size_t len, struct port_range *out,
		       struct diag *d)
{
	const char *dash = memchr(text, '-', len);
	size_t n = dash ? (size_t)(dash - text) : len;
	const char *last = dash ? dash + 1 : text;
	struct port_range r = {0, 0};

	if (egress_port_number(text, n, &r.first, d) ||
	    egress_port_number(last, (size_t)(text + len - last), &r.last, d))
		return -1;
	if (r.first > r.last)
		return diag_set(d, "ports: %.*s: the first is the greater one",
				(int)len, text);
	*out = r;
	return 0;
}

static int ports_parse(const char *text, struct egress_rule *r, struct diag *d)
{
	for (;; text++) {
		size_t len = strcspn(text, ",");

		if (r->nports == PORT_RANGES_MAX)
			return diag_set(d, "more than %d ports and ranges",
					PORT_RANGES_MAX);
		r->ports = xreallocarray(r->ports, r->nports + 1,
					 sizeof(*r->ports));
		if (range_parse(text, len, &r->ports[r->nports], d))
			return -1;
		r->nports++;
		text += len;
		if (!*text)
			return 0;
	}
}

static bool has_bits_beyond(const struct ip_prefix *p)
{
	for (unsigned i = p->bits; i < 128; i++)
		if (p->addr.s6_addr[i / 8] >> (7 - i % 8) & 1)
			return true;
	return false;
}

static int v4_parse(const char *text, struct ip_prefix *out, struct diag *d)
{
	*out = (struct ip_prefix){
		.addr.s6_addr = {[10] = 0xff, [11] = 0xff},
		.bits = 128,
	};
	if (inet_pton(AF_INET, text, &out->addr.s6_addr[12]) == 1)
		return 0;
	diag_set(d, "%s: not an IPv4 address", text);
	return diag_hint(d, "four decimal numbers with dots, no zeros before "
			    "them");
}

static int v6_parse(const char *text, struct ip_prefix *out, struct diag *d)
{
	*out = (struct ip_prefix){.bits = 128};
	if (inet_pton(AF_INET6, text, &out->addr) != 1)
		return diag_set(d, "%s: not an IPv6 address", text);
	if (!prefix_is_v4(out))
		return 0;
	diag_set(d, "%s: an IPv4 address in disguise", text);
	return diag_hint(d, "write the IPv4 address");
}

/* The part of text that is an address: ADDRESS or [V6]. 0 and *out and *end;
 * 1 if it isn't one; -1 and d. */
static int address_parse(const char *text, struct ip_prefix *out,
			 const char **end, struct diag *d)
{
	bool v6 = *text == '[';
	size_t len = strcspn(text, "]");
	cleanup_free char *address = NULL;

	if (v6 && text[len] != ']')
		return diag_set(d, "%.*s: no \"]\"", EGRESS_SHOWN, text);
	if (!v6)
		len = strspn(text, "0123456789.");
	if (!v6 && (len == 0 || (text[len] && !strchr("/:", text[len]))))
		return 1;
	address = xstrndup(text + v6, len - v6);
	*end = text + len + v6;
	return v6 ? v6_parse(address, out, d) : v4_parse(address, out, d);
}

/* "/BITS" if it is there. */
static int bits_parse(const char **at, struct ip_prefix *p, struct diag *d)
{
	unsigned base = prefix_is_v4(p) ? 96 : 0;
	size_t len = strcspn(*at, ":");
	cleanup_free char *text = NULL;
	uint64_t bits;

	if (**at != '/')
		return 0;
	text = xstrndup(*at + 1, len - 1);
	if (num_parse_u64(text, 0, 128 - base, &bits, d))
		return diag_prefix(d, "prefix");
	p->bits = (unsigned)bits + base;
	*at += len;
	if (!has_bits_beyond(p))
		return 0;
	diag_set(d, "/%s: the address has bits behind its prefix", text);
	return diag_hint(d, "write the network's first address");
}

static int check_colons(const char *text, struct diag *d)
{
	const char *colon = strchr(text, ':');

	if (strstr(text, "://")) {
		diag_set(d, "not a host name");
		return diag_hint(d, "give the name alone: no https://, no "
				    "path");
	}
	if (!colon || !strchr(colon + 1, ':'))
		return 0;
	diag_set(d, "more than one colon");
	return diag_hint(d, "an IPv6 address goes in brackets: "
			    "[2001:db8::1]:443");
}

/* What comes before the ports; *at moves behind it. */
static int target_parse(const char **at, struct egress_rule *r, struct diag *d)
{
	cleanup_free char *name = xstrndup(*at, strcspn(*at, ":"));
	int rc;

	if (**at != '[' && check_colons(*at, d))
		return -1;
	rc = address_parse(*at, &r->prefix, at, d);
	if (rc < 0)
		return -1;
	if (rc == 0) {
		r->is_prefix = true;
		r->check = EGRESS_CHECK_NONE;
		return bits_parse(at, &r->prefix, d);
	}
	if (hostpat_parse(name, &r->pat, d))
		return -1;
	*at += strlen(name);
	return 0;
}

static int rule_parse(const char *text, struct egress_rule *r, struct diag *d)
{
	bool tcp = strncmp(text, "tcp:", 4) == 0;

	r->check = tcp ? EGRESS_CHECK_NONE : EGRESS_CHECK_PORT;
	if (tcp)
		text += 4;
	if (target_parse(&text, r, d))
		return -1;
	if (*text == ':')
		return ports_parse(text + 1, r, d);
	if (*text)
		return diag_set(d,
				"%.*s: what is behind the address is "
				"neither a prefix nor a port",
				EGRESS_SHOWN, text);
	if (tcp) {
		diag_set(d, "\"tcp:\" needs a port");
		return diag_hint(d, "tcp:NAME:PORT: on that port anything may "
				    "be spoken");
	}
	r->default_ports = true;
	return ports_parse("443,80", r, d);
}

void egress_rule_free(struct egress_rule *r)
{
	free(r->ports);
	free(r->text);
	*r = (struct egress_rule){.ports = NULL};
}

const char *egress_name_is_local(const char *name, bool tor)
{
	static const struct {
		struct hostpat zone;
		const char *why;
	} zones[] = {
		/* RFC 6761, RFC 6762, ICANN, RFC 7686 */
		{{HOSTPAT_WITHIN, "localhost"}, "the sandbox itself"},
		{{HOSTPAT_WITHIN, "local"}, "a name of the local network"},
		{{HOSTPAT_WITHIN, "internal"}, "a name of the local network"},
		{{HOSTPAT_WITHIN, "onion"}, "only Tor knows such names"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(zones) - (tor ? 1 : 0); i++)
		if (hostpat_match(&zones[i].zone, name))
			return zones[i].why;
	return NULL;
}

static int check_allowed_name(const struct egress_rule *r, struct diag *d)
{
	const char *why = egress_name_is_local(r->pat.name, true);

	if (!why)
		return 0;
	diag_set(d, "never looked up: %s", why);
	if (strstr(r->pat.name, "localhost"))
		return diag_hint(d, "--port PORT reaches the host's own "
				    "127.0.0.1:PORT");
	return diag_hint(d, "allow what it stands for: an address, such as "
			    "192.168.1.5:443");
}

static int check_allowed_prefix(const struct egress_rule *r, struct diag *d)
{
	bool v4 = prefix_is_v4(&r->prefix);
	const char *why = prefix_never_allowed(&r->prefix);

	if (why) {
		diag_set(d, "never allowed: %s", why);
		if (strncmp(why, "loopback", 8) == 0)
			return diag_hint(d, "--port PORT reaches the host's "
					    "own 127.0.0.1:PORT");
		return -1;
	}
	if (r->prefix.bits < (v4 ? V4_BITS_MIN + 96 : V6_BITS_MIN))
		return diag_set(d, "wider than /%d",
				v4 ? V4_BITS_MIN : V6_BITS_MIN);
	return 0;
}

/* May this list hold it? */
static int rule_check(const struct egress_rule *r, enum egress_list list,
		      struct diag *d)
{
	if (list == EGRESS_ALLOW)
		return r->is_prefix ? check_allowed_prefix(r, d)
				    : check_allowed_name(r, d);
	if (strncmp(r->text, "tcp:", 4) != 0)
		return 0;
	return diag_set(d, "\"tcp:\" loosens a rule, and this one denies");
}

int egress_rule_parse(const char *text, enum egress_list list,
		      struct egress_rule *out, struct diag *d)
{
	struct egress_rule r = {.text = xstrdup(text)};

	if (rule_parse(text, &r, d) == 0 && rule_check(&r, list, d) == 0) {
		*out = r;
		return 0;
	}
	egress_rule_free(&r);
	if (d && *text && strncmp(d->text, text, strlen(text)) == 0)
		return -1; /* the name is said already */
	return diag_prefix(d, "%.*s", EGRESS_SHOWN, text);
}

/* OUT or IN:OUT; OUT:IN or auto:IN to publish. */
int egress_port_parse(const char *text, bool publish, struct egress_port *out,
		      struct diag *d)
{
	const char *colon = strchr(text, ':');
	const char *behind = colon ? colon + 1 : text;
	size_t len = strcspn(text, ":");
	bool any = publish && strncmp(text, "auto:", 5) == 0;
	uint16_t first = 0, last = 0;

	if (egress_port_number(behind, strlen(behind), &last, d) ||
	    (!any && egress_port_number(text, len, &first, d))) {
		diag_prefix(d, "%.*s", EGRESS_SHOWN, text);
		return diag_hint(d, publish ? "write 3000, 8080:3000 (the "
					      "host's first) or auto:3000"
					    : "write 6000, or 8080:11434 (the "
					      "host's last)");
	}
	*out = publish ? (struct egress_port){.in = last, .out = first}
		       : (struct egress_port){.in = first, .out = last};
	return 0;
}

int egress_endpoint_parse(const char *text, bool address_ok, char **host,
			  uint16_t *port, struct diag *d)
{
	size_t len = strcspn(text, ":");
	char name[HOSTNAME_MAX + 1];
	const char *end = text + len;
	struct ip_prefix p;
	int rc = address_ok ? address_parse(text, &p, &end, d) : 1;

	if (rc < 0)
		return -1;
	if (rc == 1 && hostname_normalise(text, len, name, d))
		return -1;
	if (*end == ':') {
		if (egress_port_number(end + 1, strlen(end + 1), port, d))
			return -1;
	} else if (*end || *port == 0) {
		return diag_set(d, "%.*s: expected HOST:PORT", EGRESS_SHOWN,
				text);
	}
	*host = rc == 0 ? ip_text(&p) : xstrdup(name);
	return 0;
}

int egress_via_parse(const char *text, struct egress *out, struct diag *d)
{
	if (strcmp(text, "direct") == 0) {
		out->via = EGRESS_DIRECT;
		return 0;
	}
	if (strcmp(text, "tor") == 0)
		text = "tor://127.0.0.1:9050";
	out->tor = strncmp(text, "tor://", 6) == 0;
	out->socks_port = 0;
	if (!out->tor && strncmp(text, "socks5h://", 10) != 0) {
		diag_set(d, "%.*s: no such way out", EGRESS_SHOWN, text);
		return diag_hint(d, "direct, tor, tor://HOST:PORT or "
				    "socks5h://HOST:PORT (with socks5h the "
				    "proxy looks names up)");
	}
	if (egress_endpoint_parse(strstr(text, "://") + 3, true,
				  &out->socks_host, &out->socks_port, d))
		return diag_prefix(d, "%.*s", EGRESS_SHOWN, text);
	out->via = EGRESS_SOCKS;
	return 0;
}
