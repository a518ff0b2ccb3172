/* SPDX-License-Identifier: MIT */
/*
 * A flow and its states, for the files that make it: flow.c (beginning, time,
 * relaying, end), flow_check.c (the first bytes), flow_out.c (the way out).
 *
 * A function that says "may end it" may have freed the flow when it returns.
 */
#ifndef GATEWAY_FLOW_INTERNAL_H
#define GATEWAY_FLOW_INTERNAL_H

#include <event2/event_struct.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>

#include "sbox-gateway/flow.h"
#include "sbox-gateway/refusal.h"
#include "sbox-gateway/relay.h"
#include "sbox-gateway/resolve.h"

struct dial;
struct egress_rule;
struct egress_service;
struct gateway;
struct socks;

#define FLOW_PORT_HTTP 80
#define FLOW_PORT_TLS  443

enum flow_state {
	FLOW_CHECK,
	FLOW_RESOLVE,
	FLOW_CONNECT,
	FLOW_SOCKS,
	FLOW_RELAY
};

struct flow {
	struct gateway *g;
	struct flow *next, **prev; /* of g->flows */
	struct relay relay;
	struct event timer;
	enum flow_kind kind;
	enum flow_state state;
	uint32_t pool; /* stands for a name; 0: addr is it */
	uint16_t port;
	struct in6_addr addr;
	const struct egress_rule *rule;
	const struct egress_service *service; /* FLOW_SERVICE */
	uint32_t id;			      /* the same */
	const char *said; /* the same: why it was given up; static text */
	bool has_more;	  /* the timer means: go on relaying */
	struct resolve_wait wait; /* FLOW_RESOLVE */
	struct dial *dial;	  /* FLOW_CONNECT */
	struct socks *socks;	  /* FLOW_SOCKS */
	uint64_t started, moved;  /* ms: the latter is when bytes last moved */
	uint64_t part;		  /* ms: a later head began; 0: none has */
	uint64_t part_after;	  /* then: bytes that were sent before it */
	uint64_t counted;	  /* of the relay's bytes, in g->bytes */
};

/* The name that it stands for (normalised, borrowed); NULL: f->addr is it. */
const char *flow_host(const struct flow *f);
/* It was allowed and is over (reason NULL: as it should be): a line in the log,
 * and both ends closed or reset. Frees it. */
void flow_end(struct flow *f, bool reset, const char *reason);
/* Counted, logged, reset. Frees it. */
void flow_refuse(struct flow *f, enum refusal why);
/* It was allowed, but there is no connection outside: said at the end, too. */
void flow_fail(struct flow *f, const char *reason);
/* (Re)start its timer, which ends the state that it is in. */
void flow_arm(struct flow *f, uint64_t ms);
/* Get events of a side, from now on. False: out of memory. */
bool flow_watch(struct flow *f, struct side *s);

/* Wait for what must be checked before anything goes out. May end it. */
void flow_check(struct flow *f);
void flow_check_step(struct flow *f);
/* Why the check has said no, now or while relaying. */
enum refusal flow_check_why(const struct flow *f);
/* Checked: resolve, connect, relay. May end it. */
void flow_go(struct flow *f);
/* Connect to one of these, whatever they are. May end it. */
void flow_dial(struct flow *f, const struct in6_addr *addrs, size_t n,
	       uint16_t port);
void flow_socks_step(struct flow *f);
/* Both sides are connected. May end it. */
void flow_relay(struct flow *f);

#endif
