/* SPDX-License-Identifier: MIT */
/*
 * git's format of configuration, as its config.c reads it: a section holds for
 * the lines that follow, its header may stand before a variable on one line,
 * and a value may be quoted in parts and go on after a backslash.
 *
 * Nothing is copied: what is read is never longer than what it is read from,
 * so it is written over it. A NUL behind it takes the place of a character that
 * was passed.
 */
#include "sbox/gitconfig.h"

#include <ctype.h>
#include <string.h>

/* As git has it: without \v and \f. */
static bool is_blank(char c)
{
	return c && strchr(" \t\r\n", c);
}

static char *copy_key(char *out, char **in, const char *more)
{
	for (; isalnum((unsigned char)**in) || (**in && strchr(more, **in));
	     (*in)++)
		*out++ = (char)tolower((unsigned char)**in);
	return out;
}

/* Behind the bracket: core], remote "Origin"] */
static void read_section(struct gitconfig *c)
{
	char *in = c->at, *out = copy_key(in, &in, "-.");

	c->section = c->at;
	in += strspn(in, " \t\r");
	if (*in == '"') {
		*out++ = '.';
		for (in++; *in && !strchr("\"\n", *in); in++) {
			if (*in == '\\' && in[1] && in[1] != '\n')
				in++;
			*out++ = *in;
		}
		in += *in == '"';
	}
	in += *in == ']' ? 0 : strcspn(in, "\n");
	c->at = in + (*in != '\0');
	*out = '\0';
}

static char unescape(char c)
{
	return c == 'n' ? '\n' : c == 't' ? '\t' : c == 'b' ? '\b' : c;
}

/* Behind the equals sign. */
static void read_value(struct gitconfig *c)
{
	char *in = c->at, *out = in, *end = in;
	bool quoted = false;

	c->value = in;
	for (; *in && *in != '\n'; in++) {
		bool blank = !quoted && is_blank(*in);

		if (*in == '"') {
			quoted = !quoted;
			end = out;
			continue;
		}
		if (!quoted && strchr("#;", *in)) {
			in += strcspn(in, "\n");
			break;
		}
		if ((blank && out == c->value) || strcmp(in, "\\") == 0)
			continue;
		if (*in == '\\') {
			in += in[1] == '\r' && in[2] == '\n' ? 2 : 1;
			if (*in == '\n')
				continue;
			*in = unescape(*in);
		}
		*out++ = *in;
		if (!blank)
			end = out;
	}
	c->at = in + (*in != '\0');
	*end = '\0';
}

static void read_variable(struct gitconfig *c)
{
	char *in = c->at, *out = copy_key(in, &in, "-");

	c->key = c->at;
	c->value = NULL;
	in += strspn(in, " \t");
	in += *in == '=' ? 0 : strcspn(in, "\n");
	c->at = in + (*in != '\0');
	if (*in == '=')
		read_value(c);
	*out = '\0';
}

bool gitconfig_next(struct gitconfig *c)
{
	static char none[] = "";

	if (!c->section)
		c->section = none;
	while (*c->at) {
		if (isalpha((unsigned char)*c->at)) {
			read_variable(c);
			return true;
		}
		if (strchr("#;", *c->at))
			c->at += strcspn(c->at, "\n");
		else if (*c->at++ == '[')
			read_section(c);
	}
	return false;
}
