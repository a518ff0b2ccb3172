/* SPDX-License-Identifier: MIT */
/*
 * Host names, judged without the parser: what is accepted is a name that every
 * resolver takes, no address to inet_aton(3), normalised once and for all; and
 * a pattern matches exactly what ends in its labels.
 */
#include <arpa/inet.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "sbox/diag.h"
#include "sbox/hostpat.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(int holds)
{
	if (!holds)
		abort();
}

static void check_name(const char *name)
{
	static const char bytes[] = "abcdefghijklmnopqrstuvwxyz0123456789-_.";
	char again[HOSTNAME_MAX + 1];
	size_t len = strlen(name), label = 0;
	struct in_addr address;

	require(len > 0 && len <= HOSTNAME_MAX);
	require(strspn(name, bytes) == len);
	require(name[len - 1] != '.' && name[0] != '.');
	require(inet_aton(name, &address) == 0);
	for (size_t i = 0; i < len; i++) {
		label = name[i] == '.' ? 0 : label + 1;
		require(label <= 63);
		require(name[i] != '.' || name[i + 1] != '.');
	}
	require(hostname_normalise(name, len, again, NULL) == 0);
	require(strcmp(name, again) == 0);
}

static void check_pattern(const char *text)
{
	struct hostpat pat;
	char name[HOSTNAME_MAX + 3];

	if (hostpat_parse(text, &pat, NULL))
		return;
	require(pat.kind == HOSTPAT_ANY ? strcmp(text, "*") == 0 : 1);
	if (pat.kind == HOSTPAT_ANY)
		return;
	check_name(pat.name);
	require(hostpat_match(&pat, pat.name) == (pat.kind != HOSTPAT_BENEATH));
	name[0] = 'a';
	name[1] = '.';
	memcpy(name + 2, pat.name, strlen(pat.name) + 1);
	require(hostpat_match(&pat, name) == (pat.kind != HOSTPAT_EXACT));
	name[1] = 'a';
	require(!hostpat_match(&pat, name));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1);
	char out[HOSTNAME_MAX + 1];
	struct diag d = {.text = ""};

	require(text != NULL);
	memcpy(text, data, size);
	text[size] = '\0';
	if (hostname_normalise(text, size, out, &d) == 0) {
		require(!diag_is_set(&d));
		require(strlen(text) == size);
		check_name(out);
	} else {
		require(diag_is_set(&d));
	}
	check_pattern(text);
	free(text);
	return 0;
}
