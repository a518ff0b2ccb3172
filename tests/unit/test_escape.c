/* SPDX-License-Identifier: MIT */
/* No byte sequence makes escape_bytes() emit what a terminal would obey. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "sbox/cleanup.h"
#include "sbox/escape.h"
#include "sbox/utf8.h"

struct row {
	const char *label;
	const char *in;
	size_t len; /* 0: strlen(in) */
	const char *expected;
};

/* clang-format off */
static const struct row rows[] = {
	{ "nothing", "", 0, "" },
	{ "plain text", "a b~!", 0, "a b~!" },
	{ "named controls", "\n\t\r", 0, "\\n\\t\\r" },
	{ "backslash is doubled", "\\x1b", 0, "\\\\x1b" },
	{ "NUL in the middle", "a\0b", 3, "a\\x00b" },
	{ "escape sequence", "\x1b[2J", 0, "\\x1b[2J" },
	{ "bell, delete", "\a\x7f", 0, "\\x07\\x7f" },
	{ "raw C1 byte", "\x9b""31m", 0, "\\x9b31m" },
	{ "C1 as UTF-8, first", "\xc2\x80", 0, "\\xc2\\x80" },
	{ "C1 as UTF-8, last", "\xc2\x9f", 0, "\\xc2\\x9f" },
	{ "no-break space is text", "\xc2\xa0", 0, "\xc2\xa0" },
	{ "two, three, four bytes", "\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80", 0,
	  "\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80" },
	{ "zero width space", "\xe2\x80\x8b", 0, "\\xe2\\x80\\x8b" },
	{ "right-to-left override", "a\xe2\x80\xae" "b", 0,
	  "a\\xe2\\x80\\xae" "b" },
	{ "line separator", "\xe2\x80\xa8", 0, "\\xe2\\x80\\xa8" },
	{ "isolate", "\xe2\x81\xa6", 0, "\\xe2\\x81\\xa6" },
	{ "byte order mark", "\xef\xbb\xbf", 0, "\\xef\\xbb\\xbf" },
	{ "Arabic letter mark", "\xd8\x9c", 0, "\\xd8\\x9c" },
	{ "tag character", "\xf3\xa0\x81\x81", 0, "\\xf3\\xa0\\x81\\x81" },
	{ "before and behind a range", "\xe2\x80\x8a\xe2\x80\x90", 0,
	  "\xe2\x80\x8a\xe2\x80\x90" },
	{ "overlong slash", "\xc0\xaf", 0, "\\xc0\\xaf" },
	{ "overlong ESC", "\xe0\x80\x9b", 0, "\\xe0\\x80\\x9b" },
	{ "surrogate", "\xed\xa0\x80", 0, "\\xed\\xa0\\x80" },
	{ "beyond U+10FFFF", "\xf4\x90\x80\x80", 0, "\\xf4\\x90\\x80\\x80" },
	{ "cut sequence", "a\xe2\x82", 0, "a\\xe2\\x82" },
	{ "cut sequence, then text", "\xe2\x82z", 0, "\\xe2\\x82z" },
	{ "lone continuation", "\x80", 0, "\\x80" },
	{ "byte that never occurs", "\xff\xfe", 0, "\\xff\\xfe" },
};
/* clang-format on */

static void table(void **state)
{
	char out[128];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct row *r = &rows[i];
		size_t len = r->len ? r->len : strlen(r->in);
		size_t need = escape_bytes(out, sizeof(out), r->in, len);

		if (strcmp(out, r->expected) != 0)
			fail_msg("%s: \"%s\"", r->label, out);
		if (need != strlen(r->expected))
			fail_msg("%s: returned %zu", r->label, need);
	}
}

/* At every size: a prefix, NUL-terminated, ending where a piece ends. */
static void cut_between_pieces(void **state)
{
	static const char in[] = "a\n\x1b\xc3\xa9\xff\\b";
	static const char *const pieces[] = {
		"a", "\\n", "\\x1b", "\xc3\xa9", "\\xff", "\\\\", "b"};
	char out[64];

	(void)state;
	for (size_t size = 0; size < sizeof(out); size++) {
		char expected[64] = "";
		size_t used = 0, need = 0;

		for (size_t i = 0; i < ARRAY_SIZE(pieces); i++) {
			size_t n = strlen(pieces[i]);

			if (used == need && used + n < size) {
				memcpy(expected + used, pieces[i], n + 1);
				used += n;
			}
			need += n;
		}
		memset(out, '#', sizeof(out));
		assert_int_equal(escape_bytes(out, size, in, strlen(in)), need);
		if (size > 0)
			assert_string_equal(out, expected);
		assert_int_equal(out[size], '#');
	}
}

/* Every sequence of two bytes, and every character: nothing obeyed is left. */
static void nothing_a_terminal_obeys(void **state)
{
	char in[2], out[64];

	(void)state;
	for (unsigned i = 0; i < 0x10000; i++) {
		in[0] = (char)(i >> 8);
		in[1] = (char)(i & 0xff);
		(void)escape_bytes(out, sizeof(out), in, 2);
		for (const char *p = out; *p;) {
			uint32_t c = 0;
			size_t n = utf8_decode(p, strlen(p), &c);

			if (n == 0 || c < 0x20 || (c >= 0x7f && c < 0xa0))
				fail_msg("bytes %04x give \"%s\"", i, out);
			p += n;
		}
	}
}

static void utf8_round_trip(void **state)
{
	char s[4];

	(void)state;
	for (uint32_t c = 0x80; c <= 0x10ffff; c++) {
		uint32_t got = 0;
		size_t n = c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
		bool surrogate = c >= 0xd800 && c <= 0xdfff;

		for (size_t i = n - 1; i > 0; i--)
			s[i] = (char)(0x80 | (c >> (6 * (n - 1 - i)) & 0x3f));
		s[0] = (char)((0xf00u >> n & 0xff) | c >> (6 * (n - 1)));
		if (utf8_decode(s, n, &got) != (surrogate ? 0 : n) ||
		    (!surrogate && got != c))
			fail_msg("U+%04X became U+%04X", c, got);
		for (size_t cut = 0; cut < n; cut++)
			assert_int_equal(utf8_decode(s, cut, &got), 0);
	}
}

static void duplicate(void **state)
{
	cleanup_free char *s = escape_dup("x\x1by\n");

	(void)state;
	assert_string_equal(s, "x\\x1by\\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(table),
		cmocka_unit_test(cut_between_pieces),
		cmocka_unit_test(nothing_a_terminal_obeys),
		cmocka_unit_test(utf8_round_trip),
		cmocka_unit_test(duplicate),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
