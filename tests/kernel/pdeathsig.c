/* SPDX-License-Identifier: MIT */
/*
 * Why nothing survives sbox: PDEATHSIG of pid 1 outlives the dropping of
 * capabilities, and the kernel kills the whole pid namespace with it, also
 * what was forked twice, stopped, or ignores every signal.
 */
#include <linux/capability.h>
#include <poll.h>
#include <sys/prctl.h>

#include "kernel.h"

static void drop_caps(void)
{
	struct __user_cap_header_struct h = {_LINUX_CAPABILITY_VERSION_3, 0};
	struct __user_cap_data_struct d[2] = {{0, 0, 0}, {0, 0, 0}};

	must(syscall(SYS_capset, &h, d), "capset");
}

/* Three processes that hold the pipe: stopped, deaf, and forked twice. */
static void spawn(void)
{
	for (int kind = 0; kind < 3; kind++) {
		if (fork() != 0)
			continue;
		if (kind == 0)
			(void)raise(SIGSTOP);
		for (int s = 1; kind == 1 && s < 32; s++)
			(void)signal(s, SIG_IGN); /* KILL and STOP refuse */
		if (kind == 2 && fork() != 0)
			_exit(0);
		if (kind == 2)
			(void)setsid();
		for (;;)
			(void)pause();
	}
}

static void pid_one(int ready)
{
	claim(getppid() == 0, "getppid() is 0 for pid 1 of a namespace");
	must(prctl(PR_SET_PDEATHSIG, SIGKILL), "PDEATHSIG");
	drop_caps();
	spawn();
	(void)usleep(100000);
	if (write(ready, "x", 1) != 1)
		_exit(1);
	for (;;)
		(void)pause();
}

int main(void)
{
	struct pollfd p = {.events = POLLIN};
	int hold[2], ready[2];
	pid_t supervisor;
	char c;

	must(pipe2(hold, O_CLOEXEC) | pipe2(ready, O_CLOEXEC), "pipe");
	supervisor = fork();
	must(supervisor, "fork");
	if (supervisor == 0) {
		pid_t pid = clone_new(NS_ALL);

		must(pid, "clone3");
		if (pid == 0)
			pid_one(ready[1]);
		(void)close(hold[1]);
		for (;;)
			(void)pause();
	}
	(void)close(hold[1]);
	(void)close(ready[1]);
	claim(read(ready[0], &c, 1) == 1, "pid 1 runs without capabilities");
	must(kill(supervisor, SIGKILL), "kill");
	(void)reap(supervisor);
	/* the pipe's last writer is gone when everything inside is */
	p.fd = hold[0];
	claim(poll(&p, 1, 5000) == 1 && read(hold[0], &c, 1) == 0,
	      "kill -9 of the supervisor took everything inside with it");
	return 0;
}
