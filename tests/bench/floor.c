/* SPDX-License-Identifier: MIT */
/*
 * The floor: the fewest system calls that give the isolation of the default
 * profile, in an ordinary dynamically linked program. It checks nothing that
 * a launcher must check and is no launcher: it tells how much of a start is
 * the kernel's own work.
 *
 *	floor FILTER COMMAND...		(FILTER: raw struct sock_filter[])
 */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/if.h>
#include <linux/sched.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static void write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	if (fd < 0 || write(fd, text, strlen(text)) < 0)
		err(1, "%s", path);
	(void)close(fd); /* proc files report at write */
}

static int pin(const char *path, uint64_t attr)
{
	struct mount_attr a = {.attr_set = attr};
	int fd = open_tree(AT_FDCWD, path,
			   OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_RECURSIVE);

	if (fd < 0)
		err(1, "open_tree %s", path);
	if (attr && mount_setattr(fd, "", AT_EMPTY_PATH | AT_RECURSIVE, &a,
				  sizeof(a)) < 0)
		err(1, "mount_setattr %s", path);
	return fd;
}

static void show(int fd, const char *dst)
{
	if (move_mount(fd, "", AT_FDCWD, dst, MOVE_MOUNT_F_EMPTY_PATH) < 0)
		err(1, "move_mount %s", dst);
	(void)close(fd); /* attached */
}

/* dst relative to the new root, which is the cwd */
static void fresh(const char *type, const char *dst, unsigned long flags,
		  const char *options)
{
	if (mount(type, dst, type, flags, options) < 0)
		err(1, "mount %s", dst);
}

static void parents(const char *path)
{
	char buf[4096];

	if (snprintf(buf, sizeof(buf), "%s", path) >= (int)sizeof(buf))
		errx(1, "%s: too long", path);
	for (char *p = buf + 1; *p; p++)
		if (*p == '/') {
			*p = '\0';
			(void)mkdir(buf, 0755); /* may exist */
			*p = '/';
		}
	(void)mkdir(buf, 0755); /* may exist */
}

static void link_to(const char *target, const char *path)
{
	if (symlink(target, path) < 0)
		err(1, "symlink %s", path);
}

static const char *const nodes[] = {"null",   "zero",	 "full",
				    "random", "urandom", "tty"};

static void make_dev(const int pins[])
{
	fresh("tmpfs", "dev", MS_NOSUID | MS_NOEXEC, "mode=0755,size=1m");
	for (size_t i = 0; i < sizeof(nodes) / sizeof(nodes[0]); i++) {
		char path[32];

		(void)snprintf(path, sizeof(path), "dev/%s", nodes[i]);
		(void)close(open(path, O_CREAT | O_CLOEXEC | O_WRONLY, 0600));
		show(pins[i], path);
	}
	(void)mkdir("dev/pts", 0755); /* in our own tmpfs: can't fail */
	(void)mkdir("dev/shm", 01777);
	fresh("devpts", "dev/pts", MS_NOSUID | MS_NOEXEC,
	      "newinstance,ptmxmode=0666,mode=620");
	link_to("pts/ptmx", "dev/ptmx");
	link_to("/proc/self/fd", "dev/fd");
	link_to("/proc/self/fd/0", "dev/stdin");
	link_to("/proc/self/fd/1", "dev/stdout");
	link_to("/proc/self/fd/2", "dev/stderr");
}

static void lo_up(void)
{
	struct ifreq ifr = {.ifr_name = "lo", .ifr_flags = IFF_UP};
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || ioctl(fd, SIOCSIFFLAGS, &ifr) < 0)
		err(1, "lo");
	(void)close(fd);
}

static void make_root(const char *cwd)
{
	static const char *const dirs[] = {"usr",  "etc", "proc",     "dev",
					   "tmp",  "run", "var",      "var/tmp",
					   "home", "opt", "/dev/null"};
	const uint64_t ro =
		MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV;
	int usr, etc, opt, here, pins[sizeof(nodes) / sizeof(nodes[0])];

	if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
		err(1, "private");
	usr = pin("/usr", ro);
	etc = pin("/etc", ro);
	opt = pin("/opt", ro);
	here = pin(cwd, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV);
	for (size_t i = 0; i < sizeof(nodes) / sizeof(nodes[0]); i++) {
		char path[32];

		(void)snprintf(path, sizeof(path), "/dev/%s", nodes[i]);
		pins[i] = pin(path, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC);
	}
	fresh("tmpfs", "/tmp", MS_NOSUID | MS_NODEV, "mode=0755,size=1g");
	if (chdir("/tmp") < 0)
		err(1, "chdir");
	for (size_t i = 0; i + 1 < sizeof(dirs) / sizeof(dirs[0]); i++)
		if (mkdir(dirs[i], 0755) < 0)
			err(1, "mkdir %s", dirs[i]);
	show(usr, "usr");
	show(etc, "etc");
	show(opt, "opt");
	link_to("usr/bin", "bin");
	link_to("usr/sbin", "sbin");
	link_to("usr/lib", "lib");
	link_to("usr/lib64", "lib64");
	make_dev(pins);
	fresh("proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL);
	parents(cwd + 1);
	show(here, cwd + 1);
	if (syscall(SYS_pivot_root, ".", ".") < 0)
		err(1, "pivot_root");
	if (umount2(".", MNT_DETACH) < 0)
		err(1, "umount");
	if (chdir(cwd) < 0)
		err(1, "chdir %s", cwd);
}

static void drop_caps(void)
{
	struct __user_cap_header_struct h = {_LINUX_CAPABILITY_VERSION_3, 0};
	struct __user_cap_data_struct d[2] = {{0, 0, 0}, {0, 0, 0}};

	for (int cap = 0; cap <= CAP_LAST_CAP; cap++)
		(void)prctl(PR_CAPBSET_DROP, cap, 0, 0, 0); /* until EINVAL */
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ||
	    syscall(SYS_capset, &h, d) < 0)
		err(1, "capset");
}

static void payload(const struct sock_fprog *filter, char **argv)
{
	if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, filter) < 0)
		err(1, "seccomp");
	execvp(argv[0], argv);
	err(127, "%s", argv[0]);
}

static void inside(int sync, const struct sock_fprog *filter, char **argv)
{
	char cwd[4096], c;
	pid_t pid, ended;
	int status;

	if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0 || !getcwd(cwd, sizeof(cwd)) ||
	    read(sync, &c, 1) != 1)
		err(1, "start");
	(void)prctl(PR_SET_DUMPABLE, 0);
	(void)setsid(); /* a new process always may */
	write_file("/proc/sys/user/max_user_namespaces", "0");
	lo_up();
	if (sethostname("sandbox", 7) < 0)
		err(1, "sethostname");
	make_root(cwd);
	drop_caps();
	pid = vfork();
	if (pid < 0)
		err(1, "vfork");
	if (pid == 0)
		payload(filter, argv);
	do
		ended = wait(&status);
	while (ended != pid);
	/* tell before we end */
	_exit(write(sync, &status, sizeof(status)) != sizeof(status));
}

static struct sock_fprog read_filter(const char *path)
{
	static struct sock_filter insns[BPF_MAXINSNS];
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, insns, sizeof(insns));

	if (n <= 0)
		err(1, "%s", path);
	(void)close(fd);
	return (struct sock_fprog){
		.len = (unsigned short)((size_t)n / sizeof(insns[0])),
		.filter = insns,
	};
}

int main(int argc, char **argv)
{
	struct clone_args args = {
		.flags = CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWPID |
			 CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS |
			 CLONE_NEWCGROUP,
		.exit_signal = SIGCHLD,
	};
	struct sock_fprog filter;
	char path[64], map[64];
	int sv[2], status;
	pid_t pid;

	if (argc < 3)
		errx(1, "usage: floor FILTER COMMAND...");
	filter = read_filter(argv[1]);
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sv) < 0)
		err(1, "socketpair");
	pid = (pid_t)syscall(SYS_clone3, &args, sizeof(args));
	if (pid < 0)
		err(1, "clone3");
	if (pid == 0)
		inside(sv[1], &filter, argv + 2);
	(void)close(sv[1]);
	(void)snprintf(path, sizeof(path), "/proc/%d/setgroups", pid);
	write_file(path, "deny");
	(void)snprintf(path, sizeof(path), "/proc/%d/uid_map", pid);
	(void)snprintf(map, sizeof(map), "%u %u 1", getuid(), getuid());
	write_file(path, map);
	(void)snprintf(path, sizeof(path), "/proc/%d/gid_map", pid);
	(void)snprintf(map, sizeof(map), "%u %u 1", getgid(), getgid());
	write_file(path, map);
	if (write(sv[0], "x", 1) != 1 ||
	    read(sv[0], &status, sizeof(status)) != sizeof(status))
		errx(1, "pid 1 is gone");
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128;
}
