#!/bin/sh
# SPDX-License-Identifier: MIT
# The man pages are clean, and they and the README know the option table.
set -u
bad=0
say() {
	echo "$*"
	bad=1
}

out=$(mandoc -T lint -W warning man/*.1 man/*.5 man/*.8 2>&1) || say "$out"

table=src/policy/options.c
options=$(sed -n 's/^{ "\([a-z][a-z-]*\)", .*/\1/p' "$table" | sort -u)
[ -n "$options" ] || say "$table: no option rows found"
for o in $options; do
	grep -Eq "^\.It Fl -$o( |\$)" man/sbox.1 ||
		say "man/sbox.1: --$o of $table is missing"
done
# shellcheck disable=SC2013 # one word a line
for o in $(sed -n 's/^\.It Fl -\([a-z-]*\).*/\1/p' man/sbox.1); do
	printf '%s\n' "$options" | grep -qx -e "$o" ||
		say "man/sbox.1: --$o is not in $table"
done
# shellcheck disable=SC2013
for o in $(grep -oE '(^|[ `])--[a-z][a-z-]*' README.md | sed 's/.*--//' |
	sort -u); do
	printf '%s\n' "$options" | grep -qx -e "$o" ||
		say "README.md: --$o is not in $table"
done

table=src/policy/keys.c
keys=$(sed -n 's/^{ "\([$a-zA-Z.]*\)", KEY_.*/\1/p' "$table" | sort -u)
[ -n "$keys" ] || say "$table: no key rows found"
for k in $keys; do
	grep -qx -e ".It Cm $k" man/sbox-profile.5 ||
		say "man/sbox-profile.5: $k of $table is missing"
done

table=src/policy/plan_protect.c
names=$(sed -n '/protected_names\[\] = {/,/};/s/^\t"\(.*\)",$/\1/p' "$table")
[ -n "$names" ] || say "$table: no protected names found"
for n in $names; do
	sed -n 's/^\.Pa //p' man/sbox-profile.5 | tr ' ' '\n' | grep -qxF "$n" ||
		say "man/sbox-profile.5: $n of $table is missing"
done
exit $bad
