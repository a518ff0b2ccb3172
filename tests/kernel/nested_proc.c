/* SPDX-License-Identifier: MIT */
/*
 * Why --userns leaves /proc unmasked for an ordinary user: the kernel mounts
 * a proc in a nested user namespace only if one is fully visible already
 * (mount_too_revealing()).
 */
#include "kernel.h"

static void nested(void *arg)
{
	const bool *masked = arg;
	int r = mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC,
		      NULL);

	if (*masked)
		claim_errno(r, EPERM,
			    "with a file masked, a nested /proc is "
			    "refused");
	else
		claim(r == 0, "unmasked, a nested /proc can be mounted");
}

static void outer(void *arg)
{
	const bool *masked = arg;

	must(mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC,
		   NULL),
	     "proc");
	if (*masked)
		must(mount("/dev/null", "/proc/timer_list", NULL, MS_BIND,
			   NULL),
		     "mask");
	_exit(run_inside(NS_ALL, nested, arg));
}

int main(void)
{
	bool masked = false;
	int status = run_inside(NS_ALL, outer, &masked);

	masked = true;
	return status ? status : run_inside(NS_ALL, outer, &masked);
}
