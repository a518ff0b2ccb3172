/* SPDX-License-Identifier: MIT */
/*
 * The table of profile keys, and the walk that takes a JSON object apart by
 * it. A key is found by its dotted name; the part before the dot is an object
 * in JSON. Whatever the table doesn't know is an error, because a misspelt
 * restriction that is ignored is a hole. An untrusted project file goes
 * through the same walk with sink->tighten, and every row says what it may
 * say: nothing at all, or only what takes something away.
 */
#include "keys.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/param.h>

#include "key_types.h"
#include "sbox/cleanup.h"
#include "sbox/diag.h"
#include "sbox/json.h"
#include "suggest.h"

static_assert(sizeof(enum net_mode) == sizeof(unsigned) &&
		      sizeof(enum tty_mode) == sizeof(unsigned) &&
		      sizeof(enum git_config_mode) == sizeof(unsigned),
	      "KEY_ENUM reads and writes them as unsigned");

/* What TIGHTEN_WORD allows, where it isn't an enum's strict word. */
static const char *const tmp[] = {"tmp"};
static const char *const off[] = {"false"};
static const char *const on[] = {"true"};

#define AT(field) offsetof(struct policy, field)
#define WORDS(w)  (w), ARRAY_SIZE(w)
#define NOWORDS	  NULL, 0

/* clang-format off */
const struct key keys[] = {
{ "$schema", KEY_NOTE, TIGHTEN_ANY, 0, NOWORDS,
  "Where the JSON Schema is; for editors." },
{ "description", KEY_TEXT, TIGHTEN_ANY, AT(description), NOWORDS,
  "What the profile is for." },
{ "extends", KEY_EXTENDS, TIGHTEN_NEVER, 0, NOWORDS,
  "Profiles that this one is put on top of, first to last." },
{ "home", KEY_HOME, TIGHTEN_WORD, AT(home), WORDS(tmp),
  "The home inside: \"tmp\" (empty, gone afterwards) or the name of one that is kept; %p in it stands for the project." },
{ "fs.read", KEY_PATHS, TIGHTEN_NEVER, AT(read), NOWORDS,
  "Paths shown read-only: PATH, or SRC:DEST. A colon in a path is written \\:." },
{ "fs.write", KEY_PATHS, TIGHTEN_NEVER, AT(write), NOWORDS,
  "Paths shown read-write." },
{ "fs.readTry", KEY_PATHS_TRY, TIGHTEN_NEVER, AT(read), NOWORDS,
  "Like fs.read; skipped when missing." },
{ "fs.writeTry", KEY_PATHS_TRY, TIGHTEN_NEVER, AT(write), NOWORDS,
  "Like fs.write; skipped when missing." },
{ "fs.hide", KEY_MASKS, TIGHTEN_ANY, AT(hide), NOWORDS,
  "Files and directories shown empty; absolute, or relative to the working directory." },
{ "fs.protect", KEY_MASKS, TIGHTEN_ANY, AT(protect), NOWORDS,
  "What is read-only where it exists within something writable." },
{ "fs.tmpfs", KEY_PLACES, TIGHTEN_NEVER, AT(tmpfs), NOWORDS,
  "Places that are empty, writable and gone afterwards." },
{ "net.mode", KEY_ENUM, TIGHTEN_WORD, AT(net), WORDS(net_mode_names),
  "The network: none, filtered (what the other net keys allow; the default where they allow something), or the host's." },
{ "net.allow", KEY_NET_RULES, TIGHTEN_NEVER, AT(net_allow), NOWORDS,
  "Names and addresses in reach: NAME, *.NAME, ADDRESS[/BITS], each with :PORTS (443 and 80 without); tcp:NAME:PORT for anything but TLS and HTTP on these." },
{ "net.deny", KEY_NET_RULES, TIGHTEN_ANY, AT(net_deny), NOWORDS,
  "Names and addresses out of reach, whatever net.allow says; without :PORTS on every port." },
{ "net.ports", KEY_NET_PORTS, TIGHTEN_NEVER, AT(net_ports), NOWORDS,
  "Ports of the host's 127.0.0.1 that are in reach on the sandbox's: PORT, or INSIDE:OUTSIDE." },
{ "net.publish", KEY_NET_PORTS, TIGHTEN_NEVER, AT(net_publish), NOWORDS,
  "Ports inside that the host's 127.0.0.1 reaches: PORT, OUTSIDE:INSIDE, or auto:INSIDE for one that is free." },
{ "net.via", KEY_NET_VIA, TIGHTEN_NEVER, AT(net_via), NOWORDS,
  "The way out: direct, tor, tor://HOST:PORT or socks5h://HOST:PORT." },
{ "net.services", KEY_NET_SERVICES, TIGHTEN_NEVER, AT(net_services), NOWORDS,
  "HTTPS origins that are plain HTTP on a port of the sandbox's 127.0.0.1, with headers that are added outside." },
{ "net.limits.connections", KEY_COUNT, TIGHTEN_MIN, AT(net_limits.connections), NOWORDS,
  "Connections at once." },
{ "net.limits.bytes", KEY_SIZE, TIGHTEN_MIN, AT(net_limits.bytes), NOWORDS,
  "Bytes both ways until the end." },
{ "net.limits.idle", KEY_DURATION, TIGHTEN_MIN, AT(net_limits.idle_ms), NOWORDS,
  "Time without a byte after which a connection is closed." },
{ "net.limits.connect", KEY_DURATION, TIGHTEN_MIN, AT(net_limits.connect_ms), NOWORDS,
  "Time that making a connection may take." },
{ "net.sockets", KEY_PATHS, TIGHTEN_NEVER, AT(net_sockets), NOWORDS,
  "Unix sockets of the host's processes that are shown: PATH, or SRC:DEST." },
{ "net.loopback", KEY_BOOL, TIGHTEN_WORD, AT(net_loopback), WORDS(off),
  "Programs inside reach one another on 127.0.0.1." },
{ "env.pass", KEY_ENV_PASS, TIGHTEN_NEVER, AT(env_pass), NOWORDS,
  "Variables of the caller that are passed; a name may end in *." },
{ "env.set", KEY_ENV_SET, TIGHTEN_NEVER, AT(env_set), NOWORDS,
  "Variables that are set." },
{ "env.unset", KEY_ENV_UNSET, TIGHTEN_ANY, AT(env_unset), NOWORDS,
  "Variables that are left out." },
{ "devices.gpu", KEY_BOOL, TIGHTEN_WORD, AT(devices.gpu), WORDS(off),
  "The graphics card's render nodes." },
{ "devices.audio", KEY_BOOL, TIGHTEN_WORD, AT(devices.audio), WORDS(off),
  "The user's sound server." },
{ "devices.wayland", KEY_BOOL, TIGHTEN_WORD, AT(devices.wayland), WORDS(off),
  "The user's Wayland display." },
{ "devices.x11", KEY_BOOL, TIGHTEN_WORD, AT(devices.x11), WORDS(off),
  "The user's X11 display: whoever has it sees and types everything." },
{ "limits.memory", KEY_SIZE, TIGHTEN_MIN, AT(limits.memory), NOWORDS,
  "Memory of everything inside; needs a delegated cgroup." },
{ "limits.cpu", KEY_PERCENT, TIGHTEN_MIN, AT(limits.cpu), NOWORDS,
  "Share of one CPU (200% are two); needs a delegated cgroup." },
{ "limits.pids", KEY_COUNT, TIGHTEN_MIN, AT(limits.pids), NOWORDS,
  "Processes and threads." },
{ "limits.files", KEY_COUNT, TIGHTEN_MIN, AT(limits.files), NOWORDS,
  "Open files of one process." },
{ "limits.fileSize", KEY_SIZE, TIGHTEN_MIN, AT(limits.file_size), NOWORDS,
  "Size of a file that is written." },
{ "limits.cpuTime", KEY_DURATION, TIGHTEN_MIN, AT(limits.cpu_time), NOWORDS,
  "CPU time of one process." },
{ "limits.time", KEY_DURATION, TIGHTEN_MIN, AT(limits.time), NOWORDS,
  "Time until everything is ended, with status 124." },
{ "limits.tmp", KEY_SIZE, TIGHTEN_MIN, AT(limits.tmp), NOWORDS,
  "Size of the private file systems (/tmp, the home ...) together." },
{ "seccomp", KEY_SECCOMP, TIGHTEN_ANY, AT(seccomp), NOWORDS,
  "The system calls that are allowed, as an OCI linux.seccomp object; null: no filter." },
{ "userns", KEY_BOOL, TIGHTEN_WORD, AT(userns), WORDS(off),
  "Programs may make user namespaces, for sandboxes of their own; Landlock's file rules are then off." },
{ "git.config", KEY_ENUM, TIGHTEN_WORD, AT(git_config), WORDS(git_config_mode_names),
  "Whether .git/config may be written." },
{ "tty.mode", KEY_ENUM, TIGHTEN_NEVER, AT(tty), WORDS(tty_mode_names),
  "The terminal inside: auto (relayed when there is one), relay or none." },
{ "tty.filter", KEY_BOOL, TIGHTEN_WORD, AT(tty_filter), WORDS(on),
  "Drop the escape sequences that reach into the host (clipboard, title reports ...)." },
};
/* clang-format on */
const size_t nkeys = ARRAY_SIZE(keys);

const struct key *key_find(const char *name)
{
	for (size_t i = 0; i < nkeys; i++)
		if (strcmp(keys[i].name, name) == 0)
			return &keys[i];
	return NULL;
}

static bool is_group(const char *name)
{
	size_t len = strlen(name);

	for (size_t i = 0; i < nkeys; i++)
		if (strncmp(keys[i].name, name, len) == 0 &&
		    keys[i].name[len] == '.')
			return true;
	return false;
}

/* "ORIGIN: LABEL: " before what a value's own check said. Returns -1. */
static int value_at(const struct key_sink *s, const cJSON *node,
		    const char *label)
{
	if (s->doc)
		return json_where(s->doc, node, label, s->d);
	return diag_prefix(s->d, "%s", s->origin ? s->origin : label);
}

/* "NAME: unknown key", with the nearest name as hint; an argument of --set is
 * a whole document. Returns -1. */
static int key_unknown(const struct key_sink *s, const cJSON *node,
		       const char *name)
{
	struct suggest near = {.name = name};

	for (size_t i = 0; i < nkeys; i++) {
		suggest_offer(&near, keys[i].name, strcspn(keys[i].name, "."));
		suggest_offer(&near, keys[i].name, strlen(keys[i].name));
	}
	if (near.best && near.distance == 0)
		diag_hint(s->d, "a dotted key is written as an object in "
				"an object");
	else if (near.best)
		diag_hint(s->d, "did you mean \"%.*s\"?", (int)near.len,
			  near.best);
	if (node == s->doc->root)
		return diag_set(s->d, "%s: unknown key", name);
	return json_error(s->doc, node, name, s->d, "unknown key");
}

static int wrong_type(const struct key_sink *s, const cJSON *node,
		      const char *label, const char *expected)
{
	diag_set(s->d, "expected %s", expected);
	return value_at(s, node, label);
}

static int set_one(const struct key_sink *s, const struct key *k,
		   const char *text, const char *label, const cJSON *node)
{
	const struct key_item it = {s, k, text, label, node, s->d};

	return key_types[k->type].set(&it) ? value_at(s, node, label) : 0;
}

/* One value that can be written as a text. */
static int set_scalar(const struct key_sink *s, const struct key *k,
		      const char *label, const cJSON *node, unsigned accepts,
		      const char *expected)
{
	const char *text = NULL;
	char digits[32];
	uint64_t v;

	if ((accepts & KEY_JSON_STRING) && cJSON_IsString(node))
		text = node->valuestring;
	if ((accepts & KEY_JSON_BOOL) && cJSON_IsBool(node))
		text = cJSON_IsTrue(node) ? "true" : "false";
	if ((accepts & KEY_JSON_NULL) && cJSON_IsNull(node))
		text = "unlimited";
	if ((accepts & KEY_JSON_NUMBER) && cJSON_IsNumber(node)) {
		if (json_u64(node, &v))
			return wrong_type(s, node, label,
					  "a whole number, not negative");
		(void)snprintf(digits, sizeof(digits), "%" PRIu64, v);
		text = digits;
	}
	if (!text)
		return wrong_type(s, node, label, expected);
	return set_one(s, k, text, label, node);
}

static int set_list(const struct key_sink *s, const struct key *k,
		    const cJSON *list)
{
	bool numbers = key_types[k->type].accepts & KEY_JSON_NUMBERS;
	const cJSON *e;
	size_t i = 0;

	cJSON_ArrayForEach(e, list) {
		cleanup_free char *label = xasprintf("%s[%zu]", k->name, i++);
		unsigned accepts =
			KEY_JSON_STRING | (numbers ? KEY_JSON_NUMBER : 0u);

		if (set_scalar(s, k, label, e, accepts,
			       numbers ? "a string or a number" : "a string"))
			return -1;
	}
	return 0;
}

static int set_map(const struct key_sink *s, const struct key *k,
		   const cJSON *map)
{
	const cJSON *e;

	cJSON_ArrayForEach(e, map) {
		cleanup_free char *label =
			xasprintf("%s.%s", k->name, e->string);
		cleanup_free char *pair = NULL;

		if (!cJSON_IsString(e))
			return wrong_type(s, e, label, "a string");
		if (strchr(e->string, '=')) /* the name ends at the first one */
			return wrong_type(s, e, label, "a name without \"=\"");
		pair = xasprintf("%s=%s", e->string, e->valuestring);
		if (set_one(s, k, pair, label, e))
			return -1;
	}
	return 0;
}

static int set_json(const struct key_sink *s, const struct key *k,
		    const cJSON *node)
{
	const struct key_type_ops *ops = &key_types[k->type];

	if (k->type == KEY_NET_SERVICES) {
		int rc = key_set_net_services(s, node);

		return rc ? value_at(s, node, k->name) : 0;
	}
	if ((ops->accepts & KEY_JSON_LIST) && cJSON_IsArray(node))
		return set_list(s, k, node);
	if ((ops->accepts & KEY_JSON_MAP) && cJSON_IsObject(node))
		return set_map(s, k, node);
	return set_scalar(s, k, k->name, node, ops->accepts, ops->expected);
}

/* What is in the object moves into the policy. */
static int set_seccomp(struct key_sink *s, const struct key *k, cJSON *node)
{
	struct policy_seccomp *to =
		s->tighten ? &s->policy->seccomp_stack : &s->policy->seccomp;

	if (!cJSON_IsObject(node) && !cJSON_IsNull(node))
		return wrong_type(s, node, k->name,
				  key_types[k->type].expected);
	if (cJSON_IsNull(node) && !s->null_seccomp_ok) {
		diag_set(s->d, "a project's file cannot switch the filter off");
		return value_at(s, node, k->name);
	}
	s->seccomp_seen = true;
	cJSON_Delete(to->object);
	free(to->origin);
	*to = (struct policy_seccomp){0};
	if (cJSON_IsNull(node))
		return 0;
	to->origin = s->origin ? xstrdup(s->origin)
			       : xasprintf("%s:%u: seccomp", s->doc->name,
					   json_line(node));
	to->object = xcalloc(1, sizeof(*node));
	to->object->type = node->type & 0xff;
	to->object->child = node->child;
	node->child = NULL;
	return 0;
}

static int too_loose(const struct key_sink *s, const cJSON *node,
		     const struct key *k, const char *what, const char *word)
{
	diag_set(s->d, "a project's file may only tighten: %s%s", what, word);
	diag_hint(s->d, "read the file; if you trust it, run sbox with "
			"--trust-project");
	return value_at(s, node, k->name);
}

/* set_json for a file that may only tighten. */
static int set_tighter(const struct key_sink *s, const struct key *k,
		       const cJSON *node)
{
	const char *word = cJSON_GetStringValue(node);
	uint64_t before, *v = key_field(k, s->policy);

	if (cJSON_IsBool(node))
		word = cJSON_IsTrue(node) ? "true" : "false";
	if (k->tighten == TIGHTEN_NEVER)
		return too_loose(s, node, k,
				 "this key is for your own profiles", "");
	if (k->tighten == TIGHTEN_WORD && word &&
	    strcmp(word, k->words[0]) != 0)
		return too_loose(s, node, k, "only ", k->words[0]);
	if (k->tighten != TIGHTEN_MIN)
		return set_json(s, k, node);
	before = *v;
	if (set_json(s, k, node))
		return -1;
	*v = MIN(*v, before);
	return 0;
}

static int apply_key(struct key_sink *s, const struct key *k, cJSON *node)
{
	if (k->type == KEY_SECCOMP)
		return set_seccomp(s, k, node);
	return s->tighten ? set_tighter(s, k, node) : set_json(s, k, node);
}

static int apply_object(struct key_sink *s, const char *prefix, cJSON *object)
{
	cJSON *e;

	if (!cJSON_IsObject(object))
		return wrong_type(s, object, *prefix ? prefix : NULL,
				  "an object");
	cJSON_ArrayForEach(e, object) {
		cleanup_free char *name = xasprintf(
			"%s%s%s", prefix, *prefix ? "." : "", e->string);
		/* a dotted one is not another way to write it */
		int rc = strchr(e->string, '.') ? key_unknown(s, e, name)
						: keys_apply_named(s, name, e);

		if (rc)
			return -1;
	}
	return 0;
}

int keys_apply(struct key_sink *s, cJSON *object)
{
	return apply_object(s, "", object);
}

int keys_apply_named(struct key_sink *s, const char *name, cJSON *value)
{
	const struct key *k = key_find(name);

	if (k)
		return apply_key(s, k, value);
	if (is_group(name))
		return apply_object(s, name, value);
	return key_unknown(s, value, name);
}

int keys_apply_text(struct key_sink *s, const struct key *k, const char *text)
{
	return set_one(s, k, text, k->name, NULL);
}
