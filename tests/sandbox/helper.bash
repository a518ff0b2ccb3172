# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2154 # bats sets status and output
#
# Loaded by every sandbox test. Each test gets a scratch tree of its own:
#
#	$SCRATCH/home            $HOME: sbox's own directories end up here
#	$SCRATCH/home/proj       $PROJ, the project: the current directory
#	$SCRATCH/home/proj-evil  a sibling with the same prefix
#	$SCRATCH/outside         nothing of it may be seen or changed
#
# Canaries lie around the project. teardown() compares names, types, modes,
# owners, links and contents of everything but the project with what they were:
# the judgement is always the host's. $SECRET is in every canary, so that a test
# can say "not seen" of any output.

bats_require_minimum_version 1.5.0

TOP=$(cd "$BATS_TEST_DIRNAME/../.." && pwd)
export TOP
export SBOX_BUILD=${SBOX_BUILD:-$TOP/build}
[[ $SBOX_BUILD == /* ]] || SBOX_BUILD=$TOP/$SBOX_BUILD
SBOX=${SBOX:-$SBOX_BUILD/sbox}
[[ $SBOX == /* ]] || SBOX=$TOP/$SBOX
ATTACK=$SBOX_BUILD/tests/sandbox/attack

# Longest time a command may take before the test calls it a hang.
LIMIT=${SBOX_TEST_LIMIT:-60}

setup()
{
	scratch_make
	test_setup
}

teardown()
{
	local failed=0

	test_teardown
	if [ -n "${CANARIES:-}" ] && ! canaries_hold; then
		failed=1
	fi
	scratch_remove
	return $failed
}

# Overridden by a file that needs more.
test_setup() { :; }
test_teardown() { :; }

scratch_make()
{
	# One that sets XDG_* or sbox's own variables would test other places.
	unset XDG_CONFIG_HOME XDG_STATE_HOME XDG_CACHE_HOME XDG_RUNTIME_DIR
	unset XDG_DATA_HOME TMPDIR CDPATH
	umask 022
	SCRATCH=$(mktemp -d /var/tmp/sbox-bats.XXXXXX)
	# the inode's own name: the parent may be a symlink
	SCRATCH=$(cd "$SCRATCH" && pwd -P)
	chmod 755 "$SCRATCH"
	SECRET=canary-$RANDOM-$RANDOM-$RANDOM
	REAL_HOME=${HOME:-/}
	export HOME=$SCRATCH/home
	PROJ=$HOME/proj
	EVIL=$HOME/proj-evil
	OUTSIDE=$SCRATCH/outside
	mkdir -p "$PROJ" "$EVIL" "$OUTSIDE/dir" "$HOME/.ssh" "$HOME/docs"
	chmod 700 "$HOME/.ssh"
	local f
	for f in "$EVIL/secret" "$OUTSIDE/secret" "$OUTSIDE/dir/secret" \
		"$HOME/.ssh/id_canary" "$HOME/docs/secret" "$HOME/.bashrc"; do
		echo "# $SECRET" >"$f"
	done
	chmod 600 "$HOME/.ssh/id_canary"
	cd "$PROJ" || return 1
}

# Called by a test that has put more outside: from now on it is a canary too.
canaries_set()
{
	CANARIES=$(canaries_list)
}

# The home but the project and sbox's own directories, and all of outside.
canaries_list()
{
	local -a skip=(-path ./home/proj -o -path ./home/.cache -o
		-path ./home/.local -o -path ./home/.config/sbox)

	(cd "$SCRATCH" || return 1
	# the home's own link count moves when ~/.cache is made
	find ./home ./outside \( "${skip[@]}" \) -prune -o \
		-type d -printf '%p %y %m %U:%G\n' -o \
		-printf '%p %y %m %U:%G %n %l\n' | sort
	find ./home ./outside \( "${skip[@]}" \) -prune -o -type f -print0 |
		sort -z | xargs -0 sha256sum)
}

canaries_hold()
{
	local now

	now=$(canaries_list)
	[ "$now" = "$CANARIES" ] && return 0
	echo "changed outside the project:"
	diff <(echo "$CANARIES") <(echo "$now") | sed 's/^/  /'
	return 1
}

scratch_remove()
{
	cd /
	export HOME=$REAL_HOME
	chmod -R u+rwX "$SCRATCH" 2>/dev/null || true
	rm -rf "$SCRATCH"
}

is_root() { [ "$(id -u)" -eq 0 ]; }

# A tool that is missing is a failure in CI: a skipped test is a failed test.
need()
{
	local t

	for t; do
		command -v "$t" >/dev/null && continue
		[ "${CI:-}" != true ] || fail "$t: not installed"
		skip "$t: not installed"
	done
}

# What this machine has no way to try, and why: a line of the output, not a skip.
# Used as `cannot REASON; return`.
cannot()
{
	echo "# not tried on this machine: $BATS_TEST_DESCRIPTION: $*" >&3
}

fail()
{
	echo "$*"
	return 1
}

# inside ARG...: run sbox with nothing on stdin, bounded in time; sets status,
# output (stdout) and stderr. What is outside by then is a canary.
inside()
{
	[ -n "${CANARIES:-}" ] || canaries_set
	run --separate-stderr timeout -k 5 "$LIMIT" "$SBOX" "$@" </dev/null
}

# inside_sh TEXT: shell text inside.
inside_sh() { inside -- /bin/sh -c "$1"; }

# attack NAME ARG...: an attack program, copied into the project, run inside.
attack_copy()
{
	[ -x "$ATTACK/$1" ] || fail "$ATTACK/$1: not built"
	install -m 755 "$ATTACK/$1" "$PROJ/.attack-$1"
}
attack()
{
	local name=$1

	shift
	attack_copy "$name"
	inside "${SBOX_ARGS[@]}" -- "$PROJ/.attack-$name" "$@"
}
SBOX_ARGS=()

show()
{
	printf 'status %s\nstdout: %s\nstderr: %s\n' "$status" "$output" \
		"${stderr:-}"
}

is_status()
{
	[ "$status" -eq "$1" ] && return 0
	echo "expected status $1"
	show
	return 1
}
succeeds() { is_status 0; }

# prints TEXT: exactly this on stdout. has/lacks: a substring of stdout.
prints()
{
	[ "$output" = "$1" ] && return 0
	printf 'expected stdout: %s\n' "$1"
	show
	return 1
}
has()
{
	[[ $output == *"$1"* ]] && return 0
	printf 'expected in stdout: %s\n' "$1"
	show
	return 1
}
lacks()
{
	[[ $output != *"$1"* ]] && return 0
	printf 'must not be in stdout: %s\n' "$1"
	show
	return 1
}
# matches ERE: of a whole line of stdout; says ERE: of any part of stderr.
matches()
{
	grep -Eqx -- "$1" <<<"$output" && return 0
	printf 'no line of stdout matches: %s\n' "$1"
	show
	return 1
}
no_match()
{
	grep -Eqx -- "$1" <<<"$output" || return 0
	printf 'a line of stdout matches: %s\n' "$1"
	show
	return 1
}
says()
{
	grep -Eq -- "$1" <<<"$stderr" && return 0
	printf 'stderr does not say: %s\n' "$1"
	show
	return 1
}
no_secret()
{
	[[ $output != *"$SECRET"* && ${stderr:-} != *"$SECRET"* ]] && return 0
	echo "a canary's content came out"
	show
	return 1
}

# No line of a file, and no byte of stderr, matches. (A command behind "!" fails
# no test.)
absent()
{
	grep -E -- "$1" "$2" || return 0
	echo "in $2, must not match: $1"
	return 1
}
no_bytes()
{
	LC_ALL=C grep -q -- "$1" <<<"$stderr" || return 0
	cat -v <<<"$stderr"
	return 1
}

# Refused by sbox itself: status 125, one clear line (and perhaps a hint), not
# a byte on stdout, no control characters, and the canary command did not run.
refused()
{
	local rest

	is_status 125
	prints ""
	[ -n "$stderr" ] || fail "nothing on stderr"
	if LC_ALL=C grep -q $'[\001-\010\013-\037\177]' <<<"$stderr"; then
		show | cat -v
		fail "a control character on stderr"
	fi
	rest=$(grep -v '^sbox: hint: ' <<<"$stderr" || true)
	if [ "$(wc -l <<<"$rest")" -ne 1 ] || [[ $rest != "sbox: "* ]]; then
		show
		fail "expected one line of error, and hints"
	fi
	[ ! -e "$PROJ/ran" ] || fail "the command was run"
}

# Wait until a command holds, at most $1 seconds.
wait_for()
{
	local end=$((SECONDS + $1))

	shift
	until "$@"; do
		[ $SECONDS -lt $end ] || return 1
		sleep 0.05
	done
}

# Host processes whose command line contains $1, ours excepted.
processes_with()
{
	local f

	for f in /proc/[0-9]*/cmdline; do
		[ "$f" = "/proc/$$/cmdline" ] && continue
		tr '\0' ' ' 2>/dev/null <"$f" | grep -qF -- "$1" || continue
		f=${f#/proc/}
		echo "${f%/cmdline}"
	done
}
none_with() { [ -z "$(processes_with "$1")" ]; }
some_with() { [ -n "$(processes_with "$1")" ]; }
