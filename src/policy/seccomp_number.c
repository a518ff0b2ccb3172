/* SPDX-License-Identifier: MIT */
/*
 * What is known of system calls: their numbers, and how many bits of each
 * argument the kernel reads.
 *
 * Numbers: calls that libseccomp 2.5.4 doesn't know by name come from a table
 * of ours, so that a filter means the same whichever libseccomp is installed.
 * From 424 on all architectures share their numbers.
 *
 * Widths: SYSCALL_DEFINE converts every argument to the type the call declares
 * (an int is the low 32 bits of the register, an umode_t the low 16), so a
 * filter that compares all 64 bits is dodged by setting a high one:
 * CVE-2019-10063, ioctl(fd, TIOCSTI | 1 << 32). Arguments not named here are
 * pointers, sizes or longs, which the kernel reads whole. Three are longs by
 * declaration and truncated later: clone's flags (lower_32_bits), ptrace's
 * pid, the descriptors of mmap and readv and its kin.
 */
#include <linux/audit.h>
#include <seccomp.h>
#include <string.h>

#include "sbox/cleanup.h"
#include "sbox/seccomp_profile.h"

/* clang-format off */
const struct seccomp_arch seccomp_arches[SECCOMP_ARCH__COUNT] = {
	[SECCOMP_X86_64]  = { "SCMP_ARCH_X86_64",  "amd64", AUDIT_ARCH_X86_64,
			      SCMP_ARCH_X86_64,  0x40000000 },
	[SECCOMP_AARCH64] = { "SCMP_ARCH_AARCH64", "arm64", AUDIT_ARCH_AARCH64,
			      SCMP_ARCH_AARCH64, 0 },
};

/* From this number on, one after the other. */
#define NEWER_FROM 451
static const char *const newer[] = {
	"cachestat", "fchmodat2", "map_shadow_stack", "futex_wake",
	"futex_wait", "futex_requeue", "statmount", "listmount",
	"lsm_get_self_attr", "lsm_set_self_attr", "lsm_list_modules", "mseal",
	"setxattrat", "getxattrat", "listxattrat", "removexattrat",
	"open_tree_attr", "file_getattr", "file_setattr", "listns",
	"rseq_slice_yield",
};
#define X86_FROM 335
static const char *const newer_x86[] = { "uretprobe", "uprobe" };

/* One string of six letters for the six arguments: i = 32 bits, m = umode_t
 * (16 bits), - = whole. The names are separated by single spaces. */
static const struct {
	const char bits[7];
	const char *names;
} widths[] = {
	{ "i-----", "accept alarm arch_prctl clock_adjtime clock_getres "
		    "clock_gettime clock_settime clone close dup "
		    "epoll_create epoll_create1 eventfd exit exit_group "
		    "fchdir fdatasync fgetxattr flistxattr fremovexattr "
		    "fstat fstatfs fsync ftruncate futimesat get_robust_list "
		    "getgroups getitimer getpeername getpgid getrlimit "
		    "getrusage getsid getsockname inotify_init1 io_setup "
		    "io_uring_setup iopl keyctl memfd_secret migrate_pages "
		    "mlockall modify_ldt mq_getsetattr mq_notify "
		    "mq_timedreceive openat2 personality pkey_free prctl "
		    "pread64 preadv process_vm_readv process_vm_writev "
		    "pselect6 pwrite64 pwritev read readahead readv "
		    "rt_sigaction rt_sigprocmask sched_get_priority_max "
		    "sched_get_priority_min sched_getparam "
		    "sched_getscheduler sched_rr_get_interval sched_setparam "
		    "select set_mempolicy setfsgid setfsuid setgid setgroups "
		    "setitimer setrlimit setuid signalfd syncfs sysfs "
		    "timer_create timer_delete timer_getoverrun "
		    "timer_gettime timerfd_gettime umask userfaultfd ustat "
		    "write writev" },
	{ "ii----", "clock_nanosleep dup2 eventfd2 fallocate fanotify_init "
		    "fcntl flock getpriority inotify_rm_watch ioctl "
		    "ioprio_get kexec_file_load kill landlock_restrict_self "
		    "listen msgctl msgget pidfd_open prlimit64 "
		    "process_mrelease rt_sigqueueinfo sched_getaffinity "
		    "sched_setaffinity sched_setscheduler seccomp sendfile "
		    "setns setpgid setregid setreuid shmctl shutdown "
		    "timer_settime timerfd_create timerfd_settime tkill" },
	{ "i-i---", "bind bpf connect epoll_pwait2 faccessat finit_module "
		    "fspick getdents getdents64 getxattrat inotify_add_watch "
		    "listxattrat lseek mount_setattr open_by_handle_at "
		    "open_tree open_tree_attr quotactl recvmsg removexattrat "
		    "renameat sched_setattr semop semtimedop sendmsg "
		    "setxattrat shmat shmget syslog unlinkat wait4" },
	{ "iii---", "close_range dup3 epoll_ctl fchown fsmount getsockopt "
		    "ioprio_set kcmp membarrier pidfd_getfd quotactl_fd "
		    "reboot rt_tgsigqueueinfo semctl semget setpriority "
		    "setresgid setresuid socket socketpair tgkill" },
	{ "i--i--", "accept4 cachestat fadvise64 lsm_get_self_attr "
		    "mq_timedsend msgsnd newfstatat readlinkat recvfrom "
		    "signalfd4 sync_file_range utimensat vmsplice" },
	{ "-i----", "access delete_module fsopen memfd_create pipe2 ppoll "
		    "ptrace setdomainname sethostname swapon symlinkat "
		    "umount2" },
	{ "--i---", "getrandom ioperm landlock_create_ruleset "
		    "lsm_list_modules madvise map_shadow_stack mlock2 msync "
		    "readlink" },
	{ "i-ii--", "epoll_pwait epoll_wait faccessat2 lsm_set_self_attr "
		    "recvmmsg sched_getattr sendmmsg statx" },
	{ "i---i-", "execveat file_getattr file_setattr fsetxattr msgrcv "
		    "name_to_handle_at" },
	{ "ii-i--", "fanotify_mark io_uring_register landlock_add_rule "
		    "pidfd_send_signal tee waitid" },
	{ "---i--", "listmount listns pkey_mprotect request_key statmount" },
	{ "----i-", "add_key lsetxattr mmap setxattr" },
	{ "-ii---", "chown lchown poll" },
	{ "-iii--", "futex_requeue perf_event_open rseq" },
	{ "-m----", "chmod creat mkdir" },
	{ "i----i", "move_pages preadv2 pwritev2" },
	{ "i-i-i-", "linkat move_mount renameat2" },
	{ "-im---", "mq_open open" },
	{ "i-i--i", "copy_file_range splice" },
	{ "i-m---", "fchmodat mkdirat" },
	{ "i-mi--", "fchmodat2 mknodat" },
	{ "-----i", "mbind" },
	{ "---i-i", "futex_wait" },
	{ "--ii--", "futex_wake" },
	{ "-ii--i", "futex" },
	{ "-ii-i-", "futex_waitv" },
	{ "-mi---", "mknod" },
	{ "i--i-i", "sendto" },
	{ "i--ii-", "process_madvise" },
	{ "i-iii-", "fchownat" },
	{ "i-im--", "openat" },
	{ "ii--i-", "fsconfig" },
	{ "iii-i-", "setsockopt" },
	{ "iiii--", "io_uring_enter" },
	{ "im----", "fchmod" },
};
/* clang-format on */

const struct seccomp_arch *seccomp_native_arch(void)
{
#if defined(__x86_64__) && !defined(__ILP32__)
	return &seccomp_arches[SECCOMP_X86_64];
#elif defined(__aarch64__)
	return &seccomp_arches[SECCOMP_AARCH64];
#else
#error "seccomp: only x86-64 and aarch64 have tables"
#endif
}

int syscall_number(const char *name, const struct seccomp_arch *arch)
{
	int nr;

	for (int i = 0; i < (int)ARRAY_SIZE(newer); i++)
		if (strcmp(newer[i], name) == 0)
			return NEWER_FROM + i;
	for (int i = 0; i < (int)ARRAY_SIZE(newer_x86); i++)
		if (strcmp(newer_x86[i], name) == 0)
			return arch->audit == AUDIT_ARCH_X86_64
				       ? X86_FROM + i
				       : SYSCALL_ELSEWHERE;
	nr = seccomp_syscall_resolve_name_arch(arch->token, name);
	if (nr >= 0)
		return nr;
	/* libseccomp's pseudo numbers are calls of other architectures. */
	return nr == __NR_SCMP_ERROR ? SYSCALL_UNKNOWN : SYSCALL_ELSEWHERE;
}

uint64_t syscall_arg_bits(const char *name, unsigned arg)
{
	for (size_t i = 0; i < ARRAY_SIZE(widths); i++) {
		if (!words_have(widths[i].names, name))
			continue;
		if (widths[i].bits[arg] == 'm')
			return UINT16_MAX;
		return widths[i].bits[arg] == 'i' ? UINT32_MAX : UINT64_MAX;
	}
	return UINT64_MAX;
}
