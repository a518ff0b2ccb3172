/* SPDX-License-Identifier: MIT */
/*
 * Which names must not be written although they lie in something shown
 * writable: what the host would execute or trust later (.git/hooks, .envrc
 * ...), and sbox's own directories and files. How a name is guarded:
 * plan_guard.c.
 */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "plan_internal.h"
#include "sbox/cleanup.h"
#include "sbox/diag.h"
#include "sbox/path.h"
#include "sbox/policy.h"

#define DEPTH_MAX 32 /* of what is protected; nobody's is deeper */

/* Of every git repository. This one is left out with --git-config rw (known by
 * its address: a user's fs.protect always counts). */
static const char git_config[] = "config";
/* Where git looks for configuration and hooks instead, once it is there. */
static const char git_commondir[] = "commondir";
static const char *const protected_git[] = {
	"hooks",	   git_config,	  "config.worktree",
	"info/attributes", git_commondir,
};
/* Of each of its linked worktrees (gitrepository-layout(5)). */
static const char *const protected_worktree[] = {
	git_commondir,
	"gitdir",
	"config.worktree",
};

/* Relative to every writable directory; sbox(1), "protected names". */
static const char *const protected_names[] = {
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

/* The user asked for exactly this path (or something in it) writable. */
static bool is_asked_writable(const struct view *v, const char *dst)
{
	for (size_t i = 0; i < v->policy->write.n; i++) {
		if (path_under(dst, v->policy->write.v[i].dest))
			return true;
	}
	return false;
}

/* A mount protects a name; a file that has another one can be written to by
 * that. So no file may, nor any in a directory. */
static int refuse_links(const struct view *v, const char *path, const char *why,
			int depth)
{
	cleanup_strlist struct strlist names = {.n = 0};
	struct stat st;

	if (view_lstat(v, path, &st) < 0)
		return 0;
	if (S_ISREG(st.st_mode) && st.st_nlink > 1) {
		diag_set(v->d,
			 "%s: %s: the file has other names (hard links), by "
			 "which it could be written to",
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
	if (v->host->fs.list(v->host->fs.ctx, path, &names) < 0) {
		diag_set_errno(v->d, errno, "%s: %s", why, path);
		return diag_hint(v->d, "chmod u+rx, and look at what is in it");
	}
	for (size_t i = 0; i < names.n; i++) {
		cleanup_free char *name = path_join(path, names.v[i]);

		if (refuse_links(v, name, why, depth - 1) < 0)
			return -1;
	}
	return 0;
}

/* The same, unless the user asked for it otherwise. */
static int guard_readonly(struct view *v, const char *dst, const char *why)
{
	cleanup_free char *under = NULL;
	bool writable;

	if (is_asked_writable(v, dst))
		return 0;
	under = view_backing(v, dst, &writable);
	if (under && writable && refuse_links(v, under, why, DEPTH_MAX) < 0)
		return -1;
	return guard_lock(v, dst, why);
}

/* The same for some of the names in dir. */
static int guard_names(struct view *v, const char *dir,
		       const char *const *names, size_t n, const char *why)
{
	for (size_t i = 0; i < n; i++) {
		cleanup_free char *path = path_join(dir, names[i]);

		if (names[i] == git_config &&
		    v->policy->git_config == GIT_CONFIG_RW)
			continue;
		if (guard_readonly(v, path, why) < 0)
			return -1;
	}
	return 0;
}

/* A repository's own directory. */
static int protect_git(struct view *v, const char *dst, const char *src)
{
	cleanup_free char *common = path_join(src, git_commondir);
	cleanup_free char *trees = path_join(src, "worktrees");
	cleanup_free char *inside = path_join(dst, "worktrees");
	cleanup_free char *under = NULL;
	cleanup_strlist struct strlist names = {.n = 0};
	struct stat st;
	bool writable;

	if (guard_names(v, dst, protected_git, ARRAY_SIZE(protected_git),
			"protect") < 0)
		return -1;
	under = view_backing(v, dst, &writable);
	if (!under || !writable || view_lstat(v, src, &st) < 0 ||
	    !S_ISDIR(st.st_mode))
		return 0;
	if (view_lstat(v, common, &st) == 0) {
		strlist_addf(&v->plan->warnings,
			     "%s: git takes configuration and hooks from where "
			     "this says, and only a worktree has one: look at "
			     "it",
			     common);
	} else {
		strlist_add_owned(&v->plan->absent,
				  path_join(dst, git_commondir));
		strlist_add(&v->plan->absent_src, common);
	}
	if (view_lstat(v, trees, &st) == 0 && S_ISDIR(st.st_mode) &&
	    v->host->fs.list(v->host->fs.ctx, trees, &names) < 0)
		return diag_set_errno(v->d, errno, "protect: %s", trees);
	for (size_t i = 0; i < names.n; i++) {
		cleanup_free char *tree = path_join(inside, names.v[i]);

		if (guard_names(v, tree, protected_worktree,
				ARRAY_SIZE(protected_worktree), "protect") < 0)
			return -1;
	}
	return 0;
}

/* The protected names beneath one writable directory, which may itself be a
 * bare repository. */
static int protect_dir(struct view *v, const char *dst, const char *src)
{
	cleanup_free char *git = path_join(dst, ".git");
	cleanup_free char *dotgit = path_join(src, ".git");
	cleanup_free char *head = path_join(src, "HEAD");
	cleanup_free char *objects = path_join(src, "objects");
	struct stat st;

	if (protect_git(v, git, dotgit) < 0 ||
	    guard_names(v, dst, protected_names, ARRAY_SIZE(protected_names),
			"protect") < 0)
		return -1;
	/* a file names the repository */
	if (view_lstat(v, dotgit, &st) == 0 && S_ISREG(st.st_mode) &&
	    guard_readonly(v, git, "protect") < 0)
		return -1;
	if (view_lstat(v, head, &st) < 0 || view_lstat(v, objects, &st) < 0)
		return 0;
	return protect_git(v, dst, src);
}

/* sbox's own directory or file, if this writable directory contains it. */
static int protect_own(struct view *v, const char *own, const char *src,
		       const char *dst)
{
	cleanup_free char *inside = NULL;
	struct stat st;

	if (path_under(own, src)) {
		diag_set(v->d,
			 "%s: is sbox's own, which must not be writable "
			 "inside",
			 own);
		return diag_hint(v->d, "show another directory");
	}
	if (!path_under(src, own))
		return 0;
	if (view_lstat(v, own, &st) < 0) {
		/* the system's is not ours to make */
		if (strcmp(own, POLICY_SYSTEM_DIR) == 0) {
			diag_set(v->d,
				 "%s: is sbox's own, and could be made "
				 "inside",
				 own);
			return diag_hint(v->d, "as root: mkdir %s", own);
		}
		strlist_add(&v->plan->make_dirs, own);
	}
	inside = xasprintf("%s%s", dst, own + strlen(src));
	return guard_lock(v, inside, "sbox's own");
}

/* A writable directory, or file, and what in it must not be. */
static int protect_mount(struct view *v, const struct plan_mount *m,
			 const struct strlist *own)
{
	if (m->type != PLAN_BIND || (m->flags & (PLAN_RO | PLAN_DEV)) ||
	    (v->plan->keep_home && strcmp(m->src, v->plan->keep_home) == 0))
		return 0;
	if (path_under(m->src, v->host->home))
		strlist_addf(&v->plan->warnings,
			     "%s: the home is in it, writable: keys can be "
			     "read, and start-up files changed",
			     m->src);
	for (size_t i = 0; i < own->n; i++)
		if (protect_own(v, own->v[i], m->src, m->dst) < 0)
			return -1;
	return S_ISDIR(m->mode) ? protect_dir(v, m->dst, m->src) : 0;
}

/* A directory that was asked for and lies in a larger one, which is mounted
 * instead. */
static int protect_inner(struct view *v, const char *dst)
{
	cleanup_free char *under = view_backing(v, dst, NULL);
	struct stat st;

	for (size_t i = 0; i < v->plan->nmounts; i++)
		if (v->plan->mounts[i].type == PLAN_BIND &&
		    strcmp(v->plan->mounts[i].dst, dst) == 0)
			return 0;
	if (!under || view_lstat(v, under, &st) < 0 || !S_ISDIR(st.st_mode))
		return 0;
	return protect_dir(v, dst, under);
}

int protect_build(struct view *v)
{
	const struct policy_paths *write = &v->policy->write;
	const struct strlist *mine = &v->policy->protect;
	cleanup_strlist struct strlist own = {.n = 0};
	size_t n = v->plan->nmounts;

	if (own_paths(v, &own) < 0)
		return -1;
	for (size_t i = 0; i < n; i++) {
		struct plan_mount m = v->plan->mounts[i];

		if (protect_mount(v, &m, &own) < 0)
			return -1;
	}
	for (size_t i = 0; i < write->n; i++)
		if (protect_inner(v, write->v[i].dest) < 0)
			return -1;
	if (protect_inner(v, v->host->cwd) < 0)
		return -1;
	return guard_names(v, v->host->cwd, (const char *const *)mine->v,
			   mine->n, "fs.protect");
}
