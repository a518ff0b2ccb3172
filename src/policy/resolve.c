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
#include "resolve.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "sbox/cleanup.h"
#include "sbox/diag.h"
#include "sbox/path.h"

#define RESOLVE_LINKS_MAX 40 /* as the kernel, path_resolution(7) */

struct walk {
	char done[PATH_MAX]; /* canonical so far, "" = root */
	char todo[PATH_MAX]; /* what is left, without a leading slash */
	unsigned links;
};

bool path_under_any(const struct strlist *roots, const char *path)
{
	for (size_t i = 0; roots && i < roots->n; i++)
		if (path_under(roots->v[i], path))
			return true;
	return false;
}

/* Take the next component off w->todo into name. False at the end. */
static bool walk_next(struct walk *w, char name[NAME_MAX + 1])
{
	const char *p = w->todo + strspn(w->todo, "/");
	size_t len = strcspn(p, "/");

	if (len == 0 || len > NAME_MAX)
		return false;
	memcpy(name, p, len);
	name[len] = '\0';
	p += len;
	memmove(w->todo, p, strlen(p) + 1);
	return true;
}

static void walk_up(struct walk *w)
{
	char *slash = strrchr(w->done, '/');

	if (slash)
		*slash = '\0';
}

/* Replace the link at w->done by its target. */
static int walk_link(const struct host *h, const struct strlist *untrusted,
		     struct walk *w, const char *path, struct diag *d)
{
	cleanup_free char *target = NULL;
	char rest[PATH_MAX];
	int n;

	if (++w->links > RESOLVE_LINKS_MAX) {
		errno = ELOOP;
		return diag_set_errno(d, ELOOP, "%s", path);
	}
	target = h->fs.readlink(h->fs.ctx, w->done);
	if (!target)
		return diag_set_errno(d, errno, "%s", w->done);
	walk_up(w);
	if (path_under_any(untrusted, *w->done ? w->done : "/")) {
		diag_set(d,
			 "%s: goes through a symbolic link in %s, which is "
			 "writable inside",
			 path, *w->done ? w->done : "/");
		diag_hint(d, "name the link's target itself, if you trust it");
		errno = ELOOP;
		return -1;
	}
	n = snprintf(rest, sizeof(rest), "%s/%s", target, w->todo);
	if (n < 0 || (size_t)n >= sizeof(rest)) {
		errno = ENAMETOOLONG;
		return diag_set_errno(d, ENAMETOOLONG, "%s", path);
	}
	memcpy(w->todo, rest, (size_t)n + 1);
	if (target[0] == '/')
		w->done[0] = '\0';
	return 0;
}

/* Append name to w->done and look at it. */
static int walk_down(const struct host *h, const struct strlist *untrusted,
		     struct walk *w, const char *name, const char *path,
		     struct host_stat *st, struct diag *d)
{
	size_t len = strlen(w->done);
	int n = snprintf(w->done + len, sizeof(w->done) - len, "/%s", name);

	if (n < 0 || (size_t)n >= sizeof(w->done) - len) {
		errno = ENAMETOOLONG;
		return diag_set_errno(d, ENAMETOOLONG, "%s", path);
	}
	if (h->fs.lstat(h->fs.ctx, w->done, st) < 0)
		return diag_set_errno(d, errno, "%s", path);
	if (S_ISLNK(st->mode))
		return walk_link(h, untrusted, w, path, d);
	if (w->todo[strspn(w->todo, "/")] != '\0' && !S_ISDIR(st->mode)) {
		errno = ENOTDIR;
		return diag_set_errno(d, ENOTDIR, "%s", path);
	}
	return 0;
}

/* getcwd(3) holds no link: what lies beneath it starts there. */
static void walk_init(const struct host *h, struct walk *w, const char *path)
{
	size_t skip = 0;

	w->links = 0;
	w->done[0] = '\0';
	if (h->cwd && h->cwd[1] && path_under(h->cwd, path)) {
		skip = strlen(h->cwd);
		memcpy(w->done, h->cwd, skip + 1);
	}
	memcpy(w->todo, path + skip, strlen(path + skip) + 1);
}

int resolve_path(const struct host *h, const struct strlist *untrusted,
		 const char *path, char **canon, struct host_stat *st,
		 struct diag *d)
{
	struct walk w;
	char name[NAME_MAX + 1];
	struct host_stat last;

	if (path[0] != '/' || strlen(path) >= PATH_MAX) {
		errno = EINVAL;
		return diag_set(d, "%s: not an absolute path", path);
	}
	walk_init(h, &w, path);
	while (walk_next(&w, name)) {
		if (strcmp(name, ".") == 0)
			continue;
		if (strcmp(name, "..") == 0) {
			walk_up(&w);
			continue;
		}
		if (walk_down(h, untrusted, &w, name, path, &last, d) < 0)
			return -1;
	}
	if (!w.done[0])
		memcpy(w.done, "/", 2);
	/* the walk may have ended on ".." or begun at the end */
	if (h->fs.lstat(h->fs.ctx, w.done, &last) < 0)
		return diag_set_errno(d, errno, "%s", path);
	if (S_ISLNK(last.mode)) {
		errno = ELOOP;
		diag_set(d, "%s: was replaced while sbox looked at it", path);
		return diag_hint(d, "start it again");
	}
	*canon = xstrdup(w.done);
	*st = last;
	return 0;
}
