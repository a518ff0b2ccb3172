/* SPDX-License-Identifier: MIT */
/*
 * What the programs of this directory share: a process in new namespaces with
 * the caller's ids mapped onto themselves, as the launcher makes it, and a
 * claim about the kernel. A program exits 0 if all its claims hold.
 */
#ifndef TESTS_KERNEL_H
#define TESTS_KERNEL_H

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define NS_ALL                                                                 \
	((uint64_t)(CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWPID |               \
		    CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS))

/* Prints the sentence and whether it holds; false ends the process with 1. */
static inline void claim(bool holds, const char *sentence)
{
	int e = errno;

	printf("%s: %s\n", holds ? "holds" : "FAILS", sentence);
	(void)fflush(stdout); /* only a report */
	if (!holds) {
		printf("errno was %d (%s)\n", e, strerror(e));
		(void)fflush(stdout);
		_exit(1);
	}
}

/* A system call that must fail with this errno. */
static inline void claim_errno(long result, int expected, const char *sentence)
{
	claim(result < 0 && errno == expected, sentence);
}

static inline int put(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	ssize_t n;
	int e;

	if (fd < 0)
		return -1;
	n = write(fd, text, strlen(text));
	e = errno;
	(void)close(fd); /* proc files report at write */
	errno = e;
	return n < 0 ? -1 : 0;
}

static inline pid_t clone_new(uint64_t flags)
{
	struct clone_args args = {.flags = flags, .exit_signal = SIGCHLD};

	return (pid_t)syscall(SYS_clone3, &args, sizeof(args));
}

/* Returns 0, or -1 with errno of the first file that refused. */
static inline int write_maps(pid_t pid)
{
	char path[64], map[64];

	(void)snprintf(path, sizeof(path), "/proc/%d/setgroups", pid);
	if (put(path, "deny") < 0)
		return -1;
	(void)snprintf(path, sizeof(path), "/proc/%d/uid_map", pid);
	(void)snprintf(map, sizeof(map), "%u %u 1", getuid(), getuid());
	if (put(path, map) < 0)
		return -1;
	(void)snprintf(path, sizeof(path), "/proc/%d/gid_map", pid);
	(void)snprintf(map, sizeof(map), "%u %u 1", getgid(), getgid());
	return put(path, map);
}

/* The exit status of a process, 128+n for a signal. */
static inline int reap(pid_t pid)
{
	int status;

	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			err(1, "waitpid");
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/* Run body(arg) as pid 1 of new namespaces. Returns its status. */
static inline int run_inside(uint64_t flags, void (*body)(void *), void *arg)
{
	int sv[2];
	char c = 'x';
	pid_t pid;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sv) < 0)
		err(1, "socketpair");
	pid = clone_new(flags);
	if (pid < 0)
		err(1, "clone3");
	if (pid == 0) {
		(void)close(sv[0]); /* the parent's */
		if (read(sv[1], &c, 1) != 1)
			_exit(3);
		body(arg);
		_exit(0);
	}
	if (write_maps(pid) < 0)
		err(1, "id maps");
	if (write(sv[0], &c, 1) != 1)
		err(1, "start");
	(void)close(sv[0]);
	(void)close(sv[1]);
	return reap(pid);
}

/* Run body(arg) in a plain child. Returns its status. */
static inline int run_child(void (*body)(void *), void *arg)
{
	pid_t pid = fork();

	if (pid < 0)
		err(1, "fork");
	if (pid == 0) {
		body(arg);
		_exit(0);
	}
	return reap(pid);
}

static inline void must(long result, const char *what)
{
	if (result < 0)
		err(2, "%s", what);
}

/* A new directory of our own; the cwd moves there. Returns its path. */
static inline char *scratch(void)
{
	static char path[] = "/var/tmp/sbox-kernel.XXXXXX";

	if (!mkdtemp(path) || chdir(path) < 0)
		err(1, "%s", path);
	return path;
}

static inline void touch(const char *path)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);

	must(fd, path);
	(void)close(fd);
}

/* Leave and remove what scratch() made; files two levels deep at most. */
static inline void scratch_remove(const char *path)
{
	pid_t pid = fork();

	if (pid == 0) {
		execlp("rm", "rm", "-rf", path, (char *)NULL);
		_exit(127);
	}
	if (pid < 0 || reap(pid) != 0 || chdir("/") < 0)
		warn("%s", path);
}

#endif
