/* SPDX-License-Identifier: MIT */
/* The generated JSON Schema: valid JSON, and every key is in it. */
#include "policy_fixture.h"

#include "gen/gen.h"
#include "policy/keys.h"
#include "sbox/json.h"

static const cJSON *property(const cJSON *schema, const char *name)
{
	return json_get(json_get(schema, "properties"), name);
}

static void schema_has_every_key(void **state)
{
	cleanup_free char *text = gen_schema();
	struct json_doc doc;
	struct diag d = {0};

	(void)state;
	if (json_parse("schema", text, strlen(text), &doc, &d))
		fail_msg("%s", d.text);
	assert_string_equal(cJSON_GetStringValue(json_get(doc.root, "$schema")),
			    "https://json-schema.org/draft/2020-12/schema");
	for (size_t i = 0; i < nkeys; i++) {
		const char *name = keys[i].name, *dot;
		const cJSON *parent = doc.root, *node;

		for (; (dot = strchr(name, '.')); name = dot + 1) {
			cleanup_free char *group =
				xstrndup(name, (size_t)(dot - name));

			parent = property(parent, group);
		}
		node = property(parent, name);
		if (!node)
			fail_msg("%s: not in the schema", keys[i].name);
		assert_true(cJSON_IsFalse(
			json_get(parent, "additionalProperties")));
		assert_string_equal(
			cJSON_GetStringValue(json_get(node, "description")),
			keys[i].help);
		if (keys[i].type == KEY_ENUM)
			assert_int_equal(
				cJSON_GetArraySize(json_get(node, "enum")),
				(int)keys[i].nwords);
	}
	json_free(&doc);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(schema_has_every_key),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
