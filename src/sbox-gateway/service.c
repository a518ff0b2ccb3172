/* SPDX-License-Identifier: MIT */
/*
 * The process is started before the jail and never again: the secrets that it
 * read are nowhere else. Without it a service's connections are reset.
 */
#include "sbox-gateway/service.h"

#include <assert.h>
#include <errno.h>
#include <event2/event.h>
#include <event2/event_struct.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "sbox-gateway/flow_internal.h"
#include "sbox-gateway/gateway.h"
#include "sbox/cleanup.h"
#include "sbox/diag.h"
#include "sbox/log.h"
#include "sbox/path.h"
#include "sbox/strlist.h"

struct services {
	struct gateway *g;
	int sock;
	struct event ev;
};

static const char *const reasons[] = {
	[SERVICE_UNTRUSTED] = "the origin's certificate isn't trusted",
	[SERVICE_PIN] = "the origin has another key than the pinned one",
	[SERVICE_TLS] = "no TLS with the origin",
	[SERVICE_REQUEST] = "a request that isn't passed on",
	[SERVICE_ANSWER] = "an answer that isn't passed on",
	[SERVICE_FULL] = "too many connections to services at once",
};
static_assert(ARRAY_SIZE(reasons) == SERVICE_REASON__COUNT, "a row for each");

static char *program_path(void)
{
	char self[4096];
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);
	cleanup_free char *dir = NULL;

	if (n < 0 || n == (ssize_t)sizeof(self) - 1)
		fatal("services: /proc/self/exe");
	self[n] = '\0';
	dir = path_dirname(self);
	return path_join(dir, "sbox-service");
}

static _Noreturn void exec_service(const char *path, int policy, int sock)
{
	static char name[] = "sbox-service";
	char *argv[] = {name, NULL};
	int high = fcntl(sock, F_DUPFD, SERVICE_FD_CONTROL + 1);
	struct diag d = {0};

	if (high >= 0 && dup2(policy, SERVICE_FD_POLICY) >= 0 &&
	    fcntl(SERVICE_FD_POLICY, F_SETFD, 0) == 0 &&
	    dup2(high, SERVICE_FD_CONTROL) >= 0 && close(high) == 0)
		(void)execve(path, argv, environ);
	diag_set_errno(&d, errno, "%s", path);
	(void)send(SERVICE_FD_CONTROL, d.text, strlen(d.text), MSG_NOSIGNAL);
	_exit(1);
}

static void wipe_environment(void)
{
	for (char **e = environ; e && *e; e++)
		explicit_bzero(*e, strlen(*e));
	environ = NULL;
}

static int wait_until_ready(int sock, struct diag *d)
{
	char text[SERVICE_TEXT_MAX + 1];
	ssize_t n;

	do
		n = recv(sock, text, sizeof(text) - 1, 0);
	while (n < 0 && errno == EINTR);
	if (n <= 0)
		return diag_set(d, "net.services: sbox-service ended");
	text[n] = '\0';
	if (strcmp(text, SERVICE_READY) == 0)
		return 0;
	return diag_set(d, "net.services: %s", text);
}

struct services *service_start(int policy, struct diag *d)
{
	/* a burst of connections waits there: we wait for nobody */
	static const int room = 1 << 20;
	cleanup_free char *path = program_path();
	struct services *s;
	int sv[2];
	pid_t pid;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sv) < 0)
		fatal("services");
	pid = fork();
	if (pid < 0)
		fatal("services: fork");
	if (pid == 0)
		exec_service(path, policy, sv[1]);
	(void)close(sv[1]);
	wipe_environment();
	if (wait_until_ready(sv[0], d)) {
		(void)close(sv[0]);
		return NULL;
	}
	(void)setsockopt(sv[0], SOL_SOCKET, SO_SNDBUF, &room, sizeof(room));
	s = xcalloc(1, sizeof(*s));
	s->sock = sv[0];
	return s;
}

/* False: there is nothing more to hear. */
static bool hear_one(struct services *s)
{
	struct service_said said;
	ssize_t n = recv(s->sock, &said, sizeof(said), MSG_DONTWAIT);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return false;
	if (n != sizeof(said) || said.reason >= ARRAY_SIZE(reasons)) {
		log_err("services: the process is gone");
		(void)event_del(&s->ev);
		(void)close(s->sock);
		s->sock = -1;
		return false;
	}
	for (struct flow *f = s->g->flows; f; f = f->next)
		if (f->kind == FLOW_SERVICE && f->id == said.id)
			f->said = reasons[said.reason];
	return true;
}

void service_hear(struct services *s)
{
	while (s->sock >= 0 && hear_one(s))
		;
}

static void on_said(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	service_hear(arg);
}

void service_listen(struct services *s, struct gateway *g)
{
	s->g = g;
	if (event_assign(&s->ev, g->base, s->sock, EV_READ | EV_PERSIST,
			 on_said, s) < 0 ||
	    event_add(&s->ev, NULL) < 0)
		fatalx("services: event");
}

static int send_two(int sock, const struct service_hand *hand, const int fds[2])
{
	struct service_hand copy = *hand;
	struct iovec iov = {.iov_base = &copy, .iov_len = sizeof(copy)};
	union {
		struct cmsghdr align;
		char buf[CMSG_SPACE(2 * sizeof(int))];
	} control;
	struct msghdr h = {.msg_iov = &iov,
			   .msg_iovlen = 1,
			   .msg_control = control.buf,
			   .msg_controllen = sizeof(control.buf)};
	struct cmsghdr *c;

	memset(&control, 0, sizeof(control));
	c = CMSG_FIRSTHDR(&h);
	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(2 * sizeof(int));
	memcpy(CMSG_DATA(c), fds, 2 * sizeof(int));
	return sendmsg(sock, &h, MSG_NOSIGNAL | MSG_DONTWAIT) < 0 ? -1 : 0;
}

int service_hand(struct services *s, const struct service_hand *hand,
		 int client)
{
	int sv[2], fds[2], sent;

	if (s->sock < 0 ||
	    socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0,
		       sv) < 0)
		return -1;
	fds[0] = client;
	fds[1] = sv[1];
	sent = send_two(s->sock, hand, fds);
	(void)close(sv[1]);
	if (sent == 0)
		return sv[0];
	(void)close(sv[0]);
	return -1;
}
