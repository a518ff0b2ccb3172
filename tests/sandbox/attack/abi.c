/* SPDX-License-Identifier: MIT */
/*
 * The other system call entries of an x86-64 kernel: i386 through int 0x80
 * (getpid is 20 there, and 39 is mkdir), and x32 numbers.
 */
#include "attack.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#ifdef __x86_64__
/* i386 mkdir("/proc/self/cwd/abi"...): its path must lie below 4 GiB. */
static long int80(long nr, long ebx, long ecx)
{
	long rc;

	__asm__ volatile("int $0x80"
			 : "=a"(rc)
			 : "a"(nr), "b"(ebx), "c"(ecx)
			 : "memory", "r8", "r9", "r10", "r11");
	if (rc < 0) {
		errno = (int)-rc;
		return -1;
	}
	return rc;
}

int main(void)
{
	char *low =
		mmap((void *)0x10000000, 4096, PROT_READ | PROT_WRITE,
		     MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);

	TRY("int80-getpid", int80(20, 0, 0));
	TRY("int80-unknown", int80(1000, 0, 0));
	if (low != MAP_FAILED) {
		strcpy(low, "made-by-int80");
		TRY("int80-mkdir", int80(39, (long)low, 0755));
	}
	TRY("x32-getpid", syscall(SYS_getpid | 0x40000000));
	TRY("x32-mkdir", syscall(SYS_mkdir | 0x40000000, "made-by-x32", 0755));
	TRY("x32-ptrace", syscall(521 | 0x40000000, 0, 0, 0, 0));
	return 0;
}
#else
int main(void)
{
	puts("not x86-64");
	return 0;
}
#endif
