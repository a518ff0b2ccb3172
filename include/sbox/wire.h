/* SPDX-License-Identifier: MIT */
/*
 * Messages between the processes of one sandbox, over SOCK_SEQPACKET pairs that
 * nobody else ever holds: the payload can't reach pid 1's descriptors (it isn't
 * dumpable), and all ends are close-on-exec.
 *
 *	pid 1 (inside)                          supervisor (outside)
 *	WIRE_READY + ptmx    ---- terminal ---> copies modes and size
 *	                     <--- only      --- WIRE_START foreground
 *	(payload runs)       <----------------- WIRE_SIGNAL, WIRE_CONTINUE
 *	WIRE_STOPPED sig     ----------------->
 *	WIRE_UNCOVERED i     ----------------->  everything inside was killed
 *	WIRE_MADE i          ----------------->  the same
 *	WIRE_EXITED status   ----------------->  or WIRE_EXEC_FAILED errno
 *
 *	pid 1 (inside)                          sbox-gateway (outside)
 *	WIRE_LISTENER i + fd ----------------->  each of egress_listeners()
 *	WIRE_LISTENING n     ----------------->  all n of them have come
 *	                     <----------------- WIRE_SOCKET family
 *	WIRE_SOCKET 0 + fd   ----------------->  made inside; or -errno, no fd;
 *	                                         in the order of the requests
 *	(end of file: the other one is gone)
 */
#ifndef SBOX_WIRE_H
#define SBOX_WIRE_H

#include <stdint.h>

enum wire_type {
	WIRE_READY = 1,	  /* set up; the pseudo-terminal's master comes along */
	WIRE_STOPPED,	  /* value: the signal that stopped the payload */
	WIRE_UNCOVERED,	  /* value: index of the plan's mount that is gone */
	WIRE_MADE,	  /* value: index of plan.absent: it was there */
	WIRE_EXITED,	  /* value: wait status, perhaps with WIRE_REFUSED;
			     nothing is alive any more */
	WIRE_EXEC_FAILED, /* value: errno of the payload's exec */
	WIRE_START,	  /* value: 1 if the payload gets the foreground */
	WIRE_SIGNAL,	  /* value: signal, perhaps with WIRE_GROUP */
	WIRE_CONTINUE,	  /* value: 1 if the payload gets the foreground */
	WIRE_LISTENER,	  /* value: index; a listening (or UDP) socket */
	WIRE_LISTENING,	  /* value: how many there were */
	WIRE_SOCKET,	  /* a TCP socket of the sandbox's network */
	WIRE__COUNT
};

/* In the value of WIRE_SIGNAL: to the payload's process group, even for a
 * signal that otherwise goes to the payload alone. */
#define WIRE_GROUP 0x100

/* In the value of WIRE_EXITED: it failed, and connections found nobody. */
#define WIRE_REFUSED 0x10000

struct wire_msg {
	uint32_t type; /* enum wire_type */
	int32_t value;
};

/* Send one message, with a descriptor unless fd is -1. 0, or -1 with errno
 * (EPIPE: the other side is gone; never SIGPIPE). */
int wire_send(int sock, enum wire_type type, int value, int fd);
/* The same, but EAGAIN instead of waiting for a reader that doesn't read. */
int wire_send_now(int sock, enum wire_type type, int value, int fd);

/*
 * Receive one message, waiting for it. *fd is the descriptor that came along
 * (close-on-exec, the caller's), or -1; fd may be NULL when none is expected.
 * Returns 1, 0 when the other side is gone, -1 with errno (EBADMSG: not one of
 * ours).
 */
int wire_recv(int sock, struct wire_msg *msg, int *fd);

#endif
