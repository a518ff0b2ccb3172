/* SPDX-License-Identifier: MIT */
/*
 * The JSON Schema (draft 2020-12) of a profile, for editors: the key table,
 * turned inside out. It describes shapes; what needs more than a shape (a
 * path's "..", overlapping seccomp rules) is still checked when loading.
 */
#include <assert.h>
#include <cjson/cJSON.h>
#include <stdlib.h>
#include <string.h>

#include "gen.h"
#include "policy/keys.h"
#include "sbox/cleanup.h"
#include "sbox/log.h"

#define SCHEMA_STRING  "{\"type\":\"string\"}"
#define SCHEMA_STRINGS "{\"type\":\"array\",\"items\":{\"type\":\"string\"}}"
#define SCHEMA_PATHS                                                           \
	"{\"type\":\"array\",\"items\":{\"type\":\"string\",\"pattern\":"      \
	"\"^(/|~/|~$|~:)\"}}"
#define SCHEMA_NAMES                                                           \
	"{\"type\":\"array\",\"items\":{\"type\":\"string\",\"pattern\":"      \
	"\"^[A-Za-z0-9_+-][A-Za-z0-9._+-]*$\"}}"
#define SCHEMA_VARS(tail)                                                      \
	"{\"type\":\"array\",\"items\":{\"type\":\"string\",\"pattern\":"      \
	"\"^[A-Za-z_][A-Za-z0-9_]*" tail "$\"}}"
#define SCHEMA_LIMIT(pattern)                                                  \
	"{\"anyOf\":[{\"type\":\"integer\",\"minimum\":1},"                    \
	"{\"type\":\"string\",\"pattern\":\"^(" pattern                        \
	"|unlimited)$\"},{\"type\":\"null\"}]}"

/* The value's schema by its key's type, without description. */
/* clang-format off */
static const char *const schemas[] = {
	[KEY_NOTE] = SCHEMA_STRING,
	[KEY_TEXT] = SCHEMA_STRING,
	[KEY_EXTENDS] = SCHEMA_NAMES,
	[KEY_HOME] = "{\"type\":\"string\",\"pattern\":"
		"\"^([A-Za-z0-9_+-]|%p)([A-Za-z0-9._+-]|%p)*$\"}",
	[KEY_PATHS] = SCHEMA_PATHS,
	[KEY_PATHS_TRY] = SCHEMA_PATHS,
	[KEY_PLACES] = SCHEMA_PATHS,
	[KEY_MASKS] = SCHEMA_STRINGS,
	[KEY_ENUM] = SCHEMA_STRING,
	[KEY_BOOL] = "{\"type\":\"boolean\"}",
	[KEY_ENV_PASS] = SCHEMA_VARS("\\\\*?"),
	[KEY_ENV_SET] = "{\"type\":\"object\",\"propertyNames\":"
		"{\"pattern\":\"^[A-Za-z_][A-Za-z0-9_]*$\"},"
		"\"additionalProperties\":{\"type\":\"string\"}}",
	[KEY_ENV_UNSET] = SCHEMA_VARS(""),
	[KEY_SIZE] = SCHEMA_LIMIT("[0-9]+[KMGT]?"),
	[KEY_COUNT] = SCHEMA_LIMIT("[0-9]+"),
	[KEY_PERCENT] = SCHEMA_LIMIT("[0-9]+%?"),
	[KEY_DURATION] = SCHEMA_LIMIT("[0-9]+(ms|s|m|h|d)?"),
	[KEY_NET_RULES] = SCHEMA_STRINGS,
	[KEY_NET_PORTS] = "{\"type\":\"array\",\"items\":{\"anyOf\":["
		"{\"type\":\"integer\",\"minimum\":1,\"maximum\":65535},"
		"{\"type\":\"string\",\"pattern\":"
		"\"^((auto|[0-9]+):)?[0-9]+$\"}]}}",
	[KEY_NET_VIA] = "{\"type\":\"string\",\"pattern\":"
		"\"^(direct|tor|tor://.+|socks5h://.+)$\"}",
	[KEY_NET_SERVICES] = "{\"type\":\"array\",\"items\":{"
		"\"type\":\"object\",\"additionalProperties\":false,"
		"\"required\":[\"port\",\"origin\"],\"properties\":{"
		"\"port\":{\"type\":\"integer\",\"minimum\":1,"
		"\"maximum\":65535},"
		"\"origin\":{\"type\":\"string\",\"pattern\":\"^https://\"},"
		"\"ca\":{\"type\":\"string\"},"
		"\"pinSha256\":{\"type\":\"string\"},"
		"\"headers\":{\"type\":\"object\",\"additionalProperties\":{"
		"\"type\":\"object\",\"additionalProperties\":false,"
		"\"properties\":{\"prefix\":{\"type\":\"string\"},"
		"\"file\":{\"type\":\"string\"},"
		"\"env\":{\"type\":\"string\"},"
		"\"command\":{\"type\":\"string\"}}}}}}}",
	[KEY_SECCOMP] = "{\"type\":[\"object\",\"null\"],"
		"\"required\":[\"defaultAction\"],\"properties\":{"
		"\"defaultAction\":{\"type\":\"string\"},"
		"\"defaultErrnoRet\":{\"type\":\"integer\",\"minimum\":0},"
		"\"architectures\":{\"type\":\"array\"},"
		"\"syscalls\":{\"type\":\"array\",\"items\":"
		"{\"type\":\"object\",\"required\":[\"names\",\"action\"]}}}}",
};
/* clang-format on */
static_assert(ARRAY_SIZE(schemas) == KEY_TYPE__COUNT, "a schema each type");

static cJSON *need(cJSON *node)
{
	if (!node)
		fatalx("out of memory");
	return node;
}

static cJSON *new_object(void)
{
	cJSON *o = need(cJSON_CreateObject());

	(void)cJSON_AddStringToObject(o, "type", "object");
	(void)cJSON_AddBoolToObject(o, "additionalProperties", false);
	(void)cJSON_AddObjectToObject(o, "properties");
	return o;
}

static cJSON *key_schema(const struct key *k)
{
	cJSON *s = need(cJSON_Parse(schemas[k->type]));

	(void)cJSON_AddStringToObject(s, "description", k->help);
	if (k->type == KEY_ENUM) {
		cJSON *words = need(cJSON_AddArrayToObject(s, "enum"));

		for (size_t i = 0; i < k->nwords; i++)
			cJSON_AddItemToArray(words,
					     cJSON_CreateString(k->words[i]));
	}
	return s;
}

/* The object whose properties a key belongs to; *leaf: its name there. */
static cJSON *parent_of(cJSON *root, const char *name, const char **leaf)
{
	cJSON *properties = cJSON_GetObjectItem(root, "properties");
	const char *dot;

	for (; (dot = strchr(name, '.')); name = dot + 1) {
		cleanup_free char *first = xstrndup(name, (size_t)(dot - name));
		cJSON *group =
			cJSON_GetObjectItemCaseSensitive(properties, first);

		if (!group) {
			group = new_object();
			cJSON_AddItemToObject(properties, first, group);
		}
		properties = cJSON_GetObjectItem(group, "properties");
	}
	*leaf = name;
	return properties;
}

char *gen_schema(void)
{
	cJSON *root = new_object();
	cleanup_free char *text = NULL;

	(void)cJSON_AddStringToObject(
		root, "$schema",
		"https://json-schema.org/draft/2020-12/schema");
	(void)cJSON_AddStringToObject(root, "title", "sbox profile");
	for (size_t i = 0; i < nkeys; i++) {
		const char *leaf;
		cJSON *parent = parent_of(root, keys[i].name, &leaf);

		cJSON_AddItemToObject(parent, leaf, key_schema(&keys[i]));
	}
	text = cJSON_Print(root);
	cJSON_Delete(root);
	if (!text)
		fatalx("out of memory");
	return xasprintf("%s\n", text);
}
