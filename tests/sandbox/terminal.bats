#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# (bash inside where a key comes while something is started: dash starts its
# commands by vfork and hangs if the key comes in between, also outside.)
#
# The relayed terminal: interactive programs behave inside as they do outside,
# keys and hang-up do what they do without sbox, the terminal is always given
# back as it was, and nothing that a program prints reaches into the host.
# tests/sandbox/ptydrive.c describes the scripts.

load helper

test_setup()
{
	export TERM=xterm-256color PS1='out> ' LC_ALL=C.UTF-8
	unset PROMPT_COMMAND
}

PTYDRIVE=$SBOX_BUILD/tests/sandbox/ptydrive

# drive COMMAND ARG... <script: under a terminal of 24x80.
drive()
{
	run timeout -k 5 100 "$PTYDRIVE" 24x80 "$@"
	succeeds
}

# A shell outside, with sbox as $S and the prompt "out> ".
drive_shell()
{
	S=$SBOX drive bash --norc --noprofile -i
}

@test "terminal: its name, size, resize and modes are those of the one outside" {
	drive "$SBOX" -- sh <<-'EOF'
		modes raw
		send tty; stty size\r
		expect /dev/pts/0
		expect 24 80
		send bash -c 'trap "echo w""inch; stty size" WINCH; while :; do echo ti""ck; sleep 0.1; done'\r
		expect tick
		size 33 101
		expect winch
		expect 33 101
		expect tick
		send ^C
		send stty -a\r
		expect intr = \^C
		expect icanon
		send exit 7\r
		exit 7
		restored
	EOF
}

@test "terminal: /dev/tty opens, ps shows it, and it is not the host's" {
	drive "$SBOX" -- sh -c 'echo by-name >/dev/tty; ls /dev/pts; ps -o tty= -p $$' <<-'EOF'
		expect by-name
		expect 0
		expect ptmx
		expect pts/0
		exit 0
	EOF
}

@test "terminal: modes are copied inside and restored exactly, unusual ones too" {
	drive_shell <<-'EOF'
		expect out> 
		send stty -echoctl ixany intr \^G\r
		send stty -g >before; $S stty -a; stty -g >after\r
		expect intr = \^G
		expect ixany
		expect -echoctl
		expect out> 
		run cmp before after
		send exit 0\r
		exit 0
	EOF
}

@test "terminal: the status of the command comes back" {
	drive_shell <<-'EOF'
		expect out> 
		send $S sh -c 'exit 9'; echo "<$?>"\r
		expect <9>
		send $S sh -c 'kill -TERM $$'; echo "<$?>"\r
		expect <143>
		send $S ./nonesuch; echo "<$?>"\r
		expect No such file
		expect <127>
		send exit 0\r
		exit 0
	EOF
}

@test "terminal: Ctrl-C and Ctrl-\\ end the foreground command" {
	drive_shell <<-'EOF'
		expect out> 
		send $S sh -c 'echo re""ady; exec sleep 60'\r
		expect ready
		send ^C
		expect out> 
		send echo "<$?>"\r
		expect <130>
		expect out> 
		send $S sh -c 'echo re""ady; exec sleep 60'\r
		expect ready
		send ^\
		expect out> 
		send echo "<$?>"\r
		expect <131>
		send stty -a\r
		expect icanon
		send exit 0\r
		exit 0
	EOF
}

@test "terminal: Ctrl-C ends a script around sbox, and one the command handles doesn't" {
	cat >"$PROJ/loop" <<-'EOF'
		"$S" bash -c 'trap "echo handled; exit 0" INT; echo one; while :; do sleep 0.1; done'
		"$S" sh -c 'echo two; exec sleep 60'
		echo not reached
	EOF
	drive_shell <<-'EOF'
		expect out> 
		send export S; bash loop\r
		expect one
		send ^C
		expect handled
		expect two
		send ^C
		expect out> 
		send echo "<$?>"\r
		expect <130>
		absent not reached
		send exit 0\r
		exit 0
	EOF
}

# escapes: 11
@test "terminal: a command's own INT or QUIT ends nothing outside" {
	echo 'kill -$1 $$' >"$PROJ/own"
	cat >"$PROJ/later" <<-'EOF'
		trap 'echo handled' $1
		echo one
		read x
		echo got=$x
		exec sh own $1
	EOF
	cat >"$PROJ/loop" <<-'EOF'
		for sig in INT QUIT; do
			"$S" sh own $sig
			echo "own=$?"
			"$S" bash later $sig
			echo "later=$?"
		done
		echo the script "went on"
	EOF
	drive_shell <<-'EOF'
		expect out> 
		send export S; bash loop\r
		expect own=130
		expect one
		send ^C
		expect handled
		send some\r
		expect got=some
		expect later=130
		expect own=131
		expect one
		send ^\
		expect handled
		send some\r
		expect got=some
		expect later=131
		expect went on
		send exit 0\r
		exit 0
	EOF
}

@test "terminal: the key for INT is the one that the terminal outside has" {
	echo '"$S" sh -c "echo one; exec sleep 60"; echo not reached' >"$PROJ/loop"
	drive_shell <<-'EOF'
		expect out> 
		send stty intr \^G; export S; bash loop\r
		expect one
		send ^G
		expect out> 
		send echo "<$?>"\r
		expect <130>
		absent not reached
		send exit 0\r
		exit 0
	EOF
}

@test "terminal: Ctrl-Z stops, fg continues, bg and output from the background" {
	drive_shell <<-'EOF'
		expect out> 
		send $S bash -c 'i=0; while [ $i -lt 600 ]; do i=$((i+1)); echo "n""=$i"; sleep 0.1; done'\r
		expect n=3
		modes raw
		send ^Z
		expect Stopped
		expect out> 
		quiet n=
		send stty -a\r
		expect icanon
		expect out> 
		send fg\r
		expect n=
		modes raw
		send ^Z
		expect Stopped
		send bg\r
		expect n=
		expect n=
		send echo sh""ell\r
		expect shell
		send fg\r
		expect n=
		send ^C
		expect out> 
		send stty -a\r
		expect isig icanon iexten echo 
		send exit 0\r
		exit 0
	EOF
}

@test "terminal: a command that stops itself stops sbox" {
	drive_shell <<-'EOF'
		expect out> 
		send $S sh -c 'kill -STOP $$; echo conti""nued'\r
		expect Stopped
		expect out> 
		send fg\r
		expect continued
		expect out> 
		send exit 0\r
		exit 0
	EOF
}

@test "terminal: Ctrl-Z where nobody could continue sbox does nothing" {
	drive "$SBOX" -- bash -c 'echo ready; sleep 1; echo done' <<-'EOF'
		expect ready
		send ^Z
		expect done
		exit 0
	EOF
}

@test "terminal: job control of a shell inside" {
	drive "$SBOX" -- bash --norc --noprofile -i <<-EOF
		send PS1='in> '\r
		expect in> 
		send (exec -a tag-$SECRET sleep 100)\r
		run pgrep -f '^[t]ag-$SECRET'
		send ^Z
		expect Stopped
		expect in> 
		send jobs\r
		expect Stopped
		expect in> 
		send bg; jobs\r
		expect Running
		expect in> 
		send fg\r
		expect exec -a
		send ^C
		expect in> 
		send (exec -a cat-$SECRET cat)\r
		run pgrep -f '^[c]at-$SECRET'
		send line\r
		expect line\r\nline
		send ^D
		expect in> 
		send sleep 100 & echo bg=\$!\r
		expect bg=
		absent no job control
		send exit 5\r
		exit 5
	EOF
}

@test "terminal: suspend of a shell inside comes to the shell outside" {
	drive_shell <<-EOF
		expect out> 
		send \$S bash --norc --noprofile -i\r
		send PS1='in> '\r
		expect in> 
		send suspend -f\r
		expect Stopped
		expect out> 
		send fg\r
		send echo a""gain\r
		expect again
		send (exec -a tag-$SECRET sleep 100)\r
		run pgrep -f '^[t]ag-$SECRET'
		send ^Z
		expect Stopped
		expect in> 
		send exit; exit\r
		expect out> 
		send exit 0\r
		exit 0
	EOF
}

@test "terminal: started in the background, stops when it wants input" {
	drive_shell <<-'EOF'
		expect out> 
		send set -b; $S sh -c 'echo star""ted; read x; echo "got=$x"' &\r
		expect started
		expect Stopped
		send fg\r
		modes raw
		send in""put\r
		expect got=in
		expect out> 
		send stty -a\r
		expect isig icanon iexten echo 
		send exit 0\r
		exit 0
	EOF
}

@test "terminal: background output leaves the terminal alone" {
	drive_shell <<-'EOF'
		expect out> 
		send set -b; $S sh -c 'sleep 0.5; echo a""synchronous' &\r
		expect asynchronous
		expect Done
		send exit 0\r
		exit 0
	EOF
}

@test "terminal: a pager behind sbox keeps its modes" {
	need less
	drive_shell <<-'EOF'
		expect out> 
		send $S seq 1 5000 | less; echo "<$?>"\r
		expect :
		send G
		expect 5000
		send q
		expect <0>
		send stty -a\r
		expect isig icanon iexten echo 
		send exit 0\r
		exit 0
	EOF
}

@test "terminal: a pager inside reads its keys with stdin from a pipe" {
	need less
	drive_shell <<-'EOF'
		expect out> 
		send seq 1 5000 | $S less; echo "<$?>"\r
		expect :
		modes raw
		send G
		expect 5000
		send q
		expect <0>
		send stty -a\r
		expect isig icanon iexten echo 
		send exit 0\r
		exit 0
	EOF
}

@test "terminal: stdin from a pipe, stdout on the terminal: byte for byte" {
	drive_shell <<-'EOF'
		expect out> 
		send head -c 300000 /dev/zero | $S wc -c\r
		expect 300000
		expect out> 
		send echo th""rough | $S cat\r
		expect through
		send exit 0\r
		exit 0
	EOF
}

@test "terminal: a command substitution that asks on /dev/tty" {
	drive_shell <<-'EOF'
		expect out> 
		send x=$($S sh -c 'printf "which""? " >/dev/tty; read y </dev/tty; echo "you said $y"'); echo "<$x>"\r
		expect which?
		modes raw
		send blue\r
		expect <you said blue>
		send stty -a\r
		expect isig icanon iexten echo 
		send exit 0\r
		exit 0
	EOF
}

@test "terminal: Ctrl-C reaches both sides of a pipeline" {
	drive_shell <<-'EOF'
		expect out> 
		send $S sh -c 'echo re""ady >&2; exec sleep 60' | cat\r
		expect ready
		send ^C
		expect out> 
		send echo "<${PIPESTATUS[*]}>"\r
		expect <130 130>
		send exit 0\r
		exit 0
	EOF
}

@test "terminal: what was typed ahead is not lost" {
	drive_shell <<-'EOF'
		expect out> 
		send sleep 0.5; $S sh -c 'read x; echo "got=$x"'\rahead\r
		expect got=ahead
		expect out> 
		send exit 0\r
		exit 0
	EOF
}

@test "terminal: nothing is lost at the end, however much is printed" {
	drive "$SBOX" -- sh -c 'seq 1 200000; printf "the %s" end' <<-'EOF'
		expect 100000\r\n100001\r\n
		expect 199999\r\n200000\r\nthe end
		exit 0
	EOF
}

@test "terminal: vim edits a file" {
	need vim
	drive "$SBOX" -- vim -u NONE -N file.txt <<-'EOF'
		modes raw
		expect file.txt
		send ihello from inside\e
		send :wq\r
		exit 0
		restored
	EOF
	[ "$(cat "$PROJ/file.txt")" = "hello from inside" ]
}

@test "terminal: vim, Ctrl-Z, fg: the screen is left and entered again" {
	need vim
	drive_shell <<-'EOF'
		expect out> 
		send $S vim -u NONE -N file.txt\r
		expect \e[?1049h
		expect file.txt
		send ^Z
		expect \e[?1049l
		expect Stopped
		expect out> 
		send fg\r
		expect \e[?1049h
		send :q!\r
		expect \e[?1049l
		expect out> 
		send stty -a\r
		expect isig icanon iexten echo 
		send exit 0\r
		exit 0
	EOF
}

@test "terminal: less, htop" {
	need less htop
	seq 1 1000 >"$PROJ/lines"
	drive "$SBOX" -- less lines <<-'EOF'
		expect 10
		send G
		expect 1000
		send q
		exit 0
		restored
	EOF
	drive "$SBOX" -- htop <<-'EOF'
		expect PID
		send q
		exit 0
		restored
	EOF
}

@test "terminal: tmux inside" {
	need tmux
	drive "$SBOX" -- tmux -f /dev/null new-session 'PS1=tm\> exec sh' <<-'EOF'
		expect \e[?1049h
		expect tm>
		send echo in-t""mux; tty\r
		expect in-tmux
		expect /dev/pts/1
		send exit\r
		expect exited
		exit 0
		restored
	EOF
}

@test "terminal: python's REPL" {
	need python3
	# a signal between Python's look for one and sleep(2) would wait for the
	# sleep's end, sandbox or not: so it computes
	drive "$SBOX" -- /usr/bin/python3 -q <<-'EOF'
		expect >>>
		send print(6*7, 'an'+'swer')\r
		expect 42 answer
		send print('go'+'ing'); any(0 for i in iter(int, 1))\r
		expect going
		send ^C
		expect KeyboardInterrupt
		expect >>>
		send ^D
		# as outside, for an end after an interrupt
		exit 130
		restored
	EOF
}

@test "terminal: replies to DA1 and CPR reach the program, at once" {
	cat >"$PROJ/ask" <<-'EOF'
		stty raw -echo
		printf '\033[c'; da=$(dd bs=1 count=7 2>/dev/null | tr '\033' E)
		printf '\033[6n'; cpr=$(dd bs=1 count=6 2>/dev/null | tr '\033' E)
		stty sane
		echo "da=$da cpr=$cpr"
	EOF
	drive "$SBOX" -- sh ask <<-'EOF'
		expect \e[c
		send \e[?1;2c
		expect \e[6n
		send \e[5;7R
		expect da=E[?1;2c cpr=E[5;7R
		exit 0
	EOF
}

@test "terminal: clipboard, title report and pass-through are dropped; colours pass" {
	cat >"$PROJ/bad" <<-'EOF'
		printf '\033]52;c;aGk=\007\033[21t\033[20t\033]1337;x\007\033Ptmux;x\033\\'
		printf '\033_Gx\033\\\033P$qm\033\\\033[5i\033kt\033\\\005\302\233'
		printf '\033]8;;file:///etc\007'
		printf '\033[31mred\033[0m\033]2;title\007\033]11;?\007end\n'
	EOF
	drive "$SBOX" -- sh bad <<-'EOF'
		expect \e[31mred\e[0m\e]2;title\x07\e]11;?\x07end
		absent \e]52
		absent \e[21t
		absent \e[20t
		absent 1337
		absent tmux
		absent \e_
		absent \eP
		absent \e[5i
		absent \ek
		absent \x05
		absent \xc2\x9b
		absent file:
		exit 0
	EOF
}

@test "terminal: tty.filter=false passes everything" {
	drive "$SBOX" --set tty.filter=false -- printf '\033]52;c;aGk=\007\033[21tend' <<-'EOF'
		expect \e]52;c;aGk=\x07\e[21tend
		exit 0
	EOF
}

@test "terminal: every way to it is filtered, whichever descriptors are it" {
	cat >"$PROJ/bad" <<-'EOF'
		osc='\033]52;c;aGk=\007'
		for to in 0 1 2; do
			[ ! -t $to ] || printf "<$to$osc>" >&$to
		done
		printf "<tty$osc>" >/dev/tty
		printf "<self$osc>" >/proc/self/fd/0
		printf '\033]5' >/dev/tty; sleep 0.1
		printf '2;c;aGk=\007<end>' >/dev/tty
	EOF
	drive_shell <<-'EOF'
		expect out> 
		send $S sh bad\r
		expect <0>
		expect <1>
		expect <2>
		expect <tty>
		expect <self>
		expect <end>
		expect out> 
		send $S sh bad >o 2>e\r
		expect <0>
		expect <tty>
		expect <end>
		expect out> 
		send echo | $S sh bad >o\r
		expect <2>
		expect <tty>
		expect <end>
		absent \e]52
		absent aGk=
		send exit 0\r
		exit 0
	EOF
}

@test "terminal: --tty none passes everything" {
	drive "$SBOX" --tty none -- printf '\033]52;c;aGk=\007\033[21tend' <<-'EOF'
		expect \e]52;c;aGk=\x07\e[21tend
		exit 0
	EOF
}

@test "terminal: TIOCSTI and TIOCLINUX are refused, high bits set or not" {
	cat >"$PROJ/ioctl.py" <<-'EOF'
		import ctypes, os
		libc = ctypes.CDLL(None, use_errno=True)
		for fd in 0, os.open("/dev/tty", os.O_RDWR):
		    for req in 0x5412, 0x541c:
		        for high in 0, 1 << 32:
		            buf = ctypes.create_string_buffer(b"\x03x")
		            r = libc.syscall(16, fd, ctypes.c_ulong(req | high), buf)
		            print("ioctl", hex(req | high), r, ctypes.get_errno())
		print("tried")
	EOF
	need python3
	[ "$(uname -m)" = x86_64 ] || sed -i 's/syscall(16/syscall(29/' "$PROJ/ioctl.py"
	drive "$SBOX" -- /usr/bin/python3 ioctl.py <<-'EOF'
		expect tried
		absent 0x5412 0
		absent 0x541c 0
		absent 0x100005412 0
		absent 0x10000541c 0
		exit 0
	EOF
}

@test "terminal: closing it ends everything inside" {
	cat >"$PROJ/tagged" <<-EOF
		(exec -a tag-$SECRET sleep 300) &
		echo ready
		exec -a tag-$SECRET sleep 300
	EOF
	drive "$SBOX" -- bash tagged <<-EOF
		expect ready
		run pgrep -f '[t]ag-$SECRET' >/dev/null
		hangup
		run ! pgrep -f '[t]ag-$SECRET' >/dev/null
		exit 129
	EOF
	none_with "tag-$SECRET"
}

@test "terminal: closing it tells the program with SIGHUP" {
	drive "$SBOX" -- sh -c 'trap "echo told >told; exit 4" HUP; echo ready; while :; do sleep 0.1; done' <<-'EOF'
		expect ready
		hangup
		exit 4
		run test -s told
	EOF
}

@test "terminal: closing it ends a program that ignores SIGHUP, after the grace" {
	echo "trap '' HUP; echo ready; exec -a tag-$SECRET sleep 300" >"$PROJ/deaf"
	drive "$SBOX" -- bash deaf <<-EOF
		expect ready
		hangup
		sleep 1000
		run pgrep -f '[t]ag-$SECRET' >/dev/null
		run ! pgrep -f '[t]ag-$SECRET' >/dev/null
		exit 129
	EOF
}

@test "terminal: kill -9 of sbox leaves a sane terminal and nothing alive" {
	need vim
	drive_shell <<-EOF
		expect out> 
		send \$S vim -u NONE -N tag-$SECRET\r
		expect \e[?1049h
		modes raw
		run kill -9 \$(pgrep -o -f '^[^ ]*sbox vim -u NONE -N tag-$SECRET')
		expect \e[?1049l
		sleep 500
		send stty -a\r
		expect isig icanon iexten echo 
		run ! pgrep -f '[t]ag-$SECRET' >/dev/null
		send echo \$((40+2))\r
		expect 42
		send exit 0\r
		exit 0
	EOF
	none_with "tag-$SECRET"
}

@test "terminal: kill -9 with nobody else to repair it" {
	drive sh -c "\"\$0\" -- sh -c 'echo ready; sleep 300' tag-$SECRET; sleep 2" "$SBOX" <<-EOF
		expect ready
		modes raw
		run kill -9 \$(pgrep -o -f '^[^ ]*sbox -- sh .*tag-$SECRET')
		restored
		exit 0
	EOF
}

@test "terminal: the watcher survives a kill of the process group" {
	drive_shell <<-EOF
		expect out> 
		send \$S sh -c 'echo re""ady; sleep 300' tag-$SECRET\r
		expect ready
		modes raw
		run kill -9 -\$(pgrep -o -f '^[^ ]*sbox sh .*tag-$SECRET')
		expect out> 
		send stty -a\r
		expect isig icanon iexten echo 
		run ! pgrep -f '[t]ag-$SECRET' >/dev/null
		send exit 0\r
		exit 0
	EOF
}

@test "terminal: restored after TERM, SEGV and the time limit" {
	drive "$SBOX" -- sh -c 'echo ready; sleep 60' <<-'EOF'
		expect ready
		modes raw
		signal TERM
		exit 143
		restored
	EOF
	drive "$SBOX" -- sh -c 'echo ready; sleep 60' <<-'EOF'
		expect ready
		modes raw
		signal SEGV
		exit 139
		restored
	EOF
	drive "$SBOX" --timeout 1s -- sh -c 'echo ready; sleep 60' <<-'EOF'
		expect ready
		modes raw
		exit 124
		restored
	EOF
}

@test "terminal: raw again after a stop that nobody can catch" {
	drive_shell <<-EOF
		expect out> 
		send \$S sh -c 'echo re""ady; cat' tag-$SECRET\r
		expect ready
		modes raw
		run kill -STOP \$(pgrep -o -f '^[^ ]*sbox sh .*tag-$SECRET')
		expect Stopped
		expect out> 
		send stty -a\r
		expect isig icanon iexten echo 
		send fg\r
		modes raw
		send ec""ho\r
		expect ec""ho
		send ^D
		expect out> 
		send exit 0\r
		exit 0
	EOF
}

@test "terminal: the time limit holds for a command that stopped itself" {
	run --separate-stderr timeout 20 "$SBOX" --timeout 1s -- sh -c 'kill -STOP $$; sleep 60' </dev/null
	is_status 124
}

# The script "stops" writes ticks, and stops: at the limit it writes no more.
ends_at_limit()
{
	local n

	drive_shell <<-'EOF'
		expect out> 
		send $S --timeout 3s -- bash ./stops\r
		expect Stopped
		expect out> 
		run for i in $(seq 80); do n=$(wc -c <ticks); sleep 0.5; [ "$n" = "$(wc -c <ticks)" ] && break; done; touch ended
		send test -e ended && echo en""ded\r
		expect ended
		send exit\r
		exit
	EOF
	[ -s ticks ]
	n=$(wc -c <ticks)
	sleep 0.5
	[ "$(wc -c <ticks)" -eq "$n" ]
}

@test "terminal: the time limit holds for what goes on while the command is stopped" {
	cat >"$PROJ/stops" <<-'EOF'
		(while :; do echo t >>ticks; sleep 0.1; done) &
		kill -STOP $$
		wait
	EOF
	ends_at_limit
}

@test "terminal: the time limit holds for a command that stops itself again" {
	cat >"$PROJ/stops" <<-'EOF'
		trap '' TERM
		trap 'kill -STOP $$' CONT
		setsid sh -c 'while :; do echo t >>ticks; sleep 0.1; done' &
		kill -STOP $$
		while :; do sleep 0.1; done
	EOF
	ends_at_limit
}

@test "terminal: without one, SIGTSTP stops the command and sbox, SIGCONT both" {
	cat >"$PROJ/count" <<-'EOF'
		trap 'echo cont >>log' CONT
		while :; do echo tick >>log; sleep 0.1; done
	EOF
	set -m
	"$SBOX" -- sh count </dev/null >/dev/null 2>&1 &
	local pid=$!
	set +m
	wait_for 10 test -s "$PROJ/log"
	kill -TSTP $pid
	wait_for 10 grep -q '^State:.*stopped' /proc/$pid/status
	: >"$PROJ/log"
	sleep 0.5
	[ ! -s "$PROJ/log" ]
	kill -CONT $pid
	wait_for 10 grep -q cont "$PROJ/log"
	kill -TERM $pid
	status=0
	wait $pid || status=$?
	is_status 143
}

@test "terminal: signals that sbox was told to ignore are ignored inside" {
	run --separate-stderr bash -c "trap '' HUP INT; exec \"$SBOX\" -- sh -c 'kill -HUP \$\$; kill -INT \$\$; echo alive'" </dev/null
	succeeds
	prints alive
}
