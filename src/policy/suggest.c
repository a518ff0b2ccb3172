/* SPDX-License-Identifier: MIT */
/*
 * The nearest known name, for error messages. Distance is the number of
 * inserted, removed and changed characters; more than a third of the word is
 * no likeness any more. A dotted key whose last component is what was typed
 * ("read" for "fs.read") is near.
 */
#include "suggest.h"

#include <stdbool.h>
#include <string.h>
#include <sys/param.h>

#define SUGGEST_NAME_MAX 48

/* Both at most SUGGEST_NAME_MAX bytes long. */
static size_t distance(const char *a, size_t alen, const char *b, size_t blen)
{
	size_t row[SUGGEST_NAME_MAX + 1]; /* to each beginning of b */

	for (size_t j = 0; j <= blen; j++)
		row[j] = j;
	for (size_t i = 0; i < alen; i++) {
		size_t before = row[0]++;

		for (size_t j = 0; j < blen; j++) {
			size_t change = before + (a[i] != b[j]);

			before = row[j + 1];
			row[j + 1] = MIN(change, MIN(before, row[j]) + 1);
		}
	}
	return row[blen];
}

static bool is_last_component(const char *known, size_t len, const char *name)
{
	size_t nlen = strlen(name);

	return len > nlen && known[len - nlen - 1] == '.' &&
	       memcmp(known + len - nlen, name, nlen) == 0;
}

void suggest_offer(struct suggest *s, const char *known, size_t len)
{
	size_t nlen = strlen(s->name), d;

	if (nlen == 0 || nlen > SUGGEST_NAME_MAX || len > SUGGEST_NAME_MAX)
		return;
	d = is_last_component(known, len, s->name)
		    ? 1
		    : distance(s->name, nlen, known, len);
	if (d > (len < 6 ? 2 : len / 3 + 1) || d >= nlen)
		return;
	if (!s->best || d < s->distance) {
		s->best = known;
		s->len = len;
		s->distance = d;
	}
}
