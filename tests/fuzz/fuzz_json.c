/* SPDX-License-Identifier: MIT */
/*
 * Any bytes: json_parse() either refuses them with a message that begins with
 * the name, or what it gives is whole: every value has a line of the text,
 * every number is finite, and its printed form is read as an equal value.
 */
#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "sbox/cleanup.h"
#include "sbox/diag.h"
#include "sbox/json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool holds)
{
	if (!holds)
		abort();
}

/* Lines never go down in pre-order. */
static void check_values(const cJSON *node, unsigned *line, unsigned last)
{
	check(json_line(node) >= *line && json_line(node) <= last);
	*line = json_line(node);
	check(!cJSON_IsNumber(node) || isfinite(node->valuedouble));
	for (const cJSON *c = node->child; c; c = c->next) {
		if (cJSON_IsObject(node))
			check(json_get(node, c->string) == c);
		check_values(c, line, last);
	}
}

static void check_printed(const struct json_doc *doc)
{
	cleanup_free char *text = cJSON_PrintUnformatted(doc->root);
	struct json_doc again = {0};
	struct diag d = {0};

	check(text != NULL);
	/* cJSON prints 15 digits where it takes them for enough, and the
	 * largest doubles are then rounded up to what nothing can hold. */
	if (strstr(text, "e+308"))
		return;
	check(json_parse("again", text, strlen(text), &again, &d) == 0);
	check(cJSON_Compare(doc->root, again.root, true));
	json_free(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct json_doc doc = {0};
	struct diag d = {0};
	unsigned line = 1, last = 1;

	if (json_parse("fuzz", (const char *)data, size, &doc, &d) < 0) {
		check(strncmp(d.text, "fuzz:", 5) == 0);
		check(!doc.root && !doc.name);
		return 0;
	}
	check(!diag_is_set(&d));
	for (size_t i = 0; i < size; i++)
		last += data[i] == '\n';
	check_values(doc.root, &line, last);
	check_printed(&doc);
	json_free(&doc);
	return 0;
}
