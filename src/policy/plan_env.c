/* SPDX-License-Identifier: MIT */
/*
 * The environment inside: an allow-list of the caller's variables, then what
 * we set, then what the policy passes, sets and unsets. A secret in the
 * caller's environment enters only by name; LD_PRELOAD, BASH_ENV, NODE_OPTIONS
 * and GIT_* never by accident.
 */
#include <stdio.h>
#include <string.h>

#include "plan_internal.h"
#include "sbox/cleanup.h"
#include "sbox/diag.h"
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

static void env_put(struct strlist *env, const char *key, const char *value)
{
	size_t len = strlen(key);

	for (size_t i = 0; i < env->n; i++) {
		if (strncmp(env->v[i], key, len) == 0 &&
		    env->v[i][len] == '=') {
			free(env->v[i]);
			env->v[i] = xasprintf("%s=%s", key, value);
			return;
		}
	}
	strlist_addf(env, "%s=%s", key, value);
}

static void env_drop(struct strlist *env, const char *key)
{
	size_t len = strlen(key);

	for (size_t i = 0; i < env->n; i++) {
		if (strncmp(env->v[i], key, len) == 0 &&
		    env->v[i][len] == '=') {
			cleanup_free char *entry = xstrdup(env->v[i]);

			strlist_remove(env, entry);
			return;
		}
	}
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
	for (char *const *e = v->host->env; e && *e; e++) {
		cleanup_free char *key = NULL;
		const char *eq = strchr(*e, '=');

		if (!eq || eq == *e || !name_matches(pattern, *e))
			continue;
		key = xstrndup(*e, (size_t)(eq - *e));
		env_put(&v->plan->env, key, eq + 1);
	}
}

/* Something is shown at, above or beneath this directory. */
static bool is_visible(const struct view *v, const char *dir)
{
	const struct plan *p = v->plan;
	cleanup_free char *under = NULL;
	struct host_stat st;
	bool writable;

	under = view_backing(v, dir, &writable);
	if (under)
		return v->host->fs.lstat(v->host->fs.ctx, under, &st) == 0;
	for (size_t i = 0; i < p->nmounts; i++) {
		if (path_under(dir, p->mounts[i].dst))
			return true;
	}
	return false;
}

static bool is_untrusted(const struct view *v, const char *dir)
{
	for (size_t i = 0; i < v->untrusted.n; i++) {
		if (path_under(v->untrusted.v[i], dir))
			return true;
	}
	return false;
}

/* The caller's PATH without what is relative, writable inside, or not there:
 * a project's bin must not shadow a tool's name. */
static char *path_clean(const struct view *v)
{
	const char *p = host_getenv(v->host, "PATH");
	char *out = xstrdup("");

	while (p && *p) {
		size_t len = strcspn(p, ":");
		cleanup_free char *dir = xstrndup(p, len);
		char *longer;

		p += len + (p[len] == ':');
		if (dir[0] != '/' || strstr(dir, "/../") ||
		    is_untrusted(v, dir) || !is_visible(v, dir))
			continue;
		longer = xasprintf("%s%s%s", out, *out ? ":" : "", dir);
		free(out);
		out = longer;
	}
	if (*out)
		return out;
	free(out);
	return xstrdup(default_path);
}

static void env_git(struct view *v)
{
	static const char *const keys[] = {"user.name", "user.email"};
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

static int entry_compare(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

int env_build(struct view *v, const char *shell, struct diag *d)
{
	const struct host *h = v->host;
	const struct policy *p = v->policy;
	struct strlist *env = &v->plan->env;
	cleanup_free char *path = path_clean(v);
	cleanup_free char *runtime =
		xasprintf("/run/user/%lu", (unsigned long)h->uid);

	(void)d;
	for (size_t i = 0; i < ARRAY_SIZE(pass_names); i++)
		env_pass(v, pass_names[i]);
	env_put(env, "PATH", path);
	env_put(env, "HOME", h->home);
	env_put(env, "USER", h->user);
	env_put(env, "LOGNAME", h->user);
	env_put(env, "SHELL", shell);
	env_put(env, "PWD", v->plan->cwd);
	env_put(env, "XDG_RUNTIME_DIR", runtime);
	env_put(env, "SBOX", "1");
	if (v->interactive) {
		env_put(env, "PS1", "(sbox) \\$ ");
		env_put(env, "PROMPT_COMMAND", bash_prompt);
	}
	env_git(v);
	env_devices(v);
	for (size_t i = 0; i < p->env_pass.n; i++)
		env_pass(v, p->env_pass.v[i]);
	for (size_t i = 0; i < p->env_set.n; i++)
		env_put(env, p->env_set.keys[i], p->env_set.values[i]);
	for (size_t i = 0; i < p->env_unset.n; i++)
		env_drop(env, p->env_unset.v[i]);
	qsort(env->v, env->n, sizeof(*env->v), entry_compare);
	return 0;
}
