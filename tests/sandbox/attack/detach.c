/* SPDX-License-Identifier: MIT */
/*
 * detach DIR FROM TO: in mount namespaces of its own, without what was mounted
 * over DIR's entries, rename FROM over TO: a mount point is busy only where it
 * is mounted (rename(2)). The old root is left as bwrap leaves it, and by
 * unmounting it without MNT_DETACH. And in a cgroup namespace sbox's own cgroup
 * would be the root of what can be mounted.
 */
#include "attack.h"

#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>

static void leave(const char *way, int flags)
{
	if (syscall(SYS_pivot_root, ".", ".") < 0 || umount2(".", flags) < 0)
		report(way, -1);
	else
		report(way, 0);
}

int main(int argc, char **argv)
{
	int dir;

	if (argc != 4)
		return 2;
	dir = open(argv[1], O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	report("unshare", unshare(CLONE_NEWUSER | CLONE_NEWNS));
	report("private", mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL));
	report("cgroup2", mount("none", "/tmp", "cgroup2", 0, NULL));
	report("cgroup", mount("none", "/tmp", "cgroup", 0, "freezer"));
	report("cgroup-namespace", unshare(CLONE_NEWCGROUP));
	report("tmpfs", mount("tmpfs", "/tmp", "tmpfs", 0, NULL));
	report("chdir", chdir("/tmp"));
	leave("plain", 0);
	leave("detach", MNT_DETACH);
	report("rename", renameat(dir, argv[2], dir, argv[3]));
	return 0;
}
