/* SPDX-License-Identifier: MIT */
/*
 * What git needs of the host: the common directory of a linked worktree, and
 * the user's name and mail address.
 *
 * A .git *file* lies in the writable project, so what it says decides nothing
 * by itself: the repository that it names is shown only if that repository's
 * own worktrees/NAME/gitdir, which lies outside, names this project's .git
 * back. The user's git configuration is never shown (it holds credentials and
 * commands); user.name and user.email are read from it, without includes, and
 * enter as GIT_CONFIG_* variables (git-config(1), Git 2.31).
 */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "plan_internal.h"
#include "sbox/cleanup.h"
#include "sbox/diag.h"
#include "sbox/gitconfig.h"
#include "sbox/path.h"

#define GIT_FILE_MAX   4096
#define GIT_CONFIG_MAX 65536

static char *read_text(const struct view *v, const char *path, size_t max)
{
	char *text = v->host->fs.read_head(v->host->fs.ctx, path, max);

	if (text)
		text[strcspn(text, "\r\n")] = '\0';
	return text;
}

int git_file_target(const struct view *v, const char *dotgit, char **out)
{
	cleanup_free char *text = read_text(v, dotgit, GIT_FILE_MAX);
	cleanup_free char *dir = path_dirname(dotgit);
	cleanup_free char *path = NULL;
	struct stat st;

	*out = NULL;
	if (!text || strncmp(text, "gitdir: ", 8) != 0)
		return 0;
	path = path_join(dir, text + 8);
	if (view_resolve(v, path, out, &st, NULL) == 0 || errno != EACCES ||
	    !view_could_reach(v, path))
		return 0;
	diag_set(v->d, "protect: %s: names %s, which can't be looked at",
		 dotgit, path);
	return diag_hint(v->d, "chmod u+x the directories above it");
}

/* Who wrote to that repository's directory can have made the entry that names
 * this project: so it is said. */
static void worktree_show(struct view *v, const char *common)
{
	const struct policy_paths *write = &v->policy->write;
	struct stat st;

	if (view_hold(v, common, &st) < 0 || st.st_uid != v->host->uid)
		return;
	for (size_t i = 0; i < write->n; i++)
		if (path_under(write->v[i].dest, common))
			return; /* it is shown as that was asked for */
	/* else it may be a project, which holds more than git's own */
	if (!path_ends(common, ".git") && !path_ends(common, ".bare")) {
		plan_warn(v->plan,
			  "git: %s, whose worktree this is, isn't shown: "
			  "its name doesn't end in .git; --rw %s shows it",
			  common, common);
		return;
	}
	plan_warn(v->plan, "git: %s, whose worktree this is, is shown writable",
		  common);
	strlist_add(&v->untrusted, common);
	view_show(v, common, common, &st, PLAN_CHECK, "git worktree");
}

static void worktree_find(struct view *v)
{
	const struct host *h = v->host;
	cleanup_free char *dotgit = path_join(h->cwd, ".git");
	cleanup_free char *gitdir = NULL, *worktrees = NULL, *common = NULL,
			  *file = NULL, *text = NULL, *path = NULL,
			  *back = NULL;
	struct stat st;

	if (view_type(v, dotgit) != S_IFREG)
		return;
	/* protect_build() refuses what can't be looked at */
	(void)git_file_target(v, dotgit, &gitdir);
	if (!gitdir || path_under(h->cwd, gitdir))
		return;
	worktrees = path_dirname(gitdir);
	common = path_dirname(worktrees);
	/* .../worktrees/NAME/gitdir must name this very .git file, perhaps
	 * from where it is itself (git-worktree(1), Git 2.48) */
	file = path_join(gitdir, "gitdir");
	text = read_text(v, file, GIT_FILE_MAX);
	path = text ? path_join(gitdir, text) : NULL;
	if (path)
		(void)view_resolve(v, path, &back, &st, NULL);
	if (strcmp(basename(worktrees), "worktrees") != 0 || !back ||
	    strcmp(back, dotgit) != 0) {
		plan_warn(v->plan,
			  "%s: names %s, which doesn't name it back: the "
			  "repository is not shown",
			  dotgit, gitdir);
		return;
	}
	worktree_show(v, common);
}

/* user.name and user.email of a file, over what value holds. */
static void config_read(const struct view *v, const char *path, char *value[2])
{
	static const char *const keys[] = {"name", "email"};
	cleanup_free char *text =
		v->host->fs.read_head(v->host->fs.ctx, path, GIT_CONFIG_MAX);
	struct gitconfig c = {.at = text};

	while (text && gitconfig_next(&c))
		for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
			if (c.value && strcmp(c.section, "user") == 0 &&
			    strcmp(c.key, keys[i]) == 0)
				xreplace(&value[i], xstrdup(c.value));
}

/* Started beneath a repository's top: git finds nothing, and can't say why. */
void git_note(struct view *v)
{
	const char *command = basename(v->plan->argv.v[0]);
	bool asks = v->interactive || strcmp(command, "git") == 0;
	cleanup_free char *dir = xstrdup(v->host->cwd);

	while (!path_under(dir, v->host->home)) {
		cleanup_free char *git = path_join(dir, ".git");
		cleanup_free char *under = view_backing(v, git);

		if (view_type(v, git)) {
			if (!under)
				strlist_addf(asks ? &v->plan->warnings
						  : &v->plan->notes,
					     "git: %s is a repository, which "
					     "isn't shown; --rw %s shows it",
					     dir, dir);
			return;
		}
		xreplace(&dir, path_dirname(dir));
	}
}

void git_user_config(const struct view *v, struct strlist *out)
{
	const char *xdg = host_getenv(v->host, "XDG_CONFIG_HOME");
	cleanup_free char *dir = xdg && xdg[0] == '/'
					 ? xstrdup(xdg)
					 : path_join(v->host->home, ".config");

	strlist_add(out, "/etc/gitconfig");
	strlist_add_owned(out, path_join(dir, "git/config"));
	strlist_add_owned(out, path_join(v->host->home, ".gitconfig"));
}

void git_find(struct view *v)
{
	cleanup_free char *mine = path_join(v->host->cwd, ".git/config");
	cleanup_strlist struct strlist files = {.n = 0};
	char *own[ARRAY_SIZE(v->git_value)] = {NULL};

	git_user_config(v, &files);
	for (size_t i = 0; i < files.n; i++)
		config_read(v, files.v[i], v->git_value);
	/* the variables would win over the repository's own identity */
	config_read(v, mine, own);
	for (size_t i = 0; i < ARRAY_SIZE(own); i++) {
		if (own[i])
			xreplace(&v->git_value[i], NULL);
		free(own[i]);
	}
	worktree_find(v);
}
