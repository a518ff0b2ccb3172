/* SPDX-License-Identifier: MIT */
/* The last fork: from pid 1 to the command. */
#ifndef SBOX_JAIL_PAYLOAD_H
#define SBOX_JAIL_PAYLOAD_H

struct inside;

/*
 * Start the command: in->payload, or in->exec_errno when it could not be
 * executed (the child is reaped). Everything else that fails is fatal: nothing
 * runs with less.
 */
void payload_start(struct inside *in);

#endif
