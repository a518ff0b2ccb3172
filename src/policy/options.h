/* SPDX-License-Identifier: MIT */
/*
 * The command line as data: one row per option. The table makes the parser,
 * --help, the completions (src/gen) and the lint of the man page.
 */
#ifndef POLICY_OPTIONS_H
#define POLICY_OPTIONS_H

#include <stddef.h>

enum option_kind {		   /* what the option does */
		   OPTION_KEY,	   /* sets the policy key `key` to its argument
				      (true     if it takes none) */
		   OPTION_ENV,	   /* K=V: env.set; K: env.pass */
		   OPTION_LIMIT,   /* KEY=VALUE: the key limits.KEY */
		   OPTION_SET,	   /* KEY=JSON: any key */
		   OPTION_KEEP_FD, /* these land in struct invocation, at
				      offset: */
		   OPTION_STRING,
		   OPTION_FLAG,
		   OPTION_ACTION, /* value: enum invocation_action */
		   OPTION_KIND__COUNT
};

struct option_row {
	const char *name; /* without the dashes; NULL: short only */
	char letter;	  /* 0: none */
	const char *arg;  /* the argument's name; NULL: takes none */
	enum option_kind kind;
	const char *key;
	size_t offset;
	int value;
	const char *help; /* one line, lower case */
};

extern const struct option_row options[];
extern const size_t noptions;

#endif
