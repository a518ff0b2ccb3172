/* SPDX-License-Identifier: MIT */
/*
 * What becomes of the three descriptors that are passed: a regular file of
 * outside can't be opened again through /proc/self/fd, so not with more
 * rights either; a rule on the descriptor itself gives reading back, or
 * writing without truncation.
 */
#include "landlock.h"

#define HANDLED                                                                \
	(LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_WRITE_FILE |        \
	 LANDLOCK_ACCESS_FS_READ_DIR)

static int again(int fd, int flags)
{
	char path[64];

	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	return open(path, flags | O_CLOEXEC);
}

static int restricted(uint64_t extra)
{
	int proc = open("/proc", O_PATH | O_CLOEXEC);
	int set = ruleset_new(HANDLED | extra, 0, 0);

	must(set, "landlock_create_ruleset");
	must(ruleset_allow(set, proc, HANDLED), "rule on /proc");
	return set;
}

static void without_rule(void *arg)
{
	int in = open(arg, O_RDONLY | O_CLOEXEC);
	int p[2];

	must(pipe2(p, O_CLOEXEC), "pipe");
	must(ruleset_enter(restricted(0)), "landlock");
	claim(again(in, O_RDWR) < 0 && errno == EACCES,
	      "a read-only file can't be opened again for writing");
	claim(again(in, O_RDONLY) < 0 && errno == EACCES, "nor for reading");
	claim(again(p[0], O_RDONLY) >= 0, "a pipe can, without any rule");
}

static void with_rules(void *arg)
{
	int in = open(arg, O_RDONLY | O_CLOEXEC);
	int out = open(arg, O_WRONLY | O_APPEND | O_CLOEXEC);
	bool truncate = landlock_abi() >= 3;
	int set = restricted(truncate ? 1ULL << 14 : 0);

	must(ruleset_allow(set, in, LANDLOCK_ACCESS_FS_READ_FILE), "rule");
	must(ruleset_enter(set), "landlock");
	claim(again(in, O_RDONLY) >= 0,
	      "a rule on the descriptor gives reading back");
	claim(again(in, O_WRONLY) < 0 && errno == EACCES, "and nothing else");
	claim(ftruncate(out, 0) == 0,
	      "but an inherited append-only descriptor itself truncates");
}

static void append_rule(void *arg)
{
	int out = open(arg, O_WRONLY | O_APPEND | O_CLOEXEC);
	int set = restricted(1ULL << 14); /* FS_TRUNCATE, ABI 3 */

	must(ruleset_allow(set, out, LANDLOCK_ACCESS_FS_WRITE_FILE), "rule");
	must(ruleset_enter(set), "landlock");
	claim(again(out, O_WRONLY | O_APPEND) >= 0,
	      "WRITE_FILE without TRUNCATE lets >>/dev/stderr work");
	claim(again(out, O_WRONLY | O_TRUNC) < 0 && errno == EACCES,
	      "and >/dev/stderr of a file not");
}

int main(void)
{
	char *dir = scratch();
	char path[] = "file";
	int status;

	touch(path);
	status = run_child(without_rule, path);
	if (status == 0)
		status = run_child(with_rules, path);
	if (status == 0 && landlock_abi() >= 3)
		status = run_child(append_rule, path);
	scratch_remove(dir);
	return status;
}
