/* SPDX-License-Identifier: MIT */
/*
 * What the gateway's processes can't do any more once they are jailed: each
 * attempt is made in a process that has called what the gateway calls.
 */
#include <asm/sockios.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <cmocka.h>

#include "sbox-gateway/jail.h"
#include "sbox/cleanup.h"

static char dir[] = "/tmp/sbox-jail.XXXXXX";
static int dir_fd;

static int try_open(void)
{
	return open("/etc/passwd", O_RDONLY | O_CLOEXEC);
}

static int try_open_proc(void)
{
	return open("/proc/self/mem", O_RDWR | O_CLOEXEC);
}

static int try_read_log(void)
{
	return openat(dir_fd, "old", O_RDONLY | O_CLOEXEC);
}

static int try_append_log(void)
{
	int fd = openat(dir_fd, "old", O_WRONLY | O_APPEND | O_CLOEXEC);

	return fd < 0 ? -1 : (int)write(fd, "x", 1);
}

static int try_make_log(void)
{
	return openat(dir_fd, "new", O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
}

static int try_rename_log(void)
{
	return renameat(dir_fd, "old", dir_fd, "older");
}

static int try_make_dir(void)
{
	return mkdirat(dir_fd, "dir", 0700);
}

static int try_link(void)
{
	return symlinkat("/etc/passwd", dir_fd, "link");
}

static int try_write_elsewhere(void)
{
	return open("/tmp/sbox-jail-escaped", O_WRONLY | O_CREAT | O_CLOEXEC,
		    0600);
}

static int try_exec(void)
{
	static char name[] = "true";
	char *argv[] = {name, NULL};

	return execve("/bin/true", argv, argv + 1);
}

static int try_fork(void)
{
	return (int)syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0);
}

static int try_udp(void)
{
	return socket(AF_INET, SOCK_DGRAM, 0);
}

static int try_unix(void)
{
	return socket(AF_UNIX, SOCK_STREAM, 0);
}

static int try_pair(void)
{
	int sv[2];

	return socketpair(AF_UNIX, SOCK_STREAM, 0, sv);
}

static int try_udp_pair(void)
{
	int sv[2];

	return socketpair(AF_INET, SOCK_DGRAM, 0, sv);
}

static int try_datagram_pair(void)
{
	int sv[2];

	return socketpair(AF_UNIX, SOCK_DGRAM, 0, sv);
}

static int try_mptcp(void)
{
	int fd = socket(AF_INET, SOCK_STREAM, IPPROTO_MPTCP);

	/* a kernel without it says so */
	return fd < 0 && errno != EPERM && errno != ENOSYS ? 0 : fd;
}

static int try_attribute(void)
{
	return lsetxattr(dir, "user.x", "y", 1, 0);
}

static int try_times(void)
{
	return utimensat(dir_fd, "old", NULL, 0);
}

static int try_tkill(void)
{
	return (int)syscall(SYS_tkill, getppid(), 0);
}

static int try_priority(void)
{
	return setpriority(PRIO_PROCESS, 0, 19);
}

static void *run_nothing(void *arg)
{
	return arg;
}

static int try_thread(void)
{
	pthread_t t;

	if (pthread_create(&t, NULL, run_nothing, NULL) != 0)
		return -1;
	return pthread_join(t, NULL);
}

static int try_netlink(void)
{
	return socket(AF_NETLINK, SOCK_RAW, 0);
}

static int try_tcp(void)
{
	return socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
}

static int try_listen(void)
{
	struct sockaddr_in a = {.sin_family = AF_INET};
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	return fd < 0 ? -1 : bind(fd, (struct sockaddr *)&a, sizeof(a));
}

static int try_listen_unbound(void)
{
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	return fd < 0 ? -1 : listen(fd, 1);
}

static int try_tgkill(void)
{
	return (int)syscall(SYS_tgkill, getppid(), getppid(), 0);
}

/* In place of the owner's SIGIO. */
static int try_own_signal(void)
{
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	return fd < 0 ? -1 : fcntl(fd, F_SETSIG, SIGKILL);
}

static int try_own(void)
{
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	return fd < 0 ? -1 : fcntl(fd, F_SETOWN, getppid());
}

static int try_own_ioctl(void)
{
	pid_t pid = getppid();
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	return fd < 0 ? -1 : ioctl(fd, FIOSETOWN, &pid);
}

static int try_processes(void)
{
	return open("/proc/1/cmdline", O_RDONLY | O_CLOEXEC);
}

static int try_shm(void)
{
	return open("/dev/shm", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

static int try_random(void)
{
	return open("/dev/urandom", O_RDONLY | O_CLOEXEC);
}

static int try_executable(void)
{
	return mmap(NULL, 4096, PROT_READ | PROT_EXEC,
		    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED
		       ? -1
		       : 0;
}

static int try_memory(void)
{
	char *p = malloc(1 << 20);

	if (!p)
		return -1;
	memset(p, 1, 1 << 20);
	free(p);
	return 0;
}

static int try_trace(void)
{
	return (int)ptrace(PTRACE_TRACEME, 0, NULL, NULL);
}

static int try_kill(void)
{
	return kill(getppid(), 0);
}

static int try_homes(void)
{
	return open("/home", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

static int try_parent_death(void)
{
	return prctl(PR_SET_PDEATHSIG, 0);
}

static int try_session(void)
{
	return setsid();
}

static int try_shared_memory(void)
{
	return shmget(IPC_PRIVATE, 4096, IPC_CREAT | 0600);
}

/* Whether somebody listens there or not. */
static int connect_to(in_port_t port)
{
	struct sockaddr_in a = {.sin_family = AF_INET,
				.sin_port = htons(port),
				.sin_addr = {htonl(INADDR_LOOPBACK)}};
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	if (fd < 0)
		return -1;
	return connect(fd, (struct sockaddr *)&a, sizeof(a)) < 0 &&
			       errno != ECONNREFUSED
		       ? -1
		       : 0;
}

static int try_name_server(void)
{
	return connect_to(53);
}

static int try_service(void)
{
	return connect_to(1);
}

static int try_unshare(void)
{
	return unshare(CLONE_NEWUSER);
}

enum who { GATEWAY = 1, RESOLVER = 2, SERVICE = 4, ALL = 7 };

static const char *const names[] = {
	[GATEWAY] = "gateway",
	[RESOLVER] = "resolver",
	[SERVICE] = "service",
};

static const struct {
	const char *label;
	int (*attempt)(void);
	unsigned can; /* enum who */
} attempts[] = {
	/* clang-format off */
	{ "read a file",		try_open,		RESOLVER },
	{ "write its own memory",	try_open_proc,		0 },
	{ "read homes",			try_homes,		0 },
	{ "read the log",		try_read_log,		0 },
	{ "append to the log",		try_append_log,		GATEWAY },
	{ "make a log file",		try_make_log,		GATEWAY },
	{ "rename a log file",		try_rename_log,		GATEWAY },
	{ "make a directory",		try_make_dir,		0 },
	{ "make a symlink",		try_link,		0 },
	{ "write elsewhere",		try_write_elsewhere,	0 },
	{ "run a program",		try_exec,		0 },
	{ "fork",			try_fork,		0 },
	{ "start a thread",		try_thread,		RESOLVER },
	{ "speak UDP",			try_udp,		RESOLVER },
	{ "speak to a unix socket",	try_unix,		0 },
	{ "connect to a name server",	try_name_server,	GATEWAY | RESOLVER },
	{ "connect to a service",	try_service,		GATEWAY },
	{ "make a pair of sockets",	try_pair,		GATEWAY | RESOLVER },
	{ "make a pair of UDP ones",	try_udp_pair,		0 },
	{ "make a pair of datagram ones", try_datagram_pair,	RESOLVER },
	{ "speak multipath TCP",	try_mptcp,		0 },
	{ "set an attribute",		try_attribute,		0 },
	{ "set a file's times",		try_times,		0 },
	{ "signal a thread",		try_tkill,		0 },
	{ "be nice for others",		try_priority,		0 },
	{ "speak netlink",		try_netlink,		RESOLVER },
	{ "open a TCP connection",	try_tcp,		GATEWAY | RESOLVER },
	{ "bind a TCP port",		try_listen,		0 },
	{ "listen to any port",		try_listen_unbound,	0 },
	{ "signal a thread of another",	try_tgkill,		0 },
	{ "choose a signal",		try_own_signal,		0 },
	{ "have another be signalled",	try_own,		0 },
	{ "the same by ioctl",		try_own_ioctl,		0 },
	{ "read what others are",	try_processes,		0 },
	{ "read shared memory",		try_shm,		0 },
	{ "read random bytes",		try_random,		RESOLVER },
	{ "make memory executable",	try_executable,		RESOLVER },
	{ "use memory",			try_memory,		ALL },
	{ "be traced",			try_trace,		0 },
	{ "signal another process",	try_kill,		0 },
	{ "outlive its parent",		try_parent_death,	0 },
	{ "leave its session",		try_session,		0 },
	{ "share memory",		try_shared_memory,	0 },
	{ "make a user namespace",	try_unshare,		0 },
	/* clang-format on */
};

static bool succeeds(enum who who, int (*attempt)(void))
{
	pid_t pid = fork();
	int status;

	assert_true(pid >= 0);
	if (pid == 0) {
		int r;

		(void)jail_begin();
		if (who == GATEWAY)
			jail_gateway(dir_fd);
		else if (who == RESOLVER)
			jail_resolver();
		else
			jail_service();
		r = attempt();
		/* _exit() doesn't return, and before such a call a sanitizer
		 * asks for sigaltstack(2), which the jail refuses it */
		(void)syscall(SYS_exit_group, r >= 0 ? 0 : 1);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	if (!WIFEXITED(status) || WEXITSTATUS(status) > 1)
		fail_msg("ended with status %#x", (unsigned)status);
	return WEXITSTATUS(status) == 0;
}

static void put_old(void)
{
	int fd = openat(dir_fd, "old", O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	(void)close(fd);
}

static void test_attempts(void **state)
{
	long abi = syscall(SYS_landlock_create_ruleset, NULL, 0,
			   LANDLOCK_CREATE_RULESET_VERSION);

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(attempts); i++) {
		/* only Landlock can keep the resolver from these */
		if ((attempts[i].attempt == try_listen ||
		     attempts[i].attempt == try_service) &&
		    abi < 4)
			continue;
		for (enum who w = GATEWAY; w <= SERVICE; w <<= 1) {
			bool want = attempts[i].can & w;

			put_old();
			if (succeeds(w, attempts[i].attempt) != want)
				fail_msg("the %s can%s %s", names[w],
					 want ? "not" : "", attempts[i].label);
		}
	}
}

/* A parent's death is a signal from the parent, which its jail must let
 * through: nothing of a gateway may run on without it. */
static void test_parent_death(void **state)
{
	int up[2], alive[2], status;
	struct pollfd end;
	pid_t pid;
	char c;

	(void)state;
	assert_int_equal(pipe2(up, O_CLOEXEC), 0);
	assert_int_equal(pipe2(alive, O_CLOEXEC), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		(void)jail_begin();
		if (fork() == 0) {
			(void)jail_begin();
			jail_resolver();
			(void)!write(up[1], "x", 1);
			for (;;)
				pause();
		}
		(void)!read(up[0], &c, 1);
		jail_gateway(-1);
		(void)syscall(SYS_exit_group, 0);
	}
	(void)close(alive[1]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	end = (struct pollfd){.fd = alive[0], .events = POLLIN};
	assert_int_equal(poll(&end, 1, 10000), 1);
	assert_int_equal(read(alive[0], &c, 1), 0);
	(void)close(alive[0]);
	(void)close(up[0]);
	(void)close(up[1]);
}

static int set_up(void **state)
{
	(void)state;
	if (!mkdtemp(dir))
		return -1;
	dir_fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return dir_fd < 0 ? -1 : 0;
}

static int tear_down(void **state)
{
	static const char *const files[] = {"old", "older", "new", "link"};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(files); i++)
		(void)unlinkat(dir_fd, files[i], 0);
	(void)unlinkat(dir_fd, "dir", AT_REMOVEDIR);
	return rmdir(dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_attempts),
		cmocka_unit_test(test_parent_death),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
