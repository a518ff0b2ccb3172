#!/bin/sh
# SPDX-License-Identifier: MIT
# Runs shellcheck over every script, bats included.
set -u
# SC1090, SC1091: files that are sourced by a name made at run time.
# SC2030, SC2031, SC2154: bats runs tests in subshells and sets variables.
bad=0
for f in $(git ls-files '*.sh' '*.bash' '.ci/run'); do
	[ -f "$f" ] || continue
	case $(head -n 1 "$f") in
	*bash*) shell="bash" ;;
	*) shell="sh" ;;
	esac
	case $f in *.bash) shell="bash" ;; esac
	shellcheck -s "$shell" -e SC1090,SC1091 "$f" || bad=1
done
for f in $(git ls-files '*.bats'); do
	[ -f "$f" ] || continue
	shellcheck -s bats -e SC1090,SC1091,SC2030,SC2031,SC2154 "$f" || bad=1
done
exit $bad
