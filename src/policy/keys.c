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
#include <string.h>

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
		return diag_set(s->d, "--set: %s: unknown key", name);
	return json_error(s->doc, node, name, s->d, "unknown key");
}

static int too_loose(const struct key_sink *s, const struct key *k,
		     const cJSON *node, const char *what, const char *word)
{
	json_error(s->doc, node, k->name, s->d,
		   "a project's file may only tighten: %s%s", what, word);
	return diag_hint(s->d, "read the file; if you trust it, run sbox with "
			       "--trust-project");
}

static int set_one(const struct key_sink *s, const struct key *k,
		   const char *text, const char *label, cJSON *node)
{
	const struct key_item it = {s, k, text, label, node, s->d};

	if (s->tighten && k->tighten == TIGHTEN_WORD &&
	    strcmp(text, k->words[0]) != 0)
		return too_loose(s, k, node, "only ", k->words[0]);
	if (key_types[k->type].set(&it) == 0)
		return 0;
	return json_where(s->doc, node, label, s->d);
}

/* One value, of these types of cJSON: as text, unless it's a whole object. */
static int set_value(const struct key_sink *s, const struct key *k,
		     const char *label, cJSON *node, int accepts,
		     const char *expected)
{
	const char *text = cJSON_GetStringValue(node);
	cleanup_free char *made = NULL;
	uint64_t v;

	if (!(node->type & accepts))
		return json_error(s->doc, node, label, s->d, "expected %s",
				  expected);
	if (cJSON_IsBool(node))
		text = cJSON_IsTrue(node) ? "true" : "false";
	if (cJSON_IsNull(node))
		text = "unlimited";
	if (cJSON_IsNumber(node)) {
		if (json_u64(node, &v))
			return json_error(s->doc, node, label, s->d,
					  "expected a whole number, not "
					  "negative");
		made = xasprintf("%" PRIu64, v);
	}
	if (k->type == KEY_ENV_SET)
		made = xasprintf("%s=%s", node->string, text);
	return set_one(s, k, made ? made : text, label, node);
}

/* Each of a list's or a map's. */
static int set_members(const struct key_sink *s, const struct key *k,
		       const cJSON *node)
{
	int accepts = key_types[k->type].members;
	const char *expected =
		accepts & cJSON_Number ? "a string or a number" : "a string";
	size_t i = 0;
	cJSON *e;

	cJSON_ArrayForEach(e, node) {
		cleanup_free char *label =
			e->string ? xasprintf("%s.%s", k->name, e->string)
				  : xasprintf("%s[%zu]", k->name, i++);

		/* a variable's name ends at the first one */
		if (e->string && strchr(e->string, '='))
			return json_error(s->doc, e, label, s->d,
					  "expected a name without \"=\"");
		if (set_value(s, k, label, e, accepts, expected))
			return -1;
	}
	return 0;
}

static int apply_key(const struct key_sink *s, const struct key *k, cJSON *node)
{
	const struct key_type_ops *ops = &key_types[k->type];

	if (s->tighten && k->tighten == TIGHTEN_NEVER)
		return too_loose(s, k, node,
				 "this key is for your own profiles", "");
	if (ops->members && node->type & ops->accepts)
		return set_members(s, k, node);
	return set_value(s, k, k->name, node, ops->accepts, ops->expected);
}

int keys_apply(const struct key_sink *s, const char *prefix, cJSON *object)
{
	cJSON *e;

	if (!cJSON_IsObject(object))
		return json_error(s->doc, object, *prefix ? prefix : NULL, s->d,
				  "expected an object");
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

int keys_apply_named(const struct key_sink *s, const char *name, cJSON *value)
{
	const struct key *k = key_find(name);

	if (k)
		return apply_key(s, k, value);
	if (is_group(name))
		return keys_apply(s, name, value);
	return key_unknown(s, value, name);
}

int keys_apply_text(const struct key_sink *sink, const struct key *k,
		    char *option, const char *text)
{
	const struct json_doc doc = {.name = option};
	struct key_sink s = *sink;

	s.doc = &doc;
	return set_one(&s, k, text, NULL, NULL);
}
