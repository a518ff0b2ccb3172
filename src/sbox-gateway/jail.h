/* SPDX-License-Identifier: MIT */
/*
 * What the gateway's processes give up before the first hostile byte. Each
 * step only removes; a step that fails ends the process.
 */
#ifndef GATEWAY_JAIL_H
#define GATEWAY_JAIL_H

#include <stddef.h>

/* First of all, in every process: dies with its parent, no new privileges, not
 * dumpable, no core, as many descriptors as the hard limit. Returns how many.
 */
size_t jail_begin(void);
/* Landlock (nothing but appending to, making and renaming files in log_dir,
 * unless -1; no bind) and the gateway's system calls. */
void jail_gateway(int log_dir);
/* Landlock (reading, nothing else; no bind) and the system calls of NSS. */
void jail_resolver(void);
/* Landlock (nothing) and the system calls of sbox-service: it makes no socket,
 * opens nothing, and speaks through the descriptors that it is handed. */
void jail_service(void);

#endif
