#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# shellcheck disable=SC2016,SC2034 # shell text for inside; used by helper.bash
# A unix socket that a process of the host has bound answers whoever finds it,
# from another network namespace and through a read-only mount: it must not be
# found, whatever name it was bound under. What listens outside writes what it
# hears to $SCRATCH/heard.

load helper

test_teardown()
{
	[ -z "${pid:-}" ] || kill "$pid" 2>/dev/null || true
}

# listen DIR NAME: bound by a host's process in DIR, under NAME.
listen()
{
	(cd "$1" && exec "$ATTACK/unix" listen "$2" "$SCRATCH/heard") \
		>"$SCRATCH/ready" 3>&- &
	pid=$!
	wait_for 5 grep -q ready "$SCRATCH/ready"
	rm -f "$SCRATCH/ready"
	: >"$SCRATCH/heard"
}

# The listener works: else every test here would pass.
answers()
{
	"$ATTACK/unix" send "$1" honest >/dev/null
	wait_for 5 test -s "$SCRATCH/heard"
	: >"$SCRATCH/heard"
}

# silent ARG...: nothing that the payload sends to NAME (the last one) is heard.
silent()
{
	answers "${*: -1}"
	SBOX_ARGS=("${@:1:$#-1}")
	attack unix send "${*: -1}" evil
	has "connect: "
	sleep 0.2
	[ ! -s "$SCRATCH/heard" ] || fail "heard; $output"
	kill -0 "$pid"
}

@test "a socket bound under a relative name is out of reach" {
	mkdir -p "$PROJ/run/deep"
	listen "$PROJ/run/deep" ./app.sock
	silent "$PROJ/run/deep/app.sock"
}

@test "a socket bound through a link is out of reach" {
	ln -s "$PROJ" "$SCRATCH/link"
	listen / "$SCRATCH/link/app.sock"
	silent "$PROJ/app.sock"
}

@test "a socket with a newline in its name is out of reach" {
	listen / "$PROJ/a"$'\n'"b"
	silent "$PROJ/a"$'\n'"b"
}

@test "a socket whose directory was moved since is out of reach" {
	mkdir "$PROJ/old"
	listen / "$PROJ/old/app.sock"
	mv "$PROJ/old" "$PROJ/new"
	silent "$PROJ/new/app.sock"
}

@test "a socket's second name is out of reach" {
	listen / "$PROJ/app.sock"
	ln "$PROJ/app.sock" "$PROJ/other"
	ln "$PROJ/app.sock.d" "$PROJ/other.d"
	silent "$PROJ/other"
}

@test "a socket in what --ro shows is out of reach, relative or not" {
	listen "$HOME/docs" app.sock
	silent --ro "$HOME/docs" "$HOME/docs/app.sock"
	kill "$pid"
	CANARIES=
	listen / "$HOME/docs/abs.sock"
	silent --ro "$HOME/docs" "$HOME/docs/abs.sock"
}

@test "a socket that is named itself is shown" {
	listen "$HOME/docs" app.sock
	SBOX_ARGS=(--ro "$HOME/docs/app.sock")
	attack unix send "$HOME/docs/app.sock" wanted
	wait_for 5 grep -q wanted "$SCRATCH/heard"
}

@test "a socket that the last sandbox put out of sight is out of reach" {
	mkdir "$PROJ/run"
	listen / "$PROJ/run/app.sock"
	chmod 0 "$PROJ/run"
	attack_copy unix
	inside -- /bin/sh -c 'chmod 755 run; ./.attack-unix send run/app.sock evil'
	sleep 0.5
	[ ! -s "$SCRATCH/heard" ]
	chmod 755 "$PROJ/run"
	answers "$PROJ/run/app.sock"
}

@test "a directory that cannot be searched for a lost socket is a refusal" {
	# root searches everything
	is_root && return 0
	mkdir "$PROJ/blind"
	chmod 300 "$PROJ/blind"
	inside -- /bin/true
	succeeds
	CANARIES=
	listen "$HOME/docs" app.sock
	inside -- /bin/touch ran
	refused
	says 'hint: ss -xlp'
}
