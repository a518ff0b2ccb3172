/* SPDX-License-Identifier: MIT */
/*
 * Lock-down, in the child between fork and exec; each step removes something
 * and none can be undone. Of capabilities pid 1 has left one (launch.c).
 *
 *	limits -> terminal and signals -> capabilities -> Landlock -> seccomp
 *	-> exec
 *
 * The child shares pid 1's memory (CLONE_VM | CLONE_VFORK: no page tables to
 * copy), so it makes system calls and otherwise writes only to its own stack
 * and to the errno that it reports. pid 1 is suspended until exec or exit.
 */
#include "jail/payload.h"

#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "jail/inside.h"
#include "jail/limits.h"
#include "jail/supervisor.h"
#include "sbox/log.h"
#include "sbox/plan.h"
#include "sbox/seccomp_filter.h"

#define PAYLOAD_STACK ((size_t)64 * 1024)

static void child_terminal(const struct inside *in)
{
	if (setpgid(0, 0) < 0)
		fatal("payload: process group");
	if (in->tty < 0)
		return;
	/* SIGTTOU is blocked here: a background group may do this */
	if (in->foreground && tcsetpgrp(in->tty, getpid()) < 0)
		fatal("payload: foreground");
	for (int i = 0; i < 3; i++) {
		if (in->plan->fd_is_tty[i] && dup2(in->tty, i) < 0)
			fatal("payload: terminal");
	}
}

static void child_filters(const struct inside *in)
{
	/* The project's comes last: while it is the only one, its answer to
	 * seccomp(2) could be error 0, and ours would not be there. */
	for (int i = 0; i < 2; i++) {
		const struct seccomp_filter *f = &in->filters[i];
		struct sock_fprog prog = {.len = f->len, .filter = f->insns};

		if (!f->len || syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0,
				       &prog) == 0)
			continue;
		if (i > 0)
			fatal_hint("a profile's seccomp must allow seccomp "
				   "for a project's to be added",
				   "payload: the project's seccomp");
		fatal("payload: seccomp");
	}
}

static int child_main(void *arg)
{
	struct inside *in = arg;
	char **argv = in->plan->argv.v;

	limits_apply(&in->plan->limits);
	child_terminal(in);
	supervisor_mask_signals(SIG_UNBLOCK);
	if (cap_set_proc(in->no_capabilities) < 0)
		fatal("payload: capabilities");
	if (in->ruleset >= 0 &&
	    syscall(SYS_landlock_restrict_self, in->ruleset, 0) < 0)
		fatal("payload: landlock");
	child_filters(in);
	execvp(argv[0], argv);
	in->exec_errno = errno;
	_exit(SBOX_EXIT_NOEXEC);
}

void payload_start(struct inside *in)
{
	char *stack = xreallocarray(NULL, PAYLOAD_STACK, 1);

	environ = in->env;
	in->payload = clone(child_main, stack + PAYLOAD_STACK,
			    CLONE_VM | CLONE_VFORK | SIGCHLD, in);
	if (in->payload < 0)
		fatal("payload: clone");
	free(stack);
	if (in->exec_errno && waitpid(in->payload, NULL, 0) < 0)
		fatal("payload: wait");
}
