/* SPDX-License-Identifier: MIT */
/*
 * What the parts of the gateway share: one structure that main() fills and
 * every part gets. Everything in it that grows has its bound here or beside
 * its parser.
 */
#ifndef GATEWAY_GATEWAY_H
#define GATEWAY_GATEWAY_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sbox-gateway/connect.h"
#include "sbox-gateway/newnames.h"
#include "sbox-gateway/pipes.h"
#include "sbox/egress.h"

struct control;
struct decisions;
struct event_base;
struct flow;
struct names;
struct publish;
struct refusals;
struct resolve;
struct services;

#define GATEWAY_FLOWS_DEFAULT 4096  /* without limits.connections */
#define GATEWAY_HELLO_MS      10000 /* for a ClientHello or a request's head */
#define GATEWAY_ACCEPT_BATCH  64    /* of one listener, before others' turn */
#define GATEWAY_KEY_SIZE      32    /* of the isolation tokens (socks.h) */
#define GATEWAY_FDS_OTHER     64    /* log, event loop, conversations, slack */

/* Descriptors at the start (sbox hands them over). */
#define GATEWAY_FD_POLICY  3
#define GATEWAY_FD_CONTROL 4
#define GATEWAY_FD_REPORT  5

struct gateway {
	struct event_base *base;
	struct dialer dialer;
	struct egress policy;
	struct listeners listeners; /* what pid 1 is to hand over */

	struct names *names;
	struct newnames newnames;
	struct decisions *log;	   /* the file; NULL: none */
	struct refusals *refusals; /* for the summary */
	struct resolve *resolve;   /* NULL: another resolves (via SOCKS) */
	struct control *control;   /* the conversation with pid 1 */
	struct publish *publish;
	struct services *services; /* NULL: the policy has none */
	struct pipes pipes;

	/* via SOCKS: */
	struct in6_addr socks_addr;
	uint8_t socks_key[GATEWAY_KEY_SIZE];

	struct flow *flows; /* doubly linked, all that are open */
	size_t nflows, max_flows;
	bool lacks_files; /* max_flows is lower than what was asked for */
	uint32_t last_id; /* of a flow that another process speaks of */
	size_t ndns;	  /* TCP clients of the name server */
	uint64_t bytes;	  /* both ways, of the whole run */
};

/* Milliseconds of CLOCK_MONOTONIC_COARSE: for time limits and durations. */
uint64_t gateway_now_ms(void);

#endif
