# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# Loaded by the tests of the network, which run within lab.sh: $LAB has its
# servers' keys and logs.

load ../sandbox/helper

[ -n "${LAB:-}" ] || {
	echo "run these with tests/net/lab.sh" >&2
	exit 1
}

test_setup()
{
	[ ! -e "$LAB/ca.pem" ] || cp "$LAB/ca.pem" "$PROJ/ca.pem"
	LOG=$HOME/.local/state/sbox/log/network.jsonl
}

# net RULE... -- COMMAND...: each RULE is an --allow
net()
{
	local -a options=()

	while [ "$1" != -- ]; do
		options+=(--allow "$1")
		shift
	done
	inside "${options[@]}" "$@"
}
# get URL ALLOW...: curl, as a program that knows nothing of any proxy
get()
{
	local url=$1

	shift
	net "$@" -- curl -sS --max-time 20 --cacert ca.pem "$url"
}

# How many lines of a log of the lab's match.
count() { grep -cE -- "$1" "$2" 2>/dev/null || true; }

# The last decision about a name: its verdict and why.
decision() { grep -F "\"$1\"" "$LOG" | tail -n 1; }
