/* SPDX-License-Identifier: MIT */
/*
 * One decoder for the two who must agree on what a character is: the escaping
 * of messages and the gate of the JSON loader. Table 3-7 of the Unicode
 * standard (RFC 3629 section 4) says which second bytes a first byte allows;
 * with that, overlong forms and surrogates cannot be written.
 */
#include "sbox/utf8.h"

/* What a first byte of a sequence of several bytes promises. */
struct lead {
	unsigned char first, last; /* this range of first bytes */
	unsigned char size;	   /* of the whole sequence */
	unsigned char second_min, second_max;
};

/* clang-format off */
static const struct lead leads[] = {
	{ 0xc2, 0xdf, 2, 0x80, 0xbf },
	{ 0xe0, 0xe0, 3, 0xa0, 0xbf },
	{ 0xe1, 0xec, 3, 0x80, 0xbf },
	{ 0xed, 0xed, 3, 0x80, 0x9f },
	{ 0xee, 0xef, 3, 0x80, 0xbf },
	{ 0xf0, 0xf0, 4, 0x90, 0xbf },
	{ 0xf1, 0xf3, 4, 0x80, 0xbf },
	{ 0xf4, 0xf4, 4, 0x80, 0x8f },
};
/* clang-format on */

static const struct lead *find_lead(unsigned char b)
{
	for (size_t i = 0; i < sizeof(leads) / sizeof(leads[0]); i++)
		if (b >= leads[i].first && b <= leads[i].last)
			return &leads[i];
	return NULL;
}

size_t utf8_decode(const char *in, size_t len, uint32_t *c)
{
	const struct lead *l;
	unsigned char b;
	uint32_t v;

	if (len == 0)
		return 0;
	b = (unsigned char)in[0];
	if (b < 0x80) {
		*c = b;
		return 1;
	}
	l = find_lead(b);
	if (!l || len < l->size)
		return 0;
	v = b & (0x7fu >> l->size);
	for (size_t i = 1; i < l->size; i++) {
		b = (unsigned char)in[i];
		if (b < 0x80 || b > 0xbf)
			return 0;
		if (i == 1 && (b < l->second_min || b > l->second_max))
			return 0;
		v = v << 6 | (b & 0x3fu);
	}
	*c = v;
	return l->size;
}
