/* SPDX-License-Identifier: MIT */
/*
 * The one JSON loader: cJSON behind a strict gate. RFC 8259, and refused on
 * top of it (each with file and line): a byte order mark, trailing bytes,
 * NUL bytes and \u0000, invalid UTF-8, unpaired surrogates, duplicate keys,
 * nesting beyond JSON_DEPTH_MAX, numbers that are not finite or longer than 63
 * characters (or no exact integers below 2^53 when an integer is asked for),
 * control characters in strings, and files beyond JSON_SIZE_MAX. cJSON 1.7.15
 * accepts most of these.
 */
#ifndef SBOX_JSON_H
#define SBOX_JSON_H

#include <cjson/cJSON.h>
#include <stddef.h>
#include <stdint.h>

struct diag;

#define JSON_DEPTH_MAX 32
#define JSON_SIZE_MAX  (4u << 20)

struct json_doc {
	cJSON *root; /* owned */
	char *name;  /* for messages: the file's path or "--set fs.read" */
};

/* Parse len bytes. 0 and *out (json_free it), or -1 and d ("NAME:LINE: ..."),
 * *out untouched. text needs no NUL behind it. */
int json_parse(const char *name, const char *text, size_t len,
	       struct json_doc *out, struct diag *d);
void json_free(struct json_doc *doc);

/* Case-sensitive look-up; NULL when missing. */
const cJSON *json_get(const cJSON *object, const char *key);
/* 1-based line of a value that was parsed, wherever it is by now: it is kept in
 * cJSON's valueint, which nothing else may use. 0 for NULL. */
unsigned json_line(const cJSON *node);
/* Put "NAME:LINE: KEY: " before what d says; key may be NULL, and so may node
 * (no line then). Returns -1. */
int json_where(const struct json_doc *doc, const cJSON *node, const char *key,
	       struct diag *d);
/* Fill d with "NAME:LINE: KEY: message": printf's arguments follow. */
#define json_error(doc, node, key, d, ...)                                     \
	(diag_set((d), __VA_ARGS__), json_where((doc), (node), (key), (d)))
/* An exact non-negative integer below 2^53 (2^53 itself may have been written
 * as 2^53 + 1). 0 and *out, or -1 (no diag). */
int json_u64(const cJSON *node, uint64_t *out);

#endif
