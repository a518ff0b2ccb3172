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

#include <stdlib.h>
#include <string.h>
#include <sys/param.h>

#include "sbox/cleanup.h"
#include "sbox/diag.h"
#include "sbox/host.h"
#include "sbox/json.h"
#include "sbox/num.h"
#include "sbox/path.h"

#define TEXT_MAX 1024
#define HOME_MAX 64

#define ALPHANUMERIC                                                           \
	"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"

static void *field(const struct key_item *it)
{
	return key_field(it->key, it->sink->policy);
}

/* "FILE:LINE: KEY" or "--option". */
static char *origin_of(const struct key_item *it)
{
	const char *name = it->sink->doc->name;

	return it->node ? xasprintf("%s:%u: %s", name, json_line(it->node),
				    it->label)
			: xstrdup(name);
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
	xreplace(out, xstrdup(it->text));
	return 0;
}

bool profile_name_is_valid(const char *name)
{
	size_t len = strlen(name);

	return len > 0 && len <= HOME_MAX && name[0] != '.' &&
	       strspn(name, ALPHANUMERIC "._+-") == len;
}

static int set_home(const struct key_item *it)
{
	const char *p = strstr(it->text, "%p");
	/* the project's id takes its place: letters will do here */
	cleanup_free char *plain =
		p ? xasprintf("%.*sp%s", (int)(p - it->text), it->text, p + 2)
		  : xstrdup(it->text);

	if (!profile_name_is_valid(plain))
		return diag_set(
			it->d,
			"%.200s: a home is \"tmp\" or a name of letters, "
			"digits and . _ + - that may hold one %%p",
			it->text);
	return set_text(it);
}

/* The cwd is canonical, so leading ".." of a relative path may be taken off
 * as text; any later one is refused by path_normalise. */
static char *join_cwd(const char *cwd, const char *rel)
{
	cleanup_free char *base = xstrdup(cwd);

	for (;;) {
		size_t len = strcspn(rel, "/");

		if (len == 2 && strncmp(rel, "..", 2) == 0) {
			xreplace(&base, path_dirname(base));
		} else if (len != 1 || *rel != '.') {
			return path_join(base, rel);
		}
		rel += len + strspn(rel + len, "/");
	}
}

/* "~" expanded, absolute, normalised; malloc'd, or NULL and it->d. */
static char *absolute_path(const struct key_item *it, const char *in)
{
	const struct host *host = it->sink->host;
	cleanup_free char *path = NULL;
	char *out = NULL;

	if (*in == '\0') {
		diag_set(it->d, "an empty path");
		return NULL;
	}
	if (path_expand_home(in, host->home, &path, it->d))
		return NULL;
	if (*path != '/' && it->node) {
		diag_set(it->d,
			 "%.200s: a path must be absolute or start with ~/",
			 in);
		return NULL;
	}
	if (*path != '/')
		xreplace(&path, join_cwd(host->cwd, path));
	return path_normalise(path, &out, it->d) ? NULL : out;
}

/* Takes what is before the next colon off *rest, which is NULL behind the last
 * one: "\:" is a colon and "\\" a backslash of a path. */
static char *take_part(char **rest)
{
	char *part = *rest, *out = part, *p = part;

	for (; *p && *p != ':'; p++) {
		if (*p == '\\' && (p[1] == ':' || p[1] == '\\'))
			p++;
		*out++ = *p;
	}
	*rest = *p ? p + 1 : NULL;
	*out = '\0';
	return part;
}

static int list_room(const struct key_item *it, size_t n)
{
	if (n < KEY_LIST_MAX)
		return 0;
	return diag_set(it->d, "more than %d entries", KEY_LIST_MAX);
}

static int set_paths(const struct key_item *it)
{
	struct policy_paths *l = field(it);
	cleanup_free char *text = xstrdup(it->text);
	cleanup_free char *abs_src = NULL, *abs_dest = NULL;
	char *rest = text, *src = take_part(&rest);
	char *dest = rest ? take_part(&rest) : src;
	bool try = it->key->type == KEY_PATHS_TRY;

	if (list_room(it, l->n))
		return -1;
	if (dest != src && it->key->type == KEY_PLACES) {
		diag_set(it->d, "%.200s: a tmpfs has no source", it->text);
		return diag_hint(it->d, "give one path without a colon");
	}
	if (rest) {
		diag_set(it->d,
			 "%.200s: more than one colon (PATH or SRC:DEST)",
			 it->text);
		return diag_hint(it->d, "a colon in a path has a backslash "
					"before it");
	}
	abs_src = absolute_path(it, src);
	if (!abs_src)
		return -1;
	if (dest != src && *dest != '/' && *dest != '~')
		return diag_set(it->d,
				"%.200s: the DEST of SRC:DEST must be "
				"absolute or start with ~/",
				it->text);
	abs_dest = absolute_path(it, dest);
	if (!abs_dest)
		return -1;
	for (size_t i = 0; i < l->n; i++) {
		if (strcmp(l->v[i].src, abs_src) == 0 &&
		    strcmp(l->v[i].dest, abs_dest) == 0) {
			l->v[i].try = l->v[i].try && try;
			return 0;
		}
	}
	l->v = xreallocarray(l->v, l->n + 1, sizeof(*l->v));
	l->v[l->n++] = (struct policy_path){
		steal_ptr(&abs_src), steal_ptr(&abs_dest), try, origin_of(it)};
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
	    (!it->node && strncmp(it->text, "..", 2) == 0))
		norm = absolute_path(it, it->text);
	else
		(void)path_normalise(it->text, &norm, it->d); /* or no norm */
	if (!norm)
		return -1;
	if (strcmp(norm, "/") == 0 || strcmp(norm, ".") == 0) {
		diag_set(it->d, "%s: is all there is", it->text);
		return diag_hint(it->d, "name what is in it");
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
		xreplace(&words,
			 xasprintf("%s%s%s", words ? words : "",
				   words ? ", " : "", it->key->words[i]));
	}
	return diag_set(it->d, "%.200s: expected one of: %s", it->text, words);
}

static int set_bool(const struct key_item *it)
{
	bool *out = field(it);

	*out = strcmp(it->text, "true") == 0; /* made of JSON or an option */
	return 0;
}

/* POSIX's portable names: what every shell can read. */
static bool env_name_is_valid(const char *name, size_t len)
{
	return len > 0 && len <= TEXT_MAX && !strchr("0123456789", name[0]) &&
	       strspn(name, ALPHANUMERIC "_") >= len;
}

/* NAME, NAME* or NAME=VALUE. The last word about a variable wins: pass, set
 * and unset displace one another. */
static int set_env(const struct key_item *it)
{
	struct policy *p = it->sink->policy;
	struct strlist *l = field(it),
		       *all[] = {&p->env_pass, &p->env_set, &p->env_unset};
	size_t len = strcspn(it->text, "="), stem = len;

	if (it->key->type == KEY_ENV_PASS && len && it->text[len - 1] == '*')
		stem--;
	if (!env_name_is_valid(it->text, stem) ||
	    (it->key->type == KEY_ENV_SET) != (it->text[len] == '='))
		return diag_set(
			it->d,
			"%.200s: not the name of an environment variable "
			"(letters, digits and _, not a digit first)",
			it->text);
	if (list_room(it, l->n))
		return -1;
	for (size_t i = 0; it->sink->tighten && i < p->env_set.n; i++)
		if (strncmp(p->env_set.v[i], it->text, len) == 0 &&
		    p->env_set.v[i][len] == '=')
			return diag_set(it->d,
					"%.200s: a project's file may only "
					"tighten: your own profile sets it",
					it->text);
	for (size_t i = 0; i < ARRAY_SIZE(all); i++)
		env_forget(all[i], it->text, len);
	strlist_add(l, it->text);
	return 0;
}

static const enum num_kind limit_kinds[KEY_TYPE__COUNT] = {
	[KEY_SIZE] = NUM_SIZE,
	[KEY_COUNT] = NUM_COUNT,
	[KEY_PERCENT] = NUM_PERCENT,
	[KEY_DURATION] = NUM_DURATION,
};

static int set_limit(const struct key_item *it)
{
	struct policy *p = it->sink->policy;
	uint64_t *out = field(it), v = POLICY_UNLIMITED;

	if (strcmp(it->text, "unlimited") != 0 &&
	    num_parse(it->text, limit_kinds[it->key->type], &v, it->d))
		return -1;
	if (v == 0)
		return diag_set(it->d,
				"%.200s: zero (no limit is \"unlimited\")",
				it->text);
	if (it->sink->tighten && it->key->tighten == TIGHTEN_MIN)
		v = MIN(v, *out);
	*out = v;
	if (out == &p->limits.pids)
		p->limits.pids_explicit = true;
	return 0;
}

/* What is in the object moves into the policy. */
static int set_seccomp(const struct key_item *it)
{
	const struct key_sink *s = it->sink;
	struct policy_seccomp *to =
		s->tighten ? &s->policy->seccomp_stack : &s->policy->seccomp;
	cJSON *object = NULL;

	if (cJSON_IsNull(it->node) && !s->null_seccomp_ok)
		return diag_set(it->d, "a project's file cannot switch the "
				       "filter off");
	if (cJSON_IsObject(it->node)) {
		object = xmust(cJSON_CreateObject());
		object->child = it->node->child;
		it->node->child = NULL;
	}
	policy_seccomp_free(to);
	*to = (struct policy_seccomp){
		.object = object,
		.origin = object ? origin_of(it) : NULL,
		.said = true,
		.of_base = s->is_base,
	};
	return 0;
}

/* "SRC" or "SRC:DEST" again. */
static char *path_text(const struct policy_path *e)
{
	char *text = xcalloc(2 * (strlen(e->src) + strlen(e->dest)) + 2, 1);
	const char *parts[] = {e->src, e->dest};
	size_t n = strcmp(e->src, e->dest) == 0 ? 1 : 2;
	char *out = text;

	for (size_t i = 0; i < n; i++) {
		if (i > 0)
			*out++ = ':';
		for (const char *c = parts[i]; *c; c++) {
			if (*c == ':' || *c == '\\')
				*out++ = '\\';
			*out++ = *c;
		}
	}
	return text;
}

static cJSON *dump_paths(const struct key *k, const struct policy *p)
{
	const struct policy_paths *l = key_field_const(k, p);
	cJSON *list = NULL;

	for (size_t i = 0; i < l->n; i++) {
		cleanup_free char *text = path_text(&l->v[i]);

		if (l->v[i].try != (k->type == KEY_PATHS_TRY))
			continue;
		if (!list)
			list = cJSON_CreateArray();
		cJSON_AddItemToArray(list, cJSON_CreateString(text));
	}
	return list;
}

static cJSON *dump_env(const struct strlist *l)
{
	cJSON *map = l->n ? cJSON_CreateObject() : NULL;

	for (size_t i = 0; i < l->n; i++) {
		const char *eq = strchr(l->v[i], '=');
		cleanup_free char *name =
			xstrndup(l->v[i], (size_t)(eq - l->v[i]));

		(void)cJSON_AddStringToObject(map, name, eq + 1);
	}
	return map;
}

static cJSON *dump_limit(const struct key *k, const struct policy *p)
{
	const uint64_t *v = key_field_const(k, p);
	cleanup_free char *text = num_format(*v, limit_kinds[k->type]);

	/* saying the default would turn it into what the user asked for */
	if (v == &p->limits.pids && !p->limits.pids_explicit)
		return NULL;
	if (*v == POLICY_UNLIMITED)
		return cJSON_CreateNull();
	if (k->type == KEY_COUNT)
		return cJSON_CreateNumber((double)*v);
	return cJSON_CreateString(text);
}

cJSON *key_dump(const struct key *k, const struct policy *p)
{
	const void *at = key_field_const(k, p);
	const struct strlist *l = at;
	const struct policy_seccomp *s = at;
	char *const *text = at;
	cJSON *const *object = at;
	const unsigned *word = at;

	switch (k->type) {
	case KEY_TEXT:
	case KEY_HOME:
	case KEY_NET_VIA:
		return *text ? cJSON_CreateString(*text) : NULL;
	case KEY_PATHS:
	case KEY_PATHS_TRY:
	case KEY_PLACES:
		return dump_paths(k, p);
	case KEY_MASKS:
	case KEY_ENV_PASS:
	case KEY_ENV_UNSET:
	case KEY_NET_RULES:
	case KEY_NET_PORTS:
		return cJSON_CreateStringArray((const char *const *)l->v,
					       (int)l->n);
	case KEY_ENV_SET:
		return dump_env(l);
	case KEY_ENUM:
		if (*word == k->nwords) /* NET_UNSAID */
			return NULL;
		return cJSON_CreateString(k->words[*word]);
	case KEY_BOOL:
		return cJSON_CreateBool(*(const bool *)at);
	case KEY_SIZE:
	case KEY_COUNT:
	case KEY_PERCENT:
	case KEY_DURATION:
		return dump_limit(k, p);
	case KEY_NET_SERVICES:
		return *object ? cJSON_Duplicate(*object, true) : NULL;
	case KEY_SECCOMP:
		return s->object ? cJSON_Duplicate(s->object, true)
				 : cJSON_CreateNull();
	case KEY_NOTE:
	case KEY_EXTENDS:
	case KEY_TYPE__COUNT:
		break;
	}
	return NULL;
}

#define EXPECTED_PATHS "a list of strings (\"PATH\" or \"SRC:DEST\")"
#define EXPECTED_NAMES "a list of strings"

#define SCALAR(types) (types), 0
#define LIMIT	      SCALAR(cJSON_String | cJSON_Number | cJSON_NULL)
#define STRINGS	      cJSON_Array, cJSON_String

/* clang-format off */
const struct key_type_ops key_types[KEY_TYPE__COUNT] = {
	[KEY_NOTE] = { "a string", SCALAR(cJSON_String), set_note },
	[KEY_TEXT] = { "a string", SCALAR(cJSON_String), set_text },
	[KEY_EXTENDS] = { "a list of profile names", STRINGS, set_note },
	[KEY_HOME] = { "a string: \"tmp\" or a name", SCALAR(cJSON_String),
		set_home },
	[KEY_PATHS] = { EXPECTED_PATHS, STRINGS, set_paths },
	[KEY_PATHS_TRY] = { EXPECTED_PATHS, STRINGS, set_paths },
	[KEY_PLACES] = { "a list of paths", STRINGS, set_paths },
	[KEY_MASKS] = { "a list of paths", STRINGS, set_masks },
	[KEY_ENUM] = { "a string", SCALAR(cJSON_String), set_enum },
	[KEY_BOOL] = { "true or false", SCALAR(cJSON_True | cJSON_False),
		set_bool },
	[KEY_ENV_PASS] = { EXPECTED_NAMES, STRINGS, set_env },
	[KEY_ENV_SET] = { "an object of strings", cJSON_Object, cJSON_String,
		set_env },
	[KEY_ENV_UNSET] = { EXPECTED_NAMES, STRINGS, set_env },
	[KEY_SIZE] = { "bytes (\"4G\" or a number) or null", LIMIT, set_limit },
	[KEY_COUNT] = { "a whole number or null", LIMIT, set_limit },
	[KEY_PERCENT] = { "a percentage (\"150%\" or 150) or null", LIMIT,
		set_limit },
	[KEY_DURATION] = { "a duration (\"1h\" or seconds) or null", LIMIT,
		set_limit },
	[KEY_NET_RULES] = { EXPECTED_NAMES, STRINGS, key_set_net_rule },
	[KEY_NET_PORTS] = { "a list of ports", STRINGS | cJSON_Number,
		key_set_net_port },
	[KEY_NET_VIA] = { "a string", SCALAR(cJSON_String), key_set_net_via },
	[KEY_NET_SERVICES] = { "a list of objects", cJSON_Array, 0,
		key_set_net_services },
	[KEY_SECCOMP] = { "an object (OCI linux.seccomp) or null",
		cJSON_Object | cJSON_NULL, 0, set_seccomp },
};
/* clang-format on */
