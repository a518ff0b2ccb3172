/* SPDX-License-Identifier: MIT */
/*
 * The gateway's side of looking up names: questions for one name share one
 * query, answers are kept for a few seconds (each connection checks the
 * addresses again, so an old answer allows nothing that a new one wouldn't).
 */
#ifndef GATEWAY_RESOLVE_H
#define GATEWAY_RESOLVE_H

#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

struct event_base;
struct resolver_address;

#define RESOLVE_NAMES_MAX 256 /* being asked for, or remembered */
#define RESOLVE_KEEP_MS	  10000
#define RESOLVE_FAILED_MS 2000
#define RESOLVE_DIED	  1 /* no EAI_*: the resolver is gone */

struct resolve;

/* Embedded in whoever waits; is_waiting says whether the answer is to come. */
struct resolve_wait {
	LIST_ENTRY(resolve_wait) entry;
	int is_waiting;
	/* error is EAI_*, RESOLVE_DIED or 0; addrs is borrowed */
	void (*done)(void *ctx, int error, const struct resolver_address *addrs,
		     size_t n);
	void *ctx;
};

/* sock: resolver_start()'s. Owned from now on. */
struct resolve *resolve_new(struct event_base *base, int sock);
void resolve_free(struct resolve *r);

enum resolve_result {
	RESOLVE_ASKED,	/* w->done will be called, from the event loop */
	RESOLVE_KNOWN,	/* *addrs and *n, borrowed until the next call */
	RESOLVE_FULL,	/* too many at once */
	RESOLVE_FAILED, /* it failed just now */
	RESOLVE_GONE,	/* no resolver any more */
};

/* w->done and w->ctx must be set. */
enum resolve_result resolve_ask(struct resolve *r, const char *name,
				struct resolve_wait *w,
				const struct resolver_address **addrs,
				size_t *n);
/* The answer isn't wanted any more. */
void resolve_cancel(struct resolve_wait *w);

#endif
