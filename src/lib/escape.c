/* SPDX-License-Identifier: MIT */
/*
 * Every byte that reaches a terminal from a message goes through here. The
 * rule is an allow-list: printable ASCII and well-formed UTF-8 outside the
 * table of what a terminal obeys or a reader cannot see; anything else becomes
 * \xHH. The backslash is doubled, so that the result is unambiguous and an
 * escape cannot be forged. No allocation, no locale, no errno: usable in a
 * child that shares its parent's memory.
 */
#include "sbox/escape.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "sbox/cleanup.h"
#include "sbox/strlist.h"
#include "sbox/utf8.h"

#define PIECE_MAX 17 /* the longest: four bytes of UTF-8 as \xHH each */

struct range {
	uint32_t first, last;
};

/* clang-format off */
static const struct range unseen[] = {
	{ 0x0080,  0x009f },  /* C1 controls: 0x9b is CSI on some terminals */
	{ 0x00ad,  0x00ad },  /* soft hyphen */
	{ 0x061c,  0x061c },  /* Arabic letter mark: bidirectional */
	{ 0x180e,  0x180e },  /* Mongolian vowel separator */
	{ 0x200b,  0x200f },  /* zero width, direction marks */
	{ 0x2028,  0x202e },  /* line separators, direction embeddings */
	{ 0x2060,  0x206f },  /* invisible operators, direction isolates */
	{ 0xfeff,  0xfeff },  /* byte order mark */
	{ 0xfff9,  0xfffb },  /* interlinear annotation */
	{ 0xe0000, 0xe0fff }, /* tags */
};
/* clang-format on */

static bool is_seen(uint32_t c)
{
	for (size_t i = 0; i < ARRAY_SIZE(unseen); i++)
		if (c >= unseen[i].first && c <= unseen[i].last)
			return false;
	return true;
}

/* Escape the first character of in into piece. Returns what it took of in. */
static size_t next_piece(char piece[PIECE_MAX], size_t *plen, const char *in,
			 size_t len)
{
	static const char named[] = "\n\t\r\\", names[] = "ntr\\";
	const char *p = in[0] ? strchr(named, in[0]) : NULL;
	uint32_t c = 0;
	size_t n;

	if (p) {
		piece[0] = '\\';
		piece[1] = names[p - named];
		*plen = 2;
		return 1;
	}
	n = utf8_decode(in, len, &c);
	if (n == 0 || c < 0x20 || c == 0x7f || !is_seen(c)) {
		n = n ? n : 1;
		for (size_t i = 0; i < n; i++)
			(void)snprintf(piece + 4 * i, 5, "\\x%02x",
				       (unsigned char)in[i]);
		*plen = 4 * n;
		return n;
	}
	memcpy(piece, in, n);
	*plen = n;
	return n;
}

size_t escape_bytes(char *out, size_t size, const char *in, size_t len)
{
	char piece[PIECE_MAX];
	size_t need = 0, used = 0, plen = 0;

	while (len > 0) {
		size_t n = next_piece(piece, &plen, in, len);

		/* used == need: nothing was left out so far */
		if (used == need && used + plen < size) {
			memcpy(out + used, piece, plen);
			used += plen;
		}
		need += plen;
		in += n;
		len -= n;
	}
	if (size > 0)
		out[used] = '\0';
	return need;
}

char *escape_dup(const char *s)
{
	size_t len = strlen(s);
	size_t size = escape_bytes(NULL, 0, s, len) + 1;
	char *out = xcalloc(size, 1);

	(void)escape_bytes(out, size, s, len); /* fits: it was measured */
	return out;
}
