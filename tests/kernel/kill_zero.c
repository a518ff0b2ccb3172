/* SPDX-License-Identifier: MIT */
/*
 * Why pid 1 makes a session of its own even without a terminal: a process
 * group crosses the border of pid namespaces, so kill(0) from inside would
 * reach the supervisor outside.
 */
#include "kernel.h"

static void without(void *arg)
{
	(void)arg;
	(void)kill(0, SIGTERM); /* pid 1 itself is immune */
}

static void with(void *arg)
{
	(void)arg;
	must(setsid(), "setsid");
	(void)kill(0, SIGTERM);
}

static void supervisor(void *arg)
{
	void (**body)(void *) = arg;

	must(setpgid(0, 0), "setpgid");
	(void)run_inside(NS_ALL, *body, NULL);
}

int main(void)
{
	void (*body)(void *) = without;

	claim(run_child(supervisor, &body) == 128 + SIGTERM,
	      "without setsid, kill(0) from inside kills the supervisor");
	body = with;
	claim(run_child(supervisor, &body) == 0, "with setsid it does not");
	return 0;
}
