/* SPDX-License-Identifier: MIT */
/*
 * Where the secrets of net.services come from, and their bounds. The clock and
 * poll(2) are the test's own, so that a minute takes no time.
 */
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "sbox-service/secret.h"
#include "sbox/cleanup.h"
#include "sbox/diag.h"
#include "sbox/egress.h"
#include "sbox/strlist.h"

static int64_t clock_ms;
static bool silent; /* nothing more comes than what came first */

int clock_gettime(clockid_t id, struct timespec *ts)
{
	(void)id;
	ts->tv_sec = clock_ms / 1000;
	ts->tv_nsec = clock_ms % 1000 * 1000000;
	return 0;
}

/* What comes, comes after a second; where nothing does, all of ms passes. */
int poll(struct pollfd *fds, nfds_t n, int ms)
{
	struct timespec real = {.tv_sec = 20};
	int r;

	assert_in_range(ms, 1, SECRET_COMMAND_MS);
	if (silent && clock_ms > 0)
		real = (struct timespec){.tv_nsec = 50000000};
	r = ppoll(fds, n, &real, NULL);
	clock_ms += r == 0 || ms < 1000 ? ms : 1000;
	return r > 0 && ms < 1000 ? 0 : r;
}

static char dir[] = "/tmp/sbox-test-secret.XXXXXX";

static int enter(void **state)
{
	(void)state;
	/* what a command leaves behind becomes ours */
	return prctl(PR_SET_CHILD_SUBREAPER, 1) == 0 && mkdtemp(dir) &&
			       chdir(dir) == 0
		       ? 0
		       : -1;
}

static int leave(void **state)
{
	cleanup_free char *command = xasprintf("rm -rf %s", dir);

	(void)state;
	return chdir("/") == 0 && system(command) == 0 ? 0 : -1;
}

/* A file "key" of n bytes x and a newline. */
static void make_key(size_t n)
{
	FILE *f = fopen("key", "we");

	assert_non_null(f);
	for (size_t i = 0; i < n; i++)
		assert_int_equal(fputc('x', f), 'x');
	assert_int_equal(fputc('\n', f), '\n');
	assert_int_equal(fclose(f), 0);
}

/* The longest that is taken, and one byte more, from each source. */
static void longest(void **state)
{
	cleanup_free char *path = xasprintf("%s/key", dir);
	cleanup_free char *command = xasprintf("cat %s", path);
	const struct egress_secret from[] = {
		{.file = path}, {.env = "SBOX_KEY"}, {.command = command}};

	(void)state;
	for (size_t i = 0; i < 2 * ARRAY_SIZE(from); i++) {
		size_t n = SECRET_MAX + i % 2;
		cleanup_free char *value = xcalloc(n + 1, 1);
		cleanup_free char *got = NULL;
		struct diag d = {0};

		make_key(n);
		memset(value, 'x', n);
		assert_int_equal(setenv("SBOX_KEY", value, 1), 0);
		got = secret_read(&from[i / 2], &d);
		if (n > SECRET_MAX && !got)
			assert_non_null(strstr(d.text, "8192 bytes"));
		else if (n > SECRET_MAX || !got || strcmp(got, value) != 0)
			fail_msg("%zu bytes, source %zu: %s", n, i / 2,
				 got ? "taken" : d.text);
	}
}

/* A long output doesn't hide that its command failed. */
static void failed_late(void **state)
{
	static char command[] = "head -c 8192 /dev/zero | tr '\\0' x; echo; "
				"exit 1";
	const struct egress_secret s = {.command = command};
	struct diag d = {0};

	(void)state;
	assert_null(secret_read(&s, &d));
	assert_string_equal(d.text, "command: it failed (status 1)");
}

/* All of the process group that wrote "pid" ends, within 10 seconds. */
static bool group_ends(void)
{
	const struct timespec a_moment = {.tv_nsec = 10000000};
	FILE *f = fopen("pid", "re");
	int pid, tries = 0;

	assert_non_null(f);
	assert_int_equal(fscanf(f, "%d", &pid), 1);
	assert_int_equal(fclose(f), 0);
	while (waitpid(-pid, NULL, WNOHANG) >= 0 && tries++ < 1000)
		(void)nanosleep(&a_moment, NULL); /* tried again anyway */
	(void)kill(-pid, SIGKILL);		  /* where it doesn't */
	return tries < 1000;
}

/* A minute, whether nothing comes or something each second; then it is killed,
 * with what it started. */
static void too_slow(void **state)
{
	static const struct {
		const char *text;
		bool silent;
	} rows[] = {
		{"exec sleep 600", true},
		{"sleep 600", true},
		{"sleep 600 & echo key", true},
		{"while echo x; do sleep 0.01; done", false},
		{"echo key; exec >&-; sleep 600", true},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		cleanup_free char *text = xasprintf(
			"echo $$ >%s/pid; echo x; %s", dir, rows[i].text);
		const struct egress_secret s = {.command = text};
		struct diag d = {0};

		clock_ms = 0;
		silent = rows[i].silent;
		assert_null(secret_read(&s, &d));
		assert_string_equal(d.text, "command: no end within 60 s");
		assert_in_range(clock_ms, 60000, 61000);
		if (!group_ends())
			fail_msg("not killed: %s", rows[i].text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(longest),
		cmocka_unit_test(failed_late),
		cmocka_unit_test(too_slow),
	};

	return cmocka_run_group_tests(tests, enter, leave);
}
