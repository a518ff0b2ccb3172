/* SPDX-License-Identifier: MIT */
/*
 * net.services (sbox-profile(5)): TLS and the secrets live in a process of its
 * own, sbox-service, that has no way to a network. For each connection it is
 * given two descriptors, and what it says to the origin goes through a flow of
 * the gateway's as any other connection does (address check, SOCKS, limits,
 * log):
 *
 *	client inside --plain HTTP--> sbox-service
 *	sbox-service --TLS, a socket pair--> sbox-gateway --TCP--> origin
 *
 *	gateway                          sbox-service (SOCK_SEQPACKET,
 *	                                 descriptor 4; 3 is the policy)
 *	                        <-----   "ready", or text: why it can't start
 *	service_hand + 2 fds    ----->   client, and its end of the pair
 *	                        <-----   service_said: why it gave one up
 *	(end of file: the other one is gone)
 */
#ifndef GATEWAY_SERVICE_H
#define GATEWAY_SERVICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct diag;
struct flow;
struct gateway;
struct services;

#define SERVICE_FD_POLICY  3
#define SERVICE_FD_CONTROL 4
#define SERVICE_READY	   "ready"
#define SERVICE_TEXT_MAX   1024

enum service_reason {
	SERVICE_UNTRUSTED, /* the origin's certificate */
	SERVICE_PIN,	   /* its key */
	SERVICE_TLS,	   /* no TLS with it */
	SERVICE_REQUEST,   /* not a request that is passed on */
	SERVICE_ANSWER,	   /* not an answer that is passed on */
	SERVICE_FULL,	   /* too many at once */
	SERVICE_REASON__COUNT
};

struct service_hand {
	uint32_t id;	/* of the connection, for service_said */
	uint32_t index; /* of the policy's services[] */
};

struct service_said {
	uint32_t id;
	uint32_t reason; /* enum service_reason */
};

/*
 * Start sbox-service, which stands beside this program, with the policy's
 * descriptor and our environment (the secrets it asks for), and wait until it
 * has read them. Then our own environment is wiped. NULL and d: it can't start.
 */
struct services *service_start(int policy, struct diag *d);
/* From now on hear what it says; ends with the loop. */
void service_listen(struct services *s, struct gateway *g);
/* Hand a client over. Returns our end of the pair, non-blocking, or -1: the
 * process is gone or takes no more now. The client stays the caller's. */
int service_hand(struct services *s, const struct service_hand *hand,
		 int client);
/* Take what it has said so far into the flows it speaks of. */
void service_hear(struct services *s);

#endif
