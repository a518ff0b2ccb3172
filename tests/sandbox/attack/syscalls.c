/* SPDX-License-Identifier: MIT */
/*
 * System calls that no program in the sandbox has a use for, each tried with
 * arguments that would be right, or at least harmless where they work (the
 * test runs this outside too, on purpose never as root).
 *
 *	syscalls [NAME...]	all, or only these
 */
#include "attack.h"

#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/perf_event.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/timex.h>

#define ARG(x) ((long)(uintptr_t)(x))
#define HIGH   (1L << 32)

static union bpf_attr bpf_map = {.map_type = BPF_MAP_TYPE_ARRAY,
				 .key_size = 4,
				 .value_size = 4,
				 .max_entries = 1};
static struct perf_event_attr perf = {.type = PERF_TYPE_SOFTWARE,
				      .size = sizeof(perf),
				      .config = PERF_COUNT_SW_CPU_CLOCK};
static char params[256]; /* io_uring_params, zero */
static struct {
	uint32_t handle_bytes;
	int32_t handle_type;
	unsigned char f_handle[128];
} handle = {.handle_bytes = 128};
static int mount_id;
static uint64_t clone_args[11] = {[4] = SIGCHLD};
static uint64_t clone_args_user[11] = {CLONE_NEWUSER, [4] = SIGCHLD};
static uint64_t mount_attr[4] = {0, 1 /* clear RDONLY */};
static uint64_t open_how[3] = {O_RDONLY};
static struct timespec past;
static struct timex tx;

struct call {
	const char *name;
	long nr;
	long a[6];
};

/* clang-format off */
static const struct call calls[] = {
	{ "unshare-user", SYS_unshare, { CLONE_NEWUSER } },
	{ "unshare-mount", SYS_unshare, { CLONE_NEWNS } },
	{ "unshare-net", SYS_unshare, { CLONE_NEWNET } },
	{ "unshare-pid", SYS_unshare, { CLONE_NEWPID } },
	{ "unshare-user-high", SYS_unshare, { CLONE_NEWUSER | HIGH } },
	{ "clone-user", SYS_clone, { CLONE_NEWUSER | SIGCHLD } },
	{ "clone-user-mount", SYS_clone, { CLONE_NEWUSER | CLONE_NEWNS | SIGCHLD } },
	{ "clone-pid", SYS_clone, { CLONE_NEWPID | SIGCHLD } },
	{ "clone-time", SYS_clone, { CLONE_NEWCGROUP | SIGCHLD } },
	{ "clone3", SYS_clone3, { ARG(clone_args), sizeof(clone_args) } },
	{ "clone3-user", SYS_clone3, { ARG(clone_args_user), sizeof(clone_args_user) } },
	{ "setns", SYS_setns, { -1, 0 } },
	{ "mount-tmpfs", SYS_mount, { ARG("none"), ARG("."), ARG("tmpfs"), 0, 0 } },
	{ "mount-remount", SYS_mount, { 0, ARG("/usr"), 0, MS_REMOUNT | MS_BIND, 0 } },
	{ "mount-bind", SYS_mount, { ARG("/"), ARG("."), 0, MS_BIND, 0 } },
	{ "mount-propagation", SYS_mount, { 0, ARG("/"), 0, MS_SHARED, 0 } },
	{ "umount", SYS_umount2, { ARG("/usr"), MNT_DETACH } },
	{ "umount-proc", SYS_umount2, { ARG("/proc"), MNT_DETACH } },
	{ "pivot_root", SYS_pivot_root, { ARG("."), ARG(".") } },
	{ "chroot", SYS_chroot, { ARG(".") } },
	{ "open_tree", SYS_open_tree, { AT_FDCWD, ARG("/"), 1 } },
	{ "open_tree-plain", SYS_open_tree, { AT_FDCWD, ARG("/"), 0 } },
	{ "move_mount", SYS_move_mount, { AT_FDCWD, ARG("/usr"), AT_FDCWD, ARG("."), 0 } },
	{ "fsopen", SYS_fsopen, { ARG("tmpfs"), 0 } },
	{ "fsconfig", SYS_fsconfig, { -1, 0, 0, 0, 0 } },
	{ "fsmount", SYS_fsmount, { -1, 0, 0 } },
	{ "fspick", SYS_fspick, { AT_FDCWD, ARG("/"), 0 } },
	{ "mount_setattr", 442, { AT_FDCWD, ARG("/usr"), 0, ARG(mount_attr), sizeof(mount_attr) } },
	{ "mknod-block", SYS_mknodat, { AT_FDCWD, ARG("dev-block"), S_IFBLK | 0666, (254 << 8) | 0 } },
	{ "mknod-char", SYS_mknodat, { AT_FDCWD, ARG("dev-char"), S_IFCHR | 0666, (1 << 8) | 1 } },
	{ "mknod-whiteout", SYS_mknodat, { AT_FDCWD, ARG("dev-whiteout"), S_IFCHR, 0 } },
	{ "name_to_handle_at", SYS_name_to_handle_at, { AT_FDCWD, ARG("."), ARG(&handle), ARG(&mount_id), 0 } },
	{ "open_by_handle_at", SYS_open_by_handle_at, { AT_FDCWD, ARG(&handle), O_RDONLY } },
	{ "bpf-map", SYS_bpf, { BPF_MAP_CREATE, ARG(&bpf_map), sizeof(bpf_map) } },
	{ "perf_event_open", SYS_perf_event_open, { ARG(&perf), 0, -1, -1, 0 } },
	{ "userfaultfd", SYS_userfaultfd, { 1 /* UFFD_USER_MODE_ONLY */ } },
	{ "io_uring_setup", SYS_io_uring_setup, { 4, ARG(params) } },
	{ "io_uring_enter", SYS_io_uring_enter, { -1, 1, 0, 0, 0, 0 } },
	{ "io_uring_register", SYS_io_uring_register, { -1, 0, 0, 0 } },
	{ "fanotify_init", SYS_fanotify_init, { 0x200, O_RDONLY } },
	{ "memfd_secret", 447, { 0 } },
	{ "add_key", SYS_add_key, { ARG("user"), ARG("x"), ARG("y"), 1, -3 } },
	{ "request_key", SYS_request_key, { ARG("user"), ARG("x"), 0, -3 } },
	{ "keyctl", SYS_keyctl, { 0, -3, 1 } },
	{ "kcmp", SYS_kcmp, { 1, 1, 2, 0, 0 } },
	{ "process_vm_writev", SYS_process_vm_writev, { 1, 0, 0, 0, 0, 0 } },
	{ "process_madvise", SYS_process_madvise, { -1, 0, 0, 0, 0 } },
	{ "pidfd_getfd", SYS_pidfd_getfd, { -1, 0, 0 } },
	{ "move_pages", SYS_move_pages, { 1, 0, 0, 0, 0, 0 } },
	{ "migrate_pages", SYS_migrate_pages, { 1, 0, 0, 0 } },
	{ "kexec_load", SYS_kexec_load, { 0, 0, 0, 0 } },
	{ "init_module", SYS_init_module, { ARG("x"), 1, ARG("") } },
	{ "finit_module", SYS_finit_module, { -1, ARG(""), 0 } },
	{ "delete_module", SYS_delete_module, { ARG("no_such_module"), O_NONBLOCK } },
	{ "reboot", SYS_reboot, { 0xfee1dead, 672274793, 0, 0 } },
	{ "swapon", SYS_swapon, { ARG("no-such-file"), 0 } },
	{ "swapoff", SYS_swapoff, { ARG("no-such-file") } },
	{ "acct", SYS_acct, { ARG("no-such-file") } },
	{ "syslog", SYS_syslog, { 3, ARG(params), sizeof(params) } },
	{ "quotactl", SYS_quotactl, { 0x800007 << 8, 0, 0, 0 } },
	{ "settimeofday", SYS_settimeofday, { ARG(&past), 0 } },
	{ "clock_settime", SYS_clock_settime, { 0, ARG(&past) } },
	{ "adjtimex", SYS_adjtimex, { ARG(&tx) } },
	{ "clock_adjtime", SYS_clock_adjtime, { 0, ARG(&tx) } },
	{ "sethostname", SYS_sethostname, { ARG("x"), 1 } },
	{ "setdomainname", SYS_setdomainname, { ARG("x"), 1 } },
	{ "vhangup", SYS_vhangup, { 0 } },
	{ "lookup_dcookie", SYS_lookup_dcookie, { 0, 0, 0 } },
	{ "openat2", SYS_openat2, { AT_FDCWD, ARG("."), ARG(open_how), sizeof(open_how) } },
#ifdef __x86_64__
	{ "iopl", SYS_iopl, { 3 } },
	{ "ioperm", SYS_ioperm, { 0x70, 1, 1 } },
	{ "modify_ldt", SYS_modify_ldt, { 1, 0, 0 } },
	{ "uselib", SYS_uselib, { ARG("no-such-file") } },
	{ "ustat", SYS_ustat, { 0, ARG(params) } },
	{ "sysfs", SYS_sysfs, { 3 } },
#endif
	{ "unknown-1000", 1000, { 0 } },
	{ "unknown-1000000000", 1000000000, { 0 } },
};
/* clang-format on */

static long do_call(const struct call *c)
{
	long rc = syscall(c->nr, c->a[0], c->a[1], c->a[2], c->a[3], c->a[4],
			  c->a[5]);

	/* a child of the clone tries: it has nothing to do here */
	if (rc == 0 && (c->nr == SYS_clone || c->nr == SYS_clone3))
		_exit(0);
	return rc;
}

int main(int argc, char **argv)
{
	for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
		int wanted = argc < 2;

		for (int j = 1; j < argc; j++)
			wanted |= strcmp(argv[j], calls[i].name) == 0;
		if (wanted)
			TRY(calls[i].name, do_call(&calls[i]));
	}
	return 0;
}
