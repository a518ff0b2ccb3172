#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# shellcheck disable=SC2016,SC2034 # shell text for inside; used by helper.bash
# Limits that a delegated cgroup v2 subtree holds. Where there is none, nothing
# is tried: tests/vm.sh makes a machine that has one.

load helper

# A cgroup of our own beside ours, empty, with all controllers: $CG.
test_setup()
{
	local mnt own c
	CG=
	mnt=$(awk '$3 == "cgroup2" { print $2; exit }' /proc/mounts)
	own=$(sed -n 's/^0:://p' /proc/self/cgroup)
	[ -n "$mnt" ] && [ -n "$own" ] || return 0
	[ "$own" = / ] || own=${own%/*}
	own=$mnt$own
	for c in memory cpu pids; do
		grep -qw $c "$own/cgroup.controllers" || return 0
		grep -qw $c "$own/cgroup.subtree_control" ||
			echo +$c 2>/dev/null >"$own/cgroup.subtree_control" ||
			return 0
	done
	mkdir "$own/sbox-test-$$" && CG=$own/sbox-test-$$
}

test_teardown()
{
	[ -n "$CG" ] || return 0
	echo 1 >"$CG/cgroup.kill" || true
	wait_for 5 rmdir "$CG" 2>/dev/null || fail "$(find "$CG" -type d)"
}

have_cgroup()
{
	[ -n "$CG" ] || { cannot "no cgroup v2 with memory, cpu and pids"; return 1; }
}

# delegated ARG...: sbox, alone in $CG. Afterwards it is as it was.
delegated()
{
	[ -n "${CANARIES:-}" ] || canaries_set
	run --separate-stderr timeout -k 5 "$LIMIT" bash -c \
		'echo $$ >"$1/cgroup.procs" && shift && exec "$@"' bash "$CG" \
		"$SBOX" "$@" </dev/null
	[ -z "$(find "$CG" -mindepth 1 -type d)" ] ||
		fail "left behind: $(find "$CG" -mindepth 1 -type d)"
	[ -z "$(cat "$CG/cgroup.subtree_control")" ] ||
		fail "left on: $(cat "$CG/cgroup.subtree_control")"
}

@test "memory: what takes more is killed, with all of the sandbox" {
	have_cgroup || return 0
	delegated --limit memory=48M -- /bin/sh -c 'sleep 300 & echo started
		head -c 200M /dev/zero | tail -c 200M | wc -c; echo survived'
	[ "$status" -ge 125 ] || fail "$(show)"
	prints started
	none_with "sleep 300"
}

@test "memory: what takes less is not touched, and the files of /tmp count" {
	have_cgroup || return 0
	delegated --limit memory=64M -- /bin/sh -c \
		'head -c 8M /dev/zero | tail -c 8M | wc -c'
	succeeds
	prints 8388608
	delegated --limit memory=48M --limit tmp=400M -- /bin/sh -c \
		'head -c 200M /dev/zero >/tmp/big; echo all'
	[ "$status" -ne 0 ]
	lacks all
}

throttled() { grep -q '^nr_throttled [1-9]' "$CG"/sbox-*/cpu.stat; }

@test "cpu: a share of one processor" {
	have_cgroup || return 0
	canaries_set
	bash -c 'echo $$ >"$1/cgroup.procs" && exec "$2" --limit cpu=10% -- \
		/bin/sh -c "while :; do :; done"' bash "$CG" "$SBOX" \
		</dev/null 3>&- &
	local pid=$!
	wait_for 60 throttled 2>/dev/null || { kill $pid; fail "never held back"; }
	[ "$(cat "$CG"/sbox-[0-9]*/cpu.max)" = "10000 100000" ]
	kill $pid
	wait $pid || true
}

@test "pids: root too is held" {
	have_cgroup || return 0
	attack_copy forkbomb
	CANARIES=
	delegated --limit pids=50 -- ./.attack-forkbomb 400
	succeeds
	[ "$output" -le 50 ] && [ "$output" -ge 10 ] || fail "$output"
	# and without being asked, where there is a cgroup anyway
	delegated --limit cpu=90% -- ./.attack-forkbomb 6000
	[ "$output" -le 4096 ] || fail "$output"
}

@test "a cgroup that holds other processes is an error, whatever is limited" {
	have_cgroup || return 0
	sleep 300 3>&- &
	local pid=$! l
	echo $pid >"$CG/cgroup.procs"
	for l in memory=64M cpu=50% pids=50; do
		# an ordinary user's processes need none
		is_root || [ $l != pids=50 ] || continue
		delegated --limit $l -- /bin/touch ran
		refused || fail "$l"
		says 'without other processes'
		says 'hint: systemd-run'
	done
	kill $pid
}

@test "--userns: the payload can neither raise its limits nor leave them" {
	have_cgroup || return 0
	need unshare
	delegated --userns --limit memory=48M -- /bin/sh -c '
		unshare -Urm --cgroup /bin/sh -c "
			mount -t cgroup2 c /tmp && cd /tmp && echo mounted
			echo max >memory.max; echo max >../memory.max
			mkdir x && echo 0 >x/cgroup.procs; mkdir x/y
			echo 0 >../cgroup.procs
			cd /; head -c 200M /dev/zero | tail -c 200M | wc -c
			echo survived" 2>/dev/null
		head -c 200M /dev/zero | tail -c 200M | wc -c; echo survived'
	lacks survived
	lacks 209715200
}
