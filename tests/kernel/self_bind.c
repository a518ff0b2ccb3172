/* SPDX-License-Identifier: MIT */
/*
 * What keeps .git in its place: a directory bound onto itself is a mount
 * point, and a mount point can be neither renamed nor removed nor replaced in
 * its own namespace; a read-only bind in it can't be written or linked out of.
 */
#include <sys/syscall.h>

#include "kernel.h"

static void bind_self(const char *path, bool readonly)
{
	struct mount_attr ro = {.attr_set = MOUNT_ATTR_RDONLY};
	int fd = open_tree(AT_FDCWD, path,
			   OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_RECURSIVE);

	must(fd, path);
	if (readonly)
		must(mount_setattr(fd, "", AT_EMPTY_PATH | AT_RECURSIVE, &ro,
				   sizeof(ro)),
		     "mount_setattr");
	must(move_mount(fd, "", AT_FDCWD, path, MOVE_MOUNT_F_EMPTY_PATH), path);
}

static void body(void *arg)
{
	(void)arg;
	bind_self("project", false);
	must(chdir("project"), "chdir");
	bind_self(".git", false);
	bind_self(".git/hooks", true);
	bind_self(".git/config", true);
	claim_errno(rename(".git", ".git2"), EBUSY, "mv .git .git2");
	claim_errno(rename("other", ".git"), EBUSY, "mv other .git");
	claim_errno(syscall(SYS_renameat2, AT_FDCWD, ".git", AT_FDCWD, "other",
			    RENAME_EXCHANGE),
		    EBUSY, "exchanging .git and other");
	claim_errno(rmdir(".git"), EBUSY, "rmdir .git");
	claim_errno(rename("../project", "../project2"), EBUSY, "mv project");
	claim_errno(rename(".git/config", ".git/config2"), EBUSY,
		    "mv .git/config away");
	claim_errno(rename("file", ".git/config"), EXDEV,
		    "mv a file of outside .git onto .git/config");
	claim_errno(rename(".git/HEAD", ".git/config"), EBUSY,
		    "mv a file of .git onto .git/config");
	claim_errno(unlink(".git/config"), EBUSY, "rm .git/config");
	claim_errno(open(".git/config", O_WRONLY | O_CLOEXEC), EROFS,
		    "writing .git/config");
	claim_errno(open(".git/hooks/new", O_WRONLY | O_CREAT, 0755), EROFS,
		    "making a hook");
	claim_errno(link(".git/config", ".git/link"), EXDEV,
		    "a hard link to .git/config");
	claim(open(".git/index", O_WRONLY | O_CREAT, 0644) >= 0,
	      "the rest of .git stays writable");
}

int main(void)
{
	char *path = scratch();
	int status;

	must(mkdir("project", 0755) | mkdir("project/.git", 0755) |
		     mkdir("project/.git/hooks", 0755) |
		     mkdir("project/other", 0755),
	     "mkdir");
	touch("project/.git/config");
	touch("project/.git/HEAD");
	touch("project/file");
	status = run_inside(NS_ALL, body, NULL);
	scratch_remove(path);
	return status;
}
