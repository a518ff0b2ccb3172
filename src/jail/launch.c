/* SPDX-License-Identifier: MIT */
/*
 * From a plan to a running sandbox: no setuid, no daemon, one clone3.
 *
 *	supervisor (outside)          pid 1 (inside)           payload
 *	  launch()  --- clone3 --->     setup[]
 *	  supervise()  <-- socket -->   payload_start() --->   payload.c, exec
 *	                                init_run()
 *
 * setup[] runs with the capabilities of the new user namespace and drops them
 * at its end; every stage says what must have happened before it. The order
 * was tried on the kernel (tests/kernel); a stage that fails ends everything
 * with status 125: the payload never runs with less.
 */
#include "sbox/launch.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/keyctl.h>
#include <linux/sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/capability.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "jail/absent.h"
#include "jail/cgroup.h"
#include "jail/gateway.h"
#include "jail/init.h"
#include "jail/inside.h"
#include "jail/landlock.h"
#include "jail/mount.h"
#include "jail/net.h"
#include "jail/payload.h"
#include "jail/pty.h"
#include "jail/supervisor.h"
#include "sbox/cleanup.h"
#include "sbox/fd.h"
#include "sbox/log.h"
#include "sbox/plan.h"
#include "sbox/wire.h"

#define INOTIFY_MAX "48" /* instances; a user has 128 as a rule */

/* path is absolute, or in our own /proc. */
static void write_proc(const struct inside *in, const char *path,
		       const char *text)
{
	cleanup_fd int fd = openat(in->proc, path, O_WRONLY | O_CLOEXEC);

	if (fd < 0 || write(fd, text, strlen(text)) != (ssize_t)strlen(text))
		fatal("setup: %s", path);
}

/* First: whatever fails from here on, we die with the supervisor. If it is
 * dead already, init_run() reads the end of file. */
static void setup_parent_death(struct inside *in)
{
	(void)in;
	if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) < 0)
		fatal("setup: parent death signal");
}

/* The user's own ids, alone (user_namespaces(7): a process may map its own
 * effective id into a namespace that it is in, after setgroups is denied). */
static void setup_ids(struct inside *in)
{
	char map[64];

	write_proc(in, "/proc/self/setgroups", "deny");
	(void)snprintf(map, sizeof(map), "%u %u 1", in->plan->uid,
		       in->plan->uid);
	write_proc(in, "/proc/self/uid_map", map);
	(void)snprintf(map, sizeof(map), "%u %u 1", in->plan->gid,
		       in->plan->gid);
	write_proc(in, "/proc/self/gid_map", map);
}

/* After the ids: /proc/self belongs to root for a process that isn't. Before
 * the payload exists: it must not read our environment or memory. */
static void setup_undumpable(struct inside *in)
{
	(void)in;
	if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0)
		fatal("setup: not dumpable");
}

/*
 * While we have CAP_SYS_RESOURCE: no namespaces beneath this one (unshare then
 * gives ENOSPC). Where there may be some, none of cgroups: in it the host's
 * hierarchy could be mounted, and from sbox's own cgroup down it is the user's.
 * What the kernel counts by user is shared with the host, so the inside gets a
 * part (inotify(7)). All through our own /proc: in the host's, the names in
 * sys/user of every namespace that there is are in one another's way, and a
 * look-up passes them all.
 */
static void setup_namespaces(struct inside *in)
{
	static const char watches[] = "/proc/sys/fs/inotify/max_user_watches";
	size_t len;
	cleanup_free char *all = file_read(watches, 64, &len, NULL);
	char half[24];

	if (!all)
		fatal("setup: %s", watches);
	(void)snprintf(half, sizeof(half), "%lu", strtoul(all, NULL, 10) / 2);
	in->proc = mount_proc();
	write_proc(in,
		   in->plan->userns ? "sys/user/max_cgroup_namespaces"
				    : "sys/user/max_user_namespaces",
		   "0");
	write_proc(in, "sys/user/max_inotify_instances", INOTIFY_MAX);
	write_proc(in, "sys/user/max_inotify_watches", half);
	if (in->gateway >= 0)
		net_unpace(in->proc);
}

static void setup_hostname(struct inside *in)
{
	if (sethostname(in->plan->hostname, strlen(in->plan->hostname)) < 0)
		fatal("setup: host name");
}

static void setup_mounts(struct inside *in)
{
	mount_build(in->plan, in->proc);
}

/* While we may bind below 1024; the payload's connections wait in the
 * backlogs until the gateway takes them. */
static void setup_network(struct inside *in)
{
	if (in->plan->net == NET_HOST || !in->plan->net_loopback)
		return;
	net_up(in->plan);
	if (in->gateway >= 0)
		net_listen(in->plan, in->gateway);
}

/* The user's keys are possessed through the session keyring: leave it. */
static void setup_keyring(struct inside *in)
{
	(void)in;
	if (syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, NULL) < 0 &&
	    errno != ENOSYS)
		fatal("setup: session keyring");
}

/* After /dev/pts is mounted. The master goes out; what comes back says
 * whether we begin in the foreground. */
static void setup_terminal(struct inside *in)
{
	struct wire_msg msg;
	cleanup_fd int master = -1;

	if (!in->plan->tty) {
		pty_session(-1);
		return;
	}
	master = pty_open(&in->tty);
	pty_session(in->tty);
	if (wire_send(in->sock, WIRE_READY, 0, master) < 0 ||
	    wire_recv(in->sock, &msg, NULL) <= 0 || msg.type != WIRE_START)
		_exit(SBOX_EXIT_FAILURE); /* the supervisor died, and said why
					   */
	in->foreground = msg.value != 0;
}

/*
 * Last of those that need a capability. Set-id programs and file capabilities
 * give nothing any more (no_new_privs, empty bounding set). pid 1 keeps one,
 * permitted and not effective, that is good for nothing in a user namespace:
 * it has more than the payload then, which may not slow it down
 * (sched_setscheduler(2), setpriority(2): the kernel's cap_safe_nice()).
 */
static void setup_capabilities(struct inside *in)
{
	cap_t own = cap_from_text("cap_wake_alarm=p");

	in->no_capabilities = cap_init();
	for (cap_value_t cap = 0; cap < cap_max_bits(); cap++)
		if (cap_drop_bound(cap) < 0)
			fatal("setup: bounding set");
	if (!own || !in->no_capabilities || cap_set_proc(own) < 0)
		fatal("setup: capabilities");
	(void)cap_free(own);
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		fatal("setup: no_new_privs");
}

/* capset clears the parent death signal only on a change of ids; dropping the
 * dumpable flag is undone by neither (tests/kernel). */
static void setup_landlock(struct inside *in)
{
	in->ruleset = landlock_prepare(in->plan);
	mount_enter(in->plan);
}

/* clang-format off */
static void (*const setup[])(struct inside *in) = {
	setup_parent_death,
	setup_ids,
	setup_undumpable,
	setup_namespaces,
	setup_hostname,
	setup_mounts,
	setup_network,
	setup_keyring,
	setup_terminal,
	setup_capabilities,
	setup_landlock,
};
/* clang-format on */

static _Noreturn void inside(struct inside *in)
{
	for (size_t i = 0; i < ARRAY_SIZE(setup); i++)
		setup[i](in);
	in->mounts = open("/proc/self/mountinfo", O_RDONLY | O_CLOEXEC);
	if (in->mounts < 0)
		fatal("setup: /proc/self/mountinfo");
	in->absent = absent_watch(in->plan);
	payload_start(in);
	if (in->exec_errno) {
		/* nobody left to tell if this fails */
		(void)wire_send(in->sock, WIRE_EXEC_FAILED, in->exec_errno, -1);
		_exit(SBOX_EXIT_FAILURE);
	}
	init_run(in);
}

/* There is such a file, and it says 0. */
static bool is_off(const char *path)
{
	cleanup_fd int fd = open(path, O_RDONLY | O_CLOEXEC);
	char digit = 0;

	return fd >= 0 && read(fd, &digit, 1) == 1 && digit == '0';
}

/* Why the kernel made none. It is asked about more only now, so that a start
 * doesn't pay for it. */
static _Noreturn void no_namespaces(int err)
{
	const bool off = is_off("/proc/sys/kernel/unprivileged_userns_clone");

	errno = err;
	if (err == ENOSPC)
		fatal_hint("sudo sysctl user.max_user_namespaces=10000; inside "
			   "another sandbox: allow it user namespaces",
			   "clone: no more namespaces");
	if (err == ENOSYS)
		fatal_hint("a container's or sandbox's filter refuses clone3; "
			   "sbox itself can't be nested",
			   "clone");
	if (err == EPERM && off)
		fatal_hint("sudo sysctl kernel.unprivileged_userns_clone=1",
			   "clone: user namespaces are for root only");
	if (err == EPERM || err == EACCES)
		fatal_hint("sbox(1), section DIAGNOSTICS; on Ubuntu: sudo "
			   "sysctl kernel.apparmor_restrict_unprivileged_"
			   "userns=0",
			   "clone: user namespaces are not allowed here");
	fatal("clone");
}

/* One clone3 for all namespaces (clone(2), Linux 5.3; INTO_CGROUP 5.7). */
static pid_t clone_namespaces(const struct plan *p, int cgroup, int *pidfd)
{
	struct clone_args ca = {
		.flags = CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWPID |
			 CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWCGROUP |
			 (uint64_t)CLONE_PIDFD,
		.pidfd = (uint64_t)(uintptr_t)pidfd,
		.exit_signal = SIGCHLD,
	};
	long pid;

	if (p->net != NET_HOST)
		ca.flags |= CLONE_NEWNET;
	if (cgroup >= 0) {
		ca.flags |= (uint64_t)CLONE_INTO_CGROUP;
		ca.cgroup = (__u64)cgroup;
	}
	pid = syscall(SYS_clone3, &ca, sizeof(ca));
	if (pid < 0)
		no_namespaces(errno);
	return (pid_t)pid;
}

static void check_kept(const struct plan *p)
{
	for (size_t i = 0; i < p->nkeep_fds; i++) {
		struct stat st;

		if (fstat(p->keep_fds[i], &st) == 0 && S_ISDIR(st.st_mode))
			fatalx_hint("show the directory: --ro or --rw PATH",
				    "--keep-fd %d: is a directory, which would "
				    "be a way out",
				    p->keep_fds[i]);
		if (fcntl(p->keep_fds[i], F_SETFD, 0) < 0) /* FD_CLOEXEC off */
			fatal("--keep-fd %d", p->keep_fds[i]);
	}
}

static void make_own(const char *dir)
{
	if (dir_make(dir, 0700) < 0)
		fatal_hint("it is sbox's own: XDG_STATE_HOME, XDG_CONFIG_HOME, "
			   "XDG_CACHE_HOME or HOME may name another place",
			   "make %s", dir);
}

/*
 * The status flags of what the payload shares with the caller (fcntl(2)), get:
 * to know them, else to have them again. Who comes next in a pipeline can't
 * work with O_NONBLOCK, which one inside may have set. Best effort.
 */
static void shared_flags(const struct plan *p, int flags[3], bool get)
{
	for (int i = 0; i < 3; i++) {
		if (get)
			flags[i] = fcntl(i, F_GETFL);
		else if (!p->tty || !p->fd_is_tty[i])
			(void)fcntl(i, F_SETFL, flags[i]);
	}
}

int launch(const struct plan *p, const struct seccomp_filter filters[2])
{
	struct inside in = {.plan = p, .filters = filters, .tty = -1};
	int sock[2], flags[3], status, interrupt, init_pidfd = -1;
	struct cgroup cgroup;
	struct gateway gateway;
	struct strlist env = {.n = 0};

	check_kept(p);
	if (fd_close_all_but(p->keep_fds, p->nkeep_fds) < 0)
		fatal("close descriptors");
	shared_flags(p, flags, true);
	supervisor_mask_signals(SIG_BLOCK);
	if (p->uid == 0 && setgroups(0, NULL) < 0 && errno != EPERM)
		fatal("setgroups");
	if (p->keep_home)
		make_own(p->keep_home);
	for (size_t i = 0; i < p->make_dirs.n; i++)
		make_own(p->make_dirs.v[i]);
	cgroup_make(p, &cgroup);
	gateway_start(p, &gateway);
	strlist_append(&env, &p->env);
	strlist_append(&env, &gateway.env);
	in.env = env.v;
	in.gateway = gateway.sock;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sock) < 0)
		fatal("socketpair");
	if (clone_namespaces(p, cgroup.fd, &init_pidfd) == 0) {
		/* or their end would never be seen; -1 without a gateway */
		(void)close(sock[0]);
		(void)close(gateway.report);
		(void)close(gateway.said);
		in.sock = sock[1];
		inside(&in);
	}
	(void)close(sock[1]);
	(void)close(gateway.sock); /* pid 1's alone: its end is seen */
	status = supervise(p, sock[0], init_pidfd, &interrupt);
	shared_flags(p, flags, false);
	gateway_finish(&gateway);
	cgroup_remove(&cgroup);
	if (interrupt)
		supervisor_interrupt(interrupt);
	return status;
}
