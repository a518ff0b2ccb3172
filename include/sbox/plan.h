/* SPDX-License-Identifier: MIT */
/*
 * What will be done, in order: complete (launch() decides nothing) and
 * printable (`sbox --dry-run` prints all of it).
 */
#ifndef SBOX_PLAN_H
#define SBOX_PLAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "sbox/egress.h"
#include "sbox/policy.h"
#include "sbox/strlist.h"

struct diag;
struct host;
struct invocation;

enum plan_mount_type {
	PLAN_DIR,     /* mkdir -p beneath our own tmpfs root */
	PLAN_SYMLINK, /* data = target */
	PLAN_FILE,    /* a small file with data in our tmpfs */
	PLAN_BIND,    /* src, pinned while the host is visible, shown at dst */
	PLAN_PRIVATE, /* dst becomes a writable part of our tmpfs */
	PLAN_TMPFS,   /* a tmpfs of its own at dst (over something shown) */
	PLAN_PROC,
	PLAN_DEVPTS,
	PLAN_COVER,	/* a read-only file with data over an existing one */
	PLAN_HIDE_FILE, /* an empty read-only file over dst */
	PLAN_HIDE_DIR,	/* an empty read-only directory over dst */
	PLAN_SELF,	/* dst is bound onto itself: pinned against rename */
	PLAN_READONLY,	/* dst is bound onto itself, read-only */
	PLAN__COUNT
};

enum plan_mount_flag {
	PLAN_RO = 1 << 0,
	PLAN_DEV = 1 << 1, /* device nodes work (default: nodev) */
	PLAN_NOEXEC = 1 << 2,
	PLAN_CWD = 1 << 3,   /* src is the current directory: followed when it
				is renamed (open_tree on AT_FDCWD) */
	PLAN_CHECK = 1 << 4, /* dev and ino must be what the pin finds */
	PLAN_TRY = 1 << 5,   /* dst may be missing when we get there */
	PLAN_MAKE = 1 << 6,  /* dst lies in our tmpfs: make the mount point */
};

/* Landlock: what may be done at and beneath dst, more than to read files and
 * directories and to execute, which may be done everywhere. */
enum plan_access {
	PLAN_ACCESS_WRITE = 1 << 0,  /* everything else on files */
	PLAN_ACCESS_DEVICE = 1 << 1, /* write and ioctl on device nodes */
	PLAN_ACCESS_SOCKET = 1 << 2, /* connect to the host's sockets */
};

/* Where the new root is built from, beneath it. With a kept home it stays, with
 * what is shown in that home (mount.c), and is hidden by the last step. */
#define PLAN_SCRATCH ".sbox"

struct plan_mount {
	enum plan_mount_type type;
	unsigned flags; /* enum plan_mount_flag */
	char *src;	/* canonical, no symlink in it; NULL where unused */
	char *dst;	/* absolute inside */
	char *data;	/* content or link target; NULL where unused */
	mode_t mode;	/* DIR, FILE, PRIVATE, TMPFS: permissions;
			   BIND: the file type (S_IFMT) of src */
	dev_t dev;	/* with PLAN_CHECK */
	ino_t ino;
	char *why;	 /* for --dry-run: "cwd", "--ro", "protect" ... */
	unsigned access; /* enum plan_access */
};

struct plan {
	struct plan_mount *mounts;
	size_t nmounts;
	struct strlist argv; /* argv.v[0] is looked up in env's PATH */
	struct strlist env;  /* "KEY=VALUE", sorted */
	char *cwd;	     /* inside */
	const char *hostname;
	uid_t uid; /* mapped onto themselves */
	gid_t gid;
	char *keep_home; /* host directory to make (0700) first; NULL */
	struct strlist make_dirs;  /* sbox's own, to be made (0700) as well,
				    since what isn't there can't be protected */
	struct strlist absent;	   /* inside: what must not be made there */
	struct strlist absent_src; /* and what each is called outside */
	enum net_mode net;
	bool net_loopback;
	char *net_policy;	    /* the gateway's, JSON; NULL: no gateway */
	char *gateway, *service;    /* the executables */
	struct strlist gateway_env; /* of the caller's, for services */
	bool net_publishes;	    /* it connects to ports inside */
	bool net_waits;		    /* until it has ports, or the proxy */
	bool net_services;	    /* wait until it has the secrets */
	struct listeners listeners; /* what pid 1 makes for it, in order */
	struct ip_prefix *routes;   /* local on lo */
	size_t nroutes;
	bool userns;
	bool landlock_files;  /* off with userns: any file rule forbids mount */
	bool landlock_tcp;    /* no TCP at all: ABI 4, without loopback */
	bool landlock_scopes; /* abstract sockets, signals end here: ABI 6 */
	int landlock_abi;
	struct policy_limits limits;
	uint64_t tmpfs_bytes; /* size= of the root tmpfs */
	uint64_t tmpfs_inodes;
	bool tty; /* relay a pseudo-terminal */
	bool tty_filter;
	bool fd_is_tty[3];  /* which of 0-2 become the inner terminal */
	bool fd_is_file[3]; /* which get a Landlock rule of their own */
	int *keep_fds;
	size_t nkeep_fds;
	struct policy_seccomp seccomp[2]; /* borrowed from the policy */
	struct strlist notes;	 /* what the user should know (log_info) */
	struct strlist warnings; /* log_warn */
};

/*
 * Build the plan. Pure: reads the host only through host->fs. 0 and *out, or
 * -1 and d (with a hint where there is a cure). policy, host and inv must
 * outlive the plan. plan_free either way.
 */
int plan_build(const struct policy *policy, const struct host *host,
	       const struct invocation *inv, struct plan *out, struct diag *d);
void plan_free(struct plan *p);

/* The text of --dry-run: malloc'd, one step a line, every word from outside
 * escaped, a blank in it as \x20. */
char *plan_print(const struct plan *p);

#endif
