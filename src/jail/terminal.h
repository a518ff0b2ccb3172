/* SPDX-License-Identifier: MIT */
/*
 * The user's terminal outside, relayed to the pseudo-terminal inside. The
 * supervisor owns it and asks it what to wait for.
 */
#ifndef SBOX_JAIL_TERMINAL_H
#define SBOX_JAIL_TERMINAL_H

#include <poll.h>
#include <stdbool.h>
#include <sys/types.h>

struct plan;
struct terminal;

#define TERMINAL_POLLFDS 2

/* Open the user's terminal: /dev/tty, else the first of 0-2 that is one. Fatal
 * on failure. */
struct terminal *terminal_open(const struct plan *plan);

/*
 * Take over the master of the pseudo-terminal (it is the terminal's now): copy
 * modes and size to it and, in the foreground of no pipeline, begin to relay
 * input. Returns whether the payload gets the foreground (WIRE_START).
 */
bool terminal_start(struct terminal *t, int master);

/* Fill in what to wait for, and do what poll(2) found. */
void terminal_poll(const struct terminal *t,
		   struct pollfd fds[TERMINAL_POLLFDS]);
void terminal_relay(struct terminal *t,
		    const struct pollfd fds[TERMINAL_POLLFDS]);

/* The user's terminal was hung up; the one inside is, too, by now. */
bool terminal_is_lost(const struct terminal *t);
/* Everything that was written inside has been written outside (or can't be);
 * the inside is closed. */
bool terminal_is_done(const struct terminal *t);
/* The inside is closed or silent, and output still waits for the terminal. */
bool terminal_is_blocked(const struct terminal *t);

/* Copy the size to the inside. */
void terminal_resize(struct terminal *t);

/*
 * The payload was stopped by sig: hand the terminal back, stop our process
 * group the same way, return when we are continued. For TTIN and TTOU in the
 * foreground: take the terminal instead. Returns 1 or 0, whether the payload
 * gets the foreground (WIRE_CONTINUE), or -1: it wants the terminal, and nobody
 * can ever give it to us.
 */
int terminal_stopped(struct terminal *t, int sig);

/* SIGCONT came by itself. Returns the value for WIRE_CONTINUE, -1: none. */
int terminal_continued(struct terminal *t);

/* Restore the terminal exactly; reset: the payload was killed, so switch off
 * the screen modes that it may have left on. t is of no use then. Returns
 * SIGINT or SIGQUIT if the user's last input held the key for it, else 0. */
int terminal_close(struct terminal *t, bool reset);

/*
 * Stop ourselves (target: our pid, or 0 for the process group) by sig, which
 * is blocked otherwise. Returns whether we were stopped and continued: a stop
 * by the terminal's signals does nothing in an orphaned process group.
 */
bool terminal_suspend(pid_t target, int sig);

#endif
