/* SPDX-License-Identifier: MIT */
/*
 * The gateway is another program (this one can mount and never sees a byte from
 * the network), started before the clone and not waited for: connections that
 * are made earlier wait in the listeners' backlogs. It has
 *
 *	3	its policy: JSON in a memfd that nobody can change any more
 *	4	the conversation with pid 1 (wire.h); its end is the sandbox's
 *	5	a socket to us, each message a line of text:
 *		"publish IN OUT"	OUT outside is IN inside
 *		"ready"			everything it listens on is there
 *		"error TEXT"		it could not start, and is gone
 *		TEXT			after "ready": for the user, at the end
 *
 * and nothing else: an empty environment (a service's secret excepted), no
 * terminal (a session of its own; what it writes to standard error is read at
 * its start and end, and is lost when there is too much of it). Whatever it
 * writes goes through the log's escaping. When the payload ended before the
 * gateway was ready, nothing was let out or refused, so there is nothing to
 * wait for.
 */
#include "jail/gateway.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "sbox/cleanup.h"
#include "sbox/fd.h"
#include "sbox/log.h"
#include "sbox/path.h"
#include "sbox/plan.h"

#define FD_POLICY  3
#define FD_CONTROL 4
#define FD_REPORT  5

#define START_MS   10000 /* for its ports to be there, if any is published */
#define SECRETS_MS (10 * 60000) /* for its services' commands to end */
#define SUMMARY_MS 10000	/* for its last lines and words */
#define END_MS	   1000		/* from these to its end */
#define SAID_MAX   16		/* pieces of its standard error */
#define LINES_MAX  64		/* in its report; it has fewer */

static int64_t now_ms(void)
{
	struct timespec ts;

	if (clock_gettime(CLOCK_MONOTONIC, &ts) < 0)
		fatal("gateway: clock");
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

/* The plan's object, with a name for this run in front: the log tells runs
 * apart by it. */
static int policy_memfd(const struct plan *p)
{
	cleanup_free char *text =
		xasprintf("{\"sandbox\":\"%d.%llx\",%s", getpid(),
			  (unsigned long long)now_ms(), p->net_policy + 1);
	cleanup_fd int fd =
		memfd_create("sbox-policy", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	if (fd < 0 || fd_write_all(fd, text, strlen(text)) < 0 ||
	    lseek(fd, 0, SEEK_SET) < 0 ||
	    fcntl(fd, F_ADD_SEALS,
		  F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE) < 0)
		fatal("gateway: policy");
	return steal_fd(&fd);
}

/* A descriptor for the gateway, and its number over there. */
struct passed {
	int fd, number;
};
#define NPASSED 4

/* Out of the way of those numbers. */
static void move_up(struct passed *passed)
{
	int high = fcntl(passed->fd, F_DUPFD_CLOEXEC, FD_REPORT + 1);

	if (high < 0)
		fatal("gateway: descriptor");
	(void)close(passed->fd); /* only its copy is used */
	passed->fd = high;
}

static void must(const struct plan *p, int err)
{
	errno = err;
	if (err)
		fatal_hint("install sbox whole (make install); "
			   "--net none runs without it",
			   "gateway: %s", p->gateway);
}

/* passed: closed here. */
static pid_t spawn(const struct plan *p, struct passed passed[NPASSED])
{
	static char name[] = "sbox-gateway";
	const short flags = POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGMASK |
			    POSIX_SPAWN_SETSIGDEF;
	char *argv[] = {name, NULL};
	posix_spawn_file_actions_t fds;
	posix_spawnattr_t attr;
	sigset_t none, all;
	pid_t pid;

	sigemptyset(&none);
	sigfillset(&all);
	for (int i = 0; i < NPASSED; i++)
		move_up(&passed[i]);
	must(p, posix_spawn_file_actions_init(&fds));
	must(p,
	     posix_spawn_file_actions_addopen(&fds, 0, "/dev/null", O_RDWR, 0));
	must(p, posix_spawn_file_actions_adddup2(&fds, 0, 1));
	for (int i = 0; i < NPASSED; i++)
		must(p, posix_spawn_file_actions_adddup2(&fds, passed[i].fd,
							 passed[i].number));
	must(p, posix_spawn_file_actions_addclosefrom_np(&fds, FD_REPORT + 1));
	must(p, posix_spawnattr_init(&attr));
	must(p, posix_spawnattr_setflags(&attr, flags));
	must(p, posix_spawnattr_setsigmask(&attr, &none));
	must(p, posix_spawnattr_setsigdefault(&attr, &all));
	must(p, posix_spawn(&pid, p->gateway, &fds, &attr, argv,
			    p->gateway_env.v));
	(void)posix_spawn_file_actions_destroy(&fds);
	(void)posix_spawnattr_destroy(&attr);
	for (int i = 0; i < NPASSED; i++)
		(void)close(passed[i].fd); /* it has its own */
	return pid;
}

/* "publish IN OUT": into the payload's environment, and to the user. */
static void on_publish(struct gateway *g, const char *ports)
{
	unsigned in, out;

	if (sscanf(ports, "%5u %5u", &in, &out) != 2 ||
	    g->env.n == EGRESS_LISTENERS_MAX)
		fatalx("gateway: report: publish %s", ports);
	strlist_add_owned(&g->env, xasprintf("SBOX_PUBLISH_%u=%u", in, out));
	log_note("publish: 127.0.0.1:%u reaches the sandbox's port %u", out,
		 in);
}

static void on_line(struct gateway *g, const char *line)
{
	if (g->ready && g->notes.n == LINES_MAX)
		return;
	if (g->ready)
		strlist_add(&g->notes, line);
	else if (strcmp(line, "ready") == 0)
		g->ready = true;
	else if (strncmp(line, "publish ", 8) == 0)
		on_publish(g, line + 8);
	else if (strncmp(line, "error ", 6) == 0)
		xreplace(&g->error, xstrdup(line + 6));
	else
		fatalx("gateway: report: %s", line);
}

/* Takes a line, if there is one: false at the end of them. */
static bool take(struct gateway *g)
{
	char line[1024];
	ssize_t n =
		recv(g->report, line, sizeof(line), MSG_TRUNC | MSG_DONTWAIT);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return true;
	/* a longer one, or with a NUL in it, is none of ours */
	if (n <= 0 || (size_t)n > sizeof(line) || line[n - 1] != '\n' ||
	    memchr(line, '\0', (size_t)n))
		return false;
	line[n - 1] = '\0';
	on_line(g, line);
	return true;
}

/* Takes lines until their end, ms have passed, or (if asked) "ready". Returns
 * false at its end. */
static bool listen_to(struct gateway *g, int ms, bool until_ready)
{
	struct pollfd p = {.fd = g->report, .events = POLLIN};
	int64_t end = now_ms() + ms, left = ms;

	while (left >= 0 && !(until_ready && g->ready)) {
		if (poll(&p, 1, (int)left) > 0 && !take(g))
			return false;
		left = end - now_ms();
	}
	return true;
}

/* What its processes and its services' commands wrote: a bounded part of it. */
static void hear(const struct gateway *g)
{
	char buf[4096], *save;
	ssize_t n = 1;

	for (int i = 0; i < SAID_MAX && n > 0; i++) {
		n = read(g->said, buf, sizeof(buf) - 1);
		buf[n > 0 ? n : 0] = '\0';
		for (char *line = strtok_r(buf, "\n", &save); line;
		     line = strtok_r(NULL, "\n", &save))
			log_err("%s",
				line + (strncmp(line, "sbox-", 5) == 0 ? 5
								       : 0));
	}
}

void gateway_start(const struct plan *p, struct gateway *out)
{
	int control[2], report[2], said[2];

	*out = (struct gateway){
		.pid = -1, .sock = -1, .report = -1, .said = -1};
	if (!p->net_policy)
		return;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, control) <
		    0 ||
	    socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, report) < 0 ||
	    pipe2(said, O_CLOEXEC | O_NONBLOCK) < 0)
		fatal("gateway: start");
	out->pid = spawn(p, (struct passed[NPASSED]){
				    {said[1], 2},
				    {policy_memfd(p), FD_POLICY},
				    {control[1], FD_CONTROL},
				    {report[1], FD_REPORT},
			    });
	out->sock = control[0];
	out->report = report[0];
	out->said = said[0];
	if (!p->net_waits && !p->net_services)
		return;
	(void)listen_to(out, p->net_services ? SECRETS_MS : START_MS, true);
	hear(out);
	if (out->ready)
		return;
	fatalx("gateway: %s",
	       out->error ? out->error : "it could not be set up in time");
}

/* Not for ever: it says what it likes of its end. */
static void await_end(pid_t pid)
{
	cleanup_fd int fd = (int)syscall(SYS_pidfd_open, pid, 0);
	struct pollfd p = {.fd = fd, .events = POLLIN};

	(void)TEMP_FAILURE_RETRY(poll(&p, 1, END_MS));
}

void gateway_finish(struct gateway *g)
{
	int status = 0;

	if (g->pid < 0)
		return;
	(void)take(g); /* is it ready by now? */
	if (g->ready && !listen_to(g, SUMMARY_MS, false))
		await_end(g->pid);
	if (TEMP_FAILURE_RETRY(waitpid(g->pid, &status, WNOHANG)) == 0) {
		(void)kill(g->pid, SIGKILL);
		(void)TEMP_FAILURE_RETRY(waitpid(g->pid, NULL, 0));
		if (g->ready)
			log_warn("gateway: it did not end in time: its log and "
				 "what it says here may lack something");
	}
	if (WIFSIGNALED(status))
		log_err("gateway: it was killed by signal %d: the sandbox had "
			"no network from then on",
			WTERMSIG(status));
	hear(g);
	if (g->error)
		log_err("gateway: %s", g->error);
	for (size_t i = 0; i < g->notes.n; i++)
		log_warn("%s", g->notes.v[i]);
}
