/* SPDX-License-Identifier: MIT */
/* Numbers from outside: every way to write one wrongly, and every edge. */
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "sbox/cleanup.h"
#include "sbox/diag.h"
#include "sbox/num.h"

#define BAD UINT64_C(0xbadbadbad) /* no row expects it as a value */

struct row {
	const char *in;
	uint64_t expected; /* BAD: refused */
};

/* clang-format off */
static const struct row sizes[] = {
	{ "0", 0 },
	{ "1", 1 },
	{ "007", 7 },
	{ "1K", 1024 },
	{ "512M", UINT64_C(512) << 20 },
	{ "4G", UINT64_C(4) << 30 },
	{ "2T", UINT64_C(2) << 40 },
	{ "9223372036854775807", INT64_MAX },
	{ "8388607T", UINT64_C(8388607) << 40 },
	{ "8388608T", BAD },                /* 2^63 */
	{ "9223372036854775808", BAD },
	{ "18446744073709551615", BAD },    /* would read as unlimited */
	{ "18446744073709551616", BAD },
	{ "16777216T", BAD },               /* 2^64 */
	{ "99999999999999999999999999", BAD },
	{ "", BAD }, { "K", BAD }, { "-1", BAD }, { "+1", BAD }, { " 1", BAD },
	{ "1 ", BAD }, { "1 K", BAD }, { "1KB", BAD }, { "1KK", BAD },
	{ "1k", BAD }, { "1P", BAD }, { "1.5G", BAD }, { "0x10", BAD },
	{ "1e3", BAD }, { "1\n", BAD }, { "\xd9\xa1", BAD }, { "1,0", BAD },
};

static const struct row durations[] = {
	{ "1", 1000 },
	{ "90", 90000 },
	{ "1ms", 1 },
	{ "1500ms", 1500 },
	{ "1s", 1000 },
	{ "5m", 300000 },
	{ "1h", 3600000 },
	{ "1d", 86400000 },
	{ "365d", UINT64_C(31536000000) },
	{ "8760h", UINT64_C(31536000000) },
	{ "31536000000ms", UINT64_C(31536000000) },
	{ "31536000001ms", BAD },
	{ "366d", BAD },
	{ "31536001", BAD },
	{ "18446744073709551615", BAD },
	{ "18446744073709551616", BAD },
	{ "213503982335d", BAD },           /* wraps around in ms */
	{ "0", BAD }, { "0ms", BAD }, { "0d", BAD },
	{ "", BAD }, { "s", BAD }, { "-1s", BAD }, { "+1s", BAD },
	{ "1 s", BAD }, { " 1s", BAD }, { "1s ", BAD }, { "1S", BAD },
	{ "1sec", BAD }, { "1h30m", BAD }, { "1.5h", BAD }, { "1w", BAD },
	{ "inf", BAD }, { "1mss", BAD },
};

static const struct {
	const char *in;
	uint64_t min, max, expected;
} integers[] = {
	{ "0", 0, 10, 0 },
	{ "10", 0, 10, 10 },
	{ "11", 0, 10, BAD },
	{ "2", 3, 10, BAD },
	{ "3", 3, 3, 3 },
	{ "18446744073709551615", 0, UINT64_MAX, UINT64_MAX },
	{ "18446744073709551616", 0, UINT64_MAX, BAD },
	{ "184467440737095516150", 0, UINT64_MAX, BAD },
	{ "", 0, 10, BAD }, { "-0", 0, 10, BAD }, { "+1", 0, 10, BAD },
	{ " 1", 0, 10, BAD }, { "1 ", 0, 10, BAD }, { "1K", 0, 10000, BAD },
	{ "0x1", 0, 10, BAD }, { "1.0", 0, 10, BAD }, { "one", 0, 10, BAD },
};
/* clang-format on */

static void check(const char *in, int ret, uint64_t got, uint64_t expected,
		  const struct diag *d)
{
	if (expected == BAD &&
	    (ret != -1 || got != BAD || strncmp(d->text, in, strlen(in)) != 0 ||
	     !strstr(d->text, ": not a ")))
		fail_msg("\"%s\" was not refused well: %s", in, d->text);
	if (expected != BAD && (ret != 0 || got != expected || d->text[0]))
		fail_msg("\"%s\": %ju %s", in, (uintmax_t)got, d->text);
}

static void parse_u64(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(integers); i++) {
		struct diag d = {0};
		uint64_t v = BAD;
		int ret = num_parse_u64(integers[i].in, integers[i].min,
					integers[i].max, &v, &d);

		check(integers[i].in, ret, v, integers[i].expected, &d);
	}
}

static void parse_size(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		struct diag d = {0};
		uint64_t v = BAD;
		int ret = num_parse(sizes[i].in, NUM_SIZE, &v, &d);

		check(sizes[i].in, ret, v, sizes[i].expected, &d);
	}
}

static void parse_duration(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(durations); i++) {
		struct diag d = {0};
		uint64_t v = BAD;
		int ret = num_parse(durations[i].in, NUM_DURATION, &v, &d);

		check(durations[i].in, ret, v, durations[i].expected, &d);
	}
}

static void parse_percents_and_counts(void **state)
{
	static const struct {
		const char *in;
		enum num_kind kind;
		uint64_t expected;
	} rows[] = {
		{"150%", NUM_PERCENT, 150},
		{"150", NUM_PERCENT, 150},
		{"1000000%", NUM_PERCENT, 1000000},
		{"1000001", NUM_PERCENT, BAD},
		{"0%", NUM_PERCENT, BAD},
		{"%", NUM_PERCENT, BAD},
		{"5%%", NUM_PERCENT, BAD},
		{"2147483647", NUM_COUNT, INT_MAX},
		{"2147483648", NUM_COUNT, BAD},
		{"0", NUM_COUNT, BAD},
		{"1%", NUM_COUNT, BAD},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct diag d = {0};
		uint64_t v = BAD;
		int ret = num_parse(rows[i].in, rows[i].kind, &v, &d);

		check(rows[i].in, ret, v, rows[i].expected, &d);
	}
}

static void format(void **state)
{
	static const struct {
		enum num_kind kind;
		uint64_t v;
		const char *expected;
	} rows[] = {
		{NUM_SIZE, 0, "0"},
		{NUM_SIZE, 1023, "1023"},
		{NUM_SIZE, 1024, "1K"},
		{NUM_SIZE, 1025, "1025"},
		{NUM_SIZE, UINT64_C(4) << 30, "4G"},
		{NUM_SIZE, UINT64_C(1536) << 20, "1536M"},
		{NUM_SIZE, INT64_MAX, "9223372036854775807"},
		{NUM_DURATION, 1, "1ms"},
		{NUM_DURATION, 1500, "1500ms"},
		{NUM_DURATION, 90000, "90s"},
		{NUM_DURATION, 3600000, "1h"},
		{NUM_DURATION, UINT64_C(31536000000), "365d"},
		{NUM_PERCENT, 150, "150%"},
		{NUM_COUNT, 4096, "4096"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		cleanup_free char *s = num_format(rows[i].v, rows[i].kind);

		if (strcmp(s, rows[i].expected) != 0)
			fail_msg("%ju: \"%s\"", (uintmax_t)rows[i].v, s);
	}
}

/* What was parsed and formatted is parsed to the same value again. */
static void round_trip(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		cleanup_free char *s = NULL;
		uint64_t v = 0;

		if (sizes[i].expected == BAD)
			continue;
		s = num_format(sizes[i].expected, NUM_SIZE);
		assert_int_equal(num_parse(s, NUM_SIZE, &v, NULL), 0);
		assert_true(v == sizes[i].expected);
	}
	for (size_t i = 0; i < ARRAY_SIZE(durations); i++) {
		cleanup_free char *s = NULL;
		uint64_t v = 0;

		if (durations[i].expected == BAD)
			continue;
		s = num_format(durations[i].expected, NUM_DURATION);
		assert_int_equal(num_parse(s, NUM_DURATION, &v, NULL), 0);
		assert_true(v == durations[i].expected);
	}
}

static void long_text_leaves_room_for_the_reason(void **state)
{
	char in[5000];
	struct diag d = {0};
	uint64_t v = BAD;

	(void)state;
	memset(in, '9', sizeof(in) - 1);
	in[sizeof(in) - 1] = '\0';
	assert_int_equal(num_parse(in, NUM_SIZE, &v, &d), -1);
	assert_non_null(strstr(d.text, "not a size"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(parse_u64),
		cmocka_unit_test(parse_size),
		cmocka_unit_test(parse_duration),
		cmocka_unit_test(parse_percents_and_counts),
		cmocka_unit_test(format),
		cmocka_unit_test(round_trip),
		cmocka_unit_test(long_text_leaves_room_for_the_reason),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
