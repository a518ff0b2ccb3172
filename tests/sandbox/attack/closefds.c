/* SPDX-License-Identifier: MIT */
/*
 * Run by the test, outside: start a command with some of 0, 1 and 2 closed.
 * closefds NUMBERS COMMAND..., as in "closefds 02 sbox true".
 */
#include "attack.h"

int main(int argc, char **argv)
{
	if (argc < 3)
		return 2;
	for (const char *c = argv[1]; *c != '\0'; c++)
		close(*c - '0');
	execvp(argv[2], argv + 2);
	return 120;
}
