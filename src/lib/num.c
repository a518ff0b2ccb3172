/* SPDX-License-Identifier: MIT */
/*
 * Numbers from outside: strtoull(3) behind a look at the first byte, since it
 * takes signs and spaces. A number with a unit is "digits, unit"; the units are
 * a table that the parser and the formatter share.
 */
#include "sbox/num.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "sbox/diag.h"
#include "sbox/strlist.h"

#define SHOWN 100 /* bytes of a bad number in a message */

struct quantity {
	struct unit {
		const char *name;
		uint64_t factor;
	} units[7]; /* largest first; "": without one; a NULL ends them */
	uint64_t min, max;
	const char *expected;
};

/* clang-format off */
static const struct quantity quantities[NUM__COUNT] = {
	[NUM_SIZE] = {
		.units = {
			{ "T", UINT64_C(1) << 40 },
			{ "G", UINT64_C(1) << 30 },
			{ "M", UINT64_C(1) << 20 },
			{ "K", UINT64_C(1) << 10 },
			{ "",  1 },
		},
		.max = INT64_MAX, /* off_t; no infinity slips in */
		.expected = "a size (a whole number of bytes, or with K, M, G or T: 512M)",
	},
	[NUM_DURATION] = {
		.units = {
			{ "d",  86400000 },
			{ "h",  3600000 },
			{ "m",  60000 },
			{ "s",  1000 },
			{ "ms", 1 },
			{ "",   1000 },
		},
		.min = 1,
		.max = UINT64_C(365) * 86400000,
		.expected = "a duration (a whole number with ms, s, m, h or d, above 0 and at most 365d: 90s)",
	},
	[NUM_PERCENT] = {
		.units = { { "%", 1 }, { "", 1 } },
		.min = 1,
		.max = 1000000,
		.expected = "a whole number from 1 to 1000000",
	},
	[NUM_COUNT] = {
		.units = { { "", 1 } },
		.min = 1,
		.max = INT_MAX,
		.expected = "a whole number from 1 to 2147483647",
	},
};
/* clang-format on */

/* The digits that s starts with. Returns the first byte behind them; NULL if
 * there is none or the value does not fit. */
static const char *scan_digits(const char *s, uint64_t *out)
{
	char *end;

	errno = 0;
	*out = strtoull(s, &end, 10);
	return *s >= '0' && *s <= '9' && errno == 0 ? end : NULL;
}

int num_parse_u64(const char *s, uint64_t min, uint64_t max, uint64_t *out,
		  struct diag *d)
{
	uint64_t v = 0;
	const char *end = scan_digits(s, &v);

	if (!end || *end || v < min || v > max)
		return diag_set(d,
				"%.*s: not a whole number from %" PRIu64
				" to %" PRIu64,
				SHOWN, s, min, max);
	*out = v;
	return 0;
}

int num_parse(const char *s, enum num_kind kind, uint64_t *out, struct diag *d)
{
	const struct quantity *q = &quantities[kind];
	uint64_t v = 0, factor = 0;
	const char *end = scan_digits(s, &v);

	for (const struct unit *u = q->units; end && u->name; u++)
		if (strcmp(u->name, end) == 0)
			factor = u->factor;
	if (!factor || __builtin_mul_overflow(v, factor, &v) || v < q->min ||
	    v > q->max)
		return diag_set(d, "%.*s: not %s", SHOWN, s, q->expected);
	*out = v;
	return 0;
}

char *num_format(uint64_t v, enum num_kind kind)
{
	const struct unit *u = quantities[kind].units;

	/* the first unit of 1 divides anything */
	while (u->factor > 1 && (v == 0 || v % u->factor != 0))
		u++;
	return xasprintf("%" PRIu64 "%s", v / u->factor, u->name);
}
