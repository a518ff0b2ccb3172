#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# shellcheck disable=SC2016 # text for the shell inside
# C packages with their own test suites, built and tested inside and outside:
# the results must be the same.

load real

# same_results PACKAGE TEXT FILTER: TEXT builds and tests in the current
# directory, FILTER leaves of its output what is a result.
same_results()
{
	local results

	as_user cp -R "$CACHE/src/$1" "$WORK/out"
	as_user cp -R "$CACHE/src/$1" "$WORK/in"
	cd "$WORK/out" || return 1
	outside "$2"
	succeeds
	results=$(eval "$3" <<<"$output")
	[ -n "$results" ]
	cd "$WORK/in" || return 1
	inside "$2"
	succeeds
	diff <(echo "$results") <(eval "$3" <<<"$output")
}

@test "lz4: built and tested inside as outside" {
	same_results lz4 'make -s -j2 >/dev/null && make -s check >check.log 2>&1
		echo "rc $?"; ./programs/lz4 --version
		for n in 1 9 12; do
			./programs/lz4 -q -$n -c NEWS | sha256sum
			./programs/lz4 -q -$n -c NEWS | ./programs/lz4 -q -d |
				cmp - NEWS && echo same
		done' 'grep -E "^rc |  -$|command line|^same$"'
}

@test "xz: built and tested inside as outside" {
	same_results xz-utils './configure -q --disable-doc --disable-nls &&
		make -s -j2 && make -s check' \
		'grep -E "^(PASS|FAIL|SKIP|XFAIL|ERROR|# (TOTAL|PASS|FAIL|SKIP))"'
}

@test "jq: built and tested inside as outside" {
	same_results jq 'autoreconf -i >/dev/null 2>&1 && ./configure -q \
		--disable-docs --disable-valgrind && make -s -j2 && make -s check' \
		'grep -E "^(PASS|FAIL|SKIP|XFAIL|ERROR|# (TOTAL|PASS|FAIL|SKIP))"'
}
