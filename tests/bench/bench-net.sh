#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# The network's data path against its peers, interleaved round by round, with
# medians and the medians of each round's ratios. A peer that isn't installed, or
# can't run here (pasta and slirp4netns need /dev/net/tun), is named and left out.
#
#	direct	the host's loopback, no sandbox
#	sbox	--port: made inside, accepted outside, spliced
#	pasta	port splicing (-T), a namespace of its own
#	slirp	slirp4netns, the host's loopback as 10.0.2.2
#	relay	for round trips: no sandbox, but a process in between that
#		only reads and writes; what no gateway can do without
#
#	BENCH_ROUNDS=9 BENCH_SECONDS=1
set -euo pipefail

rounds=${BENCH_ROUNDS:-9} seconds=${BENCH_SECONDS:-1}
build=${SBOX_BUILD:-$PWD/build}
sbox=$build/sbox tool=$build/tests/bench/net port=7100
work=$(mktemp -d /var/tmp/sbox-bench.XXXXXX)
mkdir "$work/project"
cp "$tool" "$work/project/net"
cd "$work/project"

./net serve $port &
server=$!
./net relay $((port + 1)) $port &
relay=$!
trap 'kill $server $relay 2>/dev/null; cd /; rm -rf "$work"' EXIT
sleep 0.3

as_root=()
[ "$(id -u)" -ne 0 ] || as_root=(--runas 0)
bounded() { timeout -k 1 $((seconds + 10)) "$@" </dev/null 2>/dev/null; }

# run PEER KIND: one figure
run() {
	local words=(./net "$2" 127.0.0.1 "$port" "$seconds")

	case $1 in
	direct) bounded "${words[@]}" ;;
	sbox) bounded "$sbox" -q --port $port "${words[@]}" ;;
	pasta) bounded pasta -f -q "${as_root[@]}" --config-net -t none -u none \
		-U none -T $port -- "${words[@]}" ;;
	slirp) slirp "$2" ;;
	relay) bounded ./net "$2" 127.0.0.1 $((port + 1)) "$seconds" ;;
	esac
}

# The namespace waits until its interface is there.
slirp() {
	local pid=$work/pid helper

	rm -f "$pid"
	(while [ ! -e "$pid" ]; do sleep 0.02; done
	exec timeout $((seconds + 10)) slirp4netns --configure --mtu=65520 \
		"$(cat "$pid")" tap0 </dev/null >/dev/null 2>&1) &
	helper=$!
	# shellcheck disable=SC2016 # for the shell in the namespace
	bounded unshare -Urn bash -c 'echo $$ >"$1.new" && mv "$1.new" "$1"
		for _ in {1..100}; do
			grep -q tap0 /proc/net/route && break; sleep 0.05; done
		exec ./net "$2" 10.0.2.2 "$3" "$4"' - "$pid" "$1" $port \
		"$seconds" || true
	kill $helper 2>/dev/null || true
}

peers=(direct sbox)
for p in pasta slirp; do
	if [ -n "$(run $p round || true)" ]; then
		peers+=("$p")
	else
		echo "$p: not installed or can't run here, left out"
	fi
done

# median COLUMN FILE
median() { awk -v c="$1" '{ print $c }' "$2" | sort -n |
	awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'; }

row() { printf '%-28s %12s %10s  %s\n' "$@"; }
# verdict RATIO le|ge TARGET
verdict() {
	awk -v r="$1" -v op="$2" -v t="$3" 'BEGIN {
		ok = op == "le" ? r <= t : r >= t
		printf "%s %s %s, of", op == "le" ? "<=" : ">=", t, \
			ok ? "ok" : "MISSED" }'
}

# measure KIND UNIT PEER-TO-COMPARE OP TARGET
measure() {
	local kind=$1 unit=$2 to=$3 i p base=0 n=0 ratio

	: >"$work/figures"
	for ((i = 0; i < rounds; i++)); do
		for p in "${peers[@]}"; do
			printf '%s ' "$(run "$p" "$kind")"
		done >>"$work/figures"
		echo >>"$work/figures"
	done
	for p in "${peers[@]}"; do
		n=$((n + 1))
		[ "$p" != "$to" ] || base=$n
	done
	n=0
	for p in "${peers[@]}"; do
		n=$((n + 1))
		ratio=-
		if [ "$base" -gt 0 ]; then
			awk -v a=$n -v b=$base '{ print $a / $b }' \
				"$work/figures" >"$work/ratios"
			ratio=$(printf %.3f "$(median 1 "$work/ratios")")
		fi
		row "$kind: $p" "$(median $n "$work/figures") $unit" "$ratio" \
			"$([ "$p" != sbox ] || [ "$base" -eq 0 ] ||
				echo "$(verdict "$ratio" "$4" "$5") $to")"
	done
}

echo "kernel $(uname -r), $(nproc) CPUs; $("$sbox" --version)"
pasta --version 2>/dev/null | head -n 1 || true
slirp4netns --version 2>/dev/null | head -n 1 || true
row "what" "median" "ratio" "target"
measure stream Gbit/s pasta ge 0.9
measure connect /s pasta ge 0.8
peers+=(relay)
measure round us direct le 2.2
