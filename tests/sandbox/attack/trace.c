/* SPDX-License-Identifier: MIT */
/* PTRACE_TRACEME in a child: what a debugger does first. */
#include "attack.h"

#include <sys/ptrace.h>

int main(void)
{
	TRY("traceme", ptrace(PTRACE_TRACEME, 0, 0, 0));
	return 0;
}
