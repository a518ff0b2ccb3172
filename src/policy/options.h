/* SPDX-License-Identifier: MIT */
/*
 * The command line as data: one row per option. The table makes the parser,
 * --help, the completions and the lint of the man page.
 */
#ifndef POLICY_OPTIONS_H
#define POLICY_OPTIONS_H

#include <stddef.h>

enum option_kind {	       /* what the option does */
		   OPTION_KEY, /* sets the policy key `key` to its argument */
		   OPTION_KEY_TRUE, /* sets it to true */
		   OPTION_ENV,	    /* K=V: env.set; K: env.pass */
		   OPTION_LIMIT,    /* KEY=VALUE: the key limits.KEY */
		   OPTION_SET,	    /* KEY=JSON: any key */
		   OPTION_KEEP_FD,  /* these land in struct invocation, at
				       offset: */
		   OPTION_STRING,
		   OPTION_FLAG,
		   OPTION_ACTION, /* value: enum invocation_action */
		   OPTION_ACTION_ARG,
		   OPTION_KIND__COUNT
};

enum option_words { /* what its argument can be, for the completions */
		    OPTION_WORDS_NONE, /* nothing to offer */
		    OPTION_WORDS_PATH,
		    OPTION_WORDS_DIR,
		    OPTION_WORDS_PROFILE, /* a profile's name or a file */
		    OPTION_WORDS_KEY,	  /* the words of the key's row */
		    OPTION_WORDS_KEYS,	  /* names of keys, with "=" */
		    OPTION_WORDS_LIMITS,  /* names of limits, with "=" */
		    OPTION_WORDS_ENV,	  /* names of variables */
		    OPTION_WORDS_SHELLS,
		    OPTION_WORDS__COUNT
};

struct option_row {
	const char *name; /* without the dashes; NULL: short only */
	char letter;	  /* 0: none */
	const char *arg;  /* the argument's name; NULL: takes none */
	enum option_kind kind;
	const char *key;
	size_t offset;
	int value;
	enum option_words words;
	const char *help; /* one line, lower case */
};

extern const struct option_row options[];
extern const size_t noptions;

/* The shells that --completion knows, NULL-terminated. */
extern const char *const completion_shells[];

#endif
