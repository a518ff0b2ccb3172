#!/bin/sh
# SPDX-License-Identifier: MIT
# Runs shellcheck over every script, bats included.
set -u
# SC1090, SC1091: files that are sourced by a name made at run time.
# SC2016, SC2088: text for a shell inside is not expanded outside.
# SC2030, SC2031, SC2034, SC2154: bats runs tests in subshells, sets variables
# and hands them to helpers.
# SC2012, SC2143, SC2164: a test stops at the first command that fails.
common=SC1090,SC1091,SC2016,SC2088,SC2154
bats=$common,SC2012,SC2030,SC2031,SC2034,SC2143,SC2164
bad=0
for f in $(git ls-files '*.sh' '*.bash' '.ci/run'); do
	[ -f "$f" ] || continue
	case $(head -n 1 "$f") in
	*bash*) shell="bash" ;;
	*) shell="sh" ;;
	esac
	case $f in *.bash) shell="bash" ;; esac
	shellcheck -s "$shell" -e $common "$f" || bad=1
done
for f in $(git ls-files '*.bats'); do
	[ -f "$f" ] || continue
	shellcheck -s bats -e $bats "$f" || bad=1
done
exit $bad
