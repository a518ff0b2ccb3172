#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# shellcheck disable=SC2016,SC2034,SC2317 # shell text for inside; used by helper.bash; called by race
# Ways out through mounts, paths, links and descriptors, tried from inside or by
# a process that races with the start of sbox; judged by the host's files.

load helper

# race A B ARG...: start sbox with ARG..., $ROUNDS times, while two names are
# exchanged as fast as possible, and call judge after each; it sees status,
# output and stderr. A race whose sandbox never started proves nothing: it goes
# on until one has, and fails if none ever does. (The loop counts in $round: the
# run of bats 1.8 has a loop of its own over $i.)
ROUNDS=${SBOX_RACE_ROUNDS:-40}

race()
{
	local a=$1 b=$2 round alive=0

	shift 2
	starts=0 refusals=0
	"$ATTACK/swap" "$a" "$b" 3>&- &
	RACER=$!
	for ((round = 0; round < ROUNDS || (starts == 0 && \
		round < 10 * ROUNDS); round++)); do
		inside "$@"
		if [ "$status" -eq 125 ]; then
			refusals=$((refusals + 1))
			refused
		else
			starts=$((starts + 1))
		fi
		judge
	done
	kill -0 "$RACER" 2>/dev/null && alive=1
	kill "$RACER" 2>/dev/null || true
	wait "$RACER" 2>/dev/null || true
	RACER=
	[ "$alive" = 1 ] || fail "the racing process ended by itself"
	echo "$refusals refused, $starts started"
	[ "$starts" -gt 0 ] || fail "never started"
}
test_teardown()
{
	[ -z "${RACER:-}" ] || kill "$RACER" 2>/dev/null || true
}
judge() { no_secret; }

repo_make()
{
	need git
	git init -q "$1"
	git -C "$1" config user.name Tester
	git -C "$1" config user.email tester@example.org
	echo one >"$1/file"
	git -C "$1" add file
	git -C "$1" commit -q -m one
	printf '#!/bin/sh\nexit 0\n' >"$1/.git/hooks/pre-commit"
	chmod 755 "$1/.git/hooks/pre-commit"
}

# What the host would run or believe: must be the same after every attack.
repo_trust()
{
	(cd "$1" && ls -lA --time-style=+ .git/hooks && cat .git/config &&
		cat .git/hooks/pre-commit && stat -c '%F %i' .git .git/hooks \
			.git/config)
}

# --- swaps while sbox starts --------------------------------------------------

# escapes: 15 29 55 67
@test "a --ro path in the project flipped to a link outside: an error or the right one" {
	mkdir a
	echo innocent >a/secret
	ln -s "$OUTSIDE/dir" b
	judge()
	{
		no_secret
		[ "$status" -ne 0 ] || prints innocent
	}
	race a b --ro "$PROJ/a:/seen" -- /bin/cat /seen/secret
	[ "$refusals" -gt 0 ]
}

# The user's own link may be followed: either directory is what the name meant
# at some moment. Nothing else may be shown, not the empty mount point, not a
# third directory.
# escapes: 15 29 67
@test "a --ro path exchanged with a link of the user's: one of the two, nothing else" {
	local work=$SCRATCH/work either

	mkdir -p "$work/dir" "$work/good"
	ln -s "$work/dir" "$work/link"
	either=" $(stat -c %i "$work/good") $(stat -c %i "$work/dir") "
	judge()
	{
		[ "$status" -ne 125 ] || return 0
		succeeds
		[[ $either == *" $output "* ]] || fail "a third one"
	}
	race "$work/good" "$work/link" --ro "$work/good:/seen" -- \
		/bin/sh -c 'stat -c %i /seen'
}

# What was planned for one directory must not be done to another: here only one
# of the two has something to protect.
repo_and_plain()
{
	mkdir -p "$SCRATCH/work/plain"
	repo_make "$SCRATCH/work/repo"
	ATTEMPT='[ ! -d .git ] || echo evil >.git/hooks/evil'
	judge()
	{
		[ ! -e "$SCRATCH/work/plain/.git/hooks/evil" ]
		[ ! -e "$SCRATCH/work/repo/.git/hooks/evil" ]
	}
}

# escapes: 15 29 55 67
@test "a --rw directory exchanged with a repository: never without its protection" {
	repo_and_plain
	race "$SCRATCH/work/plain" "$SCRATCH/work/repo" \
		--rw "$SCRATCH/work/plain:/seen" -- /bin/sh -c "cd /seen; $ATTEMPT"
	[ "$refusals" -gt 0 ]
}

# escapes: 20 55 67
@test "the current directory exchanged with another: never without its protection" {
	repo_and_plain
	cd "$SCRATCH/work/repo"
	race "$SCRATCH/work/plain" "$SCRATCH/work/repo" -- /bin/sh -c "$ATTEMPT"
	cd "$PROJ"
}

# escapes: 15 29 67
@test "an inner component of a --rw path flipped to a link outside" {
	mkdir -p a/dir
	echo innocent >a/dir/secret
	ln -s "$OUTSIDE" b
	race a b --rw "$PROJ/a/dir:/seen" -- /bin/sh -c \
		'cat /seen/secret; echo evil >/seen/new'
	[ ! -e "$OUTSIDE/dir/new" ]
	[ "$refusals" -gt 0 ]
}

# escapes: 20 67
@test "the current directory renamed and replaced by a link while sbox starts" {
	local work=$SCRATCH/work

	mkdir -p "$work/proj"
	ln -s "$OUTSIDE/dir" "$work/evil"
	echo innocent >"$work/proj/secret"
	cd "$work/proj"
	race "$work/proj" "$work/evil" -- /bin/sh -c 'cat secret; echo evil >new'
	cd "$PROJ"
	[ ! -e "$OUTSIDE/dir/new" ]
}

# The user may name a link as --cwd, and the home is refused as such: what was
# looked at must be what is mounted.
# escapes: 20 67
@test "--cwd flipped to a link to the home while sbox starts: refused or the right one" {
	mkdir -p a/docs
	echo innocent >a/docs/secret
	ln -s "$HOME" b
	judge()
	{
		no_secret
		[ "$status" -ne 0 ] || prints innocent
		[ ! -e "$HOME/new" ]
	}
	race a b --cwd "$PROJ/a" -- /bin/sh -c 'echo x >new; cat docs/secret'
	[ "$refusals" -gt 0 ]
}

# escapes: 15 29
@test "a hidden file flipped to a link while sbox starts: nothing outside is seen or covered" {
	echo mine >.env
	ln -s "$OUTSIDE/secret" b
	race .env b --hide .env -- /bin/sh -c 'cat .env; echo evil >.env'
	[ "$(cat "$OUTSIDE/secret")" = "# $SECRET" ]
}

# escapes: 29
@test "protected .git/hooks flipped to a link while sbox starts: nothing outside is written" {
	repo_make "$PROJ"
	ln -s "$OUTSIDE/dir" .git/hooks2
	race .git/hooks .git/hooks2 -- /bin/sh -c 'echo evil >.git/hooks/new
		cat .git/hooks/secret .git/hooks2/secret'
	[ ! -e "$OUTSIDE/dir/new" ]
}

# --- links inside the project ---------------------------------------------------

# escapes: 15 17
@test "a link in the project given as --ro, --rw, --hide or --tmpfs shows nothing outside" {
	ln -s "$OUTSIDE/dir" link
	ln -s "$OUTSIDE" up
	mkdir sub
	ln -s ../../docs sub/rel
	canaries_set
	local o p
	for o in --ro --rw --ro-try --rw-try; do
		for p in link up/dir sub/rel link/secret up/dir/secret; do
			inside $o "$PROJ/$p" -- /bin/sh -c \
				"cat $p/secret $p link/secret 2>/dev/null; touch ran"
			no_secret
			refused || fail "$o $p"
		done
	done
	for o in --hide --tmpfs; do
		for p in link up/dir; do
			inside $o "$PROJ/$p" -- /bin/sh -c \
				'cat link/* up/dir/*; echo x >link/new'
			no_secret
		done
	done
	[ ! -e "$OUTSIDE/dir/new" ]
}

# escapes: 15
@test "a link as destination never leads a mount or a file out of the new root" {
	ln -s "$OUTSIDE" out
	ln -s / rootlink
	ln -s ../../../../../../../.. dots
	canaries_set
	local d
	for d in out/new rootlink/new dots/new out/dir "rootlink$OUTSIDE/dir"; do
		inside --ro "$HOME/docs:$PROJ/$d" -- /bin/sh -c \
			'cat out/secret rootlink/etc/shadow 2>/dev/null; true'
		[[ $output != *"$SECRET"* ]] || fail "$d: $output"
		inside --tmpfs "$PROJ/$d" -- /bin/sh -c "echo x >'$PROJ/$d/y'; true"
	done
	[ ! -e "$OUTSIDE/new" ]
	[ ! -e "$OUTSIDE/dir/y" ]
	[ ! -e /new ]
}

# escapes: 17 21
@test "links, /proc/self/root and .. inside lead to the view, not to the host" {
	ln -s "$OUTSIDE/secret" abs
	ln -s ../../outside/secret rel
	attack chroot "$OUTSIDE/secret"
	no_secret
	lacks "absolute: ok"
	inside_sh "cat abs rel '$OUTSIDE/secret' /proc/self/root'$OUTSIDE/secret' \
		/proc/1/root'$OUTSIDE/secret' /proc/self/cwd/../../outside/secret \
		../../outside/secret /proc/thread-self/root'$OUTSIDE/secret'"
	[ "$status" -ne 0 ]
	prints ""
}

# escapes: 19
@test "a path with the project's name as prefix is not the project" {
	ln -s "$OUTSIDE/dir" "$EVIL/link"
	mkdir "$HOME/pro"
	canaries_set
	# the link lies beside the project, where nothing inside can write: it
	# is the user's and may be followed
	inside --ro "$EVIL/link:/seen" -- /bin/cat /seen/secret
	succeeds
	prints "# $SECRET"
	inside --rw "$HOME/pro" -- /bin/sh -c "echo x >'$EVIL/new'
		cat '$EVIL/secret'"
	[ "$status" -ne 0 ]
	no_secret
	inside --hide "$HOME/pro" --ro "$EVIL" -- /bin/cat "$EVIL/secret"
	prints "# $SECRET"
}

# The name that is protected is not the only one: an earlier run may have made
# the other, before the file was looked at and trusted.
@test "a protected file with a second hard link is refused" {
	local f
	mkdir -p .claude/hooks/deep .vscode
	repo_make "$PROJ"
	for f in .envrc .vscode/tasks.json .git/config .claude/hooks/deep/x; do
		[ -e $f ] || echo original >$f
		ln $f other
		inside_sh "echo evil >>other"
		refused
		says "$f: the file has other names"
		! grep -q evil $f || fail "$f"
		# the cure
		cp -p $f new
		mv new $f
		rm other
		inside_sh true
		succeeds
	done
	# what the inside made unreadable, or too deep to be looked through
	mkdir -m 0 .devcontainer
	inside_sh true
	is_root || refused
	is_root || says 'devcontainer: Permission denied'
	rmdir .devcontainer
	mkdir -p ".devcontainer/$(printf 'd/%.0s' {1..40})"
	inside_sh true
	refused
	says 'directories too deep'
}

# escapes: 22
@test "another case of a protected name is another file, and its own protection holds" {
	repo_make "$PROJ"
	local before
	before=$(repo_trust "$PROJ")
	inside_sh 'mkdir -p .GIT/hooks; echo evil >.GIT/hooks/pre-commit
		echo evil 2>/dev/null >.git/HOOKS/pre-commit; true'
	[ "$(repo_trust "$PROJ")" = "$before" ]
}

# --- descriptors ----------------------------------------------------------------

# escapes: 29 30 67
@test "no inherited descriptor arrives, of whatever kind and number" {
	attack_copy fds
	canaries_set
	run --separate-stderr timeout "$LIMIT" "$ATTACK/holdfds" "$OUTSIDE" \
		"$OUTSIDE/secret" "$SBOX" -- ./.attack-fds </dev/null
	succeeds
	prints end
	no_secret
}

# escapes: 30
@test "no inherited descriptor arrives with low limits either" {
	attack_copy fds
	(
		exec 200<"$OUTSIDE/secret" 201<"$OUTSIDE"
		ulimit -n 128
		timeout "$LIMIT" "$SBOX" -- ./.attack-fds </dev/null >out 2>err
	)
	output=$(cat out) stderr=$(cat err) status=0
	prints end
}

# escapes: 29
@test "a directory as stdin, stdout or stderr is refused" {
	attack_copy fds
	local n
	for n in 0 1 2; do
		status=0
		case $n in
		0) "$SBOX" -- /bin/sh -c 'touch ran; cd /proc/self/fd/0; ls' \
			<"$OUTSIDE" >out 2>err || status=$? ;;
		1) "$SBOX" -- /bin/sh -c 'touch ran' 1<"$OUTSIDE" 2>err \
			</dev/null || status=$? ; : >out ;;
		2) "$SBOX" -- /bin/sh -c 'touch ran' 2<"$OUTSIDE" \
			</dev/null >out || status=$? ;
			echo "sbox: directory" >err ;;
		esac
		output=$(cat out) stderr=$(cat err)
		refused || fail "descriptor $n"
	done
}

# escapes: 29
@test "what the sandbox opens as current directory does not reach above it" {
	attack_copy fds
	inside_sh 'cd /proc/self/cwd/.. && ls; cat ../outside/secret
		cd /proc/self/fd && ls -l; true'
	no_secret
	no_match docs
	lacks "$OUTSIDE"
}

# escapes: 67
@test "stdin and stdout cannot be reopened with more rights" {
	attack_copy reopen
	mkdir "$SCRATCH/work"
	echo "input $SECRET" >"$SCRATCH/work/in"
	echo "before $SECRET" >"$SCRATCH/work/out"
	echo "log $SECRET" >"$SCRATCH/work/err"
	chmod 640 "$SCRATCH"/work/*
	canaries_set
	timeout "$LIMIT" "$SBOX" -- ./.attack-reopen <"$SCRATCH/work/in" \
		>>"$SCRATCH/work/out" 2>>"$SCRATCH/work/err"
	cat reopen.log
	[ "$(cat "$SCRATCH/work/in")" = "input $SECRET" ]
	[ "$(stat -c %a "$SCRATCH/work/in")" = 640 ]
	absent '(fd/0|stdin) (write|read-write|truncate|append): ok' reopen.log || false
	absent '(fd/[12]|stdout|stderr) (read|read-write): ok' reopen.log || false
	absent ' parent: ok' reopen.log || false
	# as ftruncate(2) may
	grep -q '/dev/stdout truncate: ok' reopen.log
	grep -q '/dev/stderr truncate: ok' reopen.log
}

# escapes: 67
@test "a standard descriptor that is open the wrong way round gains nothing" {
	attack_copy reopen
	mkdir "$SCRATCH/work"
	for f in in out err; do echo "$f $SECRET" >"$SCRATCH/work/$f"; done
	canaries_set
	timeout "$LIMIT" "$SBOX" -- ./.attack-reopen 0>>"$SCRATCH/work/in" \
		1<"$SCRATCH/work/out" 2<"$SCRATCH/work/err"
	cat reopen.log
	absent '(fd/.|std.*) .*: ok' reopen.log || false
	for f in in out err; do
		[ "$(cat "$SCRATCH/work/$f")" = "$f $SECRET" ]
	done
}

# escapes: 67
@test "reading /dev/stdin and writing to /dev/stderr still work" {
	mkdir "$SCRATCH/work"
	echo input >"$SCRATCH/work/in"
	echo before >"$SCRATCH/work/err"
	canaries_set
	timeout "$LIMIT" "$SBOX" -- /bin/sh -c 'cat /dev/stdin
		echo appended >>/dev/stderr; cat /proc/self/fd/0' \
		<"$SCRATCH/work/in" >"$PROJ/out" 2>>"$SCRATCH/work/err"
	[ "$(cat "$PROJ/out")" = "input
input" ]
	[ "$(cat "$SCRATCH/work/err")" = "before
appended" ]
	timeout "$LIMIT" "$SBOX" -- /bin/sh -c 'echo anew >/dev/stderr
		echo out >/dev/stdout; echo more' \
		>"$SCRATCH/work/out" 2>>"$SCRATCH/work/err" </dev/null
	[ "$(cat "$SCRATCH/work/err")" = anew ]
	[ "$(tail -c 5 "$SCRATCH/work/out")" = more ]
}

# --- mounts ---------------------------------------------------------------------

# escapes: 6 10 27 28
@test "nothing can be mounted, unmounted, remounted or made root" {
	attack syscalls mount-tmpfs mount-remount mount-bind mount-propagation \
		umount umount-proc pivot_root chroot open_tree open_tree-plain \
		move_mount fsopen fsconfig fsmount fspick mount_setattr
	succeeds
	no_match '.*: ok'
	[ "$(grep -Ec ': (EPERM|ENOSYS)$' <<<"$output")" -eq 16 ] || fail "$output"
}

# escapes: 24
@test "no file by handle, no device node, no whiteout" {
	attack syscalls name_to_handle_at open_by_handle_at mknod-block \
		mknod-char mknod-whiteout
	no_match '.*: ok'
	[ -z "$(find . -type b -o -type c)" ]
}

# escapes: 24
@test "no set-id bit can be made on a file of the host" {
	attack setid
	succeeds
	[ -z "$(find . -perm /6000 -type f)" ] || fail "$(find . -perm /6000 -ls)"
	[ -z "$(find . -type b -o -type c)" ]
	# the same file made again without the bits is fine
	inside_sh 'echo x >plain; chmod 755 plain; install -m 711 plain other'
	succeeds
	[ "$(stat -c %a other)" = 711 ]
}

# escapes: 24
@test "hard links do not carry a read-only file into the project" {
	mkdir ro
	echo original | tee ro/file >.envrc
	mkdir "$SCRATCH/work"
	echo original >"$SCRATCH/work/file"
	canaries_set
	inside --ro "$PROJ/ro" --ro "$SCRATCH/work" -- /bin/sh -c "
		ln ro/file l1; ln .envrc l2; ln '$SCRATCH/work/file' l3
		ln -P /etc/passwd l4; ln /usr/bin/env l5; ln -L .envrc l6
		for f in l1 l2 l3 l4 l5 l6; do echo evil >>\$f; done
		mv ro ro2; mv ro/file f; mv .envrc e; rm -f .envrc ro/file
		echo evil >.envrc; echo evil >ro/file; true"
	[ "$(cat ro/file)" = original ]
	[ "$(cat .envrc)" = original ]
	[ "$(stat -c %h ro/file .envrc)" = "1
1" ]
	[ "$(cat "$SCRATCH/work/file")" = original ]
}

# --- .git -----------------------------------------------------------------------

# escapes: 31 59
@test ".git/hooks and .git/config cannot be written" {
	repo_make "$PROJ"
	local before
	before=$(repo_trust "$PROJ")
	inside_sh 'echo evil >>.git/hooks/pre-commit; echo evil >.git/hooks/new
		rm -f .git/hooks/pre-commit .git/config; echo evil >>.git/config
		git config core.fsmonitor evil; git config core.hooksPath /tmp
		chmod 777 .git/hooks .git/config; chmod -x .git/hooks/pre-commit
		truncate -s 0 .git/config; touch -d 2001-01-01 .git/config
		ln -sf /tmp/x .git/config; setfattr -n user.x -v y .git/config
		mkdir .git/hooks/d; true'
	[ "$(repo_trust "$PROJ")" = "$before" ]
}

# escapes: 59 67
@test ".git cannot be renamed, exchanged, replaced or removed" {
	repo_make "$PROJ"
	local before
	before=$(repo_trust "$PROJ")
	attack_copy rename
	inside_sh 'mkdir evil evil/hooks; echo x >evil/HEAD
		r=./.attack-rename
		$r .git .git2; $r evil .git; $r evil .git exchange
		$r .git evil exchange; $r .git/hooks .git/h2; $r evil/hooks .git/hooks
		$r .git/hooks evil/hooks exchange; $r .git/config .git/c2
		echo x >cfg; $r cfg .git/config; $r cfg .git/config exchange
		$r .git .gone whiteout; rmdir .git; rm -rf .git/hooks
		mv .git .git2; mv .git /tmp/; ln -sfn evil .git; true'
	no_match 'rename .*: ok'
	[ "$(repo_trust "$PROJ")" = "$before" ]
	[ ! -e .git2 ]
}

# escapes: 59
@test "the project itself and the directories above it cannot be moved" {
	repo_make "$PROJ"
	inside_sh 'cd ..; mv proj proj2; ln -s /tmp proj; cd ..
		mv home home2; mkdir -p home/proj/.git/hooks; true'
	[ -d "$PROJ/.git/hooks" ]
	[ ! -L "$PROJ" ]
	[ ! -e "$HOME/proj2" ]
}

# escapes: 18 34 36 59
@test "protected paths and all their parents stay as they are" {
	local f before
	mkdir -p .vscode .claude/hooks .codex .gemini .cursor .husky deep/er \
		.opencode/tools .config/mise mise
	for f in .envrc .mcp.json .vscode/tasks.json .vscode/settings.json \
		.claude/settings.json .claude/settings.local.json \
		.codex/config.toml .gemini/settings.json .cursor/mcp.json \
		.devcontainer.json mise.toml mise/config.toml .opencode/tools/t.ts \
		.aider.conf.yml .config/mise/config.toml .vscode/mcp.json \
		.husky/pre-push deep/er/file; do
		echo original >"$f"
	done
	echo '{ "fs": { "protect": [".husky", "deep/er/file"] } }' >.sbox.json
	before=$(find . -type f -exec sha256sum {} + | sort)
	inside_sh 'for f in .envrc .mcp.json .vscode/tasks.json \
			.vscode/settings.json .claude/settings.json \
			.claude/settings.local.json .codex/config.toml \
			.gemini/settings.json .cursor/mcp.json .sbox.json \
			.devcontainer.json mise.toml mise/config.toml .opencode/tools/t.ts \
			.aider.conf.yml .config/mise/config.toml .vscode/mcp.json \
			.husky/pre-push deep/er/file; do
			echo evil >$f; echo evil >>$f; rm -f $f; mv $f moved
			echo evil >new; mv -f new $f; ln -sf /tmp/x $f
		done
		for d in .vscode .claude .codex .gemini .cursor .husky deep \
			deep/er; do
			mv $d moved; rm -rf $d; mkdir $d; ln -sfn /tmp $d
		done; true'
	# mv out of a mount is a copy that can't remove the original
	[ "$(find . -type f ! -name new ! -name moved -exec sha256sum {} + |
		sort)" = "$before" ] || fail "$(ls -laR)"
	# ln -sfn DIR makes a link of that name within a directory
	[ -z "$(find . -type l ! -name tmp)" ]
}

# escapes: 35 52
@test ".sbox.json is read-only and cannot loosen the next run" {
	mkdir -p sub
	echo '{ "fs": { "hide": ["x"] } }' >.sbox.json
	inside_sh 'echo "{}" >.sbox.json; rm -f .sbox.json; mv .sbox.json y
		chmod 777 .sbox.json; true'
	grep -q hide .sbox.json
	# one that was not there can be made, and may only tighten
	rm .sbox.json
	echo "{ \"fs\": { \"read\": [\"$OUTSIDE\"] } }" >.sbox.json
	inside -- /bin/cat "$OUTSIDE/secret"
	no_secret
	refused
	echo '{ "net": { "mode": "host" } }' >.sbox.json
	inside -- /bin/touch ran
	refused
	echo '{ "seccomp": null }' >.sbox.json
	inside -- /bin/touch ran
	refused
	echo '{ "extends": ["permissive"] }' >.sbox.json
	inside -- /bin/touch ran
	refused
	echo '{ "env": { "pass": ["*"] } }' >.sbox.json
	inside -- /bin/touch ran
	refused
	echo '{ "userns": true }' >.sbox.json
	inside -- /bin/touch ran
	refused
	echo '{ "home": "claude" }' >.sbox.json
	inside -- /bin/touch ran
	refused
}

# escapes: 35
@test ".sbox.json that is a link out of the project is not followed" {
	echo '{ "description": "x" }' >"$OUTSIDE/p.json"
	ln -s "$OUTSIDE/p.json" .sbox.json
	inside -- /bin/sh -c 'echo "{}" >.sbox.json; cat .sbox.json'
	[ "$status" -ne 0 ]
	[ "$(cat "$OUTSIDE/p.json")" = '{ "description": "x" }' ]
}

# escapes: 18 31
@test "no ghost files: nothing is made on the host to mount over" {
	inside -- /bin/true
	succeeds
	[ -z "$(ls -A)" ] || fail "$(ls -A)"
	inside --hide .env --hide a/b --ro-try "$PROJ/none" -- /bin/true
	succeeds
	[ -z "$(ls -A)" ] || fail "$(ls -A)"
	need git
	git init -q .
	rm -rf .git/hooks
	local before
	before=$(find . | sort)
	inside -- /bin/true
	succeeds
	[ "$(find . | sort)" = "$before" ]
}

# escapes: 23
@test "protection holds for every --rw directory, not only for the project" {
	mkdir -p "$SCRATCH/work"
	repo_make "$SCRATCH/work/repo"
	local before
	before=$(repo_trust "$SCRATCH/work/repo")
	inside --rw "$SCRATCH/work/repo" -- /bin/sh -c "cd '$SCRATCH/work/repo'
		echo evil >.git/hooks/new; mv .git .git2; echo evil >>.git/config"
	[ "$(repo_trust "$SCRATCH/work/repo")" = "$before" ]
	inside --rw "$SCRATCH/work/repo:/r" -- /bin/sh -c 'cd /r
		echo evil >.git/hooks/new; mv .git .git2; echo evil >>.git/config'
	[ "$(repo_trust "$SCRATCH/work/repo")" = "$before" ]
}

# escapes: 31 59
@test "the project below the repository's top: the repository above is not writable" {
	repo_make "$PROJ"
	mkdir -p sub/dir
	cd sub/dir
	local before
	before=$(repo_trust "$PROJ")
	inside_sh "echo evil >../../.git/hooks/new; echo evil >../../new
		mv ../../.git ../../.git2; true"
	[ "$(repo_trust "$PROJ")" = "$before" ]
	[ ! -e "$PROJ/new" ]
}

# --- sbox's own directories -----------------------------------------------------

own_dirs_make()
{
	mkdir -p "$HOME/.config/sbox" "$HOME/.local/state/sbox" \
		"$HOME/.cache/sbox"
	echo '{}' >"$HOME/.config/sbox/mine.json"
	echo keep >"$HOME/.local/state/sbox/trust"
	mkdir -p "$HOME/.cache/sbox/filters" "$HOME/.local/state/sbox/homes/x"
}
# (One condition: after "own_dirs_hold ||" a command that fails ends nothing.)
own_dirs_hold()
{
	[ "$(ls -A "$HOME/.config/sbox")" = mine.json ] &&
		[ "$(cat "$HOME/.config/sbox/mine.json")" = '{}' ] &&
		[ "$(cat "$HOME/.local/state/sbox/trust")" = keep ] &&
		[ ! -e "$HOME/.local/state/sbox/evil" ] &&
		[ ! -e "$HOME/.cache/sbox/evil" ] &&
		[ -z "$(find "$HOME" -name evil -o -name evil.json -o \
			-name sbox2)" ]
}

# escapes: 28 34 51
@test "sbox's own directories are never writable, whatever --rw says" {
	own_dirs_make
	local o text='for d in $HOME/.config $HOME/.local/state $HOME/.cache \
		/mnt/c /mnt/c/.config /mnt/c/sbox; do
		echo evil >$d/sbox/evil.json; echo evil >$d/sbox/mine.json
		echo evil >$d/sbox/trust; echo evil >$d/sbox/evil
		echo evil >$d/sbox/filters/evil; echo evil >$d/sbox/homes/x/evil
		rm -rf $d/sbox; mv $d/sbox $d/sbox2; mv $d $d.2
		mkdir -p $d/sbox; echo evil >$d/mine.json; done; true'
	ln -s .config "$HOME/conflink"
	for o in "$HOME/.config" "$HOME/.config/sbox" "$HOME" "$HOME/.local" \
		"$HOME/.local/state/sbox" "$HOME/.cache" "$HOME/conflink" \
		"$HOME/.config/sbox/mine.json" "$HOME/.config:/mnt/c" \
		"$HOME/.cache/sbox/filters" "$HOME/.local/state/sbox/homes" \
		"$HOME/.local/state/sbox/homes/x" \
		"$HOME/.local/state/sbox/trust:/mnt/c/sbox/trust" \
		"$HOME:/mnt/c" "$HOME/.config/sbox:/mnt/c/sbox" \
		"$SCRATCH:/mnt/c" "$HOME/.config/../.config"; do
		inside --rw "$o" -- /bin/sh -c "HOME='$HOME'; $text"
		own_dirs_hold || fail "--rw $o"
		[ -d "$HOME/.config" ] && [ ! -e "$HOME/.config.2" ] ||
			fail "--rw $o: moved"
	done
	# another directory over one of them asks for nothing of it
	inside --rw "$HOME/.cache" --rw "$EVIL:$HOME/.cache/sbox/filters" -- \
		/bin/sh -c "echo evil >'$HOME/.cache/sbox/evil'"
	own_dirs_hold
	CANARIES= # the rest of the home was given away
}

# escapes: 28 34 60
@test "a profile that is a link to a file in the project is read-only there" {
	local before
	mkdir -p "$HOME/.config/sbox" dot/files
	echo '{ "extends": ["base"] }' >dot/files/default.json
	echo '{}' >dot/files/other
	ln -s "$PROJ/dot/files/default.json" "$HOME/.config/sbox/default.json"
	# not a profile's name: an editor's lock
	ln -s nobody@nowhere "$HOME/.config/sbox/.#default.json"
	before=$(cat dot/files/default.json)
	inside_sh 'echo evil >dot/files/default.json; rm -f dot/files/default.json
		mv dot/files dot/f; mv dot d; mkdir -p dot/files
		echo evil >dot/files/default.json; echo mine >dot/files/other'
	succeeds
	[ "$(cat dot/files/default.json)" = "$before" ]
	[ "$(cat dot/files/other)" = mine ]
	# the file itself, asked for
	cd "$EVIL"
	inside --rw "$PROJ/dot/files/default.json" -- /bin/touch ran
	refused
	cd "$PROJ"
	# what a link will mean inside is not known: dangling, or by way of one
	# that is writable
	mv dot/files/default.json dot/real.json
	inside -- /bin/touch ran
	refused
	ln -s ../real.json dot/files/default.json
	inside -- /bin/touch ran
	refused
	[ ! -e ran ]
}

# escapes: 28 34
@test "the machine's profiles are not writable, whatever --rw says" {
	local dir=/etc/sbox made=
	is_root || {
		# what root alone could write isn't given to anybody else either
		inside --rw /etc -- /bin/mkdir /etc/sbox
		[ "$status" -ne 0 ]
		return
	}
	# missing: it could be made
	[ -e $dir ] || {
		inside --rw /etc -- /bin/mkdir $dir
		refused
		[ ! -e $dir ]
		mkdir $dir && made=1
	}
	inside --rw $dir -- /bin/touch $dir/evil
	local first=$status
	inside --rw /etc -- /bin/sh -c "touch $dir/evil; mv $dir $dir.2
		mkdir -p $dir; touch $dir/evil; true"
	local written=
	[ ! -e $dir/evil ] && [ ! -e $dir.2 ] || written=1
	[ -z "$made" ] || rm -rf "$dir" "$dir.2"
	[ -z "$written" ]
	[ "$first" -eq 125 ]
}

# escapes: 18 28
@test "sbox's own directories cannot be made where they were missing" {
	mkdir -p "$HOME/.config" "$HOME/.local/state" "$HOME/.cache"
	local o
	for o in "$HOME/.config" "$HOME/.config:/mnt/c" "$HOME" "$HOME/.local"; do
		inside --rw "$o" -- /bin/sh -c "
			for d in '$HOME/.config' '$HOME/.local/state' /mnt/c; do
			mkdir -p \$d/sbox; echo '{}' >\$d/sbox/base.json; done; true"
		[ -z "$(find "$HOME/.config" "$HOME/.local" -name base.json)" ] ||
			fail "--rw $o: $(find "$HOME/.config" "$HOME/.local")"
	done
}

# escapes: 28
@test "a configuration directory named by XDG_CONFIG_HOME is protected as well" {
	mkdir -p "$SCRATCH/work/xdg/sbox"
	echo '{}' >"$SCRATCH/work/xdg/sbox/mine.json"
	XDG_CONFIG_HOME=$SCRATCH/work/xdg inside --rw "$SCRATCH/work" -- \
		/bin/sh -c "cd '$SCRATCH/work/xdg'; echo evil >sbox/mine.json
		echo evil >sbox/base.json; mv sbox s; cd ..; mv xdg x; true"
	[ "$(cat "$SCRATCH/work/xdg/sbox/mine.json")" = '{}' ]
	[ ! -e "$SCRATCH/work/xdg/sbox/base.json" ]
}

# escapes: 29
@test "sbox's own program and installed files are never writable" {
	mkdir -p "$SCRATCH/work/bin" "$SCRATCH/work/share/sbox"
	cp "$SBOX" "$SCRATCH/work/bin/sbox"
	cp -r "$TOP/profiles" "$SCRATCH/work/share/sbox/profiles"
	local before
	before=$(sha256sum <"$SCRATCH/work/bin/sbox")
	SBOX=$SCRATCH/work/bin/sbox inside --rw "$SCRATCH/work" -- /bin/sh -c "
		cd '$SCRATCH/work'; echo evil >bin/sbox; rm -f bin/sbox
		mv bin/sbox bin/s; mv bin b; mkdir bin; echo evil >bin/sbox; true"
	[ "$(sha256sum <"$SCRATCH/work/bin/sbox")" = "$before" ]
}

# escapes: 29
@test "the launcher cannot be overwritten through /proc/self/exe or /proc/1/exe" {
	local before
	before=$(sha256sum <"$SBOX")
	inside_sh 'echo evil >/proc/1/exe; cat /proc/1/exe >/dev/null && echo read
		cp /proc/1/exe ./copy; true'
	prints ""
	[ "$(sha256sum <"$SBOX")" = "$before" ]
	[ ! -s copy ]
}

# escapes: 46 48 67
@test "a unix socket of a host process that lies in the project is out of reach" {
	local name=$PROJ/sub/host.sock pid

	mkdir sub
	"$ATTACK/unix" listen "$name" "$SCRATCH/heard" >ready 3>&- &
	pid=$!
	wait_for 5 grep -q ready ready
	[ -S "$name" ]
	: >"$SCRATCH/heard"
	attack unix send "$name" evil
	# two of the mounts show it at this place, a third at another
	SBOX_ARGS=(--ro "$PROJ/sub" --ro "$PROJ:/mnt/x")
	attack unix send "$name" evil
	[ "$status" -ne 125 ]
	attack unix send /mnt/x/sub/host.sock evil
	sleep 0.2
	kill $pid
	[ ! -s "$SCRATCH/heard" ] || fail "$output"
}

# escapes: 46 48
@test "a unix socket made inside works inside" {
	attack_copy unix
	inside_sh './.attack-unix listen ./in.sock heard >r & 
		while ! [ -s r ]; do sleep 0.05; done
		./.attack-unix send ./in.sock hello; sleep 0.2; cat heard; kill %1'
	has "connect: ok"
	has hello
}

# escapes: 21
@test "a copied program and ld.so are held by the same rules" {
	inside_sh "cp /bin/cat mycat; ./mycat '$OUTSIDE/secret'
		for l in /lib64/ld-linux-*.so.* /lib/ld-linux-*.so.*; do
			[ -e \$l ] && \$l /bin/cat '$OUTSIDE/secret'; done; true"
	no_secret
}

# escapes: 53
@test "a set-up step that fails is a refusal to start, never less" {
	# a --ro destination that cannot be made: a file in its way
	echo x >file
	inside --ro "$HOME/docs:$PROJ/file/x" -- /bin/touch ran
	refused
	inside --ro "$HOME/docs:$PROJ/file" -- /bin/touch ran
	refused
	inside --ro "$HOME/docs/secret:/etc" -- /bin/touch ran
	refused
	# /proc and the like are sbox's own
	inside --ro "$HOME/docs:/proc/sys" -- /bin/touch ran
	refused
	inside --rw "$HOME/docs:/" -- /bin/touch ran
	refused
}

# --- what the host does meanwhile ---------------------------------------------

# replaced FILE COMMAND [OPTION...]: the host's COMMAND replaces FILE while
# something waits inside to write and read it.
replaced()
{
	local file=$1 command=$2

	shift 2
	rm -f ready
	(
		wait_for 10 test -e ready
		eval "$command"
	) 3>&- &
	inside "$@" -- /bin/sh -c "touch ready; sleep 3
		echo evil >>'$file'; cat '$file'; touch after"
	wait $!
	is_status 137
	says "view: $PROJ/$file: it was replaced on the host"
	lacks TOKEN
	[ ! -e after ]
	no_match evil
	absent evil "$file"
}

# What waits for the very moment can be quicker: sbox(1) says so.
@test "a protected file that the host replaces ends the sandbox" {
	git init -q .
	echo x >.envrc
	replaced .git/config 'git config user.name x'
	replaced .envrc 'echo y >.new; mv .new .envrc'
	# gone and made anew, as git checkout does it
	replaced .envrc 'rm .envrc; echo z >.envrc'
}

@test "a hidden or shown one as well" {
	echo TOKEN-1 >.env
	replaced .env 'echo TOKEN-2 >.new; mv .new .env' --hide .env
	mkdir ro
	echo x >ro/file
	(
		wait_for 10 test -e ready2
		rm -r ro
		mkdir ro
	) 3>&- &
	inside --ro ro -- /bin/sh -c 'touch ready2; sleep 3; touch ro/evil'
	wait $!
	is_status 137
	[ ! -e ro/evil ]
}

@test "a --ro path within what is writable keeps its place, and a file its content" {
	mkdir -p vendor/lib d
	echo good >vendor/lib/run
	echo good >d/conf
	inside --ro vendor/lib -- /bin/sh -c 'mv vendor v2 && mkdir -p vendor/lib &&
		echo evil >vendor/lib/run'
	[ "$status" -ne 0 ]
	[ "$(cat vendor/lib/run)" = good ]
	ln d/conf d/conf2
	inside --ro d/conf -- /bin/sh -c 'echo evil >d/conf2'
	is_status 125
	says 'hard links'
	[ "$(cat d/conf)" = good ]
	# what is shown from elsewhere has no other name inside
	echo good >"$HOME/docs/conf"
	ln "$HOME/docs/conf" "$HOME/docs/conf2"
	canaries_set
	inside --ro "$HOME/docs/conf:$PROJ/d/conf" -- cat d/conf
	succeeds
	prints good
}

@test "--hide of what the last sandbox put out of reach is an error" {
	mkdir conf
	echo "$SECRET" >conf/env
	inside --hide conf/env -- chmod 0 conf
	succeeds
	[ "$(id -u)" -eq 0 ] || {
		inside --hide conf/env -- /bin/sh -c 'chmod 755 conf; cat conf/env'
		is_status 125
		says "$PROJ/conf/env"
	}
	inside --hide conf/env -- /bin/sh -c 'chmod 755 conf; cat conf/env'
	no_secret
	chmod 755 conf
}

@test "no lease keeps the host from opening a file" {
	local p
	for p in base strict nested permissive; do
		inside --profile $p -- /usr/bin/python3 -c 'import fcntl, os, sys
fd = os.open("file", os.O_RDWR | os.O_CREAT)
for cmd in fcntl.F_SETLEASE, 1040:
    try: fcntl.fcntl(fd, cmd, fcntl.F_WRLCK)
    except PermissionError: continue
    sys.exit("%x" % cmd)
assert fcntl.fcntl(fd, fcntl.F_GETFD) == 1'
		succeeds
	done
}

@test "a device keeps its mode and its times, and can be written to" {
	local before
	# the one that is missed least
	before=$(stat -c '%a %u %Y' /dev/full)
	inside_sh 'chmod 600 /dev/full; touch -d 2001-01-01 /dev/full
		echo x >/dev/null && head -c 1 /dev/zero >/dev/null && echo fine'
	if [ "$(stat -c '%a %u %Y' /dev/full)" != "$before" ]; then
		chmod 666 /dev/full
		fail "it had $before"
	fi
	prints fine
}

# flood [TEXT]: sbox is stopped, and the payload stops and goes on until nobody
# takes pid 1's messages any more; then it does what TEXT says and lives on.
flood()
{
	"$SBOX" -- /bin/sh -c 'touch ready; (
		while [ ! -e stopped ]; do sleep 0.1; done
		for i in $(seq 400); do kill -STOP $$; sleep 0.01; kill -CONT $$; done
		'"${1:-:}"'
		while :; do echo y >>alive; sleep 0.1; done) & wait' \
		</dev/null 2>err 3>&- &
	pid=$!
	wait_for 10 test -e ready
	kill -STOP $pid
	touch stopped
}

# drained TEXT: sbox goes on, and says TEXT at its end.
drained()
{
	local i

	# each of the messages stops it once more
	for ((i = 0; i < 3000; i++)); do
		kill -CONT $pid 2>/dev/null || break
		sleep 0.01
	done
	status=0
	wait $pid || status=$?
	is_status 137
	grep -q "$1" err
}

@test "it ends as well while sbox is stopped and told more than it can take" {
	local pid size

	echo x >.envrc
	flood
	wait_for 30 test -s alive
	mv stopped .envrc
	sleep 1
	size=$(wc -c <alive)
	sleep 1
	[ "$(wc -c <alive)" -eq "$size" ]
	drained 'it was replaced on the host'
}

@test "a commondir is taken away although sbox is stopped and told more than it can take" {
	local pid

	git init -q .
	flood 'echo evil >.git/x; mv .git/x .git/commondir'
	wait_for 60 test -e .git/commondir.refused.0
	[ ! -e .git/commondir ]
	drained 'it was made inside'
}

@test "other files can be replaced, and what is mounted inside is nobody's business" {
	echo x >file
	mkdir .git
	(
		wait_for 10 test -e ready
		echo y >.new
		mv .new file
		touch replaced
	) 3>&- &
	inside -- /bin/sh -c 'touch ready
		while [ ! -e replaced ]; do sleep 0.1; done; sleep 1; cat file'
	wait $!
	succeeds
	prints y
}

@test "a host's program that binds its socket again ends nothing" {
	cat >bind.py <<'END'
import os, socket, sys, time
for turn in "12":
    if os.path.exists("host.sock"):
        os.unlink("host.sock")
    s = socket.socket(socket.AF_UNIX)
    s.bind("host.sock")
    s.listen()
    print(turn, flush=True)
    while turn == "1" and not os.path.exists("ready"):
        time.sleep(0.05)
open("again", "w")
time.sleep(30)
END
	/usr/bin/python3 bind.py >bound 3>&- &
	pid=$!
	wait_for 10 grep -q 1 bound
	inside -- /bin/sh -c 'touch ready
		while [ ! -e again ]; do sleep 0.1; done; sleep 1; echo alive'
	kill $pid
	wait $pid || true
	succeeds
	prints alive
}

# --- a kept home that two projects share -------------------------------------------

@test "one sandbox can't take away what is mounted in a kept home for another" {
	mkdir "$HOME/two"
	git init -q .
	attack_copy rename
	local home=$HOME/.local/state/sbox/homes/shared tries
	for tries in 1 2 3 4 5 6; do
		local -a more=()
		# the home again, under its own name
		((tries < 4)) || more=(--ro "$home")
		"$SBOX" --home shared "${more[@]}" -- ./.attack-rename .git moved spin \
			</dev/null >/dev/null 2>"$SCRATCH/err" 3>&- &
		local pid=$!
		wait_for 10 test -d "$home/proj"
		sleep 0.5
		cd "$HOME/two"
		inside --home shared -- /bin/rmdir "$PROJ"
		succeeds
		cd "$PROJ"
		status=0
		wait $pid || status=$?
		is_status 137
		stderr=$(cat "$SCRATCH/err")
		says 'replaced on the host'
		[ -d .git ]
		[ ! -e moved ]
	done
}

@test "race: directories of a kept home are exchanged while another sandbox starts" {
	mkdir lib
	echo good >lib/x
	local home=$HOME/.local/state/sbox/homes/shared
	mkdir -p "$home/proj/lib" "$home/fake/lib"
	chmod 700 "$HOME/.local/state/sbox" "$home"
	judge() { [ "$(cat lib/x)" = good ]; }
	race "$home/proj" "$home/fake" --home shared --ro lib -- \
		/bin/sh -c 'echo evil >lib/x; true'
}
