/* SPDX-License-Identifier: MIT */
/* Descriptors and files, in a directory of the test's own. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "sbox/cleanup.h"
#include "sbox/diag.h"
#include "sbox/fd.h"

static int enter(void **state)
{
	static char dir[] = "/tmp/sbox-test-fd.XXXXXX";

	*state = dir;
	return mkdtemp(dir) && chdir(dir) == 0 ? 0 : -1;
}

static int leave(void **state)
{
	char command[64];

	(void)snprintf(command, sizeof(command), "rm -rf %s", (char *)*state);
	return chdir("/") == 0 && system(command) == 0 ? 0 : -1;
}

static size_t entries(const char *path)
{
	DIR *dir = opendir(path);
	size_t n = 0;

	assert_non_null(dir);
	while (readdir(dir))
		n++;
	(void)closedir(dir); /* only read */
	return n - 2;
}

/* In a child: open 0-40, close all but keep, and say what differs. */
static int close_in_child(const int *keep, size_t n)
{
	int status = 0;
	pid_t pid = fork();

	if (pid == 0) {
		for (int fd = 3; fd <= 40; fd++)
			if (dup2(STDIN_FILENO, fd) < 0)
				_exit(99);
		if (fd_close_all_but(keep, n) < 0)
			_exit(98);
		for (int fd = 0; fd <= 40; fd++) {
			bool expected = fd < 3;

			for (size_t i = 0; i < n; i++)
				expected |= keep[i] == fd;
			if ((fcntl(fd, F_GETFD) >= 0) != expected)
				_exit(50 + fd);
		}
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void close_all_but(void **state)
{
	static const struct {
		const char *label;
		int keep[6];
		size_t n;
	} rows[] = {
		{"none", {0}, 0},
		{"one", {7}, 1},
		{"the first", {3}, 1},
		{"the last", {40}, 1},
		{"out of order", {30, 5, 17}, 3},
		{"neighbours", {5, 6, 7, 4}, 4},
		{"twice", {9, 9, 8, 9}, 4},
		{"standard streams and nonsense", {0, 1, 2, -1, 12, -7}, 6},
		{"not open, largest number", {3000, INT32_MAX, 11}, 3},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		int ret = close_in_child(rows[i].keep, rows[i].n);

		if (ret != 0)
			fail_msg("%s: %d", rows[i].label, ret);
	}
}

static void write_and_read(void **state)
{
	static const size_t lens[] = {0,    1,	  4095,	  4096, 4097,
				      8191, 8192, 100000, 65536};
	static char in[100000];

	(void)state;
	for (size_t i = 0; i < sizeof(in); i++)
		in[i] = (char)(i * 31 + i / 256);
	for (size_t i = 0; i < ARRAY_SIZE(lens); i++) {
		cleanup_free char *got = NULL, *exact = NULL;
		size_t len = 1;

		assert_int_equal(file_replace("f", in, lens[i], 0600), 0);
		got = file_read("f", 1000000, &len, NULL);
		assert_non_null(got);
		assert_int_equal(len, lens[i]);
		assert_memory_equal(got, in, len);
		assert_int_equal(got[len], 0);
		exact = file_read("f", lens[i], &len, NULL);
		assert_non_null(exact);
		if (lens[i] > 0) {
			assert_null(file_read("f", lens[i] - 1, &len, NULL));
			assert_int_equal(errno, EFBIG);
		}
	}
}

/* From a pipe, which does not say how much there is. */
static void read_pipe(void **state)
{
	static const struct {
		size_t len, max;
		bool taken;
	} rows[] = {{0, 0, true},	  {1, 0, false},
		    {10, 10, true},	  {11, 10, false},
		    {16384, 16384, true}, {16385, 16384, false},
		    {16383, 60000, true}, {16384, 60000, true},
		    {60000, 60000, true}, {60000, 59999, false}};
	static char in[60000];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		cleanup_free char *got = NULL;
		size_t len = 0;
		int fds[2];

		assert_int_equal(pipe(fds), 0);
		assert_int_equal(fd_write_all(fds[1], in, rows[i].len), 0);
		assert_int_equal(close(fds[1]), 0);
		got = fd_read_all(fds[0], rows[i].max, &len);
		if (!got && errno != EFBIG)
			fail_msg("%zu of %zu: %s", rows[i].len, rows[i].max,
				 strerror(errno));
		assert_int_equal(close(fds[0]), 0);
		if (!got != !rows[i].taken || (got && len != rows[i].len))
			fail_msg("%zu bytes, at most %zu", rows[i].len,
				 rows[i].max);
	}
	assert_null(fd_read_all(-1, 10, &(size_t){0}));
	assert_int_equal(errno, EBADF);
	assert_int_equal(fd_write_all(-1, "x", 1), -1);
	assert_int_equal(errno, EBADF);
}

static void what_is_no_file(void **state)
{
	static const struct {
		const char *label, *path;
		int err;
		const char *text;
	} rows[] = {
		{"missing", "none", ENOENT, "none: No such file or directory"},
		{"missing directory", "none/x", ENOENT,
		 "none/x: No such file or directory"},
		{"beneath a file", "plain/x", ENOTDIR,
		 "plain/x: Not a directory"},
		{"directory", ".", EINVAL, ".: not a regular file"},
		{"FIFO without a writer", "fifo", EINVAL,
		 "fifo: not a regular file"},
		{"device", "/dev/null", EINVAL,
		 "/dev/null: not a regular file"},
		{"endless device", "/dev/zero", EINVAL,
		 "/dev/zero: not a regular file"},
		{"symlink to itself", "loop", ELOOP,
		 "loop: Too many levels of symbolic links"},
		{"sparse and huge", "huge", EFBIG,
		 "huge: larger than 1000 bytes"},
	};

	(void)state;
	assert_int_equal(file_replace("plain", "x", 1, 0600), 0);
	assert_int_equal(mkfifo("fifo", 0600), 0);
	assert_int_equal(symlink("loop", "loop"), 0);
	assert_int_equal(file_replace("huge", "x", 1, 0600), 0);
	assert_int_equal(truncate("huge", 1 << 30), 0);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct diag d = {0};
		size_t len = 77;
		int err;
		char *got = file_read(rows[i].path, 1000, &len, &d);

		err = errno;
		if (got || err != rows[i].err || len != 77 ||
		    strcmp(d.text, rows[i].text) != 0)
			fail_msg("%s: errno %d, %s", rows[i].label, err,
				 d.text);
	}
}

/* Files of /proc say that they are empty and are not. */
static void file_of_unknown_size(void **state)
{
	cleanup_free char *got = NULL;
	size_t len = 0;

	(void)state;
	got = file_read("/proc/self/status", 100000, &len, NULL);
	assert_non_null(got);
	assert_true(len > 100 && strncmp(got, "Name:", 5) == 0);
	assert_null(file_read("/proc/self/status", 10, &len, NULL));
	assert_int_equal(errno, EFBIG);
}

static void replace(void **state)
{
	struct stat st;
	mode_t mask;

	(void)state;
	assert_int_equal(mkdir("r", 0700), 0);
	mask = umask(0077);
	assert_int_equal(file_replace("r/f", "old", 3, 0644), 0);
	(void)umask(mask);
	assert_int_equal(stat("r/f", &st), 0);
	assert_int_equal(st.st_mode & 07777, 0644);
	assert_int_equal(symlink("f", "r/link"), 0);
	assert_int_equal(file_replace("r/link", "new", 3, 0600), 0);
	assert_int_equal(lstat("r/link", &st), 0);
	assert_true(S_ISREG(st.st_mode)); /* the link, not its target */
	assert_int_equal(entries("r"), 2);
	assert_int_equal(mkdir("r/dir", 0700), 0);
	assert_int_equal(file_replace("r/dir", "x", 1, 0600), -1);
	assert_int_equal(errno, EISDIR);
	assert_int_equal(entries("r"), 3); /* nothing left behind */
	assert_int_equal(file_replace("none/f", "x", 1, 0600), -1);
	assert_int_equal(errno, ENOENT);
}

/* The disk fills up (RLIMIT_FSIZE stands in): the old content stays. */
static void replace_fails_half_way(void **state)
{
	static char big[100000];
	cleanup_free char *got = NULL;
	size_t len = 0;
	int status = 0;
	pid_t pid;

	(void)state;
	assert_int_equal(mkdir("h", 0700), 0);
	assert_int_equal(file_replace("h/f", "old", 3, 0600), 0);
	pid = fork();
	if (pid == 0) {
		struct rlimit limit = {5000, 5000};

		(void)signal(SIGXFSZ, SIG_IGN);
		if (setrlimit(RLIMIT_FSIZE, &limit) < 0)
			_exit(99);
		_exit(file_replace("h/f", big, sizeof(big), 0600) == -1 &&
				      errno == EFBIG
			      ? 0
			      : 1);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	assert_int_equal(entries("h"), 1);
	got = file_read("h/f", 10, &len, NULL);
	assert_string_equal(got, "old");
}

static void make_directories(void **state)
{
	static const struct {
		const char *label, *path;
		int err; /* 0: made */
	} rows[] = {
		{"three levels", "m/a/b", 0},
		{"again", "m/a/b", 0},
		{"slashes", "m//c///d/", 0},
		{"root", "/", 0},
		{"the current one", ".", 0},
		{"through a symlink", "m/link/x", 0},
		{"a file is in the way", "m/file/x", ENOTDIR},
		{"a file is there", "m/file", ENOTDIR},
		{"dangling symlink", "m/dangling", EEXIST},
		{"nothing", "", ENOENT},
	};
	struct stat st;

	(void)state;
	assert_int_equal(dir_make("m", 0700), 0);
	assert_int_equal(stat("m", &st), 0);
	assert_int_equal(st.st_mode & 07777, 0700);
	assert_int_equal(file_replace("m/file", "", 0, 0600), 0);
	assert_int_equal(symlink("a", "m/link"), 0);
	assert_int_equal(symlink("none", "m/dangling"), 0);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		int ret = dir_make(rows[i].path, 0700);

		if (ret != (rows[i].err ? -1 : 0) ||
		    (ret < 0 && errno != rows[i].err))
			fail_msg("%s: %d %s", rows[i].label, ret,
				 strerror(errno));
		if (ret == 0 &&
		    (stat(rows[i].path, &st) < 0 || !S_ISDIR(st.st_mode)))
			fail_msg("%s: not made", rows[i].label);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(close_all_but),
		cmocka_unit_test(write_and_read),
		cmocka_unit_test(read_pipe),
		cmocka_unit_test(what_is_no_file),
		cmocka_unit_test(file_of_unknown_size),
		cmocka_unit_test(replace),
		cmocka_unit_test(replace_fails_half_way),
		cmocka_unit_test(make_directories),
	};

	return cmocka_run_group_tests(tests, enter, leave);
}
