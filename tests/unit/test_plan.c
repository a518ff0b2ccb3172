/* SPDX-License-Identifier: MIT */
/*
 * plan_print: nothing of a plan is kept back, and no terminal obeys what is in
 * it. What plan_build makes is tested by tests/golden.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "sbox/cleanup.h"
#include "sbox/plan.h"

/* Everything in it can be changed and printed. */
struct sample {
	struct plan_mount mount;
	cJSON object;
	char *words[1];
	int fd;
	struct ip_prefix route;
	struct listener listener;
	struct plan plan;
};

/* At file scope: the literals live as long as the program. */
static const struct sample base_sample = {
	.mount = {.type = PLAN_BIND,
		  .src = (char[]){"/a"},
		  .dst = (char[]){"/b"},
		  .data = (char[]){"data"},
		  .mode = S_IFDIR | 0700,
		  .why = (char[]){"why"}},
	.object = {.type = cJSON_Object},
	.words = {(char[]){"word"}},
	.fd = 9,
	.plan = {.nmounts = 1,
		 .cwd = (char[]){"/cwd"},
		 .hostname = (char[]){"host"},
		 .uid = 1,
		 .net = NET_NONE,
		 .net_policy = (char[]){"{}"},
		 .gateway = (char[]){"/gateway"},
		 .nroutes = 1,
		 .listeners = {.n = 1},
		 .landlock_files = true,
		 .tty = true,
		 .seccomp = {{.origin = (char[]){"profile"}},
			     {.origin = (char[]){"profile"}}}},
};

static void sample_init(struct sample *s)
{
	*s = base_sample;
	s->plan.mounts = &s->mount;
	s->plan.routes = &s->route;
	s->plan.listeners.v = &s->listener;
	memset(&s->plan.limits, 0xff, sizeof(s->plan.limits)); /* unlimited */
	s->plan.limits.pids_explicit = false;
	s->plan.limits.pids = 1;
}

static void expect_printed(const struct sample *s, const char *label)
{
	struct sample base;
	cleanup_free char *one = NULL;
	cleanup_free char *other = NULL;

	sample_init(&base);
	one = plan_print(&base.plan);
	other = plan_print(&s->plan);
	if (strcmp(one, other) == 0)
		fail_msg("%s: is not printed", label);
}

#define CHANGED(field, value)                                                  \
	{                                                                      \
		struct sample s;                                               \
                                                                               \
		sample_init(&s);                                               \
		s.field = (value);                                             \
		expect_printed(&s, #field);                                    \
	}

static void test_mount_is_complete(void **state)
{
	(void)state;
	for (int t = 0; t < PLAN__COUNT; t++) {
		if (t != PLAN_BIND)
			CHANGED(mount.type, (enum plan_mount_type)t)
	}
	for (unsigned flag = 1; flag <= PLAN_MAKE; flag <<= 1)
		CHANGED(mount.flags, flag)
	CHANGED(mount.src, (char[]){"/other"})
	CHANGED(mount.dst, (char[]){"/other"})
	CHANGED(mount.data, (char[]){"other"})
	CHANGED(mount.mode, S_IFREG)
	CHANGED(mount.why, (char[]){"other"})
	CHANGED(mount.access, PLAN_ACCESS_WRITE)
	CHANGED(mount.access, PLAN_ACCESS_DEVICE)
	CHANGED(mount.access, PLAN_ACCESS_SOCKET)
}

static void test_limits_are_complete(void **state)
{
	(void)state;
	CHANGED(plan.limits.memory, 5)
	CHANGED(plan.limits.cpu, 5)
	CHANGED(plan.limits.pids, 5)
	CHANGED(plan.limits.files, 5)
	CHANGED(plan.limits.file_size, 5)
	CHANGED(plan.limits.cpu_time, 5)
	CHANGED(plan.limits.time, 5)
	CHANGED(plan.tmpfs_bytes, 5) /* limits.tmp */
	CHANGED(plan.tmpfs_inodes, 5)
}

static void test_plan_is_complete(void **state)
{
	(void)state;
	CHANGED(plan.uid, 0)
	CHANGED(plan.gid, 5)
	CHANGED(plan.cwd, (char[]){"/other"})
	CHANGED(plan.hostname, (char[]){"other"})
	CHANGED(plan.keep_home, (char[]){"/other"})
	CHANGED(plan.net, NET_HOST)
	CHANGED(plan.net_loopback, true)
	CHANGED(plan.net_policy, (char[]){"{\"a\":1}"})
	CHANGED(plan.gateway, (char[]){"/other"})
	CHANGED(plan.nroutes, 0)
	CHANGED(route.bits, 9)
	CHANGED(plan.listeners.n, 0)
	CHANGED(listener.kind, LISTENER_PORT)
	CHANGED(listener.port, 9)
	CHANGED(plan.userns, true)
	CHANGED(plan.landlock_files, false)
	CHANGED(plan.landlock_tcp, true)
	CHANGED(plan.landlock_scopes, true)
	CHANGED(plan.landlock_abi, 5)
	CHANGED(plan.tty, false)
	CHANGED(plan.tty_filter, true)
	for (int i = 0; i < 3; i++) {
		CHANGED(plan.fd_is_tty[i], true)
		CHANGED(plan.fd_is_file[i], true)
	}
	CHANGED(plan.seccomp[0].object, &s.object)
	CHANGED(plan.seccomp[1].object, &s.object)
	for (size_t i = 0; i < 6; i++) {
		struct sample s;
		struct strlist *lists[] = {
			&s.plan.argv,  &s.plan.env,	 &s.plan.make_dirs,
			&s.plan.notes, &s.plan.warnings, &s.plan.gateway_env};

		sample_init(&s);
		*lists[i] = (struct strlist){.v = s.words, .n = 1};
		expect_printed(&s, "a list");
	}
}

static void test_kept_descriptor_is_printed(void **state)
{
	struct sample s;

	(void)state;
	sample_init(&s);
	s.plan.keep_fds = &s.fd;
	s.plan.nkeep_fds = 1;
	expect_printed(&s, "keep_fds");
}

/* For root only a cgroup holds the number of processes. */
static void test_pids_say_who_holds_them(void **state)
{
	static const struct {
		const char *want;
		uid_t uid;
		bool asked;
	} rows[] = {{"limit pids 1 rlimit\n", 1, true},
		    {"limit pids 1 cgroup\n", 0, true},
		    {"limit pids 1 cgroup if there is one\n", 0, false}};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		cleanup_free char *text = NULL;
		struct sample s;

		sample_init(&s);
		s.plan.uid = rows[i].uid;
		s.plan.limits.pids_explicit = rows[i].asked;
		text = plan_print(&s.plan);
		if (!strstr(text, rows[i].want))
			fail_msg("no %s", rows[i].want);
	}
}

/* What a terminal would obey appears only as text, and no name as two. */
static void test_escapes(void **state)
{
	static const char *const want[] = {
		"mount bind /b\\nmount from /a\\x1b[31m data data tree # why\n",
		"make /k\\r\\x20mode mode 0700 # home\n",
		"exec wo\\x20rd\n",
	};
	cleanup_free char *text = NULL;
	struct sample s;

	(void)state;
	sample_init(&s);
	s.mount.src = (char[]){"/a\033[31m"};
	s.mount.dst = (char[]){"/b\nmount"};
	s.plan.keep_home = (char[]){"/k\r mode"};
	s.words[0] = (char[]){"wo rd"};
	s.plan.argv = (struct strlist){.v = s.words, .n = 1};
	text = plan_print(&s.plan);
	for (size_t i = 0; i < ARRAY_SIZE(want); i++) {
		if (!strstr(text, want[i]))
			fail_msg("no %s", want[i]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_mount_is_complete),
		cmocka_unit_test(test_limits_are_complete),
		cmocka_unit_test(test_plan_is_complete),
		cmocka_unit_test(test_kept_descriptor_is_printed),
		cmocka_unit_test(test_pids_say_who_holds_them),
		cmocka_unit_test(test_escapes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
