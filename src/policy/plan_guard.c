/* SPDX-License-Identifier: MIT */
/*
 * What must not be written or seen although it lies in something shown:
 *
 *	protected	what the host would execute or trust later (.git/hooks,
 *			.envrc ...), sbox's own directories and files
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
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "plan_internal.h"
#include "resolve.h"
#include "sbox/cleanup.h"
#include "sbox/diag.h"
#include "sbox/path.h"

/* Relative to every writable directory; DESIGN 2, "protected paths". */
static const char *const protected_names[] = {
	".git/hooks",
	".git/config",
	".git/config.worktree",
	".git/info/attributes",
	".envrc",
	".vscode/tasks.json",
	".vscode/settings.json",
	".vscode/launch.json",
	".devcontainer",
	".idea/runConfigurations",
	".mcp.json",
	".claude/settings.json",
	".claude/settings.local.json",
	".claude/hooks",
	".codex/config.toml",
	".codex/hooks.json",
	".gemini/settings.json",
	".cursor/mcp.json",
	".cursor/hooks.json",
	".pi/settings.json",
	"opencode.json",
	"opencode.jsonc",
	".opencode/plugin",
	".opencode/plugins",
	".sbox.json",
};

/* A bare repository at the top: it has these two, and HEAD. */
static const char *const protected_bare[] = {"hooks", "config"};

/* What a supplementary group may let an ordinary user read in /etc. As root
 * the whole of /etc is walked instead. */
static const char *const secret_files[] = {
	"/etc/shadow",	"/etc/shadow-",	    "/etc/gshadow", "/etc/gshadow-",
	"/etc/sudoers", "/etc/ssl/private", "/etc/ppp",
};

struct proc_row {
	const char *path;
	enum plan_mount_type type;
};

/* As container runtimes do (OCI maskedPaths and readonlyPaths). */
static const struct proc_row proc_rows[] = {
	{"/proc/sys", PLAN_READONLY},
	{"/proc/sysrq-trigger", PLAN_READONLY},
	{"/proc/irq", PLAN_READONLY},
	{"/proc/bus", PLAN_READONLY},
	{"/proc/fs", PLAN_READONLY},
	{"/proc/keys", PLAN_HIDE_FILE},
	{"/proc/key-users", PLAN_HIDE_FILE},
	{"/proc/kcore", PLAN_HIDE_FILE},
	{"/proc/timer_list", PLAN_HIDE_FILE},
	{"/proc/interrupts", PLAN_HIDE_FILE},
	{"/proc/acpi", PLAN_HIDE_DIR},
	{"/proc/scsi", PLAN_HIDE_DIR},
};

/* For root, who could read these by his uid alone. */
static const struct proc_row proc_rows_root[] = {
	{"/proc/kpagecount", PLAN_HIDE_FILE},
	{"/proc/kpageflags", PLAN_HIDE_FILE},
	{"/proc/kpagecgroup", PLAN_HIDE_FILE},
	{"/proc/kmsg", PLAN_HIDE_FILE},
	{"/proc/slabinfo", PLAN_HIDE_FILE},
	{"/proc/vmallocinfo", PLAN_HIDE_FILE},
	{"/proc/mtrr", PLAN_READONLY},
};

struct cover_row {
	const char *path;
	const char *data;
	bool with_host_net; /* ours even with --net host */
};

static const struct cover_row cover_rows[] = {
	{"/etc/resolv.conf", "# no network: sbox --net none\n", false},
	{"/etc/hosts",
	 "127.0.0.1\tlocalhost sbox\n"
	 "::1\tlocalhost ip6-localhost ip6-loopback\n",
	 false},
	{"/etc/hostname", "sbox\n", true},
	/* the same for everybody: identifies nobody */
	{"/etc/machine-id", "5b0c0000000000000000000000005b0c\n", true},
};

static int hstat(const struct view *v, const char *path, struct host_stat *st)
{
	return v->host->fs.lstat(v->host->fs.ctx, path, st);
}

/* The same, where sbox's own directories count as made (plan.make_dirs). */
static int guard_stat(const struct view *v, const char *path,
		      struct host_stat *st)
{
	const struct strlist *made = &v->plan->make_dirs;

	if (hstat(v, path, st) == 0)
		return 0;
	for (size_t i = 0; i < made->n && errno == ENOENT; i++) {
		if (path_under(path, made->v[i])) {
			*st = (struct host_stat){.mode = S_IFDIR};
			return 0;
		}
	}
	return -1;
}

/* The user asked for exactly this path (or something in it) writable. */
static bool is_asked_writable(const struct view *v, const char *dst)
{
	for (size_t i = 0; i < v->policy->write.n; i++) {
		if (path_under(dst, v->policy->write.v[i].dest))
			return true;
	}
	return false;
}

static bool is_pinned(const struct view *v, const char *dst)
{
	const struct plan *p = v->plan;

	for (size_t i = 0; i < p->nmounts; i++) {
		if ((p->mounts[i].type == PLAN_SELF ||
		     p->mounts[i].type == PLAN_READONLY ||
		     p->mounts[i].type == PLAN_BIND) &&
		    strcmp(p->mounts[i].dst, dst) == 0)
			return true;
	}
	return false;
}

static void guard_add(struct view *v, enum plan_mount_type type,
		      const char *dst, const struct host_stat *st,
		      const char *why)
{
	struct plan_mount *m = plan_add(v->plan, type, dst, why);

	m->flags = st->ino ? PLAN_CHECK : 0;
	m->mode = st->mode & S_IFMT;
	m->dev = st->dev;
	m->ino = st->ino;
}

/* Bind each directory above dst onto itself, up to the shown one. */
static int guard_pin_parents(struct view *v, const char *dst, const char *why,
			     struct diag *d)
{
	cleanup_free char *parent = path_dirname(dst);
	cleanup_free char *under = NULL;
	struct host_stat st;
	bool writable;

	if (is_pinned(v, parent))
		return 0;
	under = view_backing(v, parent, &writable);
	if (!under || !writable)
		return 0;
	if (guard_pin_parents(v, parent, why, d) < 0)
		return -1;
	if (guard_stat(v, under, &st) < 0)
		return diag_set_errno(d, errno, "%s: %s", why, under);
	if (!S_ISDIR(st.mode)) {
		diag_set(d, "%s: %s: a symbolic link can't be protected", why,
			 under);
		return diag_hint(d,
				 "replace it by a directory, or allow it: "
				 "--rw %s",
				 dst);
	}
	guard_add(v, PLAN_SELF, parent, &st, why);
	return 0;
}

/* Make dst (an inside path) read-only if it is in something writable. */
static int guard_readonly(struct view *v, const char *dst, const char *why,
			  struct diag *d)
{
	cleanup_free char *under = NULL;
	struct host_stat st;
	bool writable;

	under = view_backing(v, dst, &writable);
	if (!under || !writable || is_asked_writable(v, dst))
		return 0;
	if (guard_stat(v, under, &st) < 0) {
		if (errno == ENOENT || errno == ENOTDIR)
			return 0; /* the review at exit catches new ones */
		return diag_set_errno(d, errno, "%s: %s", why, under);
	}
	if (S_ISLNK(st.mode)) {
		diag_set(d, "%s: %s: a symbolic link can't be protected", why,
			 under);
		return diag_hint(d,
				 "replace it by a file, or allow it: --rw "
				 "%s",
				 dst);
	}
	if (guard_pin_parents(v, dst, why, d) < 0)
		return -1;
	guard_add(v, PLAN_READONLY, dst, &st, why);
	return 0;
}

static int guard_hide(struct view *v, const char *dst, const char *why,
		      struct diag *d)
{
	cleanup_free char *under = NULL;
	struct host_stat st;
	bool writable;

	under = view_backing(v, dst, &writable);
	if (!under || hstat(v, under, &st) < 0)
		return 0; /* not visible: nothing to hide */
	if (S_ISLNK(st.mode)) {
		cleanup_free char *canon = NULL;
		struct diag ignored = {.text = ""};

		/* following a link here can only hide more */
		if (resolve_path(v->host, NULL, under, &canon, &st, &ignored) <
		    0)
			return 0;
		return strcmp(canon, under) == 0 ? 0
						 : guard_hide(v, canon, why, d);
	}
	if (writable && guard_pin_parents(v, dst, why, d) < 0)
		return -1;
	guard_add(v, S_ISDIR(st.mode) ? PLAN_HIDE_DIR : PLAN_HIDE_FILE, dst,
		  &st, why);
	return 0;
}

/* The protected names beneath one writable directory. */
static int protect_dir(struct view *v, const char *dst, const char *src,
		       struct diag *d)
{
	cleanup_free char *head = path_join(src, "HEAD");
	cleanup_free char *objects = path_join(src, "objects");
	struct host_stat st;

	for (size_t i = 0; i < ARRAY_SIZE(protected_names); i++) {
		const char *name = protected_names[i];
		cleanup_free char *path = path_join(dst, name);

		if (v->policy->git_config == GIT_CONFIG_RW &&
		    strcmp(name, ".git/config") == 0)
			continue;
		if (guard_readonly(v, path, "protect", d) < 0)
			return -1;
	}
	if (hstat(v, head, &st) < 0 || hstat(v, objects, &st) < 0)
		return 0;
	for (size_t i = 0; i < ARRAY_SIZE(protected_bare); i++) {
		cleanup_free char *path = path_join(dst, protected_bare[i]);

		if (v->policy->git_config == GIT_CONFIG_RW && i == 1)
			continue;
		if (guard_readonly(v, path, "protect", d) < 0)
			return -1;
	}
	return 0;
}

/* sbox's own directory or file, if this writable directory contains it. */
static int protect_own(struct view *v, const char *own, const char *src,
		       const char *dst, struct diag *d)
{
	cleanup_free char *inside = NULL;
	struct host_stat st;

	if (!own || !path_under(src, own))
		return 0;
	if (strcmp(src, own) == 0) {
		diag_set(d,
			 "%s: is sbox's own, which must not be writable "
			 "inside",
			 own);
		return diag_hint(d, "show another directory");
	}
	if (hstat(v, own, &st) < 0)
		strlist_add(&v->plan->make_dirs, own);
	inside = xasprintf("%s%s", dst, own + strlen(src));
	return guard_readonly(v, inside, "sbox's own", d);
}

static int protect_build(struct view *v, struct diag *d)
{
	const struct host *h = v->host;
	const char *own[] = {h->config_dir, h->state_dir, h->cache_dir,
			     h->data_dir, h->self};
	size_t n = v->plan->nmounts;

	for (size_t i = 0; i < n; i++) {
		struct plan_mount m = v->plan->mounts[i];

		if (m.type != PLAN_BIND || (m.flags & (PLAN_RO | PLAN_DEV)) ||
		    !S_ISDIR(m.mode))
			continue;
		if (v->plan->keep_home &&
		    strcmp(m.src, v->plan->keep_home) == 0)
			continue;
		for (size_t k = 0; k < ARRAY_SIZE(own); k++) {
			if (protect_own(v, own[k], m.src, m.dst, d) < 0)
				return -1;
		}
		if (protect_dir(v, m.dst, m.src, d) < 0)
			return -1;
	}
	for (size_t i = 0; i < v->policy->protect.n; i++) {
		cleanup_free char *path =
			path_join(h->cwd, v->policy->protect.v[i]);

		if (guard_readonly(v, path, "fs.protect", d) < 0)
			return -1;
	}
	for (size_t i = 0; i < v->guard.n; i++) {
		if (guard_readonly(v, v->guard.v[i], "git", d) < 0)
			return -1;
	}
	return 0;
}

/* As root: everything in /etc that others may not read. */
static int hide_unreadable(struct view *v, const char *dir, unsigned depth,
			   struct diag *d)
{
	struct strlist names = {.n = 0};
	int r = 0;

	if (v->host->fs.list(v->host->fs.ctx, dir, &names) < 0)
		return diag_set_errno(d, errno, "%s", dir);
	for (size_t i = 0; i < names.n && r == 0; i++) {
		cleanup_free char *path = path_join(dir, names.v[i]);
		struct host_stat st;

		if (hstat(v, path, &st) < 0 || S_ISLNK(st.mode))
			continue;
		if (S_ISDIR(st.mode) && (st.mode & S_IXOTH)) {
			if (depth < 8)
				r = hide_unreadable(v, path, depth + 1, d);
		} else if (!(st.mode & S_IROTH)) {
			r = guard_hide(v, path, "root's only", d);
		}
	}
	strlist_free(&names);
	return r;
}

static int hide_secrets(struct view *v, struct diag *d)
{
	const struct host *h = v->host;

	if (h->uid == 0)
		return hide_unreadable(v, "/etc", 0, d);
	for (size_t i = 0; i < ARRAY_SIZE(secret_files); i++) {
		if (h->fs.readable(h->fs.ctx, secret_files[i]) < 0)
			continue;
		if (guard_hide(v, secret_files[i], "root's only", d) < 0)
			return -1;
	}
	return 0;
}

static bool is_shown_itself(const struct view *v, const char *src)
{
	for (size_t i = 0; i < v->nshows; i++) {
		if (strcmp(v->shows[i].src, src) == 0)
			return true;
	}
	return false;
}

/* A bound socket answers whoever sees it, read-only mount or not. */
static int hide_sockets(struct view *v, struct diag *d)
{
	const struct host *h = v->host;
	size_t n = v->plan->nmounts;

	for (size_t s = 0; s < h->sockets.n; s++) {
		const char *sock = h->sockets.v[s];

		if (is_shown_itself(v, sock))
			continue;
		for (size_t i = 0; i < n; i++) {
			const char *src = v->plan->mounts[i].src;
			cleanup_free char *dst = NULL;
			struct host_stat st;

			if (v->plan->mounts[i].type != PLAN_BIND ||
			    !path_under(src, sock))
				continue;
			/* a name with a newline forges lines of the list */
			if (hstat(v, sock, &st) < 0 || !S_ISSOCK(st.mode))
				continue;
			dst = xasprintf("%s%s", v->plan->mounts[i].dst,
					sock + strlen(src));
			if (guard_hide(v, dst, "host's socket", d) < 0)
				return -1;
		}
	}
	return 0;
}

static int hide_build(struct view *v, struct diag *d)
{
	for (size_t i = 0; i < v->policy->hide.n; i++) {
		cleanup_free char *path =
			path_join(v->host->cwd, v->policy->hide.v[i]);

		if (guard_hide(v, path, "hide", d) < 0)
			return -1;
	}
	if (hide_sockets(v, d) < 0)
		return -1;
	return hide_secrets(v, d);
}

static void proc_build(struct view *v, const struct proc_row *rows, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct plan_mount *m =
			plan_add(v->plan, rows[i].type, rows[i].path, "proc");

		m->flags = PLAN_TRY;
	}
}

/* A cover over a file of the host's, or, where /etc/NAME is a link into our
 * own /run (systemd-resolved), the file that it points to. */
static int cover_build(struct view *v, struct diag *d)
{
	for (size_t i = 0; i < ARRAY_SIZE(cover_rows); i++) {
		const struct cover_row *row = &cover_rows[i];
		cleanup_free char *canon = NULL;
		cleanup_free char *under = NULL;
		struct host_stat st;
		struct diag missing = {.text = ""};
		struct plan_mount *m;
		bool writable, ours;

		if (resolve_path(v->host, &v->untrusted, row->path, &canon, &st,
				 &missing) < 0)
			continue; /* missing or dangling: tells nothing */
		ours = v->plan->net != NET_HOST || row->with_host_net;
		under = view_backing(v, canon, &writable);
		if (under && !ours)
			continue;
		if (under) {
			m = plan_add(v->plan, PLAN_COVER, canon, "cover");
		} else if (ours) {
			m = plan_add(v->plan, PLAN_FILE, canon, "cover");
			m->mode = 0444;
		} else {
			m = plan_add_bind(v->plan, canon, canon,
					  PLAN_RO | PLAN_MAKE, "cover");
			m->mode = S_IFREG;
			continue;
		}
		m->data = xstrdup(row->data);
	}
	(void)d;
	return 0;
}

int guard_build(struct view *v, struct diag *d)
{
	/* masks would keep an ordinary user's nested /proc from being mounted
	 * (mount_too_revealing()); root could write /proc/sys by his uid */
	if (!v->policy->userns || v->host->uid == 0) {
		proc_build(v, proc_rows, ARRAY_SIZE(proc_rows));
		if (v->host->uid == 0)
			proc_build(v, proc_rows_root,
				   ARRAY_SIZE(proc_rows_root));
	}
	if (cover_build(v, d) < 0 || protect_build(v, d) < 0)
		return -1;
	return hide_build(v, d);
}
