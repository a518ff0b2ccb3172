/* SPDX-License-Identifier: MIT */
/*
 * The planner: what is asked (struct policy) and what is there (struct host)
 * become the complete, ordered list of what will be done. Pure: the host is
 * only read, through host->fs, and a plan that cannot be carried out safely is
 * a diag, never a weaker plan. The parts are in plan_internal.h; this file
 * holds their order and the plan's own life.
 */
#include "sbox/plan.h"

#include <string.h>
#include <sys/param.h>
#include <sys/stat.h>

#include "plan_internal.h"
#include "sbox/cleanup.h"
#include "sbox/diag.h"
#include "sbox/invocation.h"
#include "sbox/path.h"

#define TMPFS_SHARE_OF_RAM 2 /* the default bound: a half ... */
#define TMPFS_MAX	   (UINT64_C(8) << 30) /* ... and at most this */
#define TMPFS_INODES	   500000	       /* each costs about 1 KiB */
#define TMPFS_INODES_MIN   1024		       /* what our own layout needs */
#define TMPFS_PAGE	   4096

#define LANDLOCK_ABI_TCP    4 /* Linux 6.7 */
#define LANDLOCK_ABI_SCOPES 6 /* Linux 6.12 */

struct plan_mount *plan_add(struct plan *p, enum plan_mount_type type,
			    const char *dst, const char *why)
{
	struct plan_mount *m;

	/* grow by doubling: capacity is the next power of two */
	if ((p->nmounts & (p->nmounts - 1)) == 0)
		p->mounts = xreallocarray(p->mounts,
					  p->nmounts ? p->nmounts * 2 : 1,
					  sizeof(*p->mounts));
	m = &p->mounts[p->nmounts++];
	*m = (struct plan_mount){
		.type = type,
		.dst = xstrdup(dst),
		.why = xstrdup(why),
	};
	return m;
}

struct plan_mount *plan_add_bind(struct plan *p, const char *src,
				 const char *dst, unsigned flags,
				 const struct stat *st, const char *why)
{
	struct plan_mount *m = plan_add(p, PLAN_BIND, dst, why);

	m->src = xstrdup(src);
	m->flags = flags;
	m->mode = st->st_mode & S_IFMT;
	m->dev = st->st_dev;
	m->ino = st->st_ino;
	return m;
}

void plan_mount_free(struct plan_mount *m)
{
	free(m->src);
	free(m->dst);
	free(m->data);
	free(m->why);
}

/* Landlock says again what the mounts say: writable where they are; but not
 * /proc, where pid 1's share of the CPU (autogroup) could be taken from it. */
static void access_build(struct plan *p)
{
	static const unsigned ours[PLAN__COUNT] = {
		[PLAN_PRIVATE] = PLAN_ACCESS_WRITE,
		[PLAN_TMPFS] = PLAN_ACCESS_WRITE,
		[PLAN_DEVPTS] = PLAN_ACCESS_DEVICE,
	};

	for (size_t i = 0; i < p->nmounts; i++) {
		struct plan_mount *m = &p->mounts[i];

		m->access = ours[m->type];
		if (m->type != PLAN_BIND)
			continue;
		if (m->flags & PLAN_DEV)
			m->access = PLAN_ACCESS_DEVICE;
		else if (!(m->flags & PLAN_RO))
			m->access = PLAN_ACCESS_WRITE;
		if (S_ISSOCK(m->mode) || strcmp(m->why, "device") == 0)
			m->access |= PLAN_ACCESS_SOCKET;
	}
}

/* Where the payload of this or an earlier run may have written: the cwd, what
 * is writable now, and every kept home. */
static void untrusted_build(struct view *v)
{
	const struct policy_paths *w = &v->policy->write;

	strlist_add(&v->untrusted, v->host->cwd);
	strlist_add_owned(&v->untrusted,
			  path_join(v->host->state_dir, "homes"));
	for (size_t i = 0; i < w->n; i++) {
		struct stat st;
		char *canon = NULL;

		strlist_add(&v->untrusted, w->v[i].src);
		if (view_follow(v, w->v[i].src, &canon, &st) == 0)
			strlist_add_owned(&v->untrusted, canon);
	}
}

/* The words to execute: the command, the shell, or the shell with -c. */
static void argv_build(const struct view *v, const struct invocation *inv)
{
	struct plan *p = v->plan;
	const char *shell = v->host->shell;

	if (inv->shell_text) {
		strlist_add(&p->argv, shell);
		strlist_add(&p->argv, "-c");
		strlist_add(&p->argv, inv->shell_text);
	} else if (v->interactive) {
		strlist_add(&p->argv, shell);
	}
	for (char *const *w = inv->command; *w; w++)
		strlist_add(&p->argv, *w);
}

static void limits_build(struct view *v)
{
	struct plan *p = v->plan;

	p->limits = v->policy->limits;
	p->tmpfs_bytes = p->limits.tmp;
	if (p->tmpfs_bytes == POLICY_UNLIMITED)
		p->tmpfs_bytes =
			MIN(v->host->memory / TMPFS_SHARE_OF_RAM, TMPFS_MAX);
	/* as tmpfs(5) does by itself: no more files than pages */
	p->tmpfs_inodes = MIN(p->tmpfs_bytes / TMPFS_PAGE, TMPFS_INODES);
	p->tmpfs_inodes = MAX(p->tmpfs_inodes, TMPFS_INODES_MIN);
}

static void tty_build(struct view *v)
{
	const struct host *host = v->host;
	struct plan *p = v->plan;
	bool any =
		host->fd_is_tty[0] || host->fd_is_tty[1] || host->fd_is_tty[2];

	p->tty = v->policy->tty == TTY_RELAY ||
		 (v->policy->tty == TTY_AUTO && any);
	p->tty_filter = v->policy->tty_filter;
	memcpy(p->fd_is_tty, host->fd_is_tty, sizeof(p->fd_is_tty));
	memcpy(p->fd_is_file, host->fd_is_file, sizeof(p->fd_is_file));
}

static int descriptors_check(const struct view *v)
{
	const struct host *host = v->host;
	struct diag *d = v->d;

	for (size_t i = 0; i < ARRAY_SIZE(host->fd_is_dir); i++) {
		bool is_net = host->fd_is_net[i] && v->plan->net != NET_HOST;

		if (!host->fd_is_dir[i] && !is_net)
			continue;
		diag_set(d, "descriptor %zu: is a %s, which would be a way out",
			 i, is_net ? "socket of the host's" : "directory");
		if (is_net)
			return diag_hint(
				d, "put a pipe between: %s; or --net host",
				i ? "sbox ... | cat" : "cat | sbox ...");
		return diag_hint(d, "redirect it: sbox ... %zu%c/dev/null", i,
				 i ? '>' : '<');
	}
	return 0;
}

static void view_free(struct view *v)
{
	plan_free(&v->shows);
	strlist_free(&v->untrusted);
	strlist_free(&v->links);
	strlist_free(&v->commands);
	for (size_t i = 0; i < ARRAY_SIZE(v->git_value); i++)
		free(v->git_value[i]);
}

static int isolation_build(struct view *v)
{
	const struct policy *policy = v->policy;
	struct plan *p = v->plan;

	p->uid = v->host->uid;
	p->gid = v->host->gid;
	p->hostname = "sbox";
	p->userns = policy->userns;
	p->landlock_abi = v->host->landlock_abi;
	p->landlock_files = !policy->userns;
	p->landlock_tcp = p->landlock_abi >= LANDLOCK_ABI_TCP &&
			  !policy->net_loopback && p->net == NET_NONE;
	p->landlock_scopes = p->landlock_abi >= LANDLOCK_ABI_SCOPES;
	if (p->landlock_abi <= 0) {
		diag_set(v->d, "landlock: not available in this kernel");
		return diag_hint(v->d, "boot with lsm=landlock,... (see "
				       "/sys/kernel/security/lsm)");
	}
	if (policy->userns)
		plan_warn(p, "userns: Landlock's file rules are off (they "
			     "forbid every mount) and more of the kernel is in "
			     "reach; mounts and seccomp still hold");
	if (!policy->seccomp.object)
		plan_warn(p, "seccomp is off: the profile says so");
	p->seccomp[0] = policy->seccomp;
	p->seccomp[1] = policy->seccomp_stack;
	return 0;
}

/* What was decided before anything is built, for --verbose. */
static void notes_build(struct plan *p, const struct policy *policy)
{
	const struct strlist *allow = &policy->net_allow;

	strlist_addf(&p->notes, "profile: %s", policy->profile);
	strlist_addf(&p->notes, "home: %s", policy->home);
	strlist_addf(&p->notes, "network: %s", net_mode_names[p->net]);
	for (size_t i = 0; p->net == NET_FILTERED && i < allow->n; i++)
		strlist_addf(&p->notes, "network: allowed: %s", allow->v[i]);
}

int plan_build(const struct policy *policy, const struct host *host,
	       const struct invocation *inv, struct plan *out, struct diag *d)
{
	struct view v = {.policy = policy, .host = host, .plan = out, .d = d};
	int r = -1;

	*out = (struct plan){.keep_fds = inv->keep_fds,
			     .nkeep_fds = inv->nkeep_fds};
	v.interactive = !inv->shell_text && !inv->command[0];
	argv_build(&v, inv);
	untrusted_build(&v);
	limits_build(&v);
	tty_build(&v);
	out->cwd = xstrdup(host->cwd);
	git_find(&v);
	if (network_build(&v) == 0 && descriptors_check(&v) == 0 &&
	    isolation_build(&v) == 0 &&
	    guard_check_cwd(&v, inv->force_cwd) == 0 && view_build(&v) == 0 &&
	    guard_build(&v) == 0) {
		notes_build(out, policy);
		git_note(&v);
		env_build(&v);
		access_build(out);
		r = 0;
	}
	view_free(&v);
	return r;
}

void plan_free(struct plan *p)
{
	for (size_t i = 0; i < p->nmounts; i++)
		plan_mount_free(&p->mounts[i]);
	free(p->mounts);
	free(p->net_policy);
	free(p->gateway);
	free(p->service);
	strlist_free(&p->gateway_env);
	free(p->listeners.v);
	free(p->routes);
	strlist_free(&p->argv);
	strlist_free(&p->env);
	strlist_free(&p->notes);
	strlist_free(&p->warnings);
	free(p->cwd);
	free(p->keep_home);
	strlist_free(&p->make_dirs);
	strlist_free(&p->absent);
	strlist_free(&p->absent_src);
	*p = (struct plan){.nmounts = 0};
}
