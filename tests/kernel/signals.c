/* SPDX-License-Identifier: MIT */
/*
 * Signals from inside to pid 1: SIGKILL and those without a handler are
 * ignored by the kernel; handled ones are delivered with the sender's pid, by
 * which pid 1 tells them from the supervisor's (0).
 */
#include "kernel.h"

static volatile pid_t sender = -1;

static void note(int sig, siginfo_t *info, void *context)
{
	(void)sig;
	(void)context;
	sender = info->si_pid;
}

static void payload(void *arg)
{
	(void)arg;
	claim(kill(1, SIGKILL) == 0 && kill(1, SIGTERM) == 0 &&
		      kill(1, SIGUSR1) == 0,
	      "a process inside may call kill on pid 1");
}

static void body(void *arg)
{
	struct sigaction a = {.sa_sigaction = note, .sa_flags = SA_SIGINFO};

	(void)arg;
	must(sigaction(SIGUSR1, &a, NULL), "sigaction");
	if (run_child(payload, NULL) != 0)
		_exit(1);
	claim(sender > 0, "SIGKILL and SIGTERM did nothing; the handled one "
			  "came with the sender's pid");
}

int main(void)
{
	return run_inside(NS_ALL, body, NULL);
}
