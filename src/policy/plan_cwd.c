/* SPDX-License-Identifier: MIT */
/*
 * May this directory be shown writable at all? The working directory is what
 * a model or a script chose last (CVE-2025-59532: a model-chosen cwd became a
 * writable root), so what would expose the user's whole life is refused unless
 * --force-cwd says otherwise, and what would break the sandbox itself always.
 */
#include <string.h>

#include "plan_internal.h"
#include "sbox/cleanup.h"
#include "sbox/diag.h"
#include "sbox/path.h"

enum relation { /* of the working directory to another */
		IS,
		IN,    /* or is it */
		HOLDS, /* or is it */
		DOT,   /* is in a dot-directory of it: ~/.ssh, ~/.config/x */
};

struct rule {
	const char *dir; /* NULL: there is none */
	enum relation relation;
	const char *why; /* NULL: not even with --force-cwd */
};

static bool rule_holds(const struct rule *r, const char *cwd)
{
	if (!r->dir)
		return false;
	switch (r->relation) {
	case IS:
		return strcmp(r->dir, cwd) == 0;
	case IN:
		return path_under(r->dir, cwd);
	case HOLDS:
		return path_under(cwd, r->dir);
	case DOT:
		return r->dir[1] && path_under(r->dir, cwd) &&
		       strncmp(cwd + strlen(r->dir), "/.", 2) == 0;
	}
	return false;
}

int guard_check_cwd(const struct view *v, bool force)
{
	static const char home[] = "is or contains the home directory";
	static const char dot[] = "lies in a dot-directory of the home";
	static const char own[] = "contains sbox's own directories";
	static const char sys[] = "is a system directory";
	const struct host *h = v->host;
	/* clang-format off */
	/* first what is never one, since sbox makes its own */
	const struct rule rules[] = {
		{"/", IS, NULL},		{"/proc", IN, NULL},
		{"/sys", IN, NULL},		{"/dev", IN, NULL},
		{h->config_dir, IN, NULL},	{h->state_dir, IN, NULL},
		{h->cache_dir, IN, NULL},
		{h->home, HOLDS, home},		{h->home, DOT, dot},
		{h->passwd_home, HOLDS, home},	{h->passwd_home, DOT, dot},
		{h->config_dir, HOLDS, own},	{h->state_dir, HOLDS, own},
		{h->cache_dir, HOLDS, own},
		{"/bin", IN, sys},		{"/boot", IN, sys},
		{"/etc", IN, sys},		{"/home", IS, sys},
		{"/lib", IN, sys},		{"/lib64", IN, sys},
		{"/media", IS, sys},		{"/mnt", IS, sys},
		{"/nix", IN, sys},		{"/opt", IN, sys},
		{"/root", IS, sys},		{"/run", IN, sys},
		{"/sbin", IN, sys},		{"/snap", IN, sys},
		{"/srv", IS, sys},		{"/tmp", IS, sys},
		{"/usr", IN, sys},		{"/var", IS, sys},
		{"/var/cache", IN, sys},	{"/var/lib", IN, sys},
		{"/var/log", IN, sys},		{"/var/tmp", IS, sys},
	};
	/* clang-format on */

	for (size_t i = 0; i < ARRAY_SIZE(rules); i++) {
		const struct rule *r = &rules[i];

		if ((force && r->why) || !rule_holds(r, h->cwd))
			continue;
		if (r->why) {
			diag_set(v->d, "cwd: %s: %s", h->cwd, r->why);
			return diag_hint(v->d,
					 "cd to the project's own directory, "
					 "or say --force-cwd");
		}
		diag_set(v->d, "cwd: %s: can't be the sandbox's directory",
			 h->cwd);
		return diag_hint(v->d, "cd to the project's own directory");
	}
	return 0;
}
