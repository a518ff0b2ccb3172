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
/* Bytes: an integer with an optional suffix K, M, G or T (powers of 1024), at
 * most 2^63 - 1, so that no "infinity" of an interface can be written. */
int num_parse_size(const char *s, uint64_t *bytes, struct diag *d);
/* Milliseconds: integer with ms, s, m, h or d; a bare number is seconds. At
 * most 365 d. Zero is refused. */
int num_parse_duration(const char *s, uint64_t *ms, struct diag *d);
/* With the largest unit that divides the value ("90s", "1G"): the parser above
 * reads it back as the same value. malloc'd. */
char *num_format_size(uint64_t bytes);
char *num_format_duration(uint64_t ms);

#endif
