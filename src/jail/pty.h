/* SPDX-License-Identifier: MIT */
/* The pseudo-terminal inside, and the session that has it: pid 1's part. */
#ifndef SBOX_JAIL_PTY_H
#define SBOX_JAIL_PTY_H

/*
 * Allocate a pseudo-terminal of the devpts mounted at /dev/pts. Returns the
 * master (non-blocking; to be sent out with WIRE_READY, then closed) and
 * *slave, both close-on-exec and the caller's. Fatal on failure.
 */
int pty_open(int *slave);

/*
 * Make pid 1 the leader of a session of its own, always: without one the
 * payload's kill(0, ...) would reach the supervisor's process group outside.
 * With a slave >= 0 it becomes that session's terminal, with pid 1's group in
 * the foreground. Fatal on failure.
 */
void pty_session(int slave);

#endif
