/* SPDX-License-Identifier: MIT */
/*
 * Unix sockets, abstract ("@name") and by path.
 *
 *	unix listen NAME FILE	append to FILE what arrives (run outside)
 *	unix send NAME TEXT	connect and write, then sendto a datagram socket
 *				of the same name with ".d" behind it
 */
#include "attack.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>

static socklen_t address(struct sockaddr_un *sun, const char *name,
			 const char *suffix)
{
	int n;

	memset(sun, 0, sizeof(*sun));
	sun->sun_family = AF_UNIX;
	n = snprintf(sun->sun_path, sizeof(sun->sun_path), "%s%s", name,
		     suffix);
	if (name[0] != '@')
		return sizeof(*sun);
	sun->sun_path[0] = '\0';
	return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + (size_t)n);
}

static int bound(const char *name, const char *suffix, int type)
{
	struct sockaddr_un sun;
	socklen_t len = address(&sun, name, suffix);
	int fd = socket(AF_UNIX, type, 0);

	if (bind(fd, (struct sockaddr *)&sun, len) < 0)
		perror("bind");
	return fd;
}

static void record(const char *file, int fd)
{
	char buf[256];
	ssize_t n = read(fd, buf, sizeof(buf));
	int out = open(file, O_WRONLY | O_CREAT | O_APPEND, 0600);

	if (n <= 0)
		n = snprintf(buf, sizeof(buf), "connected\n");
	(void)!write(out, buf, (size_t)n);
	close(out);
}

static int serve(const char *name, const char *file)
{
	int stream = bound(name, "", SOCK_STREAM);
	int dgram = bound(name, ".d", SOCK_DGRAM);
	struct pollfd p[2] = {{.fd = stream, .events = POLLIN},
			      {.fd = dgram, .events = POLLIN}};

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	listen(stream, 5);
	puts("ready");
	fflush(stdout);
	while (poll(p, 2, -1) > 0) {
		if (p[0].revents & POLLIN) {
			int c = accept(stream, NULL, NULL);

			record(file, c);
			close(c);
		}
		if (p[1].revents & POLLIN)
			record(file, dgram);
	}
	return 0;
}

int main(int argc, char **argv)
{
	struct sockaddr_un sun;
	socklen_t len;
	int fd;

	if (argc != 4)
		return 2;
	if (strcmp(argv[1], "listen") == 0)
		return serve(argv[2], argv[3]);
	fd = socket(AF_UNIX, SOCK_STREAM, 0);
	len = address(&sun, argv[2], "");
	report("connect", connect(fd, (struct sockaddr *)&sun, len));
	(void)!write(fd, argv[3], strlen(argv[3]));
	fd = socket(AF_UNIX, SOCK_DGRAM, 0);
	len = address(&sun, argv[2], ".d");
	report("sendto", sendto(fd, argv[3], strlen(argv[3]), 0,
				(struct sockaddr *)&sun, len));
	return 0;
}
