/* SPDX-License-Identifier: MIT */
/*
 * Every open descriptor above 2, found without /proc; for a directory, what it
 * shows of the host. fds [MAX]
 */
#include "attack.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>

int main(int argc, char **argv)
{
	int max = argc > 1 ? atoi(argv[1]) : 1100000;

	for (int fd = 3; fd < max; fd++) {
		struct stat st;
		char link[64], target[4096] = "?";

		if (fcntl(fd, F_GETFD) < 0)
			continue;
		snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
		if (readlink(link, target, sizeof(target) - 1) < 0)
			perror(link);
		printf("fd %d: %s\n", fd, target);
		if (fstat(fd, &st) == 0 && S_ISDIR(st.st_mode))
			report("openat ..", openat(fd, "..", O_RDONLY));
	}
	puts("end");
	return 0;
}
