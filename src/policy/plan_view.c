/* SPDX-License-Identifier: MIT */
/*
 * What is visible inside (DESIGN 2), as mounts from shallow to deep:
 *
 *	layout[]	the system: read-only from the host, or private
 *	home		private, or a kept one
 *	shows		the command's installation, whitelisted paths, the cwd
 *
 * A candidate (struct show) is collected first and placed when all are known,
 * parents before children, so the order of options never matters. What lies in
 * our own tmpfs gets its mount point made (PLAN_MAKE); what lies in something
 * of the host's must exist there: nothing is ever created on the host.
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

enum layout_kind {
	LAYOUT_SHOW,	/* read-only if the host has it; a link stays a link */
	LAYOUT_PRIVATE, /* ours, writable */
	LAYOUT_DIR,	/* ours, read-only, to hold other things */
	LAYOUT_LINK,
	LAYOUT_NODE, /* a device node */
};

struct layout {
	const char *path;
	enum layout_kind kind;
	mode_t mode;
	const char *target; /* LINK */
};

/* clang-format off */
static const struct layout layout[] = {
	{ "/usr",		LAYOUT_SHOW,	0,	NULL },
	{ "/bin",		LAYOUT_SHOW,	0,	NULL },
	{ "/sbin",		LAYOUT_SHOW,	0,	NULL },
	{ "/lib",		LAYOUT_SHOW,	0,	NULL },
	{ "/lib32",		LAYOUT_SHOW,	0,	NULL },
	{ "/lib64",		LAYOUT_SHOW,	0,	NULL },
	{ "/libx32",		LAYOUT_SHOW,	0,	NULL },
	{ "/nix/store",		LAYOUT_SHOW,	0,	NULL },
	{ "/gnu/store",		LAYOUT_SHOW,	0,	NULL },
	{ "/opt",		LAYOUT_SHOW,	0,	NULL },
	{ "/etc",		LAYOUT_SHOW,	0,	NULL },
	{ "/tmp",		LAYOUT_PRIVATE,	01777,	NULL },
	{ "/run",		LAYOUT_PRIVATE,	0755,	NULL },
	{ "/run/lock",		LAYOUT_DIR,	01777,	NULL },
	{ "/run/user",		LAYOUT_DIR,	0755,	NULL },
	{ "/var",		LAYOUT_DIR,	0755,	NULL },
	{ "/var/tmp",		LAYOUT_PRIVATE,	01777,	NULL },
	{ "/var/run",		LAYOUT_LINK,	0,	"/run" },
	{ "/var/lock",		LAYOUT_LINK,	0,	"/run/lock" },
	{ "/var/log",		LAYOUT_DIR,	0755,	NULL },
	/* what tools only read */
	{ "/var/lib/dpkg",	LAYOUT_SHOW,	0,	NULL },
	{ "/var/lib/pacman",	LAYOUT_SHOW,	0,	NULL },
	{ "/var/lib/rpm",	LAYOUT_SHOW,	0,	NULL },
	{ "/var/lib/ghc",	LAYOUT_SHOW,	0,	NULL },
	{ "/var/lib/texmf",	LAYOUT_SHOW,	0,	NULL },
	{ "/var/cache/fontconfig", LAYOUT_SHOW,	0,	NULL },
	{ "/sys",		LAYOUT_DIR,	0755,	NULL },
	{ "/sys/devices/system/cpu", LAYOUT_SHOW, 0,	NULL },
	{ "/sys/devices/system/node", LAYOUT_SHOW, 0,	NULL },
	{ "/dev",		LAYOUT_DIR,	0755,	NULL },
	{ "/dev/null",		LAYOUT_NODE,	0,	NULL },
	{ "/dev/zero",		LAYOUT_NODE,	0,	NULL },
	{ "/dev/full",		LAYOUT_NODE,	0,	NULL },
	{ "/dev/random",	LAYOUT_NODE,	0,	NULL },
	{ "/dev/urandom",	LAYOUT_NODE,	0,	NULL },
	{ "/dev/tty",		LAYOUT_NODE,	0,	NULL },
	{ "/dev/shm",		LAYOUT_PRIVATE,	01777,	NULL },
	{ "/dev/ptmx",		LAYOUT_LINK,	0,	"pts/ptmx" },
	{ "/dev/fd",		LAYOUT_LINK,	0,	"/proc/self/fd" },
	{ "/dev/stdin",		LAYOUT_LINK,	0,	"/proc/self/fd/0" },
	{ "/dev/stdout",	LAYOUT_LINK,	0,	"/proc/self/fd/1" },
	{ "/dev/stderr",	LAYOUT_LINK,	0,	"/proc/self/fd/2" },
};
/* clang-format on */

void view_show(struct view *v, const char *src, const char *dst,
	       const struct host_stat *st, bool write, unsigned flags,
	       const char *why)
{
	struct show *s;

	for (size_t i = 0; i < v->nshows; i++) {
		if (strcmp(v->shows[i].dst, dst) != 0)
			continue;
		s = &v->shows[i]; /* the later one decides */
		free(s->src);
		free(s->dst);
		goto fill;
	}
	v->shows = xreallocarray(v->shows, v->nshows + 1, sizeof(*v->shows));
	s = &v->shows[v->nshows++];
fill:
	*s = (struct show){
		.src = xstrdup(src),
		.dst = xstrdup(dst),
		.st = *st,
		.write = write,
		.flags = flags,
		.why = why,
	};
}

void view_free(struct view *v)
{
	for (size_t i = 0; i < v->nshows; i++) {
		free(v->shows[i].src);
		free(v->shows[i].dst);
	}
	free(v->shows);
	strlist_free(&v->untrusted);
	strlist_free(&v->links);
	strlist_free(&v->guard);
	for (size_t i = 0; i < ARRAY_SIZE(v->git_value); i++)
		free(v->git_value[i]);
}

char *view_backing(const struct view *v, const char *dst, bool *write)
{
	const struct plan *p = v->plan;

	*write = false;
	for (size_t i = p->nmounts; i-- > 0;) {
		const struct plan_mount *m = &p->mounts[i];
		const char *rest;

		if (m->type != PLAN_BIND && m->type != PLAN_PRIVATE &&
		    m->type != PLAN_TMPFS && m->type != PLAN_PROC &&
		    m->type != PLAN_DEVPTS)
			continue;
		if (!path_under(m->dst, dst))
			continue;
		if (m->type != PLAN_BIND)
			return NULL;
		*write = !(m->flags & PLAN_RO);
		rest = dst + strlen(m->dst);
		return *rest ? path_join(m->src, rest + 1) : xstrdup(m->src);
	}
	return NULL;
}

static int layout_show(struct view *v, const struct layout *l)
{
	const struct host *h = v->host;
	struct plan_mount *m;
	struct host_stat st;

	if (h->fs.lstat(h->fs.ctx, l->path, &st) < 0)
		return 0; /* the host does without: so do we */
	if (S_ISLNK(st.mode)) {
		char *target = h->fs.readlink(h->fs.ctx, l->path);

		if (target)
			plan_add(v->plan, PLAN_SYMLINK, l->path, "layout")
				->data = target;
		return 0;
	}
	if (!S_ISDIR(st.mode))
		return 0;
	m = plan_add_bind(v->plan, l->path, l->path, PLAN_RO | PLAN_MAKE,
			  "layout");
	m->mode = S_IFDIR;
	return 0;
}

static void layout_build(struct view *v)
{
	for (size_t i = 0; i < ARRAY_SIZE(layout); i++) {
		const struct layout *l = &layout[i];
		struct plan_mount *m;

		switch (l->kind) {
		case LAYOUT_SHOW:
			layout_show(v, l);
			break;
		case LAYOUT_PRIVATE:
			plan_add(v->plan, PLAN_PRIVATE, l->path, "layout")
				->mode = l->mode;
			break;
		case LAYOUT_DIR:
			plan_add(v->plan, PLAN_DIR, l->path, "layout")->mode =
				l->mode;
			break;
		case LAYOUT_LINK:
			plan_add(v->plan, PLAN_SYMLINK, l->path, "layout")
				->data = xstrdup(l->target);
			break;
		case LAYOUT_NODE:
			m = plan_add_bind(v->plan, l->path, l->path,
					  PLAN_DEV | PLAN_NOEXEC | PLAN_MAKE,
					  "layout");
			m->mode = S_IFCHR;
			break;
		}
	}
	plan_add(v->plan, PLAN_DEVPTS, "/dev/pts", "layout");
	plan_add(v->plan, PLAN_PROC, "/proc", "layout");
}

/* XDG_RUNTIME_DIR: 0700 and the user's, as the XDG specification wants it. */
static void runtime_dir_build(struct view *v)
{
	cleanup_free char *dir =
		xasprintf("/run/user/%lu", (unsigned long)v->host->uid);

	plan_add(v->plan, PLAN_DIR, dir, "XDG_RUNTIME_DIR")->mode = 0700;
}

/* A kept home's directory on the host; %p is the project's path, flattened. */
static char *home_dir(const struct view *v)
{
	cleanup_free char *project = xstrdup(v->host->cwd + 1);
	const char *name = v->policy->home;
	const char *mark = strstr(name, "%p");

	for (char *c = project; *c; c++) {
		if (*c == '/')
			*c = '%';
	}
	if (!mark)
		return xasprintf("%s/homes/%s", v->host->state_dir, name);
	return xasprintf("%s/homes/%.*s%s%s", v->host->state_dir,
			 (int)(mark - name), name, project, mark + 2);
}

static int home_build(struct view *v, struct diag *d)
{
	const struct host *h = v->host;
	struct host_stat st = {.mode = S_IFDIR};
	struct plan_mount *m;

	if (path_under(h->cwd, h->home))
		return 0; /* --force-cwd: the home is what is shown */
	if (strcmp(v->policy->home, "tmp") == 0) {
		plan_add(v->plan, PLAN_PRIVATE, h->home, "home")->mode = 0700;
		return 0;
	}
	v->plan->keep_home = home_dir(v);
	if (h->fs.lstat(h->fs.ctx, v->plan->keep_home, &st) == 0) {
		if (!S_ISDIR(st.mode) || st.uid != h->uid) {
			diag_set(d, "home: %s: not a directory of your own",
				 v->plan->keep_home);
			return diag_hint(d, "move it away");
		}
	} else if (errno != ENOENT) {
		return diag_set_errno(d, errno, "home: %s", v->plan->keep_home);
	}
	m = plan_add_bind(v->plan, v->plan->keep_home, h->home, PLAN_MAKE,
			  "home");
	m->mode = S_IFDIR;
	return 0;
}

static bool is_hidden(const struct view *v, const char *dst)
{
	for (size_t i = 0; i < v->policy->hide.n; i++) {
		cleanup_free char *hide =
			path_join(v->host->cwd, v->policy->hide.v[i]);

		if (path_under(hide, dst))
			return true;
	}
	return false;
}

/* A whitelisted path of the policy becomes a candidate. */
static int show_path(struct view *v, const struct policy_path *p, bool write,
		     struct diag *d)
{
	cleanup_free char *canon = NULL;
	struct host_stat st;
	unsigned flags = PLAN_CHECK;

	if (resolve_path(v->host, &v->untrusted, p->src, &canon, &st, d) < 0) {
		if (p->try && errno == ENOENT) {
			*d = (struct diag){.text = ""};
			return 0;
		}
		diag_prefix(d, "%s", p->origin);
		return diag_hint(d, "%s",
				 write ? "make it first, or use --rw-try"
				       : "use --ro-try if it may be missing");
	}
	if (strcmp(canon, "/") == 0 || path_under("/proc", canon) ||
	    strcmp(p->dest, "/") == 0 || path_under("/proc", p->dest)) {
		diag_set(d, "%s: %s: can't be shown", p->origin, p->src);
		return diag_hint(d, "name the directories that are needed");
	}
	if (is_hidden(v, p->dest))
		return 0; /* hiding wins, in any order */
	if (path_under(canon, v->host->home) &&
	    strcmp(canon, v->host->home) != 0) {
		diag_set(d, "%s: %s: contains the home directory", p->origin,
			 p->src);
		return diag_hint(d, "name the directories that are needed");
	}
	if (!S_ISDIR(st.mode) && !S_ISREG(st.mode) && !S_ISSOCK(st.mode) &&
	    !S_ISFIFO(st.mode) &&
	    !(S_ISCHR(st.mode) && path_under("/dev", canon)))
		return diag_set(d, "%s: %s: a device outside /dev", p->origin,
				p->src);
	if (S_ISCHR(st.mode))
		flags |= PLAN_DEV | PLAN_NOEXEC;
	view_show(v, canon, p->dest, &st, write, flags,
		  p->origin[0] == '-' ? "option" : "profile");
	return 0;
}

static bool is_from_option(const struct policy_path *p)
{
	return p->origin && p->origin[0] == '-';
}

/*
 * Read-only and writable paths of one origin first all read-only, then all
 * writable ones: the command line comes last and can turn either way.
 */
static int show_paths(struct view *v, bool options, struct diag *d)
{
	const struct policy_paths *lists[] = {&v->policy->read,
					      &v->policy->write};

	for (size_t l = 0; l < ARRAY_SIZE(lists); l++) {
		for (size_t i = 0; i < lists[l]->n; i++) {
			const struct policy_path *p = &lists[l]->v[i];

			if (is_from_option(p) != options)
				continue;
			if (show_path(v, p, l == 1, d) < 0)
				return -1;
		}
	}
	return 0;
}

static size_t path_depth(const char *path)
{
	size_t n = 0;

	for (; *path; path++)
		n += *path == '/' && path[1];
	return n;
}

static int show_compare(const void *a, const void *b)
{
	const struct show *x = a, *y = b;
	size_t dx = path_depth(x->dst), dy = path_depth(y->dst);

	if (dx != dy)
		return dx < dy ? -1 : 1;
	return strcmp(x->dst, y->dst);
}

/* Place one candidate: over our tmpfs, or over what the host has there. */
static int show_place(struct view *v, const struct show *s, struct diag *d)
{
	const struct host *h = v->host;
	cleanup_free char *under = NULL;
	struct plan_mount *m;
	struct host_stat st;
	bool writable, in_home;

	under = view_backing(v, s->dst, &writable);
	if (under && strcmp(under, s->src) == 0 && writable == s->write &&
	    !(s->flags & PLAN_DEV))
		return 0; /* shown like this already */
	/* the kept home is sbox's own directory: mount points may be made */
	in_home = under && v->plan->keep_home &&
		  path_under(v->plan->keep_home, under);
	if (under && !in_home && h->fs.lstat(h->fs.ctx, under, &st) < 0) {
		diag_set_errno(d, errno, "%s: %s: no place to show it: %s",
			       s->why, s->dst, under);
		return diag_hint(d, "choose a DEST that exists, or one outside "
				    "what is shown from the host");
	}
	if (under && !in_home && S_ISDIR(st.mode) != S_ISDIR(s->st.mode))
		return diag_set(d,
				"%s: %s: a file can't be shown over a "
				"directory, nor the other way round",
				s->why, s->dst);
	m = plan_add_bind(v->plan, s->src, s->dst,
			  s->flags | (s->write ? 0 : PLAN_RO) |
				  (under && !in_home ? 0 : PLAN_MAKE),
			  s->why);
	m->mode = s->st.mode & S_IFMT;
	m->dev = s->st.dev;
	m->ino = s->st.ino;
	return 0;
}

static int tmpfs_build(struct view *v, struct diag *d)
{
	const struct policy_paths *l = &v->policy->tmpfs;

	for (size_t i = 0; i < l->n; i++) {
		cleanup_free char *under = NULL;
		bool writable;
		struct plan_mount *m;

		if (strchr(l->v[i].dest, ':')) {
			diag_set(d, "%s: %s: a tmpfs has no source",
				 l->v[i].origin, l->v[i].dest);
			return diag_hint(d, "give one path without a colon");
		}
		under = view_backing(v, l->v[i].dest, &writable);
		m = plan_add(v->plan, under ? PLAN_TMPFS : PLAN_PRIVATE,
			     l->v[i].dest, "--tmpfs");
		m->mode = 0755;
	}
	return 0;
}

/* The links that lead to the command, where they lie in our own tmpfs. */
static void links_build(struct view *v)
{
	for (size_t i = 0; i + 1 < v->links.n; i += 2) {
		cleanup_free char *under = NULL;
		bool writable;

		under = view_backing(v, v->links.v[i], &writable);
		if (!under)
			plan_add(v->plan, PLAN_SYMLINK, v->links.v[i],
				 "command")
				->data = xstrdup(v->links.v[i + 1]);
	}
}

int view_build(struct view *v, struct diag *d)
{
	const struct host *h = v->host;

	layout_build(v);
	runtime_dir_build(v);
	if (home_build(v, d) < 0)
		return -1;
	if (install_find(v, v->plan->argv.v[0], d) < 0)
		return -1;
	view_show(v, h->cwd, h->cwd, &h->cwd_stat, true, PLAN_CWD | PLAN_CHECK,
		  "cwd");
	if (show_paths(v, false, d) < 0 || device_build(v, d) < 0 ||
	    show_paths(v, true, d) < 0)
		return -1;
	if (v->nshows)
		qsort(v->shows, v->nshows, sizeof(*v->shows), show_compare);
	for (size_t i = 0; i < v->nshows; i++) {
		if (show_place(v, &v->shows[i], d) < 0)
			return -1;
	}
	links_build(v);
	return tmpfs_build(v, d);
}
