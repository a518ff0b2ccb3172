/* SPDX-License-Identifier: MIT */
/* Addresses that a router keeps the world away from. */
#ifndef GATEWAY_NEAR_H
#define GATEWAY_NEAR_H

#include <netinet/in.h>
#include <stdbool.h>

struct ifaddrs;
struct sockaddr;

/* sa as an address, an IPv4 one mapped. False: no address of a kind that is
 * connected to (link-local ones with their scope aren't either). */
bool near_address(const struct sockaddr *sa, struct in6_addr *out);

/* Is a one of the host's own addresses, or on a network that it is on itself,
 * or does it lead to such a one by way of a translator (egress_embedded())?
 * own: what getifaddrs(3) returned just now. */
bool near_is(const struct in6_addr *a, const struct ifaddrs *own);

#endif
