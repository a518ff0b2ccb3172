/* SPDX-License-Identifier: MIT */
/*
 * What the files of the planner share. plan.c calls them in this order:
 *
 *	guard_check_cwd		may this directory be shown writable at all?
 *	install_find		where the command is installed
 *	git_find		a worktree's common directory, user.name ...
 *	view_build		every mount, parents before children
 *	guard_build		hidden and protected paths on top of it
 *	env_build		the environment
 */
#ifndef POLICY_PLAN_INTERNAL_H
#define POLICY_PLAN_INTERNAL_H

#include "sbox/host.h"
#include "sbox/plan.h"
#include "sbox/strlist.h"

struct diag;

/* Ours and read-only: names of commands whose links can't be shown. */
#define VIEW_BIN "/var/lib/sbox/bin"

struct view {
	const struct policy *policy;
	const struct host *host;
	struct plan *plan;
	struct diag *d;
	struct strlist
		untrusted; /* writable inside: links there decide nothing */
	struct plan shows; /* candidates: PLAN_BINDs that are not placed yet */
	struct strlist links; /* pairs: link inside, target (command's links) */
	struct strlist commands; /* pairs: link, the file that it leads to */
	bool aliased;		 /* VIEW_BIN holds the names of commands */
	char *git_value[3];	 /* see env_git(); NULL: unset */
	bool interactive; /* no command was given: a shell for a person */
};

/* plan.c: append a step; returned pointer is valid until the next call. */
struct plan_mount *plan_add(struct plan *p, enum plan_mount_type type,
			    const char *dst, const char *why);
struct plan_mount *plan_add_bind(struct plan *p, const char *src,
				 const char *dst, unsigned flags,
				 const struct stat *st, const char *why);
#define plan_warn(p, ...) strlist_addf(&(p)->warnings, __VA_ARGS__)
void plan_mount_free(struct plan_mount *m);

/* lstat(2) of the host: 0, or -1 with errno. */
int view_lstat(const struct view *v, const char *path, struct stat *st);
/* The S_IFMT of what is there, or 0. */
mode_t view_type(const struct view *v, const char *path);
/* What keeps us from the host's path is a directory of our own, so that the
 * inside could give itself the right to search it. */
bool view_could_reach(const struct view *v, const char *path);
/* host_fs.hold(): before anything in a directory decides what is planned. */
int view_hold(const struct view *v, const char *path, struct stat *st);
/* Something of the host's is to be shown at dst; the last word about a place
 * counts. */
void view_show(struct view *v, const char *src, const char *dst,
	       const struct stat *st, unsigned flags, const char *why);
/* The host path that a path inside shows, malloc'd, or NULL if it is ours
 * (tmpfs, proc ...) or nothing. */
char *view_backing(const struct view *v, const char *dst);
/* The same, but NULL unless it is shown writable. */
char *view_writable(const struct view *v, const char *dst);
/* The reverse: where this mount shows a path of the host's, malloc'd, or NULL
 * if it doesn't, or has one of these flags. */
char *view_alias(const struct plan_mount *m, const char *src, unsigned without);
/* The next directory of the caller's PATH that decides something, malloc'd, or
 * NULL: those that are writable inside, so relative ones too, are passed over,
 * and appended to left (unless it is NULL). *at is PATH at first. */
char *view_path_next(const struct view *v, const char **at,
		     struct strlist *left);

/* True if path is one of v->untrusted or lies beneath it. */
bool view_is_untrusted(const struct view *v, const char *path);

/*
 * Resolve an absolute path to its canonical form through host->fs. A symlink
 * whose own directory is untrusted is refused. Returns 0
 * with *canon (caller frees) and *st of what it names; -1 with d (may be NULL)
 * and errno (ENOENT when it does not exist, ELOOP for a refused or circular
 * link).
 */
int view_resolve(const struct view *v, const char *path, char **canon,
		 struct stat *st, struct diag *d);
/* The same with every link followed: for what can only protect or hide more. */
int view_follow(const struct view *v, const char *path, char **canon,
		struct stat *st);

int guard_check_cwd(const struct view *v, bool force);
/* plan_net.c: net_*, gateway, listeners, routes. */
int network_build(struct view *v);
int guard_build(struct view *v);
/* Make dst (an inside path) read-only if it is in something writable. depth:
 * of guard_refuse_links(), 0: it isn't called. */
int guard_lock(struct view *v, const char *dst, const char *why, int depth);
/* plan_protect.c. 1: the user asked for exactly this path writable; -1 and the
 * diag: for something in it, which would be read-only with the rest; 0. */
int protect_asked(const struct view *v, const char *dst);
/* guard_lock(), also against hard links, unless the path was asked for. */
int protect_readonly(struct view *v, const char *dst, const char *why);
/* The repository that a worktree's directory lies in; of any other, itself:
 * malloc'd. */
char *git_common_dir(const char *gitdir);
/* plan_hooks.c. For a writable directory, src on the host; bare: it is a
 * repository itself. */
int protect_configured(struct view *v, const char *src, bool bare);
/* A mount protects a name; a file that has another one can be written to by
 * that. So at the host's path no file may, nor any beneath. */
#define DEPTH_MAX 32 /* of what is protected; nobody's is deeper */
int guard_refuse_links(const struct view *v, const char *path, const char *why,
		       int depth);
/* plan_protect.c: the names that are locked. */
int protect_build(struct view *v);
/* Hide a path of the host's wherever it is shown. */
int guard_hide_source(struct view *v, const char *src, const char *why);
/* What services read outside is hidden, and passed by no other way. */
int services_hide(struct view *v);
void services_forget_env(struct view *v);
/* Append every socket that lies in a directory that was asked to be shown. */
int socket_search(const struct view *v, struct strlist *out);
/* devices.*: candidates for the GPU, sound, Wayland and X11. */
int device_build(struct view *v);
/* The command's installation. What isn't found is told by exec, status 127. */
void install_find(struct view *v, const char *argv0);
void git_find(struct view *v);
/* Append the names of git's files of configuration that belong to no
 * repository: the system's, and the user's over it. */
void git_user_config(const struct view *v, struct strlist *out);
/* Where a .git file leads to: 0 and *out, canonical and malloc'd, or NULL if
 * that is nothing; -1 and the diag if the inside could reach it and we can't.
 */
int git_file_target(const struct view *v, const char *dotgit, char **out);
/* Say so when the repository of the working directory lies above it. */
void git_note(struct view *v);
int view_build(struct view *v);
void env_build(struct view *v);
/* Set NAME=VALUE (owned), in place of another value. */
void env_put(struct strlist *env, char *entry);

#endif
