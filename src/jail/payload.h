/* SPDX-License-Identifier: MIT */
/* The last fork: from pid 1 to the command. */
#ifndef SBOX_JAIL_PAYLOAD_H
#define SBOX_JAIL_PAYLOAD_H

#include <sys/types.h>

struct inside;

/*
 * Start the command. Returns its pid, or -1 with *err, the errno of exec, when
 * it could not be executed (the child is reaped). Everything else that fails
 * is fatal: nothing runs with less.
 */
pid_t payload_start(const struct inside *in, int *err);

#endif
