/* SPDX-License-Identifier: MIT */
/* The address table: stable both ways, and bounded. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "sbox-gateway/names.h"

static void test_given(void **state)
{
	struct names *n = names_new();

	(void)state;
	assert_null(names_name(n, 0xc6120100));
	assert_int_equal(names_address(n, "example.org"), 0xc6120100);
	assert_int_equal(names_address(n, "a.example.org"), 0xc6120101);
	assert_int_equal(names_address(n, "example.org"), 0xc6120100);
	assert_string_equal(names_name(n, 0xc6120100), "example.org");
	assert_string_equal(names_name(n, 0xc6120101), "a.example.org");
	names_free(n);
	names_free(NULL);
}

static void test_not_given(void **state)
{
	static const uint32_t never[] = {0,	     0x7f000001, 0xc6120000,
					 0xc6120001, 0xc61200ff, 0xc6120101,
					 0xc6130100, 0xffffffff};
	struct names *n = names_new();

	(void)state;
	assert_int_equal(names_address(n, "example.org"), 0xc6120100);
	for (size_t i = 0; i < sizeof(never) / sizeof(never[0]); i++)
		assert_null(names_name(n, never[i]));
	names_free(n);
}

/* In an order that a tree without balance would make a list of. */
static void test_full(void **state)
{
	struct names *n = names_new();
	const char *first;
	char name[32];

	(void)state;
	for (unsigned i = 0; i < NAMES_MAX; i++) {
		(void)snprintf(name, sizeof(name), "n%05u.example.org", i);
		assert_int_equal(names_address(n, name), NAMES_FIRST + i);
		if (i == 0)
			first = names_name(n, NAMES_FIRST);
	}
	assert_int_equal(names_address(n, "one.more"), 0);
	assert_null(names_name(n, NAMES_FIRST + NAMES_MAX));
	assert_ptr_equal(names_name(n, NAMES_FIRST), first);
	for (unsigned i = 0; i < NAMES_MAX; i += 97) {
		(void)snprintf(name, sizeof(name), "n%05u.example.org", i);
		assert_int_equal(names_address(n, name), NAMES_FIRST + i);
		assert_string_equal(names_name(n, NAMES_FIRST + i), name);
	}
	/* the last one lies within 198.18.0.0/15 */
	assert_int_equal((NAMES_FIRST + NAMES_MAX - 1) >> 17, 0xc6120000 >> 17);
	names_free(n);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_given),
		cmocka_unit_test(test_not_given),
		cmocka_unit_test(test_full),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
