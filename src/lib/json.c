/* SPDX-License-Identifier: MIT */
/*
 * The one JSON loader: one scan over the bytes by the grammar of RFC 8259,
 * which also refuses what the RFC allows and we do not. It builds the tree as
 * it goes, and each node gets its line. cJSON sees nothing but single strings,
 * numbers and words that have passed, and turns them into values. What is
 * easier to see then is refused then: unpaired surrogates (by cJSON), numbers
 * that became infinite, and duplicate keys (compared after their escapes are
 * resolved). So nothing can reach cJSON's known faults: its laxness (trailing
 * bytes, control characters as white space, \u0000 that cuts a string) and the
 * over-reads at the end of unfinished text (CVE-2023-53154).
 *
 * The scan recurses, at most JSON_DEPTH_MAX deep, and so does every walk.
 */
#include "sbox/json.h"

#include <math.h>
#include <search.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sbox/cleanup.h"
#include "sbox/diag.h"
#include "sbox/strlist.h"
#include "sbox/utf8.h"

#define NUMBER_MAX 63 /* cJSON copies a number into 64 bytes */

/* 2^53 - 1: from 2^53 on, a double may stand for several written integers. */
#define EXACT_MAX 9007199254740991

struct scan {
	const struct json_doc *doc; /* for its name */
	const char *p, *end;
	unsigned lineno;
	struct diag *d;
};

/* -- the gate ------------------------------------------------------------- */

static int at_line(const struct scan *s)
{
	return diag_prefix(s->d, "%.700s:%u", s->doc->name, s->lineno);
}
#define refuse(s, ...) (diag_set((s)->d, __VA_ARGS__), at_line(s))

/* Refuse the byte at p, where `wanted` should have been. */
static int refuse_byte(struct scan *s, const char *wanted)
{
	unsigned char b;

	if (s->p == s->end)
		return refuse(s, "%s expected, not the end", wanted);
	b = (unsigned char)*s->p;
	if (b == '\0')
		return refuse(s, "NUL byte");
	if (b < 0x20 || b >= 0x7f)
		return refuse(s, "%s expected, not byte 0x%02x", wanted, b);
	if (b == '/' || b == '#')
		diag_hint(s->d, "JSON has no comments; a profile has the "
				"key \"description\"");
	return refuse(s, "%s expected, not '%c'", wanted, b);
}

static void skip_space(struct scan *s)
{
	for (; s->p < s->end; s->p++) {
		if (*s->p == '\n')
			s->lineno++;
		else if (*s->p != ' ' && *s->p != '\t' && *s->p != '\r')
			return;
	}
}

static bool take(struct scan *s, char c)
{
	if (s->p == s->end || *s->p != c)
		return false;
	s->p++;
	return true;
}

/* What may have spaces on both sides. */
static bool take_token(struct scan *s, char c)
{
	bool taken;

	skip_space(s);
	taken = take(s, c);
	skip_space(s);
	return taken;
}

/* Behind "\u". */
static int scan_unicode(struct scan *s)
{
	char digits[5] = "";

	if (s->end - s->p >= 4)
		memcpy(digits, s->p, 4);
	if (strspn(digits, "0123456789abcdefABCDEF") != 4)
		return refuse(s, "\\u without four hexadecimal digits");
	if (strcmp(digits, "0000") == 0)
		return refuse(s, "\\u0000 in a string");
	s->p += 4;
	return 0;
}

/* Behind a backslash. */
static int scan_escape(struct scan *s)
{
	if (s->p == s->end || *s->p == '\0' || !strchr("\"\\/bfnrtu", *s->p))
		return refuse(s, "unknown escape in a string");
	return *s->p++ == 'u' ? scan_unicode(s) : 0;
}

/* Behind the opening quote, up to and with the closing one. */
static int scan_string(struct scan *s)
{
	while (s->p < s->end) {
		unsigned char b = (unsigned char)*s->p;
		uint32_t c;
		size_t n;

		if (b == '"') {
			s->p++;
			return 0;
		}
		if (b == '\\') {
			s->p++;
			if (scan_escape(s) < 0)
				return -1;
			continue;
		}
		if (b < 0x20)
			return refuse(s, "%s in a string",
				      b == '\0'	  ? "NUL byte"
				      : b == '\n' ? "line break"
						  : "control character");
		n = b < 0x80 ? 1
			     : utf8_decode(s->p, (size_t)(s->end - s->p), &c);
		if (n == 0)
			return refuse(s, "string is not valid UTF-8");
		s->p += n;
	}
	return refuse(s, "string without an end");
}

static bool scan_digits(struct scan *s)
{
	const char *start = s->p;

	while (s->p < s->end && *s->p >= '0' && *s->p <= '9')
		s->p++;
	return s->p > start;
}

static int scan_number(struct scan *s)
{
	const char *start = s->p;
	bool good;

	(void)take(s, '-');
	good = take(s, '0') || scan_digits(s);
	if (good && take(s, '.'))
		good = scan_digits(s);
	if (good && (take(s, 'e') || take(s, 'E'))) {
		if (!take(s, '+'))
			(void)take(s, '-');
		good = scan_digits(s);
	}
	if (!good)
		return refuse_byte(s, "digit");
	if (s->p - start > NUMBER_MAX)
		return refuse(s, "number of more than 63 characters");
	return 0;
}

static int scan_word(struct scan *s, const char *word)
{
	for (; *word; word++)
		if (!take(s, *word))
			return refuse_byte(s, "true, false or null");
	return 0;
}

/* -- the tree ------------------------------------------------------------- */

static int compare_keys(const void *a, const void *b)
{
	const cJSON *x = a, *y = b;

	return strcmp(x->string, y->string);
}

static void keep(void *node)
{
	(void)node; /* the tree's */
}

/* A search tree keeps this n log n: an object may hold a million keys. */
static int check_keys(const struct scan *s, const cJSON *object)
{
	const cJSON *c = object->child;
	void *seen = NULL;

	for (; c; c = c->next) {
		const cJSON **first = xmust(tsearch(c, &seen, compare_keys));

		if (*first != c)
			break;
	}
	tdestroy(seen, keep);
	return c ? json_error(s->doc, c, c->string, s->d, "duplicate key") : 0;
}

/* The string, number or word that was scanned from start on, or NULL. */
static cJSON *make_scalar(struct scan *s, const char *start)
{
	size_t len = (size_t)(s->p - start);
	cJSON *scalar = cJSON_ParseWithLengthOpts(start, len, NULL, 0);

	if (!scalar)
		(void)refuse(s, "unpaired surrogate in a string");
	return scalar;
}

/* A key, as a string, and the colon. */
static int scan_key(struct scan *s, cJSON **key)
{
	const char *start = s->p;

	if (!take(s, '"'))
		return refuse_byte(s, "key in double quotes");
	if (scan_string(s) == 0)
		*key = make_scalar(s, start);
	if (!*key)
		return -1;
	return take_token(s, ':') ? 0 : refuse_byte(s, "':' behind the key");
}

static int scan_value(struct scan *s, cJSON *key, unsigned depth, cJSON **out);

static int scan_member(struct scan *s, cJSON *into, unsigned depth)
{
	cJSON *key = NULL, *value = NULL;
	int rc = cJSON_IsObject(into) ? scan_key(s, &key) : 0;

	if (rc == 0)
		rc = scan_value(s, key, depth, &value);
	if (value)
		(void)cJSON_AddItemToArray(into, value); /* an object's, too */
	cJSON_Delete(key);
	return rc;
}

/* Behind the opening bracket. */
static int scan_members(struct scan *s, cJSON *into, unsigned depth)
{
	bool object = cJSON_IsObject(into);
	char close = object ? '}' : ']';

	if (depth > JSON_DEPTH_MAX)
		return refuse(s, "nested deeper than %d levels",
			      JSON_DEPTH_MAX);
	if (take_token(s, close))
		return 0;
	do {
		if (scan_member(s, into, depth) < 0)
			return -1;
		if (take_token(s, close))
			return object ? check_keys(s, into) : 0;
	} while (take_token(s, ','));
	return refuse_byte(s, object ? "',' or '}'" : "',' or ']'");
}

static int scan_scalar(struct scan *s)
{
	switch (s->p < s->end ? *s->p : '\0') {
	case '"':
		s->p++;
		return scan_string(s);
	case 't':
		return scan_word(s, "true");
	case 'f':
		return scan_word(s, "false");
	case 'n':
		return scan_word(s, "null");
	case '-':
	case '0' ... '9':
		return scan_number(s);
	default:
		return refuse_byte(s, "value");
	}
}

/* *out is NULL; the caller's tree owns what it becomes, whatever is returned.
 * key is a string, which *out takes for its name, or NULL. */
static int scan_value(struct scan *s, cJSON *key, unsigned depth, cJSON **out)
{
	const char *start = s->p;
	unsigned lineno = s->lineno;

	if (take(s, '{'))
		*out = xmust(cJSON_CreateObject());
	else if (take(s, '['))
		*out = xmust(cJSON_CreateArray());
	else if (scan_scalar(s) == 0)
		*out = make_scalar(s, start);
	if (!*out)
		return -1;
	(*out)->valueint = (int)lineno;
	if (key)
		(*out)->string = steal_ptr(&key->valuestring);
	if (cJSON_IsNumber(*out) && !isfinite((*out)->valuedouble))
		return json_error(s->doc, *out, (*out)->string, s->d,
				  "number is too large");
	if (!cJSON_IsObject(*out) && !cJSON_IsArray(*out))
		return 0;
	return scan_members(s, *out, depth + 1);
}

static int scan_text(struct scan *s, cJSON **root)
{
	size_t len = (size_t)(s->end - s->p);

	if (len > JSON_SIZE_MAX)
		return diag_set(s->d, "%.700s: larger than %u bytes",
				s->doc->name, JSON_SIZE_MAX);
	if (len >= 3 && memcmp(s->p, "\xef\xbb\xbf", 3) == 0)
		return refuse(s, "byte order mark");
	skip_space(s);
	if (s->p == s->end)
		return refuse(s, "empty, not a JSON value");
	if (scan_value(s, NULL, 0, root) < 0)
		return -1;
	skip_space(s);
	return s->p == s->end ? 0 : refuse_byte(s, "end of the text");
}

int json_parse(const char *name, const char *text, size_t len,
	       struct json_doc *out, struct diag *d)
{
	struct json_doc doc = {.name = xstrdup(name)};
	struct scan s = {
		.doc = &doc,
		.p = text,
		.end = text + len,
		.lineno = 1,
		.d = d,
	};

	if (scan_text(&s, &doc.root) < 0) {
		json_free(&doc);
		return -1;
	}
	*out = doc;
	return 0;
}

void json_free(struct json_doc *doc)
{
	cJSON_Delete(doc->root);
	free(doc->name);
	*doc = (struct json_doc){0};
}

/* -- for the readers of the tree ------------------------------------------ */

const cJSON *json_get(const cJSON *object, const char *key)
{
	return cJSON_GetObjectItemCaseSensitive(object, key);
}

unsigned json_line(const cJSON *node)
{
	return node ? (unsigned)node->valueint : 0;
}

int json_where(const struct json_doc *doc, const cJSON *node, const char *key,
	       struct diag *d)
{
	char line[16] = "";

	if (json_line(node) > 0)
		(void)snprintf(line, sizeof(line), ":%u", json_line(node));
	/* Long names are cut, or the reason would be. */
	return diag_prefix(d, "%.400s%s%s%.200s", doc->name, line,
			   key ? ": " : "", key ? key : "");
}

int json_u64(const cJSON *node, uint64_t *out)
{
	double v;

	if (!cJSON_IsNumber(node))
		return -1;
	v = node->valuedouble;
	if (!(v >= 0 && v <= EXACT_MAX) || v != (double)(uint64_t)v)
		return -1;
	*out = (uint64_t)v;
	return 0;
}
