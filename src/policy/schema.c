/* SPDX-License-Identifier: MIT */
/*
 * The JSON Schema (draft 2020-12) of a profile, for editors: the key table,
 * turned inside out. It describes shapes; what needs more than a shape (a
 * path's "..", overlapping seccomp rules) is still checked when loading.
 */
#include <cjson/cJSON.h>
#include <stdlib.h>
#include <string.h>

#include "key_types.h"
#include "sbox/cleanup.h"
#include "sbox/invocation.h"
#include "sbox/log.h"

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
	cJSON *s = need(cJSON_Parse(key_types[k->type].schema));

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
	cJSON *properties = cJSON_GetObjectItem(root, "properties"), *group;
	const char *dot = strchr(name, '.');
	cleanup_free char *first = NULL;

	*leaf = dot ? dot + 1 : name;
	if (!dot)
		return properties;
	first = xstrndup(name, (size_t)(dot - name));
	group = cJSON_GetObjectItemCaseSensitive(properties, first);
	if (!group) {
		group = new_object();
		cJSON_AddItemToObject(properties, first, group);
	}
	return cJSON_GetObjectItem(group, "properties");
}

char *policy_schema(void)
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
