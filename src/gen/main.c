/* SPDX-License-Identifier: MIT */
/*
 * gen schema | bash | zsh | fish: prints one generated file. It runs while
 * sbox is built and is not installed.
 */
#include <stdio.h>
#include <string.h>

#include "gen.h"
#include "sbox/cleanup.h"
#include "sbox/log.h"

int main(int argc, char *argv[])
{
	const char *what = argc == 2 ? argv[1] : "";
	cleanup_free char *text = strcmp(what, "schema") == 0
					  ? gen_schema()
					  : gen_completion(what);

	log_init("gen", LOG_LEVEL_NORMAL);
	if (!text)
		fatalx("usage: gen schema|bash|zsh|fish");
	if (fputs(text, stdout) == EOF || fflush(stdout) == EOF)
		fatal("standard output");
	return 0;
}
