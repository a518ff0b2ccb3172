/* SPDX-License-Identifier: MIT */
/*
 * The nearest known name, for error messages. Distance is the number of
 * inserted, removed, changed and swapped characters (optimal string
 * alignment); more than a third of the word is no likeness any more. A dotted
 * key whose last component is what was typed ("read" for "fs.read") is near.
 */
#include "suggest.h"

#include <stdbool.h>
#include <string.h>

#include "sbox/cleanup.h"

#define SUGGEST_NAME_MAX 48

static size_t min3(size_t a, size_t b, size_t c)
{
	size_t ab = a < b ? a : b;

	return ab < c ? ab : c;
}

/* Both at most SUGGEST_NAME_MAX bytes long. */
static size_t distance(const char *a, size_t alen, const char *b, size_t blen)
{
	size_t row[3][SUGGEST_NAME_MAX + 1];
	size_t *before = row[0], *above = row[1], *cur = row[2];

	for (size_t j = 0; j <= blen; j++) {
		before[j] = 0;
		above[j] = j;
	}
	for (size_t i = 1; i <= alen; i++) {
		size_t *spare = before;

		cur[0] = i;
		for (size_t j = 1; j <= blen; j++) {
			size_t change = a[i - 1] == b[j - 1] ? 0 : 1;

			cur[j] = min3(above[j] + 1, cur[j - 1] + 1,
				      above[j - 1] + change);
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] &&
			    a[i - 2] == b[j - 1] && before[j - 2] + 1 < cur[j])
				cur[j] = before[j - 2] + 1;
		}
		before = above;
		above = cur;
		cur = spare;
	}
	return above[blen];
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
