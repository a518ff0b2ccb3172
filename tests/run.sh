#!/bin/sh
# SPDX-License-Identifier: MIT
# Run tests of one kind and print TAP; exit non-zero if one failed.
#
#	run.sh programs PROGRAM...  each prints TAP (cmocka does), or it is one
#				    test: exit 0 = holds
#	run.sh replay FUZZER...     each reads its whole corpus
#	run.sh scripts SCRIPT...    likewise for shell scripts
#	run.sh bats FILE...         bats; $SBOX is the program under test
set -u

kind=$1
shift
failed=0
build=${SBOX_BUILD:-$PWD/build}
export SBOX="${SBOX:-$build/sbox}" SBOX_TOP="$PWD"
export SBOX_VECTORS="${SBOX_VECTORS:-../shared/vectors}"
export CMOCKA_MESSAGE_OUTPUT=TAP

if [ $# -eq 0 ]; then
	echo "# no $kind"
	exit 0
fi

if [ "$kind" = bats ]; then
	exec bats --tap "$@"
fi

out=$(mktemp) || exit 1
trap 'rm -f "$out"' EXIT
for t; do
	name=$(basename "$t")
	echo "# $name"
	case $kind in
	programs) "$t" >"$out" 2>&1 ;;
	scripts) sh "$t" >"$out" 2>&1 ;;
	replay) "$t" "tests/fuzz/corpus/${name#fuzz_}" >"$out" 2>&1 ;;
	esac
	status=$?
	if grep -Eq '^(not )?ok ' "$out"; then
		cat "$out"
		# A crash after the last line must not look like a pass.
		if [ $status -ne 0 ] && ! grep -q '^not ok' "$out"; then
			echo "not ok - $name ended with status $status"
		fi
	else
		sed 's/^/# /' "$out"
		[ $status -eq 0 ] && echo "ok - $name"
		[ $status -ne 0 ] && echo "not ok - $name (status $status)"
	fi
	[ $status -eq 0 ] || failed=1
done
exit $failed
