/* SPDX-License-Identifier: MIT */
/* String lists: always NULL-terminated, NULL while empty. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "sbox/cleanup.h"
#include "sbox/strlist.h"

/* Compare with "a,b,c", and the invariants of the header. */
static void check(const char *label, const struct strlist *l,
		  const char *expected)
{
	char all[256] = "";

	if ((l->n == 0) != (l->v == NULL))
		fail_msg("%s: v must be NULL exactly while n is 0", label);
	if (l->v && l->v[l->n])
		fail_msg("%s: no NULL at the end", label);
	for (size_t i = 0; i < l->n; i++) {
		if (i > 0)
			strncat(all, ",", sizeof(all) - strlen(all) - 1);
		strncat(all, l->v[i], sizeof(all) - strlen(all) - 1);
	}
	if (strcmp(all, expected) != 0)
		fail_msg("%s: %s", label, all);
}

static void add_and_remove(void **state)
{
	struct strlist l = {0}, m = {0};

	(void)state;
	check("empty", &l, "");
	assert_false(strlist_has(&l, ""));
	strlist_append(&l, &m);
	check("nothing appended", &l, "");
	strlist_add(&l, "a");
	strlist_add_owned(&l, xstrdup("b"));
	strlist_addf(&l, "%s%d", "c", 1);
	check("three ways to add", &l, "a,b,c1");
	strlist_append(&m, &l);
	strlist_append(&m, &l);
	check("appended twice", &m, "a,b,c1,a,b,c1");
	strlist_append(&l, &l);
	check("appended to itself", &l, "a,b,c1,a,b,c1");
	assert_true(strlist_has(&l, "c1"));
	assert_false(strlist_has(&l, "c"));
	strlist_remove(&l, 4);
	check("one is removed", &l, "a,b,c1,a,c1");
	strlist_remove(&l, 0);
	check("the first is removed", &l, "b,c1,a,c1");
	strlist_remove(&l, 3);
	check("the last is removed", &l, "b,c1,a");
	while (l.n)
		strlist_remove(&l, 0);
	check("nothing is left", &l, "");
	strlist_add(&l, "z");
	check("used again", &l, "z");
	strlist_free(&l);
	strlist_free(&l);
	check("freed twice", &l, "");
	strlist_free(&m);
}

static void many(void **state)
{
	struct strlist l = {0};

	(void)state;
	for (int i = 0; i < 5000; i++)
		strlist_addf(&l, "%d", i);
	assert_int_equal(l.n, 5000);
	assert_string_equal(l.v[4999], "4999");
	assert_null(l.v[5000]);
	strlist_free(&l);
}

static void allocation(void **state)
{
	cleanup_free char *dup = xstrdup("abc");
	cleanup_free char *ndup = xstrndup("abc", 2);
	cleanup_free char *text = xasprintf("%d-%s", 1, "x");
	cleanup_free char *zeroed = xcalloc(3, 2);
	cleanup_free char *nothing = xcalloc(0, 0);
	cleanup_free char *grown = xreallocarray(xstrdup("x"), 0, 8);

	(void)state;
	assert_string_equal(dup, "abc");
	assert_string_equal(ndup, "ab");
	assert_string_equal(text, "1-x");
	assert_memory_equal(zeroed, "\0\0\0\0\0\0", 6);
	assert_non_null(nothing);
	assert_non_null(grown);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(add_and_remove),
		cmocka_unit_test(many),
		cmocka_unit_test(allocation),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
