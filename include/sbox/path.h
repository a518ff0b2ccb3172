/* SPDX-License-Identifier: MIT */
/*
 * Paths as text. Nothing here touches the file system. Comparisons are by
 * component: "/foo" does not contain "/foobar".
 */
#ifndef SBOX_PATH_H
#define SBOX_PATH_H

#include <stdbool.h>

struct diag;

/*
 * Normalise a path from outside: "//" and "." are folded, a trailing slash is
 * dropped; "..", ASCII control characters (so newlines too), an empty path and
 * a path or component beyond PATH_MAX/NAME_MAX are refused. A relative path
 * stays relative. On success returns 0 and *out (caller frees); on failure -1
 * with d filled ("PATH: reason"), *out untouched.
 */
int path_normalise(const char *in, char **out, struct diag *d);

/* True if path is dir or lies beneath it. Both normalised and absolute. */
bool path_under(const char *dir, const char *path);

/* True if path ends in this, and isn't this alone. */
bool path_ends(const char *path, const char *end);

/* dir + "/" + name, with one slash; an absolute name replaces dir, an empty
 * one (or an empty dir) gives the other alone. malloc'd. */
char *path_join(const char *dir, const char *name);
/* Everything before the last component ("/" for "/x", "." for "x"). malloc'd.
 */
char *path_dirname(const char *path);

/*
 * "~" and "~/x" become home and home/x; everything else is copied; "~user" is
 * refused, and so is "~" when home is NULL or not absolute. Returns 0 and *out,
 * or -1 with d.
 */
int path_expand_home(const char *in, const char *home, char **out,
		     struct diag *d);

#endif
