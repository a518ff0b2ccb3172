/* SPDX-License-Identifier: MIT */
/*
 * Memory, CPU share and (as root) the number of processes are limits of a
 * group of processes, so they need a cgroup (cgroups(7), version 2) below one
 * that was delegated to us. A cgroup with controllers for its children holds
 * no processes itself, so sbox first moves into a leaf beside the sandbox's:
 *
 *	delegated/          cgroup.subtree_control: +memory +cpu +pids
 *	  sbox-PID.self/    the supervisor
 *	  sbox-PID/         pid 1 and all below, through CLONE_INTO_CGROUP
 */
#include "jail/cgroup.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "sbox/cleanup.h"
#include "sbox/fd.h"
#include "sbox/log.h"
#include "sbox/plan.h"

#define CPU_PERIOD_US 100000
#define REMOVE_TRIES  100 /* of 10 ms */

static _Noreturn void refuse(const struct plan *p, const char *why)
{
	fatalx_hint(p->uid ? "systemd-run --user --scope -p Delegate=yes "
			     "sbox ..."
			   : "systemd-run --scope -p Delegate=yes sbox ...",
		    "limits: memory, cpu and pids of root need a delegated "
		    "cgroup v2: %s",
		    why);
}

/* The mount point of the cgroup2 filesystem, malloc'd, or NULL. */
static char *find_mount(void)
{
	FILE *f = fopen("/proc/self/mounts", "re");
	char line[PATH_MAX + 256], dir[PATH_MAX], type[64];
	char *found = NULL;

	while (f && !found && fgets(line, sizeof(line), f)) {
		if (sscanf(line, "%*s %4095s %63s", dir, type) == 2 &&
		    strcmp(type, "cgroup2") == 0)
			found = xstrdup(dir);
	}
	if (f)
		(void)fclose(f); /* only read */
	return found;
}

/* Our own cgroup below that mount, malloc'd. */
static char *find_own(const struct plan *p)
{
	cleanup_free char *mount = find_mount();
	cleanup_fd int fd = open("/proc/self/cgroup", O_RDONLY | O_CLOEXEC);
	cleanup_free char *text = NULL;
	char *line;
	size_t len;

	if (fd >= 0)
		text = fd_read_all(fd, 65536, &len);
	line = text ? strstr(text, "0::/") : NULL;
	if (!mount || !line)
		refuse(p, "this host mounts none");
	line[strcspn(line, "\n")] = '\0';
	return xasprintf("%s%s", mount, line + strlen("0::"));
}

/* Write text to dir/name. 0, or -1 with errno. */
static int put(const char *dir, const char *name, const char *text)
{
	cleanup_free char *path = xasprintf("%s/%s", dir, name);
	cleanup_fd int fd = open(path, O_WRONLY | O_CLOEXEC);

	return fd < 0 ? -1 : fd_write_all(fd, text, strlen(text));
}

static void put_limit(const struct plan *p, const char *dir, const char *name,
		      uint64_t value, const char *rest)
{
	char text[64];

	if (value == POLICY_UNLIMITED)
		return;
	/* fits: at most 20 digits and the period */
	(void)snprintf(text, sizeof(text), "%llu%s", (unsigned long long)value,
		       rest);
	if (put(dir, name, text) < 0)
		refuse(p, name);
}

static bool is_needed(const struct plan *p)
{
	return p->limits.memory != POLICY_UNLIMITED ||
	       p->limits.cpu != POLICY_UNLIMITED ||
	       (p->uid == 0 && p->limits.pids_explicit);
}

void cgroup_make(const struct plan *p, struct cgroup *c)
{
	cleanup_free char *own = NULL;
	cleanup_free char *leaf = NULL;
	int n;

	c->fd = -1;
	if (!is_needed(p))
		return;
	own = find_own(p);
	leaf = xasprintf("%s/sbox-%d.self", own, getpid());
	n = snprintf(c->path, sizeof(c->path), "%s/sbox-%d", own, getpid());
	if (n < 0 || (size_t)n >= sizeof(c->path))
		refuse(p, "its path is too long");
	if (mkdir(leaf, 0755) < 0)
		refuse(p, strerror(errno));
	if (put(leaf, "cgroup.procs", "0") < 0 ||
	    put(own, "cgroup.subtree_control", "+memory +cpu +pids") < 0) {
		int err = errno;

		(void)put(own, "cgroup.procs", "0"); /* back as it was */
		(void)rmdir(leaf);
		refuse(p, strerror(err));
	}
	if (mkdir(c->path, 0755) < 0)
		refuse(p, strerror(errno));
	put_limit(p, c->path, "memory.max", p->limits.memory, "");
	if (p->limits.memory != POLICY_UNLIMITED) {
		/* swap accounting may be off: then there is no such file */
		(void)put(c->path, "memory.swap.max", "0");
		(void)put(c->path, "memory.oom.group", "1");
	}
	if (p->limits.cpu != POLICY_UNLIMITED)
		put_limit(p, c->path, "cpu.max",
			  p->limits.cpu * (CPU_PERIOD_US / 100), " 100000");
	put_limit(p, c->path, "pids.max", p->limits.pids, "");
	c->fd = open(c->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (c->fd < 0)
		fatal("cgroup: %s", c->path);
}

void cgroup_remove(struct cgroup *c)
{
	const struct timespec wait = { .tv_nsec = 10000000 };

	if (c->fd < 0)
		return;
	(void)put(c->path, "cgroup.kill", "1"); /* Linux 5.14 */
	for (int i = 0; i < REMOVE_TRIES; i++) {
		if (rmdir(c->path) == 0 || errno != EBUSY)
			break;
		(void)nanosleep(&wait, NULL);
	}
	(void)close(c->fd);
	c->fd = -1;
}
