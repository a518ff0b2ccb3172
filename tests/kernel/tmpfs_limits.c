/* SPDX-License-Identifier: MIT */
/*
 * Every tmpfs has a size and a number of files, they hold, and without
 * capabilities they can't be raised. noswap is refused in a user namespace.
 */
#include <linux/capability.h>

#include "kernel.h"

static void fill(void)
{
	static const char block[65536];
	int fd = open("big", O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	size_t total = 0;
	ssize_t n;

	while ((n = write(fd, block, sizeof(block))) > 0)
		total += (size_t)n;
	claim(n < 0 && errno == ENOSPC && total == 1 << 20,
	      "size=1m: one MiB and not a byte more");
}

static void inodes(void)
{
	int made = 0;

	for (;; made++) {
		char name[16];

		(void)snprintf(name, sizeof(name), "%d", made);
		if (mkdir(name, 0700) < 0)
			break;
	}
	claim(errno == ENOSPC && made < 64, "nr_inodes=64 holds");
}

static void body(void *arg)
{
	struct __user_cap_header_struct h = {_LINUX_CAPABILITY_VERSION_3, 0};
	struct __user_cap_data_struct d[2] = {{0, 0, 0}, {0, 0, 0}};

	(void)arg;
	claim_errno(mount("tmpfs", "/tmp", "tmpfs", 0, "size=1m,noswap"),
		    EINVAL, "noswap is refused");
	must(mount("tmpfs", "/tmp", "tmpfs", 0, "size=1m,nr_inodes=64"),
	     "tmpfs");
	must(chdir("/tmp"), "chdir");
	fill();
	inodes();
	must(syscall(SYS_capset, &h, d), "capset");
	claim_errno(mount("tmpfs", "/tmp", "tmpfs", MS_REMOUNT, "size=1g"),
		    EPERM, "without capabilities it can't be raised");
}

int main(void)
{
	return run_inside(NS_ALL, body, NULL);
}
