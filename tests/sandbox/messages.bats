#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# shellcheck disable=SC2016,SC2034 # shell text for inside; used by helper.bash
# What the user is told beside the command's own output: warnings of what was
# asked for, what failed and its cure, and what -v adds.

load helper

@test "a command that can't be executed: each reason has its own hint" {
	inside -- 'ls -l'
	is_status 127
	says "hint: .*-c 'TEXT'"
	touch plain
	inside -- ./plain
	is_status 126
	says 'hint: .*chmod \+x'
	printf '#!/no/such/interpreter\n' >script
	chmod +x script
	inside -- ./script
	is_status 127
	says 'hint: .*interpreter'
	inside -- no-such-command
	is_status 127
	says 'hint: only what is shown'
	inside -- cd x
	is_status 127
	says "hint: only what is shown.* built in .*-c 'TEXT'"
	local w
	for w in FOO=1 _f2=/bin/sh 'FOO=a b'; do
		inside -- "$w" make
		is_status 127
		says 'hint: .*--env FOO=1'
	done
	for w in 2F=1 =1 F.O=1; do
		inside -- "$w" make
		is_status 127
		says 'hint: only what is shown'
	done
}

@test "where there are no namespaces to be had, it is said which switch that is" {
	local setup='echo 0 >/proc/sys/user/max_user_namespaces && exec "$@"'
	run -125 --separate-stderr unshare -Ur sh -c "$setup" sh \
		"$SBOX" /bin/touch ran
	says 'hint: sudo sysctl user.max_user_namespaces='
	[ ! -e ran ]
	# in a sandbox of our own
	inside --ro "$TOP" --ro "${SBOX%/*}" -- "$SBOX" /bin/touch ran
	is_status 125
	says "hint: .* sbox itself can't be nested"
	# where its profiles aren't shown
	PATH=${SBOX%/*}:$PATH inside -- sbox /bin/touch ran
	is_status 125
	says "profiles: none found"
	says "hint: .* sbox itself can't be nested"
	[ ! -e ran ]
}

@test "--hide of what isn't there is said, of everything refused" {
	inside --hide .evn -- /bin/true
	succeeds
	says 'warning: --hide: .*/\.evn: isn.t there'
	touch .env
	inside --hide .env -- /bin/cat .env
	succeeds
	[ -z "$stderr" ]
	# a profile may name what only some projects have
	inside --profile strict --set 'env.unset=["X"]' -- /bin/true
	[ -z "$stderr" ]
	local w
	for w in / . ./; do
		inside --hide "$w" -- /bin/touch ran
		refused
	done
}

@test "a writable home is warned of" {
	cd "$HOME"
	mkdir -p .config/sbox # sbox's own, which it would make
	inside --force-cwd -- /bin/true
	succeeds
	says 'warning: .*the home is in it'
}

@test "git beneath a repository's top: it is said where the top is" {
	git init -q .
	mkdir -p a/b
	cd a/b
	inside -- git rev-parse --show-toplevel
	[ "$status" -ne 0 ]
	says "warning: git: $PROJ is a repository, which isn't shown"
	inside --rw "$PROJ" -- git rev-parse --show-toplevel
	succeeds
	prints "$PROJ"
	[ -z "$stderr" ]
	# other commands don't ask, and -v tells
	inside -- /bin/true
	[ -z "$stderr" ]
	inside -v -- /bin/true
	says "git: $PROJ is a repository"
}

@test "the time limit says that it was it" {
	inside --timeout 200ms -- /bin/sleep 60
	is_status 124
	says 'warning: limits.time: ended after 200 ms'
}

@test "--verbose: profile, home and network, and what was skipped" {
	inside -v --ro-try /no/such --home kept -- /bin/true
	succeeds
	says '^sbox: profile: base$'
	says '^sbox: home: kept$'
	says '^sbox: network: none$'
	says '/no/such: isn.t there'
	inside -- /bin/true
	[ -z "$stderr" ]
}

@test "a connection that finds nobody has a hint, to an address as well" {
	inside -- /usr/bin/python3 -c 'import socket
socket.create_connection(("127.0.0.1", 9))'
	[ "$status" -ne 0 ]
	says 'hint: connections inside found nobody'
	inside -- /usr/bin/python3 -c 'import socket
socket.create_connection(("192.0.2.1", 80))'
	[ "$status" -ne 0 ]
	says 'hint: .*--allow ADDRESS:PORT'
	inside -- /bin/false
	[ -z "$stderr" ]
}

@test "a published port where nobody listens isn't a connection of the inside's" {
	local port failed=
	timeout -k 5 "$LIMIT" "$SBOX" --publish auto:3000 -- /bin/sh -c \
		'while [ ! -e tried ]; do sleep 0.1; done; exit 1' \
		</dev/null 2>"$SCRATCH/said" 3>&- &
	wait_for 10 grep -q 'reaches the sandbox' "$SCRATCH/said"
	port=$(sed -n 's/.*127\.0\.0\.1:\([0-9]*\) .*/\1/p' "$SCRATCH/said")
	# closed when both addresses were tried
	read -r -N 1 <>"/dev/tcp/127.0.0.1/$port" 2>/dev/null || true
	touch tried
	wait $! || failed=1
	[ "$failed" ]
	run -1 grep 'found nobody' "$SCRATCH/said"
}

@test "what is allowed and fails outside is said at the end" {
	inside --port 9 -- /usr/bin/python3 -c 'import socket
socket.create_connection(("127.0.0.1", 9)).recv(1)'
	says 'warning: failed: 127\.0\.0\.1 port 9: Connection refused'
	inside --via socks5h://127.0.0.1:9 --allow example.org -- \
		/usr/bin/python3 -c 'import socket
s = socket.create_connection(("example.org", 80))
s.sendall(b"GET / HTTP/1.1\r\nHost: example.org\r\n\r\n")
s.recv(1)'
	says 'warning: failed: example\.org port 80: the SOCKS server 127\.0\.0\.1:9: Connection refused'
}

@test "errors name what cures them" {
	inside --profile strict.json -- /bin/touch ran
	refused
	says 'hint: leave out "\.json"'
	inside --limit foo=1 -- /bin/touch ran
	refused
	says 'hint: memory, cpu, pids'
	inside --tmpfs no-such -- /bin/touch ran
	refused
	says 'hint: make the directory first'
	inside --limit tmp=1K -- /bin/touch ran
	refused
	says 'hint: limits.tmp'
	inside --hide / -- /bin/touch ran
	refused
	says 'hint: name what'
	printf '{"extends":["base"],"fs":{"read":["/no/such"]}}' \
		>"$HOME/my.json"
	canaries_set
	inside --profile "$HOME/my.json" -- /bin/touch ran
	refused
	says 'hint: .*fs.readTry'
	inside --profile='~/my.json' -- /bin/touch ran
	refused
	says 'fs\.read\[0\]: /no/such'
	XDG_STATE_HOME=/proc/no inside --allow example.org -- /bin/touch ran
	refused
	says 'hint: .*XDG_STATE_HOME'
}

# --- a command's profile ------------------------------------------------------

@test "a program of the project's own picks no profile by its name" {
	mkdir -p "$HOME/.config/sbox" d
	printf '{ "extends": ["base"], "env": { "set": { "GIVEN": "1" } } }' \
		>"$HOME/.config/sbox/tool.json"
	printf '#!/bin/sh\necho "given $GIVEN"\n' >tool
	chmod +x tool
	cp tool d/tool
	local w
	for w in ./tool d/tool "$PROJ/tool" ./d/../tool; do
		inside -- "$w"
		prints "given "
	done
	# nor by a link or ".." that leads into the project
	ln -s "$PROJ" "$SCRATCH/link"
	for w in "$SCRATCH/link/tool" "$HOME/../${PROJ#"$SCRATCH"/}/tool"; do
		inside --ro "$SCRATCH/link" -- "$w"
		prints "given "
	done
	# not by PATH either
	PATH=$PROJ:$PATH inside -- tool
	[ "$status" -eq 127 ]
	inside --profile tool -- ./tool
	prints "given 1"
	mkdir -p "$HOME/bin"
	cp tool "$HOME/bin/tool"
	canaries_set
	inside --ro "$HOME/bin" -- "$HOME/bin/tool"
	prints "given 1"
}

@test "a part of PATH that is left out is told of when it has the command, and only then" {
	mkdir -p .venv/bin
	printf '#!/bin/sh\necho mine\n' >.venv/bin/onlyhere
	cp .venv/bin/onlyhere .venv/bin/id
	chmod 755 .venv/bin/*
	local w
	for w in onlyhere id; do
		PATH=$PROJ/.venv/bin:$PATH inside -- "$w"
		lacks mine
		says "PATH: $PROJ/.venv/bin is left out: it is writable inside"
		says "sbox $PROJ/.venv/bin/$w runs what is there"
		inside -- "$PROJ/.venv/bin/$w"
		prints mine
	done
	PATH=$PATH:$PROJ/.venv/bin inside -- id
	succeeds
	[ -z "$stderr" ]
	PATH=$PROJ/.venv/bin:$PATH inside -- cat
	succeeds
	[ -z "$stderr" ]
}
