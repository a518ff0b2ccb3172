#!/bin/sh
# SPDX-License-Identifier: MIT
# clang-tidy, with .clang-tidy's checks; two files at a time.
set -u
# shellcheck disable=SC2016 # expanded by the inner shell
git ls-files 'src/*.c' | xargs -r -n 1 -P 2 sh -c '
	[ -f "$0" ] || exit 0
	out=$(clang-tidy --quiet "$0" -- -std=gnu11 -D_GNU_SOURCE -Iinclude \
		-Isrc -DSBOX_VERSION="\"0\"" -DSBOX_DATADIR="\"/usr\"" 2>&1) &&
		exit 0
	printf "%s\n" "$out"
	exit 1'
