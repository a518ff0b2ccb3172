/* SPDX-License-Identifier: MIT */
/* A cgroup v2 of the sandbox's own, when a limit needs one. */
#ifndef SBOX_JAIL_CGROUP_H
#define SBOX_JAIL_CGROUP_H

#include <limits.h>

struct plan;

struct cgroup {
	int fd; /* for CLONE_INTO_CGROUP; -1: none was needed */
	char path[PATH_MAX];
};

/* Make it if limits.memory, limits.cpu or (as root) an explicit limits.pids
 * is set; fatal with a hint when the host has no delegated subtree. */
void cgroup_make(const struct plan *p, struct cgroup *c);

/* Kill what is left in it and remove it. */
void cgroup_remove(struct cgroup *c);

#endif
