/* SPDX-License-Identifier: MIT */
/*
 * Processes that try to outlive the sandbox, all with MARK in their command
 * line, which is how the test finds them outside. survive MARK [stay]
 *
 * With "stay" the first one waits; else it exits 0 once the others are ready.
 */
#include "attack.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/ptrace.h>

static void ignore_all(void)
{
	for (int sig = 1; sig < 65; sig++)
		signal(sig, SIG_IGN);
}

static void forever(void)
{
	for (;;)
		pause();
}

static void double_forked(void)
{
	setsid();
	if (fork() != 0)
		_exit(0);
	setpgid(0, 0);
	ignore_all();
	forever();
}

static void stopped(void)
{
	if (fork() != 0)
		_exit(0);
	raise(SIGSTOP);
	forever();
}

static void traced(void)
{
	pid_t child;

	setsid();
	ignore_all();
	child = fork();
	if (child == 0) {
		(void)ptrace(PTRACE_TRACEME, 0, 0, 0);
		raise(SIGSTOP);
		forever();
	}
	/* die as the tracer's child would like to: never */
	forever();
}

static void blocked(void)
{
	sigset_t all;

	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, NULL);
	setsid();
	/* a chain that forks again whenever its parent goes */
	for (int i = 0; i < 3; i++)
		if (fork() == 0)
			forever();
	forever();
}

int main(int argc, char **argv)
{
	static void (*const how[])(void) = {double_forked, stopped, traced,
					    blocked};

	if (argc < 2 || argv[1][0] == '\0')
		return 2;
	for (size_t i = 0; i < sizeof(how) / sizeof(how[0]); i++)
		if (fork() == 0)
			how[i]();
	usleep(200000);
	puts("ready");
	fflush(stdout);
	if (argc > 2)
		forever();
	return 0;
}
