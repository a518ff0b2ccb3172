/* SPDX-License-Identifier: MIT */
/*
 * A process that is put into DIR/payload by CLONE_INTO_CGROUP and can make user
 * namespaces mounts a cgroup2 of which DIR/payload is the root: DIR, where the
 * limits are, is out of its reach though its uid owns it. And with
 * cgroup.max.depth 1 in DIR there is nothing below payload to leave behind.
 */
#include <mntent.h>

#include "kernel.h"

static char dir[4096], inner[sizeof(dir) + 16], below[sizeof(inner) + 16];

/* A cgroup of ours below any cgroup2 that is mounted; false: can't. */
static bool make_dir(void)
{
	FILE *f = setmntent("/proc/self/mounts", "re");
	const struct mntent *m;
	bool made = false;

	while (f && !made && (m = getmntent(f))) {
		if (strcmp(m->mnt_type, "cgroup2") != 0)
			continue;
		(void)snprintf(dir, sizeof(dir), "%s/sbox-claim-%d", m->mnt_dir,
			       getpid());
		made = mkdir(dir, 0755) == 0;
	}
	if (f)
		(void)endmntent(f);
	return made;
}

static void look(void)
{
	char text[16] = "";
	uid_t uid = getuid();
	char map[32];
	int fd;

	(void)snprintf(map, sizeof(map), "0 %u 1", uid);
	must(unshare(CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWCGROUP), "unshare");
	must(put("/proc/self/uid_map", map), "uid_map");
	must(mount("none", "/tmp", "cgroup2", 0, NULL), "mount cgroup2");
	fd = open("/tmp/cgroup.max.depth", O_RDONLY | O_CLOEXEC);
	must(fd, "cgroup.max.depth");
	must((int)read(fd, text, sizeof(text) - 1), "read");
	claim(strcmp(text, "max\n") == 0 && access("/tmp/payload", F_OK) < 0,
	      "the payload's own cgroup is the root of what it can mount");
	claim_errno(mkdir("/tmp/below", 0755), EAGAIN,
		    "nor does the payload, as root of a user namespace");
	_exit(0);
}

int main(void)
{
	struct clone_args args = {
		.flags = (__u64)CLONE_NEWPID | CLONE_INTO_CGROUP,
		.exit_signal = SIGCHLD,
	};
	char file[sizeof(dir) + 32];
	long pid;
	int fd, status;

	if (!make_dir()) {
		printf("not run: no cgroup2 that can be written\n");
		return 0;
	}
	(void)snprintf(inner, sizeof(inner), "%s/payload", dir);
	(void)snprintf(below, sizeof(below), "%s/below", inner);
	(void)snprintf(file, sizeof(file), "%s/cgroup.max.depth", dir);
	must(put(file, "1"), "cgroup.max.depth");
	must(mkdir(inner, 0755), "mkdir payload");
	claim_errno(mkdir(below, 0755), EAGAIN,
		    "nobody makes a cgroup below the payload's");
	fd = open(inner, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	must(fd, "open payload");
	args.cgroup = (__u64)fd;
	pid = syscall(SYS_clone3, &args, sizeof(args));
	must((int)pid, "clone3");
	if (pid == 0)
		look();
	status = reap((pid_t)pid);
	claim(rmdir(inner) == 0 && rmdir(dir) == 0, "both can be removed");
	return status;
}
