/* SPDX-License-Identifier: MIT */
/*
 * Which names must not be written although they lie in something shown
 * writable: what the host would execute or trust later (.git/hooks, .envrc
 * ...), what git's configuration names of that kind, and sbox's own directories
 * and files. How a name is guarded: plan_guard.c.
 */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "keys.h"
#include "plan_internal.h"
#include "sbox/cleanup.h"
#include "sbox/diag.h"
#include "sbox/path.h"

#define CONFIG_MAX (1 << 20) /* of it is looked at */

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
	".vscode/mcp.json",
	".zed/tasks.json",
	".zed/settings.json",
	".devcontainer",
	".devcontainer.json",
	"mise.toml",
	"mise.local.toml",
	"mise/config.toml",
	".mise.toml",
	".mise.local.toml",
	".mise",
	".config/mise.toml",
	".config/mise",
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
	".pi/extensions",
	".aider.conf.yml",
	"opencode.json",
	"opencode.jsonc",
	".opencode/plugin",
	".opencode/plugins",
	".opencode/tool",
	".opencode/tools",
	".opencode/opencode.json",
	".sbox.json",
};

/* The user asked for exactly this path writable: 1. For something in it: the
 * rest of it would be writable as well, -1. */
int protect_asked(const struct view *v, const char *dst)
{
	const struct policy_paths *write = &v->policy->write;

	for (size_t i = 0; i < write->n; i++)
		if (strcmp(write->v[i].dest, dst) == 0)
			return 1;
	for (size_t i = 0; i < write->n; i++) {
		if (!path_under(dst, write->v[i].dest))
			continue;
		diag_set(v->d, "%s: %s: lies in %s, which is protected",
			 write->v[i].origin, write->v[i].dest, dst);
		return diag_hint(v->d, "--rw %s frees the whole of it", dst);
	}
	return 0;
}

/* The same, unless the user asked for it otherwise. */
int protect_readonly(struct view *v, const char *dst, const char *why)
{
	int asked = protect_asked(v, dst);

	if (asked)
		return asked < 0 ? -1 : 0;
	return guard_lock(v, dst, why, DEPTH_MAX);
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
		if (protect_readonly(v, path, why) < 0)
			return -1;
	}
	return 0;
}

/* A repository's own directory. */
static int protect_git(struct view *v, const char *dst, const char *src)
{
	cleanup_free char *common = path_join(src, git_commondir);
	cleanup_free char *absent = path_join(dst, git_commondir);
	cleanup_free char *trees = path_join(src, "worktrees");
	cleanup_free char *inside = path_join(dst, "worktrees");
	cleanup_free char *under = view_writable(v, dst);
	cleanup_strlist struct strlist names = {.n = 0};

	if (strlist_has(&v->plan->absent, absent))
		return 0; /* seen already */
	if (guard_names(v, dst, protected_git, ARRAY_SIZE(protected_git),
			"protect") < 0)
		return -1;
	if (!under || view_type(v, src) != S_IFDIR)
		return 0;
	/* what is there is bound, and its name could be given to another */
	if (view_type(v, common)) {
		diag_set(v->d,
			 "protect: %s: git takes configuration and hooks from "
			 "where this says, and only a worktree has one",
			 common);
		return diag_hint(v->d, "look at it, then move it away");
	}
	strlist_add(&v->plan->absent, absent);
	strlist_add(&v->plan->absent_src, common);
	if (view_type(v, trees) == S_IFDIR &&
	    v->host->fs.list(v->host->fs.ctx, trees, 0, &names) < 0)
		return diag_set_errno(v->d, errno, "protect: %s", trees);
	for (size_t i = 0; i < names.n; i++) {
		cleanup_free char *tree = path_join(inside, names.v[i]);

		if (guard_names(v, tree, protected_worktree,
				ARRAY_SIZE(protected_worktree), "protect") < 0)
			return -1;
	}
	return 0;
}

/*
 * What makes a repository of a directory can be renamed inside, so that the
 * next sandbox would not know it; its config, which is protected, can't.
 */
static bool is_repository(const struct view *v, const char *src)
{
	static const char mark[] = "repositoryformatversion";
	cleanup_free char *head = path_join(src, "HEAD");
	cleanup_free char *objects = path_join(src, "objects");
	cleanup_free char *config = path_join(src, git_config);
	cleanup_free char *text = NULL;

	if (view_type(v, head) && view_type(v, objects))
		return true;
	if (view_type(v, config) == S_IFREG)
		text = v->host->fs.read_head(v->host->fs.ctx, config,
					     CONFIG_MAX);
	return text && strstr(text, mark);
}

/* Of a worktree's own directory in a repository that one, malloc'd; of any
 * other itself. */
char *git_common_dir(const char *gitdir)
{
	cleanup_free char *up = path_dirname(gitdir);

	return strcmp(basename(up), "worktrees") == 0 ? path_dirname(up)
						      : xstrdup(gitdir);
}

/* The repository that a .git file names, where that is shown writable: with
 * the file (git init --separate-git-dir), or as a worktree's. */
static int protect_named(struct view *v, const char *dst, const char *dotgit)
{
	cleanup_free char *gitdir = NULL;

	if (protect_readonly(v, dst, "protect") < 0 ||
	    git_file_target(v, dotgit, &gitdir) < 0)
		return -1;
	if (!gitdir)
		return 0;
	xreplace(&gitdir, git_common_dir(gitdir));
	for (size_t i = 0, n = v->plan->nmounts; i < n; i++) {
		cleanup_free char *at = view_alias(&v->plan->mounts[i], gitdir,
						   PLAN_RO | PLAN_DEV);

		if (at && protect_git(v, at, gitdir) < 0)
			return -1;
	}
	return 0;
}

/* The user's names, in the working directory or absolute. One that isn't shown
 * leads through a link to what is, perhaps. */
static int guard_mine(struct view *v, const char *dst)
{
	for (size_t i = 0; i < v->policy->protect.n; i++) {
		cleanup_free char *path =
			path_join(v->host->cwd, v->policy->protect.v[i]);
		cleanup_free char *parent = path_dirname(path);
		cleanup_free char *canon = NULL, *real = NULL, *at = NULL;
		cleanup_free char *shown = view_backing(v, path);
		struct stat st;

		if (shown || view_follow(v, parent, &canon, &st) < 0)
			canon = steal_ptr(&parent);
		real = path_join(canon, basename(path));
		if (path_under(v->host->cwd, real))
			at = xasprintf("%s%s", dst,
				       real + strlen(v->host->cwd));
		if (protect_readonly(v, at ? at : real, "fs.protect") < 0)
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
	bool bare = is_repository(v, src);

	if (protect_git(v, git, dotgit) < 0 ||
	    guard_names(v, dst, protected_names, ARRAY_SIZE(protected_names),
			"protect") < 0 ||
	    (strcmp(src, v->host->cwd) == 0 && guard_mine(v, dst) < 0))
		return -1;
	if (view_type(v, dotgit) == S_IFREG &&
	    protect_named(v, git, dotgit) < 0)
		return -1;
	if (bare && protect_git(v, dst, src) < 0)
		return -1;
	return protect_configured(v, src, bare);
}

static bool is_profile_file(const char *name)
{
	cleanup_free char *stem = xstrdup(name);

	if (!path_ends(name, ".json"))
		return false;
	stem[strlen(name) - strlen(".json")] = '\0';
	return profile_name_is_valid(stem);
}

/* What the links to profiles in dir name. */
static int add_targets(const struct view *v, const char *dir,
		       struct strlist *out)
{
	const struct host_fs *fs = &v->host->fs;
	cleanup_strlist struct strlist names = {.n = 0};

	if (fs->list(fs->ctx, dir, S_IFLNK, &names) < 0)
		return 0; /* none there, or none of ours */
	for (size_t i = 0; i < names.n; i++) {
		cleanup_free char *path = path_join(dir, names.v[i]);
		char *canon = NULL;
		struct stat st;

		if (!is_profile_file(names.v[i]) ||
		    view_type(v, path) != S_IFLNK)
			continue;
		if (view_resolve(v, path, &canon, &st, v->d) < 0)
			return diag_prefix(v->d, "sbox's own");
		strlist_add_owned(out, canon);
	}
	return 0;
}

/*
 * What is sbox's own: its directories, its programs, and the profiles that are
 * only links there to files kept elsewhere (a repository of dot-files). None of
 * it may be written inside, or the next run would be what this one made of it.
 *
 * A link that can't be followed to its end, or only through a place that is
 * writable inside, is an error: what it will mean is for others to say.
 */
static int own_paths(const struct view *v, struct strlist *out)
{
	const struct host *h = v->host;
	/* the first three hold profiles */
	const char *own[] = {h->config_dir,    POLICY_SYSTEM_DIR, h->data_dir,
			     h->state_dir,     h->cache_dir,	  h->self,
			     v->plan->gateway, v->plan->service};

	for (size_t i = 0; i < ARRAY_SIZE(own); i++)
		if (own[i])
			strlist_add(out, own[i]);
	for (size_t i = 0; i < 3; i++)
		if (own[i] && add_targets(v, own[i], out) < 0)
			return -1;
	return 0;
}

/* sbox's own directory or file, if this writable directory contains it. */
static int protect_own(struct view *v, const char *own,
		       const struct plan_mount *m)
{
	cleanup_free char *inside = view_alias(m, own, 0);

	if (path_under(own, m->src)) {
		diag_set(v->d,
			 "%s: is sbox's own, which must not be writable inside",
			 own);
		return diag_hint(v->d, "show another directory");
	}
	if (!inside)
		return 0;
	if (view_type(v, own) == S_IFREG &&
	    guard_refuse_links(v, own, "sbox's own", 0) < 0)
		return -1;
	if (!view_type(v, own)) {
		/* the system's is not ours to make */
		if (strcmp(own, POLICY_SYSTEM_DIR) == 0) {
			diag_set(v->d,
				 "%s: is sbox's own, and could be made inside",
				 own);
			return diag_hint(v->d, "as root: mkdir %s", own);
		}
		strlist_add(&v->plan->make_dirs, own);
	}
	return guard_lock(v, inside, "sbox's own", 0);
}

/* A writable directory, or file, and what in it must not be. */
static int protect_mount(struct view *v, const struct plan_mount *m,
			 const struct strlist *own)
{
	if (m->type != PLAN_BIND || (m->flags & (PLAN_RO | PLAN_DEV)) ||
	    (v->plan->keep_home && strcmp(m->src, v->plan->keep_home) == 0))
		return 0;
	if (path_under(m->src, v->host->home))
		plan_warn(v->plan,
			  "%s: the home is in it, writable: keys can be "
			  "read, and start-up files changed",
			  m->src);
	for (size_t i = 0; i < own->n; i++)
		if (protect_own(v, own->v[i], m) < 0)
			return -1;
	return S_ISDIR(m->mode) ? protect_dir(v, m->dst, m->src) : 0;
}

/* A directory that was asked for, wherever it lies in a larger one of the n
 * mounts, which has another name inside perhaps. */
static int protect_inner(struct view *v, const char *dst, size_t n)
{
	cleanup_free char *src = view_backing(v, dst);

	if (!src || view_type(v, src) != S_IFDIR)
		return 0;
	for (size_t i = 0; i < n; i++) {
		cleanup_free char *at = view_alias(&v->plan->mounts[i], src,
						   PLAN_RO | PLAN_DEV);

		/* else protect_mount() has seen to it */
		if (at && strcmp(v->plan->mounts[i].src, src) != 0 &&
		    protect_dir(v, at, src) < 0)
			return -1;
	}
	return 0;
}

int protect_build(struct view *v)
{
	const struct policy_paths *write = &v->policy->write;
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
		if (protect_inner(v, write->v[i].dest, n) < 0)
			return -1;
	return protect_inner(v, v->host->cwd, n);
}
