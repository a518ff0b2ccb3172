/* SPDX-License-Identifier: MIT */
/* `sbox --help`: the option table, one line a row. */
#include <string.h>

#include "options.h"
#include "sbox/cleanup.h"
#include "sbox/invocation.h"
#include "sbox/strlist.h"

#define HELP_COLUMN 26 /* where the descriptions begin */

static const char head[] =
	"usage: sbox [OPTION]... [--] [COMMAND [ARGUMENT]...]\n"
	"       sbox [OPTION]... -c TEXT [ARGUMENT]...\n"
	"\n"
	"Runs COMMAND (by default your shell) so that it sees the current\n"
	"directory and nothing else of yours. Options end at the command.\n"
	"\n";

static const char tail[] =
	"\n"
	"Status: the command's; 128+n signal n; 124 time limit; 125 sbox "
	"failed and\n"
	"nothing was run; 126 cannot be executed; 127 not found. See "
	"sbox(1).\n";

/* "-q, --quiet", "    --ro PATH", "-c TEXT" */
static char *option_title(const struct option_row *o)
{
	char letter[] = {'-', o->letter, '\0'};

	return xasprintf("%s%s%s%s%s%s", o->letter ? letter : "  ",
			 !o->name    ? ""
			 : o->letter ? ", "
				     : "  ",
			 o->name ? "--" : "", o->name ? o->name : "",
			 o->arg ? " " : "", o->arg ? o->arg : "");
}

char *options_help(void)
{
	char *text = xstrdup(head);

	for (size_t i = 0; i < noptions; i++) {
		cleanup_free char *title = option_title(&options[i]);
		bool fits = strlen(title) < HELP_COLUMN - 2;

		xreplace(&text,
			 xasprintf("%s  %s%s%*s%s\n", text, title,
				   fits ? "" : "\n",
				   fits ? HELP_COLUMN - 2 - (int)strlen(title)
					: HELP_COLUMN,
				   "", options[i].help));
	}
	xreplace(&text, xasprintf("%s%s", text, tail));
	return text;
}
