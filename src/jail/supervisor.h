/* SPDX-License-Identifier: MIT */
/* The process outside, once pid 1 exists: signals, time limit, terminal. */
#ifndef SBOX_JAIL_SUPERVISOR_H
#define SBOX_JAIL_SUPERVISOR_H

struct plan;

/*
 * SIG_BLOCK, before clone3, so that pid 1 inherits it: block every signal that
 * supervise() and init_run() read from a descriptor, and SIGTTOU.
 *
 * SIG_UNBLOCK, in the payload, before exec: what was blocked is let through
 * again (also if the caller had it blocked). Only system calls.
 *
 * SIGCHLD gets its default disposition (ignored, it would take the wait status
 * away). No other is changed, so what the caller ignores (nohup) is ignored
 * inside.
 */
void supervisor_mask_signals(int how);

/*
 * Carry signals and the terminal to pid 1 until it reports the end; returns
 * the exit status (sbox(1)) as soon as it has: the namespaces may still be
 * about to go away. The terminal is restored on return. sock leads to pid 1
 * (wire.h). *interrupt is set to what supervisor_interrupt() takes when the
 * user ended the payload by the interrupt or quit key, else to 0.
 */
int supervise(const struct plan *plan, int sock, int init_pidfd,
	      int *interrupt);

/*
 * End like a program that the interrupt or quit key ended: by the signal, so
 * that a shell script or loop around us ends, too. The status is the same
 * 128+n for a shell. Returns if the signal is ignored. interrupt: the signal,
 * negative if it goes to our process group, too.
 */
void supervisor_interrupt(int interrupt);

#endif
