/* SPDX-License-Identifier: MIT */
/* Files that must not appear while the sandbox runs (plan.absent). */
#ifndef SBOX_JAIL_ABSENT_H
#define SBOX_JAIL_ABSENT_H

#include <stdbool.h>

struct plan;
struct strlist;

/* A descriptor with an event when something is made beside one of them
 * (inotify(7)), close-on-exec, or -1 if there are none. Fatal on failure. To be
 * called inside, where the paths are. */
int absent_watch(const struct plan *p);

/* The index of one that was made since, perhaps for an instant, or -1. Takes
 * events off fd, but not all of a flood. */
int absent_heard(const struct plan *p, int fd);

/* When nobody inside is alive: what is there of paths (plan.absent inside,
 * plan.absent_src outside) gets a name that means nothing, NAME.refused.N.
 * Writes the index of one that was there to *made. Returns whether none is
 * there any more. */
bool absent_clear(const struct strlist *paths, int *made);

#endif
