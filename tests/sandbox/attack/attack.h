/* SPDX-License-Identifier: MIT */
/*
 * What the attack programs share: one line a try, "NAME: ok" or "NAME: EPERM".
 * They never judge: the test does, from outside.
 */
#ifndef ATTACK_H
#define ATTACK_H

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static inline void report(const char *name, long rc)
{
	if (rc < 0)
		printf("%s: %s\n", name, strerrorname_np(errno));
	else
		printf("%s: ok\n", name);
	fflush(stdout);
}

/* A try that may be killed for it: run in a child, "NAME: killed SIGSYS". */
#define TRY(name, call)                                                        \
	do {                                                                   \
		pid_t try_pid = fork();                                        \
		int try_status;                                                \
                                                                               \
		if (try_pid == 0) {                                            \
			long try_rc = (long)(call);                            \
                                                                               \
			report(name, try_rc);                                  \
			_exit(0);                                              \
		}                                                              \
		if (try_pid < 0 || waitpid(try_pid, &try_status, 0) < 0)       \
			perror(name);                                          \
		else if (WIFSIGNALED(try_status))                              \
			printf("%s: killed SIG%s\n", name,                     \
			       sigabbrev_np(WTERMSIG(try_status)));            \
		fflush(stdout);                                                \
	} while (0)

#endif
