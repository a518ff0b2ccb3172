/* SPDX-License-Identifier: MIT */
/*
 * The network policy of one sandbox ("net", sbox-profile(5)), parsed: which
 * names, addresses and ports, by which way. Pure; the launcher plans with it
 * and the gateway decides with it, from the same text: what is handed over (in
 * a sealed memfd) is the JSON that egress_parse() takes. Nothing listed means
 * nothing allowed (CVE-2025-66479).
 */
#ifndef SBOX_EGRESS_H
#define SBOX_EGRESS_H

#include <cjson/cJSON.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sbox/hostpat.h"
#include "sbox/strlist.h"

struct diag;

#define EGRESS_POOL_ADDRESS UINT32_C(0xc6120000) /* 198.18.0.0 (RFC 2544) */
#define EGRESS_POOL_BITS    15
#define EGRESS_DNS_ADDRESS  UINT32_C(0xc6120001) /* 198.18.0.1 */

/* An IPv4 prefix is kept as ::ffff:a.b.c.d/(96+n). */
struct ip_prefix {
	struct in6_addr addr;
	unsigned bits;
};

/* The address, without the bits: malloc'd. */
char *ip_text(const struct ip_prefix *p);

struct port_range {
	uint16_t first, last;
};

enum egress_check {
	EGRESS_CHECK_PORT, /* TLS on 443, HTTP on 80, nothing elsewhere */
	EGRESS_CHECK_NONE, /* "tcp:NAME:PORT" */
};

/*
 * NAME[:PORTS], tcp:NAME:PORTS, ADDRESS[/BITS][:PORTS], [V6][/BITS][:PORTS];
 * PORTS is N, N-M or a list of them with commas. Without ports an allow rule
 * means 443 and 80, a deny rule every port. An address has no name that could
 * be checked: EGRESS_CHECK_NONE.
 */
struct egress_rule {
	bool is_prefix;
	enum egress_check check;
	struct hostpat pat;	 /* !is_prefix */
	struct ip_prefix prefix; /* is_prefix; no bits set beyond .bits */
	struct port_range *ports;
	size_t nports;
	bool default_ports; /* none were written */
	char *text;	    /* as it was written: for the log */
};

struct egress_rules {
	struct egress_rule *v;
	size_t n;
};

/* "IN:OUT" of --port: 127.0.0.1:IN inside is OUT outside; of --publish
 * "[HOST:]IN" and "auto:IN" (out 0): outside's OUT is IN inside. */
struct egress_port {
	uint16_t in, out;
};

struct egress_ports {
	struct egress_port *v;
	size_t n;
};

enum egress_via { EGRESS_DIRECT, EGRESS_SOCKS };

/* One of: an absolute path, a variable of the gateway's, a text for sh -c. */
struct egress_secret {
	char *file, *env, *command;
};

struct egress_header {
	char *name;
	char *prefix; /* put before the secret ("Bearer "); may be NULL */
	struct egress_secret secret;
};

/*
 * A plain-HTTP endpoint inside for one HTTPS origin, net.services[]:
 *
 *	{ "port": 8081, "origin": "https://HOST[:PORT]",
 *	  "ca": "/FILE", "pinSha256": "BASE64",
 *	  "headers": { "authorization": { "prefix": "Bearer ",
 *			"file": "/FILE" or "env": "NAME" or "command": "..." } }
 *}
 */
struct egress_service {
	uint16_t port; /* inside */
	char *host;    /* the origin's, normalised */
	uint16_t origin_port;
	char *ca_file;	  /* NULL: the system's */
	char *pin_sha256; /* base64 of the SPKI's digest; NULL: none */
	struct egress_header *headers;
	size_t nheaders;
};

#define EGRESS_LIMIT_NONE UINT64_MAX
#define EGRESS_IDLE_DEFAULT_MS                                                 \
	(UINT64_C(124) * 60 * 1000) /* RFC 5382 REQ-5                          \
				     */
#define EGRESS_CONNECT_DEFAULT_MS (UINT64_C(30) * 1000)

/* "connections": 500, "bytes": "2G", "idle": "2h", "connect": "30s"; the forms
 * of num.h, a bare number, or null for EGRESS_LIMIT_NONE. */
struct egress_limits {
	uint64_t connections; /* at once; without the key none of its own */
	uint64_t bytes;	      /* both ways, of the whole run; likewise */
	uint64_t idle_ms, connect_ms;
};

struct egress {
	struct egress_rules allow, deny; /* deny wins */
	struct egress_ports ports, publish;
	enum egress_via via;
	char *socks_host; /* normalised name, or address as inet_ntop(3) writes
			     it; "tor": 127.0.0.1 */
	uint16_t socks_port;
	bool tor; /* isolate as Tor documents it; .onion names pass */
	struct egress_service *services;
	size_t nservices;
	struct egress_limits limits;
};

/*
 * Parse a "net" object with the keys allow, deny, ports, publish, via,
 * services, limits (all optional, no others). 0 and *out (egress_free), or -1
 * and d, which names the key; *out is untouched then.
 */
int egress_parse(const cJSON *net, struct egress *out, struct diag *d);
void egress_free(struct egress *e);

/* A name or address that a list may not hold is refused in that list only. */
enum egress_list { EGRESS_ALLOW, EGRESS_DENY };

/* One entry of a list by itself, as options and the key table check it: its
 * grammar, and then whether that list may hold it. */
int egress_rule_parse(const char *text, enum egress_list list,
		      struct egress_rule *out, struct diag *d);
void egress_rule_free(struct egress_rule *r);
int egress_port_parse(const char *text, bool publish, struct egress_port *out,
		      struct diag *d);
/* "direct", "tor", "tor://HOST:PORT", "socks5h://HOST:PORT" (or [V6]:PORT).
 * Sets via, socks_host, socks_port, tor. */
int egress_via_parse(const char *text, struct egress *out, struct diag *d);
/* net.services by itself: a checked copy in which "~/" of files is home, or
 * NULL and d. */
cJSON *egress_services_copy(const cJSON *services, const char *home,
			    struct diag *d);

/* Some allow rule is "*": every name there is. */
bool egress_allows_every_name(const struct egress *e);

enum egress_verdict {
	EGRESS_ALLOWED,
	EGRESS_DENIED,	 /* by a deny rule */
	EGRESS_UNLISTED, /* by no allow rule */
	EGRESS_ASKED,	 /* its place: a human decides */
	EGRESS_VERDICT__COUNT
};

struct egress_decision {
	enum egress_verdict verdict;
	const struct egress_rule *rule; /* that decided; NULL: none did */
	enum egress_check check;	/* with ALLOWED */
};

/* The questions that only the gateway has, and answers itself
 * (src/sbox-gateway/egress_decide.c). */

/*
 * May this name be looked up at all (on any port)? name: normalised. localhost,
 * .local, .internal and (but for Tor) .onion are nobody's: EGRESS_UNLISTED,
 * whatever is listed. So is a name of one label that only "*" would match: a
 * resolver's search list could make anything of it.
 */
struct egress_decision egress_name(const struct egress *e, const char *name);
/* May a connection be made to name:port, or to the literal addr:port? Of rules
 * that match, one with "tcp:" decides about the check. */
struct egress_decision egress_connect(const struct egress *e, const char *name,
				      uint16_t port);
struct egress_decision egress_address(const struct egress *e,
				      const struct in6_addr *addr,
				      uint16_t port);
/* True, and the IPv4 address (mapped), if addr leads to one: NAT64, 6to4, the
 * compatible form. */
bool egress_embedded(const struct in6_addr *addr, struct in6_addr *v4);
/*
 * May the gateway connect to addr because an allowed name resolved to it?
 * Private, loopback, link-local, metadata, multicast, documentation, pool and
 * otherwise special addresses (IANA's registries; embedded IPv4 in 6to4,
 * NAT64, mapped and compatible forms looked through), and any that is_near (the
 * host's own, or on a network of its own) only when an allow rule names an
 * address or prefix that holds it, for this port. Never when a deny rule does.
 */
bool egress_resolved_ok(const struct egress *e, const struct in6_addr *addr,
			uint16_t port, bool is_near);

enum listener_kind {
	LISTENER_DNS_UDP, /* 198.18.0.1:53 */
	LISTENER_DNS_TCP,
	LISTENER_NAMES,	  /* 0.0.0.0:port: the pool and IPv4 literals */
	LISTENER_NAMES_6, /* [::]:port, only with IPv6 literals */
	LISTENER_PORT,	  /* 127.0.0.1:port, to the host's loopback */
	LISTENER_PORT_6,  /* [::1]:port */
	LISTENER_SERVICE, /* 127.0.0.1:port */
	LISTENER__COUNT
};

struct listener {
	enum listener_kind kind;
	uint16_t port; /* inside */
	size_t index;  /* of ports[] or services[] */
};

struct listeners {
	struct listener *v;
	size_t n;
};

#define EGRESS_LISTENERS_MAX 1024

/*
 * What pid 1 listens on, in the order in which the descriptors are handed to
 * the gateway. 0, or -1 and d (two users of a port inside: a listener on
 * 0.0.0.0 leaves 127.0.0.1 to nobody else; too many). Free v.
 */
int egress_listeners(const struct egress *e, struct listeners *out,
		     struct diag *d);
/* The prefixes that are local on lo inside: the pool and allowed literals
 * (wider than /8, or /32 of IPv6, they are refused by parsing). Returns a
 * malloc'd array and *n. */
struct ip_prefix *egress_routes(const struct egress *e, size_t *n);

#endif
