/* SPDX-License-Identifier: MIT */
/*
 * Secrets may overlap, or one be in another: each is looked for in the bytes as
 * they came. What is kept back is kept as it came, too, and begins at no place
 * within a secret, so that the next look finds whole ones.
 *
 * How much is kept must tell nothing of a secret: whoever has an origin repeat
 * guesses would learn it byte by byte from the sizes of the pieces. So it is
 * the longest secret's length less one, whatever the bytes are; but no secret,
 * being a header's value, goes beyond the end of a line, and so events, which
 * end in one, are not held up.
 */
#include "sbox-service/blank.h"

#include <stdbool.h>
#include <string.h>

#include "sbox/cleanup.h"
#include "sbox/strlist.h"

struct text {
	const char *at;
	size_t len;
};

/* The next place of a secret from *from on, which is stepped over. */
static bool find(struct text raw, const char *secret, size_t *from)
{
	const char *at =
		memmem(raw.at + *from, raw.len - *from, secret, strlen(secret));

	if (at)
		*from = (size_t)(at - raw.at) + 1;
	return at != NULL;
}

static bool is_blanked(const char *secret)
{
	return strlen(secret) >= BLANK_LENGTH_MIN;
}

/* Where what may be passed on ends. */
static size_t cut_of(const struct blank *b, struct text raw)
{
	const char *line = memrchr(raw.at, '\n', raw.len);
	size_t least = line ? (size_t)(line - raw.at) + 1 : 0;
	size_t longest = 1, cut;

	for (size_t i = 0; i < b->n; i++) {
		size_t len = strlen(b->secrets[i]);

		if (is_blanked(b->secrets[i]) && len > longest)
			longest = len;
	}
	cut = raw.len > longest - 1 ? raw.len - (longest - 1) : 0;
	return cut > least ? cut : least;
}

/* The same, or the beginning of a secret that lies across it. */
static size_t before_secret(const struct blank *b, struct text raw, size_t cut)
{
	for (size_t i = 0; i < b->n; i++) {
		size_t len = strlen(b->secrets[i]), from = 0;

		while (is_blanked(b->secrets[i]) && from < cut &&
		       find(raw, b->secrets[i], &from))
			if (from - 1 < cut && from - 1 + len > cut)
				return from - 1;
	}
	return cut;
}

size_t blank_out(const struct blank *b, char *buf, size_t len, bool is_last)
{
	cleanup_free char *copy = xcalloc(len + 1, 1);
	struct text raw = {copy, len};
	size_t cut = len, was;

	memcpy(copy, buf, len);
	if (!is_last)
		cut = cut_of(b, raw);
	do {
		was = cut;
		cut = before_secret(b, raw, was);
	} while (cut < was);
	raw.len = cut;
	for (size_t i = 0; i < b->n; i++) {
		size_t from = 0;

		while (is_blanked(b->secrets[i]) &&
		       find(raw, b->secrets[i], &from))
			memset(buf + from - 1, '*', strlen(b->secrets[i]));
	}
	return len - cut;
}
