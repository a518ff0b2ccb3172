/* SPDX-License-Identifier: MIT */
/*
 * What a pid 1 that is not dumpable keeps from the payload of the same uid
 * once both have no capabilities, and what it doesn't: prlimit(2) and the
 * scheduler's calls on it succeed. And why the maps come first: the parent
 * can't write them for a process that is not dumpable.
 */
#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/uio.h>

#include "kernel.h"

static int try_open(const char *path)
{
	return open(path, O_RDONLY | O_CLOEXEC);
}

static void payload(void *arg)
{
	static const char *const closed[] = {"/proc/1/environ", "/proc/1/mem",
					     "/proc/1/fd/0",	"/proc/1/root/",
					     "/proc/1/ns/mnt",	"/proc/1/cwd/",
					     "/proc/1/maps"};
	struct rlimit lim;
	char buf[16];
	struct iovec here = {buf, sizeof(buf)}, there = {arg, sizeof(buf)};
	int pidfd;

	for (size_t i = 0; i < sizeof(closed) / sizeof(closed[0]); i++) {
		int fd = try_open(closed[i]);
		ssize_t n = fd < 0 ? -1 : read(fd, buf, sizeof(buf));

		claim(n < 0 && (errno == EACCES || errno == EPERM), closed[i]);
	}
	claim_errno(ptrace(PTRACE_ATTACH, 1, NULL, NULL), EPERM, "ptrace");
	claim_errno(process_vm_readv(1, &here, 1, &there, 1, 0), EPERM,
		    "process_vm_readv");
	pidfd = (int)syscall(SYS_pidfd_open, 1, 0);
	claim_errno(syscall(SYS_pidfd_getfd, pidfd, 0, 0), EPERM,
		    "pidfd_getfd");
	claim(try_open("/proc/1/status") >= 0 &&
		      try_open("/proc/1/mountinfo") >= 0,
	      "status and mountinfo stay readable");
	claim(syscall(SYS_prlimit64, 1, RLIMIT_CPU, NULL, &lim) == 0,
	      "prlimit on pid 1 is not covered: the filter's business");
}

static void body(void *arg)
{
	struct __user_cap_header_struct h = {_LINUX_CAPABILITY_VERSION_3, 0};
	struct __user_cap_data_struct d[2] = {{0, 0, 0}, {0, 0, 0}};

	(void)arg;
	must(mount("proc", "/proc", "proc", 0, NULL), "proc");
	must(prctl(PR_SET_DUMPABLE, 0), "dumpable");
	must(syscall(SYS_capset, &h, d), "capset");
	claim(prctl(PR_GET_DUMPABLE) == 0, "capset does not undo it");
	_exit(run_child(payload, &h));
}

static void early(void)
{
	pid_t pid = clone_new(NS_ALL);

	must(pid, "clone3");
	if (pid == 0) {
		(void)prctl(PR_SET_DUMPABLE, 0); /* always may */
		for (;;)
			(void)pause();
	}
	(void)usleep(50000);
	if (getuid() != 0) /* root reaches it by CAP_SYS_PTRACE */
		claim(write_maps(pid) < 0 && errno == EACCES,
		      "not dumpable too early: the maps can't be written");
	must(kill(pid, SIGKILL), "kill");
	(void)reap(pid);
}

int main(void)
{
	early();
	return run_inside(NS_ALL, body, NULL);
}
