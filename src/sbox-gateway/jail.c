/* SPDX-License-Identifier: MIT */
/*
 * In this order:
 *
 *	begin	 parent's death, no new privileges, not dumpable, limits
 *	(opened: log directory, published ports, the resolver's process)
 *	capabilities, all of them
 *	landlock file system: the log directory alone; no bind(2) to TCP ports;
 *		 no abstract sockets beyond it (where the kernel can). Signals
 *		 are seccomp's: with Landlock's scope its own death would not
 *		 reach its children (the parent's death is a signal from it)
 *	seccomp	 a list of calls; what isn't listed is EPERM. Sockets are TCP
 *		 over IP only, memory never becomes executable; there is no
 *		 fork, no exec, no ptrace
 *
 * Landlock ABI 2 (Linux 6.1) is there on every kernel that sbox starts on; an
 * older ABI handles fewer rights. The resolver runs the host's NSS modules: it
 * reads the system's own directories, speaks UDP to whom it likes and TCP to
 * name servers; it has no unix sockets, behind which much can be started,
 * writes nothing and starts nothing.
 */
#include "sbox-gateway/jail.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/landlock.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/capability.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "sbox/cleanup.h"
#include "sbox/diag.h"
#include "sbox/json.h"
#include "sbox/log.h"
#include "sbox/seccomp_filter.h"
#include "sbox/seccomp_profile.h"

/* linux/landlock.h, which Debian 12's headers have only up to ABI 2. */
#define FS_EXECUTE	(UINT64_C(1) << 0)
#define FS_WRITE_FILE	(UINT64_C(1) << 1)
#define FS_READ_FILE	(UINT64_C(1) << 2)
#define FS_READ_DIR	(UINT64_C(1) << 3)
#define FS_REMOVE_FILE	(UINT64_C(1) << 5)
#define FS_MAKE_REG	(UINT64_C(1) << 8)
#define FS_ABI1		((UINT64_C(1) << 13) - 1)
#define FS_REFER	(UINT64_C(1) << 13) /* ABI 2, Linux 5.19 */
#define FS_TRUNCATE	(UINT64_C(1) << 14) /* ABI 3, Linux 6.2 */
#define FS_IOCTL_DEV	(UINT64_C(1) << 15) /* ABI 5, Linux 6.10 */
#define NET_BIND_TCP	UINT64_C(1)	    /* ABI 4, Linux 6.7 */
#define NET_CONNECT_TCP UINT64_C(2)
#define SCOPE_ABSTRACT	UINT64_C(1) /* ABI 6, Linux 6.12 */
#define SCOPE_SIGNAL	UINT64_C(2)

#define RULE_PORT 2

struct ruleset_attr {
	uint64_t fs, net, scoped;
};

struct port_attr {
	uint64_t access, port;
};

#define GATEWAY_CALLS                                                          \
	"\"accept4\",\"brk\",\"clock_gettime\",\"close\",\"connect\","         \
	"\"epoll_ctl\",\"epoll_pwait\",\"epoll_pwait2\",\"epoll_wait\","       \
	"\"exit_group\",\"flock\",\"fstat\",\"futex\",\"getpid\","             \
	"\"geteuid\",\"getrandom\",\"getsockname\",\"gettimeofday\","          \
	"\"getsockopt\","                                                      \
	"\"gettid\","                                                          \
	"\"madvise\",\"mremap\",\"munmap\",\"newfstatat\",\"openat\","         \
	"\"pipe2\",\"read\",\"recvfrom\",\"recvmsg\",\"renameat\","            \
	"\"restart_syscall\",\"rt_sigprocmask\",\"rt_sigreturn\","             \
	"\"sendmsg\",\"sendto\",\"setsockopt\",\"shutdown\",\"splice\","       \
	"\"timerfd_settime\",\"write\",\"writev\""

/* fcntl: F_GETFL, F_SETFL, F_SETFD, F_SETPIPE_SZ; tgkill: abort() of a checked
 * library. */
static const char gateway_profile[] =
	"{\"defaultAction\":\"SCMP_ACT_ERRNO\",\"defaultErrnoRet\":1,"
	"\"syscalls\":[{\"action\":\"SCMP_ACT_ALLOW\",\"names\":"
	"[" GATEWAY_CALLS "]},"
	"{\"action\":\"SCMP_ACT_ALLOW\",\"names\":[\"socketpair\"],"
	"\"args\":[{\"index\":0,\"value\":1,\"op\":\"SCMP_CMP_EQ\"},"
	"{\"index\":1,\"value\":15,\"valueTwo\":1,"
	"\"op\":\"SCMP_CMP_MASKED_EQ\"}]},"
	"{\"action\":\"SCMP_ACT_ALLOW\",\"names\":[\"socket\"],\"args\":["
	"{\"index\":0,\"value\":2,\"op\":\"SCMP_CMP_EQ\"},"
	"{\"index\":1,\"value\":15,\"valueTwo\":1,"
	"\"op\":\"SCMP_CMP_MASKED_EQ\"},"
	"{\"index\":2,\"value\":0,\"op\":\"SCMP_CMP_EQ\"}]},"
	"{\"action\":\"SCMP_ACT_ALLOW\",\"names\":[\"socket\"],\"args\":["
	"{\"index\":0,\"value\":10,\"op\":\"SCMP_CMP_EQ\"},"
	"{\"index\":1,\"value\":15,\"valueTwo\":1,"
	"\"op\":\"SCMP_CMP_MASKED_EQ\"},"
	"{\"index\":2,\"value\":0,\"op\":\"SCMP_CMP_EQ\"}]},"
	"{\"action\":\"SCMP_ACT_ALLOW\",\"names\":[\"mmap\",\"mprotect\"],"
	"\"args\":[{\"index\":2,\"value\":4,\"valueTwo\":0,"
	"\"op\":\"SCMP_CMP_MASKED_EQ\"}]},"
	"{\"action\":\"SCMP_ACT_ALLOW\",\"names\":[\"fcntl\"],"
	"\"args\":[{\"index\":1,\"value\":4,\"op\":\"SCMP_CMP_LE\"}]},"
	"{\"action\":\"SCMP_ACT_ALLOW\",\"names\":[\"fcntl\"],"
	"\"args\":[{\"index\":1,\"value\":1031,\"op\":\"SCMP_CMP_EQ\"}]}]}";

/* ioctl: FIONREAD. */
static const char service_profile[] =
	"{\"defaultAction\":\"SCMP_ACT_ERRNO\",\"defaultErrnoRet\":1,"
	"\"syscalls\":[{\"action\":\"SCMP_ACT_ALLOW\",\"names\":["
	"\"brk\",\"clock_gettime\",\"close\",\"epoll_ctl\",\"epoll_pwait\","
	"\"epoll_pwait2\",\"epoll_wait\",\"exit_group\",\"fstat\",\"futex\","
	"\"getpid\",\"getrandom\",\"getsockopt\",\"gettid\","
	"\"gettimeofday\",\"madvise\",\"mremap\",\"munmap\",\"read\","
	"\"readv\",\"recvfrom\",\"recvmsg\",\"restart_syscall\","
	"\"rt_sigprocmask\",\"rt_sigreturn\",\"sendmsg\",\"sendto\","
	"\"setsockopt\",\"shutdown\",\"timerfd_settime\",\"write\","
	"\"writev\"]},"
	"{\"action\":\"SCMP_ACT_ALLOW\",\"names\":[\"mmap\",\"mprotect\"],"
	"\"args\":[{\"index\":2,\"value\":4,\"valueTwo\":0,"
	"\"op\":\"SCMP_CMP_MASKED_EQ\"}]},"
	"{\"action\":\"SCMP_ACT_ALLOW\",\"names\":[\"ioctl\"],\"args\":["
	"{\"index\":1,\"value\":21531,\"op\":\"SCMP_CMP_EQ\"}]},"
	"{\"action\":\"SCMP_ACT_ALLOW\",\"names\":[\"fcntl\"],"
	"\"args\":[{\"index\":1,\"value\":4,\"op\":\"SCMP_CMP_LE\"}]}]}";

/* What nothing that looks up names needs; the rest is NSS's own affair. clone:
 * threads alone (CLONE_THREAD); clone3's flags can't be seen. prctl: its
 * parent's death stays its own. fcntl and ioctl: F_SETOWN, F_SETSIG,
 * F_SETOWN_EX (8 to 15), FIOSETOWN and SIOCSPGRP (0x8900 to 0x8903) have others
 * signalled. socket: TCP and UDP over IP, and netlink. */
static const char resolver_profile[] =
	"{\"defaultAction\":\"SCMP_ACT_ALLOW\",\"syscalls\":["
	"{\"action\":\"SCMP_ACT_ERRNO\",\"errnoRet\":1,\"names\":["
	"\"accept\",\"accept4\","
	"\"add_key\",\"bpf\",\"chmod\",\"chown\",\"chroot\","
	"\"delete_module\",\"execve\",\"execveat\",\"fanotify_init\","
	"\"fchmod\",\"fchmodat\",\"fchmodat2\",\"fchown\",\"fchownat\","
	"\"file_setattr\",\"finit_module\",\"fork\",\"fremovexattr\","
	"\"fsconfig\",\"fsetxattr\",\"fsmount\",\"fsopen\",\"fspick\","
	"\"futimesat\",\"init_module\",\"io_uring_enter\","
	"\"io_uring_register\",\"io_uring_setup\",\"ioprio_set\",\"kcmp\","
	"\"kexec_file_load\",\"kexec_load\",\"keyctl\",\"kill\",\"lchown\","
	"\"listen\","
	"\"link\",\"linkat\",\"lremovexattr\",\"lsetxattr\",\"mkdir\","
	"\"mkdirat\",\"mknod\",\"mknodat\",\"mount\",\"mount_setattr\","
	"\"modify_ldt\",\"move_mount\",\"mq_open\",\"msgget\",\"msgrcv\","
	"\"msgsnd\",\"name_to_handle_at\",\"open_by_handle_at\","
	"\"open_tree\",\"perf_event_open\",\"personality\",\"pidfd_getfd\","
	"\"pidfd_open\",\"pidfd_send_signal\",\"pivot_root\",\"prlimit64\","
	"\"process_vm_readv\",\"process_vm_writev\",\"ptrace\","
	"\"removexattr\",\"removexattrat\",\"rename\",\"renameat\","
	"\"renameat2\",\"request_key\",\"rmdir\",\"rt_sigqueueinfo\","
	"\"rt_tgsigqueueinfo\",\"sched_setattr\",\"sched_setparam\","
	"\"sched_setscheduler\",\"semget\",\"semop\",\"semtimedop\","
	"\"setns\",\"setpgid\",\"setpriority\",\"setsid\",\"setxattr\","
	"\"setxattrat\",\"shmat\",\"shmget\",\"swapoff\",\"swapon\","
	"\"symlink\",\"symlinkat\",\"tgkill\","
	"\"syslog\",\"tkill\",\"truncate\",\"umount2\",\"unlink\","
	"\"utime\",\"utimensat\",\"utimes\","
	"\"unlinkat\",\"unshare\",\"userfaultfd\",\"vfork\"]},"
	"{\"action\":\"SCMP_ACT_ERRNO\",\"errnoRet\":1,\"names\":[\"prctl\"],"
	"\"args\":[{\"index\":0,\"value\":1,\"op\":\"SCMP_CMP_EQ\"}]},"
	"{\"action\":\"SCMP_ACT_ERRNO\",\"errnoRet\":1,\"names\":[\"fcntl\"],"
	"\"args\":[{\"index\":1,\"value\":4294967288,\"valueTwo\":8,"
	"\"op\":\"SCMP_CMP_MASKED_EQ\"}]},"
	"{\"action\":\"SCMP_ACT_ERRNO\",\"errnoRet\":1,\"names\":[\"ioctl\"],"
	"\"args\":[{\"index\":1,\"value\":4294967292,\"valueTwo\":35072,"
	"\"op\":\"SCMP_CMP_MASKED_EQ\"}]},"
	"{\"action\":\"SCMP_ACT_ALLOW\",\"names\":[\"socket\"],\"args\":["
	"{\"index\":0,\"value\":2,\"op\":\"SCMP_CMP_EQ\"},"
	"{\"index\":2,\"value\":17,\"op\":\"SCMP_CMP_LE\"}]},"
	"{\"action\":\"SCMP_ACT_ALLOW\",\"names\":[\"socket\"],\"args\":["
	"{\"index\":0,\"value\":10,\"op\":\"SCMP_CMP_EQ\"},"
	"{\"index\":2,\"value\":17,\"op\":\"SCMP_CMP_LE\"}]},"
	"{\"action\":\"SCMP_ACT_ALLOW\",\"names\":[\"socket\"],\"args\":["
	"{\"index\":0,\"value\":16,\"op\":\"SCMP_CMP_EQ\"}]},"
	"{\"action\":\"SCMP_ACT_ERRNO\",\"errnoRet\":1,"
	"\"names\":[\"socket\"]},"
	"{\"action\":\"SCMP_ACT_ERRNO\",\"errnoRet\":1,\"names\":[\"clone\"],"
	"\"args\":[{\"index\":0,\"value\":65536,\"valueTwo\":0,"
	"\"op\":\"SCMP_CMP_MASKED_EQ\"}]},"
	"{\"action\":\"SCMP_ACT_ERRNO\",\"errnoRet\":38,"
	"\"names\":[\"clone3\"]}]}";

size_t jail_begin(void)
{
	struct rlimit files, none = {0, 0};

	if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0 ||
	    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ||
	    prctl(PR_SET_DUMPABLE, 0) < 0)
		fatal("jail: prctl");
	if (getrlimit(RLIMIT_NOFILE, &files) < 0)
		fatal("jail: limits");
	files.rlim_cur = files.rlim_max;
	if (setrlimit(RLIMIT_NOFILE, &files) < 0 ||
	    setrlimit(RLIMIT_CORE, &none) < 0)
		fatal("jail: limits");
	if (signal(SIGPIPE, SIG_IGN) == SIG_ERR ||
	    signal(SIGXFSZ, SIG_IGN) == SIG_ERR)
		fatal("jail: signals");
	return (size_t)files.rlim_cur;
}

static size_t attr_size(long abi)
{
	if (abi >= 6)
		return sizeof(struct ruleset_attr);
	return abi >= 4 ? 2 * sizeof(uint64_t) : sizeof(uint64_t);
}

/* net and scopes: as far as the kernel has them. */
static int ruleset_make(uint64_t net, uint64_t scopes)
{
	long abi = syscall(SYS_landlock_create_ruleset, NULL, 0, 1);
	struct ruleset_attr a = {.fs = FS_ABI1};
	int ruleset;

	if (abi < 1)
		fatal("jail: landlock");
	a.fs |= abi >= 2 ? FS_REFER : 0;
	a.fs |= abi >= 3 ? FS_TRUNCATE : 0;
	a.fs |= abi >= 5 ? FS_IOCTL_DEV : 0;
	a.net = abi >= 4 ? net : 0;
	a.scoped = abi >= 6 ? scopes : 0;
	ruleset = (int)syscall(SYS_landlock_create_ruleset, &a, attr_size(abi),
			       0);
	if (ruleset < 0)
		fatal("jail: landlock: ruleset");
	return ruleset;
}

static int allow_path(int ruleset, int fd, uint64_t access)
{
	struct landlock_path_beneath_attr a = {.allowed_access = access,
					       .parent_fd = fd};

	return (int)syscall(SYS_landlock_add_rule, ruleset,
			    LANDLOCK_RULE_PATH_BENEATH, &a, 0);
}

static void allow_port(int ruleset, uint64_t port)
{
	struct port_attr a = {.access = NET_CONNECT_TCP, .port = port};

	/* EINVAL: ports aren't handled, before ABI 4 */
	if (syscall(SYS_landlock_add_rule, ruleset, RULE_PORT, &a, 0) < 0 &&
	    errno != EINVAL)
		fatal("jail: landlock: port");
}

static void ruleset_apply(int ruleset)
{
	if (syscall(SYS_landlock_restrict_self, ruleset, 0) < 0)
		fatal("jail: landlock: restrict");
	(void)close(ruleset);
}

static void seccomp(const char *name, const char *text)
{
	struct diag d = {0};
	struct json_doc doc;
	struct seccomp_profile p;
	struct seccomp_filter f;
	struct sock_fprog prog;

	if (json_parse(name, text, strlen(text), &doc, &d) < 0 ||
	    seccomp_profile_parse(name, doc.root, 0, NULL, &p, &d) < 0 ||
	    seccomp_filter_compile(&p, &f, &d) < 0) {
		log_diag(&d);
		fatalx("jail: seccomp");
	}
	prog = (struct sock_fprog){.len = f.len, .filter = f.insns};
	if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &prog) < 0)
		fatal("jail: seccomp");
	seccomp_filter_free(&f);
	seccomp_profile_free(&p);
	json_free(&doc);
}

/* Started by root it has root's; what needed them (a published port below 1024)
 * is done. */
static void drop_capabilities(void)
{
	cap_t none = cap_init();

	if (!none || cap_set_proc(none) < 0)
		fatal("jail: capabilities");
	(void)cap_free(none);
}

void jail_gateway(int log_dir)
{
	int ruleset = ruleset_make(NET_BIND_TCP, SCOPE_ABSTRACT);

	drop_capabilities();
	if (log_dir >= 0 &&
	    allow_path(ruleset, log_dir,
		       FS_WRITE_FILE | FS_MAKE_REG | FS_REMOVE_FILE) < 0)
		fatal("jail: landlock: rule");
	ruleset_apply(ruleset);
	seccomp("gateway's system calls", gateway_profile);
}

void jail_service(void)
{
	drop_capabilities();
	ruleset_apply(ruleset_make(NET_BIND_TCP | NET_CONNECT_TCP,
				   SCOPE_ABSTRACT | SCOPE_SIGNAL));
	seccomp("services' system calls", service_profile);
}

/* EXECUTE: nothing can be started, but libraries are mapped. */
static void allow_reading(int ruleset, int fd)
{
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0 || S_ISLNK(st.st_mode))
		return; /* there is none, or what it leads to has a rule */
	/* EBADFD, say, a file of the kernel's own: less is allowed then */
	(void)allow_path(ruleset, fd,
			 FS_READ_FILE | FS_EXECUTE |
				 (S_ISDIR(st.st_mode) ? FS_READ_DIR : 0));
}

/* What is in a directory, but for others. */
static void allow_beneath(int ruleset, const char *path,
			  const char *const *others, size_t n)
{
	DIR *dir = opendir(path);
	const struct dirent *e;

	if (!dir)
		return;
	while ((e = readdir(dir))) {
		cleanup_fd int fd = -1;
		bool other = e->d_name[0] == '.';

		for (size_t i = 0; i < n; i++)
			other |= strcmp(e->d_name, others[i]) == 0;
		if (!other)
			fd = openat(dirfd(dir), e->d_name,
				    O_PATH | O_NOFOLLOW | O_CLOEXEC);
		allow_reading(ruleset, fd);
	}
	(void)closedir(dir);
}

/* What NSS and its configuration can lie in: the system's directories, but for
 * where users' own files, and secrets, usually are. */
static void allow_host(int ruleset)
{
	static const char *const run[] = {"credentials", "host", "media",
					  "secrets", "user"};
	static const char *const var[] = {"home",  "mail", "mnt", "roothome",
					  "spool", "srv",  "tmp"};
	static const char *const whole[] = {
		"/bin", "/etc", "/gnu", "/lib", "/lib32", "/lib64", "/libx32",
		"/nix", "/opt", "/sbin", "/usr",
		/* where resolv.conf comes from, by renaming: WSL, toolbox */
		"/mnt/wsl", "/run/host/etc",
		/* and files, wherever they are */
		"/dev/null", "/dev/urandom", "/etc/hosts", "/etc/nsswitch.conf",
		"/etc/resolv.conf"};

	for (size_t i = 0; i < ARRAY_SIZE(whole); i++) {
		cleanup_fd int fd = open(whole[i], O_PATH | O_CLOEXEC);

		allow_reading(ruleset, fd);
	}
	allow_beneath(ruleset, "/run", run, ARRAY_SIZE(run));
	allow_beneath(ruleset, "/var", var, ARRAY_SIZE(var));
}

void jail_resolver(void)
{
	int ruleset = ruleset_make(NET_BIND_TCP | NET_CONNECT_TCP,
				   SCOPE_ABSTRACT | SCOPE_SIGNAL);

	drop_capabilities();
	allow_host(ruleset);
	allow_port(ruleset, 53);
	ruleset_apply(ruleset);
	seccomp("resolver's system calls", resolver_profile);
}
