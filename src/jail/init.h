/* SPDX-License-Identifier: MIT */
/* pid 1 of the sandbox, once the payload runs. */
#ifndef SBOX_JAIL_INIT_H
#define SBOX_JAIL_INIT_H

#include <stdbool.h>
#include <sys/types.h>

struct plan;

struct init_args {
	int sock;      /* to the supervisor (wire.h) */
	int gateway;   /* to the gateway, -1 without one */
	bool own_net;  /* the network is the sandbox's */
	pid_t payload; /* our child, leader of its process group */
	int tty_fd;    /* the session's terminal, -1 without one */
	int mounts;    /* /proc/self/mountinfo: an event when they change */
	int absent;    /* absent_watch() */
	const struct plan *plan;
};

/*
 * Reap everything, carry the supervisor's signals to the payload, report its
 * stops. When a protected or hidden file was replaced on the host, a forbidden
 * one was made, or the payload ends: kill and reap what it left behind, report the
 * wait status, exit. SIGCHLD must have been blocked, and not ignored, since
 * before the payload was started (supervisor_block_signals).
 */
_Noreturn void init_run(const struct init_args *a);

#endif
