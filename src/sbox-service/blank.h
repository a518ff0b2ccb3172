/* SPDX-License-Identifier: MIT */
/*
 * An origin that repeats what it was sent would hand the secret to the sandbox.
 * Where a secret stands in an answer word for word, as many '*' stand instead,
 * so no length changes. What an origin writes in any other form can't be told;
 * the proxy asks for uncompressed answers so that the common forms can.
 */
#ifndef SERVICE_BLANK_H
#define SERVICE_BLANK_H

#include <stdbool.h>
#include <stddef.h>

#define BLANK_LENGTH_MIN 8 /* shorter ones would stand everywhere */

struct blank {
	const char *const *secrets; /* borrowed */
	size_t n;
};

/* Blank every whole secret in buf. Returns how many bytes at its end are not to
 * be passed on yet, and untouched: they are to be given again, with more behind
 * them. is_last: nothing more comes, and it is 0. */
size_t blank_out(const struct blank *b, char *buf, size_t len, bool is_last);

#endif
