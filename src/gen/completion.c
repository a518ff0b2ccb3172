/* SPDX-License-Identifier: MIT */
/*
 * Completion scripts for bash, zsh and fish, made from the option table. All
 * three do the same: options by name, the argument of an option by its kind
 * (paths, profiles, keys, words), then the command and its own completions.
 * Everything in the scripts comes from our tables, never from the machine they
 * are made on; profile names are listed when the user presses the key.
 *
 * A file's name can be anything that ran inside has thought of, and the shell
 * reads what was completed as its own text: names of files are left to the
 * shells' own completion, which quotes them. In bash that is what it falls back
 * to (compopt -o default) when COMPREPLY is empty; what COMPREPLY holds is
 * inserted as it is, and compgen -W expands its words, so the names of profiles
 * and commands are quoted by printf %q.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gen.h"
#include "policy/keys.h"
#include "policy/options.h"
#include "sbox/cleanup.h"
#include "sbox/log.h"
#include "sbox/strlist.h"

const char *const gen_shells[] = {"bash", "zsh", "fish", NULL};

/* What an option's argument can be. */
enum words {
	WORDS_NONE, /* nothing to offer */
	WORDS_PATH,
	WORDS_DIR,
	WORDS_PROFILE, /* a profile's name or a file */
	WORDS_KEY,     /* the words of the option's key */
	WORDS_KEYS,    /* names of keys, with "=" */
	WORDS_LIMITS,  /* names of limits, with "=" */
	WORDS_ENV,     /* names of variables */
	WORDS__COUNT
};

/* What an argument is called says what it can be. */
static const struct {
	const char *arg;
	enum words words;
} args[] = {
	{"PATH", WORDS_PATH},	      {"DIR", WORDS_DIR},
	{"NAME|FILE", WORDS_PROFILE}, {"NAME", WORDS_KEY},
	{"MODE", WORDS_KEY},	      {"KEY=JSON", WORDS_KEYS},
	{"KEY=VALUE", WORDS_LIMITS},  {"K", WORDS_ENV},
	{"K[=V]", WORDS_ENV},	      {"N", WORDS_NONE},
	{"TEXT", WORDS_NONE},	      {"DURATION", WORDS_NONE},
	{"NAME[:PORT]", WORDS_NONE},  {"WAY", WORDS_NONE},
	{"[IN:]OUT", WORDS_NONE},     {"[OUT:]IN", WORDS_NONE},
};

static enum words words_of(const struct option_row *o)
{
	if (!o->arg)
		return WORDS_NONE;
	for (size_t i = 0; i < ARRAY_SIZE(args); i++)
		if (strcmp(args[i].arg, o->arg) == 0)
			return args[i].words;
	fatalx("--%s: %s has no row in args[]", o->name, o->arg);
}

/* Append a formatted text to *to. */
__attribute__((format(printf, 2, 3))) static void add(char **to,
						      const char *fmt, ...)
{
	cleanup_free char *old = *to, *more = NULL;
	va_list ap;

	va_start(ap, fmt);
	if (vasprintf(&more, fmt, ap) < 0)
		more = NULL;
	va_end(ap);
	*to = xasprintf("%s%s", old, more ? more : "");
}

/* The words an option's argument can be, separated by spaces; "" if they
 * aren't known beforehand. */
static char *argument_words(const struct option_row *o)
{
	const struct key *k = o->key ? key_find(o->key) : NULL;
	enum words kind = words_of(o);
	char *words = xstrdup("");

	if (kind == WORDS_KEY && k)
		for (size_t i = 0; i < k->nwords; i++)
			add(&words, "%s%s", i ? " " : "", k->words[i]);
	for (size_t i = 0; i < nkeys; i++) {
		const char *name = keys[i].name;
		bool limit = strncmp(name, "limits.", 7) == 0;

		if (kind == WORDS_LIMITS && limit)
			add(&words, "%s%s=", *words ? " " : "", name + 7);
		if (kind == WORDS_KEYS && name[0] != '$' &&
		    keys[i].type != KEY_EXTENDS)
			add(&words, "%s%s=", *words ? " " : "", name);
	}
	return words;
}

/* How an option is typed: "--ro", or "-c" without a long name. */
static char *typed(const struct option_row *o)
{
	return o->name ? xasprintf("--%s", o->name)
		       : xasprintf("-%c", o->letter);
}

/* ---- bash ---------------------------------------------------------------- */

static const char bash_head[] =
	"# bash completion for sbox, generated from its option table\n"
	"\n"
	"# Adds the profiles whose names begin with $1.\n"
	"_sbox_profiles() {\n"
	"\tlocal dir name\n"
	"\tfor dir in \"${XDG_CONFIG_HOME:-$HOME/.config}/sbox\" /etc/sbox \\\n"
	"\t\t\"" SBOX_DATADIR "/profiles\"; do\n"
	"\t\tfor name in \"$dir\"/*.json; do\n"
	"\t\t\tcase $name in *'*'* | *.schema.json) continue ;; esac\n"
	"\t\t\tname=${name##*/}\n"
	"\t\t\tname=${name%.json}\n"
	"\t\t\t[[ $name == \"$1\"* ]] || continue\n"
	"\t\t\tprintf -v name %q \"$name\"\n"
	"\t\t\tCOMPREPLY+=(\"$name\")\n"
	"\t\tdone\n"
	"\tdone\n"
	"}\n"
	"\n"
	"# $1: the option, $2: what is typed of its argument\n"
	"_sbox_argument() {\n"
	"\tlocal IFS=' '\n"
	"\tcase $1 in\n";

static const char bash_middle[] =
	"\t*) return 1 ;;\n"
	"\tesac\n"
	"\treturn 0\n"
	"}\n"
	"\n"
	"_sbox() {\n"
	"\tlocal cur=${COMP_WORDS[COMP_CWORD]} i=1 word\n"
	"\tCOMPREPLY=()\n"
	"\twhile ((i < COMP_CWORD)); do\n"
	"\t\tword=${COMP_WORDS[i]}\n"
	"\t\tcase $word in\n"
	"\t\t--) ((i++)) && break ;;\n"
	"\t\t-c";

static const char bash_tail[] =
	")\n"
	"\t\t\tif [[ ${COMP_WORDS[i + 1]} == = ]] &&\n"
	"\t\t\t\t((i + 1 < COMP_CWORD)); then ((i++)); fi\n"
	"\t\t\tif ((i + 1 == COMP_CWORD)); then\n"
	"\t\t\t\t[[ $cur == = ]] && cur=\n"
	"\t\t\t\t_sbox_argument \"$word\" \"$cur\"\n"
	"\t\t\t\treturn\n"
	"\t\t\tfi\n"
	"\t\t\t((i += 2)) ;;\n"
	"\t\t-?*) ((i++)) ;;\n"
	"\t\t*) break ;;\n"
	"\t\tesac\n"
	"\tdone\n"
	"\tif ((i < COMP_CWORD)) || [[ $cur != -* ]]; then\n"
	"\t\tif declare -F _command_offset >/dev/null; then\n"
	"\t\t\t_command_offset \"$i\"\n"
	"\t\t\treturn\n"
	"\t\tfi\n"
	"\t\tcompopt -o default\n"
	"\t\tif ((i < COMP_CWORD)) || [[ $cur == */* ]]; then return; fi\n"
	"\t\twhile IFS= read -r word; do\n"
	"\t\t\tprintf -v word %q \"$word\"\n"
	"\t\t\tCOMPREPLY+=(\"$word\")\n"
	"\t\tdone < <(compgen -c -- \"$cur\")\n"
	"\t\treturn\n"
	"\tfi\n"
	"\tmapfile -t COMPREPLY < <(compgen -W '";

static const char bash_end[] = "' -- \"$cur\")\n"
			       "}\n"
			       "complete -F _sbox sbox\n";

static const char *const bash_compgen[WORDS__COUNT] = {
	[WORDS_NONE] = ":",
	[WORDS_PATH] = "compopt -o default",
	[WORDS_DIR] = "compopt -o dirnames",
	[WORDS_PROFILE] = "compopt -o default; _sbox_profiles \"$2\"",
	[WORDS_KEY] = "mapfile -t COMPREPLY < <(compgen -W '%s' -- \"$2\")",
	[WORDS_KEYS] = "compopt -o nospace; "
		       "mapfile -t COMPREPLY < <(compgen -W '%s' -- \"$2\")",
	[WORDS_LIMITS] = "compopt -o nospace; mapfile -t COMPREPLY < "
			 "<(compgen -W '%s' -- \"$2\")",
	[WORDS_ENV] = "mapfile -t COMPREPLY < <(compgen -e -- \"$2\")",
};

/* template with its one %s, if any, replaced by words */
static char *fill(const char *template, const char *words)
{
	const char *at = strstr(template, "%s");

	if (!at)
		return xstrdup(template);
	return xasprintf("%.*s%s%s", (int)(at - template), template, words,
			 at + 2);
}

static char *completion_bash(void)
{
	char *out = xstrdup(bash_head);

	for (size_t i = 0; i < noptions; i++) {
		cleanup_free char *words = argument_words(&options[i]);
		cleanup_free char *name = typed(&options[i]);
		cleanup_free char *line =
			fill(bash_compgen[words_of(&options[i])], words);

		if (options[i].arg)
			add(&out, "\t%s) %s ;;\n", name, line);
	}
	add(&out, "%s", bash_middle);
	for (size_t i = 0; i < noptions; i++)
		if (options[i].arg && options[i].name)
			add(&out, " | --%s", options[i].name);
	add(&out, "%s", bash_tail);
	for (size_t i = 0; i < noptions; i++) {
		cleanup_free char *name = typed(&options[i]);

		add(&out, "%s%s", i ? " " : "", name);
	}
	add(&out, "%s", bash_end);
	return out;
}

/* ---- zsh ----------------------------------------------------------------- */

static const char zsh_head[] =
	"#compdef sbox\n"
	"# zsh completion for sbox, generated from its option table\n"
	"_sbox_profiles() {\n"
	"\tlocal -a names\n"
	"\tnames=(${XDG_CONFIG_HOME:-$HOME/.config}/sbox/*.json(N:t:r)\n"
	"\t\t/etc/sbox/*.json(N:t:r)\n"
	"\t\t" SBOX_DATADIR "/profiles/*.json(N:t:r))\n"
	"\tnames=(${(u)names:#*.schema})\n"
	"\t_alternative 'profiles:profile:compadd -a names' "
	"'files:file:_files'\n"
	"}\n"
	"\n"
	"_arguments -S -A '-*' \\\n";

static const char zsh_tail[] = "\t'(-)1:command:_command_names -e' \\\n"
			       "\t'*::argument:_normal'\n";

static const char *const zsh_action[WORDS__COUNT] = {
	[WORDS_NONE] = " ",
	[WORDS_PATH] = "_files",
	[WORDS_DIR] = "_files -/",
	[WORDS_PROFILE] = "_sbox_profiles",
	[WORDS_KEY] = "(%s)",
	[WORDS_KEYS] = "compadd -S \"\" -- %s",
	[WORDS_LIMITS] = "compadd -S \"\" -- %s",
	[WORDS_ENV] = "_parameters -g \"*export*\"",
};

/* s with what _arguments would take for its own syntax escaped. */
static char *zsh_quote(const char *s)
{
	char *out = xstrdup("");

	for (; *s; s++) {
		if (*s == '\'')
			add(&out, "'\\''");
		else
			add(&out, "%s%c", strchr("[]:", *s) ? "\\" : "", *s);
	}
	return out;
}

static char *completion_zsh(void)
{
	char *out = xstrdup(zsh_head);

	for (size_t i = 0; i < noptions; i++) {
		const struct option_row *o = &options[i];
		cleanup_free char *words = argument_words(o);
		cleanup_free char *action =
			fill(zsh_action[words_of(o)], words);
		cleanup_free char *help = zsh_quote(o->help);
		cleanup_free char *arg = zsh_quote(o->arg ? o->arg : "");
		cleanup_free char *name = typed(o);

		add(&out, "\t'*%s%s[%s]%s%s%s%s' \\\n", name,
		    o->arg && o->name ? "=" : "", help, o->arg ? ":" : "", arg,
		    o->arg ? ":" : "", o->arg ? action : "");
		if (o->letter && o->name)
			add(&out, "\t'-%c[%s]' \\\n", o->letter, help);
	}
	add(&out, "%s", zsh_tail);
	return out;
}

/* ---- fish ---------------------------------------------------------------- */

static const char fish_head[] =
	"# fish completion for sbox, generated from its option table\n"
	"function __sbox_profiles\n"
	"\tset -l config $XDG_CONFIG_HOME\n"
	"\ttest -n \"$config\"; or set config ~/.config\n"
	"\tfor file in $config/sbox/*.json /etc/sbox/*.json " SBOX_DATADIR
	"/profiles/*.json\n"
	"\t\tstring match -q '*.schema.json' $file; and continue\n"
	"\t\tstring replace -r '.*/(.*)\\.json$' '$1' $file\n"
	"\tend\n"
	"end\n"
	"\n"
	"# Succeeds with the first word of the command in $words once it is "
	"there.\n"
	"function __sbox_command\n"
	"\tset -l words (commandline -opc)\n"
	"\tset -e words[1]\n"
	"\twhile set -q words[1]\n"
	"\t\tswitch $words[1]\n"
	"\t\t\tcase --\n"
	"\t\t\t\treturn 0\n"
	"\t\t\tcase -c";

static const char fish_middle[] =
	"\n"
	"\t\t\t\tset -e words[1]\n"
	"\t\t\tcase '-*'\n"
	"\t\t\tcase '*'\n"
	"\t\t\t\treturn 0\n"
	"\t\tend\n"
	"\t\tset -e words[1]\n"
	"\tend\n"
	"\treturn 1\n"
	"end\n"
	"\n"
	"complete -c sbox -f\n"
	"complete -c sbox -a '(__fish_complete_subcommand)'\n";

static const char *const fish_action[WORDS__COUNT] = {
	[WORDS_NONE] = "-x",
	[WORDS_PATH] = "-r -F",
	[WORDS_DIR] = "-x -a '(__fish_complete_directories)'",
	[WORDS_PROFILE] = "-r -F -a '(__sbox_profiles)'",
	[WORDS_KEY] = "-x -a '%s'",
	[WORDS_KEYS] = "-x -a '%s'",
	[WORDS_LIMITS] = "-x -a '%s'",
	[WORDS_ENV] = "-x -a '(set -nx)'",
};

/* s for within single quotes. */
static char *fish_quote(const char *s)
{
	char *out = xstrdup("");

	for (; *s; s++)
		add(&out, "%s%c", strchr("'\\", *s) ? "\\" : "", *s);
	return out;
}

static char *completion_fish(void)
{
	char *out = xstrdup(fish_head);

	for (size_t i = 0; i < noptions; i++)
		if (options[i].arg && options[i].name)
			add(&out, " --%s", options[i].name);
	add(&out, "%s", fish_middle);
	for (size_t i = 0; i < noptions; i++) {
		const struct option_row *o = &options[i];
		cleanup_free char *words = argument_words(o);
		cleanup_free char *action =
			fill(fish_action[words_of(o)], words);
		cleanup_free char *help = fish_quote(o->help);

		add(&out, "complete -c sbox -n 'not __sbox_command'");
		if (o->letter)
			add(&out, " -s %c", o->letter);
		if (o->name)
			add(&out, " -l %s", o->name);
		add(&out, "%s%s -d '%s'\n", o->arg ? " " : "",
		    o->arg ? action : "", help);
	}
	return out;
}

char *gen_completion(const char *shell)
{
	/* in the order of gen_shells */
	static char *(*const make[])(void) = {completion_bash, completion_zsh,
					      completion_fish};

	for (size_t i = 0; i < ARRAY_SIZE(make) && gen_shells[i]; i++)
		if (strcmp(gen_shells[i], shell) == 0)
			return make[i]();
	return NULL;
}
