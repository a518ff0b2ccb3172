/* SPDX-License-Identifier: MIT */
/*
 * Resolving a path the way the kernel does, one component at a time, but
 * refusing every symbolic link that the payload of an earlier run could have
 * written: a link that lies in a place that is writable inside decides
 * nothing about what is mounted (CVE-2026-39861, CVE-2026-50548: such links
 * were followed by the unsandboxed side). The result holds no link at all;
 * launch() opens it with RESOLVE_NO_SYMLINKS and compares device and inode, so
 * whatever changes between here and there is an error, never another mount.
 */
#include <errno.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>

#include "plan_internal.h"
#include "sbox/cleanup.h"
#include "sbox/diag.h"
#include "sbox/path.h"

#define RESOLVE_LINKS_MAX 40 /* as the kernel, path_resolution(7) */

bool view_is_untrusted(const struct view *v, const char *path)
{
	for (size_t i = 0; i < v->untrusted.n; i++)
		if (path_under(v->untrusted.v[i], path))
			return true;
	return false;
}

/* A way that is being walked. */
struct walk {
	const struct view *v;
	const char *path; /* as it was given */
	char *done;	  /* canonical so far */
	char *todo;
	unsigned links;
};

static int walk_error(const struct walk *w, int err, struct diag *d)
{
	errno = err; /* which a diag keeps */
	return diag_set_errno(d, err, "%s", w->path);
}

/* Go on at the target of the link `at`, which lies in w->done. */
static int walk_link(struct walk *w, const char *at, struct diag *d)
{
	cleanup_free char *target = NULL;

	if (++w->links > RESOLVE_LINKS_MAX)
		return walk_error(w, ELOOP, d);
	if (view_is_untrusted(w->v, w->done)) {
		errno = ELOOP;
		diag_set(d,
			 "%s: goes through a symbolic link in %s, which is "
			 "writable inside",
			 w->path, w->done);
		return diag_hint(d, "name the link's target itself, if you "
				    "trust it");
	}
	target = w->v->host->fs.readlink(w->v->host->fs.ctx, at);
	if (!target)
		return diag_set_errno(d, errno, "%s", at);
	if (target[0] == '/')
		xreplace(&w->done, xstrdup("/"));
	xreplace(&w->todo, xasprintf("%s/%s", target, w->todo));
	return strlen(w->todo) < PATH_MAX ? 0 : walk_error(w, ENAMETOOLONG, d);
}

/* Take one component off w->todo. */
static int walk_step(struct walk *w, struct diag *d)
{
	const char *p = w->todo + strspn(w->todo, "/");
	size_t len = strcspn(p, "/");
	cleanup_free char *name = xstrndup(p, len);
	cleanup_free char *at = path_join(w->done, name);
	struct stat st;

	p += len + strspn(p + len, "/");
	memmove(w->todo, p, strlen(p) + 1);
	if (strcmp(name, ".") == 0)
		return 0;
	if (strcmp(name, "..") == 0) {
		xreplace(&w->done, path_dirname(w->done));
		return 0;
	}
	if (view_lstat(w->v, at, &st) < 0)
		return walk_error(w, errno, d);
	if (S_ISLNK(st.st_mode))
		return walk_link(w, at, d);
	if (*w->todo && !S_ISDIR(st.st_mode))
		return walk_error(w, ENOTDIR, d);
	xreplace(&w->done, steal_ptr(&at));
	return 0;
}

int view_resolve(const struct view *v, const char *path, char **canon,
		 struct stat *st, struct diag *d)
{
	/* getcwd(3) holds no link: what lies beneath it starts there */
	const char *cwd = v->host->cwd;
	bool from_cwd = cwd[1] && path_under(cwd, path);
	struct walk w = {.v = v, .path = path};
	struct stat last;
	int rc = 0;

	if (path[0] != '/' || strlen(path) >= PATH_MAX) {
		errno = EINVAL;
		return diag_set(d, "%s: not an absolute path", path);
	}
	w.done = xstrdup(from_cwd ? cwd : "/");
	w.todo = xstrdup(from_cwd ? path + strlen(cwd) : path);
	while (rc == 0 && w.todo[strspn(w.todo, "/")])
		rc = walk_step(&w, d);
	/* the walk may have ended on ".." or begun at the end */
	if (rc == 0 && view_lstat(v, w.done, &last) < 0)
		rc = walk_error(&w, errno, d);
	if (rc == 0 && S_ISLNK(last.st_mode)) {
		errno = ELOOP;
		diag_set(d, "%s: was replaced while sbox looked at it", path);
		rc = diag_hint(d, "start it again");
	}
	if (rc == 0) {
		*canon = steal_ptr(&w.done);
		*st = last;
	}
	free(w.done);
	free(w.todo);
	return rc;
}

int view_follow(const struct view *v, const char *path, char **canon,
		struct stat *st)
{
	struct view trusting = *v;

	trusting.untrusted = (struct strlist){.n = 0};
	return view_resolve(&trusting, path, canon, st, NULL);
}
