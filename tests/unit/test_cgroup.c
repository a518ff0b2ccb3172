/* SPDX-License-Identifier: MIT */
/* Where our own cgroup v2 is, from the two files the kernel shows it in. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "jail/cgroup.h"
#include "sbox/cleanup.h"

#define UNIFIED                                                                \
	"24 1 8:1 / / rw - ext4 /dev/sda1 rw\n"                                \
	"31 24 0:26 / /sys/fs/cgroup rw,nosuid shared:9 - cgroup2 cgroup2 "    \
	"rw\n"
#define BELOW "31 24 0:26 /a/b /cg rw - cgroup2 cgroup2 rw,nsdelegate\n"

/* clang-format off */
static const struct row {
	const char *label, *mounts, *cgroup, *expected; /* NULL: none */
} rows[] = {
	{ "a scope", UNIFIED, "0::/user.slice/x.scope\n",
		"/sys/fs/cgroup/user.slice/x.scope" },
	{ "the root", UNIFIED, "0::/\n", "/sys/fs/cgroup" },
	{ "version 1 lines come first", UNIFIED,
		"9:name=systemd:/no\n8:pids:/0::/no\n10::/no\n0::/yes\n",
		"/sys/fs/cgroup/yes" },
	{ "only version 1", UNIFIED, "8:pids:/\n4:memory:/a\n", NULL },
	{ "no newline at the end", UNIFIED, "0::/x", "/sys/fs/cgroup/x" },
	{ "outside of the cgroup namespace", UNIFIED, "0::/../x\n", NULL },
	{ "a part of the hierarchy", BELOW, "0::/a/b/c\n", "/cg/c" },
	{ "the root of that part", BELOW, "0::/a/b\n", "/cg" },
	{ "a name that only begins alike", BELOW, "0::/a/bc\n", NULL },
	{ "the first mount that shows it", BELOW UNIFIED, "0::/z\n",
		"/sys/fs/cgroup/z" },
	{ "a space in the mount point",
		"3 1 0:2 / /my\\040cg\\134x rw - cgroup2 none rw\n", "0::/x\n",
		"/my cg\\x/x" },
	{ "version 1 mounts",
		"3 1 0:2 / /sys/fs/cgroup/pids rw - cgroup cgroup rw,pids\n",
		"0::/\n", NULL },
	{ "a source that is called cgroup2",
		"3 1 0:2 / /tmp rw - tmpfs cgroup2 rw\n", "0::/\n", NULL },
	{ "a short line", "3 1 - cgroup2 cgroup2\n", "0::/\n", NULL },
	{ "nothing to read", "", "", NULL },
};
/* clang-format on */

static void test_find(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct row *r = &rows[i];
		cleanup_free char *got = NULL;
		int rc = cgroup_find(r->mounts, r->cgroup, &got);

		if (rc != (r->expected ? 0 : -1) ||
		    (r->expected && strcmp(got, r->expected) != 0))
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
