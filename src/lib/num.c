/* SPDX-License-Identifier: MIT */
/*
 * Numbers from outside, digit by digit: strtoull(3) takes signs, spaces and
 * prefixes. A number with a unit is "digits, unit"; the units are two tables,
 * largest first, that the parsers and the formatters share.
 */
#include "sbox/num.h"

#include <inttypes.h>
#include <stddef.h>
#include <string.h>

#include "sbox/cleanup.h"
#include "sbox/diag.h"
#include "sbox/strlist.h"

#define SHOWN 100 /* bytes of a bad number in a message */

#define SIZE_MAX_BYTES	((uint64_t)INT64_MAX) /* off_t; no infinity slips in */
#define DURATION_MAX_MS (UINT64_C(365) * 86400 * 1000)

struct unit {
	const char *name;
	uint64_t factor;
};

/* clang-format off */
static const struct unit size_units[] = {
	{ "T", UINT64_C(1) << 40 },
	{ "G", UINT64_C(1) << 30 },
	{ "M", UINT64_C(1) << 20 },
	{ "K", UINT64_C(1) << 10 },
	{ "",  1 },
};

static const struct unit duration_units[] = {
	{ "d",  86400000 },
	{ "h",  3600000 },
	{ "m",  60000 },
	{ "s",  1000 },
	{ "ms", 1 },
};
/* clang-format on */

/* The digits that s starts with. Returns the first byte behind them; NULL if
 * there is none or the value does not fit. */
static const char *scan_digits(const char *s, uint64_t *out)
{
	const char *p = s;
	uint64_t v = 0;

	for (; *p >= '0' && *p <= '9'; p++)
		if (__builtin_mul_overflow(v, 10u, &v) ||
		    __builtin_add_overflow(v, (uint64_t)(*p - '0'), &v))
			return NULL;
	if (p == s)
		return NULL;
	*out = v;
	return p;
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

/* Digits with one of n units; bare: the factor of a number without one. */
static int parse_units(const char *s, const struct unit *units, size_t n,
		       uint64_t bare, uint64_t *out)
{
	uint64_t v = 0;
	const char *end = scan_digits(s, &v);

	if (!end)
		return -1;
	if (*end == '\0')
		return __builtin_mul_overflow(v, bare, out) ? -1 : 0;
	for (size_t i = 0; i < n; i++)
		if (strcmp(units[i].name, end) == 0)
			return __builtin_mul_overflow(v, units[i].factor, out)
				       ? -1
				       : 0;
	return -1;
}

int num_parse_size(const char *s, uint64_t *bytes, struct diag *d)
{
	uint64_t v = 0;

	if (parse_units(s, size_units, ARRAY_SIZE(size_units), 1, &v) ||
	    v > SIZE_MAX_BYTES)
		return diag_set(d,
				"%.*s: not a size (a whole number of bytes, "
				"or with K, M, G or T: 512M)",
				SHOWN, s);
	*bytes = v;
	return 0;
}

int num_parse_duration(const char *s, uint64_t *ms, struct diag *d)
{
	uint64_t v = 0;

	if (parse_units(s, duration_units, ARRAY_SIZE(duration_units), 1000,
			&v) ||
	    v == 0 || v > DURATION_MAX_MS)
		return diag_set(d,
				"%.*s: not a duration (a whole number with "
				"ms, s, m, h or d, above 0 and at most 365d: "
				"90s)",
				SHOWN, s);
	*ms = v;
	return 0;
}

/* With the largest unit that divides v; the last one divides everything. */
static char *format_units(uint64_t v, const struct unit *units, size_t n)
{
	size_t i = 0;

	while (i < n - 1 && (v == 0 || v % units[i].factor != 0))
		i++;
	return xasprintf("%" PRIu64 "%s", v / units[i].factor, units[i].name);
}

char *num_format_size(uint64_t bytes)
{
	return format_units(bytes, size_units, ARRAY_SIZE(size_units));
}

char *num_format_duration(uint64_t ms)
{
	return format_units(ms, duration_units, ARRAY_SIZE(duration_units));
}
