/* SPDX-License-Identifier: MIT */
/*
 * Memory, CPU share and (as root) the number of processes are limits of a
 * group of processes, so they need a cgroup (cgroups(7), version 2) below one
 * that was delegated to us. A cgroup with controllers for its children holds
 * no processes itself, so sbox moves into a leaf beside the sandbox's (the root
 * of the hierarchy is exempt). Other processes in it are an error: EBUSY, or
 * with cpu and pids alone the cgroup turns threaded, and nothing could be
 * cloned into its children:
 *
 *	delegated/            cgroup.subtree_control: what is limited
 *	  sbox-self-PID/      the supervisor
 *	  sbox-PID/           memory.max, cpu.max, pids.max
 *	    payload/          pid 1 and all below, through CLONE_INTO_CGROUP
 *
 * The limits are one level above the processes because the files belong to the
 * payload's own uid: with --userns it can mount a cgroup2 whose root is the
 * cgroup it is in, and write there. It can't see the level above. And
 * cgroup.max.depth keeps it from leaving cgroups of its own behind.
 *
 * The hierarchy is where the API file systems of file-hierarchy(7) are, with
 * version 1 beside it or without.
 *
 * Several sboxes may share a delegated cgroup: each holds a shared lock on it,
 * and only the last switches the controllers off: off, they hold nobody back.
 *
 * After a kill -9 of sbox the cgroups stay, empty, until their scope ends.
 */
#include "jail/cgroup.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <time.h>
#include <unistd.h>

#include "sbox/cleanup.h"
#include "sbox/fd.h"
#include "sbox/log.h"
#include "sbox/path.h"
#include "sbox/plan.h"
#include "sbox/strlist.h"

#define CPU_PERIOD_US  100000
#define REMOVE_TRIES   100 /* of 10 ms */
#define FILE_MAX_BYTES (1 << 16)
#define PAYLOAD	       "payload"

char *cgroup_find(const char *cgroup)
{
	cleanup_free char *own = NULL;
	const char *line = cgroup;

	while (strncmp(line, "0::/", strlen("0::/")) != 0) {
		line += strcspn(line, "\n");
		if (!*line++)
			return NULL;
	}
	line += strlen("0::");
	own = xstrndup(line, strcspn(line, "\n"));
	/* "/..": outside of our cgroup namespace */
	return path_under("/..", own) ? NULL : steal_ptr(&own);
}

/* A small file's text, malloc'd, "" when it can't be read. */
static char *get(const char *dir, const char *name)
{
	cleanup_free char *path = path_join(dir, name);
	size_t len;
	char *text = file_read(path, FILE_MAX_BYTES, &len, NULL);

	return text ? text : xstrdup("");
}

/* Our own cgroup's directory, malloc'd, or NULL. */
static char *find_own(void)
{
	static const char *const places[] = {"/sys/fs/cgroup",
					     "/sys/fs/cgroup/unified"};
	cleanup_free char *self = get("/proc/self", "cgroup");
	cleanup_free char *below = cgroup_find(self);

	for (size_t i = 0; below && i < ARRAY_SIZE(places); i++) {
		cleanup_free char *dir = path_join(places[i], below + 1);
		struct statfs fs;

		if (statfs(dir, &fs) == 0 && fs.f_type == CGROUP2_SUPER_MAGIC)
			return steal_ptr(&dir);
	}
	return NULL;
}

/* Write text to dir/name. 0, or -1 with errno. */
static int put(const char *dir, const char *name, const char *text)
{
	cleanup_free char *path = path_join(dir, name);
	cleanup_fd int fd = open(path, O_WRONLY | O_CLOEXEC);

	return fd < 0 ? -1 : fd_write_all(fd, text, strlen(text));
}

/* Best effort: what stays is empty, and goes with the delegated cgroup. */
void cgroup_remove(struct cgroup *c)
{
	const struct timespec wait = {.tv_nsec = 10000000};

	if (c->path) {
		cleanup_free char *inner = path_join(c->path, PAYLOAD);

		(void)put(c->path, "cgroup.kill", "1"); /* Linux 5.14 */
		for (int i = 0; i < REMOVE_TRIES; i++) {
			if (rmdir(inner) == 0 || errno != EBUSY)
				break;
			(void)nanosleep(&wait, NULL);
		}
		(void)rmdir(c->path);
	}
	/* another sbox that holds the lock has its limits by our controllers */
	if (c->leaf && flock(c->lock, LOCK_EX | LOCK_NB) == 0) {
		for (char *at = c->enabled; (at = strchr(at, '+'));)
			*at = '-';
		(void)put(c->own, "cgroup.subtree_control", c->enabled);
		(void)put(c->own, "cgroup.procs", "0");
		(void)rmdir(c->leaf); /* EBUSY: we are still there */
	}
	/* the lock ends with the process, which is about to end */
}

/* err: 0 when why says it all. */
static _Noreturn void refuse(struct cgroup *c, const char *why, int err)
{
	const char *key = c->memory ? "memory" : c->cpu ? "cpu" : "pids";
	const char *hint =
		c->plan->uid
			? "systemd-run --user --scope -p Delegate=yes sbox ..."
			: "systemd-run --scope -p Delegate=yes sbox ...";

	cgroup_remove(c);
	errno = err;
	log_die(hint, err && err != EBUSY,
		"limits.%s: needs a delegated cgroup v2%s: %s%s%s", key,
		err == EBUSY ? " without other processes" : "",
		c->own ? c->own : "", c->own ? ": " : "", why);
}

static void move_to_leaf(struct cgroup *c)
{
	c->leaf = xasprintf("%s/sbox-self-%d", c->own, getpid());
	/* an old one of a kill may be there */
	if (mkdir(c->leaf, 0755) < 0 && errno != EEXIST)
		refuse(c, "mkdir", errno);
	if (put(c->leaf, "cgroup.procs", "0") < 0)
		refuse(c, "cgroup.procs", errno);
}

/* Let the children of our own cgroup have the controllers. */
static void enable(struct cgroup *c)
{
	const struct {
		const char *name;
		bool needed;
	} rows[] = {{"memory", c->memory}, {"cpu", c->cpu}, {"pids", c->pids}};
	cleanup_free char *present = get(c->own, "cgroup.controllers");
	cleanup_free char *enabled = get(c->own, "cgroup.subtree_control");
	cleanup_free char *type = get(c->own, "cgroup.type");
	cleanup_free char *now = NULL;
	const size_t size = sizeof(c->enabled);
	size_t len = 0;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const char *name = rows[i].name;

		if (!rows[i].needed || words_have(enabled, name))
			continue;
		if (!words_have(present, name)) {
			cleanup_free char *why =
				xasprintf("no %s in cgroup.controllers", name);

			refuse(c, why, 0);
		}
		/* all three fit */
		len += (size_t)snprintf(c->enabled + len, size - len, "+%s ",
					name);
	}
	if (!len)
		return;
	if (*type) /* the root has none */
		move_to_leaf(c);
	if (put(c->own, "cgroup.subtree_control", c->enabled) < 0)
		refuse(c, "cgroup.subtree_control", errno);
	now = get(c->own, "cgroup.type");
	if (strcmp(now, type) != 0)
		refuse(c, "cgroup.type", EBUSY);
}

static void put_limit(struct cgroup *c, const char *name, uint64_t value,
		      const char *rest)
{
	cleanup_free char *text = xasprintf("%" PRIu64 "%s", value, rest);

	if (put(c->path, name, text) < 0)
		refuse(c, name, errno);
}

static void put_limits(struct cgroup *c)
{
	const struct policy_limits *l = &c->plan->limits;

	if (c->memory) {
		put_limit(c, "memory.max", l->memory, "");
		/* swap accounting may be off: then there is no such file */
		if (put(c->path, "memory.swap.max", "0") < 0 && errno != ENOENT)
			refuse(c, "memory.swap.max", errno);
		put_limit(c, "memory.oom.group", 1, "");
	}
	if (c->cpu)
		put_limit(c, "cpu.max", l->cpu * (CPU_PERIOD_US / 100),
			  " 100000");
	if (c->pids)
		put_limit(c, "pids.max", l->pids, "");
	put_limit(c, "cgroup.max.depth", 1, "");
}

void cgroup_make(const struct plan *p, struct cgroup *c)
{
	const struct policy_limits *l = &p->limits;
	bool root_pids = p->uid == 0 && l->pids != POLICY_UNLIMITED;
	cleanup_free char *path = NULL, *inner = NULL;

	*c = (struct cgroup){
		.plan = p,
		.memory = l->memory != POLICY_UNLIMITED,
		.cpu = l->cpu != POLICY_UNLIMITED,
		.pids = root_pids && l->pids_explicit,
		.fd = -1,
	};
	if (!c->memory && !c->cpu && !c->pids) {
		if (root_pids)
			log_info("limits.pids: not held for root without a "
				 "cgroup");
		return;
	}
	c->own = find_own();
	if (!c->own)
		refuse(c, "this host shows none", 0);
	/* against another sbox that would switch the controllers off */
	c->lock = open(c->own, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (c->lock < 0 || flock(c->lock, LOCK_SH) < 0)
		refuse(c, "lock", errno);
	/* root gets its default number of processes held where it can be */
	if (root_pids && !c->pids) {
		cleanup_free char *present = get(c->own, "cgroup.controllers");

		c->pids = words_have(present, "pids");
	}
	enable(c);
	path = xasprintf("%s/sbox-%d", c->own, getpid());
	inner = path_join(path, PAYLOAD);
	(void)rmdir(inner); /* of an sbox with this pid that was killed */
	(void)rmdir(path);
	if (mkdir(path, 0755) < 0)
		refuse(c, "mkdir", errno);
	c->path = steal_ptr(&path); /* it is ours to remove now */
	put_limits(c);
	if (mkdir(inner, 0755) < 0)
		refuse(c, "mkdir", errno);
	c->fd = open(inner, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (c->fd < 0)
		refuse(c, PAYLOAD, errno);
}
