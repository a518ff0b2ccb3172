/* SPDX-License-Identifier: MIT */
/*
 * What is sbox's own: its directories, its programs, and the profiles that are
 * only links there to files kept elsewhere (a repository of dot-files). None of
 * it may be written inside, or the next run would be what this one made of it.
 *
 * A link that can't be followed to its end, or only through a place that is
 * writable inside, is an error: what it will mean is for others to say.
 */
#include <string.h>
#include <sys/stat.h>

#include "keys.h"
#include "plan_internal.h"
#include "sbox/cleanup.h"
#include "sbox/diag.h"
#include "sbox/path.h"

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

	if (fs->list(fs->ctx, dir, &names) < 0)
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

int own_paths(const struct view *v, struct strlist *out)
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
