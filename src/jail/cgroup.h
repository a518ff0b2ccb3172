/* SPDX-License-Identifier: MIT */
/* A cgroup v2 of the sandbox's own, when a limit needs one (theory: cgroup.c).
 */
#ifndef SBOX_JAIL_CGROUP_H
#define SBOX_JAIL_CGROUP_H

#include <stdbool.h>

struct plan;

struct cgroup {
	const struct plan *plan;
	bool memory, cpu, pids; /* what is limited */
	int fd;			/* for CLONE_INTO_CGROUP; -1: none was needed */
	char *path;		/* holds the limits; fd is its child */
	char *own;		/* the delegated one, where sbox was started */
	char *leaf;		/* of own, where sbox sits then; or NULL */
	char enabled[32];	/* "+memory ...": what own's children got */
	int lock;		/* own, flock(2) */
};

/* Make it if limits.memory, limits.cpu or (as root) an explicit limits.pids
 * is set; fatal with a hint when the host has no delegated subtree. */
void cgroup_make(const struct plan *p, struct cgroup *c);

/* Kill what is left in it, remove it, put sbox back where it was. For up to a
 * second: what was killed may take a while to go. */
void cgroup_remove(struct cgroup *c);

/*
 * Where in the hierarchy the cgroup v2 of the process is whose /proc/PID/cgroup
 * this is: malloc'd, "/...". NULL: it has none, or it lies outside of our
 * cgroup namespace. Pure.
 */
char *cgroup_find(const char *cgroup);

#endif
