#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# shellcheck disable=SC2016,SC2034 # shell text for inside; used by helper.bash
# Everything malformed is one clear line on stderr, status 125, nothing run:
# the command is always `touch ran`.

load helper

# bad LABEL ARG...
bad()
{
	local label=$1

	shift
	inside "$@" -- /bin/touch "$PROJ/ran"
	refused || fail "$label"
}

@test "options: unknown, abbreviated, without their argument, with one too many" {
	bad "unknown" --no-such-option
	bad "abbreviated" --verb
	bad "one dash" -ro /etc
	bad "unknown letter" -Z
	bad "three dashes" ---ro
	bad "flag with a value" --userns=yes
	bad "empty option with =" --=x
	bad "missing profile" --profile no-such-profile
	bad "empty profile" --profile ''
	bad "net" --net everything
	bad "tty" --tty maybe
	bad "git-config" --git-config yes
	bad "set without =" --set net
	bad "set unknown" --set 'no.such=1'
	bad "set not JSON" --set 'userns=yes please'
	bad "set wrong type" --set 'userns=1'
	bad "limit unknown" --limit memry=4G
	bad "limit without =" --limit pids
	canaries_set
	local o
	for o in --ro --rw --hide --tmpfs --home --cwd --profile --net --env \
		--unset --keep-fd --tty --limit --timeout --set --git-config -c; do
		run --separate-stderr timeout "$LIMIT" "$SBOX" $o </dev/null
		refused || fail "$o at the end"
	done
}

@test "options: a near miss is named" {
	bad "typo" --tmieout 5s
	says timeout
	bad "typo in a key" --set 'fs.raed=["/x"]'
	says 'fs\.read'
}

@test "numbers: limits, durations, sizes, descriptors" {
	local v
	for v in '' -1 0x10 1e9 99999999999999999999999 '4 G' 4X G ' 4' 4.5.6 \
		nan inf $'4\n' '4G;' 18446744073709551616; do
		bad "memory=$v" --limit "memory=$v"
		bad "pids=$v" --limit "pids=$v"
	done
	for v in '' -1s 5x s 1e3s 99999999999999999999h '5 s' 1s2; do
		bad "timeout $v" --timeout "$v"
		bad "time=$v" --limit "time=$v"
	done
	for v in '' -1 x 1x 0x3 4294967296 99999999999 ' 3' 3.0 1048577; do
		bad "keep-fd $v" --keep-fd "$v"
	done
	bad "a closed descriptor" --keep-fd 77
}

@test "paths: empty, missing, too long, through files, loops, wrong destinations" {
	local long
	long=$(printf '/%.0s' $(seq 300))$(printf 'x%.0s' $(seq 5000))
	echo x >"$PROJ/file"
	ln -s loop1 "$HOME/loop2"
	ln -s loop2 "$HOME/loop1"
	ln -s nowhere "$HOME/dangling"
	local o
	for o in --ro --rw; do
		bad "$o empty" $o ''
		bad "$o missing" $o /no/such/path
		bad "$o too long" $o "$long"
		bad "$o through a file" $o "$PROJ/file/x"
		bad "$o loop" $o "$HOME/loop1"
		bad "$o dangling" $o "$HOME/dangling"
		bad "$o relative DEST" $o "/etc:relative"
		bad "$o empty DEST" $o "/etc:"
		bad "$o empty SRC" $o ":/x"
		bad "$o DEST with .." $o "/etc:/a/../../b"
	done
	bad "tmpfs on /" --tmpfs /
	bad "tmpfs with DEST" --tmpfs /a:/b
	bad "hide empty" --hide ''
	bad "cwd empty" --cwd ''
	bad "cwd loop" --cwd "$HOME/loop1"
}

# escapes: 67
@test "escape sequences and newlines in names are printed escaped" {
	local evil=$'evil\033]52;c;ZXZpbA==\007\nsbox: hint: rm -rf /\r\033[2J'
	bad "in a path" --ro "$HOME/$evil"
	bad "in a --rw path" --rw "/$evil"
	bad "in an option" "--$evil"
	bad "in a profile name" --profile "$evil"
	bad "in a home" --home "$evil"
	bad "in a limit" --limit "$evil"
	bad "in a key" --set "$evil=1"
	bad "in a mode" --net "$evil"
	bad "in cwd" --cwd "$HOME/$evil"
	mkdir "$HOME/dir"$'\033[31m'
	canaries_set
	inside --cwd "$HOME/dir"$'\033[31m/none' -- /bin/touch "$PROJ/ran"
	refused
	# the command's own name
	inside -- "$evil"
	is_status 127
	no_bytes $'[\001-\010\013-\037]'
	inside -- "./$evil"
	is_status 127
	no_bytes $'[\001-\010\013-\037]'
	# C1 controls and invalid UTF-8
	bad "C1" --ro $'/x\302\233' 
	no_bytes $'\302\233'
	bad "invalid UTF-8" --ro $'/x\377\233[2J'
	no_bytes $'[\233\377]'
}

# escapes: 67
@test "escape sequences in a file of the project do not reach the terminal" {
	printf '{ "\033]52;c;ZXZpbA==\007": 1 }' >.sbox.json
	inside -- /bin/touch ran
	refused
	printf '{ "description": "\\u001b]0;x\\u0007", "no\\u001b[2Jkey": 1 }' \
		>.sbox.json
	inside -- /bin/touch ran
	refused
}

@test "environment: malformed variables, homes, names" {
	bad "env empty" --env ''
	bad "env =x" --env '=x'
	bad "env name" --env 'A B=1'
	bad "unset" --unset 'A=1'
	bad "unset empty" --unset ''
	local home=$HOME
	canaries_set
	for HOME in relative/home "$PROJ/file" "/proc/no/home" $'/x\ny' ''; do
		status=0
		run --separate-stderr timeout "$LIMIT" "$SBOX" -- /bin/echo ok \
			</dev/null
		# an unusable HOME is the passwd entry's instead, or refused
		if [ "$status" -ne 0 ]; then
			refused || { HOME=$home; fail "HOME"; }
		fi
	done
	HOME=$home
	run --separate-stderr env PATH= timeout "$LIMIT" "$SBOX" -- /bin/echo ok \
		</dev/null
	[ "$status" -eq 0 ] || [ "$status" -eq 127 ] || [ "$status" -eq 125 ]
	run --separate-stderr env XDG_CONFIG_HOME=relative "$SBOX" -- /bin/echo ok \
		</dev/null
	[ "$status" -eq 0 ] || refused
}

@test "no argument vector at all, an empty command, an enormous one" {
	bad "empty command" --verbose --cwd "$PROJ" --home tmp --net
	inside -- ''
	[ "$status" -eq 127 ] || [ "$status" -eq 125 ]
	says '^sbox: '
	local args=()
	local i
	for ((i = 0; i < 3000; i++)); do
		args+=(--hide "x$i")
	done
	inside "${args[@]}" -- /bin/echo fine
	succeeds
	prints fine
}

@test "profiles: a directory, a device, a fifo, one that others can write" {
	bad "directory" --profile "$OUTSIDE/"
	bad "device" --profile /dev/zero
	mkfifo "$HOME/fifo.json"
	canaries_set
	bad "fifo" --profile "$HOME/fifo.json"
	bad "missing file" --profile "$HOME/none.json"
	head -c 64M /dev/zero | tr '\0' ' ' >"$SCRATCH/big.json"
	bad "64 MB of blanks" --profile "$SCRATCH/big.json"
	: >"$SCRATCH/empty.json"
	bad "empty file" --profile "$SCRATCH/empty.json"
}

@test "profiles: the error names file, line and key" {
	printf '{\n  "limits": {\n    "pids": "many"\n  }\n}\n' \
		>"$SCRATCH/p.json"
	bad "wrong type" --profile "$SCRATCH/p.json"
	says 'p\.json:3: .*pids'
	printf '{\n  "fs": { "raed": ["/x"] }\n}\n' >"$SCRATCH/p.json"
	bad "unknown key" --profile "$SCRATCH/p.json"
	says 'p\.json:2: .*raed'
}

@test "every bad profile of tests/badprofiles is refused in one line, with nothing run" {
	local p n=0 broken=
	canaries_set
	for p in "$TOP"/tests/badprofiles/*; do
		[ -f "$p" ] || continue
		n=$((n + 1))
		# named for what it is: a project's own file
		if [[ ${p##*/} == project-* ]]; then
			cp "$p" "$PROJ/.sbox.json"
			inside -- /bin/touch "$PROJ/ran"
		else
			rm -f "$PROJ/.sbox.json"
			inside --profile "$p" -- /bin/touch "$PROJ/ran"
		fi
		refused >"$SCRATCH/why" || {
			broken+="${p##*/}: $(head -c 300 "$SCRATCH/why")"$'\n'
			rm -f "$PROJ/ran"
		}
		rm -f "$SCRATCH/why"
	done
	[ -z "$broken" ] || fail "$broken"
	[ $n -ge 200 ] || fail "only $n bad profiles"
}

@test "a bad profile as .sbox.json, in ~/.config/sbox, in extends" {
	mkdir -p "$HOME/.config/sbox"
	echo '{ "userns": ' >"$HOME/.config/sbox/broken.json"
	bad "by name" --profile broken
	echo '{ "extends": ["broken"] }' >"$HOME/.config/sbox/upper.json"
	bad "through extends" --profile upper
	echo '{ "extends": ["b"] }' >"$HOME/.config/sbox/a.json"
	echo '{ "extends": ["a"] }' >"$HOME/.config/sbox/b.json"
	bad "cycle" --profile a
	echo '{ "extends": ["a"] }' >"$HOME/.config/sbox/a.json"
	bad "own parent" --profile a
	echo '{ "userns": ' >.sbox.json
	bad "project file"
	rm .sbox.json
	# the command's basename picks a profile: a broken one is not skipped
	cp "$HOME/.config/sbox/broken.json" "$HOME/.config/sbox/touch.json"
	inside -- touch ran
	refused
}
