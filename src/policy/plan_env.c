/* SPDX-License-Identifier: MIT */
/*
 * The environment inside: an allow-list of the caller's variables, then what
 * we set, then what the policy passes, sets and unsets. A secret in the
 * caller's environment enters only by name; LD_PRELOAD, BASH_ENV, NODE_OPTIONS
 * and GIT_* never by accident.
 */
#include <string.h>

#include "plan_internal.h"
#include "sbox/cleanup.h"
#include "sbox/path.h"

static const char *const pass_names[] = {
	"TERM",	    "LANG",	    "LANGUAGE", "LC_*",
	"TZ",	    "COLORTERM",    "NO_COLOR", "FORCE_COLOR",
	"CLICOLOR", "TERM_PROGRAM", "COLUMNS",	"LINES",
};

static const char default_path[] = "/usr/local/bin:/usr/bin:/bin";

/* With a prompt that says so: bash asks this before the first one. */
static const char bash_prompt[] =
	"PS1=\"(sbox) ${PS1-\\$ }\"; unset PROMPT_COMMAND";

void env_put(struct strlist *env, char *entry)
{
	env_forget(env, entry, strcspn(entry, "="));
	strlist_add_owned(env, entry);
}

/* NAME, or a prefix that ends in '*'. */
static bool name_matches(const char *pattern, const char *entry)
{
	size_t len = strlen(pattern), klen = strcspn(entry, "=");

	if (len && pattern[len - 1] == '*')
		return klen >= len - 1 && strncmp(pattern, entry, len - 1) == 0;
	return klen == len && strncmp(pattern, entry, len) == 0;
}

static void env_pass(const struct view *v, const char *pattern)
{
	for (char *const *e = v->host->env; e && *e; e++)
		if ((*e)[0] != '=' && strchr(*e, '=') &&
		    name_matches(pattern, *e))
			env_put(&v->plan->env, xstrdup(*e));
}

/* Something is shown at, above or beneath this directory. */
static bool is_visible(const struct view *v, const char *dir)
{
	const struct plan *p = v->plan;
	cleanup_free char *under = view_backing(v, dir);

	if (under && view_type(v, under))
		return true;
	for (size_t i = 0; i < p->nmounts; i++) {
		if (path_under(dir, p->mounts[i].dst))
			return true;
	}
	return false;
}

/* The caller's PATH without what is relative or writable inside, and, for
 * inside, not there: a project's bin must not shadow a tool's name. */
static char *path_clean(const struct view *v, bool inside)
{
	const char *at = host_getenv(v->host, "PATH");
	char *out = NULL, *dir;

	while ((dir = view_path_next(v, &at, NULL))) {
		if (!inside || is_visible(v, dir))
			xreplace(&out, xasprintf("%s%s%s", out ? out : "",
						 out ? ":" : "", dir));
		free(dir);
	}
	return out ? out : xstrdup(default_path);
}

static void env_git(struct view *v)
{
	/* the last is for git not to set modes that the filter refuses */
	static const char *const keys[] = {"user.name", "user.email",
					   "core.sharedRepository"};
	unsigned n = 0;

	for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
		if (!v->git_value[i])
			continue;
		strlist_addf(&v->plan->env, "GIT_CONFIG_KEY_%u=%s", n, keys[i]);
		strlist_addf(&v->plan->env, "GIT_CONFIG_VALUE_%u=%s", n,
			     v->git_value[i]);
		n++;
	}
	if (n)
		strlist_addf(&v->plan->env, "GIT_CONFIG_COUNT=%u", n);
}

/* What device sockets need to be found. */
static void env_devices(struct view *v)
{
	if (v->policy->devices.wayland)
		env_pass(v, "WAYLAND_DISPLAY");
	if (v->policy->devices.x11) {
		env_pass(v, "DISPLAY");
		env_pass(v, "XAUTHORITY");
	}
}

void env_build(struct view *v)
{
	const struct host *h = v->host;
	const struct policy *p = v->policy;
	struct strlist *env = &v->plan->env;
	cleanup_free char *path = path_clean(v, true);
	cleanup_free char *outside = path_clean(v, false);

	for (size_t i = 0; i < ARRAY_SIZE(pass_names); i++)
		env_pass(v, pass_names[i]);
	env_put(env,
		xasprintf("PATH=%s%s", v->aliased ? VIEW_BIN ":" : "", path));
	env_put(env, xasprintf("HOME=%s", h->home));
	env_put(env, xasprintf("USER=%s", h->user));
	env_put(env, xasprintf("LOGNAME=%s", h->user));
	env_put(env, xasprintf("SHELL=%s", h->shell));
	env_put(env, xasprintf("PWD=%s", v->plan->cwd));
	env_put(env, xasprintf("XDG_RUNTIME_DIR=/run/user/%u", h->uid));
	env_put(env, xstrdup("SBOX=1"));
	if (v->interactive) {
		env_put(env, xstrdup("PS1=(sbox) \\$ "));
		env_put(env, xasprintf("PROMPT_COMMAND=%s", bash_prompt));
	}
	env_git(v);
	env_devices(v);
	for (size_t i = 0; i < p->env_pass.n; i++)
		env_pass(v, p->env_pass.v[i]);
	services_forget_env(v);
	for (size_t i = 0; i < p->env_set.n; i++)
		env_put(env, xstrdup(p->env_set.v[i]));
	for (size_t i = 0; i < p->env_unset.n; i++)
		env_forget(env, p->env_unset.v[i], strlen(p->env_unset.v[i]));
	if (v->plan->gateway_env.n) /* where it finds what commands name */
		env_put(&v->plan->gateway_env, xasprintf("PATH=%s", outside));
	strlist_sort(env);
}
