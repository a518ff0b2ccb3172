#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# shellcheck disable=SC2016,SC2034 # shell text for inside; used by helper.bash
# Options and profile keys whose effect is tried nowhere else, what they refuse,
# and that none is forgotten.

load helper

@test "a project's .sbox.json can't take away what the user's own profile sets" {
	mkdir -p "$HOME/.config/sbox"
	echo '{ "extends": ["base"], "env": { "set": { "GUARD": "on" } } }' \
		>"$HOME/.config/sbox/default.json"
	echo '{ "env": { "unset": ["GUARD"] } }' >.sbox.json
	inside -- /bin/touch ran
	refused
	says 'GUARD: a project.s file may only tighten'
	echo '{ "env": { "unset": ["LANG"] } }' >.sbox.json
	inside -- /bin/sh -c 'echo $GUARD'
	prints on
}

@test "every option of --help is tried by a sandbox test" {
	inside --help
	succeeds
	local o n=0
	# shellcheck disable=SC2013 # no blanks in them
	for o in $(grep -oE '^ +(-[a-z], )?--[a-z-]+' <<<"$output" |
		grep -oE -- '--[a-z-]+'); do
		n=$((n + 1))
		grep -qE -- "$o\b" "$BATS_TEST_DIRNAME"/*.bats ||
			fail "$o"
	done
	[ $n -ge 25 ] || fail "only $n options: $output"
}

# --- the project's own profile ------------------------------------------------

# What it says is not believed, key by key; what it forbids is.
@test "a project's .sbox.json can show, pass and allow nothing" {
	export PASS_ME=$SECRET
	local k
	for k in '"fs":{"read":["~/docs"]}' '"fs":{"write":["~/docs"]}' \
		'"fs":{"readTry":["~/docs"]}' '"fs":{"writeTry":["~/docs"]}' \
		'"fs":{"tmpfs":["/opt"]}' '"net":{"mode":"host"}' \
		'"env":{"pass":["PASS_ME"]}' '"env":{"set":{"EVIL":"1"}}' \
		'"home":"kept"' '"extends":["permissive"]' '"userns":true' \
		'"git":{"config":"rw"}' '"seccomp":null' \
		'"tty":{"filter":false}' '"limits":{"pids":100000}'; do
		printf '{%s}\n' "$k" >.sbox.json
		inside -- /bin/sh -c 'cat "$HOME/docs/secret" 2>/dev/null; env'
		# refused, or ignored: never followed
		no_secret
		no_match 'EVIL=.*'
		[ "$status" -eq 0 ] || refused || fail "$k"
		inside --dry-run -- /bin/true
		if [ "$status" -eq 0 ]; then
			no_match '(net host|userns allowed|seccomp none|make .*)'
			no_match '.*docs.*|limit pids 100000.*'
		fi
	done
}

@test "a project's .sbox.json can forbid" {
	echo "$SECRET" >key
	export TERM=xterm
	echo '{ "fs": { "hide": ["key"], "protect": ["Makefile"] },
		"env": { "unset": ["TERM"] }, "limits": { "files": 33 },
		"seccomp": { "defaultAction": "SCMP_ACT_ALLOW", "syscalls": [
			{ "names": ["mkdir", "mkdirat"],
			"action": "SCMP_ACT_ERRNO", "errnoRet": 1 }] } }' \
		>.sbox.json
	touch Makefile
	inside_sh 'cat key; env; ulimit -n; echo x >Makefile; mkdir made'
	no_secret
	no_match 'TERM=.*'
	matches 33
	[ ! -s Makefile ]
	[ ! -e made ]
}

@test "--trust-project lets it allow, for this run" {
	echo '{ "fs": { "read": ["~/docs"] } }' >.sbox.json
	inside --trust-project -- /bin/cat "$HOME/docs/secret"
	succeeds
	prints "# $SECRET"
	inside -- /bin/cat "$HOME/docs/secret"
	no_secret
}

# --- profiles -----------------------------------------------------------------

@test "--profile takes a name or a file, and the command's name picks one" {
	mkdir -p "$HOME/.config/sbox" "$HOME/bin"
	printf '{ "extends": ["base"], "env": { "set": { "FROM": "%s" } } }' \
		name >"$HOME/.config/sbox/mine.json"
	printf '{ "extends": ["base"], "env": { "set": { "FROM": "file" } } }' \
		>"$HOME/x.json"
	cp "$HOME/.config/sbox/mine.json" "$HOME/.config/sbox/env.json"
	inside --profile mine -- /bin/sh -c 'echo $FROM'
	prints name
	inside --profile "$HOME/x.json" -- /bin/sh -c 'echo $FROM'
	prints file
	inside env
	matches FROM=name
	inside --profile base env
	no_match 'FROM=.*'
	inside --profile nosuch -- /bin/touch ran
	refused
}

@test "--set sets any key, and --print-profile prints what all of it makes" {
	inside --set 'env.set={"A":"b"}' --set 'fs.hide=["k"]' --limit files=50 \
		--print-profile
	succeeds
	echo "$output" >"$HOME/printed.json"
	local first=$output
	inside --profile "$HOME/printed.json" --print-profile
	succeeds
	prints "$first"
	echo "$SECRET" >k
	CANARIES=
	inside --profile "$HOME/printed.json" -- /bin/sh -c 'cat k; echo $A
		ulimit -n'
	prints "b
50"
	inside --set 'env.sett={}' -- /bin/touch ran
	refused
}

@test "env.pass with a star passes a family, and nothing else" {
	export FAM_ONE=1 FAM_TWO=2 FAMILY=3 XFAM_=4
	inside --set 'env.pass=["FAM_*"]' -- /usr/bin/env
	matches FAM_ONE=1
	matches FAM_TWO=2
	no_match 'FAMILY=.*|XFAM_=.*'
}

@test "fs.protect: the file cannot be written, replaced, moved or its directory renamed" {
	mkdir -p conf/deep
	echo mine >conf/deep/deploy.sh
	inside --set 'fs.protect=["conf/deep/deploy.sh"]' -- /bin/sh -c '
		echo evil >conf/deep/deploy.sh; rm -f conf/deep/deploy.sh
		mv conf/deep/deploy.sh x; mv conf/deep d; mv conf c
		echo evil >new; mv -f new conf/deep/deploy.sh
		ln -f new conf/deep/deploy.sh; chmod 777 conf/deep/deploy.sh
		echo other >conf/deep/other'
	[ "$(cat conf/deep/deploy.sh)" = mine ]
	[ "$(cat conf/deep/other)" = other ]
	# exempt: what is asked for writable itself
	inside --set 'fs.protect=["conf/deep/deploy.sh"]' \
		--rw "$PROJ/conf/deep/deploy.sh" -- \
		/bin/sh -c 'echo changed >conf/deep/deploy.sh'
	succeeds
	[ "$(cat conf/deep/deploy.sh)" = changed ]
}

@test "net.loopback=false: programs inside do not reach one another" {
	need python3
	local PATH=/usr/bin:/bin talk='import socket
s = socket.socket(); s.bind(("127.0.0.1", 0)); s.listen()
socket.create_connection(s.getsockname(), 2); print("reached")'
	inside -- python3 -c "$talk"
	succeeds
	prints reached
	inside --set net.loopback=false -- python3 -c "$talk"
	[ "$status" -ne 0 ]
	prints ""
}

@test "devices: the user's Wayland socket is shown when asked for, else not" {
	local rt=$SCRATCH/run
	mkdir -m 700 "$rt"
	export XDG_RUNTIME_DIR=$rt WAYLAND_DISPLAY=wayland-7
	"$ATTACK/unix" listen "$rt/wayland-7" "$SCRATCH/heard" \
		>"$SCRATCH/ready" 3>&- &
	local pid=$!
	wait_for 5 grep -q ready "$SCRATCH/ready"
	local sock
	sock=/run/user/$(id -u)/wayland-7
	: >"$SCRATCH/heard"
	attack unix send "$sock" evil
	[ ! -s "$SCRATCH/heard" ] || { kill $pid; fail "not asked for"; }
	SBOX_ARGS=(--set devices.wayland=true)
	attack unix send "$sock" wanted
	wait_for 5 grep -q wanted "$SCRATCH/heard" || { kill $pid; show; false; }
	inside --set devices.wayland=true -- /usr/bin/env
	matches WAYLAND_DISPLAY=wayland-7
	# an absolute one may lie anywhere (wl_display_connect)
	mkdir "$SCRATCH/wl"
	ln "$rt/wayland-7" "$SCRATCH/wl/sock"
	: >"$SCRATCH/heard"
	export WAYLAND_DISPLAY=$SCRATCH/wl/sock
	attack unix send "$WAYLAND_DISPLAY" absolute
	wait_for 5 grep -q absolute "$SCRATCH/heard" || { kill $pid; show; false; }
	export WAYLAND_DISPLAY=wayland-7
	kill $pid
	# what isn't there is an error, not less
	rm "$rt/wayland-7"
	inside --set devices.wayland=true -- /bin/touch ran
	refused
}

# An sbox on a host that has sound and graphics, both of which are /dev/zero, and
# an X server, which is what listens in $SCRATCH/x11.
sbox_with_devices()
{
	cat >"$SCRATCH/with-devices" <<-END
		#!/bin/sh -e
		# \$0 again within namespaces of its own, then sbox
		[ "\$1" = within ] || exec unshare -rm "\$0" within "\$@"
		shift
		mount -t tmpfs dev "$SCRATCH/dev"
		cd "$SCRATCH/dev"
		mkdir pts shm snd dri
		for f in null zero full random urandom tty; do
			: >\$f
			mount --bind /dev/\$f \$f
		done
		for f in snd/seq dri/card0; do
			: >\$f
			mount --bind /dev/zero \$f
		done
		mount --rbind /dev/pts pts
		ln -s pts/ptmx ptmx
		ln -s /proc/self/fd fd
		mount --rbind . /dev
		cd "$SCRATCH"
		mount -t tmpfs tmp tmp
		for d in /tmp/*/ /tmp/.X11-unix/; do # sbox may lie there
			mkdir "./\$d"
			[ ! -d "\$d" ] || mount --rbind "\$d" "./\$d"
		done
		mount --rbind tmp /tmp
		mount --bind "$SCRATCH/x11" /tmp/.X11-unix
		cd "$PROJ"
		exec "$SBOX" "\$@"
	END
	chmod 755 "$SCRATCH/with-devices"
	mkdir "$SCRATCH/dev" "$SCRATCH/tmp" "$SCRATCH/x11"
	SBOX=$SCRATCH/with-devices
}

@test "devices: sound, graphics and X11 are there when asked for, each alone" {
	local rt=$SCRATCH/run pids kind only s
	mkdir -m 700 "$rt" "$rt/pulse"
	echo "$SECRET" >"$HOME/.Xauthority"
	export XDG_RUNTIME_DIR=$rt XAUTHORITY=$HOME/.Xauthority
	sbox_with_devices
	: >"$SCRATCH/heard"
	for s in "$rt/pulse/native" "$SCRATCH/x11/X0"; do
		rm -f "$SCRATCH/ready"
		"$ATTACK/unix" listen "$s" "$SCRATCH/heard" \
			>"$SCRATCH/ready" 3>&- &
		pids+=" $!"
		wait_for 5 grep -qs ready "$SCRATCH/ready"
	done
	attack_copy unix
	cat >try <<-'END'
		for f in snd/seq dri/card0; do
			head -c 1 /dev/$f >/dev/null && echo $f
		done 2>/dev/null
		./.attack-unix send "/run/user/$(id -u)/pulse/native" "$1-sound"
		./.attack-unix send /tmp/.X11-unix/X0 "$1-x11"
		cat "$XAUTHORITY"
		true
	END
	# the attack's own lines have a colon
	while read -r kind only; do
		inside --set "devices.$kind=true" -- /bin/sh try "$kind"
		succeeds
		[ "$(grep -v : <<<"$output")" = "$only" ] || fail "$kind: $output"
	done <<-END
	audio snd/seq
	gpu dri/card0
	x11 $SECRET
	END
	says 'warning: devices.x11'
	inside -- /bin/sh try none
	[ -z "$(grep -v : <<<"$output")" ] || fail "$output"
	wait_for 5 grep -q x11-x11 "$SCRATCH/heard"
	# shellcheck disable=SC2086 # several
	kill $pids
	[ "$(grep -aoE '(none|audio|gpu|x11)-(sound|x11)' "$SCRATCH/heard" |
		sort -u | paste -sd ' ')" = "audio-sound x11-x11" ] ||
		fail "heard: $(<"$SCRATCH/heard")"
	# what isn't there is an error, not less
	rm "$rt/pulse/native"
	sed -i 's|snd/seq dri/card0|dri/card0|; s| snd dri| dri|' "$SBOX"
	inside --set devices.audio=true -- /bin/touch ran
	refused
}

# --- messages -----------------------------------------------------------------

@test "--quiet prints errors only, --verbose what is decided" {
	inside --net host -- /bin/true
	succeeds
	says 'net host'
	inside --quiet --net host -- /bin/true
	succeeds
	[ -z "$stderr" ] || fail "$stderr"
	inside -q --ro /none -- /bin/touch ran
	refused
	inside --verbose --limit pids=100 --net host -- /bin/true
	is_status 0 || refused_for_pids
	says '^sbox: '
}
refused_for_pids() { is_root && says 'limits\.pids'; }

@test "--version, --help, --dry-run and --print-profile: one at a time" {
	local a b
	for a in --version --help --dry-run --print-profile; do
		for b in --version --help --dry-run --print-profile; do
			[ "$a" != "$b" ] || continue
			inside $a $b -- /bin/touch ran
			refused || fail "$a $b"
		done
	done
	inside --version
	matches 'sbox [0-9]+\.[0-9]+\.[0-9]+'
}

# --- the terminal -------------------------------------------------------------

@test "--tty relay without a terminal is a refusal" {
	inside --tty relay -- /bin/touch ran
	refused
}

@test "--tty none: the command holds the terminal itself, and is told no other" {
	local drive=$SBOX_BUILD/tests/sandbox/ptydrive
	canaries_set
	run "$drive" "$SBOX" --tty none -- /bin/sh -c 'tty; echo end' <<<'expect end
exit 0'
	succeeds
	run "$drive" "$SBOX" -- /bin/sh -c 'tty; echo end' <<<'expect /dev/pts/0
expect end
exit 0'
	succeeds
}

@test "a bare sbox is the user's shell, with a prompt that says so" {
	local drive=$SBOX_BUILD/tests/sandbox/ptydrive shell
	canaries_set
	for shell in /bin/bash /bin/sh; do
		[ -x $shell ] || continue
		run env SHELL=$shell HOME="$HOME" PS1='mine$ ' "$drive" "$SBOX" \
			<<'E'
expect (sbox) 
send echo $SHELL is:$SBOX\r
expect is:1
expect (sbox) 
send exit 3\r
exit 3
E
		[ "$status" -eq 0 ] || fail "$shell: $output"
	done
}

@test "what stands for no shell in passwd is not run as one" {
	local shell
	canaries_set
	for shell in /usr/sbin/nologin /bin/false; do
		[ -x $shell ] || fail "no $shell"
		run env SHELL=$shell "$SBOX" -c 'echo "ran by $SHELL"'
		succeeds
		matches '^ran by /[a-z/]*sh$'
	done
}
