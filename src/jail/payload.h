/* SPDX-License-Identifier: MIT */
/* The last fork: from pid 1 to the command. */
#ifndef SBOX_JAIL_PAYLOAD_H
#define SBOX_JAIL_PAYLOAD_H

#include <stdbool.h>
#include <sys/types.h>

struct plan;
struct seccomp_filter;

struct payload_args {
	const struct plan *plan;
	const struct seccomp_filter *filters; /* two */
	char **env;			      /* the plan's and the gateway's */
	int ruleset;			      /* Landlock, -1: none */
	int tty; /* the inner terminal, -1 without one */
	bool foreground;
};

/*
 * Start the command. Returns its pid, or -1 with *err, the errno of exec, when
 * it could not be executed (the child is reaped). Everything else that fails
 * is fatal: nothing runs with less.
 */
pid_t payload_start(const struct payload_args *a, int *err);

#endif
