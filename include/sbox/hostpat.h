/* SPDX-License-Identifier: MIT */
/*
 * Host names and patterns of host names, compared by label after
 * normalisation: lower case, no trailing dot, IDNA names in their xn-- form
 * only (RFC 5891 A-labels), labels of 1-63 bytes, 253 in all (RFC 1035
 * 2.3.4). What could be read as something else by another parser (IP
 * literals in any notation, userinfo, NUL, blanks, escapes) is refused.
 */
#ifndef SBOX_HOSTPAT_H
#define SBOX_HOSTPAT_H

#include <stdbool.h>
#include <stddef.h>

struct diag;

#define HOSTNAME_MAX 253

enum hostpat_kind {
	HOSTPAT_EXACT,	 /* example.org */
	HOSTPAT_BENEATH, /* *.example.org: any depth, not example.org */
	HOSTPAT_WITHIN,	 /* .example.org: that, and example.org */
	HOSTPAT_ANY,	 /* * */
};

struct hostpat {
	enum hostpat_kind kind;
	char name[HOSTNAME_MAX + 1]; /* normalised; "" for ANY */
};

/*
 * Normalise len bytes of in into out. 0, or -1 and d (d may be NULL: for
 * names from the network). Names that the last label makes numeric (1.2.3.4,
 * 0x7f.1, 127) are refused: they are addresses to some resolver (WHATWG URL,
 * inet_aton(3)).
 */
int hostname_normalise(const char *in, size_t len, char out[HOSTNAME_MAX + 1],
		       struct diag *d);

/* 0 and *out, or -1 and d. "*." and "." only in front, "*" alone is ANY. */
int hostpat_parse(const char *text, struct hostpat *out, struct diag *d);

/* name must be normalised. */
bool hostpat_match(const struct hostpat *pat, const char *name);

#endif
