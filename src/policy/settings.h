/* SPDX-License-Identifier: MIT */
/* The command line's settings, applied to a policy. */
#ifndef POLICY_SETTINGS_H
#define POLICY_SETTINGS_H

struct diag;
struct host;
struct invocation;
struct policy;

/* Apply all of inv->settings in order. 0, or -1 and d ("--option: value:
 * reason"). */
int settings_apply(const struct invocation *inv, const struct host *host,
		   struct policy *policy, struct diag *d);

#endif
