/* SPDX-License-Identifier: MIT */
/*
 * The three descriptors that are passed in, opened again with more rights.
 * What it finds out goes to stderr's own descriptor, if that is not a victim,
 * and to the file reopen.log in the current directory.
 */
#include "attack.h"

#include <fcntl.h>
#include <sys/stat.h>

static FILE *out;

static void again(const char *path, int flags, const char *how)
{
	int fd = open(path, flags);

	if (fd < 0) {
		fprintf(out, "%s %s: %s\n", path, how, strerrorname_np(errno));
		return;
	}
	fprintf(out, "%s %s: ok\n", path, how);
	if ((flags & O_ACCMODE) != O_RDONLY && !(flags & O_TRUNC) &&
	    !(flags & O_APPEND))
		(void)!pwrite(fd, "overwritten", 11, 0);
	close(fd);
}

int main(void)
{
	static const char *const paths[] = {
		"/proc/self/fd/0", "/proc/self/fd/1",
		"/proc/self/fd/2", "/dev/stdin",
		"/dev/stdout",	   "/dev/stderr",
		"/dev/fd/0",	   "/proc/thread-self/fd/1",
	};

	out = fopen("reopen.log", "w");
	if (out == NULL)
		return 2;
	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		char dots[128];

		again(paths[i], O_RDONLY, "read");
		again(paths[i], O_WRONLY, "write");
		again(paths[i], O_RDWR, "read-write");
		again(paths[i], O_WRONLY | O_TRUNC, "truncate");
		again(paths[i], O_WRONLY | O_APPEND, "append");
		snprintf(dots, sizeof(dots), "%s/..", paths[i]);
		again(dots, O_RDONLY, "parent");
	}
	fprintf(out, "chmod-stdin: %s\n",
		fchmod(0, 04755) < 0 ? strerrorname_np(errno) : "ok");
	fclose(out);
	return 0;
}
