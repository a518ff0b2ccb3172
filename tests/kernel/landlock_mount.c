/* SPDX-License-Identifier: MIT */
/*
 * Why --userns and Landlock's file rules exclude each other: any rule about
 * files forbids every change of the mount table, even to root of a namespace
 * of his own. Rules about TCP and scopes don't.
 */
#include "landlock.h"

static void with_files(void *arg)
{
	int fd;

	(void)arg;
	fd = open_tree(AT_FDCWD, "/usr",
		       OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_RECURSIVE);
	must(fd, "open_tree");
	must(mount("tmpfs", "/tmp", "tmpfs", 0, "size=1m"), "tmpfs");
	must(ruleset_enter(ruleset_new(LANDLOCK_ACCESS_FS_MAKE_SOCK, 0, 0)),
	     "landlock");
	claim_errno(mount("tmpfs", "/tmp", "tmpfs", 0, "size=1m"), EPERM,
		    "mount with a rule about files");
	claim_errno(
		move_mount(fd, "", AT_FDCWD, "/tmp", MOVE_MOUNT_F_EMPTY_PATH),
		EPERM, "move_mount");
	claim_errno(umount2("/tmp", MNT_DETACH), EPERM, "umount");
	must(chdir("/tmp"), "chdir");
	claim_errno(syscall(SYS_pivot_root, ".", "."), EPERM, "pivot_root");
}

static void without_files(void *arg)
{
	const int *abi = arg;

	must(ruleset_enter(ruleset_new(0, 1 /* bind */, *abi >= 6 ? 1 : 0)),
	     "landlock");
	claim(mount("tmpfs", "/tmp", "tmpfs", 0, "size=1m") == 0,
	      "rules about TCP and scopes leave mounting alone");
}

int main(void)
{
	int abi = landlock_abi();
	int status;

	claim(abi >= 2, "Landlock is there, ABI 2 or newer");
	status = run_inside(NS_ALL, with_files, NULL);
	if (status == 0 && abi >= 4)
		status = run_inside(NS_ALL, without_files, &abi);
	return status;
}
