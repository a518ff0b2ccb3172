/* SPDX-License-Identifier: MIT */
/* Text in git's own format of configuration, git-config(1). */
#ifndef SBOX_GITCONFIG_H
#define SBOX_GITCONFIG_H

#include <stdbool.h>

/* Start with .at = the text, which is changed: what is found points into it. */
struct gitconfig {
	char *at;
	char *section; /* lower case, a subsection as it is: "remote.Origin" */
	char *key;     /* lower case */
	char *value;   /* NULL: a key alone */
};

/*
 * The next variable, or false at the end. What git would refuse is read as far
 * as it can be, never an error; a NUL ends the text.
 */
bool gitconfig_next(struct gitconfig *c);

#endif
