#!/bin/sh
# SPDX-License-Identifier: MIT
# A dozen short runs of $SBOX, for builds with sanitizers: the sandbox starts,
# data passes, the status comes back, and no sanitizer says a word.
set -u

sbox=${SBOX:?}
dir=$(mktemp -d /var/tmp/sbox-smoke.XXXXXX) || exit 1
trap 'rm -rf "$dir"' EXIT
cd "$dir" || exit 1
# Threads and ptrace of the leak checker do not fit a process that is not
# dumpable; the unit tests look for leaks.
export ASAN_OPTIONS=detect_leaks=0
failed=0

# run LABEL STATUS STDOUT COMMAND...
run() {
	label=$1 want=$2 out=$3
	shift 3
	got=$("$@" 2>err </dev/null)
	status=$?
	if [ $status -ne "$want" ] || [ "$got" != "$out" ] ||
		grep -Eq 'Sanitizer|runtime error' err; then
		printf 'status %s, stdout %s\n' "$status" "$got" | sed 's/^/# /'
		sed 's/^/# /' err
		echo "not ok - $label"
		failed=1
	else
		echo "ok - $label"
	fi
}

run "a command runs" 0 hello "$sbox" echo hello
run "its status comes back" 7 "" "$sbox" -c 'exit 7'
run "a signal is 128+n" 143 "" "$sbox" -c 'kill -TERM $$'
run "not found is 127" 127 "" "$sbox" no-such-command-here
run "not executable is 126" 126 "" "$sbox" /etc/passwd
run "a bad option is 125" 125 "" "$sbox" --no-such-option true
run "the cwd is writable" 0 "" "$sbox" -c 'echo x >made'
run "what it wrote is there" 0 x cat made
run "a time limit is 124" 124 "" "$sbox" --timeout 300ms sleep 10
run "orphans do not keep it" 0 "" "$sbox" -c '(sleep 100 &) ; exit 0'
run "permissive profile" 0 ok "$sbox" --profile permissive echo ok
run "strict profile" 0 ok "$sbox" --profile strict echo ok
run "user namespaces" 0 ok "$sbox" --userns unshare -U echo ok
run "host network" 0 ok "$sbox" --net host echo ok
if "$sbox" --dry-run true >plan 2>err && [ -s plan ]; then
	echo "ok - the plan is printed"
else
	sed 's/^/# /' err
	echo "not ok - the plan is printed"
	failed=1
fi
exit $failed
