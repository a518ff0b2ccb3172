/* SPDX-License-Identifier: MIT */
/*
 * signals MODE [PID...]: "group" and "all" are kill(0) and kill(-1), after
 * ignoring the signal itself; "pids" kills each number given and all from 1 up;
 * "wait" prints every signal that arrives and ends at SIGQUIT.
 */
#include "attack.h"

#include <signal.h>
#include <stdlib.h>

int main(int argc, char **argv)
{
	const char *mode = argc > 1 ? argv[1] : "";

	if (strcmp(mode, "wait") == 0) {
		sigset_t all;
		int sig;

		sigfillset(&all);
		sigprocmask(SIG_SETMASK, &all, NULL);
		puts("ready");
		fflush(stdout);
		while (sigwait(&all, &sig) == 0) {
			printf("got %s\n", sigabbrev_np(sig));
			fflush(stdout);
			if (sig == SIGQUIT)
				return 0;
		}
		return 1;
	}
	for (int sig = 1; sig < 65; sig++)
		signal(sig, SIG_IGN);
	if (strcmp(mode, "group") == 0) {
		report("kill-0", kill(0, SIGTERM));
		report("kill-0-hup", kill(0, SIGHUP));
		report("kill-0-int", kill(0, SIGINT));
		report("kill--1-group", kill(-getpgrp(), SIGTERM));
	} else if (strcmp(mode, "all") == 0 && getpid() < 1000) {
		report("kill-all", kill(-1, SIGTERM));
		report("kill-all-kill", kill(-1, SIGKILL));
	} else {
		for (int i = 2; i < argc; i++) {
			pid_t pid = atoi(argv[i]);

			report("kill-pid", kill(pid, SIGKILL));
			report("kill-group", kill(-pid, SIGKILL));
		}
		/* in a pid namespace of its own numbers are small: never let
		 * this loose on a machine */
		for (pid_t pid = 2; getpid() < 1000 && pid < 70000; pid++)
			if (pid != getpid() && pid != getpgrp())
				kill(pid, SIGKILL);
	}
	puts("done");
	return 0;
}
