/* SPDX-License-Identifier: MIT */
/* Numbers from outside: every way to write one wrongly, and every edge. */
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
		int ret = num_parse_size(sizes[i].in, &v, &d);

		check(sizes[i].in, ret, v, sizes[i].expected, &d);
	}
}

static void parse_duration(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(durations); i++) {
		struct diag d = {0};
		uint64_t v = BAD;
		int ret = num_parse_duration(durations[i].in, &v, &d);

		check(durations[i].in, ret, v, durations[i].expected, &d);
	}
}

static void format(void **state)
{
	static const struct {
		char *(*format)(uint64_t v);
		uint64_t v;
		const char *expected;
	} rows[] = {
		{num_format_size, 0, "0"},
		{num_format_size, 1023, "1023"},
		{num_format_size, 1024, "1K"},
		{num_format_size, 1025, "1025"},
		{num_format_size, UINT64_C(4) << 30, "4G"},
		{num_format_size, UINT64_C(1536) << 20, "1536M"},
		{num_format_size, INT64_MAX, "9223372036854775807"},
		{num_format_duration, 1, "1ms"},
		{num_format_duration, 1500, "1500ms"},
		{num_format_duration, 90000, "90s"},
		{num_format_duration, 3600000, "1h"},
		{num_format_duration, UINT64_C(31536000000), "365d"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		cleanup_free char *s = rows[i].format(rows[i].v);

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
		s = num_format_size(sizes[i].expected);
		assert_int_equal(num_parse_size(s, &v, NULL), 0);
		assert_true(v == sizes[i].expected);
	}
	for (size_t i = 0; i < ARRAY_SIZE(durations); i++) {
		cleanup_free char *s = NULL;
		uint64_t v = 0;

		if (durations[i].expected == BAD)
			continue;
		s = num_format_duration(durations[i].expected);
		assert_int_equal(num_parse_duration(s, &v, NULL), 0);
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
	assert_int_equal(num_parse_size(in, &v, &d), -1);
	assert_non_null(strstr(d.text, "not a size"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(parse_u64),
		cmocka_unit_test(parse_size),
		cmocka_unit_test(parse_duration),
		cmocka_unit_test(format),
		cmocka_unit_test(round_trip),
		cmocka_unit_test(long_text_leaves_room_for_the_reason),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
