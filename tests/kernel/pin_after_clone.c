/* SPDX-License-Identifier: MIT */
/*
 * Why sources are opened in pid 1 and compared by inode: a descriptor from
 * before clone3 belongs to another mount namespace and can't be cloned. The
 * cwd is the exception, it is followed even when it was renamed.
 */
#include "kernel.h"

#define TREE (OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC)

struct facts {
	int fd;
	struct stat st;
	const char *path;
};

static void body(void *arg)
{
	const struct facts *f = arg;
	char self[64];
	struct stat st;
	int fd;

	claim_errno(open_tree(f->fd, "", AT_EMPTY_PATH | TREE), EINVAL,
		    "a descriptor opened before clone3 can't be pinned");
	(void)snprintf(self, sizeof(self), "/proc/self/fd/%d", f->fd);
	claim_errno(open_tree(AT_FDCWD, self, TREE), EINVAL,
		    "nor through /proc/self/fd");
	fd = open_tree(AT_FDCWD, f->path, TREE);
	claim(fd >= 0 && fstat(fd, &st) == 0 && st.st_dev == f->st.st_dev &&
		      st.st_ino == f->st.st_ino,
	      "its path can, and shows the same device and inode");
	must(rename("here", "moved"), "rename");
	fd = open_tree(AT_FDCWD, "", AT_EMPTY_PATH | TREE | AT_RECURSIVE);
	claim(fd >= 0 && fstat(fd, &st) == 0, "the cwd can be pinned");
	must(chdir("moved"), "chdir");
	fd = open_tree(AT_FDCWD, "", AT_EMPTY_PATH | TREE | AT_RECURSIVE);
	must(rename("../moved", "../again"), "rename");
	claim(fd >= 0 && faccessat(fd, "mark", F_OK, 0) == 0,
	      "a pinned cwd is followed when it is renamed");
	fd = open_tree(AT_FDCWD, "", AT_EMPTY_PATH | TREE | AT_RECURSIVE);
	claim(fd >= 0 && faccessat(fd, "mark", F_OK, 0) == 0,
	      "and can be pinned after it was renamed");
}

int main(void)
{
	struct facts f = {.path = scratch()};
	int status;

	must(mkdir("here", 0755), "mkdir");
	touch("here/mark");
	f.fd = open(f.path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	must(f.fd, f.path);
	must(fstat(f.fd, &f.st), "fstat");
	status = run_inside(NS_ALL, body, &f);
	scratch_remove(f.path);
	return status;
}
