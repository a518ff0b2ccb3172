/* SPDX-License-Identifier: MIT */
/* Files that must not appear while the sandbox runs (plan.absent). */
#ifndef SBOX_JAIL_ABSENT_H
#define SBOX_JAIL_ABSENT_H

struct plan;

/* A descriptor with an event when something is made beside one of them
 * (inotify(7)), close-on-exec, or -1 if there are none. Fatal on failure. To be
 * called inside, where the paths are. */
int absent_watch(const struct plan *p);

/* The index of one that was made since, perhaps for an instant, or -1. Takes
 * the events off fd. */
int absent_heard(const struct plan *p, int fd);

/* The index of one that is there, or -1. */
int absent_find(const struct plan *p);

/* Give it a name that means nothing, NAME.refused.N: when nobody is alive who
 * could make it again. Fatal on failure. */
void absent_remove(const struct plan *p, int index);

#endif
