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

static int apply_set(const struct key_sink *base, const char *key,
		     const char *value)
{
	struct key_sink sink = *base;
	cleanup_free char *name = xasprintf("--set %s", key);
	struct json_doc doc;
	int rc;

	if (strcmp(key, "extends") == 0) {
		diag_set(sink.d, "--set: extends: only a profile can "
				 "extend another");
		return diag_hint(sink.d, "choose one with --profile");
	}
	if (json_parse(name, value, strlen(value), &doc, sink.d)) {
		if (strchr("[{\"", *value))
			return -1;
		return diag_hint(sink.d,
				 "the value is JSON: a string needs "
				 "its own quotes, '%s=\"...\"'",
				 key);
	}
	sink.doc = &doc;
	rc = keys_apply_named(&sink, key, doc.root);
	json_free(&doc);
	return rc;
}

static int apply_limit(const struct key_sink *sink, const char *limit,
		       const char *text)
{
	cleanup_free char *name = xasprintf("--limit: %s", limit);
	cleanup_free char *key = xasprintf("limits.%s", limit);

	if (key_find(key))
		return keys_apply_text(sink, key_find(key), name, text);
	diag_set(sink->d, "%s: no such limit", name);
	return diag_hint(sink->d, "memory, cpu, pids, files, fileSize, "
				  "cpuTime, time or tmp");
}

static int apply_setting(const struct key_sink *sink,
			 const struct option_row *o, const char *value)
{
	cleanup_free char *name = xasprintf("--%s", o->name), *word = NULL;
	const char *key = o->key;

	if (o->kind == OPTION_SET || o->kind == OPTION_LIMIT) {
		word = split_pair(value, &value, o, sink->d);
		if (!word)
			return -1;
		return o->kind == OPTION_SET ? apply_set(sink, word, value)
					     : apply_limit(sink, word, value);
	}
	if (o->kind == OPTION_ENV)
		key = strchr(value, '=') ? "env.set" : "env.pass";
	return keys_apply_text(sink, key_find(key), name,
			       o->arg ? value : "true");
}

int settings_apply(const struct invocation *inv, const struct host *host,
		   struct policy *policy, struct diag *d)
{
	const struct key_sink sink = {
		.policy = policy,
		.host = host,
		.null_seccomp_ok = true,
		.d = d,
	};

	for (size_t i = 0; i < inv->nsettings; i++) {
		const struct invocation_setting *s = &inv->settings[i];

		if (apply_setting(&sink, &options[s->option], s->value))
			return -1;
	}
	return 0;
}
