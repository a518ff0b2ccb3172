/* SPDX-License-Identifier: MIT */
/*
 * How nested user namespaces are switched off: 0 in max_user_namespaces,
 * which is a number of each user namespace, needs CAP_SYS_RESOURCE there, and
 * must be written before /proc/sys is read-only.
 */
#include "kernel.h"

static void body(void *arg)
{
	(void)arg;
	claim(put("/proc/sys/user/max_user_namespaces", "0") == 0,
	      "pid 1 may write max_user_namespaces");
	claim_errno(unshare(CLONE_NEWUSER), ENOSPC,
		    "unshare of a user namespace is then ENOSPC");
	claim_errno(clone_new(CLONE_NEWUSER), ENOSPC, "and so is clone3");
}

static void outside(void *arg)
{
	(void)arg;
	claim(unshare(CLONE_NEWUSER) == 0, "outside nothing has changed");
}

int main(void)
{
	int status = run_inside(NS_ALL, body, NULL);

	return status ? status : run_child(outside, NULL);
}
