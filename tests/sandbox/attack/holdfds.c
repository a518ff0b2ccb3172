/* SPDX-License-Identifier: MIT */
/*
 * Run by the test, outside: start a command with descriptors it should not
 * get. holdfds DIR FILE COMMAND...: a directory, a file open for writing, both
 * ends of a socket pair and of a pipe, a listener, an epoll, an eventfd, low
 * and high (1023, and the highest that the limit permits), none close-on-exec.
 */
#include "attack.h"

#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>

static void copy_up(int fd, int to)
{
	if (dup2(fd, to) < 0)
		fprintf(stderr, "dup2 %d: %m\n", to);
}

int main(int argc, char **argv)
{
	struct sockaddr_un sun = {.sun_family = AF_UNIX};
	struct rlimit rl;
	int dir, file, pair[2], pipes[2], listener;

	if (argc < 4)
		return 2;
	dir = open(argv[1], O_RDONLY | O_DIRECTORY);
	file = open(argv[2], O_RDWR);
	if (dir < 0 || file < 0 || pipe(pipes) < 0 ||
	    socketpair(AF_UNIX, SOCK_STREAM, 0, pair) < 0)
		return 2;
	listener = socket(AF_UNIX, SOCK_STREAM, 0);
	if (bind(listener, (struct sockaddr *)&sun, sizeof(sa_family_t)) < 0 ||
	    listen(listener, 1) < 0)
		return 2;
	if (epoll_create1(0) < 0 || eventfd(0, 0) < 0)
		return 2;
	if (getrlimit(RLIMIT_NOFILE, &rl) == 0) {
		rl.rlim_cur = rl.rlim_max;
		if (setrlimit(RLIMIT_NOFILE, &rl) == 0) {
			int top = rl.rlim_max > 1048576 ? 1048576
							: (int)rl.rlim_max;

			copy_up(dir, top - 1);
			copy_up(file, top - 2);
			fprintf(stderr, "highest %d\n", top - 1);
		}
	}
	copy_up(dir, 99);
	copy_up(dir, 1023);
	execvp(argv[3], argv + 3);
	perror(argv[3]);
	return 2;
}
