/* SPDX-License-Identifier: MIT */
/*
 * The supervisor's loop: everything that can wake it is in turn().
 *
 * Signals are blocked from before clone3 on and read from a signalfd, so none
 * is lost between the start and the loop and no handler runs. The kernel
 * queues a blocked signal even if it is ignored; whether the caller wanted it
 * ignored (nohup) is looked up when it comes, which costs a start nothing.
 *
 * Ends: WIRE_EXITED or WIRE_EXEC_FAILED is final. End of file without one means
 * that pid 1 died; then its zombie is waited for, which the kernel gives only
 * when everything inside is dead. At the time limit the payload's group gets
 * TERM, after a grace period pid 1 is killed; the same after the user's
 * terminal was hung up, unless the caller ignores HUP.
 *
 * An end by INT or QUIT becomes ours only if it came from outside: as a signal,
 * or as the key that the user typed last. The payload's own says nothing to our
 * process group.
 *
 * Without a terminal nothing is allocated and the program only waits.
 */
#include "jail/supervisor.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "jail/absent.h"
#include "jail/terminal.h"
#include "sbox/cleanup.h"
#include "sbox/log.h"
#include "sbox/plan.h"
#include "sbox/wire.h"

#define GRACE_MS 5000 /* between asking the payload to end and killing it */
#define DRAIN_MS 2000 /* for the inside to close its terminal at the end */

struct supervisor {
	const struct plan *plan;
	int sock, init_pidfd;
	int *interrupt;
	struct terminal *term; /* NULL without one */
	int sigfd;
	/* Monotonic ms, 0: none. Of the time limit; if the payload is ending,
	 * of its grace; if it was reported, of its last output. */
	int64_t deadline;
	bool started;	 /* pid 1 takes messages */
	bool stop_asked; /* we sent TSTP: the payload's stop is ours, too */
	bool ending;	 /* the payload was asked to end, or can't go on */
	bool reported;	 /* wait_status or exec_errno is final */
	bool timed_out, killed;
	bool refused; /* it failed, and connections found nobody */
	bool lost;    /* pid 1 died without a report */
	bool done;
	int uncovered; /* of the plan's mounts, -1: none */
	int made;      /* of plan.absent, -1: none was heard of */
	int forwarded; /* INT or QUIT, the last that was sent to us */
	int wait_status;
	int exec_errno;
};

/* The ones that end or steer a program, and what a write to a terminal that
 * is gone or not ours would raise. */
static const int handled[] = {
	SIGHUP,	 SIGINT,  SIGQUIT, SIGTERM, SIGUSR1,  SIGUSR2, SIGALRM,
	SIGTSTP, SIGCONT, SIGTTIN, SIGTTOU, SIGWINCH, SIGPIPE,
};

static sigset_t handled_set(void)
{
	sigset_t set;

	sigemptyset(&set);
	for (size_t i = 0; i < ARRAY_SIZE(handled); i++)
		sigaddset(&set, handled[i]);
	return set;
}

void supervisor_mask_signals(int how)
{
	sigset_t set = handled_set();

	sigaddset(&set, SIGCHLD);
	if (sigprocmask(how, &set, NULL) < 0 ||
	    signal(SIGCHLD, SIG_DFL) == SIG_ERR)
		fatal("signal mask");
}

static bool is_ignored(int sig)
{
	struct sigaction sa;

	return sigaction(sig, NULL, &sa) == 0 && sa.sa_handler == SIG_IGN;
}

static int64_t now_ms(void)
{
	struct timespec ts;

	if (clock_gettime(CLOCK_MONOTONIC, &ts) < 0)
		fatal("supervisor: clock");
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

/* Best effort: when pid 1 is gone, the end of file says so. */
static void tell(const struct supervisor *s, enum wire_type type, int value)
{
	if (!s->reported)
		(void)wire_send(s->sock, type, value, -1);
}

static void kill_init(struct supervisor *s)
{
	s->killed = s->ending = true;
	s->deadline = 0;
	/* ESRCH: dead already */
	(void)syscall(SYS_pidfd_send_signal, s->init_pidfd, SIGKILL, NULL, 0);
}

/* What isn't over after a while is killed. */
static void end_soon(struct supervisor *s)
{
	s->ending = true;
	s->deadline = now_ms() + GRACE_MS;
}

/* The user's terminal is gone: the inside has had HUP from the kernel. */
static void on_hang_up(struct supervisor *s)
{
	tell(s, WIRE_SIGNAL, SIGHUP);
	tell(s, WIRE_SIGNAL, SIGCONT);
	if (!s->ending && !s->reported && !is_ignored(SIGHUP)) {
		end_soon(s);
		s->wait_status = W_EXITCODE(128 + SIGHUP, 0);
	}
}

static void on_stopped(struct supervisor *s, int sig)
{
	int foreground;

	if (s->ending) { /* it has had its time: it may not stop the clock */
		tell(s, WIRE_SIGNAL, SIGCONT);
		return;
	}
	if (!s->term) {
		/* A payload that stops itself is its own business: the time
		 * limit must go on. */
		if (!s->stop_asked)
			return;
		s->stop_asked = false;
		(void)terminal_suspend(getpid(), SIGTSTP); /* or orphaned */
		tell(s, WIRE_SIGNAL, SIGCONT);
		return;
	}
	foreground = terminal_stopped(s->term, sig);
	if (foreground >= 0) {
		tell(s, WIRE_CONTINUE, foreground);
		return;
	}
	log_err("terminal: the command wants input, but sbox is in the "
		"background of a session without job control");
	on_hang_up(s);
}

static void on_end(struct supervisor *s)
{
	s->reported = true;
	s->deadline = now_ms() + DRAIN_MS;
	s->done = !s->term;
}

static void on_ready(struct supervisor *s, int master)
{
	if (!s->term || master < 0 || s->started)
		fatalx("supervisor: a terminal that was not asked for");
	s->started = true;
	tell(s, WIRE_START, terminal_start(s->term, master));
}

/* pid 1 died without a word to us. What it said on stderr, it said. */
static void on_lost(struct supervisor *s)
{
	siginfo_t info = {0};
	long r = TEMP_FAILURE_RETRY(
		waitid(P_PIDFD, (id_t)s->init_pidfd, &info, WEXITED));

	on_end(s);
	s->lost = s->done = true;
	if (s->killed)
		return;
	s->wait_status = W_EXITCODE(SBOX_EXIT_FAILURE, 0);
	if (r < 0)
		log_err("init: wait: %s", strerror(errno));
	else if (info.si_code != CLD_EXITED)
		log_err("init: killed by signal %d", info.si_status);
	else if (info.si_status != SBOX_EXIT_FAILURE)
		log_err("init: ended without a report");
}

/* value as an index of n things in the plan. */
static int checked(int value, size_t n)
{
	if (value < 0 || (size_t)value >= n)
		fatalx("supervisor: index %d, which there is not", value);
	return value;
}

/* After pid 1's own, or in place of it; and what was wrong. */
static void last_look(struct supervisor *s)
{
	bool clear = absent_clear(&s->plan->absent_src, &s->made);
	const char *path;

	if (s->uncovered >= 0) {
		log_err("view: %s: it was replaced on the host, and so was no "
			"longer protected: everything inside was killed",
			s->plan->mounts[s->uncovered].dst);
		log_hint("look at it before you use it, then start again");
	}
	if (s->made < 0)
		return;
	s->wait_status = SIGKILL;
	path = s->plan->absent_src.v[s->made];
	log_err("protect: %s: it was made inside, and git would have taken its "
		"configuration and hooks from where it says: everything "
		"inside was killed",
		path);
	if (clear)
		log_hint("what is left of it is called %s.refused.N, a number",
			 path);
	else
		log_hint("it could not be renamed: remove it before git is "
			 "used there");
}

static void on_message(struct supervisor *s)
{
	struct wire_msg msg;
	int fd, r = wire_recv(s->sock, &msg, &fd);

	if (r < 0)
		fatal("supervisor: message from init");
	if (r == 0) {
		on_lost(s);
	} else if (msg.type == WIRE_READY) {
		on_ready(s, fd);
	} else if (msg.type == WIRE_STOPPED) {
		on_stopped(s, msg.value);
	} else if (msg.type == WIRE_UNCOVERED) {
		s->uncovered = checked(msg.value, s->plan->nmounts);
	} else if (msg.type == WIRE_MADE) {
		s->made = checked(msg.value, s->plan->absent.n);
	} else if (msg.type == WIRE_EXITED) {
		s->wait_status = msg.value & (WIRE_REFUSED - 1);
		s->refused = (msg.value & WIRE_REFUSED) != 0;
		on_end(s);
	} else if (msg.type == WIRE_EXEC_FAILED) {
		s->exec_errno = msg.value ? msg.value : EINVAL;
		on_end(s);
	} else {
		fatalx("supervisor: message %u, which isn't for it", msg.type);
	}
}

static bool is_ending(int sig)
{
	return sig == SIGTERM || sig == SIGINT || sig == SIGHUP ||
	       sig == SIGQUIT;
}

static void on_continued(struct supervisor *s)
{
	int foreground;

	s->stop_asked = false;
	if (!s->term) {
		tell(s, WIRE_SIGNAL, SIGCONT);
		return;
	}
	foreground = terminal_continued(s->term);
	if (foreground >= 0)
		tell(s, WIRE_CONTINUE, foreground);
}

static void on_signal(struct supervisor *s)
{
	struct signalfd_siginfo info;
	int sig;

	if (read(s->sigfd, &info, sizeof(info)) != sizeof(info))
		return; /* taken by sigtimedwait in terminal_suspend */
	sig = (int)info.ssi_signo;
	if (sig == SIGWINCH && s->term) {
		terminal_resize(s->term);
		return;
	}
	if (sig == SIGCONT) {
		on_continued(s);
		return;
	}
	if (sig == SIGTTIN || sig == SIGTTOU || sig == SIGPIPE ||
	    is_ignored(sig))
		return;
	/* Nobody to tell: output that nobody takes, or a set-up that hangs.
	 * Only ending is left. */
	if (s->reported || (s->term && !s->started)) {
		s->done = s->reported && is_ending(sig);
		if (!s->reported && is_ending(sig)) {
			s->wait_status = W_EXITCODE(128 + sig, 0);
			kill_init(s);
		}
		return;
	}
	if (sig == SIGTSTP)
		s->stop_asked = true;
	if (sig == SIGINT || sig == SIGQUIT)
		s->forwarded = sig;
	tell(s, WIRE_SIGNAL, sig);
}

/* Until on_time() has something to do; -1: for ever, as output waits for the
 * user at the end. */
static int wait_ms(const struct supervisor *s)
{
	int64_t left;

	if (!s->deadline || (s->reported && terminal_is_blocked(s->term)))
		return -1;
	left = s->deadline - now_ms();
	return left < 0 ? 0 : left > INT32_MAX ? INT32_MAX : (int)left;
}

static void on_time(struct supervisor *s)
{
	if (wait_ms(s) != 0)
		return;
	if (s->reported) {
		s->done = true;
	} else if (s->ending) {
		kill_init(s);
	} else {
		end_soon(s);
		s->timed_out = true;
		tell(s, WIRE_SIGNAL, SIGTERM | WIRE_GROUP);
		tell(s, WIRE_SIGNAL, SIGCONT);
	}
}

static void turn(struct supervisor *s)
{
	struct pollfd fds[2 + TERMINAL_POLLFDS] = {
		{.fd = s->reported ? -1 : s->sock, .events = POLLIN},
		{.fd = s->sigfd, .events = POLLIN},
		{.fd = -1},
		{.fd = -1},
	};
	bool was_lost = s->term && terminal_is_lost(s->term);

	if (s->term)
		terminal_poll(s->term, fds + 2);
	if (poll(fds, ARRAY_SIZE(fds), wait_ms(s)) < 0 && errno != EINTR)
		fatal("supervisor: poll");
	/* Output before a stop or the end that came after it. */
	if (s->term)
		terminal_relay(s->term, fds + 2);
	if (fds[0].revents)
		on_message(s);
	if (fds[1].revents && !s->done)
		on_signal(s);
	if (!s->done)
		on_time(s);
	if (!s->term)
		return;
	if (terminal_is_lost(s->term) && !was_lost)
		on_hang_up(s);
	if (s->reported && terminal_is_done(s->term))
		s->done = true;
}

/* NAME=VALUE, as a shell takes it before a command. */
static bool is_assignment(const char *word)
{
	const char *p = word;

	while (isalnum((unsigned char)*p) || *p == '_')
		p++;
	return p > word && *p == '=' && !isdigit((unsigned char)*word);
}

/* What to do about a command that can't be executed. */
static const char *exec_hint(const char *command, int err)
{
	if (err == EACCES)
		return "it must be a file with execute permission, on a file "
		       "system that allows it (chmod +x)";
	if (is_assignment(command))
		return "a variable is set with --env: sbox --env FOO=1 make";
	if (strpbrk(command, " ;|&"))
		return "a line of shell is given with -c: sbox -c 'TEXT'";
	if (err == ENOENT && strchr(command, '/'))
		return "it, or the interpreter in its first line, isn't there; "
		       "only what is shown inside can be run (--ro PATH shows "
		       "more)";
	return "only what is shown inside can be run (see sbox --dry-run; "
	       "--ro PATH shows more), and what a shell has built in (cd, "
	       "export, source) with sbox -c 'TEXT'";
}

static int exec_failed(const struct supervisor *s)
{
	int err = s->exec_errno;

	log_err("exec: %s: %s", s->plan->argv.v[0], strerror(err));
	log_hint("%s", exec_hint(s->plan->argv.v[0], err));
	return err == ENOENT || err == ENOTDIR ? SBOX_EXIT_NOTFOUND
					       : SBOX_EXIT_NOEXEC;
}

static int status_of(const struct supervisor *s, int typed)
{
	int sig;

	if (s->timed_out) {
		log_warn("limits.time: ended after %" PRIu64 " ms",
			 s->plan->limits.time);
		return SBOX_EXIT_TIMEOUT;
	}
	if (s->exec_errno)
		return exec_failed(s);
	if (WIFEXITED(s->wait_status))
		return WEXITSTATUS(s->wait_status);
	sig = WTERMSIG(s->wait_status);
	if (sig == typed)
		*s->interrupt = -sig;
	else if (sig == s->forwarded)
		*s->interrupt = sig;
	return 128 + sig;
}

/* A stopped sbox would not see the time limit: it is continued then. */
static void continue_at(int64_t ms)
{
	struct sigevent event = {.sigev_notify = SIGEV_SIGNAL,
				 .sigev_signo = SIGCONT};
	const struct itimerspec at = {
		.it_value = {ms / 1000, ms % 1000 * 1000000}};
	timer_t timer;

	if (timer_create(CLOCK_MONOTONIC, &event, &timer) < 0 ||
	    timer_settime(timer, TIMER_ABSTIME, &at, NULL) < 0)
		fatal("supervisor: timer");
}

int supervise(const struct plan *plan, int sock, int init_pidfd, int *interrupt)
{
	struct supervisor s = {.plan = plan,
			       .sock = sock,
			       .init_pidfd = init_pidfd,
			       .interrupt = interrupt,
			       .uncovered = -1,
			       .made = -1};
	sigset_t set = handled_set();
	int typed = 0;

	*interrupt = 0;
	s.sigfd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (s.sigfd < 0)
		fatal("supervisor: signalfd");
	if (plan->tty)
		s.term = terminal_open(plan);
	if (plan->limits.time != POLICY_UNLIMITED) {
		s.deadline = now_ms() + (int64_t)plan->limits.time;
		continue_at(s.deadline);
	}
	while (!s.done)
		turn(&s);
	/* The signalfd ends with the process, which is about to end. */
	if (s.term)
		typed = terminal_close(s.term, s.timed_out || s.lost);
	last_look(&s);
	if (s.refused)
		log_hint("connections inside found nobody: --allow NAME is "
			 "ports 443 and 80 (else NAME:PORT), an address needs "
			 "--allow ADDRESS:PORT, a port of the host --port N");
	return status_of(&s, typed);
}

void supervisor_interrupt(int interrupt)
{
	const struct rlimit no_core = {0, 0};

	/* A core dump of ours would tell nothing: best effort. */
	(void)setrlimit(RLIMIT_CORE, &no_core);
	/* A relayed key reached nobody else in our process group. */
	(void)terminal_suspend(interrupt < 0 ? 0 : getpid(),
			       interrupt < 0 ? -interrupt : interrupt);
}
