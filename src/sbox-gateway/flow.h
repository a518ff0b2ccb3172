/* SPDX-License-Identifier: MIT */
/*
 * One connection from its first byte to its line in the log:
 *
 *	accept -> whose address is it -> policy -> (first bytes: TLS hello or
 *	HTTP head) -> resolve -> every address checked -> connect -> (SOCKS
 *	handshake) -> relay
 *
 * Each state has a time limit; a refusal at any of them is a reset inside, and
 * nothing ever goes on with less.
 */
#ifndef GATEWAY_FLOW_H
#define GATEWAY_FLOW_H

#include <stdbool.h>
#include <stdint.h>

struct gateway;
struct listener;

enum flow_kind {
	FLOW_OUT,     /* to a name or an address outside */
	FLOW_PORT,    /* --port: to the host's loopback */
	FLOW_PUBLISH, /* --publish: from the host's loopback */
	FLOW_SERVICE, /* net.services: sbox-service's, to an origin */
	FLOW_KIND__COUNT
};

/* A connection that was accepted from pid 1's listener; owns fd. */
void flow_accept(struct gateway *g, int fd, const struct listener *l);
/* Two ends that are connected already (--publish); owns both. */
void flow_join(struct gateway *g, int in, int out, uint16_t port);
/* Is there room for one more? If not, it is counted and logged. */
int flow_has_room(struct gateway *g);
/* Reset the connection and close it. */
void flow_reset_fd(int fd);
/* A TCP socket, before it is used, a listening one for all that it accepts:
 * what a program sends at once goes at once. Over loopback, inside or outside,
 * there is no bottleneck to pace for, as bbr would where it is the default. */
void flow_tune_fd(int fd, bool is_loopback);
/* The sandbox is gone: end and log all of them. */
void flow_end_all(struct gateway *g);

#endif
