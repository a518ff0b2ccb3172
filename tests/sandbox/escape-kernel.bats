#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# shellcheck disable=SC2016,SC2034 # shell text for inside; used by helper.bash
# The kernel's own surface: system calls, other ABIs, sockets, terminals,
# capabilities, pid 1.

load helper

arch() { uname -m; }

# all_denied COUNT: so many tries, none of them ok, none succeeded by mistake.
all_denied()
{
	no_match '.*: ok'
	[ "$(grep -Ec ': (EPERM|ENOSYS|EAFNOSUPPORT|EACCES|ENOSPC)$' \
		<<<"$output")" -eq "$1" ] || fail "$output"
}

# --- namespaces -----------------------------------------------------------------

# escapes: 10
@test "no nested user namespace, nor any other" {
	attack syscalls unshare-user unshare-mount unshare-net unshare-pid \
		unshare-user-high clone-user clone-user-mount clone-pid \
		clone-time setns
	all_denied 10
	inside_sh 'unshare -Ur true 2>/dev/null && echo made
		unshare -r true 2>/dev/null && echo made; true'
	prints ""
}

# escapes: 6 62
@test "every namespace is the sandbox's own; with --net host all but that one" {
	local ns here
	inside_sh 'readlink /proc/self/ns/*'
	for ns in user mnt pid net ipc uts cgroup; do
		matches "$ns:.*"
		lacks "$(readlink /proc/self/ns/$ns)"
	done
	inside --net host -- /bin/sh -c 'readlink /proc/self/ns/*'
	for ns in user mnt pid net ipc uts cgroup; do
		here=$(readlink /proc/self/ns/$ns)
		if [ $ns = net ]; then has "$here"; else lacks "$here"; fi
	done
}

@test "clone3 answers ENOSYS, so that programs fall back to clone" {
	attack syscalls clone3 clone3-user
	prints "clone3: ENOSYS
clone3-user: ENOSYS"
}

@test "an unknown system call answers ENOSYS" {
	attack syscalls unknown-1000 unknown-1000000000 openat2
	prints "openat2: ENOSYS
unknown-1000: ENOSYS
unknown-1000000000: ENOSYS"
}

# escapes: 10 64
@test "--userns lets a program make namespaces, and still nothing of the host" {
	SBOX_ARGS=(--userns)
	attack syscalls unshare-user
	prints "unshare-user: ok"
	# the kernel lets nobody without CAP_SETFCAP map root's own id (5.12)
	if is_root; then
		inside --userns -- unshare -Urm /bin/true
		[ "$status" -ne 0 ]
		return
	fi
	inside --userns -- unshare -Urm /bin/sh -c "
		mount -t tmpfs none /var/tmp && echo mounted
		mount -o remount,rw,bind /usr 2>/dev/null && echo remounted
		umount -l /usr 2>/dev/null && echo unmounted
		umount -l '$HOME' 2>/dev/null && echo unmounted
		ls '$OUTSIDE' '$HOME/.ssh' 2>/dev/null
		echo x >/usr/new 2>/dev/null; id -u"
	has mounted
	lacks remounted
	lacks unmounted
	no_secret
	inside --userns -- unshare -Urmpf --mount-proc /bin/sh -c 'echo /proc/[0-9]*'
	has /proc/1
}

# escapes: 59 64
@test "--userns: bwrap doesn't start, since it would detach the mounts that protect" {
	need bwrap
	inside --userns -- bwrap --dev-bind / / /bin/touch ran
	[ "$status" -ne 0 ]
	[ ! -e ran ]
}

@test "--userns: protected paths hold against an inner mount namespace" {
	need git
	git init -q .
	echo original >.envrc
	local before
	before=$(cat .git/config .envrc; ls .git/hooks)
	inside --userns -- unshare -Urm /bin/sh -c '
		for p in .git/hooks .git/config .git .envrc .; do
			umount -l $p; mount -o remount,rw,bind $p; done
		echo evil >.git/hooks/new; echo evil >>.git/config
		echo evil >>.envrc; mv .git .git2; true'
	[ "$(cat .git/config .envrc; ls .git/hooks)" = "$before" ]
	[ ! -e .git2 ]
}

# What is mounted over a name protects it in that mount namespace only.
@test "--userns: nobody gets rid of the mounts that protect and hide, or mounts cgroups" {
	local before

	git init -q .
	echo "$SECRET" >.env
	before=$(cat .git/config)
	attack_copy detach
	echo evil >.git/evil
	inside --userns -- ./.attack-detach .git evil config
	has 'private: ok'
	has 'cgroup2: '
	has 'rename: '
	no_match '(cgroup.*|rename): ok'
	[ "$(cat .git/config)" = "$before" ]
	inside --userns -- ./.attack-detach . .git moved
	has 'rename: '
	lacks 'rename: ok'
	[ -d .git ]
	inside --userns --hide .env -- /bin/sh -c \
		'./.attack-detach . .env shown; cat shown .env'
	lacks 'rename: ok'
	no_secret
}

# --- system calls ---------------------------------------------------------------

# escapes: 7 66
@test "io_uring, userfaultfd, memfd_secret, keyrings and fanotify are not there" {
	attack syscalls io_uring_setup io_uring_enter io_uring_register \
		userfaultfd memfd_secret add_key request_key keyctl fanotify_init
	all_denied 9
}

# escapes: 12 66
@test "bpf, perf, kcmp and writing into other processes are denied" {
	attack syscalls bpf-map perf_event_open kcmp process_vm_writev \
		process_madvise pidfd_getfd move_pages migrate_pages
	all_denied 8
}

@test "what manages the machine is denied, for root too" {
	attack syscalls kexec_load init_module finit_module delete_module reboot \
		swapon swapoff acct syslog quotactl settimeofday clock_settime \
		sethostname setdomainname vhangup lookup_dcookie
	all_denied 16
	[ "$(arch)" = x86_64 ] || return 0
	attack syscalls iopl ioperm modify_ldt uselib ustat sysfs
	all_denied 6
}

# escapes: 35 52
@test "a project's .sbox.json can't keep the filter from being there" {
	local errno

	echo '{ "seccomp": { "defaultAction": "SCMP_ACT_ALLOW", "syscalls": [
		{ "names": ["seccomp"], "action": "SCMP_ACT_ERRNO" }] } }' \
		>"$HOME/p.json"
	# a call that is answered with error 0 seems to have been made
	for errno in 0 1 38; do
		echo '{ "seccomp": { "defaultAction": "SCMP_ACT_ALLOW",
			"syscalls": [{ "names": ["seccomp"],
			"action": "SCMP_ACT_ERRNO", "errnoRet": '$errno' }] } }' \
			>.sbox.json
		attack syscalls unshare-user bpf-map keyctl
		all_denied 3
		inside_sh 'grep Seccomp_filters /proc/self/status'
		prints "Seccomp_filters:	2"
	done
	# a profile of the user's that allows no second one: nothing is run
	inside --profile "$HOME/p.json" -- /bin/touch ran
	refused
	[ ! -e ran ]
}

@test "every one of these calls at once: none succeeds" {
	attack syscalls
	succeeds
	no_match '.*: ok'
}

# escapes: 66
@test "the session keyring is not the user's, and /proc/keys says nothing" {
	inside_sh 'cat /proc/keys /proc/key-users 2>/dev/null; true'
	prints ""
	attack syscalls keyctl
	no_match '.*: ok'
}

# escapes: 4 5 14 65
@test "int 0x80 and x32 calls kill, and do nothing" {
	[ "$(arch)" = x86_64 ] || { cannot "not x86-64"; return; }
	local signal=SIGSYS
	# some hosts have no such gate, sandbox or not
	(cd "$SCRATCH" && "$ATTACK/abi") | grep -qx 'int80-getpid: killed SIGSEGV' &&
		signal=SIGSEGV
	rm -rf "$SCRATCH"/made-by-*
	attack abi
	succeeds
	no_match '.*: ok'
	no_match 'int80-.*: E.*'
	matches "int80-getpid: killed $signal"
	matches 'x32-getpid: (killed SIGSYS|ENOSYS)'
	[ ! -e made-by-int80 ]
	[ ! -e made-by-x32 ]
}

# --- sockets --------------------------------------------------------------------

# escapes: 8 9
@test "only unix, IPv4, IPv6 and route netlink sockets, high bits or not" {
	attack sockets
	succeeds
	# families: 1 unix, 2 inet, 10 inet6, 16 netlink protocol 0
	no_match '.* family (0|[3-9]|1[1-57-9]|[2-6][0-9]) .*'
	no_match '.* family 16 type . protocol [1-9][0-9]*'
	matches 'plain family 1 type 1 protocol 0'
	# no raw sockets
	no_match '.* family (2|10) type 3 .*'
}

# escapes: 25
@test "MPTCP and SCTP sockets do not slip past" {
	attack sockets
	lacks mptcp
	lacks sctp
	# neither by a type alone: SCTP is 5, DCCP 6
	matches 'reached family 2 type 1'
	matches 'reached family 10 type 2'
	no_match 'reached family [0-9]* type ([4-9]|1[0-9])'
}

# escapes: 43
@test "without a network there is none: no interface but lo, no route, no host port" {
	need python3
	local port pid
	python3 -c '
import socket, time
s = socket.socket(); s.bind(("127.0.0.1", 0)); s.listen()
print(s.getsockname()[1], flush=True)
s.settimeout(30); c = s.accept(); print("connected", flush=True)' \
		>"$SCRATCH/port" 3>&- &
	pid=$!
	wait_for 10 test -s "$SCRATCH/port"
	port=$(head -n 1 "$SCRATCH/port")
	canaries_set
	inside -- /usr/bin/env bash -c "cat /proc/net/dev | tail -n +3 | cut -d: -f1
		(echo evil >/dev/tcp/127.0.0.1/$port) 2>/dev/null && echo connected
		(echo evil >/dev/tcp/192.0.2.1/80) 2>/dev/null && echo routed; true"
	kill $pid
	lacks connected
	lacks routed
	no_match ' *(eth|en|wl|docker|veth).*'
	no_match connected
}

# escapes: 13 50
@test "abstract unix sockets of the host are out of reach, streams and datagrams" {
	local name=@sbox-test-$$-$RANDOM pid

	: >"$SCRATCH/heard"
	"$ATTACK/unix" listen "$name" "$SCRATCH/heard" >"$SCRATCH/ready" 3>&- &
	pid=$!
	wait_for 5 grep -q ready "$SCRATCH/ready"
	attack unix send "$name" evil
	sleep 0.2
	kill $pid
	no_match '.*: ok'
	[ ! -s "$SCRATCH/heard" ] || fail "$output"
}

# escapes: 13 50
@test "abstract unix sockets of the host are out of reach with --net host too" {
	grep -qw landlock /sys/kernel/security/lsm 2>/dev/null ||
		[ "$(uname -r | cut -d. -f1)" -ge 6 ]
	local name=@sbox-test-$$-$RANDOM pid

	: >"$SCRATCH/heard"
	"$ATTACK/unix" listen "$name" "$SCRATCH/heard" >"$SCRATCH/ready" 3>&- &
	pid=$!
	wait_for 5 grep -q ready "$SCRATCH/ready"
	SBOX_ARGS=(--net host)
	attack unix send "$name" evil
	sleep 0.2
	kill $pid
	# the scope came with Landlock ABI 6, kernel 6.12
	local major minor
	IFS=.- read -r major minor _ < <(uname -r)
	if [ $((major * 100 + minor)) -ge 612 ]; then
		no_match '.*: ok'
		[ ! -s "$SCRATCH/heard" ] || fail "$output"
	fi
}

# --- the terminal ---------------------------------------------------------------

# on_terminal ARG...: sbox on a terminal of its own, whose other side is read
# into $SCRATCH/typescript. A shell reads what was pushed into it afterwards.
on_terminal()
{
	need python3
	canaries_set
	cat >"$SCRATCH/work-pty.py" <<-'END'
	import os, pty, select, sys, time
	pid, fd = pty.fork()
	if pid == 0:
	    # the shell that the pushed text would reach
	    script = '"$@"; echo SBOX-ENDED $?; read -t 2 line && echo "READ $line"'
	    os.execvp("bash", ["bash", "-c", script, "bash"] + sys.argv[1:])
	end = time.time() + 40
	out = b""
	while time.time() < end:
	    if select.select([fd], [], [], 0.5)[0]:
	        try:
	            data = os.read(fd, 65536)
	        except OSError:
	            break
	        if not data:
	            break
	        out += data
	os.waitpid(pid, 0)
	sys.stdout.buffer.write(out)
	END
	run python3 "$SCRATCH/work-pty.py" "$SBOX" "$@"
	rm -f "$SCRATCH/work-pty.py"
}

# escapes: 1 2 3 65
@test "TIOCSTI and TIOCLINUX push nothing into the user's terminal, TIOCSETD gives it no driver" {
	attack_copy ttyioctl
	local mode
	for mode in relay none auto; do
		on_terminal --tty $mode -- "$PROJ/.attack-ttyioctl" "$HOME/pushed"
		has "SBOX-ENDED 0" || fail "--tty $mode"
		has "TIOCSTI: EPERM" || fail "--tty $mode"
		has "TIOCSETD: EPERM" || fail "--tty $mode"
		lacks ": ok" || fail "--tty $mode"
		lacks READ || fail "--tty $mode"
		[ ! -e "$HOME/pushed" ]
	done
}

# escapes: 58
@test "what reaches into the host's terminal is filtered: clipboard, title reports" {
	on_terminal -- /bin/sh -c "printf 'a\033]52;c;ZXZpbA==\007b'
		printf 'c\033[21td\033]2;title\007e\033[>0qf\033]50;?\007g'
		printf '\033P+q544e\033\\\\h\033]1337;File=x\007i'"
	lacks $'\033]52'
	lacks $'\033[21t'
	lacks ZXZpbA
	lacks $'\033]1337'
	# what programs ask at their start passes
	has $'\033[>0q'
}

# --- pid 1 and what is above ------------------------------------------------------

# escapes: 11 16 57
@test "pid 1 gives nothing away: environ, memory, root, descriptors, ptrace" {
	export OUTER_SECRET=$SECRET
	attack pid1 look
	unset OUTER_SECRET
	succeeds
	no_secret
	no_match '/proc/1/(environ|mem|maps|auxv|syscall|stack|pagemap|smaps): ok'
	# root may count pid 1's descriptors by his id, not follow them
	is_root || no_match '/proc/1/fd/: ok'
	no_match '/proc/1/(root|cwd|exe|ns/.*|fd/.+|root/|cwd/): ok'
	no_match '(ptrace-.*|process_vm_readv|pidfd_getfd): ok'
}

# escapes: 11
@test "pid 1 survives every signal from inside" {
	attack pid1 kill
	succeeds
	has "still here"
}

# escapes: 11
@test "pid 1's limits cannot be changed from inside" {
	attack pid1 rlimit
	succeeds
	no_match 'prlimit.*: ok'
}

# It has to be there in time when something forbidden happens (git.bats).
@test "pid 1 cannot be slowed down from inside" {
	local o
	for o in --quiet --profile=permissive; do
		attack_copy pid1
		inside $o -- /bin/sh -c './.attack-pid1 slow
			cut -d" " -f19,41 /proc/1/stat
			grep Cpus_allowed_list: /proc/1/status'
		succeeds
		no_match '(set(scheduler|attr|affinity)|process|user|group): ok'
		no_match '(.*autogroup|oom): ok'
		matches '0 0'
		has "$(grep Cpus_allowed_list: /proc/self/status)"
	done
}

# escapes: 57
@test "the caller's environment cannot be read from anywhere inside" {
	export OUTER_SECRET=$SECRET
	inside_sh 'env; cat /proc/*/environ /proc/*/task/*/environ /proc/1/mem \
		2>/dev/null | tr "\0" "\n"; true'
	unset OUTER_SECRET
	no_secret
}

@test "gdb-like tracing of one's own children works" {
	attack_copy survive
	inside_sh './.attack-survive x >/dev/null; echo fine'
	prints fine
}

# --- capabilities and identities --------------------------------------------------

@test "no capability in any set, no_new_privs, seccomp filter on" {
	inside -- /bin/grep -E '^(Cap|NoNewPrivs|Seccomp:)' /proc/self/status
	succeeds
	local set
	for set in CapInh CapPrm CapEff CapBnd CapAmb; do
		matches "$set:.0000000000000000"
	done
	matches 'NoNewPrivs:.1'
	matches 'Seccomp:.2'
	# pid 1 has what makes it more than the payload, and no use of it
	inside -- /bin/grep -E '^Cap' /proc/1/status
	no_match 'Cap(Inh|Eff|Bnd|Amb):.*[1-9a-f].*'
	matches 'CapPrm:.0000000800000000'
}

@test "--userns: still no capability outside one's own namespace" {
	inside --userns -- /bin/grep -E '^(Cap|NoNewPrivs|Seccomp:)' \
		/proc/self/status
	matches 'CapEff:.0000000000000000'
	matches 'NoNewPrivs:.1'
}

@test "set-id programs gain nothing" {
	inside_sh 'for p in /usr/bin/su /usr/bin/mount /usr/bin/passwd \
		/usr/bin/newgrp /usr/bin/chsh; do [ -u $p ] && echo $p; done; true'
	# they are there with their bits, so they are tried
	inside_sh 'su -c id 2>/dev/null </dev/null; sudo -n id 2>/dev/null
		newgrp root -c id 2>/dev/null </dev/null; true'
	if is_root; then
		lacks "uid=1"
	else
		lacks "uid=0"
	fi
	is_root || return 0
	# a set-uid program of our own, on a file system that is in the view
	cp /usr/bin/id "$PROJ/suid-id"
	chown 12345 "$PROJ/suid-id"
	chmod 4755 "$PROJ/suid-id"
	inside -- ./suid-id -u
	lacks 12345
}

@test "file capabilities gain nothing" {
	is_root || return 0
	need setcap
	attack_copy syscalls
	cp "$PROJ/.attack-syscalls" "$PROJ/capped"
	setcap cap_sys_admin,cap_sys_chroot,cap_net_raw+ep "$PROJ/capped"
	inside -- ./capped sethostname chroot
	no_match '.*: ok'
	inside -- ./capped syslog
	no_match '.*: ok'
}

# escapes: 67
@test "supplementary groups are gone, as root too" {
	inside -- /usr/bin/id -G
	succeeds
	# groups that are not mapped show as the overflow group: none may be left
	# that opens a file; as root the list must be the gid alone
	if is_root; then
		prints "$(id -g)"
	fi
	is_root || return 0
	need setpriv
	mkdir "$SCRATCH/work"
	echo "$SECRET" >"$PROJ/group-file"
	chown 0:4242 "$PROJ/group-file"
	chmod 040 "$PROJ/group-file"
	run --separate-stderr setpriv --groups 4242 timeout "$LIMIT" "$SBOX" -- \
		/bin/sh -c 'id -G; grep ^Groups /proc/self/status'
	lacks 4242
	lacks 65534
}

@test "root's rights over other users' files are gone" {
	is_root || return 0
	echo "$SECRET" >"$PROJ/other"
	chown 4242:4242 "$PROJ/other"
	chmod 600 "$PROJ/other"
	inside_sh 'cat other; echo evil >other; chmod 666 other
		chown 0 other; true'
	no_secret
	[ "$(stat -c '%u %a' other)" = "4242 600" ]
}

# --- signals and processes of the host -------------------------------------------

# escapes: 11
@test "no signal reaches a process outside, by number or by group" {
	sleep 300 3>&- &
	local pid=$!
	attack signals pids $pid $$ $PPID
	succeeds
	kill -0 $pid || fail "the host's process was killed"
	kill $pid
	no_match 'kill-.*: ok'
}

# escapes: 29
@test "core dumps do not start the host's handler with files of the sandbox" {
	inside_sh 'for f in sys/kernel/core_pattern sysrq-trigger \
		sys/kernel/modprobe sys/fs/binfmt_misc/register; do
		( : >>/proc/$f ) 2>/dev/null && echo "opened $f"; done; true'
	prints ""
}

# escapes: 29
@test "nothing can be written below /proc/sys, not by root either" {
	inside_sh 'find /proc/sys -type f 2>/dev/null | while read -r f; do
		( : >>"$f" ) 2>/dev/null && echo "$f"; done; true'
	succeeds
	prints ""
}

@test "no profile lifts no_new_privs, capabilities or namespaces: permissive" {
	inside --profile permissive -- /bin/grep -E '^(CapEff|CapBnd|NoNewPrivs)' \
		/proc/self/status
	matches 'CapEff:.0000000000000000'
	matches 'NoNewPrivs:.1'
	SBOX_ARGS=(--profile permissive)
	attack syscalls mount-tmpfs unshare-user bpf-map keyctl kexec_load \
		open_tree
	no_match '.*: ok'
	attack abi
	no_match '.*: ok'
}

@test "every shipped profile starts and denies what none may allow" {
	local p name
	for p in "$TOP"/profiles/*.json; do
		name=${p##*/}
		name=${name%.json}
		SBOX_ARGS=(--profile "$name")
		# their ports may be somebody's here
		[[ $name != *-login ]] || SBOX_ARGS+=(--net none)
		attack syscalls kexec_load bpf-map mount-tmpfs pivot_root
		succeeds || fail "$name"
		no_match '.*: ok' || fail "$name"
	done
}

@test "strict has no ptrace, base has it for one's own children" {
	attack trace
	prints "traceme: ok"
	SBOX_ARGS=(--profile strict)
	attack trace
	no_match '.*: ok'
}
