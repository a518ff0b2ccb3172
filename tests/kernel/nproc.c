/* SPDX-License-Identifier: MIT */
/*
 * RLIMIT_NPROC counts the processes of one user namespace when it is set
 * inside it, so the user's other processes don't count. The host's root is
 * not bound by it inside either.
 */
#include <sys/resource.h>

#include "kernel.h"

#define LIMIT 10

static void body(void *arg)
{
	struct rlimit lim = {LIMIT, LIMIT};
	int made = 0;

	(void)arg;
	must(setrlimit(RLIMIT_NPROC, &lim), "setrlimit");
	/* capabilities over the limit would lift it */
	must(setresuid(getuid(), getuid(), getuid()), "setresuid");
	while (made < 4 * LIMIT) {
		pid_t pid = fork();

		if (pid < 0)
			break;
		if (pid == 0)
			for (;;)
				(void)pause();
		made++;
	}
	if (getuid() == 0)
		claim(made == 4 * LIMIT, "root is not bound");
	else
		claim(made == LIMIT - 1 && errno == EAGAIN,
		      "pid 1 and nine more, whatever runs outside");
}

int main(void)
{
	return run_inside(NS_ALL, body, NULL);
}
