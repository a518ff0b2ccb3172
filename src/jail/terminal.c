/* SPDX-License-Identifier: MIT */
/*
 * The relay, after the example of sudo's use_pty.
 *
 * "Active": the terminal is in raw mode, what is typed goes inside, and the
 * payload is in the foreground of its own terminal. That is so from the start
 * when we are in the foreground and both stdin and stdout are terminals.
 * Otherwise (background, or a part of a pipeline whose other parts may want
 * the terminal: `sbox make | less`, `x=$(sbox fzf)`) nothing is read and no
 * mode is changed until the payload asks for its terminal: it is stopped by
 * TTIN or TTOU, pid 1 reports it, and terminal_stopped() decides.
 *
 * Memory is bounded: inside is read only while no output waits, the user's
 * terminal only while there is room. Nothing waits in a write: both
 * descriptors are non-blocking (the terminal is opened anew for that: its
 * other users must not find theirs changed).
 *
 * Hang-up is passed on as what it is: the master is closed, so the kernel sends
 * HUP to the foreground inside and ends its reads.
 *
 * Everything lives in one shared mapping: the watcher reads it when we died.
 */
#include "jail/terminal.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "jail/watcher.h"
#include "sbox/log.h"
#include "sbox/plan.h"
#include "sbox/vtfilter.h"

#define CHUNK  16384
#define ROUNDS 16 /* reads in a row before signals are looked at again */

struct terminal {
	struct watched w;
	pid_t watcher; /* since we were active for the first time */
	int master;    /* -1: not yet, or closed */
	bool eager;    /* active whenever we are in the foreground */
	bool lost;
	bool ended; /* the inside is closed */
	bool filter_on;
	int typed; /* INT or QUIT: the key that was typed last, of ours; or 0 */
	cc_t intr, quit; /* these keys, as the inside got them; 0: none */
	struct vtfilter filter;
	size_t in_len;		 /* typed, not yet inside */
	size_t out_pos, out_len; /* filtered, not yet outside */
	unsigned char in[CHUNK];
	unsigned char out[VTFILTER_ROOM(CHUNK) + 2];
	unsigned char raw[CHUNK];
};

static int open_tty(const struct plan *plan)
{
	const int flags = O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK;
	int fd = open("/dev/tty", flags);

	for (int i = 0; fd < 0 && i < 3; i++) {
		char path[32];

		if (!plan->fd_is_tty[i])
			continue;
		(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", i);
		fd = open(path, flags);
		/* Somebody else's terminal (su): as it is, perhaps blocking */
		if (fd < 0)
			fd = fcntl(i, F_DUPFD_CLOEXEC, 3);
	}
	return fd;
}

struct terminal *terminal_open(const struct plan *plan)
{
	struct terminal *t = mmap(NULL, sizeof(*t), PROT_READ | PROT_WRITE,
				  MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (t == MAP_FAILED)
		fatal("terminal: memory");
	t->w.tty = open_tty(plan);
	if (t->w.tty < 0)
		fatal_hint("--tty none, or --tty auto, does without",
			   "terminal: open /dev/tty");
	if (tcgetattr(t->w.tty, &t->w.saved) < 0)
		fatal("terminal: tcgetattr");
	t->w.alt_screen = &t->filter.alt_screen;
	t->master = -1;
	t->eager = plan->fd_is_tty[0] && plan->fd_is_tty[1];
	t->filter_on = plan->tty_filter;
	return t;
}

/* A terminal that isn't our controlling one has no job control for us. */
static bool in_foreground(const struct terminal *t)
{
	pid_t group = tcgetpgrp(t->w.tty);

	return group < 0 || group == getpgrp();
}

static void hang_up(struct terminal *t)
{
	t->lost = true;
	t->w.raw = false;
	t->out_pos = t->out_len = t->in_len = 0;
	if (t->master >= 0)
		(void)close(t->master); /* the kernel hangs the inside up */
	t->master = -1;
}

/* cfmakeraw(3), but the line's speed and character size are left alone. */
static void make_raw(struct termios *m)
{
	tcflag_t cflag = m->c_cflag;

	cfmakeraw(m);
	m->c_cflag = cflag;
	m->c_iflag &= ~(tcflag_t)(IXANY | IXOFF);
}

static void activate(struct terminal *t)
{
	struct termios m;

	if (t->lost || tcgetattr(t->w.tty, &m) < 0)
		return; /* hung up: the relay will find out */
	if (t->w.raw && watcher_is_ours(&t->w, &m))
		return; /* stopped and continued behind the shell's back */
	t->w.saved = m;
	make_raw(&m);
	t->w.ours = m;
	if (!t->watcher)
		t->watcher = watcher_start(&t->w);
	t->w.raw = true;
	(void)tcsetattr(t->w.tty, TCSADRAIN, &m); /* fails when hung up */
	(void)tcgetattr(t->w.tty, &t->w.ours);
}

/* Restores only what is still ours: in the background it is the shell's. */
static void deactivate(struct terminal *t)
{
	if (!t->w.raw)
		return;
	if (in_foreground(t))
		(void)tcsetattr(t->w.tty, TCSADRAIN, &t->w.saved); /* hung up */
	t->w.raw = false;
}

void terminal_resize(struct terminal *t)
{
	struct winsize size;

	/* Best effort: a terminal without a size gives none to the inside. */
	if (t->master >= 0 && ioctl(t->w.tty, TIOCGWINSZ, &size) == 0)
		(void)ioctl(t->master, TIOCSWINSZ, &size);
}

bool terminal_start(struct terminal *t, int master)
{
	struct termios m = t->w.saved;

	t->master = master;
	t->eager = t->eager && in_foreground(t);
	if (!t->eager) {
		/* A pager beside us may have changed them already. */
		m.c_iflag |= ICRNL;
		m.c_oflag |= OPOST | ONLCR;
		m.c_lflag |= ISIG | ICANON | ECHO | ECHOE | ECHOK | IEXTEN;
	}
	t->intr = m.c_cc[VINTR];
	t->quit = m.c_cc[VQUIT];
	if (tcsetattr(master, TCSANOW, &m) < 0)
		fatal("terminal: set the modes inside");
	terminal_resize(t);
	if (t->eager)
		activate(t);
	return t->eager;
}

void terminal_poll(const struct terminal *t,
		   struct pollfd fds[TERMINAL_POLLFDS])
{
	bool waiting = t->out_pos < t->out_len;

	fds[0] = (struct pollfd){.fd = t->lost ? -1 : t->w.tty};
	fds[1] = (struct pollfd){.fd = t->ended ? -1 : t->master};
	if (t->w.raw && t->in_len < sizeof(t->in))
		fds[0].events |= POLLIN;
	if (waiting)
		fds[0].events |= POLLOUT;
	else
		fds[1].events |= POLLIN;
	if (t->in_len)
		fds[1].events |= POLLOUT;
	/* It is always ready once the inside has closed it. */
	if (!fds[1].events)
		fds[1].fd = -1;
}

static void flush_out(struct terminal *t)
{
	while (t->out_pos < t->out_len) {
		ssize_t n = write(t->w.tty, t->out + t->out_pos,
				  t->out_len - t->out_pos);

		if (n > 0)
			t->out_pos += (size_t)n;
		else if (n == 0 || errno == EAGAIN)
			return;
		else if (errno != EINTR)
			hang_up(t);
	}
	t->out_pos = t->out_len = 0;
}

static void flush_in(struct terminal *t)
{
	ssize_t n;

	if (!t->in_len || t->master < 0)
		return;
	n = write(t->master, t->in, t->in_len);
	if (n > 0) {
		t->in_len -= (size_t)n;
		memmove(t->in, t->in + n, t->in_len);
	} else if (n < 0 && errno != EAGAIN && errno != EINTR) {
		t->in_len = 0; /* nobody inside reads it any more */
	}
}

/* True when there may be more to read. */
static bool read_inside(struct terminal *t)
{
	ssize_t n;

	if (t->ended || t->master < 0 || t->out_pos < t->out_len)
		return false;
	n = TEMP_FAILURE_RETRY(read(t->master, t->raw, sizeof(t->raw)));
	if (n < 0 && errno == EAGAIN)
		return false;
	if (n <= 0) { /* EIO: closed inside, and everything was read */
		t->ended = true;
		t->out_len = vtfilter_end(&t->filter, t->out);
	} else if (t->filter_on) {
		t->out_len =
			vtfilter_run(&t->filter, t->raw, (size_t)n, t->out);
	} else {
		memcpy(t->out, t->raw, (size_t)n);
		t->out_len = (size_t)n;
	}
	flush_out(t);
	return !t->ended;
}

/* n more bytes: of the keys among what came at once, the last one counts. */
static void on_typed(struct terminal *t, ssize_t n)
{
	for (t->typed = 0; n > 0; n--, t->in_len++) {
		if (t->in[t->in_len] && t->in[t->in_len] == t->intr)
			t->typed = SIGINT;
		if (t->in[t->in_len] && t->in[t->in_len] == t->quit)
			t->typed = SIGQUIT;
	}
}

static void read_outside(struct terminal *t)
{
	ssize_t n =
		read(t->w.tty, t->in + t->in_len, sizeof(t->in) - t->in_len);

	if (n > 0)
		on_typed(t, n);
	else if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	else if (n < 0 && errno == EIO && !in_foreground(t))
		t->w.raw = false; /* somebody took the terminal from us */
	else
		hang_up(t);
}

void terminal_relay(struct terminal *t,
		    const struct pollfd fds[TERMINAL_POLLFDS])
{
	if (fds[0].revents & POLLIN)
		read_outside(t);
	else if (fds[0].revents & (POLLHUP | POLLERR | POLLNVAL))
		hang_up(t);
	if (!t->lost)
		flush_out(t);
	flush_in(t);
	if (fds[1].revents)
		for (int i = 0; i < ROUNDS && read_inside(t); i++)
			;
}

bool terminal_is_lost(const struct terminal *t)
{
	return t->lost;
}

bool terminal_is_done(const struct terminal *t)
{
	return t->lost || (t->ended && t->out_pos == t->out_len);
}

bool terminal_is_blocked(const struct terminal *t)
{
	return t->out_pos < t->out_len;
}

bool terminal_suspend(pid_t target, int sig)
{
	const struct timespec now = {0, 0};
	sigset_t set, cont;

	sigemptyset(&set);
	sigaddset(&set, sig);
	sigemptyset(&cont);
	sigaddset(&cont, SIGCONT);
	while (sigtimedwait(&cont, NULL, &now) > 0)
		;
	if (sigprocmask(SIG_UNBLOCK, &set, NULL) < 0)
		fatal("terminal: unblock a signal");
	(void)kill(target, sig); /* ourselves: can't fail */
	if (sigprocmask(SIG_BLOCK, &set, NULL) < 0)
		fatal("terminal: block a signal");
	return sigtimedwait(&cont, NULL, &now) > 0;
}

/* What was written before the stop (leave the alternate screen, show the
 * cursor) must be seen before the shell's prompt: read until there is no more,
 * unless the terminal takes no more output for a moment. */
static void drain_for_stop(struct terminal *t)
{
	struct pollfd p = {.fd = t->w.tty, .events = POLLOUT};

	for (int i = 0; i < 1024 && !t->lost; i++) {
		if (read_inside(t))
			continue;
		if (!terminal_is_blocked(t) || poll(&p, 1, 100) <= 0)
			return;
		flush_out(t);
	}
}

int terminal_stopped(struct terminal *t, int sig)
{
	bool wants = sig == SIGTTIN || sig == SIGTTOU;
	bool stopped = true;

	drain_for_stop(t);
	if (!wants || !in_foreground(t)) {
		deactivate(t);
		/* Not STOP: in an orphaned group nobody could continue us. */
		stopped = terminal_suspend(0, wants ? sig : SIGTSTP);
	}
	terminal_resize(t);
	if (!in_foreground(t))
		return wants && !stopped ? -1 : 0;
	t->eager |= wants;
	if (t->eager)
		activate(t);
	return t->eager;
}

int terminal_continued(struct terminal *t)
{
	bool was = t->w.raw;

	terminal_resize(t);
	if (!in_foreground(t)) {
		deactivate(t);
		return was ? 0 : -1;
	}
	if (!t->eager)
		return -1;
	activate(t);
	return was ? -1 : 1;
}

int terminal_close(struct terminal *t, bool reset)
{
	if (t->w.raw && reset)
		watcher_reset_screen(t->w.tty, t->filter.alt_screen, false);
	deactivate(t);
	watcher_stop(t->watcher);
	/* The rest ends with the process, which is about to end. */
	return t->typed;
}
