/* SPDX-License-Identifier: MIT */
/* pid 1 of the sandbox, once the payload runs. */
#ifndef SBOX_JAIL_INIT_H
#define SBOX_JAIL_INIT_H

struct inside;

/*
 * Reap everything, carry the supervisor's signals to the payload, report its
 * stops. When a protected or hidden file was replaced on the host, a forbidden
 * one was made, or the payload ends: kill and reap what it left behind, report
 * the wait status, exit. SIGCHLD must have been blocked, and not ignored, since
 * before the payload was started, and SIGTTOU be blocked
 * (supervisor_mask_signals).
 */
_Noreturn void init_run(const struct inside *in);

#endif
