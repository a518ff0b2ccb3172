/* SPDX-License-Identifier: MIT */
/*
 * Everything that one process can do to another of the same uid, done to
 * pid 1. pid1 MODE: look (harmless), or one of kill, rlimit, slow.
 */
#include "attack.h"

#include <dirent.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/uio.h>

static const char *const files[] = {"environ", "mem",	  "maps",
				    "auxv",    "stack",	  "syscall",
				    "io",      "pagemap", "smaps"};
static const char *const links[] = {"root",   "cwd",	 "exe",
				    "ns/mnt", "ns/user", "ns/net",
				    "fd/0",   "fd/1",	 "fd/3"};

static long read_file(const char *path)
{
	char buf[4096];
	int fd = open(path, O_RDONLY);
	ssize_t n;

	if (fd < 0)
		return -1;
	n = read(fd, buf, sizeof(buf));
	if (n > 0)
		fwrite(buf, 1, (size_t)n, stdout);
	return n;
}

static long list_dir(const char *path)
{
	DIR *d = opendir(path);

	if (d == NULL)
		return -1;
	closedir(d);
	return 0;
}

static long vm_readv(void)
{
	char buf[16];
	struct iovec here = {buf, sizeof(buf)};
	struct iovec there = {(void *)0x400000, sizeof(buf)};

	return process_vm_readv(1, &here, 1, &there, 1, 0);
}

static long getfd(int n)
{
	int pidfd = (int)syscall(SYS_pidfd_open, 1, 0);

	if (pidfd < 0)
		return -1;
	return syscall(SYS_pidfd_getfd, pidfd, n, 0);
}

static void look(void)
{
	char path[64];
	struct rlimit rl;

	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		snprintf(path, sizeof(path), "/proc/1/%s", files[i]);
		TRY(path, read_file(path));
	}
	for (size_t i = 0; i < sizeof(links) / sizeof(links[0]); i++) {
		char target[256];

		snprintf(path, sizeof(path), "/proc/1/%s", links[i]);
		TRY(path, readlink(path, target, sizeof(target)));
	}
	TRY("/proc/1/root/", list_dir("/proc/1/root/"));
	TRY("/proc/1/cwd/", list_dir("/proc/1/cwd/"));
	TRY("/proc/1/fd/", list_dir("/proc/1/fd/"));
	TRY("ptrace-attach", ptrace(PTRACE_ATTACH, 1, 0, 0));
	TRY("ptrace-seize", ptrace(PTRACE_SEIZE, 1, 0, 0));
	TRY("process_vm_readv", vm_readv());
	for (int n = 0; n < 8; n++)
		TRY("pidfd_getfd", getfd(n));
	TRY("prlimit-get", prlimit(1, RLIMIT_CPU, NULL, &rl));
}

static long write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY);

	return fd < 0 ? -1 : write(fd, text, strlen(text));
}

/* Everything that would make the watcher late. */
static void slow(void)
{
	struct sched_param idle = {0};
	struct {
		unsigned size, policy;
		unsigned long long flags;
		int nice;
		unsigned prio;
		unsigned long long runtime, deadline, period;
	} attr = {.size = sizeof(attr), .policy = SCHED_IDLE};
	cpu_set_t one;

	CPU_ZERO(&one);
	CPU_SET(0, &one);
	TRY("setscheduler", sched_setscheduler(1, SCHED_IDLE, &idle));
	TRY("setattr", syscall(SYS_sched_setattr, 1, &attr, 0));
	TRY("setaffinity", sched_setaffinity(1, sizeof(one), &one));
	TRY("process", setpriority(PRIO_PROCESS, 1, 19));
	TRY("user", setpriority(PRIO_USER, getuid(), 19));
	TRY("group", setpgid(0, 1) < 0 ? -1 : setpriority(PRIO_PGRP, 1, 19));
	TRY("autogroup", write_file("/proc/1/autogroup", "19"));
	TRY("our-autogroup", write_file("/proc/self/autogroup", "19"));
	TRY("oom", write_file("/proc/1/oom_score_adj", "1000"));
}

int main(int argc, char **argv)
{
	const char *mode = argc > 1 ? argv[1] : "look";

	if (strcmp(mode, "look") == 0) {
		look();
	} else if (strcmp(mode, "slow") == 0) {
		slow();
	} else if (strcmp(mode, "kill") == 0) {
		for (int sig = 1; sig < 65; sig++) {
			if (kill(1, sig) == 0)
				continue;
			printf("%d %s\n", sig, strerrorname_np(errno));
		}
		usleep(300000);
		puts("still here");
	} else if (strcmp(mode, "rlimit") == 0) {
		struct rlimit rl = {1, 1};

		report("prlimit-cpu", prlimit(1, RLIMIT_CPU, &rl, NULL));
		rl.rlim_cur = rl.rlim_max = 3;
		report("prlimit-nofile", prlimit(1, RLIMIT_NOFILE, &rl, NULL));
		report("prlimit-high", syscall(SYS_prlimit64, 1L | (1L << 32),
					       RLIMIT_CPU, &rl, NULL));
	}
	return 0;
}
