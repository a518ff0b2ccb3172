/* SPDX-License-Identifier: MIT */
/*
 * A child of the supervisor in a session of its own, so that neither a signal
 * to sbox's process group nor a hang-up ends it first. It holds the terminal, a
 * pidfd of the supervisor and nothing else: no pipe that somebody waits on.
 *
 * The modes are only touched while they are still as we left them: a shell that
 * noticed the death first has set its own by then. A process outside the
 * terminal's session may set its modes without SIGTTOU.
 */
#include "jail/watcher.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sbox/cleanup.h"
#include "sbox/fd.h"
#include "sbox/log.h"

void watcher_reset_screen(int tty, bool alt_screen, bool taken)
{
	/* synchronized output, mouse, focus, keyboard protocols off; then a
	 * soft reset: margins, cursor, attributes, character set. Nothing can
	 * be done for a terminal that takes no output. */
	(void)dprintf(tty,
		      "%s\033[?2026l\033[?9l\033[?1000l\033[?1002l\033[?1003l"
		      "\033[?1004l\033[?1006l\033[?1015l\033[=0u\033[>4m"
		      "\033[?1l\033>\033[!p\033[?25h\033(B\017\033[0m%s",
		      alt_screen ? "\033[?1049l" : "",
		      /* a shell has it on at its prompt */
		      taken ? "" : "\033[?2004l");
}

bool watcher_is_ours(const struct watched *w, const struct termios *now)
{
	return now->c_iflag == w->ours.c_iflag &&
	       now->c_oflag == w->ours.c_oflag &&
	       now->c_cflag == w->ours.c_cflag &&
	       now->c_lflag == w->ours.c_lflag;
}

static _Noreturn void watch(const struct watched *w, int pidfd)
{
	const int keep[] = {w->tty, pidfd};
	struct pollfd p = {.fd = pidfd, .events = POLLIN};
	struct termios now;

	/* All best effort: a watcher that holds too much still watches. */
	(void)setsid();
	(void)fd_close_all_but(keep, ARRAY_SIZE(keep));
	(void)close_range(STDIN_FILENO, STDERR_FILENO, 0);
	(void)TEMP_FAILURE_RETRY(poll(&p, 1, -1));
	if (w->raw && tcgetattr(w->tty, &now) == 0) {
		bool ours = watcher_is_ours(w, &now);

		/* Not TCSADRAIN: output that is stuck must not stop us. */
		if (ours)
			(void)tcsetattr(w->tty, TCSANOW, &w->saved);
		watcher_reset_screen(w->tty, *w->alt_screen, !ours);
	}
	_exit(0);
}

pid_t watcher_start(const struct watched *w)
{
	int pidfd = (int)syscall(SYS_pidfd_open, getpid(), 0);
	pid_t pid;

	if (pidfd < 0)
		fatal("terminal: pidfd_open");
	pid = fork();
	if (pid < 0)
		fatal("terminal: fork the watcher");
	if (pid == 0)
		watch(w, pidfd);
	(void)close(pidfd); /* the child has its own */
	return pid;
}

void watcher_stop(pid_t pid)
{
	if (pid <= 0)
		return;
	(void)kill(pid, SIGKILL); /* ESRCH: it is gone already */
	(void)TEMP_FAILURE_RETRY(waitpid(pid, NULL, 0));
}
