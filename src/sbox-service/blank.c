/* SPDX-License-Identifier: MIT */
/*
 * What ends in a secret's beginning is not known to be none yet: the longest
 * such end is what the caller keeps back. An answer's end gives it up.
 */
#include "sbox-service/blank.h"

#include <string.h>

static void blank_one(const char *secret, size_t slen, char *buf, size_t len)
{
	char *at = buf, *end = buf + len;

	while ((at = memmem(at, (size_t)(end - at), secret, slen))) {
		memset(at, '*', slen);
		at += slen;
	}
}

/* The longest end of buf that is a secret's beginning. */
static size_t tail_of(const char *secret, size_t slen, const char *buf,
		      size_t len)
{
	size_t n = len < slen - 1 ? len : slen - 1;

	while (n > 0 && memcmp(buf + len - n, secret, n) != 0)
		n--;
	return n;
}

size_t blank_out(const struct blank *b, char *buf, size_t len)
{
	size_t kept = 0;

	for (size_t i = 0; i < b->n; i++) {
		size_t slen = strlen(b->secrets[i]), tail;

		if (slen < BLANK_LENGTH_MIN)
			continue;
		blank_one(b->secrets[i], slen, buf, len);
		tail = tail_of(b->secrets[i], slen, buf, len);
		kept = tail > kept ? tail : kept;
	}
	return kept;
}
