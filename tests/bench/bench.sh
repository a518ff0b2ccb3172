#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Compare starting a sandbox with bwrap's (same namespaces, mounts and filter)
# and with the floor. As root the measuring is done by an ordinary user, and
# the parts that need root (host mounts, PSS) are measured too.
#
#	BENCH_PART=[all | start | mounts | loop | memory] BENCH_ROUNDS=300
set -euo pipefail

part=${BENCH_PART:-all}
build=${SBOX_BUILD:-$PWD/build}
sbox=$build/sbox
tools=$build/tests/bench
rounds=${BENCH_ROUNDS:-300}
work=

row() { printf '%-44s %12s %8s  %s\n' "$@"; }

# verdict RATIO LE|GE TARGET
verdict() {
	awk -v r="$1" -v op="$2" -v t="$3" 'BEGIN {
		ok = op == "le" ? r <= t : r >= t
		printf "%s %s %s\n", op == "le" ? "<=" : ">=", t, \
			ok ? "ok" : "MISSED" }'
}

versions() {
	echo "kernel $(uname -r), $(nproc) CPUs," \
		"$(wc -l </proc/self/mounts) mounts"
	# shellcheck disable=SC1091 # the host's
	(. /etc/os-release && echo "$PRETTY_NAME")
	"$sbox" --version
	bwrap --version
	"${CC:-gcc}" --version | head -n 1
	echo "filter: $("$tools/filter" profiles/base.json "$work/filter")"
}

# bwrap's words for what --dry-run shows, in $peer. Its own --dev stands for
# everything below /dev; what is private in one tmpfs of ours is a tmpfs each,
# or with BENCH_PRIVATE=dir a directory in a root that stays writable: a mount
# less each, and less isolation.
peer_words() {
	local type dst rest word
	printf 'x\n' >"$work/cover"
	mkdir -p "$work/empty"
	peer=(bwrap --unshare-user --unshare-pid --unshare-net --unshare-ipc
		--unshare-uts --unshare-cgroup --die-with-parent --new-session
		--hostname sbox --dev /dev)
	while read -r word type dst rest; do
		[ "$word" = mount ] || continue
		rest=${rest%% \#*}
		case $dst in /dev | /dev/*) continue ;; esac
		case $type in
		bind)
			word=--bind
			[[ " $rest " != *" ro "* ]] || word=--ro-bind
			rest=${rest#from }
			peer+=("$word" "${rest%% *}" "$dst")
			;;
		symlink) peer+=(--symlink "${rest#-> }" "$dst") ;;
		dir) peer+=(--perms "${rest#mode }" --dir "$dst") ;;
		private) peer+=(--perms "${rest#mode }"
			"--${BENCH_PRIVATE:-tmpfs}" "$dst") ;;
		proc) peer+=(--proc "$dst") ;;
		cover) peer+=(--ro-bind "$work/cover" "$dst") ;;
		read-only) [ ! -e "$dst" ] || peer+=(--ro-bind "$dst" "$dst") ;;
		hide-file) [ ! -e "$dst" ] || peer+=(--ro-bind /dev/null "$dst") ;;
		hide-dir) [ ! -e "$dst" ] ||
			peer+=(--ro-bind "$work/empty" "$dst") ;;
		*) echo "bench: --dry-run shows a mount \"$type\"" >&2 && exit 1 ;;
		esac
	done < <("$sbox" --dry-run /bin/true)
	[ "${BENCH_PRIVATE:-tmpfs}" = dir ] || peer+=(--remount-ro /)
	peer+=(--chdir "$PWD" --seccomp 9)
}

commands() {
	words=(% bwrap "9<$work/filter" "${peer[@]}" /bin/true
		% sbox "$sbox" /bin/true
		% floor "$tools/floor" "$work/filter" /bin/true)
}

prepare() {
	work=$(mktemp -d /var/tmp/sbox-bench.XXXXXX)
	trap 'rm -rf "$work"' EXIT
	versions >"$work/versions"
	[ -n "${BENCH_QUIET:-}" ] || cat "$work/versions"
	cd "$work"
	mkdir -p project
	cd project
	peer_words
	commands
	for _ in 1 2 3; do "$sbox" /bin/true; done
}

# results FILE UNIT TARGET-OP TARGET LABEL
results() {
	local name value ratio target
	while read -r name value ratio; do
		target=
		[ "$name" != sbox ] || target=$(verdict "$ratio" "$3" "$4")
		row "$5: $name" "$value $2" "$ratio" "$target"
	done <"$1"
}

bench_start() {
	"$tools/timer" start "$rounds" "${words[@]}" % nothing /bin/true \
		>"$work/out"
	results "$work/out" us le 0.75 "start /bin/true"
	"$sbox" --allow example.org /bin/true
	"$tools/timer" start "$rounds" "${words[@]:0:$((${#peer[@]} + 4))}" \
		% sbox "$sbox" --allow example.org /bin/true >"$work/out"
	results "$work/out" us le 1.1 "start, filtered network"
	"$tools/timer" parallel $((rounds / 20 + 3)) 8 100 "${words[@]}" \
		>"$work/out"
	results "$work/out" "/s" ge 1.4 "8 in parallel"
}

bench_mounts() {
	"$tools/timer" start $((rounds / 2 + 1)) "${words[@]}" >"$work/out"
	results "$work/out" us le 0.35 "with 1,000 host mounts"
}

# getppid under no filter, under one that is the single instruction "allow"
# (what the kernel itself charges once any filter is there), and under ours.
bench_loop() {
	local name i
	cp "$tools/getppid" .
	printf '\006\0\0\0\0\0\377\177' >"$work/allow"
	: >"$work/loop"
	for _ in 1 2 3 4 5 6 7 8 9; do
		echo "$(./getppid)" \
			"$("$tools/floor" "$work/allow" ./getppid)" \
			"$("${peer[@]}" ./getppid 9<"$work/filter")" \
			"$("$sbox" ./getppid)" >>"$work/loop"
	done
	i=0
	for name in outside "one instruction" bwrap sbox; do
		i=$((i + 1))
		read -r value outside any < <(awk -v i=$i '
			{ print $i, $i / $1, $i / $2 }' "$work/loop" |
			sort -n | sed -n 5p)
		row "getppid: $name" "$value ns" "$(printf %.3f "$outside")" \
			"$([ "$name" != sbox ] || echo "to any filter:" \
				"$any $(verdict "$any" le 1.05)")"
	done
}

descendants() {
	local p
	# shellcheck disable=SC2013 # numbers, on one line
	for p in $(cat "/proc/$1/task/$1/children" 2>/dev/null); do
		echo "$p"
		descendants "$p"
	done
}

# The user's half of the memory measurement: start, tell the pids, wait.
bench_memory() {
	exec 9<"$work/filter"
	"${peer[@]}" sleep 15 </dev/null &
	echo "bwrap $!" >>"$BENCH_PIDS"
	exec 9<&-
	"$sbox" sleep 15 </dev/null &
	echo "sbox $!" >>"$BENCH_PIDS"
	wait
}

# PSS of all processes but the payload. Only root can read it: pid 1 is not
# dumpable.
weigh() {
	local name pid p pss total n verdict
	while read -r name pid; do
		total=0 n=0 verdict=
		for p in $pid $(descendants "$pid"); do
			[ "$(cat "/proc/$p/comm")" != sleep ] || continue
			pss=$(awk '/^Pss:/ { print $2 }' \
				"/proc/$p/smaps_rollup")
			total=$((total + pss)) n=$((n + 1))
		done
		((n > 0)) || {
			echo "bench: $name has ended before it was weighed" >&2
			return 1
		}
		[ "$name" != sbox ] || verdict="<= 1024 KiB $( ((total <= 1024)) &&
			echo ok || echo MISSED)"
		row "resident (PSS): $name" "$total KiB" "$n proc" "$verdict"
	done <"$1"
}

head_row() { row "what" "median" "ratio" "target (to bwrap)"; }

case $part in
start | mounts | loop | memory)
	prepare
	[ "$part" = memory ] || head_row
	"bench_$part"
	;;
all)
	if [ "$(id -u)" -ne 0 ]; then
		prepare
		head_row
		bench_start
		bench_loop
		echo "1,000 host mounts and PSS: need root"
		exit 0
	fi
	as_user() {
		sh tests/as-user.sh bench BENCH_ROUNDS="$rounds" "$@"
	}
	as_user BENCH_PART=start
	as_user BENCH_PART=loop BENCH_QUIET=1
	pids=$(mktemp /var/tmp/sbox-pids.XXXXXX)
	chmod 666 "$pids"
	as_user BENCH_PART=memory BENCH_QUIET=1 BENCH_PIDS="$pids" &
	while [ "$(wc -l <"$pids")" -lt 2 ] && kill -0 $! 2>/dev/null; do
		sleep 0.2
	done
	sleep 1
	weigh "$pids"
	rm -f "$pids"
	wait $!
	# shellcheck disable=SC2016 # expanded by the inner shell
	unshare -m --propagation private bash -c '
		dir=$(mktemp -d)
		mount -t tmpfs tmpfs "$dir"
		for i in $(seq 1000); do
			mkdir "$dir/$i"
			mount --bind "$dir/$i" "$dir/$i"
		done
		sh tests/as-user.sh bench BENCH_PART=mounts BENCH_ROUNDS="$0" \
			BENCH_QUIET=1
		status=$?
		umount -l "$dir"
		rmdir "$dir"
		exit $status' "$rounds"
	;;
*)
	echo "bench.sh: BENCH_PART=$part is unknown" >&2
	exit 2
	;;
esac
