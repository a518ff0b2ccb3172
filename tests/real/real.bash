# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2154 # bats sets status and output
#
# Loaded by the tests of real programs. They run as an ordinary user: called by
# root, every command changes to the account sbox-real first. The home, with
# the npm agents in ~/.npm-global, and the sources are made by setup.sh and kept
# in $SBOX_REAL_CACHE; what a test makes lies in $WORK and goes with it.

bats_require_minimum_version 1.5.0

TOP=$(cd "$BATS_TEST_DIRNAME/../.." && pwd)
export SBOX_REAL_CACHE=${SBOX_REAL_CACHE:-/var/tmp/sbox-real}
export SBOX_REAL_USER=${SBOX_REAL_USER:-sbox-real}
CACHE=$SBOX_REAL_CACHE
SBOX_BUILD=${SBOX_BUILD:-$TOP/build}
[[ $SBOX_BUILD == /* ]] || SBOX_BUILD=$TOP/$SBOX_BUILD

# as_user COMMAND...: with an environment of its own, in the current directory.
as_user()
{
	local home=$CACHE/home path=/usr/local/bin:/usr/bin:/bin user
	local -a become=()

	user=$(id -un)
	if [ "$(id -u)" -eq 0 ]; then
		user=$SBOX_REAL_USER
		become=(setpriv --reuid "$user" --regid "$user" --init-groups
			--inh-caps=-all)
	fi
	"${become[@]}" env -i HOME="$home" USER="$user" LANG=C.UTF-8 TERM=dumb \
		PATH="$home/.npm-global/bin:$path" SBOX_REAL_CACHE="$CACHE" "$@"
}

# The machine's way to the registries: proxies, authorities, npm's settings.
fetch()
{
	local -a way

	mapfile -t way < <(env | grep -iE \
		'^((https?|no|all)_proxy|npm_config_[a-z_]+|NODE_EXTRA_CA_CERTS|SSL_CERT_(FILE|DIR))=')
	as_user "${way[@]}" "$CACHE/tree/tests/real/setup.sh" fetch
}

# Once a file: everything is there, and sbox where the user can read it.
setup_file() { real_setup_file; }
real_setup_file()
{
	if [ "$(id -u)" -eq 0 ]; then
		"$TOP/tests/real/setup.sh" root >&2
	fi
	install -d -m 755 "$CACHE/tree/tests/real" "$CACHE/tree/build" \
		"$CACHE/tree/profiles"
	install -m 755 "$TOP/tests/real/setup.sh" "$CACHE/tree/tests/real/"
	install -m 755 "$SBOX_BUILD"/sbox* "$CACHE/tree/build/"
	install -m 644 "$TOP"/profiles/*.json "$CACHE/tree/profiles/"
	cd "$CACHE" || return 1
	fetch >"$CACHE/fetch.log" 2>&1 || {
		tail -n 20 "$CACHE/fetch.log" >&2
		return 1
	}
}

setup()
{
	SBOX=$CACHE/tree/build/sbox
	WORK=$CACHE/home/work.$BATS_SUITE_TEST_NUMBER
	rm -rf "$WORK"
	as_user mkdir -p "$WORK"
	cd "$WORK" || return 1
}

teardown()
{
	cd /
	[ -n "${KEEP:-}" ] || rm -rf "$WORK"
}

# outside TEXT, inside [OPTION...] TEXT: the same shell text on both sides.
outside()
{
	run as_user timeout -k 5 900 bash -c "$1" </dev/null
}
inside()
{
	local text=${*: -1}
	local -a options=("${@:1:$#-1}")

	run as_user timeout -k 5 900 "$SBOX" "${options[@]}" -- \
		bash -c "$text" </dev/null
}
# sbox ARG...: as it is typed.
sbox() { run as_user timeout -k 5 900 "$SBOX" "$@" </dev/null; }

# The version that an agent shows outside, or why it shows none: one that wants
# a newer Node than this machine's fails on both sides.
outside_version()
{
	local kept=$BATS_RUN_TMPDIR/$1.outside

	[ -x "$CACHE/home/.npm-global/bin/$1" ] || {
		echo "$1: not installed"
		tail -n 20 "$CACHE/fetch.log"
		return 1
	}
	[ -e "$kept" ] || version "$1" >"$kept"
	cat "$kept"
}

# version COMMAND...: "status N" and the version, if it shows one.
version()
{
	local text rc=0

	text=$(as_user timeout -k 5 120 "$@" --version </dev/null 2>&1) || rc=$?
	echo "status $rc"
	[ $rc -ne 0 ] || grep -Eo '[0-9]+\.[0-9]+\.[0-9]+' <<<"$text" | head -n 1
}

# runs_outside NAME: else only that it fails inside too can be tried, and this
# is said.
runs_outside()
{
	[[ $(outside_version "$1") != "status 0"* ]] || return 0
	echo "# $1 does not run on this machine's Node" >&3
	return 1
}

succeeds()
{
	[ "$status" -eq 0 ] && return 0
	printf 'status %s\n%s\n' "$status" "$(tail -n 40 <<<"$output")"
	return 1
}
has()
{
	[[ $output == *"$1"* ]] && return 0
	printf 'expected: %s\nstatus %s\n%s\n' "$1" "$status" \
		"$(tail -n 40 <<<"$output")"
	return 1
}
lacks()
{
	[[ $output != *"$1"* ]] && return 0
	printf 'must not be there: %s\n%s\n' "$1" "$(tail -n 40 <<<"$output")"
	return 1
}
