/* SPDX-License-Identifier: MIT */
/*
 * The pseudo-terminal belongs to a devpts of the sandbox's own, so ttyname(3)
 * works inside and no path leads to another terminal of the user.
 *
 * pid 1, not the payload, leads the session: the group of a session leader is
 * orphaned, and an orphaned group can't be stopped by Ctrl-Z. The signals that
 * a terminal sends to its session leader (HUP on hang-up) find pid 1 with the
 * default disposition, which the kernel ignores for the init of a pid
 * namespace; TTOU, which tcsetpgrp(3) from the background raises, is blocked
 * (supervisor_mask_signals).
 */
#include "jail/pty.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "sbox/log.h"

int pty_open(int *slave)
{
	int unlock = 0, master;

	/* Not /dev/ptmx, which could be a device node of another devpts. */
	master = open("/dev/pts/ptmx",
		      O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK);
	if (master < 0)
		fatal("terminal: open /dev/pts/ptmx");
	if (ioctl(master, TIOCSPTLCK, &unlock) < 0)
		fatal("terminal: unlock the pseudo-terminal");
	/* Linux 4.13: the other end without a path that could be swapped. */
	*slave = ioctl(master, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (*slave < 0)
		fatal("terminal: open the pseudo-terminal's other end");
	return master;
}

void pty_session(int slave)
{
	if (setsid() < 0)
		fatal("init: setsid");
	if (slave < 0)
		return;
	if (ioctl(slave, TIOCSCTTY, 0) < 0)
		fatal("terminal: TIOCSCTTY");
	/* A command substitution of bash ignores them (bash(1), JOB CONTROL).
	 * It is by them that we learn that the payload wants its terminal. */
	if (signal(SIGTTIN, SIG_DFL) == SIG_ERR ||
	    signal(SIGTTOU, SIG_DFL) == SIG_ERR)
		fatal("terminal: TTIN, TTOU");
}
