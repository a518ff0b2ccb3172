/* SPDX-License-Identifier: MIT */
/* Where our own cgroup v2 is, as the kernel says it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "jail/cgroup.h"
#include "sbox/cleanup.h"

/* clang-format off */
static const struct row {
	const char *label, *cgroup, *expected; /* NULL: none */
} rows[] = {
	{ "a scope", "0::/user.slice/x.scope\n", "/user.slice/x.scope" },
	{ "the root", "0::/\n", "/" },
	{ "version 1 lines come first",
		"9:name=systemd:/no\n8:pids:/0::/no\n10::/no\n0::/yes\n",
		"/yes" },
	{ "version 1 lines come behind", "0::/yes\n1:pids:/no\n", "/yes" },
	{ "only version 1", "8:pids:/\n4:memory:/a\n", NULL },
	{ "no newline at the end", "0::/x", "/x" },
	{ "outside of the cgroup namespace", "0::/../x\n", NULL },
	{ "just outside", "0::/..\n", NULL },
	{ "a name that only begins with dots", "0::/..x\n", "/..x" },
	{ "a cut line", "0::", NULL },
	{ "nothing to read", "", NULL },
};
/* clang-format on */

static void test_find(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct row *r = &rows[i];
		cleanup_free char *got = cgroup_find(r->cgroup);

		if (!got != !r->expected ||
		    (got && strcmp(got, r->expected) != 0))
			fail_msg("%s: %s", r->label, got ? got : "none");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_find),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
