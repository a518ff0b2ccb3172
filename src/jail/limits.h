/* SPDX-License-Identifier: MIT */
/* Resource limits of the payload (theory: limits.c). */
#ifndef SBOX_JAIL_LIMITS_H
#define SBOX_JAIL_LIMITS_H

struct policy_limits;

/* In the payload's child: system calls only. Fatal on failure. */
void limits_apply(const struct policy_limits *l);

#endif
