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
	const char *dir;
	enum relation relation;
	const char *why;
};

static const char system_why[] = "is a system directory";

static const struct rule system_rules[] = {
	{"/bin", IN, system_why},	{"/boot", IN, system_why},
	{"/etc", IN, system_why},	{"/home", IS, system_why},
	{"/lib", IN, system_why},	{"/lib64", IN, system_why},
	{"/media", IS, system_why},	{"/mnt", IS, system_why},
	{"/nix", IN, system_why},	{"/opt", IN, system_why},
	{"/root", IS, system_why},	{"/run", IN, system_why},
	{"/sbin", IN, system_why},	{"/snap", IN, system_why},
	{"/srv", IS, system_why},	{"/tmp", IS, system_why},
	{"/usr", IN, system_why},	{"/var", IS, system_why},
	{"/var/cache", IN, system_why}, {"/var/lib", IN, system_why},
	{"/var/log", IN, system_why},	{"/var/tmp", IS, system_why},
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

/* The reason of the first rule that holds, or NULL. */
static const char *first_why(const struct rule *rules, size_t n,
			     const char *cwd)
{
	for (size_t i = 0; i < n; i++)
		if (rule_holds(&rules[i], cwd))
			return rules[i].why;
	return NULL;
}

int guard_check_cwd(const struct view *v, bool force)
{
	static const char home[] = "is or contains the home directory";
	static const char dot[] = "lies in a dot-directory of the home";
	static const char own[] = "contains sbox's own directories";
	const struct host *h = v->host;
	/* not even with --force-cwd: sbox makes its own */
	const struct rule never[] = {
		{"/", IS, ""},		 {"/proc", IN, ""},
		{"/sys", IN, ""},	 {"/dev", IN, ""},
		{h->config_dir, IN, ""}, {h->state_dir, IN, ""},
		{h->cache_dir, IN, ""},
	};
	const struct rule mine[] = {
		{h->home, HOLDS, home},	       {h->home, DOT, dot},
		{h->passwd_home, HOLDS, home}, {h->passwd_home, DOT, dot},
		{h->config_dir, HOLDS, own},   {h->state_dir, HOLDS, own},
		{h->cache_dir, HOLDS, own},
	};
	const char *why;

	if (first_why(never, ARRAY_SIZE(never), h->cwd)) {
		diag_set(v->d, "cwd: %s: can't be the sandbox's directory",
			 h->cwd);
		return diag_hint(v->d, "cd to the project's own directory");
	}
	why = first_why(mine, ARRAY_SIZE(mine), h->cwd);
	if (!why)
		why = first_why(system_rules, ARRAY_SIZE(system_rules), h->cwd);
	if (!why || force)
		return 0;
	diag_set(v->d, "cwd: %s: %s", h->cwd, why);
	return diag_hint(v->d, "cd to the project's own directory, or say "
			       "--force-cwd");
}
