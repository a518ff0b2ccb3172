#!/bin/sh
# SPDX-License-Identifier: MIT
# clang-format changes nothing.
set -u
bad=0
for f in $(git ls-files '*.c' '*.h'); do
	[ -f "$f" ] || continue
	clang-format --dry-run --Werror "$f" || bad=1
done
exit $bad
