/* SPDX-License-Identifier: MIT */
/*
 * What git's configuration, of the repository and of the user, names as hooks
 * or as more configuration, and what hooks lead to that are links: the host's
 * git runs or reads it, so it is protected like the hooks themselves where it
 * is shown writable. Conditions are not looked at: they can become true.
 */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "plan_internal.h"
#include "sbox/cleanup.h"
#include "sbox/diag.h"
#include "sbox/gitconfig.h"
#include "sbox/path.h"

#define CONFIG_MAX	 (1 << 20) /* of a file is looked at */
#define CONFIG_FILES_MAX 64	   /* with all that they include */

/* A file or directory that the host's git uses by a name of the user's, perhaps
 * through a link: read-only wherever it is shown writable. 0 and *canon (NULL
 * if nothing is there), or -1. */
static int guard_named(struct view *v, const char *path, const char *why,
		       char **canon)
{
	struct stat st;

	*canon = NULL;
	if (view_resolve(v, path, canon, &st, v->d) < 0) {
		if (errno == EACCES && view_could_reach(v, path))
			diag_hint(v->d, "chmod u+x the directories above it");
		else if (errno == ENOENT || errno == ENOTDIR || errno == EACCES)
			*v->d = (struct diag){.text = ""};
		return diag_is_set(v->d) ? diag_prefix(v->d, "%s", why) : 0;
	}
	for (size_t i = 0, n = v->plan->nmounts; i < n; i++) {
		cleanup_free char *at = view_alias(&v->plan->mounts[i], *canon,
						   PLAN_RO | PLAN_DEV);

		if (at && path_under(*canon, v->host->cwd) &&
		    protect_asked(v, at) < 1) {
			diag_set(v->d, "%s: %s: the project would be read-only",
				 why, *canon);
			return diag_hint(v->d,
					 "name another directory, or allow it: "
					 "--rw %s",
					 at);
		}
		if (at && protect_readonly(v, at, why) < 0)
			return -1;
	}
	return 0;
}

/* Hooks, and what those lead to that are links: git runs nothing else here. */
static int guard_hooks(struct view *v, const char *path, const char *why)
{
	const struct host_fs *fs = &v->host->fs;
	cleanup_strlist struct strlist names = {.n = 0};
	cleanup_free char *dir = NULL;

	if (guard_named(v, path, why, &dir) < 0)
		return -1;
	if (dir && view_type(v, dir) == S_IFDIR &&
	    fs->list(fs->ctx, dir, S_IFLNK, &names) < 0)
		return diag_set_errno(v->d, errno, "%s: %s", why, dir);
	for (size_t i = 0; i < names.n; i++) {
		cleanup_free char *hook = path_join(dir, names.v[i]);
		cleanup_free char *to = fs->readlink(fs->ctx, hook);
		cleanup_free char *target = to ? path_join(dir, to) : NULL;
		cleanup_free char *canon = NULL;

		if (to && guard_named(v, target, hook, &canon) < 0)
			return -1;
	}
	return 0;
}

/* A repository's configuration, and how far it was followed. */
struct config {
	struct view *v;
	const char *gitdir;   /* or NULL */
	struct strlist tops;  /* where git may run hooks */
	struct strlist hooks; /* values of core.hooksPath */
	struct strlist seen;
};

static int config_file(struct config *g, const char *path);

static int config_variable(struct config *g, const char *dir,
			   const struct gitconfig *c)
{
	const char *section = c->section;
	bool core = strcmp(section, "core") == 0;
	bool hooks = core && strcmp(c->key, "hookspath") == 0;
	bool include = strcmp(c->key, "path") == 0 &&
		       (strcmp(section, "include") == 0 ||
			strncmp(section, "includeif.", 10) == 0);
	cleanup_free char *name = NULL, *path = NULL, *canon = NULL;

	if (core && strcmp(c->key, "worktree") == 0 && c->value && g->gitdir)
		strlist_add_owned(&g->tops, path_join(g->gitdir, c->value));
	if (core && strcmp(c->key, "sharedrepository") == 0)
		xreplace(&g->v->git_value[2], xstrdup("umask"));
	if (!c->value || !c->value[0] || (!hooks && !include))
		return 0;
	if (path_expand_home(c->value, g->v->host->home, &name, g->v->d) < 0)
		return diag_prefix(g->v->d, "%s",
				   hooks ? "core.hooksPath" : "include.path");
	if (hooks) {
		strlist_add(&g->hooks, name);
		return 0;
	}
	path = path_join(dir, name);
	if (guard_named(g->v, path, "include.path", &canon) < 0)
		return -1;
	return config_file(g, path);
}

/* What a file of git's configuration names, whatever the conditions. */
static int config_file(struct config *g, const char *path)
{
	const struct host_fs *fs = &g->v->host->fs;
	cleanup_free char *canon = NULL, *text = NULL;
	cleanup_free char *dir = path_dirname(path);
	struct gitconfig c = {.at = NULL};
	struct stat st;
	int r = 0;

	if (view_follow(g->v, path, &canon, &st) < 0 ||
	    strlist_has(&g->seen, canon))
		return 0;
	text = fs->read_head(fs->ctx, canon, CONFIG_MAX);
	if (!text)
		return 0; /* nor does git, as this user, read it */
	strlist_add(&g->seen, canon);
	if (st.st_size > (off_t)strlen(text) || g->seen.n > CONFIG_FILES_MAX) {
		diag_set(g->v->d,
			 "protect: %s: can't be told what git takes from it: "
			 "it is larger than 1 MiB, holds a NUL, or includes "
			 "too many others",
			 path);
		return diag_hint(g->v->d, "look at it, then move it away");
	}
	c.at = text;
	while (r == 0 && gitconfig_next(&c))
		r = config_variable(g, dir, &c);
	return r;
}

/* Hooks by core.hooksPath, in each directory that a relative one may mean. */
static int config_hooks(struct config *g)
{
	for (size_t i = 0; i < g->hooks.n * g->tops.n; i++) {
		cleanup_free char *path = path_join(g->tops.v[i % g->tops.n],
						    g->hooks.v[i / g->tops.n]);

		/* husky's own call those of the directory above */
		if (path_ends(path, "/_"))
			xreplace(&path, path_dirname(path));
		if (guard_hooks(g->v, path, "core.hooksPath") < 0)
			return -1;
	}
	return 0;
}

/* What the configuration of the repository with this .git, and the user's own,
 * name; git runs its hooks in top. */
static int protect_repository(struct view *v, const char *top,
			      const char *dotgit)
{
	cleanup_free char *gitdir = NULL, *common = NULL, *hooks = NULL;
	cleanup_strlist struct strlist files = {.n = 0};
	struct config g = {.v = v};
	size_t repository;
	struct stat st;
	int r = 0;

	if (view_type(v, dotgit) == S_IFREG)
		r = git_file_target(v, dotgit, &gitdir);
	else
		(void)view_resolve(v, dotgit, &gitdir, &st, NULL);
	if (gitdir) {
		common = git_common_dir(gitdir);
		hooks = path_join(common, "hooks");
		r = guard_hooks(v, hooks, "protect");
		strlist_add_owned(&files, path_join(common, "config"));
		strlist_add_owned(&files, path_join(gitdir, "config.worktree"));
	}
	repository = files.n;
	git_user_config(v, &files);
	g.gitdir = gitdir;
	strlist_add(&g.tops, top);
	for (size_t i = 0; i < files.n && r == 0; i++) {
		cleanup_free char *canon = NULL;

		/* the user's own may be links into a project of dot-files */
		if (i >= repository && !view_is_untrusted(v, v->host->home))
			r = guard_named(v, files.v[i], "protect", &canon);
		if (r == 0)
			r = config_file(&g, files.v[i]);
	}
	if (r == 0)
		r = config_hooks(&g);
	strlist_free(&g.tops);
	strlist_free(&g.hooks);
	strlist_free(&g.seen);
	return r;
}

/* git takes nothing from a repository of another user's (safe.directory), who
 * could keep us from starting by what it names. Root's can do no harm. */
static bool is_foreign(const struct view *v, const char *dotgit)
{
	struct stat st;

	return view_lstat(v, dotgit, &st) < 0 ||
	       (st.st_uid != v->host->uid && st.st_uid != 0);
}

/* The same for all that git could find from this writable directory on: it
 * passes by what is none, and is used further up as well. */
int protect_configured(struct view *v, const char *src, bool bare)
{
	cleanup_free char *top = xstrdup(src);
	int r = bare ? protect_repository(v, src, src) : 0;

	for (bool more = true; more && r == 0;) {
		cleanup_free char *dotgit = path_join(top, ".git");

		if (strcmp(top, src) == 0 || !is_foreign(v, dotgit))
			r = protect_repository(v, top, dotgit);
		more = top[1] != '\0';
		xreplace(&top, path_dirname(top));
	}
	return r;
}
