/* SPDX-License-Identifier: MIT */
/*
 * Names to addresses, in a process of its own (sbox-gateway --resolver): NSS
 * loads whatever the host is configured with and parses answers from the
 * network, so it stands neither beside the connections nor beside the log.
 *
 *	gateway                         resolver (SOCK_SEQPACKET, descriptor 3)
 *	resolver_query id, name  ---->  a thread each takes one, getaddrinfo(3)
 *	                         <----  resolver_answer id, addresses
 *	(end of file: the other one is gone)
 */
#ifndef GATEWAY_RESOLVER_H
#define GATEWAY_RESOLVER_H

#include <netinet/in.h>
#include <stdint.h>

#include "sbox/hostpat.h"

#define RESOLVER_THREADS       6
#define RESOLVER_ADDRESSES_MAX 16
#define RESOLVER_FD	       3

struct resolver_query {
	uint32_t id;
	char name[HOSTNAME_MAX + 1]; /* normalised */
};

struct resolver_address {
	struct in6_addr addr; /* an IPv4 one is mapped */
	uint32_t is_near;     /* this host's own, or on one of its networks */
};

struct resolver_answer {
	uint32_t id;
	int32_t error; /* EAI_*; 0: n addresses */
	uint32_t n;
	struct resolver_address addrs[RESOLVER_ADDRESSES_MAX];
};

/* Start it. Returns our end of the conversation, non-blocking; fatal. */
int resolver_start(void);
/* The process itself. */
_Noreturn void resolver_main(void);

#endif
