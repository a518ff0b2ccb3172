/* SPDX-License-Identifier: MIT */
/* A whole JSON file; sbox itself reads profiles through a descriptor that it
 * has checked. 0 and *out, or -1 and d. */
#ifndef TESTS_UNIT_JSON_LOAD_H
#define TESTS_UNIT_JSON_LOAD_H

#include "sbox/cleanup.h"
#include "sbox/fd.h"
#include "sbox/json.h"

static inline int json_load(const char *path, struct json_doc *out,
			    struct diag *d)
{
	size_t len = 0;
	cleanup_free char *text = file_read(path, JSON_SIZE_MAX, &len, d);

	return text ? json_parse(path, text, len, out, d) : -1;
}

#endif
