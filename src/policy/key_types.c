/* SPDX-License-Identifier: MIT */
/*
 * The types of profile keys. A value reaches the policy as text, whether it
 * was a JSON string, an element of a list, a number or an argument of the
 * command line: so a limit, a path or a name is checked in one place. What a
 * setter refuses leaves the policy as it was. Lists skip what they hold
 * already (that is what makes dump -> parse -> dump a fixed point, and a
 * profile that is reached twice by `extends` harmless) and are bounded.
 */
#include "key_types.h"

#include <assert.h>
#include <ctype.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "sbox/cleanup.h"
#include "sbox/diag.h"
#include "sbox/host.h"
#include "sbox/json.h"
#include "sbox/num.h"
#include "sbox/path.h"

#define TEXT_MAX    1024
#define HOME_MAX    64
#define PERCENT_MAX 1000000
#define COUNT_MAX   INT_MAX

static void *field(const struct key_item *it)
{
	return key_field(it->key, it->sink->policy);
}

static int set_note(const struct key_item *it)
{
	(void)it;
	return 0;
}

static int set_text(const struct key_item *it)
{
	char **out = field(it);

	if (strlen(it->text) > TEXT_MAX)
		return diag_set(it->d, "longer than %d bytes", TEXT_MAX);
	free(*out);
	*out = xstrdup(it->text);
	return 0;
}

bool profile_name_is_valid(const char *name)
{
	size_t len = strlen(name);

	return len > 0 && len <= HOME_MAX && name[0] != '.' &&
	       strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
			    "abcdefghijklmnopqrstuvwxyz0123456789._+-") == len;
}

static int set_home(const struct key_item *it)
{
	char **out = field(it);
	cleanup_free char *plain = xstrdup(it->text);
	char *p = strstr(plain, "%p");

	if (p) /* the project's id takes its place: letters will do here */
		p[0] = 'p';
	if (p)
		memmove(p + 1, p + 2, strlen(p + 2) + 1);
	if (!profile_name_is_valid(plain))
		return diag_set(
			it->d,
			"%.200s: a home is \"tmp\" or a name of letters, "
			"digits and . _ + - that may hold one %%p",
			it->text);
	free(*out);
	*out = xstrdup(it->text);
	return 0;
}

/* The cwd is canonical, so leading ".." of a relative path may be taken off
 * as text; any later one is refused by path_normalise. */
static char *join_cwd(const char *cwd, const char *rel)
{
	cleanup_free char *base = xstrdup(cwd);

	for (;;) {
		if (strncmp(rel, "./", 2) == 0) {
			rel += 2;
		} else if (strncmp(rel, "..", 2) == 0 &&
			   (rel[2] == '/' || rel[2] == '\0')) {
			char *up = path_dirname(base);

			free(base);
			base = up;
			rel += rel[2] ? 3 : 2;
		} else {
			break;
		}
		rel += strspn(rel, "/");
	}
	return *rel ? path_join(base, rel) : steal_ptr(&base);
}

/* "~" expanded, absolute, normalised. */
static int absolute_path(const struct key_item *it, const char *in, char **out)
{
	const struct host *host = it->sink->host;
	cleanup_free char *path = NULL;

	if (!in || *in == '\0')
		return diag_set(it->d, "an empty path");
	if (path_expand_home(in, host->home, &path, it->d))
		return -1;
	if (*path != '/') {
		char *joined;

		if (!it->sink->relative_ok)
			return diag_set(
				it->d,
				"%.200s: a path must be absolute or start "
				"with ~/",
				in);
		joined = join_cwd(host->cwd, path);
		free(path);
		path = joined;
	}
	return path_normalise(path, out, it->d);
}

/*
 * "SRC" or "SRC:DEST"; "\:" is a colon and "\\" a backslash of a path. Returns
 * 0, *src and *dest (NULL without one), or -1.
 */
static int split_path(const struct key_item *it, char **src, char **dest)
{
	cleanup_free char *buf = xcalloc(strlen(it->text) + 1, 1);
	char *out = buf, *second = NULL;

	for (const char *p = it->text; *p; p++) {
		if (*p == '\\' && (p[1] == ':' || p[1] == '\\')) {
			*out++ = *++p;
		} else if (*p != ':') {
			*out++ = *p;
		} else if (second) {
			return diag_set(it->d,
					"%.200s: more than one colon (PATH or "
					"SRC:DEST; a colon in a path is \\:)",
					it->text);
		} else {
			*out++ = '\0';
			second = out;
		}
	}
	*out = '\0';
	*dest = second ? xstrdup(second) : NULL;
	*src = xstrdup(buf);
	return 0;
}

static void path_entry_add(const struct key_item *it, char *src, char *dest)
{
	struct policy_paths *l = field(it);
	bool try = it->key->type == KEY_PATHS_TRY;
	struct policy_path *e;

	for (size_t i = 0; i < l->n; i++) {
		if (strcmp(l->v[i].src, src) != 0 ||
		    strcmp(l->v[i].dest, dest) != 0)
			continue;
		l->v[i].try = l->v[i].try && try;
		free(src);
		free(dest);
		return;
	}
	l->v = xreallocarray(l->v, l->n + 1, sizeof(*l->v));
	e = &l->v[l->n++];
	e->src = src;
	e->dest = dest;
	e->try = try;
	e->origin = it->sink->doc
			    ? xasprintf("%s:%u: %s", it->sink->doc->name,
					json_line(it->sink->doc, it->node),
					it->label)
			    : xstrdup(it->sink->origin);
}

static int list_room(const struct key_item *it, size_t n)
{
	if (n < KEY_LIST_MAX)
		return 0;
	return diag_set(it->d, "more than %d entries", KEY_LIST_MAX);
}

static int set_paths(const struct key_item *it)
{
	const struct policy_paths *l = field(it);
	cleanup_free char *src = NULL, *dest = NULL;
	cleanup_free char *abs_src = NULL, *abs_dest = NULL;

	if (list_room(it, l->n) || split_path(it, &src, &dest) ||
	    absolute_path(it, src, &abs_src))
		return -1;
	if (!dest) {
		abs_dest = xstrdup(abs_src);
	} else if (*dest != '/' && *dest != '~') {
		return diag_set(it->d,
				"%.200s: the DEST of SRC:DEST must be "
				"absolute or start with ~/",
				it->text);
	} else if (absolute_path(it, dest, &abs_dest)) {
		return -1;
	}
	path_entry_add(it, steal_ptr(&abs_src), steal_ptr(&abs_dest));
	return 0;
}

static int set_places(const struct key_item *it)
{
	const struct policy_paths *l = field(it);
	char *path = NULL;

	if (list_room(it, l->n) || absolute_path(it, it->text, &path) || !path)
		return -1;
	path_entry_add(it, path, xstrdup(path));
	return 0;
}

int key_name_add(const struct key_item *it, const char *name)
{
	struct strlist *l = field(it);

	if (strlist_has(l, name))
		return 0;
	if (list_room(it, l->n))
		return -1;
	strlist_add(l, name);
	return 0;
}

static int set_masks(const struct key_item *it)
{
	cleanup_free char *norm = NULL;

	if (*it->text == '~' || *it->text == '/' ||
	    (it->sink->relative_ok && strncmp(it->text, "..", 2) == 0)) {
		if (absolute_path(it, it->text, &norm))
			return -1;
	} else if (path_normalise(it->text, &norm, it->d)) {
		return -1;
	}
	return key_name_add(it, norm);
}

static int set_enum(const struct key_item *it)
{
	unsigned *out = field(it);
	cleanup_free char *words = NULL;

	for (unsigned i = 0; i < it->key->nwords; i++) {
		if (strcmp(it->text, it->key->words[i]) == 0) {
			*out = i;
			if (out == (unsigned *)&it->sink->policy->net)
				key_net_mode_changed(it->sink->policy);
			return 0;
		}
	}
	for (size_t i = 0; i < it->key->nwords; i++) {
		char *longer = xasprintf("%s%s%s", words ? words : "",
					 words ? ", " : "", it->key->words[i]);

		free(words);
		words = longer;
	}
	return diag_set(it->d, "%.200s: expected one of: %s", it->text, words);
}

static int set_bool(const struct key_item *it)
{
	bool *out = field(it);
	bool yes = strcmp(it->text, "true") == 0;

	if (!yes && strcmp(it->text, "false") != 0)
		return diag_set(it->d, "%.200s: expected true or false",
				it->text);
	*out = yes;
	return 0;
}

/* POSIX's portable names: what every shell can read. */
static bool env_name_is_valid(const char *name, size_t len)
{
	if (len == 0 || len > TEXT_MAX || isdigit((unsigned char)name[0]))
		return false;
	for (size_t i = 0; i < len; i++)
		if (!isalnum((unsigned char)name[i]) && name[i] != '_')
			return false;
	return true;
}

static int env_name_error(const struct key_item *it)
{
	return diag_set(it->d,
			"%.200s: not the name of an environment variable "
			"(letters, digits and _, not a digit first)",
			it->text);
}

static void env_forget(struct policy_env *e, const char *name)
{
	for (size_t i = 0; i < e->n; i++) {
		if (strcmp(e->keys[i], name) != 0)
			continue;
		free(e->keys[i]);
		free(e->values[i]);
		e->n--;
		memmove(&e->keys[i], &e->keys[i + 1],
			(e->n - i) * sizeof(*e->keys));
		memmove(&e->values[i], &e->values[i + 1],
			(e->n - i) * sizeof(*e->values));
		return;
	}
}

/* The last word about a variable wins: set, unset and pass displace one
 * another. */
static int set_env_pass(const struct key_item *it)
{
	struct policy *p = it->sink->policy;
	size_t len = strlen(it->text);

	if (len > 0 && it->text[len - 1] == '*')
		len--;
	if (!env_name_is_valid(it->text, len))
		return env_name_error(it);
	if (key_name_add(it, it->text))
		return -1;
	(void)strlist_remove(&p->env_unset, it->text);
	env_forget(&p->env_set, it->text);
	return 0;
}

static int set_env_set(const struct key_item *it)
{
	struct policy *p = it->sink->policy;
	struct policy_env *e = &p->env_set;
	const char *eq = strchr(it->text, '=');
	cleanup_free char *name = NULL;

	if (!eq || !env_name_is_valid(it->text, (size_t)(eq - it->text)))
		return env_name_error(it);
	if (list_room(it, e->n))
		return -1;
	name = xstrndup(it->text, (size_t)(eq - it->text));
	(void)strlist_remove(&p->env_unset, name);
	(void)strlist_remove(&p->env_pass, name);
	for (size_t i = 0; i < e->n; i++) {
		if (strcmp(e->keys[i], name) == 0) {
			free(e->values[i]);
			e->values[i] = xstrdup(eq + 1);
			return 0;
		}
	}
	e->keys = xreallocarray(e->keys, e->n + 1, sizeof(*e->keys));
	e->values = xreallocarray(e->values, e->n + 1, sizeof(*e->values));
	e->keys[e->n] = steal_ptr(&name);
	e->values[e->n++] = xstrdup(eq + 1);
	return 0;
}

static int set_env_unset(const struct key_item *it)
{
	struct policy *p = it->sink->policy;

	if (!env_name_is_valid(it->text, strlen(it->text)))
		return env_name_error(it);
	if (key_name_add(it, it->text))
		return -1;
	(void)strlist_remove(&p->env_pass, it->text);
	env_forget(&p->env_set, it->text);
	return 0;
}

static int set_percent(const char *text, uint64_t *out, struct diag *d)
{
	size_t len = strlen(text);
	cleanup_free char *digits = xstrdup(text);

	if (len > 1 && digits[len - 1] == '%')
		digits[len - 1] = '\0';
	return num_parse_u64(digits, 1, PERCENT_MAX, out, d);
}

static int set_limit(const struct key_item *it)
{
	struct policy *p = it->sink->policy;
	uint64_t *out = field(it), v = POLICY_UNLIMITED;
	int rc = 0;

	if (strcmp(it->text, "unlimited") == 0)
		rc = 0;
	else if (it->key->type == KEY_SIZE)
		rc = num_parse_size(it->text, &v, it->d);
	else if (it->key->type == KEY_COUNT)
		rc = num_parse_u64(it->text, 1, COUNT_MAX, &v, it->d);
	else if (it->key->type == KEY_PERCENT)
		rc = set_percent(it->text, &v, it->d);
	else
		rc = num_parse_duration(it->text, &v, it->d);
	if (rc)
		return -1;
	if (v == 0)
		return diag_set(it->d,
				"%.200s: zero (no limit is \"unlimited\")",
				it->text);
	*out = v;
	if (out == &p->limits.pids)
		p->limits.pids_explicit = true;
	return 0;
}

/* What can't be written as one text. */
static int set_object(const struct key_item *it)
{
	return diag_set(it->d, "%s: expected %s", it->text,
			key_types[it->key->type].expected);
}

static cJSON *dump_nothing(const struct key *k, const struct policy *p)
{
	(void)k;
	(void)p;
	return NULL;
}

static cJSON *dump_text(const struct key *k, const struct policy *p)
{
	char *const *s = key_field_const(k, p);

	return *s ? cJSON_CreateString(*s) : NULL;
}

static cJSON *list_or_nothing(cJSON *list)
{
	if (cJSON_GetArraySize(list) > 0)
		return list;
	cJSON_Delete(list);
	return NULL;
}

/* Appends s to out with colons and backslashes escaped; returns the end. */
static char *escape_colons(char *out, const char *s)
{
	for (; *s; s++) {
		if (*s == ':' || *s == '\\')
			*out++ = '\\';
		*out++ = *s;
	}
	*out = '\0';
	return out;
}

static cJSON *dump_paths(const struct key *k, const struct policy *p)
{
	const struct policy_paths *l = key_field_const(k, p);
	cJSON *list = cJSON_CreateArray();

	for (size_t i = 0; i < l->n; i++) {
		const struct policy_path *e = &l->v[i];
		cleanup_free char *text = NULL;
		char *end;

		if (e->try != (k->type == KEY_PATHS_TRY))
			continue;
		text = xcalloc(2 * (strlen(e->src) + strlen(e->dest)) + 2, 1);
		end = escape_colons(text, e->src);
		if (strcmp(e->src, e->dest) != 0) {
			*end++ = ':';
			(void)escape_colons(end, e->dest);
		}
		cJSON_AddItemToArray(list, cJSON_CreateString(text));
	}
	return list_or_nothing(list);
}

static cJSON *dump_places(const struct key *k, const struct policy *p)
{
	const struct policy_paths *l = key_field_const(k, p);
	cJSON *list = cJSON_CreateArray();

	for (size_t i = 0; i < l->n; i++)
		cJSON_AddItemToArray(list, cJSON_CreateString(l->v[i].src));
	return list_or_nothing(list);
}

static cJSON *dump_names(const struct key *k, const struct policy *p)
{
	const struct strlist *l = key_field_const(k, p);
	cJSON *list = cJSON_CreateArray();

	for (size_t i = 0; i < l->n; i++)
		cJSON_AddItemToArray(list, cJSON_CreateString(l->v[i]));
	return list_or_nothing(list);
}

static cJSON *dump_enum(const struct key *k, const struct policy *p)
{
	const unsigned *v = key_field_const(k, p);

	if (*v == k->nwords) /* NET_UNSAID */
		return NULL;
	assert(*v < k->nwords);
	return cJSON_CreateString(k->words[*v]);
}

static cJSON *dump_bool(const struct key *k, const struct policy *p)
{
	const bool *v = key_field_const(k, p);

	return cJSON_CreateBool(*v);
}

static cJSON *dump_env(const struct key *k, const struct policy *p)
{
	const struct policy_env *e = key_field_const(k, p);
	cJSON *map;

	if (e->n == 0)
		return NULL;
	map = cJSON_CreateObject();
	for (size_t i = 0; i < e->n; i++)
		(void)cJSON_AddStringToObject(map, e->keys[i], e->values[i]);
	return map;
}

static cJSON *dump_limit(const struct key *k, const struct policy *p)
{
	const uint64_t *v = key_field_const(k, p);
	cleanup_free char *text = NULL;

	/* saying the default would turn it into what the user asked for */
	if (v == &p->limits.pids && !p->limits.pids_explicit)
		return NULL;
	if (*v == POLICY_UNLIMITED)
		return cJSON_CreateNull();
	if (k->type == KEY_SIZE)
		text = num_format_size(*v);
	else if (k->type == KEY_DURATION)
		text = num_format_duration(*v);
	else if (k->type == KEY_PERCENT)
		text = xasprintf("%llu%%", (unsigned long long)*v);
	else
		return cJSON_CreateNumber((double)*v);
	return cJSON_CreateString(text);
}

static cJSON *dump_services(const struct key *k, const struct policy *p)
{
	cJSON *const *list = key_field_const(k, p);

	return *list ? cJSON_Duplicate(*list, true) : NULL;
}

static cJSON *dump_seccomp(const struct key *k, const struct policy *p)
{
	const struct policy_seccomp *s = key_field_const(k, p);

	return s->object ? cJSON_Duplicate(s->object, true)
			 : cJSON_CreateNull();
}

#define EXPECTED_PATHS "a list of strings (\"PATH\" or \"SRC:DEST\")"
#define EXPECTED_NAMES "a list of strings"
#define LIMIT_JSON     (KEY_JSON_STRING | KEY_JSON_NUMBER | KEY_JSON_NULL)

/* clang-format off */
const struct key_type_ops key_types[KEY_TYPE__COUNT] = {
	[KEY_NOTE] = { "a string", KEY_JSON_STRING, set_note, dump_nothing },
	[KEY_TEXT] = { "a string", KEY_JSON_STRING, set_text, dump_text },
	[KEY_EXTENDS] = { "a list of profile names", KEY_JSON_LIST, set_note,
		dump_nothing },
	[KEY_HOME] = { "a string: \"tmp\" or a name", KEY_JSON_STRING, set_home,
		dump_text },
	[KEY_PATHS] = { EXPECTED_PATHS, KEY_JSON_LIST, set_paths, dump_paths },
	[KEY_PATHS_TRY] = { EXPECTED_PATHS, KEY_JSON_LIST, set_paths,
		dump_paths },
	[KEY_PLACES] = { "a list of paths", KEY_JSON_LIST, set_places,
		dump_places },
	[KEY_MASKS] = { "a list of paths", KEY_JSON_LIST, set_masks, dump_names },
	[KEY_ENUM] = { "a string", KEY_JSON_STRING, set_enum, dump_enum },
	[KEY_BOOL] = { "true or false", KEY_JSON_BOOL, set_bool, dump_bool },
	[KEY_ENV_PASS] = { EXPECTED_NAMES, KEY_JSON_LIST, set_env_pass,
		dump_names },
	[KEY_ENV_SET] = { "an object of strings", KEY_JSON_MAP, set_env_set,
		dump_env },
	[KEY_ENV_UNSET] = { EXPECTED_NAMES, KEY_JSON_LIST, set_env_unset,
		dump_names },
	[KEY_SIZE] = { "bytes (\"4G\" or a number) or null", LIMIT_JSON,
		set_limit, dump_limit },
	[KEY_COUNT] = { "a whole number or null", LIMIT_JSON, set_limit,
		dump_limit },
	[KEY_PERCENT] = { "a percentage (\"150%\" or 150) or null", LIMIT_JSON,
		set_limit, dump_limit },
	[KEY_DURATION] = { "a duration (\"1h\" or seconds) or null", LIMIT_JSON,
		set_limit, dump_limit },
	[KEY_NET_RULES] = { EXPECTED_NAMES, KEY_JSON_LIST, key_set_net_rule,
		dump_names },
	[KEY_NET_PORTS] = { "a list of ports", KEY_JSON_LIST | KEY_JSON_NUMBERS,
		key_set_net_port, dump_names },
	[KEY_NET_VIA] = { "a string", KEY_JSON_STRING, key_set_net_via,
		dump_text },
	[KEY_NET_SERVICES] = { "a list of objects", 0, set_object,
		dump_services },
	[KEY_SECCOMP] = { "an object (OCI linux.seccomp) or null", 0,
		set_object, dump_seccomp },
};
/* clang-format on */
