#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# shellcheck disable=SC2016 # text for the shell inside
# The npm agents, installed below the home: sbox finds them through PATH,
# symlinks and shebang lines, they start, and without a network they say so.

load real

# An agent that the registry would not give is a failure; which ones there must
# be at least two of is counted in the last test.
installed() { [ -x "$CACHE/home/.npm-global/bin/$1" ]; }

# agent NAME VERSION-PATTERN: version and help from inside.
version_of()
{
	installed "$1" || {
		echo "# $1: not installed, see $CACHE/fetch.log" >&3
		return 0
	}
	sbox --timeout 60s "$1" --version
	succeeds
	grep -Eq "$2" <<<"$output" || has "a version"
}

# refuses NAME ARG...: ends by itself or at the time limit, without success,
# and nothing of the home is touched.
refuses()
{
	local before name=$1

	installed "$name" || return 0
	before=$(cd "$CACHE/home" && ls -A)
	sbox --timeout 30s "$@"
	[ "$status" -ne 0 ] || has "a refusal"
	[ "$status" -ne 125 ] || has "a start"
	[ "$status" -lt 128 ] || [ "$status" -eq 143 ] || has "no crash"
	[ "$(cd "$CACHE/home" && ls -A)" = "$before" ]
}

@test "claude starts and shows its version" {
	version_of claude '[0-9]+\.[0-9]+\.[0-9]+'
}
@test "codex starts and shows its version" {
	version_of codex '[0-9]+\.[0-9]+\.[0-9]+'
}
@test "gemini starts and shows its version" {
	version_of gemini '[0-9]+\.[0-9]+\.[0-9]+'
}
@test "opencode starts and shows its version" {
	version_of opencode '[0-9]+\.[0-9]+\.[0-9]+'
}
@test "pi starts and shows its version" {
	version_of pi '[0-9]+\.[0-9]+\.[0-9]+'
}

@test "claude refuses without a network or a key" {
	refuses claude --print hello
}
@test "codex refuses without a network or a key" {
	refuses codex exec --skip-git-repo-check hello
}
@test "gemini refuses without a network or a key" {
	refuses gemini --prompt hello
}
@test "opencode refuses without a network or a key" {
	refuses opencode run hello
}
@test "pi refuses without a network or a key" {
	refuses pi --print hello
}

@test "an agent's own installation is read-only and the rest of the home unseen" {
	installed claude || installed codex
	as_user sh -c 'echo secret-of-the-home >"$HOME/.canary"'
	inside 'ls -A "$HOME"; cat "$HOME/.canary"'
	as_user sh -c 'rm "$HOME/.canary"'
	lacks secret-of-the-home
}

@test "at least two of the agents were really started" {
	local a n=0
	for a in claude codex gemini opencode pi; do
		installed $a || continue
		sbox --timeout 60s $a --version
		[ "$status" -ne 0 ] || n=$((n + 1))
	done
	[ $n -ge 2 ] || has "two agents"
}
