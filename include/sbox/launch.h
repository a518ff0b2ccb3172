/* SPDX-License-Identifier: MIT */
/* The acting half: a plan becomes a running sandbox. */
#ifndef SBOX_LAUNCH_H
#define SBOX_LAUNCH_H

#include "sbox/seccomp_filter.h"

struct plan;

/*
 * Carry the plan out and wait for its end. filters: two (the second may have
 * len 0). Returns the exit status (sbox(1)): the command's, 128+n, 124, 126,
 * 127. Set-up that fails ends the program with 125 and nothing run.
 */
int launch(const struct plan *plan, const struct seccomp_filter filters[2]);

#endif
