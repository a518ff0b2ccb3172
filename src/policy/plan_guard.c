/* SPDX-License-Identifier: MIT */
/*
 * What must not be written or seen although it lies in something shown:
 *
 *	protected	which names: plan_protect.c, plan_hooks.c
 *	hidden		fs.hide, what only root may read in /etc, unix sockets
 *			of the host's processes, parts of /proc
 *	covered		/etc/resolv.conf, hosts, hostname, machine-id
 *
 * A read-only bind over a file protects the file, not its name: `mv .git .git2`
 * would put a writable .git in its place. So every directory between the shown
 * one and the protected one is bound onto itself first; renaming a mount point
 * is EBUSY (tests/kernel). Nothing that does not exist is ever created on the
 * host to be mounted over.
 */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "plan_internal.h"
#include "sbox/cleanup.h"
#include "sbox/diag.h"
#include "sbox/path.h"

/* What a supplementary group may let an ordinary user read in /etc. As root
 * the whole of /etc is walked instead. */
static const char *const secret_files[] = {
	"/etc/shadow",	"/etc/shadow-",	    "/etc/gshadow", "/etc/gshadow-",
	"/etc/sudoers", "/etc/ssl/private", "/etc/ppp",
};

/* As container runtimes do (OCI maskedPaths and readonlyPaths). */
static const struct proc_row {
	const char *path;
	enum plan_mount_type type;
	bool root; /* only root could, by his uid or without Landlock */
} proc_rows[] = {
	{"/proc/sys", PLAN_READONLY, false},
	{"/proc/sysrq-trigger", PLAN_READONLY, false},
	{"/proc/irq", PLAN_READONLY, false},
	{"/proc/bus", PLAN_READONLY, false},
	{"/proc/fs", PLAN_READONLY, false},
	{"/proc/keys", PLAN_HIDE_FILE, false},
	{"/proc/key-users", PLAN_HIDE_FILE, false},
	{"/proc/kcore", PLAN_HIDE_FILE, false},
	{"/proc/timer_list", PLAN_HIDE_FILE, false},
	{"/proc/interrupts", PLAN_HIDE_FILE, false},
	{"/proc/acpi", PLAN_HIDE_DIR, false},
	{"/proc/scsi", PLAN_HIDE_DIR, false},
	{"/proc/kpagecount", PLAN_HIDE_FILE, true},
	{"/proc/kpageflags", PLAN_HIDE_FILE, true},
	{"/proc/kpagecgroup", PLAN_HIDE_FILE, true},
	{"/proc/kmsg", PLAN_HIDE_FILE, true},
	{"/proc/slabinfo", PLAN_HIDE_FILE, true},
	{"/proc/vmallocinfo", PLAN_HIDE_FILE, true},
	{"/proc/mtrr", PLAN_READONLY, true},
	{"/proc/pressure", PLAN_READONLY, true}, /* PSI triggers */
};

static const char *const resolv_conf[] = {
	/* musl doesn't see that nobody listens on port 53: it waits */
	[NET_NONE] = "# no network: --net none\noptions timeout:1 attempts:1\n",
	/* EGRESS_DNS_ADDRESS, which has no IPv6 addresses to tell */
	[NET_FILTERED] = "nameserver 198.18.0.1\n"
			 "options timeout:2 attempts:2 no-aaaa\n",
};

static const struct cover_row {
	const char *path;
	const char *data;
	bool with_host_net; /* ours even with --net host */
} cover_rows[] = {
	{"/etc/resolv.conf", NULL, false}, /* by the mode: resolv_conf[] */
	{"/etc/hosts",
	 "127.0.0.1\tlocalhost sbox\n"
	 "::1\tlocalhost ip6-localhost ip6-loopback\n",
	 false},
	{"/etc/hostname", "sbox\n", true},
	/* the same for everybody: identifies nobody */
	{"/etc/machine-id", "5b0c0000000000000000000000005b0c\n", true},
};

/* The directory in which `under` lies is the same one from now on: 0, 1 if
 * there is none, or -1. Links are told by looking at what is beneath. */
static int guard_hold(const struct view *v, const char *under, const char *why)
{
	cleanup_free char *parent = path_dirname(under);

	if (view_hold(v, parent, NULL) == 0 || errno == ENOTDIR ||
	    errno == EACCES)
		return 0;
	if (errno == ENOENT)
		return 1;
	return diag_set_errno(v->d, errno, "%s: %s", why, parent);
}

/* errno says why. */
static int unreachable(const struct view *v, const char *under, const char *why)
{
	diag_set_errno(v->d, errno, "%s: %s", why, under);
	return diag_hint(v->d, "chmod u+x its directories, and look at what is "
			       "in them");
}

/*
 * What is at the host path `under`, to be bound onto itself: 0 and *st, 1 if
 * there is nothing, or -1. A link has no mount point of its own. sbox's own
 * directories count as made (plan.make_dirs).
 */
static int guard_look(const struct view *v, const char *under, const char *dst,
		      struct stat *st, const char *why)
{
	const struct strlist *made = &v->plan->make_dirs;
	int held = guard_hold(v, under, why);

	if (held < 0)
		return -1;
	if (held == 0 && view_lstat(v, under, st) == 0) {
		if (!S_ISLNK(st->st_mode))
			return 0;
		diag_set(v->d, "%s: %s: a symbolic link can't be protected",
			 why, under);
		return diag_hint(v->d,
				 "replace it by what it names, or allow it: "
				 "--rw %s",
				 dst);
	}
	if (held == 0 && errno != ENOENT && errno != ENOTDIR)
		return unreachable(v, under, why);
	for (size_t i = 0; i < made->n; i++) {
		if (path_under(under, made->v[i])) {
			*st = (struct stat){.st_mode = S_IFDIR};
			return 0;
		}
	}
	return 1;
}

/* There is a step of this type at dst itself. */
static bool has_step(const struct view *v, enum plan_mount_type type,
		     const char *dst)
{
	const struct plan *p = v->plan;

	for (size_t i = 0; i < p->nmounts; i++)
		if (p->mounts[i].type == type &&
		    strcmp(p->mounts[i].dst, dst) == 0)
			return true;
	return false;
}

static void guard_add(struct view *v, enum plan_mount_type type,
		      const char *dst, const struct stat *st, const char *why)
{
	struct plan_mount *m = plan_add(v->plan, type, dst, why);

	m->flags = st->st_ino ? PLAN_CHECK : 0;
	m->mode = st->st_mode & S_IFMT;
	m->dev = st->st_dev;
	m->ino = st->st_ino;
}

/* Bind each directory above dst onto itself, up to the shown one. */
static int guard_pin_parents(struct view *v, const char *dst, const char *why)
{
	cleanup_free char *parent = path_dirname(dst);
	cleanup_free char *under = view_writable(v, parent);
	struct stat st = {.st_mode = 0};

	if (!under || has_step(v, PLAN_SELF, parent) ||
	    has_step(v, PLAN_READONLY, parent) ||
	    has_step(v, PLAN_BIND, parent))
		return 0;
	if (guard_pin_parents(v, parent, why) < 0)
		return -1;
	if (guard_look(v, under, dst, &st, why) != 0)
		return diag_set(v->d, "%s: %s: is gone", why, under);
	guard_add(v, PLAN_SELF, parent, &st, why);
	return 0;
}

int guard_lock(struct view *v, const char *dst, const char *why, int depth)
{
	cleanup_free char *under = view_writable(v, dst);
	struct stat st = {.st_mode = 0};
	int r;

	if (!under || has_step(v, PLAN_READONLY, dst))
		return 0;
	r = guard_look(v, under, dst, &st, why);
	if (r != 0)
		return r < 0 ? -1 : 0; /* a new one can be made: sbox(1) */
	if (depth && guard_refuse_links(v, under, why, depth) < 0)
		return -1;
	if (guard_pin_parents(v, dst, why) < 0)
		return -1;
	guard_add(v, PLAN_READONLY, dst, &st, why);
	return 0;
}

int guard_refuse_links(const struct view *v, const char *path, const char *why,
		       int depth)
{
	cleanup_strlist struct strlist names = {.n = 0};
	struct stat st;

	if (view_lstat(v, path, &st) < 0)
		return 0;
	if (S_ISREG(st.st_mode) && st.st_nlink > 1) {
		diag_set(v->d,
			 "%s: %s: the file has other names (hard links), by "
			 "which it could be reached",
			 why, path);
		return diag_hint(v->d, "look at it, then put a copy in its "
				       "place (cp -p, mv)");
	}
	if (!S_ISDIR(st.st_mode))
		return 0;
	if (depth == 0) {
		diag_set(v->d, "%s: %s: directories too deep", why, path);
		return diag_hint(v->d, "look at them, then move them away");
	}
	if (v->host->fs.list(v->host->fs.ctx, path, 0, &names) < 0) {
		diag_set_errno(v->d, errno, "%s: %s", why, path);
		return diag_hint(v->d, "chmod u+rx, and look at what is in it");
	}
	for (size_t i = 0; i < names.n; i++) {
		cleanup_free char *name = path_join(path, names.v[i]);

		if (guard_refuse_links(v, name, why, depth - 1) < 0)
			return -1;
	}
	return 0;
}

/* At dst, or with the directory that it is in. */
static bool is_hidden(const struct view *v, const char *dst)
{
	for (size_t i = 0; i < v->plan->nmounts; i++) {
		const struct plan_mount *m = &v->plan->mounts[i];

		if ((m->type == PLAN_HIDE_FILE || m->type == PLAN_HIDE_DIR) &&
		    path_under(m->dst, dst))
			return true;
	}
	return false;
}

static int guard_hide(struct view *v, const char *dst, const char *why)
{
	cleanup_free char *under = view_backing(v, dst);
	cleanup_free char *writable = view_writable(v, dst);
	struct stat st;

	if (!under || is_hidden(v, dst))
		return 0;
	if (writable && guard_hold(v, under, why) < 0)
		return -1;
	if (view_lstat(v, under, &st) < 0) {
		/* what the inside took away, it could give back */
		if (!writable || errno != EACCES || !view_could_reach(v, under))
			return 0;
		errno = EACCES;
		return unreachable(v, under, why);
	}
	if (S_ISLNK(st.st_mode)) {
		cleanup_free char *canon = NULL;

		/* following a link here can only hide more */
		if (view_follow(v, under, &canon, &st) < 0 ||
		    strcmp(canon, under) == 0)
			return 0;
		return guard_hide_source(v, canon, why);
	}
	if (writable && guard_pin_parents(v, dst, why) < 0)
		return -1;
	guard_add(v, S_ISDIR(st.st_mode) ? PLAN_HIDE_DIR : PLAN_HIDE_FILE, dst,
		  &st, why);
	return 0;
}

/* As root: everything in /etc that others may not read. */
static int hide_unreadable(struct view *v, const char *dir, unsigned depth)
{
	cleanup_strlist struct strlist names = {.n = 0};

	if (v->host->fs.list(v->host->fs.ctx, dir, 0, &names) < 0)
		return diag_set_errno(v->d, errno, "%s", dir);
	for (size_t i = 0; i < names.n; i++) {
		cleanup_free char *path = path_join(dir, names.v[i]);
		struct stat st;
		int r = 0;

		if (view_lstat(v, path, &st) < 0 || S_ISLNK(st.st_mode))
			continue;
		if (S_ISDIR(st.st_mode) && (st.st_mode & S_IXOTH) && depth < 8)
			r = hide_unreadable(v, path, depth + 1);
		else if (S_ISDIR(st.st_mode) || !(st.st_mode & S_IROTH))
			r = guard_hide(v, path, "root's only");
		if (r < 0)
			return -1;
	}
	return 0;
}

static int hide_secrets(struct view *v)
{
	const struct host *h = v->host;

	if (h->uid == 0)
		return hide_unreadable(v, "/etc", 0);
	for (size_t i = 0; i < ARRAY_SIZE(secret_files); i++) {
		if (h->fs.readable(h->fs.ctx, secret_files[i]) == 0 &&
		    guard_hide(v, secret_files[i], "root's only") < 0)
			return -1;
	}
	return 0;
}

static bool is_shown_itself(const struct view *v, const char *src)
{
	for (size_t i = 0; i < v->shows.nmounts; i++)
		if (strcmp(v->shows.mounts[i].src, src) == 0)
			return true;
	return false;
}

int guard_hide_source(struct view *v, const char *src, const char *why)
{
	if (view_type(v, src) == S_IFREG &&
	    guard_refuse_links(v, src, why, 0) < 0)
		return -1;
	for (size_t i = 0, n = v->plan->nmounts; i < n; i++) {
		const struct plan_mount *m = &v->plan->mounts[i];
		cleanup_free char *dst = view_alias(m, src, 0);

		if (dst && strcmp(m->why, "device") != 0 &&
		    guard_hide(v, dst, why) < 0)
			return -1;
	}
	return 0;
}

/* A bound socket answers whoever sees it, read-only mount or not. */
static int hide_sockets(struct view *v)
{
	cleanup_strlist struct strlist all = {.n = 0};

	if (v->host->lost_sockets.n && socket_search(v, &all) < 0)
		return -1;
	strlist_append(&all, &v->host->sockets);
	for (size_t i = 0; i < all.n; i++)
		if (!is_shown_itself(v, all.v[i]) &&
		    view_type(v, all.v[i]) == S_IFSOCK &&
		    guard_hide_source(v, all.v[i], "host's socket") < 0)
			return -1;
	return 0;
}

/* Where it is shown by this name, and wherever else what lies there is. */
static int hide_named(struct view *v, const char *path, bool asked)
{
	cleanup_free char *under = view_backing(v, path);
	cleanup_free char *canon = NULL;
	struct stat st;

	if (path_under(path, v->host->cwd)) {
		diag_set(v->d, "fs.hide: %s: the working directory is in it",
			 path);
		return diag_hint(v->d, "hide what lies beneath that one");
	}
	/* nothing can be put over what isn't there */
	if (under && asked && !view_type(v, under) && errno == ENOENT)
		plan_warn(v->plan,
			  "--hide: %s: isn't there: nothing is hidden, and "
			  "what is made there later will be seen",
			  path);
	if (guard_hide(v, path, "hide") < 0 ||
	    (under && guard_hide_source(v, under, "hide") < 0))
		return -1;
	/* a link in it leads to what is shown by other names: following one
	 * here can only hide more */
	if (view_follow(v, path, &canon, &st) < 0)
		return 0;
	return guard_hide_source(v, canon, "hide");
}

static int hide_build(struct view *v)
{
	const struct policy *p = v->policy;

	for (size_t i = 0; i < p->hide.n; i++) {
		cleanup_free char *path = path_join(v->host->cwd, p->hide.v[i]);

		if (hide_named(v, path, i >= p->nhide_unasked) < 0)
			return -1;
	}
	if (hide_sockets(v) < 0 || services_hide(v) < 0)
		return -1;
	return hide_secrets(v);
}

static void proc_build(struct view *v)
{
	bool root = v->host->uid == 0;

	/* masks would keep an ordinary user's nested /proc from being mounted
	 * (mount_too_revealing()); root could write /proc/sys by his uid */
	if (v->policy->userns && !root)
		return;
	for (size_t i = 0; i < ARRAY_SIZE(proc_rows); i++) {
		const struct proc_row *row = &proc_rows[i];

		if (root || !row->root)
			plan_add(v->plan, row->type, row->path, "proc")->flags =
				PLAN_TRY;
	}
}

/* A cover over a file of the host's, or, where /etc/NAME is a link into our
 * own /run (systemd-resolved), the file that it points to. */
static void cover_add(struct view *v, const struct cover_row *row)
{
	bool ours = v->plan->net != NET_HOST || row->with_host_net;
	cleanup_free char *canon = NULL, *under = NULL;
	struct stat st;
	struct plan_mount *m;

	if (view_resolve(v, row->path, &canon, &st, NULL) < 0)
		return; /* missing or dangling: tells nothing */
	under = view_backing(v, canon);
	if (ours) {
		m = plan_add(v->plan, under ? PLAN_COVER : PLAN_FILE, canon,
			     "cover");
		m->mode = 0444;
		m->data = xstrdup(row->data ? row->data
					    : resolv_conf[v->plan->net]);
	} else if (!under) {
		(void)plan_add_bind(v->plan, canon, canon, PLAN_RO | PLAN_MAKE,
				    &st, "cover");
	}
}

/* What was asked for read-only, or empty, within what is writable keeps its
 * name, and a file has no other. In a kept home (PLAN_MAKE) there is nothing of
 * the host's. */
static int places_build(struct view *v)
{
	for (size_t i = 0, n = v->plan->nmounts; i < n; i++) {
		const struct plan_mount m = v->plan->mounts[i];
		cleanup_free char *parent = NULL, *under = NULL;

		if (m.type != PLAN_TMPFS &&
		    (m.type != PLAN_BIND ||
		     (m.flags & (PLAN_RO | PLAN_MAKE)) != PLAN_RO))
			continue;
		parent = path_dirname(m.dst);
		under = view_writable(v, parent);
		if (!under)
			continue;
		if (guard_pin_parents(v, m.dst, m.why) < 0 ||
		    (S_ISREG(m.mode) && path_under(under, m.src) &&
		     guard_refuse_links(v, m.src, m.why, DEPTH_MAX) < 0))
			return -1;
	}
	return 0;
}

int guard_build(struct view *v)
{
	proc_build(v);
	for (size_t i = 0; i < ARRAY_SIZE(cover_rows); i++)
		cover_add(v, &cover_rows[i]);
	if (protect_build(v) < 0 || places_build(v) < 0 || hide_build(v) < 0)
		return -1;
	if (v->plan->keep_home)
		(void)plan_add(v->plan, PLAN_HIDE_DIR, "/" PLAN_SCRATCH,
			       "aside");
	return 0;
}
