/* SPDX-License-Identifier: MIT */
/* Puts the user's terminal right when sbox itself can't any more. */
#ifndef SBOX_JAIL_WATCHER_H
#define SBOX_JAIL_WATCHER_H

#include <stdbool.h>
#include <sys/types.h>
#include <termios.h>

/* In memory that the supervisor and the watcher share. */
struct watched {
	int tty;		/* the user's terminal, not controlling us */
	bool raw;		/* now in our raw mode */
	struct termios saved;	/* how it was */
	struct termios ours;	/* how we left it, as read back */
	const bool *alt_screen; /* in shared memory too */
};

/*
 * Start the process that waits for the caller's death and then, if w->raw still
 * holds, restores the terminal. Returns its pid; fatal on failure.
 */
pid_t watcher_start(const struct watched *w);

/* End it: there is nothing to restore any more. */
void watcher_stop(pid_t pid);

/* True if these modes are the ones that we set. */
bool watcher_is_ours(const struct watched *w, const struct termios *now);

/* Undo what a full-screen program leaves behind when it is killed: best effort,
 * never moves the cursor unless the alternate screen is on. taken: somebody
 * else uses the terminal by now. */
void watcher_reset_screen(int tty, bool alt_screen, bool taken);

#endif
