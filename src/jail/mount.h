/* SPDX-License-Identifier: MIT */
/* The filesystem view: pinned on the host, built on a tmpfs, pivoted into. */
#ifndef SBOX_JAIL_MOUNT_H
#define SBOX_JAIL_MOUNT_H

struct plan;

/* Take every source as a detached mount while the host is still visible.
 * Returns plan->nmounts descriptors (-1 where there is none), malloc'd. */
int *mount_pin(const struct plan *p);

/* Build the new root from the pins (all closed afterwards), pivot into it and
 * drop the old one. The cwd is "/" then. */
void mount_build(const struct plan *p, int *pins);

/*
 * Who replaces a file on the host takes away what is mounted over it here
 * (rename(2) and unlink(2) since Linux 3.18). The index of a step that protects
 * or hides and is gone, or -1. Asked when the kernel says that mounts changed.
 */
int mount_uncovered(const struct plan *p);

#endif
