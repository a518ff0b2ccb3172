/* SPDX-License-Identifier: MIT */
/*
 * The digest is SHA-256 over "length (64 bits, little-endian), bytes" of each
 * buffer. Expected values: sha256sum(1) over bytes made by printf(1).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "sbox/cleanup.h"
#include "sbox/sha256.h"

static const struct {
	const char *label;
	const char *bufs[3];
	size_t n;
	const char *expected;
} rows[] = {
	{"no buffer",
	 {NULL},
	 0,
	 "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
	{"one empty buffer",
	 {""},
	 1,
	 "af5570f5a1810b7af78caf4bc70a660f0df51e42baf91d4de5b2328de0e83dfc"},
	{"two empty buffers",
	 {"", ""},
	 2,
	 "374708fff7719dd5979ec875d56cd2286f6d3cf7ec317a3b25632aab28ec37bb"},
	{"one buffer",
	 {"abc"},
	 1,
	 "ce91dc5eec0139adf091900d225971d6ad246a845bad791b5693a9d0d55dd391"},
	{"the border counts: ab, c",
	 {"ab", "c"},
	 2,
	 "43ee655579de01ca739b3f95c1c2d3f46d353b2c0df818064ea594506cdb2617"},
	{"the border counts: a, bc",
	 {"a", "bc"},
	 2,
	 "9a8acca1b6c6c0befd3fbc756aed625da998c998f7252e738c4ef061906b9b21"},
	{"three",
	 {"x", "", "yz"},
	 3,
	 "be3d7d4f585c4466c3039b243e68ca5bced0a4c2312d0311cf6a114cd5644014"},
};

static void table(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const void *bufs[3] = {0};
		size_t lens[3] = {0};
		char hex[SHA256_HEX_SIZE];

		for (size_t b = 0; b < rows[i].n; b++) {
			bufs[b] = rows[i].bufs[b];
			lens[b] = strlen(rows[i].bufs[b]);
		}
		sha256_hex(bufs, lens, rows[i].n, hex);
		if (strcmp(hex, rows[i].expected) != 0)
			fail_msg("%s: %s", rows[i].label, hex);
	}
}

/* FIPS 180-4's message of a million "a", in one buffer. */
static void large(void **state)
{
	static char a[1000000];
	const void *bufs[] = {a};
	const size_t lens[] = {sizeof(a)};
	char hex[SHA256_HEX_SIZE];

	(void)state;
	memset(a, 'a', sizeof(a));
	sha256_hex(bufs, lens, 1, hex);
	assert_string_equal(hex, "ed0b8b8c0574374dfd3c74e6e7c903ebc27c256dc3feb"
				 "2752e112bd44c0b1608");
}

static void empty_buffer_may_be_null(void **state)
{
	const void *bufs[] = {NULL};
	const size_t lens[] = {0};
	char hex[SHA256_HEX_SIZE];

	(void)state;
	sha256_hex(bufs, lens, 1, hex);
	assert_string_equal(hex, rows[1].expected);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(table),
		cmocka_unit_test(large),
		cmocka_unit_test(empty_buffer_may_be_null),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
