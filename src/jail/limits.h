/* SPDX-License-Identifier: MIT */
/* Resource limits of the payload (theory: limits.c). */
#ifndef SBOX_JAIL_LIMITS_H
#define SBOX_JAIL_LIMITS_H

#include <stdbool.h>

struct plan;
struct policy_limits;

/* Refuse, before anything runs, a limit that was asked for and can't be held
 * here. in_cgroup: the sandbox gets a cgroup of its own. */
void limits_check(const struct plan *p, bool in_cgroup);

/* In the payload's child: system calls only. Fatal on failure. */
void limits_apply(const struct policy_limits *l);

#endif
