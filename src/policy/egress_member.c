/* SPDX-License-Identifier: MIT */
/*
 * Objects and lists of the network policy, walked by a table of their keys.
 */
#include <string.h>

#include "egress_internal.h"
#include "sbox/diag.h"

static int value_parse(const cJSON *node, const struct member *m,
		       struct diag *d)
{
	const char *text = cJSON_GetStringValue(node);

	if (m->type != ANY && (!text || (m->type == WORD && !*text)))
		return diag_set(d, "expected a string");
	return m->parse(node, m, d);
}

int egress_member_parse(const cJSON *node, const struct member *m,
			struct diag *d)
{
	const cJSON *e;
	size_t i = 0;

	if (!m->list)
		return value_parse(node, m, d);
	if (!cJSON_IsArray(node))
		return diag_set(d, "expected %s", m->list);
	cJSON_ArrayForEach(e, node) {
		if (value_parse(e, m, d))
			return diag_prefix(d, "[%zu]", i);
		i++;
	}
	return 0;
}

int egress_object_parse(const cJSON *object, const struct member *rows,
			size_t n, struct diag *d)
{
	const cJSON *e;

	if (!cJSON_IsObject(object))
		return diag_set(d, "expected an object");
	cJSON_ArrayForEach(e, object) {
		size_t i = 0;

		while (i < n && rows[i].key &&
		       strcmp(rows[i].key, e->string) != 0)
			i++;
		if (i == n)
			diag_set(d, "unknown key");
		if (i == n || egress_member_parse(e, &rows[i], d))
			return diag_prefix(d, "%.*s", EGRESS_SHOWN, e->string);
	}
	return 0;
}
