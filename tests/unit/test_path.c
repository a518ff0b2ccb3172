/* SPDX-License-Identifier: MIT */
/* Paths as text: what is folded, what is refused, what contains what. */
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "sbox/cleanup.h"
#include "sbox/diag.h"
#include "sbox/path.h"

struct normalise_row {
	const char *label;
	const char *in;
	const char *expected; /* NULL: refused */
	const char *why;      /* part of the message then */
};

/* clang-format off */
static const struct normalise_row normalise_rows[] = {
	{ "root", "/", "/", NULL },
	{ "many slashes are root", "///", "/", NULL },
	{ "root and dots", "/./.", "/", NULL },
	{ "plain", "/a/b", "/a/b", NULL },
	{ "trailing slash", "/a/b/", "/a/b", NULL },
	{ "double slash, dot", "//a/.//b/./", "/a/b", NULL },
	{ "relative", "a/b", "a/b", NULL },
	{ "relative with dot", "./a", "a", NULL },
	{ "the directory itself", ".", ".", NULL },
	{ "the directory itself, with slash", "./", ".", NULL },
	{ "hidden file", "/.a/..b/...", "/.a/..b/...", NULL },
	{ "spaces and backslashes are names", "/a b/\\", "/a b/\\", NULL },
	{ "bytes that are not UTF-8", "/\xff\xfe", "/\xff\xfe", NULL },
	{ "empty", "", NULL, "empty path" },
	{ "dot-dot alone", "..", NULL, "\"..\"" },
	{ "dot-dot first", "../a", NULL, "\"..\"" },
	{ "dot-dot in the middle", "/a/../b", NULL, "\"..\"" },
	{ "dot-dot last", "/a/..", NULL, "\"..\"" },
	{ "dot-dot with a slash", "/a/../", NULL, "\"..\"" },
	{ "newline", "/a\nb", NULL, "control character" },
	{ "escape", "/\x1b[2J", NULL, "control character" },
	{ "first control character", "/\x01", NULL, "control character" },
	{ "delete", "/\x7f", NULL, "control character" },
};

static const struct {
	const char *label, *dir, *path;
	bool expected;
} under_rows[] = {
	{ "itself", "/foo", "/foo", true },
	{ "beneath", "/foo", "/foo/bar", true },
	{ "same prefix, other name", "/foo", "/foobar", false },
	{ "parent", "/foo/bar", "/foo", false },
	{ "other", "/foo", "/bar", false },
	{ "root contains all", "/", "/foo", true },
	{ "root contains itself", "/", "/", true },
	{ "root is not beneath", "/foo", "/", false },
};

static const struct {
	const char *label, *dir, *name, *expected;
} join_rows[] = {
	{ "plain", "/a", "b", "/a/b" },
	{ "root", "/", "b", "/b" },
	{ "slash is there", "/a/", "b/c", "/a/b/c" },
	{ "absolute replaces", "/a", "/b", "/b" },
	{ "empty name", "/a", "", "/a" },
	{ "empty directory", "", "b", "b" },
	{ "relative", "a", "b", "a/b" },
};

static const struct {
	const char *label, *path, *dir, *base;
} part_rows[] = {
	{ "plain", "/a/b", "/a", "b" },
	{ "beneath root", "/x", "/", "x" },
	{ "root", "/", "/", "" },
	{ "no slash", "x", ".", "x" },
	{ "relative", "a/b/c", "a/b", "c" },
	{ "double slash", "/a//b", "/a", "b" },
	{ "double slash at root", "//b", "/", "b" },
};

static const struct {
	const char *label, *in, *home, *expected;
} home_rows[] = {
	{ "home", "~", "/h", "/h" },
	{ "beneath", "~/x", "/h", "/h/x" },
	{ "slash", "~/", "/h", "/h" },
	{ "double slash stays beneath", "~//etc", "/h", "/h/etc" },
	{ "home is root", "~/x", "/", "/x" },
	{ "only at the start", "/a/~", "/h", "/a/~" },
	{ "a name that holds one", "a~", "/h", "a~" },
	{ "nothing", "", "/h", "" },
	{ "absolute needs no home", "/x", NULL, "/x" },
	{ "another user", "~root/x", "/h", NULL },
	{ "no home", "~/x", NULL, NULL },
	{ "relative home", "~/x", "h", NULL },
};
/* clang-format on */

static void normalise(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(normalise_rows); i++) {
		const struct normalise_row *r = &normalise_rows[i];
		cleanup_free char *out = NULL;
		struct diag d = {0};
		int ret = path_normalise(r->in, &out, &d);

		if (r->expected &&
		    (ret != 0 || strcmp(out, r->expected) != 0 || d.text[0]))
			fail_msg("%s: \"%s\" (%s)", r->label, out ? out : "",
				 d.text);
		if (!r->expected &&
		    (ret != -1 || out || !strstr(d.text, r->why)))
			fail_msg("%s: %d \"%s\"", r->label, ret, d.text);
	}
}

/* Lengths at the kernel's limits, and one beyond. */
static void lengths(void **state)
{
	static const struct {
		const char *label;
		size_t name, total;
		bool taken;
	} rows[] = {
		{"longest name", NAME_MAX, NAME_MAX + 1, true},
		{"name too long", NAME_MAX + 1, NAME_MAX + 2, false},
		{"longest path", 100, PATH_MAX - 1, true},
		{"path too long", 100, PATH_MAX, false},
		{"far too long", 100, 100000, false},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		cleanup_free char *in = calloc(rows[i].total + 1, 1);
		cleanup_free char *out = NULL;
		struct diag d = {0};
		int ret;

		assert_non_null(in);
		memset(in, 'a', rows[i].total);
		for (size_t at = 0; at + 1 < rows[i].total;
		     at += rows[i].name + 1)
			in[at] = '/';
		ret = path_normalise(in, &out, &d);
		if ((ret == 0) != rows[i].taken)
			fail_msg("%s: %d %s", rows[i].label, ret, d.text);
		if (ret < 0 && !strstr(d.text, "long"))
			fail_msg("%s: the reason is missing: %s", rows[i].label,
				 d.text);
	}
}

static void under(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(under_rows); i++)
		if (path_under(under_rows[i].dir, under_rows[i].path) !=
		    under_rows[i].expected)
			fail_msg("%s", under_rows[i].label);
}

static void join(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(join_rows); i++) {
		cleanup_free char *s =
			path_join(join_rows[i].dir, join_rows[i].name);

		if (strcmp(s, join_rows[i].expected) != 0)
			fail_msg("%s: \"%s\"", join_rows[i].label, s);
	}
}

static void parts(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(part_rows); i++) {
		cleanup_free char *dir = path_dirname(part_rows[i].path);
		const char *base = basename(part_rows[i].path);

		if (strcmp(dir, part_rows[i].dir) != 0 ||
		    strcmp(base, part_rows[i].base) != 0)
			fail_msg("%s: \"%s\" \"%s\"", part_rows[i].label, dir,
				 base);
	}
}

static void expand_home(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(home_rows); i++) {
		cleanup_free char *out = NULL;
		struct diag d = {0};
		int ret = path_expand_home(home_rows[i].in, home_rows[i].home,
					   &out, &d);
		const char *expected = home_rows[i].expected;

		if (ret != (expected ? 0 : -1) || !out != !expected ||
		    (expected && strcmp(out, expected) != 0) ||
		    diag_is_set(&d) != !expected)
			fail_msg("%s: %d \"%s\" %s", home_rows[i].label, ret,
				 out ? out : "", d.text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(normalise), cmocka_unit_test(lengths),
		cmocka_unit_test(under),     cmocka_unit_test(join),
		cmocka_unit_test(parts),     cmocka_unit_test(expand_home),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
