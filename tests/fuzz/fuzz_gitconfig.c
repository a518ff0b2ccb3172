/* SPDX-License-Identifier: MIT */
/*
 * git's configuration, read in place: whatever the text is, what is found lies
 * in it, one behind the other, and is what the headers promise; and what was
 * found, written out plainly, is found again.
 */
#include <ctype.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sbox/cleanup.h"
#include "sbox/gitconfig.h"
#include "sbox/strlist.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(int holds)
{
	if (!holds)
		abort();
}

/* A value as git-config(1) quotes it. */
static void write_value(FILE *f, const char *value)
{
	(void)fputs(" = \"", f);
	for (; *value; value++)
		if (*value == '\n')
			(void)fputs("\\n", f);
		else if (*value == '"' || *value == '\\')
			(void)fprintf(f, "\\%c", *value);
		else
			(void)fputc(*value, f);
	(void)fputc('"', f);
}

static void check_again(const char *key, const char *value)
{
	char *text = NULL;
	size_t len;
	FILE *f = xmust(open_memstream(&text, &len));
	struct gitconfig c;

	(void)fprintf(f, "[x]\n%s", key);
	if (value)
		write_value(f, value);
	(void)fclose(f);
	c = (struct gitconfig){.at = text};
	require(gitconfig_next(&c));
	require(strcmp(c.section, "x") == 0 && strcmp(c.key, key) == 0);
	require(!c.value == !value);
	require(!value || strcmp(c.value, value) == 0);
	require(!gitconfig_next(&c));
	free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = xstrndup((const char *)data, size);
	const char *end = text + strlen(text);
	struct gitconfig c = {.at = text};
	const char *before = text;

	while (gitconfig_next(&c)) {
		require(c.key >= before && c.key < c.at && c.at <= end);
		require(!c.value || (c.value > c.key && c.value <= end));
		require(isalpha((unsigned char)c.key[0]));
		for (const char *p = c.key; *p; p++)
			require(*p == '-' || isalnum((unsigned char)*p));
		before = c.at;
		check_again(c.key, c.value);
	}
	free(text);
	return 0;
}
