#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# shellcheck disable=SC2016,SC2034 # shell text for inside; used by helper.bash
# What the host offers to its own processes, tried from inside: services behind
# unix sockets at their usual places, the launcher's executable, attributes that
# the host's kernel acts upon, files that the host's programs go on using.

load helper

test_setup()
{
	PIDS=()
	PLACES=()
}
test_teardown()
{
	[ ${#PIDS[@]} -eq 0 ] || kill "${PIDS[@]}" 2>/dev/null || true
	[ -z "${AGENT_DIR:-}" ] || rm -rf "$AGENT_DIR"
}

# serve PATH: a service of the host that writes down what it hears.
serve()
{
	mkdir -p "$(dirname "$1")"
	"$ATTACK/unix" listen "$1" "$SCRATCH/heard" >"$SCRATCH/ready" 3>&- &
	PIDS+=($!)
	wait_for 10 grep -q ready "$SCRATCH/ready"
	rm -f "$SCRATCH/ready"
	PLACES+=("$1")
}

# Docker's (rootless), D-Bus' session bus and systemd's beside it, GnuPG's and
# ssh's agent, all alive, at the places that the caller's environment names.
services_start()
{
	AGENT_DIR=$(mktemp -d /tmp/ssh-XXXXXXXXXX)
	RUNTIME=$SCRATCH/run
	serve "$HOME/.docker/run/docker.sock"
	serve "$RUNTIME/bus"
	serve "$RUNTIME/systemd/private"
	serve "$RUNTIME/gnupg/S.gpg-agent"
	serve "$RUNTIME/pipewire-0"
	serve "$AGENT_DIR/agent.1"
	# or every test here would pass
	"$ATTACK/unix" send "${PLACES[-1]}" honest >/dev/null
	wait_for 10 test -s "$SCRATCH/heard"
	: >"$SCRATCH/heard"
}

# tried ARG...: sbox ARG..., whose payload sends to every one of them, by its
# own name and through what else names it. Nothing is heard.
tried()
{
	export XDG_RUNTIME_DIR=$RUNTIME SSH_AUTH_SOCK=$AGENT_DIR/agent.1 \
		DOCKER_HOST=unix://$HOME/.docker/run/docker.sock \
		DBUS_SESSION_BUS_ADDRESS=unix:path=$RUNTIME/bus
	inside "$@" -- /bin/sh -c 'for s; do
		./.attack-unix send "$s" evil
		./.attack-unix send "/proc/self/root$s" evil
		./.attack-unix send "/proc/1/root$s" evil
		ln -s "$s" link; ./.attack-unix send link evil; rm -f link
		ln "$s" hard; ./.attack-unix send hard evil; rm -f hard
		done; echo end' sh "${PLACES[@]}"
	unset XDG_RUNTIME_DIR SSH_AUTH_SOCK DOCKER_HOST DBUS_SESSION_BUS_ADDRESS
	succeeds
	has end
	no_match '(connect|sendto|send): ok'
	# what was sent has been written down by the time this one is
	"$ATTACK/unix" send "${PLACES[-1]}" honest >/dev/null
	wait_for 10 grep -q honest "$SCRATCH/heard"
	absent evil "$SCRATCH/heard"
	: >"$SCRATCH/heard"
}

# escapes: 46 47 48 49
@test "Docker, D-Bus, systemd, GnuPG and ssh-agent of the host hear nothing" {
	attack_copy unix
	services_start
	tried
}

# escapes: 46 47 48 49
@test "services of the host hear nothing with --net host and their variables passed" {
	attack_copy unix
	services_start
	tried --net host --env SSH_AUTH_SOCK --env DOCKER_HOST \
		--env DBUS_SESSION_BUS_ADDRESS --env XDG_RUNTIME_DIR
}

# escapes: 46 47 48 49
@test "services of the host hear nothing when the directories they lie in are shown" {
	attack_copy unix
	services_start
	tried --ro "$HOME/.docker" --ro "$RUNTIME" --ro "$AGENT_DIR"
	tried --rw "$HOME/.docker" --rw "$RUNTIME" --rw "$AGENT_DIR"
}

# CVE-2019-5736: the program that is executed is the launcher's own image, on
# the host's mount, and another process inside writes to it when it has ended.
# escapes: 29
@test "a command that names /proc/self/exe never runs the launcher inside" {
	mkdir "$SCRATCH/work"
	cp -r "$TOP/profiles" "$SCRATCH/work/profiles"
	mkdir "$SCRATCH/work/bin"
	cp "$SBOX" "$SCRATCH/work/bin/sbox"
	canaries_set
	local before c
	before=$(sha256sum "$SCRATCH/work/bin/sbox")
	printf '#!/proc/self/exe --version\n' >script
	printf '#!/proc/self/exe\n' >script2
	chmod 755 script script2
	ln -s /proc/self/exe link
	ln -s /proc/1/exe link1
	for c in ./script ./script2 ./link ./link1 /proc/self/exe /proc/1/exe; do
		SBOX=$SCRATCH/work/bin/sbox inside -- "$c" --version
		[ "$status" -eq 126 ] || [ "$status" -eq 127 ] ||
			is_status 125 || fail "$c"
		prints ""
	done
	SBOX=$SCRATCH/work/bin/sbox inside -- /bin/sh -c '
		for p in /proc/[0-9]*; do
			exec 9<$p/exe && : 9>>/proc/self/fd/9
			echo evil >>$p/exe
		done 2>/dev/null; ./script; ./link --version; true'
	lacks sbox
	[ "$(sha256sum "$SCRATCH/work/bin/sbox")" = "$before" ]
}

# escapes: 24 29
@test "no attribute that the host's kernel acts upon can be set on a file of the host" {
	need getfattr
	attack xattr file
	succeeds
	no_match '.*: ok'
	output=$(getfattr -d -m - file 2>/dev/null)
	lacks security.
	lacks trusted.
}

# A single file is shown as the inode it is: replacing it by rename must fail,
# not make a second truth beside it.
# escapes: 61
@test "a file shown by itself can't be replaced by rename, only written" {
	mkdir "$SCRATCH/work"
	echo old >"$SCRATCH/work/file"
	canaries_set
	inside --rw "$SCRATCH/work/file" -- /bin/sh -c "cd '$SCRATCH/work'
		echo new >n 2>/dev/null; mv -f n file 2>/dev/null; rm -f file
		cat file; echo written >file; cat file"
	succeeds
	prints "old
written"
	[ "$(cat "$SCRATCH/work/file")" = written ]
	[ "$(ls "$SCRATCH/work")" = file ]
}

# CVE-2025-31133: /dev/null is replaced while something is about to be masked
# by it. Ours is masked by files that the payload never had.
# escapes: 29
@test "what hides and what is hidden can't be replaced from inside" {
	echo "$SECRET" >.env
	inside --hide .env -- /bin/sh -c '
		exec 2>/dev/null
		for f in /dev/null /dev/zero /dev/console /dev/tty /proc/kcore; do
			rm -f $f; mv $f /dev/x; ln -sf /proc/1/environ $f
			ln -sf /tmp/x $f
		done
		rm -f .env; mv .env e; ln -sf /etc/passwd .env; ln .env hard
		cat hard e .env
		for f in /dev/null /dev/zero /dev/tty; do [ -c $f ] || echo $f; done
		[ -e /dev/console ] && echo console; true'
	succeeds
	prints ""
	[ "$(cat .env)" = "$SECRET" ]
	[ "$(stat -c %h .env)" = 1 ]
}

# What the project holds decides nothing about programs of the host that sbox
# or its caller's shell would start: the caller's environment is the host's.
# escapes: 54 57
@test "loaders' files in the project are not read by the launcher" {
	local f
	for f in .bashrc .profile .bash_profile .env .sboxrc .gitconfig \
		ld.so.preload gconv-modules locale.alias; do
		echo "touch $PROJ/ran; exit 77" >$f
	done
	export BASH_ENV=.bashrc ENV=.profile GCONV_PATH=. LOCPATH=. \
		GIT_CONFIG_GLOBAL=.gitconfig NLSPATH=.
	inside -- /bin/sh -c 'echo alive; bash -c "echo bash"'
	unset BASH_ENV ENV GCONV_PATH LOCPATH GIT_CONFIG_GLOBAL NLSPATH
	succeeds
	prints "alive
bash"
	[ ! -e ran ]
}
