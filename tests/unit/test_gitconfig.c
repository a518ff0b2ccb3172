/* SPDX-License-Identifier: MIT */
/* git's format of configuration, as git(1) itself reads it where it does. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "sbox/cleanup.h"
#include "sbox/gitconfig.h"
#include "sbox/strlist.h"

struct row {
	const char *label;
	const char *in;
	const char *expected; /* SECTION/KEY=VALUE; for each */
};

/* clang-format off */
static const struct row rows[] = {
	{ "nothing", "", "" },
	{ "a variable", "[user]\n\tname = A Tester\n", "user/name=A Tester;" },
	{ "no newline at the end", "[a]b=c", "a/b=c;" },
	{ "no blanks, one line", "[a]b=c\nd=e", "a/b=c;a/d=e;" },
	{ "case", "[CORE]\nHooksPath=X", "core/hookspath=X;" },
	{ "a subsection", "[Remote \"Or]i\\\"gin\"]Url=x", "remote.Or]i\"gin/url=x;" },
	{ "an old subsection", "[Remote.Origin] url=x", "remote.origin/url=x;" },
	{ "an empty subsection", "[core \"\"]a=b", "core./a=b;" },
	{ "a comment", "#[a]\n[b] ; [c]\nd=e # f\n;x\ng=h;i", "b/d=e;b/g=h;" },
	{ "a comment doesn't go on", "[a]\n# x \\\nb=c", "a/b=c;" },
	{ "quotes", "[a]b = x\"#  \"y \"\" # z", "a/b=x#  y ;" },
	{ "blanks at both ends", "[a]b= \t x y \t\r\n", "a/b=x y;" },
	{ "escapes", "[a]b=\\\"\\\\\\t\\n\\bx", "a/b=\"\\\t\n\bx;" },
	{ "a value goes on", "[a]b=x\\\n  y\\\r\nz\nc=d", "a/b=x  yz;a/c=d;" },
	{ "a key alone", "[a]b\nc\r\nd=", "a/b;a/c;a/d=;" },
	{ "CRLF", "[a]\r\nb=c\r\n", "a/b=c;" },
	{ "byte order mark", "\xef\xbb\xbf[a]b=c", "a/b=c;" },
	/* git refuses these: as much as can be */
	{ "no section", "b=c", "/b=c;" },
	{ "a section without its end", "[a\nb=c", "a/b=c;" },
	{ "a subsection without its end", "[a \"b\nc=d", "a.b/c=d;" },
	{ "a subsection and more", "[a \"b\" x]c=d\ne=f", "a.b/e=f;" },
	{ "a quote without its end", "[a]b=\"c\nd=e", "a/b=c;a/d=e;" },
	{ "no equals sign", "[a]b c\nd=e", "a/b;a/d=e;" },
	{ "a key that is none", "[a]\n1b=c\nd_e=f", "a/b=c;a/d;" },
	{ "a bracket alone", "[", "" },
	{ "a backslash at the end", "[a]b=c\\", "a/b=c;" },
	{ "a subsection that ends in a backslash", "[a \"\\", "" },
};
/* clang-format on */

static void test_rows(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		cleanup_free char *text = xstrdup(rows[i].in);
		cleanup_free char *got = xstrdup("");
		struct gitconfig c = {.at = text};

		while (gitconfig_next(&c))
			xreplace(&got, xasprintf("%s%s/%s%s%s;", got, c.section,
						 c.key, c.value ? "=" : "",
						 c.value ? c.value : ""));
		if (strcmp(got, rows[i].expected) != 0)
			fail_msg("%s: %s", rows[i].label, got);
	}
}

/* Whatever the text: it ends, within its bounds (with the sanitizers). */
static void test_every_short_text(void **state)
{
	static const char of[] = "[]\"\\=#a \r\n";
	char in[7];

	(void)state;
	for (unsigned long n = 0; n < 1000000; n++) {
		unsigned long rest = n;
		struct gitconfig c = {.at = in};
		size_t found = 0;

		for (size_t i = 0; i < sizeof(in) - 1; i++, rest /= 10)
			in[i] = of[rest % 10];
		in[sizeof(in) - 1] = '\0';
		while (gitconfig_next(&c)) {
			assert_true(c.key >= in && c.key[0] == 'a');
			assert_true(c.at <= in + sizeof(in) - 1);
			assert_true(!c.value || c.value > c.key);
			found++;
		}
		assert_true(found < sizeof(in));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_every_short_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
