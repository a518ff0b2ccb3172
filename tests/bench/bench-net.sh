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
#	srt	@anthropic-ai/sandbox-runtime, a proxy outside and socat inside;
#		SRT names its command (install the package with npm, and socat,
#		ripgrep, bubblewrap)
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

read -ra srt <<<"${SRT:-srt}"
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
	srt) srt "$2" ;;
	relay) bounded ./net "$2" 127.0.0.1 $((port + 1)) "$seconds" ;;
	esac
}

# Its client has to speak to the proxy. A longer run, for node takes a while.
srt() {
	printf '%s' '{"network":{"allowedDomains":["127.0.0.1"],
		"deniedDomains":[]},"filesystem":{"denyRead":[],
		"allowWrite":["."],"denyWrite":[]}}' >"$work/srt.json"
	# shellcheck disable=SC2016 # for the shell inside
	bounded "${srt[@]}" --settings "$work/srt.json" -c 'p=${HTTP_PROXY#http://}
		export NET_PROXY=${p##*:}
		NET_PROXY_AUTH=$(printf %s "${p%@*}" | base64 -w 0)
		export NET_PROXY_AUTH
		exec ./net '"$1 127.0.0.1 $port $seconds" || true
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
for p in pasta slirp srt; do
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
		printf "%s %s %s", op == "le" ? "<=" : ">=", t, \
			ok ? "ok" : "MISSED" }'
}

# measure KIND UNIT: every peer's median; the figures stay for judge
measure() {
	local kind=$1 unit=$2 i p n=0 figure

	: >"$work/figures"
	for ((i = 0; i < rounds; i++)); do
		for p in "${peers[@]}"; do
			figure=$(run "$p" "$kind" || true)
			printf '%s ' "${figure:-0}" # 0: it failed
		done >>"$work/figures"
		echo >>"$work/figures"
	done
	for p in "${peers[@]}"; do
		n=$((n + 1))
		row "$kind: $p" "$(median $n "$work/figures") $unit" "" ""
	done
}

# judge KIND PEER le|ge TARGET: the median of sbox's ratios to it, of the rounds
# in which the peer gave a figure. sbox itself has to in every one.
judge() {
	local n=0 p base=0 ratio judged

	for p in "${peers[@]}"; do
		n=$((n + 1))
		[ "$p" != "$2" ] || base=$n
	done
	[ "$base" -gt 0 ] || return 0
	if awk '$2 == 0 { bad = 1 } END { exit !bad }' "$work/figures"; then
		row "$1: sbox to $2" "" none "sbox failed: MISSED"
		return
	fi
	awk -v b=$base '$b > 0 { print $2 / $b }' "$work/figures" \
		>"$work/ratios"
	judged=$(wc -l <"$work/ratios")
	if [ "$judged" = 0 ]; then
		row "$1: sbox to $2" "" none "$2 failed each time"
		return
	fi
	ratio=$(printf %.3f "$(median 1 "$work/ratios")")
	p=
	[ "$judged" = "$rounds" ] || p=", $2 failed in $((rounds - judged)) of $rounds"
	row "$1: sbox to $2" "" "$ratio" "$(verdict "$ratio" "$3" "$4")$p"
}

echo "kernel $(uname -r), $(nproc) CPUs; $("$sbox" --version)"
pasta --version 2>/dev/null | head -n 1 || true
slirp4netns --version 2>/dev/null | head -n 1 || true
row "what" "median" "ratio" "target"
measure stream Gbit/s
judge stream pasta ge 0.9
judge stream srt ge 4
measure connect /s
judge connect pasta ge 0.8
judge connect srt ge 20
measure crowd /s
judge crowd pasta ge 0.8
judge crowd srt ge 20
peers+=(relay)
measure round us
judge round direct le 2.2
judge round relay le 1.1
judge round pasta le 1.1
