/* SPDX-License-Identifier: MIT */
/* Numbers from outside. All refuse signs, spaces, empty text, trailing bytes
 * and overflow; out is untouched on failure; -1 and d ("TEXT: reason"). */
#ifndef SBOX_NUM_H
#define SBOX_NUM_H

#include <stdint.h>

struct diag;

/* Decimal integer within [min, max]. */
int num_parse_u64(const char *s, uint64_t min, uint64_t max, uint64_t *out,
		  struct diag *d);

enum num_kind {
	/* bytes: an integer with an optional suffix K, M, G or T (powers of
	 * 1024), at most 2^63 - 1, so that no "infinity" of an interface can be
	 * written */
	NUM_SIZE,
	/* milliseconds: an integer with ms, s, m, h or d; a bare number is
	 * seconds. At most 365 d. Zero is refused. */
	NUM_DURATION,
	NUM_PERCENT, /* with or without %, zero is refused */
	NUM_COUNT,   /* a whole number from 1 to INT_MAX */
	NUM__COUNT
};

int num_parse(const char *s, enum num_kind kind, uint64_t *out, struct diag *d);
/* With the largest unit that divides the value ("90s", "1G"): num_parse reads
 * it back as the same value. malloc'd. */
char *num_format(uint64_t v, enum num_kind kind);

#endif
