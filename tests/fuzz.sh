#!/bin/sh
# SPDX-License-Identifier: MIT
# fuzz.sh FUZZER...: run libFuzzer targets, two at a time, FUZZ_SECONDS each,
# from tests/fuzz/corpus/NAME. What breaks one is kept in build-fuzz/ and
# belongs into the corpus with its mend. Prints TAP.
set -u
export FUZZ_SECONDS="${FUZZ_SECONDS:-30}"

if [ "${1-}" != --one ]; then
	[ $# -gt 0 ] || exit 0
	printf '%s\n' "$@" | xargs -n 1 -P 2 sh "$0" --one
	exit
fi

name=$(basename "$2")
name=${name#fuzz_}
seeds=tests/fuzz/corpus/$name
found=build-fuzz/found/$name
mkdir -p "$found"
if [ -d "$seeds" ]; then
	set -- "$2" "$found" "$seeds"
else
	set -- "$2" "$found"
fi
if "$@" -max_total_time="$FUZZ_SECONDS" -timeout=10 -rss_limit_mb=3000 \
	-max_len=16384 -print_final_stats=1 \
	-artifact_prefix="build-fuzz/$name-" >"$found.log" 2>&1; then
	runs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$found.log")
	echo "ok - fuzz $name ($runs inputs in $FUZZ_SECONDS s)"
else
	tail -n 40 "$found.log" | sed 's/^/# /'
	echo "not ok - fuzz $name"
	exit 1
fi
