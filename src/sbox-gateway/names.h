/* SPDX-License-Identifier: MIT */
/*
 * The address table: which name an address of 198.18.0.0/15 stands for in
 * this sandbox. Allocated in order, from 198.18.1.0 on, never reused: an
 * address that was given out keeps its meaning until the sandbox ends. At the
 * bound a new name gets no address (SERVFAIL inside, one line in the log).
 */
#ifndef GATEWAY_NAMES_H
#define GATEWAY_NAMES_H

#include <stdint.h>

#define NAMES_FIRST 0xc6120100u /* 198.18.1.0 */
#define NAMES_MAX   65536

struct names;

struct names *names_new(void);
void names_free(struct names *n);
/* The address (host order) of a normalised name, given out if new; 0 when the
 * table is full. */
uint32_t names_address(struct names *n, const char *name);
/* The name of an address (host order), borrowed until names_free(); NULL:
 * given to none. */
const char *names_name(const struct names *n, uint32_t address);

#endif
