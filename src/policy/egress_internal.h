/* SPDX-License-Identifier: MIT */
/*
 * What the files of the network policy share:
 *
 *	egress.c		the "net" object as a whole
 *	egress_member.c		objects and lists, by tables of their keys
 *	egress_rule.c		one rule, one port, the way out
 *	egress_service.c	net.services
 *	egress_address.c	which addresses are special
 *	egress_ports.c		what follows for pid 1
 */
#ifndef POLICY_EGRESS_INTERNAL_H
#define POLICY_EGRESS_INTERNAL_H

#include "sbox/egress.h"

#define EGRESS_SHOWN 200 /* bytes of a bad value in a message */

/* How a value is read, and where it goes: one row per key of an object. */
struct member {
	const char *key;  /* NULL: any */
	const char *list; /* what a list of such values is; NULL: one value */
	enum { ANY, STRING, WORD /* a string that isn't empty */ } type;
	int (*parse)(const cJSON *node, const struct member *m, struct diag *d);
	void *out;
	unsigned how;
};

/* A value, or each of a list's. 0, or -1 and d ("[2]: reason"). */
int egress_member_parse(const cJSON *node, const struct member *m,
			struct diag *d);
/* An object, which holds nothing but rows. 0, or -1 and d ("KEY: reason"). */
int egress_object_parse(const cJSON *object, const struct member *rows,
			size_t n, struct diag *d);

/* 1-65535. 0 and *out, or -1 and d. */
int egress_port_number(const char *text, size_t len, uint16_t *out,
		       struct diag *d);
/* HOST:PORT, and with address_ok ADDRESS:PORT and [V6]:PORT. Without ":PORT"
 * *port stays as it was, which is an error if it was 0. *host is normalised and
 * malloc'd. */
int egress_endpoint_parse(const char *text, bool address_ok, char **host,
			  uint16_t *port, struct diag *d);
/* The names that are nobody's: NULL, or why. */
const char *egress_name_is_local(const char *name, bool tor);

/* net.services' row, and one of its elements; out is the struct egress. */
#define EGRESS_SERVICES                                                        \
	"services", "a list of objects", ANY, egress_service_parse
int egress_service_parse(const cJSON *object, const struct member *m,
			 struct diag *d);
void egress_services_free(struct egress *e);

bool prefix_is_v4(const struct ip_prefix *p);
bool prefix_holds(const struct ip_prefix *p, const struct in6_addr *addr);
/* NULL, or the name of a special block that the prefix has a part of. */
const char *prefix_never_allowed(const struct ip_prefix *p);
/* A prefix as text, IPv4 or IPv6: a constant of ours. */
struct block {
	const char *text;
	unsigned bits;
};
struct ip_prefix block_prefix(const struct block *b);

#endif
