/* SPDX-License-Identifier: MIT */
/*
 * The argument vector, parsed. One table (options.c) makes --help, the
 * completions and the man page lint; this struct is where its rows land.
 * Options that are profile keys are kept as an ordered list of settings and
 * applied to the policy after the profiles ("flags come last").
 */
#ifndef SBOX_INVOCATION_H
#define SBOX_INVOCATION_H

#include <stdbool.h>
#include <stddef.h>

#include "sbox/strlist.h"

struct diag;
struct host;
struct policy;

enum invocation_action {
	ACTION_RUN,
	ACTION_DRY_RUN,
	ACTION_PRINT_PROFILE,
	ACTION_HELP,
	ACTION_VERSION,
	ACTION__COUNT
};

/* A setting from the command line: a row of the option table and its value. */
struct invocation_setting {
	size_t option;	   /* index into the option table */
	const char *value; /* borrowed from argv; NULL for a flag */
};

struct invocation {
	enum invocation_action action;
	const char *profile;	/* --profile; NULL: by command name */
	const char *cwd;	/* --cwd; NULL: the current directory */
	const char *shell_text; /* -c TEXT; NULL: none */
	bool force_cwd;
	bool trust_project;
	bool quiet, verbose;
	int *keep_fds; /* --keep-fd, in order */
	size_t nkeep_fds;
	struct invocation_setting *settings;
	size_t nsettings;
	char *const *command; /* rest of argv; command[0] == NULL: a shell */
};

/*
 * Parse argv (argv[0] is the program). Options stop at the first word that
 * isn't one, or behind "--". Long options take "--opt VALUE" and "--opt=VALUE",
 * no abbreviations. 0, or -1 and d; free with invocation_free either way.
 */
int invocation_parse(int argc, char *const argv[], struct invocation *out,
		     struct diag *d);
void invocation_free(struct invocation *inv);

/*
 * The whole policy: built-in default, then the profile ("base" beneath it
 * by `extends`), then the project's .sbox.json (tighten-only unless
 * trust_project), then the settings. Reads profiles through file_read.
 * 0 and *out (policy_free), or -1 and d.
 */
int policy_load(const struct invocation *inv, const struct host *host,
		struct policy *out, struct diag *d);

/* The text of --help, malloc'd. */
char *options_help(void);

#endif
