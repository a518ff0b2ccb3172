/* SPDX-License-Identifier: MIT */
/*
 * A second opinion on what the mounts say: readable everywhere, writable where
 * the plan says so, devices only in /dev; abstract unix sockets and signals
 * end at the sandbox (ABI 6); with net.loopback false no TCP at all (ABI 4); a
 * unix socket of the host answers only where it is shown itself (ABI 9).
 * An older ABI simply has fewer rights to handle: sbox(1) says which.
 *
 * With --userns no file right is handled, since any file rule forbids mount(2)
 * to the whole domain. Re-opening the three inherited descriptors through
 * /proc/self/fd needs a rule on the file itself: reading for standard input,
 * writing for the other two (`>/dev/stderr` truncates, as ftruncate(2) on the
 * descriptor can); never more than that.
 */
#include "jail/landlock.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "sbox/cleanup.h"
#include "sbox/log.h"
#include "sbox/plan.h"

/* The kernel's uapi (linux/landlock.h), which Debian 12's headers have only
 * as far as ABI 2. */
#define FS_EXECUTE    (UINT64_C(1) << 0)
#define FS_WRITE_FILE (UINT64_C(1) << 1)
#define FS_READ_FILE  (UINT64_C(1) << 2)
#define FS_READ_DIR   (UINT64_C(1) << 3)
#define FS_ABI1	      ((UINT64_C(1) << 13) - 1)
#define FS_REFER      (UINT64_C(1) << 13) /* ABI 2, Linux 5.19 */
#define FS_TRUNCATE   (UINT64_C(1) << 14) /* ABI 3, Linux 6.2 */
#define FS_IOCTL_DEV  (UINT64_C(1) << 15) /* ABI 5, Linux 6.10 */
#define FS_UNIX	      (UINT64_C(1) << 16) /* ABI 9, Linux 7.1 */
#define FS_MAKE_CHAR  (UINT64_C(1) << 6)
#define FS_MAKE_BLOCK (UINT64_C(1) << 11)
#define NET_TCP	      UINT64_C(3) /* bind, connect: ABI 4, Linux 6.7 */
#define SCOPES	      UINT64_C(3) /* abstract unix, signal: ABI 6, 6.12 */

struct ruleset_attr {
	uint64_t fs, net, scoped;
};

static uint64_t fs_rights(int abi)
{
	static const uint64_t added[] = {
		[1] = FS_ABI1,	    [2] = FS_REFER, [3] = FS_TRUNCATE,
		[5] = FS_IOCTL_DEV, [9] = FS_UNIX,
	};
	uint64_t fs = 0;

	for (int i = 0; i <= abi && i < (int)ARRAY_SIZE(added); i++)
		fs |= added[i];
	return fs;
}

static uint64_t rights_of(unsigned access, uint64_t handled)
{
	uint64_t r = FS_EXECUTE | FS_READ_FILE | FS_READ_DIR;

	if (access & PLAN_ACCESS_WRITE)
		r = FS_ABI1 | FS_REFER | FS_TRUNCATE;
	if (access & PLAN_ACCESS_DEVICE)
		r |= FS_WRITE_FILE | FS_TRUNCATE | FS_IOCTL_DEV;
	if (access & PLAN_ACCESS_SOCKET)
		r |= FS_UNIX;
	/* nobody makes device nodes */
	return r & handled & ~(FS_MAKE_CHAR | FS_MAKE_BLOCK);
}

static void add_rule(int ruleset, int fd, uint64_t rights, const char *what)
{
	struct landlock_path_beneath_attr a = {.allowed_access = rights,
					       .parent_fd = fd};

	/* EBADFD: a memfd, which needs no rule */
	if (syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH,
		    &a, 0) < 0 &&
	    errno != EBADFD)
		fatal("landlock: %s", what);
}

static void add_path(int ruleset, const char *path, unsigned access,
		     uint64_t handled)
{
	cleanup_fd int fd = open(path, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	uint64_t rights = rights_of(access, handled);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0)
		fatal("landlock: %s", path);
	if (!S_ISDIR(st.st_mode))
		rights &= FS_EXECUTE | FS_WRITE_FILE | FS_READ_FILE |
			  FS_TRUNCATE | FS_IOCTL_DEV | FS_UNIX;
	add_rule(ruleset, fd, rights, path);
}

int landlock_prepare(const struct plan *p)
{
	const struct ruleset_attr a = {
		.fs = p->landlock_files ? fs_rights(p->landlock_abi) : 0,
		.net = p->landlock_tcp ? NET_TCP : 0,
		.scoped = p->landlock_scopes ? SCOPES : 0,
	};
	static const uint64_t inherited[] = {FS_READ_FILE,
					     FS_WRITE_FILE | FS_TRUNCATE};
	int fd;

	if (!a.fs && !a.net && !a.scoped)
		return -1;
	/* an older kernel takes a longer struct if the rest of it is 0 */
	fd = (int)syscall(SYS_landlock_create_ruleset, &a, sizeof(a), 0);
	if (fd < 0)
		fatal("landlock: create");
	if (a.fs)
		add_path(fd, "/", 0, a.fs);
	for (size_t i = 0; a.fs && i < p->nmounts; i++)
		if (p->mounts[i].access)
			add_path(fd, p->mounts[i].dst, p->mounts[i].access,
				 a.fs);
	for (int i = 0; a.fs && i < 3; i++)
		if (p->fd_is_file[i])
			add_rule(fd, i, inherited[i > 0] & a.fs,
				 "inherited descriptor");
	return fd;
}
