/* SPDX-License-Identifier: MIT */
/*
 * The pipes that splice(2) needs between two sockets. One is taken for a
 * direction that has bytes in transit and comes back when it is empty, so that
 * an idle connection has none. The kernel limits pipes per user (pipe(7),
 * pipe-user-pages-soft: beyond it they shrink to two pages), so there is a
 * bound; at the bound a direction copies instead.
 */
#ifndef GATEWAY_PIPES_H
#define GATEWAY_PIPES_H

#include <stdbool.h>
#include <stddef.h>

#define PIPES_MAX  256 /* taken at once */
#define PIPES_KEEP 32  /* empty ones that are kept */
#define PIPES_SIZE 262144
#define PIPES_LARGE                                                            \
	16 /* of that size; others are as the kernel makes them:               \
	      of a user's 16384 pages 1024 */

struct pipe {
	int r, w;
	bool is_large;
	struct pipe *next;
};

struct pipes {
	struct pipe *idle;
	size_t nidle, ntaken, nlarge, max;
};

/* max: how many may be taken at once, at most PIPES_MAX. */
void pipes_init(struct pipes *p, size_t max);
void pipes_free(struct pipes *p);
/* An empty pipe, non-blocking; NULL at the bound or when the kernel has none */
struct pipe *pipes_take(struct pipes *p);
/* It must be empty, or it is told so and closed. */
void pipes_give(struct pipes *p, struct pipe *pipe, bool is_empty);

#endif
