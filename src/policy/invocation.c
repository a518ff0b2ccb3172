/* SPDX-License-Identifier: MIT */
/*
 * The argument vector by the option table. Parsing stops at the first word
 * that isn't an option, so that the command's own options are never taken for
 * ours; a word that looks like an option and isn't one is an error, never a
 * command to run. Settings are only collected here: they are applied to the
 * policy by policy_load, behind the profiles, in the order they were given.
 */
#include "sbox/invocation.h"

#include <limits.h>
#include <string.h>

#include "options.h"
#include "sbox/cleanup.h"
#include "sbox/diag.h"
#include "sbox/num.h"
#include "sbox/strlist.h"
#include "suggest.h"

/* The arguments that are left, and what the row of the moment was called. */
struct words {
	char *const *next;
	const char *shown;   /* "--ro" or "-c", for messages */
	const char *inlined; /* behind "=", or NULL */
};

static void *field(const struct option_row *o, struct invocation *inv)
{
	return (char *)inv + o->offset;
}

static int unknown_option(const char *word, size_t len, struct diag *d)
{
	cleanup_free char *name = xstrndup(word, len);
	struct suggest near = {.name = name + strspn(name, "-")};

	diag_set(d, "%s: unknown option", name);
	if (name[1] != '-')
		return diag_hint(d, "sbox --help lists the options; short ones "
				    "are given one by one");
	for (size_t i = 0; i < noptions; i++)
		if (options[i].name)
			suggest_offer(&near, options[i].name,
				      strlen(options[i].name));
	if (near.best)
		return diag_hint(d, "did you mean --%s?", near.best);
	return diag_hint(d, "sbox --help lists the options; \"--\" goes before "
			    "a command that begins with a dash");
}

/* word, len bytes long, is how an option is called. */
static bool is_called(const struct option_row *o, const char *word, size_t len)
{
	if (word[1] != '-')
		return o->letter && len == 2 && word[1] == o->letter;
	return o->name && strlen(o->name) == len - 2 &&
	       memcmp(o->name, word + 2, len - 2) == 0;
}

/* The next word's option, or NULL and d. */
static const struct option_row *find_option(struct words *w, struct diag *d)
{
	const char *word = *w->next++;
	size_t len = word[1] == '-' ? strcspn(word, "=") : strlen(word);

	w->shown = word;
	w->inlined = word[len] == '=' ? word + len + 1 : NULL;
	for (size_t i = 0; i < noptions; i++)
		if (is_called(&options[i], word, len))
			return &options[i];
	(void)unknown_option(word, len, d);
	return NULL;
}

/* The argument of an option that takes one; *value is NULL for the others. */
static int take_argument(struct words *w, const struct option_row *o,
			 const char **value, struct diag *d)
{
	*value = w->inlined;
	if (!o->arg) {
		if (!w->inlined)
			return 0;
		return diag_set(d, "--%s: takes no argument", o->name);
	}
	if (!*value && !*w->next)
		return diag_set(d, "%s: needs an argument (%s)", w->shown,
				o->arg);
	if (!*value)
		*value = *w->next++;
	if (o->name && **value == '\0') { /* but -c '' does nothing, well */
		diag_set(d, "--%s: the argument is empty", o->name);
		return diag_hint(d, "is a variable of the shell not set?");
	}
	return 0;
}

static int add_keep_fd(struct invocation *inv, const char *value,
		       struct diag *d)
{
	uint64_t fd;

	if (num_parse_u64(value, 0, INT_MAX, &fd, d))
		return diag_prefix(d, "--keep-fd");
	if (fd <= 2)
		return diag_set(d,
				"--keep-fd: %s: standard input, output and "
				"error are always passed",
				value);
	for (size_t i = 0; i < inv->nkeep_fds; i++)
		if (inv->keep_fds[i] == (int)fd)
			return 0;
	inv->keep_fds = xreallocarray(inv->keep_fds, inv->nkeep_fds + 1,
				      sizeof(*inv->keep_fds));
	inv->keep_fds[inv->nkeep_fds++] = (int)fd;
	return 0;
}

static int set_action(struct invocation *inv, const struct option_row *o,
		      struct diag *d)
{
	enum invocation_action action = (enum invocation_action)o->value;

	if (inv->action != ACTION_RUN && inv->action != action)
		return diag_set(d,
				"--%s: cannot be combined with another "
				"option that prints something",
				o->name);
	inv->action = action;
	return 0;
}

static int apply(struct invocation *inv, const struct option_row *o,
		 const char *value, struct diag *d)
{
	switch (o->kind) {
	case OPTION_KEY:
	case OPTION_ENV:
	case OPTION_LIMIT:
	case OPTION_SET:
		inv->settings = xreallocarray(inv->settings, inv->nsettings + 1,
					      sizeof(*inv->settings));
		inv->settings[inv->nsettings++] = (struct invocation_setting){
			(size_t)(o - options), value};
		return 0;
	case OPTION_KEEP_FD:
		return add_keep_fd(inv, value, d);
	case OPTION_STRING:
		*(const char **)field(o, inv) = value;
		return 0;
	case OPTION_FLAG:
		*(bool *)field(o, inv) = true;
		return 0;
	case OPTION_ACTION:
		return set_action(inv, o, d);
	case OPTION_KIND__COUNT:
		break;
	}
	return diag_set(d, "--%s: no such kind of option", o->name);
}

int invocation_parse(int argc, char *const argv[], struct invocation *out,
		     struct diag *d)
{
	struct words w = {.next = argc > 0 ? argv + 1 : argv};

	*out = (struct invocation){.action = ACTION_RUN};
	while (*w.next && (*w.next)[0] == '-' && (*w.next)[1] != '\0') {
		const struct option_row *o;
		const char *value = NULL;

		if (strcmp(*w.next, "--") == 0) {
			w.next++;
			break;
		}
		o = find_option(&w, d);
		if (!o || take_argument(&w, o, &value, d) ||
		    apply(out, o, value, d))
			return -1;
	}
	out->command = w.next;
	return 0;
}

void invocation_free(struct invocation *inv)
{
	free(inv->keep_fds);
	free(inv->settings);
	*inv = (struct invocation){0};
}
