/* SPDX-License-Identifier: MIT */
/*
 * Every way to make a file with a set-id bit, or a device, in the current
 * directory; the test looks at the modes from outside.
 */
#include "attack.h"

#include <fcntl.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/syscall.h>

static int made(const char *name)
{
	return open(name, O_RDWR | O_CREAT, 0755);
}

int main(void)
{
	struct {
		uint64_t flags, mode, resolve;
	} how = {O_CREAT | O_RDWR, 06755, 0};

	umask(0);
	report("open", open("set-open", O_CREAT | O_RDWR, 06755));
	report("openat-high", syscall(SYS_openat, AT_FDCWD, "set-openat",
				      O_CREAT | O_RDWR, 04755L | (1L << 32)));
	report("openat2", syscall(SYS_openat2, AT_FDCWD, "set-openat2", &how,
				  sizeof(how)));
#ifdef SYS_creat
	report("creat", syscall(SYS_creat, "set-creat", 06755));
#endif
	made("set-chmod");
	report("chmod", chmod("set-chmod", 04755));
	made("set-chmod-group");
	report("chmod-group", chmod("set-chmod-group", 02755));
	report("fchmod", fchmod(made("set-fchmod"), 06755));
	made("set-fchmodat");
	report("fchmodat", fchmodat(AT_FDCWD, "set-fchmodat", 04711, 0));
	made("set-fchmodat2");
	report("fchmodat2", syscall(452, AT_FDCWD, "set-fchmodat2", 06755, 0));
	report("mknod", mknodat(AT_FDCWD, "set-mknod", S_IFREG | 06755, 0));
	report("mknod-block",
	       mknodat(AT_FDCWD, "dev-block", S_IFBLK | 0666, 0xfe00));
	report("mknod-char",
	       mknodat(AT_FDCWD, "dev-char", S_IFCHR | 0666, 0x101));
	report("tmpfile", openat(AT_FDCWD, ".", O_TMPFILE | O_RDWR, 06755));
	{
		int fd = openat(AT_FDCWD, ".", O_TMPFILE | O_RDWR, 06755);
		char path[64];

		snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
		report("linked-tmpfile",
		       linkat(AT_FDCWD, path, AT_FDCWD, "set-tmpfile",
			      AT_SYMLINK_FOLLOW));
	}
	return 0;
}
