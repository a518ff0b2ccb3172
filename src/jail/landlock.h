/* SPDX-License-Identifier: MIT */
/* Landlock on top of the mounts (theory: landlock.c). */
#ifndef SBOX_JAIL_LANDLOCK_H
#define SBOX_JAIL_LANDLOCK_H

struct plan;

/* Make the ruleset of the plan, for what this kernel's ABI has. Called inside
 * the new root. Returns a descriptor (close-on-exec) for
 * landlock_restrict_self(2), -1: nothing to restrict. Fatal on failure. */
int landlock_prepare(const struct plan *p);

#endif
