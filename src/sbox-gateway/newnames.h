/* SPDX-License-Identifier: MIT */
/*
 * Under a rule like *.example.org the name itself carries data out: connecting
 * to DATA.example.org asks example.org's server for it. So names that only a
 * pattern allows may be resolved for the first time only at a limited rate;
 * again and again is free.
 */
#ifndef GATEWAY_NEWNAMES_H
#define GATEWAY_NEWNAMES_H

#include <stdbool.h>
#include <stdint.h>

#include "sbox-gateway/names.h"

#define NEWNAMES_BURST	  256 /* at once */
#define NEWNAMES_EVERY_MS 500 /* one more */

struct newnames {
	uint64_t full_at; /* ms: when NEWNAMES_BURST are free again */
	uint8_t known[NAMES_MAX / 8];
};

/* May the name of this pool address (names.h) be resolved at this time? Pure.
 */
bool newnames_pass(struct newnames *n, uint32_t address, uint64_t now_ms);

#endif
