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

struct system_dir {
	const char *path;
	bool beneath; /* what lies beneath it as well */
};

static const struct system_dir system_dirs[] = {
	{"/bin", true},	      {"/boot", true},	  {"/etc", true},
	{"/home", false},     {"/lib", true},	  {"/lib64", true},
	{"/media", false},    {"/mnt", false},	  {"/nix", true},
	{"/opt", false},      {"/root", false},	  {"/run", true},
	{"/sbin", true},      {"/snap", true},	  {"/srv", false},
	{"/tmp", false},      {"/usr", true},	  {"/var", false},
	{"/var/cache", true}, {"/var/lib", true}, {"/var/log", true},
	{"/var/tmp", false},
};

/* Not even with --force-cwd: sbox makes its own. */
static const char *const never_dirs[] = {"/proc", "/sys", "/dev"};

static int refuse(struct diag *d, const char *cwd, const char *why)
{
	diag_set(d, "cwd: %s: %s", cwd, why);
	return diag_hint(d, "cd to the project's own directory, or say "
			    "--force-cwd");
}

/* ~/.config/x, ~/.ssh: the first component below home begins with a dot. */
static bool is_dot_beneath(const char *home, const char *cwd)
{
	return home && home[1] && path_under(home, cwd) &&
	       cwd[strlen(home)] == '/' && cwd[strlen(home) + 1] == '.';
}

static int check_never(const struct host *h, struct diag *d)
{
	const char *own[] = {h->config_dir, h->state_dir, h->cache_dir};

	if (strcmp(h->cwd, "/") == 0)
		goto never;
	for (size_t i = 0; i < ARRAY_SIZE(never_dirs); i++) {
		if (path_under(never_dirs[i], h->cwd))
			goto never;
	}
	for (size_t i = 0; i < ARRAY_SIZE(own); i++) {
		if (path_under(own[i], h->cwd))
			goto never;
	}
	return 0;
never:
	diag_set(d, "cwd: %s: can't be the sandbox's directory", h->cwd);
	return diag_hint(d, "cd to the project's own directory");
}

int guard_check_cwd(const struct view *v, bool force, struct diag *d)
{
	const struct host *h = v->host;
	const char *homes[] = {h->home, h->passwd_home};
	const char *own[] = {h->config_dir, h->state_dir, h->cache_dir};

	if (check_never(h, d) < 0)
		return -1;
	if (force)
		return 0;
	for (size_t i = 0; i < ARRAY_SIZE(homes); i++) {
		if (!homes[i])
			continue;
		if (path_under(h->cwd, homes[i]))
			return refuse(d, h->cwd,
				      "is or contains the home directory");
		if (is_dot_beneath(homes[i], h->cwd))
			return refuse(d, h->cwd,
				      "lies in a dot-directory of the home");
	}
	for (size_t i = 0; i < ARRAY_SIZE(system_dirs); i++) {
		const struct system_dir *s = &system_dirs[i];

		if (strcmp(s->path, h->cwd) == 0 ||
		    (s->beneath && path_under(s->path, h->cwd)))
			return refuse(d, h->cwd, "is a system directory");
	}
	for (size_t i = 0; i < ARRAY_SIZE(own); i++) {
		if (path_under(h->cwd, own[i]))
			return refuse(d, h->cwd,
				      "contains sbox's own directories");
	}
	return 0;
}
