#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# shellcheck disable=SC2016,SC2034 # shell text for inside; used by helper.bash
# Exit statuses, signals, what outlives what, the three descriptors, the
# environment.

load helper

test_teardown()
{
	# nothing of a failed test stays
	local pid
	[ -z "${MARK:-}" ] || for pid in $(processes_with "$MARK"); do
		kill -9 "$pid" 2>/dev/null || true
	done
}

mark_make() { MARK=sbox-mark-$$-$RANDOM-$RANDOM; }

# start ARG...: sbox in the background; $pid is sbox itself.
start()
{
	canaries_set
	# "&" would have it ignore two signals, and nohup a third
	env --default-signal=INT,QUIT,HUP "$SBOX" "$@" </dev/null \
		>"$SCRATCH/out" 2>"$SCRATCH/err" 3>&- &
	pid=$!
}
ended() { ! kill -0 "$1" 2>/dev/null; }
finish()
{
	status=0
	wait "$pid" || status=$?
	output=$(cat "$SCRATCH/out")
	stderr=$(cat "$SCRATCH/err")
}

# --- exit status ----------------------------------------------------------------

@test "the command's exit status comes back" {
	local n
	for n in 0 1 7 123 124 125 126 127 128 200 255; do
		inside -- /bin/sh -c "exit $n"
		is_status $n
		prints ""
	done
}

# Not as root: nothing bounds how many zombies he may leave (limits.pids).
@test "children of pid 1 that die without end don't keep it from what it must see to" {
	if is_root; then cannot "as root"; return; fi
	local LIMIT=20
	attack storm 32
	succeeds
	# a signal to sbox
	attack_copy storm
	start -- "$PROJ/.attack-storm" 32 /bin/sleep 100
	wait_for 10 grep -q storm "$SCRATCH/out"
	sleep 0.5
	kill -TERM "$pid"
	wait_for 10 ended "$pid" || { kill -9 "$pid"; fail "still there"; }
	# what ends everything
	git init -q .
	attack storm 32 /bin/sh -c \
		'echo ../evil >.git/commondir; while :; do :; done'
	says "$PROJ/.git/commondir: it was made inside"
	[ ! -e .git/commondir ]
}

@test "death by signal n is 128+n" {
	local n
	for n in TERM:143 KILL:137 INT:130 SEGV:139 HUP:129 PIPE:141 ABRT:134 \
		USR1:138; do
		inside_sh "kill -${n%:*} \$\$"
		is_status "${n#*:}"
	done
}

@test "127 for a command that is not found, 126 for one that cannot be executed" {
	inside -- no-such-command-at-all
	is_status 127
	says '^sbox: .*no-such-command-at-all'
	inside -- ./none
	is_status 127
	echo x >plain
	inside -- ./plain
	is_status 126
	says '^sbox: .*plain'
	inside -- /usr
	is_status 126
	mkdir dir
	inside -- ./dir
	is_status 126
	printf '#!/no/such/interpreter\n' >script
	chmod 755 script
	inside -- ./script
	[ "$status" -eq 126 ] || [ "$status" -eq 127 ]
	[ "$(ls)" = "dir
plain
script" ]
}

@test "125 for sbox's own errors" {
	inside --no-such-option -- /bin/touch ran
	refused
	inside --profile no-such-profile -- /bin/touch ran
	refused
}

@test "124 at the time limit" {
	inside --timeout 1s -- /bin/sleep 60
	is_status 124
}

@test "-c runs shell text with its arguments, bare words run as a command" {
	inside -c 'echo "$0 $1"; exit 3' name arg
	is_status 3
	prints "name arg"
	inside echo 'a b' '*' '$HOME'
	prints 'a b * $HOME'
	inside -- echo --ro -- x
	prints '--ro -- x'
	inside sh -c 'exit 9'
	is_status 9
}

@test "a bare sbox reads the shell's commands from stdin" {
	canaries_set
	run --separate-stderr timeout "$LIMIT" "$SBOX" <<<'echo "from shell"; exit 5'
	is_status 5
	has "from shell"
}

# --- nothing survives -------------------------------------------------------------

@test "kill -9 of sbox leaves nothing alive: double-forked, stopped, traced, deaf" {
	local pid
	mark_make
	attack_copy survive
	start -- ./.attack-survive "$MARK" stay
	wait_for 20 grep -q ready "$SCRATCH/out"
	[ "$(processes_with "$MARK" | wc -l)" -ge 5 ]
	kill -9 "$pid"
	wait_for 5 none_with "$MARK" || fail "alive: $(processes_with "$MARK")"
	wait "$pid" || true
}

@test "when the command ends, what it left in the background is dead already" {
	local i
	mark_make
	attack_copy survive
	for i in 1 2 3; do
		inside -- ./.attack-survive "$MARK"
		succeeds
		none_with "$MARK" || fail "alive: $(processes_with "$MARK")"
	done
}

@test "a background process that holds stdout does not keep the caller waiting" {
	canaries_set
	local start=$SECONDS
	output=$("$SBOX" -- /bin/sh -c 'sleep 50 & echo done' </dev/null)
	prints "done"
	[ $((SECONDS - start)) -lt 20 ]
}

@test "SIGTERM to sbox ends the command, and all of it" {
	local pid
	mark_make
	attack_copy survive
	start -- ./.attack-survive "$MARK" stay
	wait_for 20 grep -q ready "$SCRATCH/out"
	kill -TERM "$pid"
	wait_for 10 ended "$pid"
	finish
	is_status 143
	none_with "$MARK" || fail "alive: $(processes_with "$MARK")"
}

@test "kill -9 of every process of sbox outside leaves nothing alive" {
	local pid
	mark_make
	attack_copy survive
	start -- ./.attack-survive "$MARK" stay
	wait_for 20 grep -q ready "$SCRATCH/out"
	# also those whose command line is sbox's own
	kill -9 "$pid" $(pgrep -P "$pid")
	wait_for 5 none_with "$MARK" || fail "alive: $(processes_with "$MARK")"
	wait "$pid" || true
}

@test "sbox killed while it starts leaves nothing alive" {
	local i pid
	mark_make
	attack_copy survive
	for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
		start -- ./.attack-survive "$MARK" stay
		sleep "0.0$((i % 10))$((RANDOM % 10))"
		kill -9 "$pid" 2>/dev/null
		wait "$pid" || true
	done
	wait_for 5 none_with "$MARK" || fail "alive: $(processes_with "$MARK")"
	# and no mount of it is left in the host's table
	absent "$SCRATCH" /proc/self/mountinfo
}

# --- signals --------------------------------------------------------------------

@test "kill(0) and kill(-1) inside end nothing outside" {
	mark_make
	bash -c 'exec -a "$0" sleep 300' "$MARK" 3>&- &
	local witness=$!
	attack signals group
	succeeds
	has "done"
	attack signals all
	kill -0 $witness || fail "a process outside was killed"
	# without protection against itself
	inside_sh 'kill -TERM 0; sleep 1; echo survived'
	[ "$status" -eq 143 ] || fail "$(show)"
	kill -0 $witness || fail "a process outside was killed"
	inside_sh 'kill -KILL -1; sleep 0.2; echo survived'
	kill -0 $witness || fail "a process outside was killed"
	kill $witness
}

@test "signals sent to sbox arrive at the command" {
	local pid sig
	attack_copy signals
	start -- ./.attack-signals wait
	wait_for 20 grep -q ready "$SCRATCH/out"
	for sig in HUP INT USR1 USR2 TERM WINCH CONT ALRM; do
		kill -$sig "$pid"
		wait_for 5 grep -q "got $sig" "$SCRATCH/out" ||
			[ $sig = CONT ] || [ $sig = WINCH ] ||
			[ $sig = ALRM ] || fail "$sig did not arrive"
	done
	kill -QUIT "$pid"
	wait_for 10 ended "$pid"
	finish
	is_status 0
}

@test "a signal from inside to pid 1 is not forwarded to the command" {
	attack_copy signals
	inside_sh './.attack-signals wait >log & sleep 0.3; kill -USR1 1
		kill -HUP 1; sleep 0.3; cat log; kill -QUIT %1; wait'
	lacks got
}

@test "SIGINT at sbox's process group reaches the command once" {
	attack_copy signals
	canaries_set
	setsid env --default-signal=INT,QUIT,HUP "$SBOX" -- ./.attack-signals wait </dev/null >"$SCRATCH/out" \
		2>"$SCRATCH/err" 3>&- &
	wait_for 20 grep -q ready "$SCRATCH/out"
	local pid
	pid=$(pgrep -f -- "$SBOX -- ./.attack-signals wait" | head -n 1)
	kill -INT -- "-$(ps -o pgid= -p "$pid" | tr -d ' ')"
	wait_for 5 grep -q "got INT" "$SCRATCH/out"
	sleep 0.2
	[ "$(grep -c 'got INT' "$SCRATCH/out")" -eq 1 ]
	kill -QUIT "$pid"
	wait
}

@test "ignored and blocked signals of the caller do not leak inside" {
	canaries_set
	output=$(trap '' INT QUIT USR1 PIPE; "$SBOX" -- /bin/grep -E \
		'^Sig(Blk|Ign)' /proc/self/status </dev/null)
	matches 'SigBlk:.0000000000000000'
	# nohup's SIGHUP may stay ignored; the rest is the command's to decide
	echo "$output"
}

# --- the three descriptors ----------------------------------------------------------

@test "stdin and stdout pass byte for byte: one gigabyte, ten in CI" {
	local size=1G want got
	if [ -n "${SBOX_BIG:-}" ] || [ "${CI:-}" = true ]; then
		size=10G
	fi
	canaries_set
	# every byte value, every alignment: counted and compared as it arrives
	head -c 100000 /dev/urandom >"$SCRATCH/block"
	canaries_set
	want=$(sha256sum <"$SCRATCH/block")
	got=$("$SBOX" -- cat <"$SCRATCH/block" | sha256sum)
	[ "$got" = "$want" ]
	got=$("$SBOX" -- sh -c 'cat >&2' 2>&1 <"$SCRATCH/block" | sha256sum)
	[ "$got" = "$want" ]
	got=$(head -c $size /dev/zero | "$SBOX" -- cat |
		cmp -n "$(numfmt --from=iec $size)" - /dev/zero && echo same)
	[ "$got" = same ]
	got=$(head -c $size /dev/zero | "$SBOX" -- cat | wc -c)
	[ "$got" = "$(numfmt --from=iec $size)" ]
}

@test "sbox prints nothing on stdout, whatever it has to say" {
	inside --verbose -- /bin/true
	succeeds
	prints ""
	inside --net host -- /bin/true
	prints ""
	inside --verbose -- /bin/sh -c 'exit 3'
	prints ""
	inside --timeout 500ms -- /bin/sleep 30
	prints ""
}

@test "without --verbose a successful run prints nothing at all" {
	inside -- /bin/true
	succeeds
	prints ""
	[ -z "$stderr" ] || fail "stderr: $stderr"
}

@test "a closed pipe ends the command as outside" {
	canaries_set
	run bash -c '"$0" -- yes </dev/null 2>/dev/null | head -n 1; echo "${PIPESTATUS[0]}"' "$SBOX"
	prints "y
141"
}

@test "closed stdin, stdout or stderr: no descriptor of sbox takes their place" {
	local which
	attack_copy fds
	canaries_set
	for which in 0 1 2 01 02 12 012; do
		status=0
		timeout "$LIMIT" "$ATTACK/closefds" $which "$SBOX" -- \
			/bin/sh -c 'ls -l /proc/self/fd >log 2>/dev/null
			./.attack-fds >log2; exit 6' </dev/null >"$SCRATCH/out" \
			2>"$SCRATCH/err" || status=$?
		# refusing to start is fine as well, if it is said where it can be
		if [ $status -ne 125 ]; then
			is_status 6 || fail "closed: $which"
			[ "$(cat log2)" = end ] || fail "$which: $(cat log2)"
			absent 'socket|pipe|/proc/[0-9]+/[^f]|memfd|pidfd' log ||
				fail "closed: $which"
		fi
		[ ! -s "$SCRATCH/out" ] || fail "$which: $(cat "$SCRATCH/out")"
		rm -f log log2
	done
}

@test "the flags of stdin, stdout and stderr are the caller's again, whatever the end" {
	need python3
	cat >set.py <<-'END'
	import fcntl, os, sys, time
	for fd in 0, 1, 2:
	    fcntl.fcntl(fd, fcntl.F_SETFL, os.O_NONBLOCK | os.O_APPEND)
	open("ran", "w")
	if sys.argv[1] == "INT":
	    os.kill(os.getpid(), 2)
	time.sleep(0 if sys.argv[1] == "exit" else 60)
	END
	cat >"$SCRATCH/look.py" <<-'END'
	import fcntl, os, subprocess, sys, time
	def flags():
	    return [fcntl.fcntl(fd, fcntl.F_GETFL) for fd in fds]
	fds = [os.pipe()[0], os.pipe()[1], os.open("err", os.O_WRONLY | os.O_CREAT)]
	end, want = sys.argv[1], flags()
	sbox = subprocess.Popen(sys.argv[2:] + ["--timeout",
	    "2s" if end == "time" else "1h", "--", "/usr/bin/env", "python3",
	    "set.py", end], stdin=fds[0], stdout=fds[1], stderr=fds[2])
	while sbox.poll() is None:
	    if end == "TERM" and os.path.exists("ran"):
	        sbox.terminate()
	    time.sleep(0.05)
	print(sbox.returncode, os.path.exists("ran"), flags() == want)
	END
	local end
	canaries_set
	for end in exit:0 INT:130 TERM:143 time:124; do
		rm -f ran
		run timeout "$LIMIT" python3 "$SCRATCH/look.py" ${end%:*} "$SBOX"
		prints "${end#*:} True True"
	done
}

# escapes: 30 67
@test "a socket as a standard descriptor is no way to the host's network" {
	need python3
	local fd kind
	# Takes it off its peer and connects it to what listens on the host.
	cat >attack.py <<-'END'
	import ctypes, socket, sys
	s = socket.socket(fileno=int(sys.argv[1]))
	open("ran", "w")
	try:
	    ctypes.CDLL(None).connect(s.fileno(), bytes(16), 16)
	    to = sys.argv[2]
	    s.connect("\0" + to if s.family == socket.AF_UNIX
	              else ("127.0.0.1", int(to)))
	    s.send(b"out")
	except OSError:
	    pass
	END
	cat >"$SCRATCH/serve.py" <<-'END'
	import os, socket, subprocess, sys
	fd, kind, sbox = int(sys.argv[1]), sys.argv[2], sys.argv[3:]
	family = socket.AF_UNIX if kind[0] == "u" else socket.AF_INET
	type = socket.SOCK_DGRAM if kind[1] == "d" else socket.SOCK_STREAM
	name = "\0sbox-test-%d" % os.getpid()
	goal = socket.socket(family, type)
	goal.bind(name if family == socket.AF_UNIX else ("127.0.0.1", 0))
	if type == socket.SOCK_STREAM:
	    goal.listen()
	goal.settimeout(0.3)
	to = name[1:] if family == socket.AF_UNIX else str(goal.getsockname()[1])
	given = socket.socket(family, type)
	if kind[2] == "c":
	    peer = socket.socket(family, type)
	    peer.bind("" if family == socket.AF_UNIX else ("127.0.0.1", 0))
	    if type == socket.SOCK_STREAM:
	        peer.listen()
	    given.connect(peer.getsockname())
	fds = [subprocess.DEVNULL] * 3
	fds[fd] = given
	status = subprocess.run(sbox + ["--", "/usr/bin/env", "python3",
	    "attack.py", str(fd), to], stdin=fds[0], stdout=fds[1],
	    stderr=fds[2], timeout=30).returncode
	try:
	    heard = (goal.accept()[0] if type == socket.SOCK_STREAM
	             else goal).recv(9)
	except socket.timeout:
	    heard = b""
	print(kind, fd, status, os.path.exists("ran"), heard.decode())
	END
	canaries_set
	for fd in 0 1 2; do
		for kind in isc isu idc idu usu udc udu; do
			run python3 "$SCRATCH/serve.py" $fd $kind "$SBOX"
			# one that takes no message: SIGPIPE
			matches "$kind $fd (125|-13) False "
		done
		# a connected stream stays with its peer
		run python3 "$SCRATCH/serve.py" $fd usc "$SBOX"
		prints "usc $fd 0 True "
		rm ran
	done
	# that it would have been one
	run python3 "$SCRATCH/serve.py" 0 isc "$SBOX" --net host
	prints "isc 0 0 True out"
}

@test "--keep-fd keeps that descriptor and no other" {
	attack_copy fds
	echo kept >"$SCRATCH/kept"
	canaries_set
	exec 7<"$SCRATCH/kept" 8<"$SCRATCH/outside/secret"
	inside --keep-fd 7 -- /bin/sh -c 'cat <&7; ./.attack-fds'
	exec 7<&- 8<&-
	succeeds
	has kept
	has "fd 7"
	lacks "fd 8"
	no_secret
	exec 7<"$OUTSIDE"
	inside --keep-fd 7 -- /bin/touch ran
	exec 7<&-
	refused
	inside --keep-fd 55 -- /bin/touch ran
	refused
}

@test "a pipe as --keep-fd works both ways" {
	canaries_set
	mkfifo "$SCRATCH/fifo"
	exec 9<>"$SCRATCH/fifo"
	canaries_set
	inside --keep-fd 9 -- /bin/sh -c 'echo through >&9'
	local line
	read -r -t 5 line <&9
	exec 9>&-
	[ "$line" = through ]
}

# --- environment --------------------------------------------------------------------

# escapes: 54 57
@test "the environment is an allow-list: secrets and loaders' variables stay outside" {
	export AWS_SECRET_ACCESS_KEY=$SECRET GITHUB_TOKEN=$SECRET \
		ANTHROPIC_API_KEY=$SECRET MY_PASSWORD=$SECRET \
		SSH_AUTH_SOCK=/tmp/$SECRET DBUS_SESSION_BUS_ADDRESS=unix:$SECRET \
		DISPLAY=:9 XAUTHORITY=$SECRET BASH_ENV=/tmp/$SECRET \
		ENV=/tmp/$SECRET GIT_DIR=/tmp/$SECRET GIT_SSH_COMMAND=$SECRET \
		NODE_OPTIONS=--require=$SECRET PYTHONPATH=$SECRET \
		PERL5OPT=$SECRET RUBYOPT=$SECRET JAVA_TOOL_OPTIONS=$SECRET \
		PROMPT_COMMAND=$SECRET IFS_X=$SECRET GCONV_PATH=$SECRET \
		LD_LIBRARY_PATH=/tmp/$SECRET LD_AUDIT='' http_proxy=$SECRET
	inside -- /usr/bin/env
	unset BASH_ENV ENV NODE_OPTIONS GIT_DIR LD_LIBRARY_PATH
	succeeds
	no_secret
	no_match '(SSH_AUTH_SOCK|DISPLAY|XAUTHORITY|BASH_ENV|ENV|GIT_DIR|GIT_SSH_COMMAND|NODE_OPTIONS|PYTHONPATH|PERL5OPT|RUBYOPT|PROMPT_COMMAND|GCONV_PATH|LD_[A-Z_]*|DBUS_SESSION_BUS_ADDRESS)=.*'
}

# escapes: 57
@test "LD_PRELOAD of the caller does not reach the payload" {
	export LD_PRELOAD=libm.so.6
	inside -- /bin/sh -c 'env; cat /proc/self/maps'
	unset LD_PRELOAD
	lacks LD_PRELOAD
	lacks libm.so
}

# escapes: 54
@test "shell functions in the environment do not enter" {
	canaries_set
	run --separate-stderr env 'BASH_FUNC_ls%%=() { echo evil; }' \
		'x()=() { :; }; echo evil' timeout "$LIMIT" "$SBOX" -- \
		/usr/bin/env bash -c 'ls; env' </dev/null
	succeeds
	lacks evil
	lacks BASH_FUNC
}

@test "what programs need is there: HOME, USER, PATH, TERM, LANG, TZ" {
	export TERM=xterm-256color LANG=C.UTF-8 LC_TIME=C TZ=UTC COLORTERM=x \
		NO_COLOR=1
	inside -- /usr/bin/env
	matches "HOME=$HOME"
	matches "USER=$(id -un)"
	matches TERM=xterm-256color
	matches LANG=C.UTF-8
	matches LC_TIME=C
	matches TZ=UTC
	matches COLORTERM=x
	matches NO_COLOR=1
	matches 'PATH=/.*'
}

# escapes: 54
@test "XDG_RUNTIME_DIR is a private one, 0700 and empty" {
	export XDG_RUNTIME_DIR=$OUTSIDE
	inside -- /bin/sh -c 'cd "$XDG_RUNTIME_DIR" && pwd && stat -c %a . &&
		ls -A && touch new'
	prints "/run/user/$(id -u)
700"
	[ ! -e "$OUTSIDE/new" ]
}

@test "PATH is cleaned of relative and project entries" {
	mkdir bin
	printf '#!/bin/sh\necho evil\n' | tee bin/ls >./ls
	chmod 755 bin/ls ls
	PATH=.:bin:$PROJ/bin::$PATH inside_sh 'echo "$PATH"; ls -d /'
	succeeds
	lacks evil
	no_match '(.*:)?(\.|bin|)(:.*)?'
}

@test "--env and --unset" {
	export PASS_ME=value UNSET_ME=1
	inside --env SET=1 --env EMPTY= --env PASS_ME --env 'SP=a b=c' \
		--unset TERM -- /usr/bin/env
	matches SET=1
	matches EMPTY=
	matches PASS_ME=value
	matches 'SP=a b=c'
	no_match 'TERM=.*'
	no_match 'UNSET_ME=.*'
}

@test "an empty environment is enough" {
	canaries_set
	run --separate-stderr env -i "$SBOX" -- /bin/echo fine </dev/null
	succeeds
	prints fine
}

# --- more than one -------------------------------------------------------------------

@test "eight at the same time, each with its own" {
	local i
	canaries_set
	for i in 1 2 3 4 5 6 7 8; do
		"$SBOX" -- /bin/sh -c "echo $i >/tmp/mine; sleep 0.2
			[ \"\$(ls /tmp)\" = mine ] && cat /tmp/mine >out.$i" \
			</dev/null >"$SCRATCH/log.$i" 2>&1 3>&- &
	done
	wait
	for i in 1 2 3 4 5 6 7 8; do
		[ "$(cat out.$i)" = $i ] || fail "$(cat "$SCRATCH/log.$i")"
	done
	rm -f "$SCRATCH"/log.*
}

@test "a sandbox inside a sandbox is refused clearly" {
	cp "$SBOX" inner
	inside -- ./inner -- /bin/touch ran
	is_status 125
	says '^sbox: '
	[ ! -e ran ]
}

@test "--help and --version go to stdout with status 0 and run nothing" {
	inside --help /bin/touch ran
	succeeds
	has --timeout
	inside --version
	succeeds
	[ ! -e ran ]
	inside --dry-run -- /bin/touch ran
	succeeds
	[ ! -e ran ]
	has "$PROJ"
	inside --print-profile -- /bin/touch ran
	succeeds
	[ ! -e ran ]
}
