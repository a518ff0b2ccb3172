/* SPDX-License-Identifier: MIT */
/*
 * The one function through which untrusted bytes pass before a terminal or a
 * log sees them (CVE class: escape sequences in file and command names).
 */
#ifndef SBOX_ESCAPE_H
#define SBOX_ESCAPE_H

#include <stddef.h>

/*
 * Copy len bytes of in to out (size bytes, always NUL-terminated if size > 0):
 * printable ASCII and well-formed printable UTF-8 as they are; control bytes,
 * DEL, C1 controls (also as UTF-8 U+0080-U+009F), bidirectional and other
 * invisible format characters (U+200B-U+200F, U+2028-U+202E, U+2060-U+206F,
 * U+FEFF ...: the table in escape.c) and bytes that are not UTF-8 as \xHH per
 * byte; \n \t \r and the backslash by their C names. Splits neither an escape
 * nor a character at the end of out.
 * Returns the length that the whole result needs without the NUL (like
 * snprintf): a return >= size means that it was cut.
 */
size_t escape_bytes(char *out, size_t size, const char *in, size_t len);

/* Returns a malloc'd escaped copy of the string; the caller frees it. */
char *escape_dup(const char *s);

#endif
