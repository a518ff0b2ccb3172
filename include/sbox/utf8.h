/* SPDX-License-Identifier: MIT */
/* UTF-8 as RFC 3629 defines it: no overlong form, surrogate, or > U+10FFFF. */
#ifndef SBOX_UTF8_H
#define SBOX_UTF8_H

#include <stddef.h>
#include <stdint.h>

/* Bytes of the character that begins with this one; 0: none does. */
size_t utf8_size(unsigned char first);

/*
 * Decode the first character of len bytes. Returns how many bytes it takes
 * (1-4) and *c, or 0 (*c untouched) if they do not begin with a character.
 */
size_t utf8_decode(const char *in, size_t len, uint32_t *c);

#endif
