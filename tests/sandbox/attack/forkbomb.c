/* SPDX-License-Identifier: MIT */
/*
 * Make processes (or "threads") until refused or MAX is reached, keep all of
 * them, and say how many there were. forkbomb MAX [threads]
 */
#include "attack.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>

static void *wait_forever(void *arg)
{
	for (;;)
		pause();
	return arg;
}

int main(int argc, char **argv)
{
	int max = argc > 1 ? atoi(argv[1]) : 1000;
	int n;

	signal(SIGTERM, SIG_IGN);
	for (n = 0; n < max; n++) {
		if (argc > 2) {
			pthread_t t;

			if (pthread_create(&t, NULL, wait_forever, NULL) != 0)
				break;
			continue;
		}
		pid_t pid = fork();

		if (pid < 0)
			break;
		if (pid == 0)
			wait_forever(NULL);
	}
	printf("%d\n", n);
	fflush(stdout);
	_exit(0);
}
