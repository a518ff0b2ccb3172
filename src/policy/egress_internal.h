/* SPDX-License-Identifier: MIT */
/*
 * What the files of the network policy share:
 *
 *	egress.c		the "net" object as a whole
 *	egress_rule.c		one rule, one port, the way out
 *	egress_service.c	net.services
 *	egress_address.c	which addresses are special
 *	egress_decide.c		may it? and what follows for pid 1
 */
#ifndef POLICY_EGRESS_INTERNAL_H
#define POLICY_EGRESS_INTERNAL_H

#include "sbox/egress.h"

#define EGRESS_SHOWN 200 /* bytes of a bad value in a message */

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

int egress_services_parse(const cJSON *list, struct egress *out,
			  struct diag *d);
void egress_services_free(struct egress *e);

bool prefix_is_v4(const struct ip_prefix *p);
bool prefix_holds(const struct ip_prefix *p, const struct in6_addr *addr);
/* NULL, or the name of a special block that the prefix has a part of. */
const char *prefix_never_allowed(const struct ip_prefix *p);
/* IPv4 address in 6to4, NAT64 or compatible form, as ::ffff:a.b.c.d. */
bool address_embedded(const struct in6_addr *addr, struct in6_addr *v4);
/* Not on the public Internet, by itself (embedded ones aside). */
bool address_is_special(const struct in6_addr *addr);

#endif
