/* SPDX-License-Identifier: MIT */
/*
 * Scope-bound ownership: a local marked cleanup_* is released when it goes out
 * of scope, and steal_*() hands it over: char * owns, const char * borrows.
 */
#ifndef SBOX_CLEANUP_H
#define SBOX_CLEANUP_H

#include <stdlib.h>
#include <unistd.h>

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

static inline void cleanup_free_p(void *p)
{
	void **pp = p;

	free(*pp);
}

static inline void cleanup_fd_p(const int *fd)
{
	if (*fd >= 0)
		(void)close(*fd); /* nothing to be done about a failing close */
}

#define cleanup_free __attribute__((cleanup(cleanup_free_p)))
#define cleanup_fd   __attribute__((cleanup(cleanup_fd_p)))

/* Returns *pp and leaves NULL there: ownership moves to the caller. */
static inline void *steal_ptr_p(void *p)
{
	void **pp = p;
	void *v = *pp;

	*pp = NULL;
	return v;
}
#define steal_ptr(pp) ((__typeof__(*(pp)))steal_ptr_p(pp))

/* Returns *fd and leaves -1 there. */
static inline int steal_fd(int *fd)
{
	int v = *fd;

	*fd = -1;
	return v;
}

#endif
