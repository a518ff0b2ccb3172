/* SPDX-License-Identifier: MIT */
/*
 * An origin that repeats what it was sent would hand the secret to the sandbox.
 * Where a secret stands in an answer word for word, as many '*' stand instead,
 * so no length changes. What an origin writes in any other form can't be told;
 * the proxy asks for uncompressed answers so that the common forms can.
 */
#ifndef SERVICE_BLANK_H
#define SERVICE_BLANK_H

#include <stddef.h>

#define BLANK_LENGTH_MIN 8 /* shorter ones would stand everywhere */

struct blank {
	const char *const *secrets; /* borrowed */
	size_t n;
};

/* Blank every whole secret in buf. Returns how many bytes at its end could be
 * the beginning of one: they are to be given again, with more behind them. */
size_t blank_out(const struct blank *b, char *buf, size_t len);

#endif
