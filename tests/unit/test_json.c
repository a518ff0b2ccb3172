/* SPDX-License-Identifier: MIT */
/*
 * Everything that json.h promises to refuse, with its line, the traps of
 * cJSON 1.7.15 among it; and that what is good JSON is read as it is meant.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "sbox/cleanup.h"
#include "sbox/diag.h"
#include "sbox/json.h"

struct row {
	const char *label;
	const char *in;
	size_t len; /* 0: strlen(in) */
	const char *expected;
};

/* clang-format off */
static const struct row refused[] = {
	{ "empty", "", 0, "f:1: empty, not a JSON value" },
	{ "only space", " \n\n", 0, "f:3: empty, not a JSON value" },
	{ "byte order mark", "\xef\xbb\xbf{}", 0, "f:1: byte order mark" },
	{ "UTF-16", "\xff\xfe{\0", 4,
	  "f:1: value expected, not byte 0xff" },

	/* what stands behind the value */
	{ "trailing bytes", "{} x", 0,
	  "f:1: end of the text expected, not 'x'" },
	{ "second value", "{}\n{}", 0,
	  "f:2: end of the text expected, not '{'" },
	{ "trailing NUL", "{}\0", 3, "f:1: NUL byte" },
	{ "bytes behind a NUL", "{}\n\0{}", 6, "f:2: NUL byte" },
	{ "closed twice", "[]]", 0, "f:1: end of the text expected, not ']'" },

	/* NUL */
	{ "NUL alone", "\0", 1, "f:1: NUL byte" },
	{ "NUL between values", "[1,\n\0""2]", 7, "f:2: NUL byte" },
	{ "NUL in a string", "[\n\"a\0b\"]", 8, "f:2: NUL byte in a string" },
	{ "\\u0000 in a string", "[\n\"a\\u0000b\"]", 0,
	  "f:2: \\u0000 in a string" },
	{ "\\u0000 in a key", "{\"a\\u0000b\":1}", 0,
	  "f:1: \\u0000 in a string" },

	/* control characters; cJSON skips them as space */
	{ "control character as space", "[\x01]", 0,
	  "f:1: value expected, not byte 0x01" },
	{ "form feed as space", "{}\f", 0,
	  "f:1: end of the text expected, not byte 0x0c" },
	{ "no-break space as space", "[\xc2\xa0]", 0,
	  "f:1: value expected, not byte 0xc2" },
	{ "tab in a string", "\"\t\"", 0,
	  "f:1: control character in a string" },
	{ "escape in a string", "\"\x1b\"", 0,
	  "f:1: control character in a string" },
	{ "line break in a string", "[\n\"a\nb\"]", 0,
	  "f:2: line break in a string" },
	{ "carriage return in a key", "{\"\r\":1}", 0,
	  "f:1: control character in a string" },

	/* UTF-8 */
	{ "lone continuation", "\"\x80\"", 0, "f:1: string is not valid UTF-8" },
	{ "overlong slash", "\"\xc0\xaf\"", 0,
	  "f:1: string is not valid UTF-8" },
	{ "overlong NUL", "\"\xc0\x80\"", 0, "f:1: string is not valid UTF-8" },
	{ "overlong, three bytes", "\"\xe0\x80\xaf\"", 0,
	  "f:1: string is not valid UTF-8" },
	{ "overlong, four bytes", "\"\xf0\x80\x80\xaf\"", 0,
	  "f:1: string is not valid UTF-8" },
	{ "surrogate in UTF-8", "\"\xed\xa0\x80\"", 0,
	  "f:1: string is not valid UTF-8" },
	{ "beyond U+10FFFF", "\"\xf4\x90\x80\x80\"", 0,
	  "f:1: string is not valid UTF-8" },
	{ "Latin-1 in a key", "{\n\n\"\xe9\":1}", 0,
	  "f:3: string is not valid UTF-8" },
	{ "sequence cut by the quote", "\"\xe2\x82\"", 0,
	  "f:1: string is not valid UTF-8" },
	{ "sequence cut by the end", "\"\xe2\x82", 0,
	  "f:1: string is not valid UTF-8" },

	/* escapes */
	{ "high surrogate alone", "\"\\ud800\"", 0,
	  "f:1: unpaired surrogate in a string" },
	{ "low surrogate alone", "\"\\udc00\"", 0,
	  "f:1: unpaired surrogate in a string" },
	{ "two high surrogates", "\"\\ud800\\ud800\"", 0,
	  "f:1: unpaired surrogate in a string" },
	{ "surrogates in the wrong order", "\"\\udc00\\ud800\"", 0,
	  "f:1: unpaired surrogate in a string" },
	{ "high surrogate, then text", "\"\\ud800abcdef\"", 0,
	  "f:1: unpaired surrogate in a string" },
	{ "high surrogate at the end", "\"\\ud800", 0,
	  "f:1: string without an end" },
	{ "hexadecimal digits missing", "\"\\u12\"", 0,
	  "f:1: \\u without four hexadecimal digits" },
	{ "sign among hexadecimal digits", "\"\\u+123\"", 0,
	  "f:1: \\u without four hexadecimal digits" },
	{ "\\u at the end", "\"\\u", 0,
	  "f:1: \\u without four hexadecimal digits" },
	{ "\\x", "\"\\x41\"", 0, "f:1: unknown escape in a string" },
	{ "escaped line break", "\"\\\n\"", 0,
	  "f:1: unknown escape in a string" },
	{ "escaped NUL", "\"\\\0\"", 4, "f:1: unknown escape in a string" },
	{ "backslash at the end", "\"\\", 0, "f:1: unknown escape in a string" },
	{ "string without an end", "[\n\"abc", 0, "f:2: string without an end" },

	/* duplicate keys, also where cJSON's own look-up would not see them */
	{ "duplicate key", "{\"a\":1,\n\"a\":2}", 0, "f:2: a: duplicate key" },
	{ "duplicate, one escaped", "{\"a\":1,\n\n\"\\u0061\":2}", 0,
	  "f:3: a: duplicate key" },
	{ "duplicate, slash escaped", "{\"/\":1,\"\\/\":2}", 0,
	  "f:1: /: duplicate key" },
	{ "duplicate as pair and as UTF-8",
	  "{\"\\ud83d\\ude00\":1,\"\xf0\x9f\x98\x80\":2}", 0,
	  "f:1: \xf0\x9f\x98\x80: duplicate key" },
	{ "duplicate empty key", "{\"\":1,\"\":2}", 0, "f:1: : duplicate key" },
	{ "duplicate deep inside", "[1,{\"x\":[\n{\"b\":1,\"c\":2,\"b\":3}]}]",
	  0, "f:2: b: duplicate key" },
	{ "duplicate far apart",
	  "{\"k\":{\"a\":1},\n\"b\":2,\"c\":3,\n\"k\":[]}", 0,
	  "f:3: k: duplicate key" },
	{ "three times: the second one's line",
	  "{\"a\":1,\n\"a\":2,\n\"a\":3}", 0, "f:2: a: duplicate key" },

	/* numbers */
	{ "infinite", "{\n\"n\":1e999}", 0, "f:2: n: number is too large" },
	{ "minus infinite", "[\n\n-1e999]", 0, "f:3: number is too large" },
	{ "just infinite", "1.8e308", 0, "f:1: number is too large" },
	{ "NaN", "[NaN]", 0, "f:1: value expected, not 'N'" },
	{ "Infinity", "[Infinity]", 0, "f:1: value expected, not 'I'" },
	{ "minus Infinity", "[-Infinity]", 0, "f:1: digit expected, not 'I'" },
	{ "leading zero", "[01]", 0, "f:1: ',' or ']' expected, not '1'" },
	{ "leading plus", "[+1]", 0, "f:1: value expected, not '+'" },
	{ "leading dot", "[.5]", 0, "f:1: value expected, not '.'" },
	{ "trailing dot", "[1.]", 0, "f:1: digit expected, not ']'" },
	{ "exponent without digits", "[1e]", 0,
	  "f:1: digit expected, not ']'" },
	{ "exponent with two signs", "[1e+-1]", 0,
	  "f:1: digit expected, not '-'" },
	{ "minus alone", "-", 0, "f:1: digit expected, not the end" },
	{ "hexadecimal", "[0x10]", 0, "f:1: ',' or ']' expected, not 'x'" },
	{ "64 digits", "[1000000000000000000000000000000000000000000000000000"
	  "000000000000]", 0, "f:1: number of more than 63 characters" },

	/* structure */
	{ "trailing comma in an array", "[1,\n]", 0,
	  "f:2: value expected, not ']'" },
	{ "trailing comma in an object", "{\"a\":1,\n}", 0,
	  "f:2: key in double quotes expected, not '}'" },
	{ "comma alone", "[,]", 0, "f:1: value expected, not ','" },
	{ "missing comma", "[1\n2]", 0, "f:2: ',' or ']' expected, not '2'" },
	{ "missing comma in an object", "{\"a\":1 \"b\":2}", 0,
	  "f:1: ',' or '}' expected, not '\"'" },
	{ "missing colon", "{\"a\" 1}", 0,
	  "f:1: ':' behind the key expected, not '1'" },
	{ "missing value", "{\"a\":}", 0, "f:1: value expected, not '}'" },
	{ "key without quotes", "{a:1}", 0,
	  "f:1: key in double quotes expected, not 'a'" },
	{ "single quotes", "{'a':1}", 0,
	  "f:1: key in double quotes expected, not '''" },
	{ "key that is a number", "{1:1}", 0,
	  "f:1: key in double quotes expected, not '1'" },
	{ "wrong bracket", "[1}", 0, "f:1: ',' or ']' expected, not '}'" },
	{ "array without an end", "[1,\n2", 0,
	  "f:2: ',' or ']' expected, not the end" },
	/* CVE-2023-53154: cJSON reads behind this text */
	{ "object without an end", "{\"1\":1,", 0,
	  "f:1: key in double quotes expected, not the end" },
	{ "comment", "{\n// no\n}", 0,
	  "f:2: key in double quotes expected, not '/'" },
	{ "wrong case", "[True]", 0, "f:1: value expected, not 'T'" },
	{ "cut word", "[tru", 0,
	  "f:1: true, false or null expected, not the end" },
	{ "longer word", "[nulll]", 0, "f:1: ',' or ']' expected, not 'l'" },
};
/* clang-format on */

static void refusals(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(refused); i++) {
		const struct row *r = &refused[i];
		size_t len = r->len ? r->len : strlen(r->in);
		struct json_doc doc = {0};
		struct diag d = {0};
		/* exactly as long as it is: a sanitizer sees over-reads */
		cleanup_free char *in = malloc(len ? len : 1);

		assert_non_null(in);
		memcpy(in, r->in, len);
		if (json_parse("f", in, len, &doc, &d) != -1)
			fail_msg("%s: accepted", r->label);
		if (doc.root || doc.name)
			fail_msg("%s: output touched", r->label);
		if (strcmp(d.text, r->expected) != 0)
			fail_msg("%s: \"%s\"", r->label, d.text);
	}
}

static void comments_get_a_hint(void **state)
{
	struct json_doc doc;
	struct diag d = {0};

	(void)state;
	assert_int_equal(json_parse("f", "{ # x", 5, &doc, &d), -1);
	assert_non_null(strstr(d.hint, "no comments"));
}

/* clang-format off */
static const struct row accepted[] = {
	/* label, text, -, cJSON's compact form of what was read */
	{ "object", " {\r\n\t\"a\" : [ 1 , true, false, null ] } \n", 0,
	  "{\"a\":[1,true,false,null]}" },
	{ "empty ones", "[{},[],\"\",{\"\":0}]", 0, "[{},[],\"\",{\"\":0}]" },
	{ "scalar", "\"x\"", 0, "\"x\"" },
	{ "numbers", "[0,-0,-1,1.5,1e2,1E+2,25e-2,1e-999]", 0,
	  "[0,-0,-1,1.5,100,100,0.25,0]" },
	{ "63 characters", "[100000000000000000000000000000000000000000000000"
	  "000000000000000]", 0, "[1e+62]" },
	{ "escapes", "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9\\u20AC\"", 0,
	  "\"\\\"\\\\/\\b\\f\\n\\r\\t\xc3\xa9\xe2\x82\xac\"" },
	{ "surrogate pair", "\"\\uD83D\\uDE00\"", 0, "\"\xf0\x9f\x98\x80\"" },
	{ "escaped control character", "\"\\u001b\\u0001\"", 0,
	  "\"\\u001b\\u0001\"" },
	{ "DEL is no control character of JSON's", "\"\x7f\"", 0, "\"\x7f\"" },
	{ "keys that differ in case", "{\"a\":1,\"A\":2}", 0,
	  "{\"a\":1,\"A\":2}" },
	{ "equal keys of different objects", "[{\"a\":1},{\"a\":{\"a\":2}}]", 0,
	  "[{\"a\":1},{\"a\":{\"a\":2}}]" },
	{ "composed and decomposed", "{\"\xc3\xa9\":1,\"e\xcc\x81\":2}", 0,
	  "{\"\xc3\xa9\":1,\"e\xcc\x81\":2}" },
	{ "large double", "[1e308,-1e308]", 0, "[1e+308,-1e+308]" },
};
/* clang-format on */

static void acceptances(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(accepted); i++) {
		const struct row *r = &accepted[i];
		size_t len = strlen(r->in);
		struct json_doc doc = {0};
		struct diag d = {0};
		cleanup_free char *in = malloc(len);
		cleanup_free char *out = NULL;

		assert_non_null(in);
		memcpy(in, r->in, len);
		if (json_parse("f", in, len, &doc, &d) != 0 || d.text[0])
			fail_msg("%s: %s", r->label, d.text);
		out = cJSON_PrintUnformatted(doc.root);
		if (!out || strcmp(out, r->expected) != 0)
			fail_msg("%s: %s", r->label, out ? out : "");
		json_free(&doc);
		json_free(&doc); /* an empty one, now */
	}
}

/* depth levels: open around open ... around inner. */
static int parse_nested(const char *open, const char *inner, const char *close,
			size_t depth, struct diag *d)
{
	size_t n = depth * (strlen(open) + strlen(close)) + strlen(inner);
	cleanup_free char *s = calloc(n + 1, 1);
	struct json_doc doc = {0};
	char *p = s;
	int ret;

	assert_non_null(s);
	for (size_t i = 1; i < depth; i++)
		p = stpcpy(p, open);
	p = stpcpy(p, inner);
	for (size_t i = 1; i < depth; i++)
		p = stpcpy(p, close);
	ret = json_parse("f", s, strlen(s), &doc, d);
	if (ret == 0)
		json_free(&doc);
	return ret;
}

static void nesting(void **state)
{
	static const struct {
		size_t depth;
		bool taken;
	} rows[] = {{1, true},
		    {JSON_DEPTH_MAX, true},
		    {JSON_DEPTH_MAX + 1, false},
		    {1001, false},
		    {500000, false}};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct diag a = {0}, o = {0};
		int ret = rows[i].taken ? 0 : -1;
		const char *why = rows[i].taken
					  ? ""
					  : "f:1: nested deeper than 32 levels";

		assert_int_equal(
			parse_nested("[", "[]", "]", rows[i].depth, &a), ret);
		assert_string_equal(a.text, why);
		assert_int_equal(
			parse_nested("{\"\":", "{}", "}", rows[i].depth, &o),
			ret);
		assert_string_equal(o.text, why);
	}
}

/* Every value's line, in an order in which lines and depth go up and down. */
static void lines(void **state)
{
	static const char text[] = "\n{\n"
				   "\"a\": [1,\n 2, {\"b\": 3},\n\n [\n]],\n"
				   "\"c\":\n\n \"x\", \"d\": {}\n}\n";
	struct json_doc doc = {0};
	struct diag d = {0};
	cJSON *moved;
	const cJSON *a;

	(void)state;
	assert_int_equal(json_parse("f", text, strlen(text), &doc, &d), 0);
	a = json_get(doc.root, "a");
	assert_int_equal(json_line(doc.root), 2);
	assert_int_equal(json_line(a), 3);
	assert_int_equal(json_line(cJSON_GetArrayItem(a, 0)), 3);
	assert_int_equal(json_line(cJSON_GetArrayItem(a, 1)), 4);
	assert_int_equal(json_line(json_get(cJSON_GetArrayItem(a, 2), "b")), 4);
	assert_int_equal(json_line(cJSON_GetArrayItem(a, 3)), 6);
	assert_int_equal(json_line(json_get(doc.root, "c")), 10);
	assert_int_equal(json_line(json_get(doc.root, "d")), 10);
	assert_int_equal(json_line(NULL), 0);
	moved = cJSON_DetachItemFromObjectCaseSensitive(doc.root, "d");
	json_free(&doc);
	assert_int_equal(json_line(moved), 10);
	cJSON_Delete(moved);
}

static void errors_name_file_line_and_key(void **state)
{
	struct json_doc doc = {0};
	struct diag d = {0}, no_key = {0}, no_node = {0}, cut = {0};
	char name[5000];

	(void)state;
	memset(name, 'n', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	assert_int_equal(json_parse("f.json", "{\n\"a\":1}", 8, &doc, NULL), 0);
	assert_int_equal(
		json_error(&doc, doc.root->child, "fs.a", &d, "is %s", "wrong"),
		-1);
	assert_string_equal(d.text, "f.json:2: fs.a: is wrong");
	(void)json_error(&doc, doc.root, NULL, &no_key, "why");
	assert_string_equal(no_key.text, "f.json:1: why");
	(void)json_error(&doc, NULL, "k", &no_node, "why");
	assert_string_equal(no_node.text, "f.json: k: why");
	(void)json_error(&doc, doc.root, name, &cut, "why");
	assert_non_null(strstr(cut.text, ": why"));
	json_free(&doc);
	memset(&cut, 0, sizeof(cut));
	assert_int_equal(json_parse(name, "[", 1, &doc, &cut), -1);
	assert_non_null(strstr(cut.text, ":1: value expected, not the end"));
}

static void look_up_sees_case(void **state)
{
	static const char text[] = "{\"READ\":1,\"reads\":2}";
	struct json_doc doc = {0};

	(void)state;
	assert_int_equal(json_parse("f", text, strlen(text), &doc, NULL), 0);
	assert_null(json_get(doc.root, "read"));
	assert_null(json_get(doc.root, "Read"));
	assert_non_null(json_get(doc.root, "READ"));
	assert_null(json_get(json_get(doc.root, "READ"), "x"));
	assert_null(json_get(NULL, "x"));
	json_free(&doc);
}

static void integers(void **state)
{
	static const struct {
		const char *text;
		int ret;
		uint64_t expected;
	} rows[] = {
		{"0", 0, 0},
		{"-0", 0, 0},
		{"4294967295", 0, UINT32_MAX},
		{"1e3", 0, 1000},
		{"9007199254740991", 0, UINT64_C(9007199254740991)},
		{"9007199254740992", -1, 0}, /* 2^53 */
		{"9007199254740993", -1, 0}, /* a double cannot hold it */
		{"18446744073709551615", -1, 0},
		{"1e308", -1, 0},
		{"-1", -1, 0},
		{"1.5", -1, 0},
		{"0.1", -1, 0},
		{"\"1\"", -1, 0},
		{"true", -1, 0},
		{"null", -1, 0},
		{"[1]", -1, 0},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct json_doc doc = {0};
		uint64_t v = 0;
		int ret;

		assert_int_equal(json_parse("f", rows[i].text,
					    strlen(rows[i].text), &doc, NULL),
				 0);
		ret = json_u64(doc.root, &v);
		if (ret != rows[i].ret || v != rows[i].expected)
			fail_msg("%s: %d %ju", rows[i].text, ret, (uintmax_t)v);
		json_free(&doc);
	}
	assert_int_equal(json_u64(NULL, &(uint64_t){0}), -1);
}

/* The size limit; and that many keys do not take quadratic time. */
static void large_texts(void **state)
{
	size_t size = JSON_SIZE_MAX + 1, len = 1;
	cleanup_free char *s = malloc(size + 1);
	struct json_doc doc = {0};
	struct diag d = {0};

	(void)state;
	assert_non_null(s);
	memset(s, ' ', size);
	s[0] = '1';
	assert_int_equal(json_parse("f", s, size - 1, &doc, &d), 0);
	json_free(&doc);
	assert_int_equal(json_parse("f", s, size, &doc, &d), -1);
	assert_string_equal(d.text, "f: larger than 4194304 bytes");
	s[0] = '{';
	for (unsigned i = 0; len < size - 40; i++)
		len += (size_t)sprintf(s + len, "\"%u\":0,\n", i);
	(void)sprintf(s + len, "\"0\":1}");
	memset(&d, 0, sizeof(d));
	assert_int_equal(json_parse("f", s, strlen(s), &doc, &d), -1);
	assert_non_null(strstr(d.text, ": 0: duplicate key"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(refusals),
		cmocka_unit_test(comments_get_a_hint),
		cmocka_unit_test(acceptances),
		cmocka_unit_test(nesting),
		cmocka_unit_test(lines),
		cmocka_unit_test(errors_name_file_line_and_key),
		cmocka_unit_test(look_up_sees_case),
		cmocka_unit_test(integers),
		cmocka_unit_test(large_texts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
