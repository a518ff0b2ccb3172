/* SPDX-License-Identifier: MIT */
/*
 * What is visible inside (sbox(1)), as mounts, parents first:
 *
 *	layout[]	the system: read-only from the host, or private
 *	home		private, or a kept one
 *	shows		the command's installation, whitelisted paths, the cwd
 *
 * A candidate (view.shows) is collected first and placed when all are known,
 * parents before children, so the order of options never matters. What lies in
 * our own tmpfs gets its mount point made (PLAN_MAKE); what lies in something
 * of the host's must exist there: nothing is ever created on the host.
 */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "plan_internal.h"
#include "sbox/cleanup.h"
#include "sbox/diag.h"
#include "sbox/path.h"

struct layout {
	const char *path;
	enum plan_mount_type type;
	unsigned flags;
	mode_t mode;
	const char *target; /* SYMLINK */
};

/* Read-only if the host has it; a link stays a link. */
#define SHOW	      PLAN_BIND, PLAN_RO | PLAN_MAKE, S_IFDIR, NULL
#define NODE	      PLAN_BIND, PLAN_DEV | PLAN_NOEXEC | PLAN_MAKE, S_IFCHR, NULL
#define PRIVATE(mode) PLAN_PRIVATE, 0, mode, NULL /* ours, writable */
#define DIR(mode)     PLAN_DIR, 0, mode, NULL /* ours, to hold other things */
#define LINK(to)      PLAN_SYMLINK, 0, 0, to

/* clang-format off */
static const struct layout layout[] = {
	{ "/usr",		SHOW },
	{ "/bin",		SHOW },
	{ "/sbin",		SHOW },
	{ "/lib",		SHOW },
	{ "/lib32",		SHOW },
	{ "/lib64",		SHOW },
	{ "/libx32",		SHOW },
	{ "/nix/store",		SHOW },
	{ "/gnu/store",		SHOW },
	{ "/opt",		SHOW },
	{ "/etc",		SHOW },
	{ "/tmp",		PRIVATE(01777) },
	{ "/run",		PRIVATE(0755) },
	{ "/run/lock",		DIR(01777) },
	{ "/run/user",		DIR(0755) },
	{ "/var",		DIR(0755) },
	{ "/var/tmp",		PRIVATE(01777) },
	{ "/var/run",		LINK("/run") },
	{ "/var/lock",		LINK("/run/lock") },
	{ "/var/log",		DIR(0755) },
	/* what tools only read */
	{ "/var/lib/dpkg",	SHOW },
	{ "/var/lib/pacman",	SHOW },
	{ "/var/lib/rpm",	SHOW },
	{ "/var/lib/ghc",	SHOW },
	{ "/var/lib/texmf",	SHOW },
	{ "/var/cache/fontconfig", SHOW },
	{ "/sys",		DIR(0755) },
	{ "/sys/devices/system/cpu", SHOW },
	{ "/sys/devices/system/node", SHOW },
	{ "/dev",		DIR(0755) },
	{ "/dev/null",		NODE },
	{ "/dev/zero",		NODE },
	{ "/dev/full",		NODE },
	{ "/dev/random",	NODE },
	{ "/dev/urandom",	NODE },
	{ "/dev/tty",		NODE },
	{ "/dev/shm",		PRIVATE(01777) },
	{ "/dev/ptmx",		LINK("pts/ptmx") },
	{ "/dev/fd",		LINK("/proc/self/fd") },
	{ "/dev/stdin",		LINK("/proc/self/fd/0") },
	{ "/dev/stdout",	LINK("/proc/self/fd/1") },
	{ "/dev/stderr",	LINK("/proc/self/fd/2") },
	{ "/dev/pts",		PLAN_DEVPTS, 0, 0, NULL },
	{ "/proc",		PLAN_PROC, 0, 0, NULL },
};
/* clang-format on */

int view_lstat(const struct view *v, const char *path, struct stat *st)
{
	return v->host->fs.lstat(v->host->fs.ctx, path, st);
}

mode_t view_type(const struct view *v, const char *path)
{
	struct stat st;

	return view_lstat(v, path, &st) == 0 ? st.st_mode & S_IFMT : 0;
}

bool view_could_reach(const struct view *v, const char *path)
{
	cleanup_free char *dir = path_dirname(path);
	struct stat st;
	int r;

	while ((r = view_lstat(v, dir, &st)) < 0 && errno == EACCES)
		xreplace(&dir, path_dirname(dir));
	return r == 0 && st.st_uid == v->host->uid;
}

int view_hold(const struct view *v, const char *path, struct stat *st)
{
	return v->host->fs.hold(v->host->fs.ctx, path, st);
}

void view_show(struct view *v, const char *src, const char *dst,
	       const struct stat *st, unsigned flags, const char *why)
{
	struct plan *shows = &v->shows;

	for (size_t i = 0; i < shows->nmounts; i++) {
		if (strcmp(shows->mounts[i].dst, dst) != 0)
			continue;
		plan_mount_free(&shows->mounts[i]);
		shows->mounts[i] = shows->mounts[--shows->nmounts];
		break;
	}
	(void)plan_add_bind(shows, src, dst, flags, st, why);
}

/* The bind that dst is seen through, or NULL. */
static const struct plan_mount *find_bind(const struct view *v, const char *dst)
{
	static const bool shows[PLAN__COUNT] = {
		[PLAN_BIND] = true, [PLAN_PRIVATE] = true, [PLAN_TMPFS] = true,
		[PLAN_PROC] = true, [PLAN_DEVPTS] = true,
	};

	for (size_t i = v->plan->nmounts; i-- > 0;) {
		const struct plan_mount *m = &v->plan->mounts[i];

		if (shows[m->type] && path_under(m->dst, dst))
			return m->type == PLAN_BIND ? m : NULL;
	}
	return NULL;
}

char *view_backing(const struct view *v, const char *dst)
{
	const struct plan_mount *m = find_bind(v, dst);

	return m ? xasprintf("%s%s", m->src, dst + strlen(m->dst)) : NULL;
}

char *view_writable(const struct view *v, const char *dst)
{
	const struct plan_mount *m = find_bind(v, dst);

	if (!m || (m->flags & PLAN_RO))
		return NULL;
	return xasprintf("%s%s", m->src, dst + strlen(m->dst));
}

char *view_alias(const struct plan_mount *m, const char *src, unsigned without)
{
	if (m->type != PLAN_BIND || (m->flags & without) ||
	    !path_under(m->src, src))
		return NULL;
	return xasprintf("%s%s", m->dst, src + strlen(m->src));
}

/* It is in a place that is writable inside, by its name or where links in it
 * lead to. The system's own is not looked at, which costs every start. */
static bool leads_to_untrusted(const struct view *v, const char *dir)
{
	cleanup_free char *canon = NULL;
	struct stat st;

	if (view_is_untrusted(v, dir))
		return true;
	return !path_under("/usr", dir) && !path_under("/bin", dir) &&
	       !path_under("/sbin", dir) &&
	       view_follow(v, dir, &canon, &st) == 0 &&
	       view_is_untrusted(v, canon);
}

char *view_path_next(const struct view *v, const char **at,
		     struct strlist *left)
{
	while (*at && **at) {
		size_t len = strcspn(*at, ":");
		cleanup_free char *part = xstrndup(*at, len);
		cleanup_free char *dir = path_join(v->host->cwd, part);

		*at += len + ((*at)[len] == ':');
		if (strstr(dir, "/../"))
			continue;
		if (!leads_to_untrusted(v, dir))
			return steal_ptr(&dir);
		if (left)
			strlist_add(left, dir);
	}
	return NULL;
}

static void layout_add(struct view *v, const struct layout *l)
{
	struct plan_mount *m;
	struct stat st;
	char *target = NULL;

	if (l->type == PLAN_BIND && S_ISDIR(l->mode)) {
		if (view_lstat(v, l->path, &st) < 0)
			return; /* the host does without: so do we */
		if (S_ISLNK(st.st_mode))
			target = v->host->fs.readlink(v->host->fs.ctx, l->path);
		if (!target && !S_ISDIR(st.st_mode))
			return;
	} else if (l->target) {
		target = xstrdup(l->target);
	}
	if (target) {
		plan_add(v->plan, PLAN_SYMLINK, l->path, "layout")->data =
			target;
		return;
	}
	m = plan_add(v->plan, l->type, l->path, "layout");
	m->flags = l->flags;
	m->mode = l->mode;
	if (l->type == PLAN_BIND)
		m->src = xstrdup(l->path);
}

/* A kept home's directory on the host; %p is the project's path, flattened:
 * "/" is "%" and "%" is "%25", so that no two are the same. */
static char *home_dir(const struct view *v)
{
	const char *cwd = v->host->cwd + 1;
	cleanup_free char *project = xcalloc(3 * strlen(cwd) + 1, 1);
	const char *name = v->policy->home;
	const char *mark = strstr(name, "%p");

	for (char *to = project; *cwd; cwd++) {
		*to++ = *cwd == '/' ? '%' : *cwd;
		if (*cwd == '%') {
			*to++ = '2';
			*to++ = '5';
		}
	}
	if (!mark)
		return xasprintf("%s/homes/%s", v->host->state_dir, name);
	return xasprintf("%s/homes/%.*s%s%s", v->host->state_dir,
			 (int)(mark - name), name, project, mark + 2);
}

/* An empty directory at dst, also where the host's is shown (/opt, /usr). */
static struct plan_mount *add_empty(struct view *v, const char *dst,
				    const char *why)
{
	cleanup_free char *under = view_backing(v, dst);

	return plan_add(v->plan, under ? PLAN_TMPFS : PLAN_PRIVATE, dst, why);
}

/* HOME isn't always the user's own: what lies in that one is no more shown. */
static void passwd_home_build(struct view *v)
{
	const struct host *h = v->host;
	cleanup_free char *under =
		h->passwd_home ? view_backing(v, h->passwd_home) : NULL;
	struct stat st;

	if (under && view_lstat(v, under, &st) == 0 && S_ISDIR(st.st_mode) &&
	    st.st_uid == h->uid && !path_under(h->cwd, h->passwd_home) &&
	    !path_under(h->home, h->passwd_home))
		add_empty(v, h->passwd_home, "home")->mode = 0700;
}

/* What must be there can't be empty. */
static int check_home(const struct view *v)
{
	static const struct {
		const char *path;
		bool is_whole; /* nor can what lies in it */
	} needed[] = {
		{"/dev", true},	 {"/proc", true},     {"/sys", true},
		{"/etc", false}, {"/usr/bin", false},
	};
	const char *home = v->host->home;

	for (size_t i = 0; i < ARRAY_SIZE(needed); i++)
		if (path_under(home, needed[i].path) ||
		    (needed[i].is_whole && path_under(needed[i].path, home))) {
			diag_set(v->d, "home: %s: can't be one inside", home);
			return diag_hint(v->d, "HOME=DIR says where it is");
		}
	return 0;
}

static int home_build(struct view *v)
{
	const struct host *h = v->host;
	/* what will be made if it isn't there */
	struct stat st = {.st_mode = S_IFDIR, .st_uid = h->uid};

	passwd_home_build(v);
	if (path_under(h->cwd, h->home))
		return 0; /* --force-cwd: the home is what is shown */
	if (check_home(v) < 0)
		return -1;
	if (strcmp(v->policy->home, "tmp") == 0) {
		add_empty(v, h->home, "home")->mode = 0700;
		return 0;
	}
	v->plan->keep_home = home_dir(v);
	if (view_lstat(v, v->plan->keep_home, &st) < 0 && errno != ENOENT)
		return diag_set_errno(v->d, errno, "home: %s",
				      v->plan->keep_home);
	if (!S_ISDIR(st.st_mode) || st.st_uid != h->uid) {
		diag_set(v->d, "home: %s: not a directory of your own",
			 v->plan->keep_home);
		return diag_hint(v->d, "move it away");
	}
	(void)plan_add_bind(v->plan, v->plan->keep_home, h->home, PLAN_MAKE,
			    &st, "home");
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

static bool is_from_option(const struct policy_path *p)
{
	return p->origin && p->origin[0] == '-';
}

enum shown { SHOWN_READ, SHOWN_WRITE, SHOWN_SOCKET };

/* A whitelisted path of the policy becomes a candidate. */
static int show_path(struct view *v, const struct policy_path *p, enum shown as)
{
	static const char *const missing[][2] = {
		[SHOWN_READ] = {"if it may be missing: fs.readTry",
				"if it may be missing: --ro-try"},
		[SHOWN_WRITE] = {"make it first; if it may be missing: "
				 "fs.writeTry",
				 "make it first; if it may be missing: "
				 "--rw-try"},
		[SHOWN_SOCKET] = {"start what listens on it first",
				  "start what listens on it first"},
	};
	cleanup_free char *canon = NULL;
	struct stat st;
	unsigned flags = PLAN_CHECK | (as == SHOWN_WRITE ? 0 : PLAN_RO);

	if (view_resolve(v, p->src, &canon, &st, v->d) < 0) {
		if (p->try && errno == ENOENT) {
			*v->d = (struct diag){.text = ""};
			strlist_addf(&v->plan->notes, "%s: %s: isn't there",
				     p->origin, p->src);
			return 0;
		}
		diag_prefix(v->d, "%s", p->origin);
		return diag_hint(v->d, "%s", missing[as][is_from_option(p)]);
	}
	if (S_ISDIR(st.st_mode) && view_hold(v, canon, &st) < 0)
		return diag_set_errno(v->d, errno, "%s: %s", p->origin, canon);
	if (strcmp(canon, "/") == 0 || path_under("/proc", canon) ||
	    strcmp(p->dest, "/") == 0 || path_under("/proc", p->dest)) {
		diag_set(v->d, "%s: %s: can't be shown", p->origin, p->src);
		return diag_hint(v->d, "name the directories that are needed");
	}
	if (is_hidden(v, p->dest))
		return 0; /* hiding wins, in any order */
	if (path_under(canon, v->host->home) &&
	    strcmp(canon, v->host->home) != 0) {
		diag_set(v->d, "%s: %s: contains the home directory", p->origin,
			 p->src);
		return diag_hint(v->d, "name the directories that are needed");
	}
	if (as == SHOWN_SOCKET && !S_ISSOCK(st.st_mode)) {
		diag_set(v->d, "%s: %s: not a unix socket", p->origin, p->src);
		return diag_hint(v->d,
				 "a file or directory is shown with --ro");
	}
	if (!S_ISDIR(st.st_mode) && !S_ISREG(st.st_mode) &&
	    !S_ISSOCK(st.st_mode) && !S_ISFIFO(st.st_mode) &&
	    !(S_ISCHR(st.st_mode) && path_under("/dev", canon)))
		return diag_set(v->d, "%s: %s: a device outside /dev",
				p->origin, p->src);
	if (S_ISCHR(st.st_mode))
		flags |= PLAN_DEV | PLAN_NOEXEC;
	view_show(v, canon, p->dest, &st, flags,
		  is_from_option(p) ? "option" : "profile");
	return 0;
}

/*
 * Read-only and writable paths of one origin first all read-only, then all
 * writable ones: the command line comes last and can turn either way.
 */
static int show_paths(struct view *v, bool options)
{
	const struct policy_paths *lists[] = {
		[SHOWN_READ] = &v->policy->read,
		[SHOWN_WRITE] = &v->policy->write,
		[SHOWN_SOCKET] = &v->policy->net_sockets,
	};

	for (size_t l = 0; l < ARRAY_SIZE(lists); l++)
		for (size_t i = 0; i < lists[l]->n; i++)
			if (is_from_option(&lists[l]->v[i]) == options &&
			    show_path(v, &lists[l]->v[i], (enum shown)l) < 0)
				return -1;
	return 0;
}

/* A directory before what is in it. */
static int show_compare(const void *a, const void *b)
{
	const struct plan_mount *x = a, *y = b;

	return strcmp(x->dst, y->dst);
}

/* Place one candidate: over our tmpfs, or over what the host has there. */
static int show_place(struct view *v, const struct plan_mount *s)
{
	cleanup_free char *under = view_backing(v, s->dst);
	cleanup_free char *writable = view_writable(v, s->dst);
	struct stat st = {
		.st_mode = s->mode, .st_dev = s->dev, .st_ino = s->ino};
	struct stat there;
	bool over;

	if (under && strcmp(under, s->src) == 0 &&
	    !writable == !!(s->flags & PLAN_RO) && !(s->flags & PLAN_DEV))
		return 0; /* shown like this already */
	/* the kept home is sbox's own directory: mount points may be made */
	over = under &&
	       !(v->plan->keep_home && path_under(v->plan->keep_home, under));
	if (over && view_lstat(v, under, &there) < 0) {
		diag_set_errno(v->d, errno, "%s: %s: no place to show it: %s",
			       s->why, s->dst, under);
		return diag_hint(v->d, "choose a DEST that exists, or one "
				       "outside what is shown from the host");
	}
	if (over && S_ISDIR(there.st_mode) != S_ISDIR(s->mode))
		return diag_set(v->d,
				"%s: %s: a file can't be shown over a "
				"directory, nor the other way round",
				s->why, s->dst);
	(void)plan_add_bind(v->plan, s->src, s->dst,
			    s->flags | (over ? 0 : PLAN_MAKE), &st, s->why);
	return 0;
}

static int tmpfs_build(struct view *v)
{
	const struct policy_paths *l = &v->policy->tmpfs;

	for (size_t i = 0; i < l->n; i++) {
		const char *dest = l->v[i].dest;
		cleanup_free char *canon = NULL, *under = NULL;
		struct stat st;

		/* a link leads to what is shown by another name, perhaps; not
		 * one of the inside's, which would take away what is there */
		if (view_resolve(v, dest, &canon, &st, v->d) < 0) {
			if (errno == ELOOP)
				return diag_prefix(v->d, "%s", l->v[i].origin);
			*v->d = (struct diag){.text = ""};
		} else if ((under = view_backing(v, canon))) {
			dest = canon;
		}
		if (!under)
			under = view_backing(v, dest);
		if (under && view_lstat(v, under, &st) < 0) {
			diag_set_errno(v->d, errno, "%s: %s", l->v[i].origin,
				       dest);
			return diag_hint(v->d, "make the directory first");
		}
		add_empty(v, dest, "--tmpfs")->mode = 0755;
	}
	return 0;
}

/* Every command's name in a directory of ours, first on PATH: what is written
 * into a kept home can't take their place. */
static void aliases_build(struct view *v)
{
	const struct strlist *c = &v->commands;
	char **argv0 = &v->plan->argv.v[0];
	cleanup_free char *typed = path_join(v->host->cwd, *argv0);

	v->aliased = true;
	plan_add(v->plan, PLAN_DIR, VIEW_BIN, "command")->mode = 0755;
	for (size_t i = 0; i + 1 < c->n; i += 2) {
		cleanup_free char *name =
			path_join(VIEW_BIN, basename(c->v[i]));

		plan_add(v->plan, PLAN_SYMLINK, name, "command")->data =
			xstrdup(c->v[i + 1]);
		if (strcmp(c->v[i], typed) == 0)
			xreplace(argv0, steal_ptr(&name));
	}
}

/* The links that lead to the command, where they lie in our own tmpfs. Where a
 * kept home lies instead, nothing is made in it that would stay there. */
static void links_build(struct view *v)
{
	bool missing = false;

	for (size_t i = 0; i + 1 < v->links.n; i += 2) {
		const char *link = v->links.v[i];
		cleanup_free char *under = view_backing(v, link);

		if (!under)
			plan_add(v->plan, PLAN_SYMLINK, link, "command")->data =
				xstrdup(v->links.v[i + 1]);
		else if (strcmp(under, link) != 0)
			missing = true;
	}
	if (missing)
		aliases_build(v);
}

int view_build(struct view *v)
{
	const struct host *h = v->host;
	cleanup_free char *runtime = xasprintf("/run/user/%u", h->uid);

	for (size_t i = 0; i < ARRAY_SIZE(layout); i++)
		layout_add(v, &layout[i]);
	/* 0700 and the user's, as the XDG specification wants it */
	plan_add(v->plan, PLAN_DIR, runtime, "XDG_RUNTIME_DIR")->mode = 0700;
	if (home_build(v) < 0)
		return -1;
	install_find(v, v->plan->argv.v[0]);
	view_show(v, h->cwd, h->cwd, &h->cwd_stat, PLAN_CWD | PLAN_CHECK,
		  "cwd");
	if (show_paths(v, false) < 0 || device_build(v) < 0 ||
	    show_paths(v, true) < 0)
		return -1;
	if (v->shows.nmounts)
		qsort(v->shows.mounts, v->shows.nmounts,
		      sizeof(*v->shows.mounts), show_compare);
	for (size_t i = 0; i < v->shows.nmounts; i++)
		if (show_place(v, &v->shows.mounts[i]) < 0)
			return -1;
	links_build(v);
	return tmpfs_build(v);
}
