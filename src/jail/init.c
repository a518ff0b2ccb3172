/* SPDX-License-Identifier: MIT */
/*
 * pid 1's loop.
 *
 * Guarantee: WIRE_EXITED is sent when every other process of the pid namespace
 * is dead and reaped; and when the supervisor dies, so does everything here
 * (end of file on the socket, beside the parent-death signal).
 *
 * Why no process can be missed: an orphan becomes a child of pid 1, so pid 1
 * without children (ECHILD) is alone. kill(-1) can't be outrun by fork: the
 * kernel signals all processes under the lock that fork takes, and fork starts
 * over when a signal is pending.
 *
 * Signals from inside mean nothing: whatever isn't blocked has its default
 * disposition, which the kernel ignores for a pid namespace's init, and a
 * SIGCHLD that somebody sends only makes us look for children.
 *
 * Latency at the end is what starting /bin/true costs: poll, read, wait4 (the
 * payload), wait4 (ECHILD), sendmsg; nothing is closed or freed first.
 */
#include "jail/init.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "jail/absent.h"
#include "jail/inside.h"
#include "jail/mount.h"
#include "jail/net.h"
#include "sbox/cleanup.h"
#include "sbox/log.h"
#include "sbox/plan.h"
#include "sbox/wire.h"

#define REAP_MAX 64 /* a turn */

/* Why everything was killed: indexes in the plan, -1 without. It is said when
 * all is dead: a supervisor that is stopped with a full socket must not keep us
 * from seeing to that. */
static int uncovered = -1, made = -1;

static void kill_all(const char *why)
{
	/* ESRCH: only zombies are left */
	if (kill(-1, SIGKILL) < 0 && errno != ESRCH)
		fatal("init: kill all: %s", why);
}

/* The payload died: nothing of it stays. */
static _Noreturn void finish(const struct inside *in, int status)
{
	pid_t pid = waitpid(-1, NULL, WNOHANG | __WALL);

	if (pid >= 0 || errno != ECHILD) {
		kill_all("the command has ended");
		do
			pid = waitpid(-1, NULL, __WALL);
		while (pid > 0 || errno == EINTR);
	}
	(void)absent_clear(&in->plan->absent, &made);
	if (made >= 0)
		(void)wire_send(in->sock, WIRE_MADE, made, -1);
	if (uncovered >= 0)
		(void)wire_send(in->sock, WIRE_UNCOVERED, uncovered, -1);
	if (status && in->plan->net != NET_HOST && net_was_refused(in->plan))
		status |= WIRE_REFUSED;
	/* Nobody left to tell if this fails. */
	(void)wire_send(in->sock, WIRE_EXITED, status, -1);
	_exit(0);
}

/* Not until there is none: who makes ever more children of ours that die at
 * once would keep us from everything else. True: there may be more. */
static bool reap(const struct inside *in)
{
	for (int i = 0; i < REAP_MAX; i++) {
		int status;
		pid_t pid = waitpid(-1, &status, WNOHANG | WUNTRACED | __WALL);

		if (pid <= 0)
			return false;
		if (pid != in->payload)
			continue;
		if (!WIFSTOPPED(status))
			finish(in, status);
		/* A supervisor that is stopped itself has many unread ones;
		 * waiting for it, we would not see what the host replaces. */
		(void)wire_send_now(in->sock, WIRE_STOPPED, WSTOPSIG(status),
				    -1);
	}
	return true;
}

/* The payload's process group, 0 if it isn't one that may be signalled as a
 * whole: it can have joined ours (1), and kill(-1) means everybody. */
static pid_t payload_group(const struct inside *in)
{
	pid_t group = getpgid(in->payload);

	return group > 1 ? group : 0;
}

static void send_group(const struct inside *in, int sig)
{
	pid_t group = payload_group(in);

	/* It may be a zombie by now; its end is reported in any case. */
	(void)kill(group ? -group : in->payload, sig);
}

/* What a terminal or a shell sends, it sends to a job. */
static bool is_job_signal(int sig)
{
	return sig == SIGINT || sig == SIGQUIT || sig == SIGHUP ||
	       sig == SIGTSTP || sig == SIGCONT || sig == SIGWINCH;
}

static void set_foreground(const struct inside *in, bool payload)
{
	pid_t group = payload ? payload_group(in) : getpgrp();

	/* Fails when the terminal was hung up: nothing left to set then. */
	if (in->tty >= 0 && group)
		(void)tcsetpgrp(in->tty, group);
}

static void handle(const struct inside *in, const struct wire_msg *msg)
{
	int sig = msg->value & (WIRE_GROUP - 1);

	if (msg->type == WIRE_CONTINUE) {
		set_foreground(in, msg->value != 0);
		send_group(in, SIGCONT);
	} else if (msg->type == WIRE_SIGNAL && sig > 0 && sig < NSIG) {
		if (is_job_signal(sig) || (msg->value & WIRE_GROUP))
			send_group(in, sig);
		else
			(void)kill(in->payload, sig); /* as in send_group */
	} else {
		fatalx("init: message %u, which isn't for pid 1", msg->type);
	}
}

/* The gateway wants a socket of ours, to reach what listens inside. Returns the
 * descriptor to go on listening to: -1 when the gateway is gone, and then the
 * sandbox has no network. */
static int serve_gateway(int gateway)
{
	struct wire_msg msg;
	cleanup_fd int fd = -1;

	if (wire_recv(gateway, &msg, NULL) > 0 && msg.type == WIRE_SOCKET &&
	    (msg.value == AF_INET || msg.value == AF_INET6)) {
		fd = socket(msg.value, SOCK_STREAM | SOCK_CLOEXEC, 0);
		if (fd >= 0 && wire_send_now(gateway, WIRE_SOCKET, 0, fd) == 0)
			return gateway;
		/* too many descriptors of the user's are on their way, say:
		 * the answer must come, or later ones would be taken for it */
		if (wire_send_now(gateway, WIRE_SOCKET, -errno, -1) == 0)
			return gateway;
	}
	(void)close(gateway);
	return -1;
}

/* We gave up the right to mount it again; the rest is finish()'s. */
static void check_mounts(const struct inside *in)
{
	int lost = mount_uncovered(in->plan);

	if (lost < 0)
		return;
	uncovered = lost; /* and stays so, whatever the host does next */
	kill_all(in->plan->mounts[lost].dst);
}

/* git would take its configuration from there. Not only finish() takes it away:
 * what is killed may take its time to die. */
static void check_absent(const struct inside *in)
{
	int heard = absent_heard(in->plan, in->absent);

	if (heard < 0)
		return;
	made = heard;
	kill_all(in->plan->absent.v[heard]);
	(void)absent_clear(&in->plan->absent, &made);
}

_Noreturn void init_run(const struct inside *in)
{
	struct pollfd fds[5] = {{.fd = in->sock, .events = POLLIN},
				{.events = POLLIN},
				{.fd = in->gateway, .events = POLLIN},
				{.fd = in->mounts, .events = POLLPRI},
				{.fd = in->absent, .events = POLLIN}};
	struct signalfd_siginfo info;
	struct wire_msg msg;
	bool zombies = false;
	sigset_t chld;

	sigemptyset(&chld);
	sigaddset(&chld, SIGCHLD);
	fds[1].fd = signalfd(-1, &chld, SFD_CLOEXEC | SFD_NONBLOCK);
	if (fds[1].fd < 0)
		fatal("init: signalfd");
	for (;;) {
		if (poll(fds, ARRAY_SIZE(fds), zombies ? 0 : -1) < 0 &&
		    errno != EINTR)
			fatal("init: poll");
		if (fds[3].revents)
			check_mounts(in);
		if (fds[4].revents)
			check_absent(in);
		/* First: what dies after reap() must wake us again. */
		if (fds[1].revents &&
		    read(fds[1].fd, &info, sizeof(info)) < 0 && errno != EAGAIN)
			fatal("init: read signalfd");
		if (fds[1].revents || zombies)
			zombies = reap(in);
		if (fds[2].revents)
			fds[2].fd = serve_gateway(fds[2].fd);
		if (!fds[0].revents)
			continue;
		if (wire_recv(in->sock, &msg, NULL) <= 0)
			_exit(SBOX_EXIT_FAILURE); /* the supervisor died */
		handle(in, &msg);
	}
}
