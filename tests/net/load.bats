#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# The gateway under load, judged from outside: by the servers' logs, its own
# log, and what the kernel says of its processes. load.py is both ends.

load net

AROUND=() # in front of sbox

test_setup()
{
	LOG=$HOME/.local/state/sbox/log/network.jsonl
	cp "$TOP/tests/net/load.py" "$PROJ/load.py"
	SERVED=$SCRATCH/served
	mkfifo "$SCRATCH/ready"
	/usr/bin/python3 "$TOP/tests/net/load.py" serve 45.80.2.1 7000 \
		"$SERVED" >"$SCRATCH/ready" 3>&- &
	SERVER=$!
	read -r _ <"$SCRATCH/ready"
	HARD=$(ulimit -Hn)
}

test_teardown()
{
	kill "$SERVER" ${STARTED:+"$STARTED"} 2>/dev/null || true
	wait "$SERVER" 2>/dev/null || true
}

# load [OPTION...] -- NAME ARG...: a function of load.py's, inside
load_inside()
{
	load_start "$@"
	load_finish
}

# The same, while the test goes on; load_finish waits for its end.
load_start()
{
	# the server is this host, which must be allowed by address, too
	local -a options=(--allow tcp:load.lab.example:7000
		--allow 45.80.2.1:7000 --allow web.lab.example)

	while [ "$1" != -- ]; do
		options+=("$1")
		shift
	done
	shift
	canaries_set
	timeout -k 5 "$LIMIT" "${AROUND[@]}" "$SBOX" "${options[@]}" -- \
		/usr/bin/python3 load.py "$@" </dev/null >"$SCRATCH/out" \
		2>"$SCRATCH/err" 3>&- &
	STARTED=$!
}
load_finish()
{
	status=0
	wait "$STARTED" || status=$?
	output=$(cat "$SCRATCH/out")
	stderr=$(cat "$SCRATCH/err")
}

# The gateway's memory can be read by nobody but root. An ordinary user starts
# sbox as the root of a user namespace, and is root there as well.
measured() { is_root || AROUND=(unshare -r); }
beside()
{
	if is_root; then
		"$@"
	else
		nsenter -U --preserve-credentials -t "$(gateway)" "$@"
	fi
}
# PSS in KiB of processes.
pss()
{
	local p

	for p in $1; do
		beside sed -n 's/^Pss: *\([0-9]*\) kB/\1/p' "/proc/$p/smaps_rollup"
	done | paste -sd+ | bc
}

# As many connections as sbox-gateway(8) allows with this hard limit.
most()
{
	local pipes=$(($1 / 8))

	[ $pipes -le 512 ] || pipes=512
	# listeners: the name server's two, ports 80, 443 and 7000
	echo $((($1 - pipes - 288 - 5) / 2))
}

# How many connections the server has been sent so far, and how many are open.
came() { count '^[+]' "$SERVED"; }

# ceiling N: what is told of 10000 attempts when N may be open
ceiling_is()
{
	succeeds
	matches "kept $1 order [+]- slowest True"
	[ "$(grep -cx "still $1" <<<"$output")" -eq 1 ]
	matches "again 10"
	matches "still $(($1 - 10))"
	# and the server never saw another one
	[ "$(came)" -eq $(($1 + 10)) ]
	says "refused: [*]: $2 \\([0-9]+ times\\)"
	grep -F '"name":"*"' "$LOG" | grep -F '"verdict":"refused"' |
		grep -qF "\"reason\":\"$2\""
}

@test "10000 connections: the default ceiling resets in order, drops none" {
	local n
	n=$(most "$HARD")
	[ "$n" -lt 4096 ] || n=4096
	ulimit -Sn 1024
	load_inside -- ceiling 10000
	if [ "$n" -eq 4096 ]; then
		ceiling_is 4096 "net.limits.connections are open"
	else
		ceiling_is "$n" "the hard limit on open files allows no more connections"
	fi
}

@test "10000 connections with 4096 open files: the ceiling is what the manual says" {
	ulimit -n 4096
	load_inside --set net.limits.connections=10000 -- ceiling 10000
	ceiling_is "$(most 4096)" \
		"the hard limit on open files allows no more connections"
}

@test "net.limits.connections: exactly so many, one less is one more" {
	load_inside --set net.limits.connections=50 -- edge 50
	succeeds
	prints "kept 50
more [None, None, None, None, None]
again True None
kept 50"
	[ "$(came)" -eq 51 ]
	says 'net\.limits\.connections'
}

@test "net.limits.bytes: exactly so many, both ways" {
	load_inside --set 'net.limits.bytes="1000000"' -- exactly 1000000
	succeeds
	prints "passed 1000000
one more False
another False
new None"
	[ "$(came)" -eq 2 ]
	says '^sbox: warning: refused: load.lab.example port 7000: net.limits.bytes is used up \(3 times\)$'
}

# What the server has received on connections that ended.
sent() { sed -n 's/^- //p' "$SERVED" | paste -sd+ | bc; }
all_ended() { [ "$(count '^-' "$SERVED")" -eq "$(came)" ]; }

@test "net.limits.bytes: not even many connections at once pass more" {
	local most=3000000 both
	load_inside --set "net.limits.bytes=\"$most\"" -- flood 100
	succeeds
	matches "open 100"
	wait_for 5 all_ended
	both=$((${output##* } + $(sent)))
	echo "$both"
	# what is on its way when all are cut off arrives nowhere
	[ $both -gt $((most / 10)) ] && [ $both -le $((most + 1)) ]
}

@test "the resolver dies: who waits is refused at once, who comes too, and it is said" {
	local r
	load_start -- names 50
	wait_for 10 test -e begin
	r=$(processes_with "sbox-gateway --resolver")
	kill -STOP "$r"
	touch go-begin
	wait_for 10 test -e asked
	kill -KILL "$r"
	touch go-asked
	load_finish
	prints "late 0 True
new None True
address True"
	[ "$(came)" -eq 1 ]
	says 'load.lab.example port 7000: the resolver has died: .* [(]51 times[)]'
	decision load.lab.example | grep -F '"verdict":"refused"' |
		grep -F '"reason":"the resolver has died'
}

# The gateway itself, without its resolver.
gateway()
{
	local p

	for p in $(processes_with sbox-gateway); do
		[ "$(tr '\0' ' ' <"/proc/$p/cmdline")" != "sbox-gateway " ] ||
			echo "$p"
	done
}

@test "a user's descriptors in flight used up: a visitor is turned away, later ones are not" {
	local p
	load_start --publish auto:3000 -- crowded 3000
	wait_for 30 test -e full
	p=$(sed -n 's/.*127.0.0.1:\([0-9]*\) reaches.*/\1/p' "$SCRATCH/err")
	run /usr/bin/python3 load.py greeted "$p"
	prints ConnectionResetError
	touch go-full
	wait_for 10 test -e empty
	touch go-empty
	run /usr/bin/python3 load.py greeted "$p"
	prints "b'hello'"
	run /usr/bin/python3 load.py greeted "$p"
	prints "b'hello'"
	load_finish
	succeeds
	prints "OSError True"
}

@test "the gateway is killed: every connection ends at once, and no new one begins" {
	local p v
	load_start --publish auto:3000 -- killed 3000
	wait_for 10 grep -q 127.0.0.1: "$SCRATCH/err"
	p=$(sed -n 's/.*127.0.0.1:\([0-9]*\) reaches.*/\1/p' "$SCRATCH/err")
	/usr/bin/python3 load.py visit "$p" >"$SCRATCH/visit" 3>&- &
	v=$!
	wait_for 10 test -e up
	kill -KILL "$(gateway)"
	: >"$SERVED"
	touch go-up
	load_finish
	succeeds
	prints "flows 82 late 0 True
known ConnectionRefusedError
name gaierror
other gaierror
dns ConnectionRefusedError
direct OSError"
	wait "$v"
	[ "$(cat "$SCRATCH/visit")" = "visit True
another ConnectionRefusedError" ]
	# nothing came to the server since, by whatever way
	[ "$(came)" -eq 0 ]
	says '^sbox: gateway: it was killed by signal 9: the sandbox had no network'
	none_with sbox-gateway
}

@test "what was open at the end is logged, however busy the gateway was" {
	local n hogs
	n=$(most "$HARD")
	[ "$n" -lt 3500 ] || n=3500
	AROUND=(taskset -c 0)
	for _ in 1 2 3 4 5; do
		taskset -c 0 timeout 60 sh -c 'while :; do :; done' 3>&- &
		hogs+=" $!"
	done
	load_inside -- busy "$n"
	# shellcheck disable=SC2086 # numbers
	kill $hogs
	succeeds
	[ "$(grep -c '"name":"web.lab.example"' "$LOG")" -eq $((n + 1)) ]
	grep -q '"sent":3000[0-9][0-9],' "$LOG"
	says 'refused.example'
	no_bytes 'did not end'
}

@test "readers that don't read and senders that dawdle: others are as fast, memory is bounded" {
	local size after pipes
	measured
	load_start -- slow 300
	wait_for 30 test -e slow
	size=$(pss "$(gateway)")
	pipes=$(beside ls -l "/proc/$(gateway)/fd" 2>/dev/null |
		grep -c 'pipe:')
	touch go-slow
	wait_for 30 test -e after
	after=$(pss "$(gateway)")
	touch go-after
	load_finish
	succeeds
	# all of them after 10 seconds
	prints "fast True
bulk True
hoarded 200
443 50 True
80 20 True
80 50 True
readers 300"
	[ "$(grep -cF '"nothing was said in time"' "$LOG")" -eq 320 ]
	echo "PSS: $size, then $after KiB; descriptors of pipes: $pipes"
	# 200 heads of 64 KiB at most
	[ "$size" -lt 16000 ] && [ "$after" -lt 5000 ]
	# 256 pipes, and those that are none of its own
	[ "$pipes" -ge 512 ] && [ "$pipes" -lt 520 ]
}

@test "idle: gateway and resolver take less than 6 MB, 9000 connections 80 MB" {
	local n small size files
	measured
	n=$(most "$HARD")
	[ "$n" -lt 9000 ] || n=9000
	load_start --set net.limits.connections=10000 -- idle "$n"
	wait_for 10 test -e nothing
	small=$(pss "$(processes_with sbox-gateway)")
	touch go-nothing
	wait_for 30 test -e idle
	size=$(pss "$(processes_with sbox-gateway)")
	files=$(beside ls "/proc/$(gateway)/fd" | wc -l)
	touch go-idle
	load_finish
	succeeds
	prints "open $n
still $n"
	echo "PSS: $small, with $n connections $size KiB; descriptors: $files"
	[ "$small" -lt 6000 ] && [ "$size" -lt 80000 ]
	# two a connection: an idle one has no pipe
	[ "$files" -le $((2 * n + 100)) ]
}
