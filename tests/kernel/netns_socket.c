/* SPDX-License-Identifier: MIT */
/*
 * A socket belongs to the network namespace it was made in, whoever holds it
 * and connects it: so the gateway reaches a server of the sandbox through a
 * socket that pid 1, even without capabilities, made for it; and nothing of
 * the host's own loopback is reached by it. Listeners without any option can't
 * be taken over by another process of the same user; with SO_REUSEPORT they
 * could.
 */
#include "netns.h"

#define PORT 3000

static int bind_with(int option, const char *text)
{
	static const int yes = 1;
	int fd = socket_new(SOCK_STREAM), r, e;

	must(setsockopt(fd, SOL_SOCKET, option, &yes, sizeof(yes)),
	     "setsockopt");
	r = bind_to(fd, text, PORT);
	if (r == 0)
		r = listen(fd, 1);
	e = errno;
	(void)close(fd);
	errno = e;
	return r;
}

static void steal(void)
{
	static const int yes = 1;
	int fd;

	claim_errno(bind_with(SO_REUSEPORT, "127.0.0.1"), EADDRINUSE,
		    "SO_REUSEPORT takes no listener that is without it");
	claim_errno(bind_with(SO_REUSEPORT, "0.0.0.0"), EADDRINUSE,
		    "nor on the wildcard address");
	claim_errno(bind_with(SO_REUSEADDR, "127.0.0.1"), EADDRINUSE,
		    "SO_REUSEADDR takes none that listens");
	fd = socket_new(SOCK_STREAM);
	must(setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &yes, sizeof(yes)),
	     "setsockopt");
	must(bind_to(fd, "127.0.0.2", PORT), "bind");
	must(listen(fd, 1), "listen");
	claim(bind_with(SO_REUSEPORT, "127.0.0.2") == 0,
	      "one with SO_REUSEPORT would be shared: ours have no option");
	(void)close(fd);
}

static void inside(void *arg)
{
	const int *via = arg;
	int listener, fd;

	limit_time();
	loopback_up();
	drop_capabilities();
	listener = listener_new("127.0.0.1", PORT);
	fd_give(*via, socket_new(SOCK_STREAM));
	fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
	must(fd, "accept");
	must(write(fd, "inside", 6), "write");
	steal();
}

static void outside(int via)
{
	int fd = fd_receive(via), own = socket_new(SOCK_STREAM);
	char buf[8];

	limit_time();
	claim(connect_to(fd, "127.0.0.1", PORT) == 0 &&
		      read(fd, buf, sizeof(buf)) == 6 &&
		      memcmp(buf, "inside", 6) == 0,
	      "a socket made inside, connected outside, reaches 127.0.0.1:3000 "
	      "inside");
	/* who listens on that port of the host, if anybody, isn't asked */
	must(bind_to(own, "127.0.0.1", 0), "bind");
	claim(connect_to(own, "127.0.0.1", PORT) < 0 ||
		      recv(own, buf, sizeof(buf), MSG_DONTWAIT) != 6,
	      "a socket made outside doesn't");
}

int main(void)
{
	return run_both(inside, outside);
}
