/* SPDX-License-Identifier: MIT */
/*
 * What the files of the planner share. plan.c calls them in this order:
 *
 *	guard_check_cwd		may this directory be shown writable at all?
 *	install_find		where the command is installed
 *	git_find		a worktree's common directory, user.name ...
 *	view_build		every mount, shallow before deep
 *	guard_build		hidden and protected paths on top of it
 *	env_build		the environment
 */
#ifndef POLICY_PLAN_INTERNAL_H
#define POLICY_PLAN_INTERNAL_H

#include "sbox/host.h"
#include "sbox/plan.h"
#include "sbox/strlist.h"

struct diag;

/* Something of the host to be shown: a candidate for a PLAN_BIND. */
struct show {
	char *src; /* canonical */
	char *dst;
	struct host_stat st;
	bool write;
	unsigned flags; /* PLAN_CWD, PLAN_DEV, ... */
	const char *why;
};

struct view {
	const struct policy *policy;
	const struct host *host;
	struct plan *plan;
	struct strlist
		untrusted; /* writable inside: links there decide nothing */
	struct show *shows;
	size_t nshows;
	struct strlist links; /* pairs: link inside, target (command's links) */
	struct strlist guard; /* host paths to protect beyond the table */
	char *git_value[2];   /* user.name, user.email; NULL: unset */
	bool interactive;     /* no command was given: a shell for a person */
};

/* plan.c: append a step; returned pointer is valid until the next call. */
struct plan_mount *plan_add(struct plan *p, enum plan_mount_type type,
			    const char *dst, const char *why);
struct plan_mount *plan_add_bind(struct plan *p, const char *src,
				 const char *dst, unsigned flags,
				 const char *why);
void plan_add_rule(struct plan *p, const char *path, unsigned access);
void view_show(struct view *v, const char *src, const char *dst,
	       const struct host_stat *st, bool write, unsigned flags,
	       const char *why);

/* The host path that a path inside shows, malloc'd, or NULL if it is ours
 * (tmpfs, proc ...) or nothing. *write: through a writable mount. */
char *view_backing(const struct view *v, const char *dst, bool *write);

int guard_check_cwd(const struct view *v, bool force, struct diag *d);
int guard_build(struct view *v, struct diag *d);

void view_free(struct view *v);
/* devices.*: candidates for the GPU, sound, Wayland and X11. */
int device_build(struct view *v, struct diag *d);

int install_find(struct view *v, const char *argv0, struct diag *d);
int git_find(struct view *v, struct diag *d);
int view_build(struct view *v, struct diag *d);
int env_build(struct view *v, const char *shell, struct diag *d);

#endif
