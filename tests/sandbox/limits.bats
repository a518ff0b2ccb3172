#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# shellcheck disable=SC2016,SC2034 # shell text for inside; used by helper.bash
# Every limit, by something that would pass it.

load helper

# escapes: 67
@test "processes have a bound without being asked: a fork bomb ends" {
	is_root && ! cgroup_pids && {
		cannot "root is not held by RLIMIT_NPROC, and there is no cgroup"
		return
	}
	attack forkbomb 60000
	[ "$output" -lt 60000 ] || fail "made $output"
}

@test "--limit pids bounds processes and threads" {
	if is_root && ! cgroup_pids; then
		# enforced or refused, never ignored in silence
		SBOX_ARGS=(--limit pids=50)
		attack forkbomb 400
		if [ "$status" -eq 125 ]; then
			says 'hint: '
		else
			[ "$output" -le 50 ]
		fi
		return
	fi
	SBOX_ARGS=(--limit pids=50)
	attack forkbomb 400
	succeeds
	[ "$output" -le 50 ] && [ "$output" -ge 10 ] || fail "$output"
	attack forkbomb 400 threads
	[ "$output" -le 50 ] || fail "$output"
}

@test "what the kernel counts by user is not all for the inside" {
	local queued
	queued=$(ulimit -i)
	inside -- /usr/bin/python3 -c '
import ctypes, os
libc, n = ctypes.CDLL(None), 0
while libc.inotify_init1(0) >= 0: n += 1
print("inotify", 0 < n <= 48)
n = 0
try:
    while True: os.open("/dev/ptmx", os.O_RDWR | os.O_NOCTTY); n += 1
except OSError: pass
print("terminals", 0 < n <= 256)'
	succeeds
	has 'inotify True'
	has 'terminals True'
	inside -- /bin/cat /proc/sys/user/max_inotify_watches
	((output * 2 <= $(cat /proc/sys/fs/inotify/max_user_watches)))
	inside_sh 'ulimit -i'
	[ "$queued" = unlimited ] || ((output <= queued / 2))
}

@test "no core is dumped, to a file or to the host's program" {
	local soft
	for soft in 0 unlimited; do
		run --separate-stderr prlimit --core=$soft: "$SBOX" -- /bin/sh -c \
			'grep core /proc/self/limits; kill -SEGV $$' </dev/null
		is_status 139
		matches 'Max core file size +1 +1 +bytes *'
	done
	[ -z "$(ls -A)" ]
}

@test "the limit of core dumps stays, for who lowers it as well" {
	need python3
	cat >lower.py <<-'END'
	import ctypes, os, resource
	libc, none = ctypes.CDLL(None), (ctypes.c_ulong * 2)()
	for core in 4, 4 | 1 << 32:
	    for old in None, (ctypes.c_ulong * 2)():
	        libc.syscall(302 if os.uname().machine == "x86_64" else 261, 0,
	                     ctypes.c_ulong(core), none, old)
	    libc.syscall(160 if os.uname().machine == "x86_64" else 164,
	                 ctypes.c_ulong(core), none)
	print(resource.getrlimit(4))
	resource.setrlimit(resource.RLIMIT_CORE, (0, 0)) # no error
	resource.setrlimit(resource.RLIMIT_NOFILE, (99, 99))
	print(resource.getrlimit(4), resource.getrlimit(resource.RLIMIT_NOFILE))
	END
	local profile
	for profile in base strict nested; do
		inside --profile $profile -- /usr/bin/python3 lower.py
		prints "(1, 1)
(1, 1) (99, 99)"
	done
}

@test "no priority above the host's, where the user may have one" {
	local raised=(prlimit --rtprio=50 --nice=30)
	if ! "${raised[@]}" true 2>/dev/null; then
		cannot "no more than 0 may be had here"
		raised=()
	fi
	run --separate-stderr "${raised[@]}" "$SBOX" -- /bin/bash -c \
		'ulimit -r; ulimit -e; nice -n -1 /bin/true' </dev/null
	[[ $output = "0"$'\n'"0"* ]] || fail "$output"
	[[ $stderr = *"cannot set niceness"* ]] || fail "$stderr"
}

@test "a sandbox that is full of processes can still be ended" {
	attack_copy forkbomb
	canaries_set
	local start=$SECONDS
	SBOX_ARGS=(--limit pids=100)
	is_root && SBOX_ARGS=()
	run timeout "$LIMIT" "$SBOX" "${SBOX_ARGS[@]}" --timeout 2s -- \
		/bin/sh -c './.attack-forkbomb 60; sleep 100' </dev/null
	is_status 124
	[ $((SECONDS - start)) -lt 30 ]
	none_with "$PROJ/.attack-forkbomb"
}

@test "--limit files bounds open descriptors" {
	inside --limit files=64 -- /bin/sh -c 'ulimit -n; ulimit -Hn'
	prints "64
64"
	inside --limit files=64 -- /bin/sh -c 'ulimit -n 65 2>/dev/null && echo more
		true'
	prints ""
}

@test "--limit fileSize bounds a file" {
	inside --limit fileSize=1M -- /bin/sh -c 'head -c 3000000 /dev/zero >big'
	[ "$status" -ne 0 ]
	[ "$(stat -c %s big)" -le 1048576 ]
}

@test "a caller's low limit for files costs the cache of filters, and no more" {
	canaries_set
	# (to a pipe: what bats takes is a file, with the same limit)
	output=$({ ulimit -f 1; "$SBOX" -v -- /bin/sh -c '
		grep SigIgn /proc/self/status; head -c 2000 /dev/zero >big' \
		2>&1 </dev/null; echo "status $?"; } | cat)
	matches 'SigIgn:.[0-9a-f]{9}[02468ace][0-9a-f]{6}'
	has 'the filter is not kept: File too large'
	matches 'status 153'
	[ -z "$(ls -A "$HOME/.cache/sbox/filters")" ]
	output=$(trap '' XFSZ; ulimit -f 1; "$SBOX" -- /bin/grep SigIgn \
		/proc/self/status 2>&1 </dev/null | cat)
	matches 'SigIgn:.[0-9a-f]{9}[13579bdf][0-9a-f]{6}'
}

@test "--limit cpuTime ends what burns" {
	local start=$SECONDS
	inside --limit cpuTime=1s -- /bin/sh -c 'while :; do :; done'
	[ "$status" -eq 152 ] || [ "$status" -eq 137 ] || fail "$(show)"
	[ "$status" -ge 128 ]
	[ $((SECONDS - start)) -lt 20 ]
}

@test "at the time limit: SIGTERM first, and the command may end well" {
	inside --timeout 1s -- /bin/sh -c 'trap "echo got TERM; exit 0" TERM
		while :; do sleep 0.05; done'
	is_status 124
	prints "got TERM"
}

@test "at the time limit what ignores SIGTERM is killed after the grace" {
	local start=$SECONDS
	inside --timeout 1s -- /bin/sh -c 'trap "" TERM; echo deaf
		while :; do sleep 0.05; done'
	is_status 124
	prints deaf
	[ $((SECONDS - start)) -lt 30 ]
}

@test "at the time limit background processes and stopped ones are gone too" {
	attack_copy survive
	local mark=sbox-limit-$$-$RANDOM
	inside --timeout 1s -- ./.attack-survive "$mark" stay
	is_status 124
	none_with "$mark" || fail "alive: $(processes_with "$mark")"
}

@test "a command that ends in time is not touched by the limit" {
	local start=$SECONDS
	inside --timeout 1h -- /bin/sh -c 'exit 4'
	is_status 4
	[ $((SECONDS - start)) -lt 10 ]
}

# escapes: 67
@test "every tmpfs has a bound: bytes" {
	inside --limit tmp=8M -- /bin/sh -c 'for d in /tmp /var/tmp /run /dev/shm \
		"$HOME" / /etc /dev /var; do
		head -c 20000000 /dev/zero 2>/dev/null >$d/big &&
			echo "20 MB in $d"; rm -f $d/big; done; true'
	succeeds
	prints ""
}

# escapes: 67
@test "every tmpfs has a bound: together, and without being asked" {
	inside --limit tmp=8M -- /bin/sh -c 'for d in /tmp /run /var/tmp /dev/shm; do
		head -c 5000000 /dev/zero 2>/dev/null >$d/big; done
		cat /tmp/big /run/big /var/tmp/big /dev/shm/big 2>/dev/null | wc -c'
	[ "$output" -le $((9 * 1024 * 1024)) ] || fail "$output bytes"
	inside_sh 'df -P -B1 /tmp "$HOME" /run /dev/shm | tail -n +2 |
		while read -r a size b; do [ "$size" -gt 0 ] || echo "$a unbounded"
		done; true'
	prints ""
}

# escapes: 67
@test "every tmpfs has a bound: files" {
	inside --limit tmp=4M -- /bin/sh -c 'cd /tmp; i=0
		while [ $i -lt 200000 ] && ( : >f$i ) 2>/dev/null; do
			i=$((i + 1)); done; echo $i'
	[ "$output" -lt 200000 ] || fail "$output files"
}

@test "a --tmpfs of one's own is bounded as well" {
	inside --limit tmp=8M --tmpfs /scratch -- /bin/sh -c \
		'head -c 20000000 /dev/zero >/scratch/big && echo all; true'
	prints ""
}

@test "limits in a profile, and a limit that is no limit" {
	echo '{ "extends": ["base"], "limits": { "files": 77, "time": "1s" } }' \
		>"$SCRATCH/p.json"
	inside --profile "$SCRATCH/p.json" -- /bin/sh -c 'ulimit -n; sleep 30'
	is_status 124
	prints 77
	inside --limit files=unlimited -- /bin/true
	succeeds
}

@test "limits: the caller's lower hard limit holds" {
	canaries_set
	output=$(ulimit -n 50; "$SBOX" --limit files=500 -- /bin/sh -c 'ulimit -Hn' \
		</dev/null 2>"$SCRATCH/err") || {
		grep -q '^sbox: ' "$SCRATCH/err"
		rm "$SCRATCH/err"
		return
	}
	rm -f "$SCRATCH/err"
	[ "$output" -le 50 ]
}

# --- memory and cpu share: cgroup.bats has those that can be enforced ----------

# May this shell's cgroup give on the controller $1?
cgroup_own()
{
	local mnt path
	mnt=$(awk '$3 == "cgroup2" { print $2; exit }' /proc/mounts)
	path=$(sed -n 's/^0:://p' /proc/self/cgroup)
	[ -n "$mnt" ] && [ -w "$mnt$path/cgroup.procs" ] &&
		grep -qw "$1" "$mnt$path/cgroup.controllers"
}
cgroup_pids() { cgroup_own pids; }

@test "--limit memory and cpu without a delegated cgroup: an error with the way to get one" {
	local l
	for l in memory=64M cpu=50%; do
		! cgroup_own "${l%=*}" || continue
		inside --limit "$l" -- /bin/touch ran
		refused
		says 'hint: .*systemd-run (--user )?--scope -p Delegate=yes'
	done
}
