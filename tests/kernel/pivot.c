/* SPDX-License-Identifier: MIT */
/*
 * The root: a tmpfs mounted without a name, attached, pivot_root(".", ".")
 * and the old root detached: no string ever names it. And why every directory
 * descriptor is closed before the payload: one kept across reaches out.
 */
#include "kernel.h"

static void body(void *arg)
{
	int host = open("/usr", O_PATH | O_DIRECTORY | O_CLOEXEC);
	int fs = fsopen("tmpfs", FSOPEN_CLOEXEC), root;

	must(fs, "fsopen");
	must(fsconfig(fs, FSCONFIG_SET_STRING, "size", "1m", 0), "size");
	must(fsconfig(fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0), "create");
	root = fsmount(fs, FSMOUNT_CLOEXEC, MOUNT_ATTR_NOSUID);
	claim(root >= 0, "a tmpfs can be made without attaching it");
	must(mkdirat(root, "mark", 0755), "mkdirat");
	must(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL), "private");
	must(move_mount(root, "", AT_FDCWD, arg, MOVE_MOUNT_F_EMPTY_PATH),
	     "move_mount");
	must(fchdir(root), "fchdir");
	claim(syscall(SYS_pivot_root, ".", ".") == 0,
	      "pivot_root(\".\", \".\")");
	claim(umount2(".", MNT_DETACH) == 0, "the old root is detached");
	must(chdir("/"), "chdir");
	claim(access("/mark", F_OK) == 0 && access("/usr", F_OK) < 0,
	      "/ is the new root and has nothing of the old one");
	claim(access("/../../usr", F_OK) < 0, "nor does .. lead there");
	claim(faccessat(host, "../etc/passwd", F_OK, 0) == 0,
	      "a directory descriptor that was kept still reaches out");
}

int main(void)
{
	char *path = scratch();
	int status = run_inside(NS_ALL, body, path);

	scratch_remove(path);
	return status;
}
