/* SPDX-License-Identifier: MIT */
/*
 * Both ends of what the network benchmark measures:
 *
 *	net serve PORT			on 127.0.0.1, until it is killed
 *	net stream HOST PORT SECONDS	prints Gbit/s of one stream towards us
 *	net connect HOST PORT SECONDS	prints connections a second
 *	net crowd HOST PORT SECONDS	the same, of 100 clients at a time
 *	net relay FROM TO		connections to port FROM go to TO: the
 *					least that a process in between does
 *	net round HOST PORT SECONDS	prints the median of 64-byte round
 *					trips in microseconds
 *
 * The client's first byte says what it wants.
 */
#include <arpa/inet.h>
#include <err.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define BLOCK	   (256 * 1024)
#define ROUND	   64
#define ROUNDS_MAX 1000000
#define CROWD	   100

static char block[BLOCK];

static double now(void)
{
	struct timespec t;

	if (clock_gettime(CLOCK_MONOTONIC, &t) < 0)
		err(1, "clock_gettime");
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static int read_all(int fd, size_t len)
{
	for (size_t have = 0; have < len;) {
		ssize_t n = read(fd, block + have, len - have);

		if (n <= 0)
			return -1;
		have += (size_t)n;
	}
	return 0;
}

static void answer(int fd)
{
	if (read_all(fd, 1) < 0)
		return;
	switch (block[0]) {
	case 's':
		while (write(fd, block, BLOCK) > 0)
			;
		break;
	case 'r':
		while (read_all(fd, ROUND) == 0 &&
		       write(fd, block, ROUND) == ROUND)
			;
		break;
	default: /* 'c': a byte back says that both ends were there */
		if (write(fd, "c", 1) < 0)
			return;
	}
}

static struct sockaddr_in address_of(const char *host, const char *port)
{
	struct sockaddr_in a = {
		.sin_family = AF_INET,
		.sin_port = htons((uint16_t)strtoul(port, NULL, 10))};

	if (inet_pton(AF_INET, host, &a.sin_addr) != 1)
		errx(1, "%s: not an address", host);
	return a;
}

static int listen_on(const char *port)
{
	struct sockaddr_in a = address_of("127.0.0.1", port);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), one = 1;

	if (signal(SIGPIPE, SIG_IGN) == SIG_ERR ||
	    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)) < 0 ||
	    bind(fd, (struct sockaddr *)&a, sizeof(a)) < 0 ||
	    listen(fd, 4096) < 0)
		err(1, "port %s", port);
	return fd;
}

static int accept_one(int fd)
{
	int c = accept(fd, NULL, NULL), one = 1;

	if (c < 0)
		err(1, "accept");
	if (setsockopt(c, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one)) < 0)
		err(1, "nodelay");
	return c;
}

static void serve(const char *port)
{
	int fd = listen_on(port);

	for (;;) {
		int c = accept_one(fd);

		answer(c);
		(void)close(c); /* the measuring side judges */
	}
}

static int dial(const struct sockaddr_in *a, char what);

static void pass(int client, int server)
{
	struct pollfd p[] = {{.fd = client, .events = POLLIN},
			     {.fd = server, .events = POLLIN}};

	while (poll(p, 2, -1) > 0)
		for (int i = 0; i < 2; i++) {
			ssize_t n;

			if (!p[i].revents)
				continue;
			n = read(p[i].fd, block, BLOCK);
			if (n <= 0 || write(p[!i].fd, block, (size_t)n) != n)
				return;
		}
}

/* One after the other, as the server. */
static void relay(const char *from, const char *to)
{
	int fd = listen_on(from);
	struct sockaddr_in a = address_of("127.0.0.1", to);

	for (;;) {
		int c = accept_one(fd), s = dial(&a, '\0');

		pass(c, s);
		(void)close(c); /* the measuring side judges */
		(void)close(s);
	}
}

/* Ask an HTTP proxy for the way: NET_PROXY is its port on 127.0.0.1,
 * NET_PROXY_AUTH "user:password" in base64. */
static void ask_proxy(int fd, const struct sockaddr_in *a)
{
	const char *auth = getenv("NET_PROXY_AUTH");
	char host[INET_ADDRSTRLEN], text[4096] = "", last[4] = "";

	if (!inet_ntop(AF_INET, &a->sin_addr, host, sizeof(host)) ||
	    snprintf(text, sizeof(text),
		     "CONNECT %s:%u HTTP/1.1\r\nHost: %s:%u\r\n"
		     "Proxy-Authorization: Basic %s\r\n\r\n",
		     host, ntohs(a->sin_port), host, ntohs(a->sin_port),
		     auth ? auth : "") >= (int)sizeof(text) ||
	    write(fd, text, strlen(text)) < 0)
		err(1, "proxy");
	while (memcmp(last, "\r\n\r\n", 4) != 0) {
		memmove(last, last + 1, 3);
		if (read(fd, last + 3, 1) != 1)
			errx(1, "proxy: no answer");
	}
}

static int dial(const struct sockaddr_in *a, char what)
{
	const char *proxy = getenv("NET_PROXY");
	struct sockaddr_in to = proxy ? address_of("127.0.0.1", proxy) : *a;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), one = 1;

	if (fd < 0 || connect(fd, (struct sockaddr *)&to, sizeof(to)) < 0 ||
	    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one)) < 0)
		err(1, "connect");
	if (proxy)
		ask_proxy(fd, a);
	if ((what && write(fd, &what, 1) != 1))
		err(1, "connect");
	return fd;
}

static double stream(const struct sockaddr_in *a, double seconds)
{
	int fd = dial(a, 's');
	double begin = now(), end = begin + seconds, bytes = 0;

	while (now() < end) {
		ssize_t n = read(fd, block, BLOCK);

		if (n <= 0)
			err(1, "read");
		bytes += (double)n;
	}
	(void)close(fd);
	return bytes * 8 / (now() - begin) / 1e9;
}

/* *n: what was done until the end, or until one was lost. */
static double connects(const struct sockaddr_in *a, double seconds, double *n)
{
	double begin = now(), end = begin + seconds;

	while (now() < end) {
		int fd = dial(a, 'c');

		if (read_all(fd, 1) < 0)
			errx(1, "connection lost");
		(void)close(fd);
		++*n;
	}
	return *n / (now() - begin);
}

/* A client that loses a connection ends; what it did before counts. */
static double crowd(const struct sockaddr_in *a, double seconds)
{
	double *done = mmap(NULL, CROWD * sizeof(*done), PROT_READ | PROT_WRITE,
			    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	double begin = now(), sum = 0;

	if (done == MAP_FAILED)
		err(1, "memory");
	for (int i = 0; i < CROWD; i++) {
		pid_t pid = fork();

		if (pid < 0)
			err(1, "fork");
		if (pid == 0) {
			(void)connects(a, seconds, &done[i]);
			_exit(0);
		}
	}
	while (wait(NULL) > 0)
		;
	for (int i = 0; i < CROWD; i++)
		sum += done[i];
	return sum / (now() - begin);
}

static int compare(const void *a, const void *b)
{
	float x, y;

	memcpy(&x, a, sizeof(x));
	memcpy(&y, b, sizeof(y));
	return (x > y) - (x < y);
}

static double rounds(const struct sockaddr_in *a, double seconds)
{
	float *us = calloc(ROUNDS_MAX, sizeof(*us));
	int fd = dial(a, 'r');
	double end = now() + seconds, median;
	size_t n = 0;

	if (!us)
		err(1, "memory");
	while (n < ROUNDS_MAX && now() < end) {
		double begin = now();

		if (write(fd, block, ROUND) != ROUND || read_all(fd, ROUND) < 0)
			errx(1, "connection lost");
		us[n++] = (float)((now() - begin) * 1e6);
	}
	(void)close(fd);
	qsort(us, n, sizeof(*us), compare);
	median = (double)us[n / 2];
	free(us);
	return median;
}

int main(int argc, char **argv)
{
	struct sockaddr_in a;
	double seconds, n = 0;

	if (argc == 3 && strcmp(argv[1], "serve") == 0)
		serve(argv[2]);
	if (argc == 4 && strcmp(argv[1], "relay") == 0)
		relay(argv[2], argv[3]);
	if (argc != 5)
		errx(2, "usage: net serve PORT | relay FROM TO | "
			"stream|connect|crowd|"
			"round HOST PORT SECONDS");
	a = address_of(argv[2], argv[3]);
	seconds = strtod(argv[4], NULL);
	if (strcmp(argv[1], "stream") == 0)
		printf("%.3f\n", stream(&a, seconds));
	else if (strcmp(argv[1], "connect") == 0)
		printf("%.1f\n", connects(&a, seconds, &n));
	else if (strcmp(argv[1], "crowd") == 0)
		printf("%.1f\n", crowd(&a, seconds));
	else if (strcmp(argv[1], "round") == 0)
		printf("%.2f\n", rounds(&a, seconds));
	else
		errx(2, "%s: stream, connect, crowd or round", argv[1]);
	return 0;
}
