/* SPDX-License-Identifier: MIT */
/*
 * What pure code says instead of printing: one line (object: reason) and,
 * when the cure is known, one hint. The first error wins: filling a struct
 * diag that is already set changes nothing, so callers may add context only
 * with diag_prefix().
 */
#ifndef SBOX_DIAG_H
#define SBOX_DIAG_H

#include <stdbool.h>

#define DIAG_TEXT_MAX 1024
#define DIAG_HINT_MAX 512

/* Every function takes d == NULL, too: nobody wants to know. errno is kept. */
struct diag {
	char text[DIAG_TEXT_MAX]; /* "" = no error yet */
	char hint[DIAG_HINT_MAX]; /* "" = no cure known */
};

/*
 * Fill d with a message (too long: its end becomes "..."). Always returns -1,
 * so that pure code can say `return diag_set(d, "%s: %s", file, why);`. The
 * text may hold untrusted bytes: whoever prints it escapes it (log_diag).
 */
int diag_set(struct diag *d, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* The same with ": " and strerror(err) appended. Returns -1. */
int diag_set_errno(struct diag *d, int err, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* Set the hint if there is none yet. Returns -1. */
int diag_hint(struct diag *d, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* Put "PREFIX: " before the text that is there, if there is any. Returns -1. */
int diag_prefix(struct diag *d, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

bool diag_is_set(const struct diag *d);

#endif
