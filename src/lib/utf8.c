/* SPDX-License-Identifier: MIT */
/*
 * One decoder for all who must agree on what a character is: the escaping of
 * messages, the gate of the JSON loader and the terminal filter. RFC 3629: a
 * character has one form, the shortest, and is no surrogate.
 */
#include "sbox/utf8.h"

size_t utf8_size(unsigned char first)
{
	if (first < 0x80)
		return 1;
	if (first < 0xc2 || first > 0xf4)
		return 0;
	return first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
}

size_t utf8_decode(const char *in, size_t len, uint32_t *c)
{
	static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
	size_t size = len ? utf8_size((unsigned char)in[0]) : 0;
	uint32_t v;

	if (size == 0 || len < size)
		return 0;
	v = (unsigned char)in[0] & (size == 1 ? 0x7fu : 0x7fu >> size);
	for (size_t i = 1; i < size; i++) {
		unsigned char b = (unsigned char)in[i];

		if ((b & 0xc0) != 0x80)
			return 0;
		v = v << 6 | (b & 0x3fu);
	}
	if (v < least[size] || v > 0x10ffff || (v >= 0xd800 && v <= 0xdfff))
		return 0;
	*c = v;
	return size;
}
