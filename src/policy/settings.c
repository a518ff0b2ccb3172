/* SPDX-License-Identifier: MIT */
/*
 * Options that are policy keys take the way of a profile's values, through the
 * key table, with two differences: relative paths are relative to the working
 * directory, and messages name the option. --set takes JSON and is exactly a
 * profile of one key.
 */
#include "settings.h"

#include <string.h>

#include "keys.h"
#include "options.h"
#include "sbox/cleanup.h"
#include "sbox/diag.h"
#include "sbox/invocation.h"
#include "sbox/json.h"
#include "sbox/strlist.h"

/* Splits "KEY=VALUE": returns KEY (malloc'd) and *value, or NULL and d. */
static char *split_pair(const char *text, const char **value,
			const struct option_row *o, struct diag *d)
{
	const char *eq = strchr(text, '=');

	if (!eq || eq == text) {
		diag_set(d, "--%s: %s: expected %s", o->name, text, o->arg);
		return NULL;
	}
	*value = eq + 1;
	return xstrndup(text, (size_t)(eq - text));
}

static int apply_set(struct key_sink *sink, const struct option_row *o,
		     const char *text)
{
	const char *value;
	cleanup_free char *key = split_pair(text, &value, o, sink->d);
	cleanup_free char *name = NULL;
	struct json_doc doc;
	int rc;

	if (!key)
		return -1;
	if (strcmp(key, "extends") == 0) {
		diag_set(sink->d, "--set: extends: only a profile can "
				  "extend another");
		return diag_hint(sink->d, "choose one with --profile");
	}
	name = xasprintf("--set %s", key);
	if (json_parse(name, value, strlen(value), &doc, sink->d)) {
		if (strchr("[{\"", *value))
			return -1;
		return diag_hint(sink->d,
				 "the value is JSON: a string needs "
				 "its own quotes, '%s=\"...\"'",
				 key);
	}
	sink->doc = &doc;
	sink->origin = NULL;
	sink->relative_ok = false;
	rc = keys_apply_named(sink, key, doc.root);
	json_free(&doc);
	if (rc && strncmp(sink->d->text, "--set", 5) != 0)
		return diag_prefix(sink->d, "--set");
	return rc;
}

static int apply_setting(struct key_sink *sink, const struct option_row *o,
			 const char *value)
{
	cleanup_free char *limit = NULL, *name = NULL, *origin = NULL;
	const char *key = o->key;
	const struct key *k;

	if (o->kind == OPTION_SET)
		return apply_set(sink, o, value);
	if (o->kind == OPTION_ENV)
		key = strchr(value, '=') ? "env.set" : "env.pass";
	if (key)
		return keys_apply_text(sink, key_find(key),
				       o->arg ? value : "true");
	limit = split_pair(value, &value, o, sink->d);
	if (!limit)
		return -1;
	name = xasprintf("limits.%s", limit);
	k = key_find(name);
	if (!k) {
		diag_set(sink->d, "--limit: %s: no such limit", limit);
		return diag_hint(sink->d, "memory, cpu, pids, files, fileSize, "
					  "cpuTime, time or tmp");
	}
	origin = xasprintf("--limit: %s", limit);
	sink->origin = origin;
	return keys_apply_text(sink, k, value);
}

int settings_apply(const struct invocation *inv, const struct host *host,
		   struct policy *policy, bool *seccomp_seen, struct diag *d)
{
	for (size_t i = 0; i < inv->nsettings; i++) {
		const struct invocation_setting *s = &inv->settings[i];
		const struct option_row *o = &options[s->option];
		cleanup_free char *origin = xasprintf("--%s", o->name);
		struct key_sink sink = {
			.policy = policy,
			.host = host,
			.origin = origin,
			.relative_ok = true,
			.null_seccomp_ok = true,
			.d = d,
		};

		if (apply_setting(&sink, o, s->value))
			return -1;
		*seccomp_seen |= sink.seccomp_seen;
	}
	return 0;
}
