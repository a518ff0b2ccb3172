/* SPDX-License-Identifier: MIT */
/*
 * Run by the test, outside, as the agent of another sandbox could: exchange
 * two names over and over until it is killed. swap A B
 */
#include "attack.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>

int main(int argc, char **argv)
{
	if (argc != 3)
		return 2;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (;;) {
		if (renameat2(AT_FDCWD, argv[1], AT_FDCWD, argv[2],
			      RENAME_EXCHANGE) < 0) {
			perror("renameat2");
			return 1;
		}
		for (volatile int i = 0; i < 20000; i++)
			;
	}
}
