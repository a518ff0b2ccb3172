/* SPDX-License-Identifier: MIT */
/*
 * storm N [COMMAND...]: N processes make children of pid 1 (CLONE_PARENT) that
 * die at once, for ever; then COMMAND is executed, or this is the end.
 */
#include "attack.h"

#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/syscall.h>

#define STACK 16384

static int die(void *arg)
{
	(void)arg;
	return (int)syscall(SYS_exit, 0);
}

/* The stacks are taken in turn: the last child may still be on its own. */
static int produce(void *arg)
{
	static char stacks[16][STACK] __attribute__((aligned(16)));

	setsid();
	for (unsigned i = 0;; i++)
		(void)clone(die, stacks[i % 16] + STACK,
			    CLONE_VM | CLONE_VFORK | CLONE_PARENT | SIGCHLD,
			    arg);
	return 0;
}

int main(int argc, char *argv[])
{
	int n = argc > 1 ? atoi(argv[1]) : 1;

	for (int i = 0; i < n; i++) {
		char *stack = malloc(STACK);

		if (!stack || clone(produce, stack + STACK,
				    CLONE_PARENT | SIGCHLD, NULL) < 0)
			report("producer", -1);
	}
	report("storm", 0);
	if (argc > 2)
		execv(argv[2], argv + 2);
	usleep(300000); /* it is blowing by then */
	return 0;
}
