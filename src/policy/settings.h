/* SPDX-License-Identifier: MIT */
/* The command line's settings, applied to a policy. */
#ifndef POLICY_SETTINGS_H
#define POLICY_SETTINGS_H

#include <stdbool.h>

struct diag;
struct host;
struct invocation;
struct policy;

/* Apply all of inv->settings in order. *seccomp_seen is set to true if one
 * of them was about seccomp. 0, or -1 and d ("--option: value: reason"). */
int settings_apply(const struct invocation *inv, const struct host *host,
		   struct policy *policy, bool *seccomp_seen, struct diag *d);

#endif
