/* SPDX-License-Identifier: MIT */
/* The filesystem view: pinned on the host, built on a tmpfs, pivoted into. */
#ifndef SBOX_JAIL_MOUNT_H
#define SBOX_JAIL_MOUNT_H

struct plan;

/* A /proc of our pid namespace, not attached yet. */
int mount_proc(void);

/* Pin every source while the host is still visible, build the new root, with
 * proc (closed then) as its /proc, pivot into it and drop the old one. The cwd
 * is "/" then. */
void mount_build(const struct plan *p, int proc);

/* Go to the working directory, which must be what was planned. */
void mount_enter(const struct plan *p);

/*
 * Who replaces a file on the host takes away what is mounted over it here
 * (rename(2) and unlink(2) since Linux 3.18). The index of a step that protects
 * or hides and is gone, or -1. Asked when the kernel says that mounts changed.
 */
int mount_uncovered(const struct plan *p);

#endif
