#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# shellcheck disable=SC2016,SC2034 # shell text for inside; used by helper.bash
# git inside: daily work goes on, what the host's git would run stays.

load helper

test_setup()
{
	need git
	printf '[user]\n\tname = A Tester\n\temail = tester@example.org\n%s\n' \
		"[core]
	pager = evil-$SECRET
[credential]
	helper = store-$SECRET" >"$HOME/.gitconfig"
	git init -q -b main .
	echo one >file
	git add file
	git commit -q -m first
}

@test "git: commit, branch, switch, merge, tag, stash, rebase, gc, reset, bisect" {
	inside_sh 'set -ex
		echo two >>file; git commit -qam second
		git switch -qc topic; echo t >t; git add t; git commit -qm topic
		git switch -q main; echo three >>file; git commit -qam third
		git switch -q topic; git rebase -q main
		git switch -q main; git merge -q --no-edit topic
		git tag v1; echo dirty >>file; git stash -q; git stash pop -q
		git checkout -q -- file; git gc -q; git reset -q --hard HEAD
		git cherry-pick --allow-empty HEAD >/dev/null || git cherry-pick --skip
		git branch -D topic; git log --format=%s | head -n 3; git status -s'
	succeeds
	has topic
	[ "$(git log -1 --format=%an%ae v1)" = "A Testertester@example.org" ]
	git fsck --strict
	[ -z "$(git status --porcelain --untracked-files=no)" ]
}

@test "git: the user's name and email come in, and nothing else of their configuration" {
	inside_sh 'git config user.name; git config user.email; git config --list
		cat "$HOME/.gitconfig" 2>/dev/null; env; true'
	matches 'A Tester'
	matches tester@example.org
	no_secret
}

@test "git: an identity with newlines and quotes cannot add a configuration key" {
	git config --global user.name $'x\n[core]\n\tpager = evil'
	inside_sh 'git config core.pager; git config --get-regexp core.pager'
	lacks evil
}

@test "git: the repository's own identity wins" {
	git config user.email repo@example.org
	inside_sh 'echo x >>file; git commit -qam x; git log -1 --format=%ae'
	succeeds
	prints repo@example.org
}

# escapes: 31
@test "git: what a read-only .git/config costs is an error, not silence" {
	local before
	before=$(sha256sum <.git/config)
	inside_sh 'git config core.fsmonitor evil'
	[ "$status" -ne 0 ]
	inside_sh 'git remote add x /tmp'
	[ "$status" -ne 0 ]
	[ "$(sha256sum <.git/config)" = "$before" ]
}

@test "git: --git-config rw gives it back, hooks stay" {
	local hooks
	hooks=$(ls -la --time-style=+ .git/hooks)
	inside --git-config rw -- /bin/sh -c 'git config test.key value &&
		git remote add x /tmp && git branch -m main trunk
		echo evil >.git/hooks/pre-commit; mv .git .git2; true'
	[ "$(git config test.key)" = value ]
	[ "$(git branch --show-current)" = trunk ]
	[ "$(ls -la --time-style=+ .git/hooks)" = "$hooks" ]
	[ ! -e .git2 ]
}

@test "git: worktree add and remove inside the project" {
	inside_sh 'git worktree add -q wt -b wtb && cd wt && echo w >w &&
		git add w && git commit -qm w && cd .. &&
		git worktree remove wt && git log wtb -1 --format=%s'
	succeeds
	prints w
}

# git takes configuration and hooks from where .git/commondir says.
# escapes: 59
@test "git: a commondir that is made inside ends everything and means nothing" {
	cp -r .git evil
	git -C evil config core.fsmonitor "touch $SCRATCH/pwned; false"
	inside_sh 'echo ../evil >.git/commondir; sleep 5; echo alive >alive'
	is_status 137
	says "$PROJ/.git/commondir: it was made inside"
	[ ! -e alive ]
	[ ! -e .git/commondir ]
	[ -e .git/commondir.refused.0 ]
	git status >/dev/null
	# for an instant, again and again
	inside_sh 'while :; do echo ../evil >.git/commondir; rm .git/commondir; done'
	is_status 137
	says commondir
	# at the very end, by way of a rename, as a link or a directory
	inside_sh 'echo ../evil >x; exec mv x .git/commondir'
	says commondir
	[ ! -e .git/commondir ]
	inside_sh 'exec ln -s ../x .git/commondir'
	says commondir
	[ ! -L .git/commondir ]
	inside_sh 'exec mkdir .git/commondir'
	[ ! -e .git/commondir ]
	# where nobody may write any more, or look
	local mode
	for mode in 555 0; do
		inside_sh "echo ../evil >.git/x; mv .git/x .git/commondir
			chmod $mode .git"
		is_status 137
		says 'refused.N'
		[ -x .git ] && [ ! -e .git/commondir ]
	done
	inside_sh 'echo ../evil >.git/x; mv .git/x .git/commondir; chmod 0 .'
	says 'refused.N|remove it'
	chmod 755 .
	rm -f .git/commondir
	git status >/dev/null
	[ ! -e "$SCRATCH/pwned" ]
}

# sbox itself looks, too: nothing of pid 1's counts once it was killed.
@test "git: a commondir is taken away when pid 1 is dead" {
	local outer init
	"$SBOX" -- /bin/sh -c 'echo $$ >go; while [ -e go ]; do :; done
		echo ../evil >.git/commondir; sleep 60' 2>"$SCRATCH/said" &
	outer=$!
	wait_for 10 test -s go
	init=$(cat "/proc/$outer/task/$outer/children")
	init=${init%% *}
	kill -STOP "$init"
	rm go
	wait_for 10 test -e .git/commondir
	kill -KILL "$init"
	wait $outer && fail "it went well"
	[ ! -e .git/commondir ]
	[ -e .git/commondir.refused.0 ]
	grep -q 'commondir: it was made inside' "$SCRATCH/said"
}

@test "git: a commondir that is there is an error, under its name and under another" {
	echo ../evil >.git/commondir
	inside_sh 'touch ran'
	is_status 125
	says "$PROJ/.git/commondir"
	[ ! -e ran ]
	mv .git/commondir .git/y
	inside_sh 'mv .git/y .git/commondir; sleep 5; touch alive'
	is_status 137
	[ ! -e .git/commondir ]
	[ ! -e alive ]
}

# The host's git reads a configuration that the inside could not write.
config_holds() # FILE: the command's words are shell text for the inside
{
	local before
	before=$(cat "$1")
	shift
	"$@"
	[ "$(cat "$CONFIG")" = "$before" ] || fail "$*: $(cat "$CONFIG")"
}

@test "git: a repository is one whatever the last sandbox did to its HEAD" {
	CONFIG=$PROJ/.git/config
	git worktree add -q "$HOME/linked" -b linked
	cd "$HOME/linked"
	inside_sh "mv '$PROJ/.git/HEAD' '$PROJ/.git/H'"
	succeeds
	config_holds "$CONFIG" inside_sh "echo '# evil' >>'$PROJ/.git/config'
		echo evil >'$PROJ/.git/hooks/pre-commit'"
	says Read-only
	mv "$PROJ/.git/H" "$PROJ/.git/HEAD"
	# a bare one that is the project
	git clone -q --bare "$PROJ" "$HOME/bare"
	cd "$HOME/bare"
	CONFIG=$HOME/bare/config
	inside_sh 'mv HEAD H; mv objects o'
	succeeds
	config_holds "$CONFIG" inside_sh 'echo "# evil" >>config'
	says Read-only
	canaries_set
}

@test "git: a repository that a .git file names within what is writable is protected" {
	CONFIG=$PROJ/real/config
	mv .git real
	echo "gitdir: real" >.git
	git status >/dev/null
	config_holds "$CONFIG" inside_sh 'echo "# evil" >>real/config
		mv real x; mkdir real; echo evil >real/config; git add file; true'
	says Read-only
	# a worktree whose repository lies beside it
	git worktree add -q "$PROJ/tree" -b tree
	cd tree
	config_holds "$CONFIG" inside --rw "$PROJ" -- \
		/bin/sh -c 'echo "# evil" >>../real/config; mv ../real ../x'
	says Read-only
}

@test "git: a repository whose way the last sandbox closed is an error" {
	# root is kept from nothing
	is_root && return 0
	mkdir a
	mv .git a/real
	echo "gitdir: a/real" >.git
	inside_sh 'chmod 0 a'
	succeeds
	inside_sh 'chmod 755 a; echo evil >a/real/config'
	refused
	says "$PROJ/.git: names $PROJ/a/real"
	chmod 755 a
	git status >/dev/null
}

@test "git: a .git file that names nothing, and has a second name, is refused" {
	rm -rf .git
	echo x >.git
	ln .git other
	inside_sh 'touch ran'
	refused
	says 'hard links'
}

@test "git: the project's other name is protected as its own" {
	echo '{ "fs": { "protect": ["keep"] } }' >.sbox.json
	echo good >keep
	mkdir "$HOME/src"
	mv "$PROJ" "$HOME/src/shop"
	cd "$HOME/src/shop"
	CONFIG=$PWD/.git/config
	config_holds "$CONFIG" inside --rw "$HOME/src:/data" -- \
		/bin/sh -c 'touch /data/shop/made; echo "# evil" >>/data/shop/.git/config'
	says Read-only
	[ -e made ]
	inside --rw "$HOME/src:/data" -- /bin/sh -c 'echo evil >/data/shop/keep'
	[ "$(cat keep)" = good ]
	cd "$HOME"
	mv src/shop "$PROJ"
	canaries_set
}

@test "git: a repository is shown to its worktree only if it looks like one, and this is said" {
	local other=$HOME/other
	mkdir -p "$other/worktrees/e"
	echo "$PROJ/.git" >"$other/worktrees/e/gitdir"
	echo "$SECRET" >"$other/s"
	canaries_set
	mv .git "$SCRATCH/git"
	echo "gitdir: $other/worktrees/e" >.git
	inside_sh "cat '$other/s'; true"
	no_secret
	says "$other, whose worktree this is, isn't shown"
	rm .git
	mv "$SCRATCH/git" .git
	git worktree add -q "$HOME/linked" -b linked
	cd "$HOME/linked"
	inside_sh true
	says "$PROJ/.git, whose worktree this is, is shown writable"
	inside --rw "$PROJ/.git" -- true
	[[ $stderr != *'whose worktree'* ]]
	# the other name that such a one usually has
	git clone -q --bare "$PROJ" "$HOME/w/.bare"
	git -C "$HOME/w/.bare" worktree add -q "$HOME/w/t" -b t
	cd "$HOME/w/t"
	inside_sh 'git status'
	succeeds
	says "$HOME/w/.bare, whose worktree this is, is shown writable"
	canaries_set
}

@test "git: what names a repository, in a .git file or a worktree's entry, stays" {
	git worktree add -q "$OUTSIDE/tree" 2>/dev/null
	inside_sh 'cd .git/worktrees/tree; echo ../../../evil >commondir
		echo x >gitdir; mv commondir x; rm gitdir; cd ..; mv tree x
		cd ..; mv worktrees x; true'
	git -C "$OUTSIDE/tree" status >/dev/null
	[ "$(cat .git/worktrees/tree/commondir)" = ../.. ]
	rm -rf .git
	git init -q --separate-git-dir "$OUTSIDE/sep" .
	canaries_set
	inside_sh 'echo gitdir: evil >.git; mv .git x; ln -sfn evil .git; true'
	[ "$(cat .git)" = "gitdir: $OUTSIDE/sep" ]
}

@test "git: a worktree that is named back from where its entry lies" {
	git clone -q . "$OUTSIDE/repo"
	git -C "$OUTSIDE/repo" worktree add -q -b tree "$PROJ/tree" 2>/dev/null
	# as Git 2.48 writes it with worktree.useRelativePaths
	realpath --relative-to="$OUTSIDE/repo/.git/worktrees/tree" \
		"$PROJ/tree/.git" >"$OUTSIDE/repo/.git/worktrees/tree/gitdir"
	cd tree
	canaries_set
	CANARIES=
	run --separate-stderr timeout 60 "$SBOX" -- git status </dev/null
	succeeds
	has 'On branch tree'
}

@test "git: a linked worktree whose repository lies outside the current directory" {
	git worktree add -q "$HOME/linked" -b linked
	cd "$HOME/linked"
	local before
	before=$(sha256sum "$PROJ/.git/config" "$PROJ"/.git/hooks/*)
	inside_sh 'set -e; echo l >l; git add l; git commit -qm linked
		git log -1 --format=%s; git switch -qc again; git stash list'
	succeeds
	prints linked
	[ "$(git -C "$PROJ" log -1 --format=%s linked)" = linked ]
	# the other working tree is not shown, what git runs is not writable
	inside_sh "cat '$PROJ/file'; echo evil >'$PROJ/.git/hooks/pre-commit'
		echo evil >>'$PROJ/.git/config'; mv '$PROJ/.git' '$PROJ/.git2'
		echo evil >'$PROJ/evil'; git config core.hooksPath /tmp; true"
	prints ""
	[ "$(sha256sum "$PROJ/.git/config" "$PROJ"/.git/hooks/*)" = "$before" ]
	[ ! -e "$PROJ/evil" ]
	[ ! -e "$PROJ/.git2" ]
	# the linked tree is the project here
	canaries_set
}

# escapes: 17 29
@test "git: a forged .git file adds no mount" {
	local victim=$HOME/victim
	git init -q "$victim"
	echo "# $SECRET" >"$victim/.git/description"
	mkdir -p "$victim/.git/worktrees"
	canaries_set
	rm -rf .git
	local f
	for f in "$victim/.git" "$victim/.git/worktrees/x" "$OUTSIDE" "$HOME" / \
		"$HOME/.ssh" "../victim/.git" "$HOME/.config"; do
		echo "gitdir: $f" >.git
		inside_sh "cat '$victim/.git/description' '$OUTSIDE/secret' \
			'$HOME/.ssh/id_canary'; echo evil >'$victim/.git/x'
			ls '$victim' '$OUTSIDE'; true"
		no_secret || fail "gitdir: $f"
		[ ! -e "$victim/.git/x" ]
	done
}

# escapes: 17
@test "git: a worktree entry that points to another directory is not believed" {
	git worktree add -q "$HOME/linked" -b linked
	mkdir "$HOME/forged"
	# the project writes itself the .git file of a worktree that is not it
	cp "$HOME/linked/.git" "$HOME/forged/.git"
	cd "$HOME/forged"
	echo "# $SECRET" >"$PROJ/.git/description"
	inside_sh "cat '$PROJ/.git/description'; git log 2>/dev/null; true"
	no_secret
	prints ""
	# nor one whose commondir leads elsewhere
	cd "$HOME/linked"
	echo "$OUTSIDE" >"$PROJ/.git/worktrees/linked/commondir"
	inside_sh "cat '$OUTSIDE/secret'; true"
	no_secret
}

# escapes: 17 31
@test "git: .git as a link out of the project is not followed" {
	mv .git "$HOME/moved.git"
	ln -s "$HOME/moved.git" .git
	echo "# $SECRET" >"$HOME/moved.git/description"
	inside_sh 'cat .git/description; echo evil >.git/hooks/new; true'
	[ ! -e "$HOME/moved.git/hooks/new" ]
	no_secret
}

# escapes: 31
@test "git: a hook that is there runs inside, and cannot change" {
	printf '#!/bin/sh\necho hook >>hook.log\n' >.git/hooks/pre-commit
	chmod 755 .git/hooks/pre-commit
	inside_sh 'echo x >>file; git commit -qam x; echo evil >>.git/hooks/pre-commit
		cat hook.log'
	has hook
	[ "$(wc -l <.git/hooks/pre-commit)" -eq 2 ]
}

# The host's git runs and reads what the inside could not write.
@test "git: what .git/config names in the project, and what a hook leads to, is protected" {
	local evil='#!/bin/sh
touch "$HOME/docs/pwned"' f
	mkdir .husky .husky/_ scripts
	for f in .husky/_/pre-commit .husky/pre-commit scripts/post; do
		printf '#!/bin/sh\n' >"$f"
		chmod 755 "$f"
	done
	echo '[alias] st = status' >.gitconfig
	echo '[alias] s = status' >.more
	ln -s ../../scripts/post .git/hooks/post-commit
	git config core.hooksPath .husky/_
	git config include.path ../.gitconfig
	git config 'includeIf.gitdir:/.path' ../.more
	inside_sh "for f in .husky/_/pre-commit .husky/pre-commit scripts/post; do
			echo '$evil' >\$f
		done
		echo '$evil' >.husky/_/post-commit
		printf '[core]\n\tfsmonitor = touch $HOME/docs/pwned\n' |
			tee -a .gitconfig >>.more
		echo fine >made; git add made"
	succeeds
	[ "$(cat made)" = fine ]
	git commit -qm second
	git -c core.hooksPath=.git/hooks commit -q --allow-empty -m third
	[ ! -e "$HOME/docs/pwned" ]
	inside_sh 'rm -f .gitconfig .more scripts/post; mv .husky x; mv scripts y'
	[ -e .gitconfig ] && [ -e .more ] && [ -x scripts/post ]
	# what isn't there is not made, and --rw gives the rest back
	rm -r .husky
	inside --rw "$PROJ/.gitconfig" -- /bin/sh -c 'echo >>.gitconfig; echo >>.more'
	[ "$status" -ne 0 ]
	[ ! -e .husky ]
	[ "$(wc -l <.gitconfig)" -eq 2 ]
	[ "$(wc -l <.more)" -eq 1 ]
}

@test "git: configuration that can't be read to its end is an error" {
	git config include.path ../other
	printf '# \0\n[core]\n\thooksPath = hooks\n' >other
	inside_sh 'touch ran'
	refused
	says "$PROJ/.git/../other: can't be told what git takes from it"
	head -c 2000000 /dev/zero | tr '\0' '#' >other
	inside_sh 'touch ran'
	refused
	# many that are included, each of which includes them all
	local i
	for i in {1..99}; do
		printf '[include]\npath = m%d\n' {1..99} >"m$i"
	done
	cp m1 other
	inside_sh 'touch ran'
	refused
	says 'too many others'
}

# Files of the group's are made by the set-group-ID directories themselves.
@test "git: a shared repository can be committed to, and its directories stay shared" {
	rm -rf .git
	git init -q --shared=group -b main .
	inside_sh 'set -e; echo x >>file; git add file; git commit -qm x
		git switch -qc some/topic; git gc -q; git log --format=%s'
	succeeds
	prints x
	[ -z "$(find .git/objects .git/refs -type d ! -perm -2000)" ]
	git fsck --strict
	# what it costs
	inside_sh 'mkdir d; chmod g+s d'
	[ "$status" -ne 0 ]
	mkdir s
	chmod g+s s
	inside_sh 'cp -a s t; chmod 2755 s'
	[ "$status" -ne 0 ]
	inside_sh 'mkdir s/d; cp -r s t; cp -r --preserve=timestamps s u'
	succeeds
	[ -g s/d ]
}

@test "git: clone of a local repository, push back, submodule" {
	git clone -q --bare . "$PROJ/up.git"
	inside_sh 'set -e; git clone -q up.git copy; cd copy; echo c >c; git add c
		git commit -qm c; git push -q origin main; git -C ../up.git log -1 \
		--format=%s main'
	succeeds
	prints c
}

@test "git: a repository made beneath another hides nothing of that one's hooks" {
	git init -q .
	mkdir -p front/.husky/_ front/cfg
	echo 'echo good' >front/.husky/pre-commit
	printf '#!/bin/sh\n. front/.husky/pre-commit\n' >front/.husky/_/pre-commit
	chmod +x front/.husky/_/pre-commit
	printf '[alias]\n\tx = status\n' >front/cfg/git
	git config core.hooksPath front/.husky/_
	git config include.path ../front/cfg/git
	cd front
	local made
	for made in 'mkdir .git' 'mkdir objects; echo x >HEAD' 'git init -q .' \
		'rm -rf .git; echo x >.git'; do
		inside_sh "$made"
		inside_sh 'echo evil >.husky/pre-commit; echo evil >cfg/git'
		[ "$(cat .husky/pre-commit)" = 'echo good' ] || fail "$made"
		grep -q alias cfg/git || fail "$made"
	done
}

@test "git: a relative core.hooksPath is the work tree's that the configuration names" {
	git init -q .
	mkdir -p wt/hk hk
	echo good >wt/hk/pre-commit
	git config core.hooksPath hk
	git config core.worktree ../wt
	inside_sh 'echo evil >wt/hk/pre-commit; mv wt w2'
	[ "$(cat wt/hk/pre-commit)" = good ]
}

@test "git: another user's repository above the project is none of ours" {
	if ! is_root; then cannot "a file can't be given away"; return; fi
	mkdir "$SCRATCH/.git"
	printf '[core]\n\thooksPath = %s\n' "$PROJ" >"$SCRATCH/.git/config"
	# our own would make the project read-only
	inside_sh 'echo x >made'
	is_status 125
	says 'core.hooksPath: .*: the project would be read-only'
	chown -R 12345 "$SCRATCH/.git"
	inside_sh 'echo x >made'
	succeeds
	[ -e made ]
}
