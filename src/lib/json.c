/* SPDX-License-Identifier: MIT */
/*
 * The one JSON loader. cJSON builds the tree, but it sees only what has passed
 * the gate before it: one scan over the bytes by the grammar of RFC 8259,
 * which also refuses what the RFC allows and we do not, and notes the line of
 * each value in the order in which a walk over the tree meets them. After
 * cJSON, that walk gives each node its line and finds what is easier to see in
 * the tree: duplicate keys (compared after their escapes are resolved) and
 * numbers that became infinite. Text that the gate passes cannot reach cJSON's
 * known faults: its laxness (trailing bytes, control characters as white space,
 * \u0000 that cuts a string) and the over-reads at the end of unfinished text
 * (CVE-2023-53154).
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

#include "sbox/diag.h"
#include "sbox/strlist.h"
#include "sbox/utf8.h"

#define NUMBER_MAX 63 /* cJSON copies a number into 64 bytes */

/* 2^53 - 1: from 2^53 on, a double may stand for several written integers. */
#define EXACT_MAX 9007199254740991

struct scan {
	const char *name;
	const char *p, *end;
	unsigned lineno;
	unsigned *line; /* owned: of every value, in document (pre-)order */
	size_t n;
	struct diag *d;
};

/* -- the gate ------------------------------------------------------------- */

static int at_line(const struct scan *s)
{
	return diag_prefix(s->d, "%.700s:%u", s->name, s->lineno);
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

/* The four digits of a \u escape at p. Returns the value, or -1. */
static int hex4(const struct scan *s, const char *p)
{
	char digits[5] = "";

	if (s->end - p < 4)
		return -1;
	memcpy(digits, p, 4);
	if (strspn(digits, "0123456789abcdefABCDEF") != 4)
		return -1;
	return (int)strtol(digits, NULL, 16);
}

/* Behind "\u": one escape, or the two of a surrogate pair. */
static int scan_unicode(struct scan *s)
{
	int hi = hex4(s, s->p), lo;

	if (hi < 0)
		return refuse(s, "\\u without four hexadecimal digits");
	if (hi == 0)
		return refuse(s, "\\u0000 in a string");
	s->p += 4;
	if (hi < 0xd800 || hi > 0xdfff)
		return 0;
	lo = s->end - s->p >= 6 && s->p[0] == '\\' && s->p[1] == 'u'
		     ? hex4(s, s->p + 2)
		     : -1;
	if (hi > 0xdbff || lo < 0xdc00 || lo > 0xdfff)
		return refuse(s, "unpaired surrogate in a string");
	s->p += 6;
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
		if (b == '\0')
			return refuse(s, "NUL byte in a string");
		if (b == '\n')
			return refuse(s, "line break in a string");
		if (b < 0x20)
			return refuse(s, "control character in a string");
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

	(void)take(s, '-');
	if (!take(s, '0') && !scan_digits(s))
		return refuse_byte(s, "digit");
	if (take(s, '.') && !scan_digits(s))
		return refuse_byte(s, "digit");
	if (take(s, 'e') || take(s, 'E')) {
		if (!take(s, '+'))
			(void)take(s, '-');
		if (!scan_digits(s))
			return refuse_byte(s, "digit");
	}
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

static int scan_value(struct scan *s, unsigned depth);

/* Behind the opening bracket; close is ']' or '}'. */
static int scan_members(struct scan *s, char close, unsigned depth)
{
	const char *wanted = close == '}' ? "',' or '}'" : "',' or ']'";

	if (depth > JSON_DEPTH_MAX)
		return refuse(s, "nested deeper than %d levels",
			      JSON_DEPTH_MAX);
	if (take_token(s, close))
		return 0;
	for (;;) {
		if (close == '}') {
			if (!take(s, '"'))
				return refuse_byte(s, "key in double quotes");
			if (scan_string(s) < 0)
				return -1;
			if (!take_token(s, ':'))
				return refuse_byte(s, "':' behind the key");
		}
		if (scan_value(s, depth) < 0)
			return -1;
		if (take_token(s, close))
			return 0;
		if (!take_token(s, ','))
			return refuse_byte(s, wanted);
	}
}

static int scan_value(struct scan *s, unsigned depth)
{
	s->line[s->n++] = s->lineno;
	switch (s->p < s->end ? *s->p : '\0') {
	case '{':
	case '[':
		return scan_members(s, *s->p++ == '{' ? '}' : ']', depth + 1);
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

static int scan_text(struct scan *s)
{
	size_t len = (size_t)(s->end - s->p);

	if (len > JSON_SIZE_MAX)
		return diag_set(s->d, "%.700s: larger than %u bytes", s->name,
				JSON_SIZE_MAX);
	if (len >= 3 && memcmp(s->p, "\xef\xbb\xbf", 3) == 0)
		return refuse(s, "byte order mark");
	skip_space(s);
	if (s->p == s->end)
		return refuse(s, "empty, not a JSON value");
	if (scan_value(s, 0) < 0)
		return -1;
	skip_space(s);
	return s->p == s->end ? 0 : refuse_byte(s, "end of the text");
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
static int check_keys(const struct json_doc *doc, const cJSON *object,
		      struct diag *d)
{
	const cJSON *c = object->child;
	void *seen = NULL;

	for (; c; c = c->next) {
		const cJSON **first = xmust(tsearch(c, &seen, compare_keys));

		if (*first != c)
			break;
	}
	tdestroy(seen, keep);
	return c ? json_error(doc, c, c->string, d, "duplicate key") : 0;
}

/* Walk node and what is beneath it; *count counts the values seen. Each gets
 * its line. */
static int check_tree(const struct json_doc *doc, const struct scan *s,
		      cJSON *node, size_t *count)
{
	node->valueint = *count < s->n ? (int)s->line[*count] : 0;
	++*count;
	if (cJSON_IsNumber(node) && !isfinite(node->valuedouble))
		return json_error(doc, node, node->string, s->d,
				  "number is too large");
	for (cJSON *c = node->child; c; c = c->next)
		if (check_tree(doc, s, c, count) < 0)
			return -1;
	return cJSON_IsObject(node) ? check_keys(doc, node, s->d) : 0;
}

static int build(const struct json_doc *doc, const struct scan *s)
{
	size_t count = 0;

	if (!doc->root)
		return diag_set(s->d, "%.700s: the JSON library refuses it",
				doc->name);
	if (check_tree(doc, s, doc->root, &count) < 0)
		return -1;
	/* The scan and cJSON must have read the same values. */
	if (count != s->n)
		return diag_set(s->d, "%.700s: the JSON library misreads it",
				doc->name);
	return 0;
}

int json_parse(const char *name, const char *text, size_t len,
	       struct json_doc *out, struct diag *d)
{
	struct scan s = {.name = name, .p = text, .lineno = 1, .d = d};
	struct json_doc doc = {0};
	int ret;

	s.end = text + len;
	/* every value has a byte, but for one that is missed at the end; memory
	 * that isn't written to costs nothing */
	s.line = xreallocarray(NULL, len + 1, sizeof(*s.line));
	ret = scan_text(&s);
	if (ret == 0) {
		doc.name = xstrdup(name);
		doc.root = cJSON_ParseWithLengthOpts(text, len, NULL, 0);
		ret = build(&doc, &s);
	}
	free(s.line);
	if (ret == 0)
		*out = doc;
	else
		json_free(&doc);
	return ret;
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
