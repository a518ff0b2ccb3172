/* SPDX-License-Identifier: MIT */
/* What pid 1 and the payload know: filled in by launch.c, stage by stage. */
#ifndef SBOX_JAIL_INSIDE_H
#define SBOX_JAIL_INSIDE_H

#include <stdbool.h>
#include <sys/capability.h>
#include <sys/types.h>

struct plan;
struct seccomp_filter;

struct inside {
	const struct plan *plan;
	const struct seccomp_filter *filters; /* two */
	char **env;			      /* the plan's and the gateway's */
	int sock;			      /* to the supervisor (wire.h) */
	int gateway; /* to the gateway, -1 without one */
	int proc;    /* its /proc, until the mounts are built */
	cap_t no_capabilities;
	int ruleset;	 /* Landlock, -1: none */
	int tty;	 /* the inner terminal, -1 without one */
	bool foreground; /* the payload begins in its foreground */
	int mounts;	 /* /proc/self/mountinfo: an event when they change */
	int absent;	 /* absent_watch() */
	pid_t payload;	 /* our child, leader of its process group */
	int exec_errno;	 /* why it couldn't be executed; 0: it was */
};

#endif
