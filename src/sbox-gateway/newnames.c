/* SPDX-License-Identifier: MIT */
/*
 * A bucket kept as one point in time: each new name moves it NEWNAMES_EVERY_MS
 * further, and it must not lie further ahead than a whole burst takes. A bit
 * for each address says that its name has been paid for.
 */
#include "sbox-gateway/newnames.h"

bool newnames_pass(struct newnames *n, uint32_t address, uint64_t now_ms)
{
	uint32_t i = address - NAMES_FIRST;
	uint8_t bit;

	if (i >= NAMES_MAX)
		return false;
	bit = (uint8_t)(1u << i % 8);
	if (n->known[i / 8] & bit)
		return true;
	if (n->full_at < now_ms)
		n->full_at = now_ms;
	if (n->full_at - now_ms >
	    (uint64_t)(NEWNAMES_BURST - 1) * NEWNAMES_EVERY_MS)
		return false;
	n->full_at += NEWNAMES_EVERY_MS;
	n->known[i / 8] |= bit;
	return true;
}
