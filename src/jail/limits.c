/* SPDX-License-Identifier: MIT */
/*
 * setrlimit(2) for one process and what it starts; memory and CPU share are
 * the cgroup's (cgroup.c), because RLIMIT_AS breaks every JIT.
 *
 * RLIMIT_NPROC counts per user namespace only when it is set inside (Linux
 * 5.14), so it bounds this sandbox and not the user (tests/kernel/nproc.c). It
 * is never enforced for the real root: there the cgroup holds it.
 *
 * No hard limit is raised, and of the soft ones only that of open files, which
 * many systems keep at 1024 for the sake of select(2), and that of core dumps:
 * with 0, the usual one, the kernel still pipes a core to the program that a
 * core_pattern names, as root and outside; with 1 it does neither that nor
 * write a file (fs/coredump.c: what it gives such a program itself).
 */
#include "jail/limits.h"

#include <sys/param.h>
#include <sys/resource.h>

#include "sbox/log.h"
#include "sbox/policy.h"

#define CPU_GRACE_S 5 /* between SIGXCPU and SIGKILL */

/* name: for messages. Between vfork and exec: system calls only. */
static void set(__rlimit_resource_t what, uint64_t soft, uint64_t hard,
		const char *name)
{
	struct rlimit now, want;

	if (soft == POLICY_UNLIMITED)
		return;
	if (getrlimit(what, &now) < 0)
		fatal("limits.%s: getrlimit", name);
	/* RLIM_INFINITY is the largest value, so MIN() is right for it */
	want.rlim_max = MIN(hard, now.rlim_max);
	want.rlim_cur = MIN(soft, want.rlim_max);
	if (what != RLIMIT_NOFILE && what != RLIMIT_CORE)
		want.rlim_cur = MIN(want.rlim_cur, now.rlim_cur);
	if (setrlimit(what, &want) < 0)
		fatal("limits.%s: setrlimit", name);
}

void limits_apply(const struct policy_limits *l)
{
	uint64_t cpu = l->cpu_time;
	struct rlimit queued;

	if (cpu != POLICY_UNLIMITED)
		cpu = howmany(cpu, 1000);
	/* queued signals are counted by user: the host keeps half */
	if (getrlimit(RLIMIT_SIGPENDING, &queued) < 0)
		fatal("limits: signals");
	set(RLIMIT_SIGPENDING, queued.rlim_cur / 2, queued.rlim_cur / 2,
	    "signals");
	/* the CPU is shared with the host, whatever the user may do there */
	set(RLIMIT_RTPRIO, 0, 0, "realtime");
	set(RLIMIT_NICE, 0, 0, "nice");
	set(RLIMIT_CORE, 1, 1, "core");
	set(RLIMIT_NPROC, l->pids, l->pids, "pids");
	set(RLIMIT_NOFILE, l->files, l->files, "files");
	set(RLIMIT_FSIZE, l->file_size, l->file_size, "fileSize");
	set(RLIMIT_CPU, cpu, cpu + CPU_GRACE_S, "cpuTime");
}
