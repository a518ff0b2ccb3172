/* SPDX-License-Identifier: MIT */
/*
 * Each thread receives a query, asks, and sends the answer: the socket is the
 * queue, and the gateway bounds it (resolve.h). A datagram that isn't a query
 * can only mean that something is broken: it ends the process, and with it the
 * looking up of names, not the checks.
 *
 * No search list of the host's applies (resolv.conf(5)): what was checked is
 * what is asked for, and nothing longer. The configuration is read again for
 * each query, since a sandbox may outlive the network it was started on. For
 * the same reason it is here that an address is compared with the host's own
 * ones.
 */
#include "sbox-gateway/resolver.h"

#include <errno.h>
#include <fcntl.h>
#include <ifaddrs.h>
#include <limits.h>
#include <malloc.h>
#include <netdb.h>
#include <pthread.h>
#include <resolv.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "sbox-gateway/jail.h"
#include "sbox-gateway/near.h"
#include "sbox/cleanup.h"
#include "sbox/fd.h"
#include "sbox/log.h"

#define STACK_SIZE ((size_t)512 << 10) /* NSS modules are not modest */

static int start_child(int sock)
{
	static char name[] = "sbox-gateway", role[] = "--resolver";
	char *argv[] = {name, role, NULL}, *envp[] = {NULL};
	int log = open("/dev/null", O_RDWR | O_CLOEXEC);

	if (log < 0 || dup2(log, 0) < 0 || dup2(log, 1) < 0 ||
	    dup2(sock, RESOLVER_FD) < 0)
		return -1;
	if (sock == RESOLVER_FD && fcntl(sock, F_SETFD, 0) < 0)
		return -1;
	return execve("/proc/self/exe", argv, envp);
}

int resolver_start(void)
{
	int sv[2];
	pid_t pid;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sv) < 0 ||
	    fcntl(sv[0], F_SETFL, O_NONBLOCK) < 0)
		fatal("resolver");
	pid = fork();
	if (pid < 0)
		fatal("resolver: fork");
	if (pid == 0) {
		(void)start_child(sv[1]);
		fatal("resolver: exec");
	}
	(void)close(sv[1]);
	return sv[0];
}

/* The addresses of one answer. */
static void collect(const struct addrinfo *list, const struct ifaddrs *own,
		    struct resolver_answer *out)
{
	for (; list && out->n < RESOLVER_ADDRESSES_MAX; list = list->ai_next) {
		struct resolver_address *a = &out->addrs[out->n];

		if (!near_address(list->ai_addr, &a->addr))
			continue;
		a->is_near = near_is(&a->addr, own);
		out->n++;
	}
}

static void look_up(const char *name, struct resolver_answer *out)
{
	struct addrinfo hints = {.ai_family = AF_UNSPEC,
				 .ai_socktype = SOCK_STREAM};
	struct addrinfo *list = NULL;
	struct ifaddrs *own = NULL;

	/* of this thread; getaddrinfo(3) keeps to what was changed by hand */
	if (res_init() < 0 || getifaddrs(&own) < 0) {
		out->error = EAI_SYSTEM;
		return;
	}
	_res.options &= ~(unsigned long)(RES_DEFNAMES | RES_DNSRCH);
	out->error = getaddrinfo(name, NULL, &hints, &list);
	if (out->error == 0)
		collect(list, own, out);
	freeifaddrs(own);
	if (list)
		freeaddrinfo(list);
	if (out->error == 0 && out->n == 0)
		out->error = EAI_NONAME;
}

static void *serve(void *arg)
{
	struct resolver_query q;
	struct resolver_answer a;
	ssize_t n;

	(void)arg;
	for (;;) {
		n = recv(RESOLVER_FD, &q, sizeof(q), 0);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			_exit(0);
		if (n != sizeof(q) || !memchr(q.name, '\0', sizeof(q.name)))
			fatalx("resolver: not a query");
		memset(&a, 0, sizeof(a));
		a.id = q.id;
		look_up(q.name, &a);
		if (send(RESOLVER_FD, &a, sizeof(a), MSG_NOSIGNAL) < 0)
			_exit(0);
	}
}

_Noreturn void resolver_main(void)
{
	static const int keep[] = {RESOLVER_FD};
	pthread_attr_t attr;
	pthread_t thread;

	if (fd_close_all_but(keep, ARRAY_SIZE(keep)) < 0)
		fatal("resolver: descriptors");
	/* one heap, not one a thread */
	(void)mallopt(M_ARENA_MAX, 1);
	jail_resolver();
	if (pthread_attr_init(&attr) != 0 ||
	    pthread_attr_setstacksize(&attr, STACK_SIZE) != 0)
		fatalx("resolver: threads");
	for (int i = 1; i < RESOLVER_THREADS; i++)
		if (pthread_create(&thread, &attr, serve, NULL) != 0)
			fatalx("resolver: threads");
	(void)serve(NULL);
	_exit(0);
}
