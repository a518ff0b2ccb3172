/* SPDX-License-Identifier: MIT */
/*
 * The terminal inside: a devpts of its own, the slave by TIOCGPTPEER, made
 * the controlling terminal of a session led by pid 1. The names fit, and what
 * outside does to the master (the size) arrives.
 */
#include <sys/ioctl.h>
#include <termios.h>

#include "kernel.h"

static void body(void *arg)
{
	struct winsize big = {.ws_row = 50, .ws_col = 132}, got;
	int unlock = 0, ptmx, tty;
	char name[64];

	(void)arg;
	must(mount("tmpfs", "/dev", "tmpfs", 0, "size=1m"), "tmpfs");
	must(mkdir("/dev/pts", 0755), "mkdir");
	must(mount("devpts", "/dev/pts", "devpts", MS_NOSUID | MS_NOEXEC,
		   "newinstance,ptmxmode=0666,mode=620"),
	     "devpts");
	ptmx = open("/dev/pts/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC);
	must(ptmx, "ptmx");
	must(ioctl(ptmx, TIOCSPTLCK, &unlock), "TIOCSPTLCK");
	tty = ioctl(ptmx, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC);
	claim(tty >= 0, "TIOCGPTPEER opens the slave without a path");
	claim(ttyname_r(tty, name, sizeof(name)) == 0 &&
		      strcmp(name, "/dev/pts/0") == 0,
	      "its name is /dev/pts/0");
	claim(setsid() == 1 && ioctl(tty, TIOCSCTTY, 0) == 0,
	      "pid 1 may lead the session that owns it");
	must(ioctl(ptmx, TIOCSWINSZ, &big), "TIOCSWINSZ");
	claim(ioctl(tty, TIOCGWINSZ, &got) == 0 && got.ws_col == 132,
	      "a resize through the master arrives");
	claim(tcgetpgrp(tty) == getpgrp(), "job control has a foreground");
}

static void gid_five(void *arg)
{
	(void)arg;
	claim_errno(
		mount("devpts", "/dev/pts", "devpts", 0, "newinstance,gid=5"),
		EINVAL, "gid=5 is refused: it is not mapped");
}

int main(void)
{
	int status = run_inside(NS_ALL, body, NULL);

	return status ? status : run_inside(NS_ALL, gid_five, NULL);
}
