/* SPDX-License-Identifier: MIT */
/*
 * What is known of this machine and caller, gathered once by host_probe() and
 * otherwise only read. Planning asks the file system through struct host_fs,
 * so that the golden tests can invent one.
 */
#ifndef SBOX_HOST_H
#define SBOX_HOST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/types.h>

#include "sbox/strlist.h"

struct diag;

struct host_fs {
	void *ctx;
	/* lstat(2): 0, or -1 with errno */
	int (*lstat)(void *ctx, const char *path, struct stat *out);
	/* readlink(2): malloc'd target, or NULL with errno */
	char *(*readlink)(void *ctx, const char *path);
	/* access(2) for reading: 0, or -1 with errno */
	int (*readable)(void *ctx, const char *path);
	/* The first max bytes of a regular file, NUL-terminated, malloc'd; or
	 * NULL with errno */
	char *(*read_head)(void *ctx, const char *path, size_t max);
	/* Names in a directory without . and .., sorted: 0, or -1 with errno.
	 * type: S_IFLNK ..., then what is known to be another may be left out;
	 * or 0 */
	int (*list)(void *ctx, const char *path, mode_t type,
		    struct strlist *out);
	/* From now on path, a directory, is for all of these the one that is
	 * there now, whatever takes its name: 0 and what it is (out may be
	 * NULL), or -1 with errno (ENOTDIR, ELOOP: a link) */
	int (*hold)(void *ctx, const char *path, struct stat *out);
};

struct host {
	struct host_fs fs;
	uid_t uid;
	gid_t gid;
	char *user; /* passwd name, or the uid as text */
	char *home; /* $HOME, normalised; the passwd entry's if unset */
	char *passwd_home;
	char *shell; /* $SHELL if absolute, else the passwd entry's */
	char *cwd;   /* getcwd(3) (or --cwd, resolved): canonical */
	struct stat cwd_stat;
	char *config_dir;  /* $XDG_CONFIG_HOME/sbox or ~/.config/sbox */
	char *state_dir;   /* $XDG_STATE_HOME/sbox or ~/.local/state/sbox */
	char *cache_dir;   /* $XDG_CACHE_HOME/sbox or ~/.cache/sbox */
	char *runtime_dir; /* $XDG_RUNTIME_DIR; NULL if unset or not absolute */
	char *data_dir;	   /* where the shipped profiles are: .../sbox */
	char *self;	   /* our own executable, canonical */
	char *const *env;  /* the caller's environment, borrowed */
	uint64_t memory;   /* bytes of RAM */
	unsigned kernel;   /* major << 16 | minor, 0x60001 = 6.1 */
	int landlock_abi;  /* 0: not available */
	struct strlist sockets;	     /* bound unix sockets: canonical paths */
	struct strlist lost_sockets; /* those whose place isn't known: names */
	bool fd_is_tty[3];
	bool fd_is_file[3]; /* a regular file, open for what it is for */
	bool fd_is_dir[3];  /* an error: a way out of the sandbox */
	bool fd_is_net[3];  /* the same: a socket that can be connected anew */
};

/* The value of a variable of host->env, or NULL. */
const char *host_getenv(const struct host *h, const char *name);

/*
 * Acting side (src/jail/probe.c). cwd is --cwd or NULL. Fills everything above;
 * strings are owned by h. 0, or -1 and d with a hint (kernel too old, no
 * user namespaces, cwd gone).
 */
int host_probe(const char *cwd, char *const *env, struct host *h,
	       struct diag *d);

#endif
