/* SPDX-License-Identifier: MIT */
/*
 * Why every pin is recursive: mounts that came from the host's namespace are
 * locked together, and a clone that would uncover what they hide is refused.
 * Flags may be added to them anywhere, never taken away.
 */
#include "kernel.h"

#define TREE (OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC)

static void inner(void *arg)
{
	struct mount_attr ro = {.attr_set = MOUNT_ATTR_RDONLY};
	struct mount_attr rw = {.attr_clr = MOUNT_ATTR_RDONLY};
	const char *path = arg;
	int fd;

	claim_errno(open_tree(AT_FDCWD, path, TREE), EINVAL,
		    "without AT_RECURSIVE a tree with mounts in it is refused");
	fd = open_tree(AT_FDCWD, path, TREE | AT_RECURSIVE);
	claim(fd >= 0, "with AT_RECURSIVE it is cloned");
	claim(mount_setattr(fd, "", AT_EMPTY_PATH | AT_RECURSIVE, &ro,
			    sizeof(ro)) == 0,
	      "read-only may be set on all of it");
	fd = open_tree(AT_FDCWD, "ro", TREE | AT_RECURSIVE);
	claim_errno(mount_setattr(fd, "", AT_EMPTY_PATH, &rw, sizeof(rw)),
		    EPERM, "read-only that came from outside can't be cleared");
}

static void outer(void *arg)
{
	/* the nested id maps are written through it */
	must(mount("proc", "/proc", "proc", 0, NULL), "proc");
	must(mount("tmpfs", ".", "tmpfs", 0, "size=1m"), "tmpfs");
	must(chdir(arg), "chdir");
	must(mkdir("sub", 0755) | mkdir("ro", 0755), "mkdir");
	must(mount("tmpfs", "sub", "tmpfs", 0, "size=1m"), "tmpfs");
	must(mount("tmpfs", "ro", "tmpfs", MS_RDONLY, "size=1m"), "tmpfs");
	_exit(run_inside(NS_ALL, inner, arg));
}

int main(void)
{
	char *path = scratch();
	int status = run_inside(NS_ALL, outer, path);

	scratch_remove(path);
	return status;
}
