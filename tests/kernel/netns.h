/* SPDX-License-Identifier: MIT */
/*
 * Two processes with a socket between them: pid 1 of new user, pid and network
 * namespaces, and one that stays outside. What one makes the other is given.
 */
#ifndef TESTS_KERNEL_NETNS_H
#define TESTS_KERNEL_NETNS_H

#include "kernel.h"

#include <arpa/inet.h>
#include <linux/capability.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sys/ioctl.h>

#define TOO_LONG 20 /* seconds: only a kernel that fails takes so long */
#define NS_NET	 ((uint64_t)(CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET))

static inline void too_long(int signo)
{
	(void)signo;
	_exit(2);
}

/* A handler of its own: pid 1 ignores what would kill others. */
static inline void limit_time(void)
{
	(void)signal(SIGALRM, too_long);
	(void)alarm(TOO_LONG);
}

/* Hands over: the caller's own descriptor is closed. */
static inline void fd_give(int via, int fd)
{
	char c = 'f', control[CMSG_SPACE(sizeof(int))] = {0};
	struct iovec iov = {&c, 1};
	struct msghdr m = {.msg_iov = &iov,
			   .msg_iovlen = 1,
			   .msg_control = control,
			   .msg_controllen = sizeof(control)};
	struct cmsghdr *head = CMSG_FIRSTHDR(&m);

	head->cmsg_level = SOL_SOCKET;
	head->cmsg_type = SCM_RIGHTS;
	head->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(head), &fd, sizeof(int));
	must(sendmsg(via, &m, 0), "send a descriptor");
	(void)close(fd);
}

static inline int fd_receive(int via)
{
	char c, control[CMSG_SPACE(sizeof(int))];
	struct iovec iov = {&c, 1};
	struct msghdr m = {.msg_iov = &iov,
			   .msg_iovlen = 1,
			   .msg_control = control,
			   .msg_controllen = sizeof(control)};
	const struct cmsghdr *head;
	int fd;

	if (recvmsg(via, &m, MSG_CMSG_CLOEXEC) != 1)
		errx(2, "the other process is gone");
	head = CMSG_FIRSTHDR(&m);
	if (!head || head->cmsg_type != SCM_RIGHTS)
		errx(2, "no descriptor came");
	memcpy(&fd, CMSG_DATA(head), sizeof(int));
	return fd;
}

static inline void loopback_up(void)
{
	struct ifreq ifr = {.ifr_name = "lo", .ifr_flags = IFF_UP};
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	must(fd, "socket");
	must(ioctl(fd, SIOCSIFFLAGS, &ifr), "lo up");
	(void)close(fd);
}

static inline struct sockaddr_in address(const char *text, uint16_t port)
{
	struct sockaddr_in sin = {.sin_family = AF_INET,
				  .sin_port = htons(port)};

	if (inet_pton(AF_INET, text, &sin.sin_addr) != 1)
		errx(2, "%s", text);
	return sin;
}

/* bind(2) and connect(2) of a new or given socket: 0, or -1 and errno. */
static inline int bind_to(int fd, const char *text, uint16_t port)
{
	struct sockaddr_in sin = address(text, port);

	return bind(fd, (const struct sockaddr *)&sin, sizeof(sin));
}

static inline int connect_to(int fd, const char *text, uint16_t port)
{
	struct sockaddr_in sin = address(text, port);

	return connect(fd, (const struct sockaddr *)&sin, sizeof(sin));
}

static inline int socket_new(int type)
{
	int fd = socket(AF_INET, type | SOCK_CLOEXEC, 0);

	must(fd, "socket");
	return fd;
}

static inline int listener_new(const char *text, uint16_t port)
{
	int fd = socket_new(SOCK_STREAM);

	must(bind_to(fd, text, port), "bind");
	must(listen(fd, 16), "listen");
	return fd;
}

/* As the payload: nothing that a user doesn't have. */
static inline void drop_capabilities(void)
{
	struct __user_cap_header_struct head = {
		.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct none[2] = {{0}, {0}};

	must(syscall(SYS_capset, &head, none), "capset");
}

/* Run both; each has its end of the socket. Returns 0 if both hold. */
static inline int run_both(void (*inside)(void *), void (*outside)(int))
{
	int sv[2], status;
	pid_t pid;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sv) < 0)
		err(1, "socketpair");
	pid = fork();
	if (pid < 0)
		err(1, "fork");
	if (pid == 0) {
		(void)close(sv[1]); /* so that the other's end is seen */
		outside(sv[0]);
		_exit(0);
	}
	(void)close(sv[0]);
	status = run_inside(NS_NET, inside, &sv[1]);
	(void)close(sv[1]);
	return reap(pid) || status;
}

#endif
