/* SPDX-License-Identifier: MIT */
/* The host's file system as planning asks for it (struct host_fs). */
#ifndef JAIL_HOSTFS_H
#define JAIL_HOSTFS_H

struct host_fs;
struct stat;

/* Fills fs; nothing is held yet. */
void hostfs_init(struct host_fs *fs);

/* Hold the current directory, which is called path: 0 and what it is, or -1
 * with errno. */
int hostfs_hold_cwd(struct host_fs *fs, const char *path, struct stat *out);

#endif
