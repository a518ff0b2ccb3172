/* SPDX-License-Identifier: MIT */
/* Diagnostics: the first error wins, and a cut message says that it was cut. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "sbox/diag.h"

static void first_error_wins(void **state)
{
	struct diag d = {0};

	(void)state;
	assert_false(diag_is_set(&d));
	assert_int_equal(diag_set(&d, "%s: %s", "a", "first"), -1);
	assert_true(diag_is_set(&d));
	assert_int_equal(diag_set(&d, "second"), -1);
	assert_int_equal(diag_set_errno(&d, ENOENT, "third"), -1);
	assert_string_equal(d.text, "a: first");
	assert_int_equal(diag_hint(&d, "do %d", 1), -1);
	assert_int_equal(diag_hint(&d, "do 2"), -1);
	assert_string_equal(d.hint, "do 1");
}

static void errno_is_explained_and_kept(void **state)
{
	struct diag d = {0}, unknown = {0}, full = {0};

	(void)state;
	errno = EXDEV;
	assert_int_equal(diag_set_errno(&d, ENOENT, "/x"), -1);
	assert_int_equal(errno, EXDEV);
	assert_string_equal(d.text, "/x: No such file or directory");
	(void)diag_set_errno(&unknown, 4000, "/x");
	assert_string_equal(unknown.text, "/x: error 4000");
	assert_string_equal(unknown.hint, "");
	(void)diag_set_errno(&unknown, EMFILE, "/y");
	assert_string_equal(unknown.hint, ""); /* it is another's */
	(void)diag_set_errno(&full, EMFILE, "/x");
	assert_non_null(strstr(full.hint, "ulimit -n"));
}

static void prefix_goes_before_the_text(void **state)
{
	struct diag d = {0};

	(void)state;
	assert_int_equal(diag_prefix(&d, "nothing"), -1);
	assert_false(diag_is_set(&d));
	(void)diag_set(&d, "why");
	assert_int_equal(diag_prefix(&d, "fs.read[%d]", 3), -1);
	assert_string_equal(d.text, "fs.read[3]: why");
}

static void ends_with(const char *label, const char *text, const char *end)
{
	size_t n = strlen(text), m = strlen(end);

	if (n < m || strcmp(text + n - m, end) != 0)
		fail_msg("%s: \"%s\" does not end in \"%s\"", label, text, end);
}

static void long_messages_are_cut_visibly(void **state)
{
	static const size_t sizes[] = {DIAG_TEXT_MAX - 5, DIAG_TEXT_MAX - 4,
				       DIAG_TEXT_MAX - 3, DIAG_TEXT_MAX - 2,
				       DIAG_TEXT_MAX - 1, DIAG_TEXT_MAX,
				       DIAG_TEXT_MAX + 1, 2 * DIAG_TEXT_MAX};
	char text[2 * DIAG_TEXT_MAX + 1];

	(void)state;
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		struct diag set = {0}, prefixed = {0}, hint = {0};
		struct diag with_errno = {0};

		memset(text, 'a', sizes[i]);
		text[sizes[i]] = '\0';
		(void)diag_set(&set, "%s", text);
		if (sizes[i] >= DIAG_TEXT_MAX)
			ends_with("diag_set", set.text, "a...");
		else
			assert_string_equal(set.text, text);
		(void)diag_set_errno(&with_errno, ENOENT, "%s", text);
		ends_with("diag_set_errno", with_errno.text, "...");
		(void)diag_set(&prefixed, "why");
		(void)diag_prefix(&prefixed, "%s", text);
		if (sizes[i] + 5 < DIAG_TEXT_MAX)
			ends_with("diag_prefix", prefixed.text, "a: why");
		else
			ends_with("diag_prefix", prefixed.text, "...");
		(void)diag_hint(&hint, "%s", text);
		ends_with("diag_hint", hint.hint, "a...");
	}
}

static void nobody_needs_to_listen(void **state)
{
	(void)state;
	assert_int_equal(diag_set(NULL, "x"), -1);
	assert_int_equal(diag_set_errno(NULL, EIO, "x"), -1);
	assert_int_equal(diag_set_errno(NULL, EMFILE, "x"), -1);
	assert_int_equal(diag_hint(NULL, "x"), -1);
	assert_int_equal(diag_prefix(NULL, "x"), -1);
	assert_false(diag_is_set(NULL));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(first_error_wins),
		cmocka_unit_test(errno_is_explained_and_kept),
		cmocka_unit_test(prefix_goes_before_the_text),
		cmocka_unit_test(long_messages_are_cut_visibly),
		cmocka_unit_test(nobody_needs_to_listen),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
