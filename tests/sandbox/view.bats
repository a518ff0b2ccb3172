#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# shellcheck disable=SC2016,SC2034 # shell text for inside; used by helper.bash
# What a program inside sees, and what it does not.

load helper

# --- the home, the project, the rest of the disk ----------------------------

# escapes: 60
@test "of the home nothing is seen but the project" {
	inside_sh 'ls -A "$HOME"; cat "$HOME/.ssh/id_canary" ../docs/secret \
		../proj-evil/secret "$HOME/.bashrc" 2>&1; true'
	succeeds
	no_secret
	matches proj
	no_match '\.ssh|docs|proj-evil|\.bashrc'
}

@test "a user who has no entry in /etc/passwd: the same" {
	run -0 --separate-stderr unshare -U --map-user=54321 --map-group=54321 \
		"$SBOX" /bin/sh -c 'id -u; ls -A "$HOME"' </dev/null
	prints "54321
proj"
}

@test "no file of the host outside the view can be found by its content" {
	inside_sh "grep -rsl '$SECRET' / --exclude-dir=proc --exclude-dir=sys \
		--exclude-dir=dev --exclude-dir=usr; true"
	succeeds
	prints ""
}

@test "the host's /tmp, /var/tmp and /run are not shown" {
	local mark=/tmp/sbox-mark-$$

	touch "$mark" "$SCRATCH/mark"
	inside_sh 'ls -A /tmp; ls -A /run; ls -A /var/tmp; ls -A /dev/shm'
	rm -f "$mark"
	succeeds
	lacks sbox-mark
	lacks systemd
	lacks .sock
	no_match 'dbus|docker.sock|postgresql|systemd'
	# /run/lock, /run/user and the way to the project
	[ "$(grep -c . <<<"$output")" -le 3 ] || fail "$output"
}

# escapes: 46 47 48 49 50
@test "no socket of a host service is there" {
	inside_sh 'find / -xdev -type s 2>/dev/null; for f in /run /var/run \
		/tmp /var/tmp /var/lib; do find $f -type s 2>/dev/null; done'
	prints ""
}

@test "the private /tmp is gone afterwards and starts empty" {
	inside_sh 'echo x >/tmp/left; echo x >/var/tmp/left; echo x >/run/left
		echo x >/dev/shm/left; echo x >"$HOME/left"; cat /tmp/left'
	succeeds
	prints x
	[ ! -e /tmp/left ]
	[ ! -e /dev/shm/left ]
	[ ! -e "$HOME/left" ]
	inside_sh 'cat /tmp/left "$HOME/left" /dev/shm/left'
	[ "$status" -ne 0 ]
	prints ""
}

@test "the current directory is there at its own path, writable" {
	mkdir -p "a b/c"
	inside_sh 'pwd; echo new >file; mkdir dir; cp file dir/copy; rm file'
	succeeds
	prints "$PROJ"
	[ "$(cat "$PROJ/dir/copy")" = new ]
	[ ! -e "$PROJ/file" ]
	cd "a b/c"
	inside_sh 'pwd; echo x >here'
	succeeds
	prints "$PROJ/a b/c"
	[ -e here ]
}

@test "files made inside belong to the user and are ordinary" {
	inside_sh 'echo x >made; mkdir d; ln -s made link; umask'
	succeeds
	prints 0022
	[ "$(stat -c '%u:%g %a %h' made)" = "$(id -u):$(id -g) 644 1" ]
	[ "$(stat -c '%u:%g %a' d)" = "$(id -u):$(id -g) 755" ]
	[ "$(readlink link)" = made ]
	rm -r made d link
}

@test "uid and gid inside are the user's own, with a name" {
	inside_sh 'id -u; id -g; id -un; stat -c %u:%g .'
	succeeds
	prints "$(id -u)
$(id -g)
$(id -un)
$(id -u):$(id -g)"
}

@test "--cwd chooses another directory" {
	mkdir -p "$HOME/other/deep"
	inside --cwd "$HOME/other/deep" -- /bin/sh -c 'pwd; echo x >made'
	succeeds
	prints "$HOME/other/deep"
	[ -e "$HOME/other/deep/made" ]
	rm "$HOME/other/deep/made"
	inside --cwd "$HOME/other" -- /bin/ls "$PROJ"
	[ "$status" -ne 0 ]
}

@test "what --dry-run prints is what is mounted, and nothing else" {
	local -a o=(--ro "$HOME/docs" --rw "$EVIL:/data" --tmpfs "$PROJ/build"
		--hide .env --home kept)
	mkdir -p .git/hooks build "$HOME/.local/state"
	touch .env .git/config .envrc
	inside "${o[@]}" --dry-run -- /bin/true
	succeeds
	# where the host has a mount below a tree, it comes along: not tried
	local plan
	plan=$(awk '$1 == "mount" && $2 !~ /^(dir|symlink|file)$/ &&
		!/ try # / { print $3 }' <<<"$output" | sort -u)
	local may # also what is kept aside, which has no other name
	may=$(awk '$1 == "mount" && / try # / { print $3 }
		$1 == "mount" && / # aside/ { print $3 }
		$1 == "mount" && / tree / { print $3 }' <<<"$output")
	inside "${o[@]}" -- /bin/cat /proc/self/mountinfo
	succeeds
	local seen
	seen=$(awk '$5 != "/" { print $5 }' <<<"$output" | sort -u)
	[ -z "$(comm -23 <(echo "$plan") <(echo "$seen"))" ] ||
		fail "planned only: $(comm -23 <(echo "$plan") <(echo "$seen"))"
	local p top
	comm -13 <(echo "$plan") <(echo "$seen") | while read -r p; do
		for top in $may; do
			[[ $p/ != "$top/"* ]] || continue 2
		done
		fail "not planned: $p"
	done
}

@test "what --dry-run says will be made is made, 0700, and not before" {
	mkdir -p "$HOME/.cache" "$HOME/.config"
	inside --home kept --rw "$HOME/.cache" --rw "$HOME/.config" --dry-run \
		-- /bin/true
	succeeds
	local made
	made=$(awk '$1 == "make" { print $2 }' <<<"$output")
	[ "$(wc -l <<<"$made")" -eq 3 ] || fail "$(show)"
	local d
	for d in $made; do
		[ ! -e "$d" ] || fail "$d: made by --dry-run"
	done
	CANARIES=
	inside --home kept --rw "$HOME/.cache" --rw "$HOME/.config" -- /bin/true
	succeeds
	for d in $made; do
		[ "$(stat -c '%a %u' "$d")" = "700 $(id -u)" ] || fail "$d"
	done
}

# --- refusals of the current directory --------------------------------------

refused_in()
{
	inside --cwd "$1" -- /bin/sh -c "touch '$PROJ/ran'; touch ran"
	refused
	[ ! -e "$1/ran" ]
	(cd "$1" && run --separate-stderr timeout 20 "$SBOX" -- \
		/bin/touch ran </dev/null && [ "$status" -eq 125 ] &&
		[ ! -e "$1/ran" ]) || fail "$1: as the current directory: $output"
}

# escapes: 20
@test "refused as current directory: / and system directories" {
	for d in / /usr /usr/lib /etc /var /bin /dev /proc /sys /run /opt \
		/home /root /tmp /var/tmp; do
		[ -d "$d" ] && [ -x "$d" ] || continue
		inside --cwd "$d" -- /bin/touch "$PROJ/ran"
		refused || fail "$d"
	done
}

@test "refused as current directory: the home and its ancestors" {
	refused_in "$HOME"
	refused_in "$SCRATCH"
	# the passwd entry's home as well, when it differs
	local real
	real=$(getent passwd "$(id -u)" | cut -d: -f6)
	if [ -d "$real" ] && [ -x "$real" ]; then
		inside --cwd "$real" -- /bin/touch "$PROJ/ran"
		refused
	fi
}

# escapes: 60
@test "refused as current directory: a dot-directory of the home and below" {
	mkdir -p "$HOME/.claude/projects" "$HOME/.config/x/y"
	refused_in "$HOME/.claude"
	refused_in "$HOME/.claude/projects"
	refused_in "$HOME/.ssh"
	refused_in "$HOME/.config/x/y"
}

@test "refused as current directory: what contains sbox's own directories" {
	mkdir -p "$SCRATCH/work/xdg/sbox" "$SCRATCH/work/state/sbox"
	XDG_CONFIG_HOME=$SCRATCH/work/xdg inside --cwd "$SCRATCH/work" \
		-- /bin/touch "$PROJ/ran"
	refused
	XDG_CONFIG_HOME=$SCRATCH/work/xdg inside --cwd "$SCRATCH/work/xdg/sbox" \
		-- /bin/touch "$PROJ/ran"
	refused
	XDG_STATE_HOME=$SCRATCH/work/state inside --cwd "$SCRATCH/work/state" \
		-- /bin/touch "$PROJ/ran"
	refused
	XDG_CACHE_HOME=$SCRATCH/work/cache inside --cwd "$SCRATCH/work" \
		-- /bin/touch "$PROJ/ran"
	refused
}

@test "--force-cwd lifts the refusal, not what protects sbox itself" {
	mkdir -p "$HOME/.config/sbox"
	echo '{}' >"$HOME/.config/sbox/mine.json"
	inside --force-cwd --cwd "$HOME" -- /bin/sh -c 'pwd
		cat docs/secret >/dev/null && echo seen
		echo evil >.config/sbox/mine.json
		echo evil >.config/sbox/base.json
		mv .config .config2; mkdir -p .cache/sbox
		mkdir -p .local/state/sbox; echo evil >.cache/sbox/x
		echo evil >.local/state/sbox/x; true'
	has "$HOME"
	has seen
	[ "$(cat "$HOME/.config/sbox/mine.json")" = '{}' ]
	[ ! -e "$HOME/.config/sbox/base.json" ]
	[ ! -e "$HOME/.cache/sbox/x" ]
	[ ! -e "$HOME/.local/state/sbox/x" ]
	[ ! -e "$HOME/.config2" ]
	canaries_set
}

@test "--force-cwd does not lift the refusal of /, /proc, /sys and /dev" {
	local d
	for d in / /proc /proc/self /sys /sys/kernel /dev /dev/pts \
		"$PROJ/../../../../.."; do
		inside --force-cwd --cwd "$d" -- /bin/touch "$PROJ/ran"
		refused
		says "can't be the sandbox's directory"
	done
}

@test "names with colons, blanks, backslashes and a newline are themselves" {
	local odd=$'a:b c%p\\"$(x)\n' ro
	mkdir "$HOME/$odd"
	cd "$HOME/$odd"
	echo mine >.envrc
	echo "$SECRET" >:key
	canaries_set
	inside --hide :key -- /bin/sh -c 'pwd; cat :key; echo evil >.envrc
		echo new >"a:b"'
	[ "$output" = "$HOME/${odd%$'\n'}" ] || fail "$output" # run took the newline
	no_secret
	[ "$(<.envrc)" = mine ]
	[ "$(<a:b)" = new ]
	# a path that is given has no control characters
	odd=${odd%$'\n'}
	mkdir "$HOME/docs/$odd" "$OUTSIDE/$odd"
	echo shown >"$HOME/docs/$odd/file"
	canaries_set
	ro=${odd//\\/\\\\}
	ro=${ro//:/\\:}
	inside --ro "$HOME/docs/$ro" --rw "$OUTSIDE/$ro" -- /bin/sh -c '
		cat "$1/file"; echo x >"$1/new"; echo x >"$2/new"' sh \
		"$HOME/docs/$odd" "$OUTSIDE/$odd"
	prints shown
	[ "$(<"$OUTSIDE/$odd/new")" = x ]
	rm "$OUTSIDE/$odd/new"
}

@test "a current directory that does not exist, or is a file" {
	echo x >"$PROJ/file"
	inside --cwd "$PROJ/none" -- /bin/touch "$PROJ/ran"
	refused
	inside --cwd "$PROJ/file" -- /bin/touch "$PROJ/ran"
	refused
	mkdir gone
	cd gone
	rmdir ../gone
	inside -- /bin/touch "$PROJ/ran"
	cd "$PROJ"
	refused
}

# --- /etc, /proc, /sys, /dev --------------------------------------------------

@test "what only root may read in /etc is unreadable, for root too" {
	inside_sh 'for f in /etc/shadow /etc/shadow- /etc/gshadow /etc/sudoers \
		/etc/sudoers.d/* /etc/ssh/ssh_host_*_key /etc/ssl/private/* \
		/etc/security/opasswd; do
		[ -d "$f" ] && continue
		[ -s "$f" ] && cat "$f" 2>/dev/null; done; true'
	succeeds
	prints ""
}

@test "every file of /etc that others cannot read is without content inside" {
	# an ordinary user cannot read them anyway
	is_root || return 0
	local list
	list=$(find /etc -xdev -type f ! -perm -o=r -size +0)
	[ -n "$list" ] || return 0
	echo "$list" >"$PROJ/list"
	inside_sh 'while read -r f; do cat "$f" 2>/dev/null; done <list'
	prints ""
}

@test "/etc is there and read-only" {
	inside_sh 'grep -c . /etc/passwd /etc/ld.so.conf /etc/profile >/dev/null \
		&& echo there; touch /etc/new 2>/dev/null && echo made
		echo x 2>/dev/null >>/etc/passwd && echo written; true'
	prints there
}

@test "machine-id and hostname are not the host's" {
	local id=
	[ ! -r /etc/machine-id ] || id=$(cat /etc/machine-id)
	inside_sh 'cat /etc/machine-id /var/lib/dbus/machine-id 2>/dev/null
		echo; uname -n; cat /etc/hostname /proc/sys/kernel/hostname
		hostname 2>/dev/null; true'
	succeeds
	if [ -n "$id" ]; then
		lacks "$id"
	fi
	no_match "$(uname -n)"
	inside_sh 'getent hosts localhost >/dev/null && echo yes
		getent hosts "$(uname -n)" >/dev/null && echo yes'
	prints "yes
yes"
}

@test "resolv.conf names no nameserver of the host" {
	inside_sh 'grep -E "^nameserver" /etc/resolv.conf; true'
	prints ""
}

@test "--net host: resolv.conf and hosts are the host's, read-only; without it not" {
	local f net
	for f in resolv.conf hosts; do
		[ -r /etc/$f ] || continue
		inside --net host -- /bin/cat /etc/$f
		prints "$(</etc/$f)"
		inside --net host -- /bin/sh -c ": >>/etc/$f"
		[ "$status" -ne 0 ]
		for net in none filtered; do
			inside --net $net -- /bin/cat /etc/$f
			succeeds
			[ "$output" != "$(</etc/$f)" ] || fail "$net: $f"
		done
	done
}

@test "/proc shows only the sandbox's own processes" {
	sleep 300 3>&- &
	local pid=$!

	inside_sh 'echo /proc/[0-9]* | wc -w; cat /proc/[0-9]*/cmdline |
		tr "\0" " "; ls -d /proc/'$pid' 2>/dev/null; true'
	kill $pid
	succeeds
	lacks "sleep 300"
	[ "$(head -n 1 <<<"$output")" -le 6 ]
}

@test "/proc does not tell of the host's keys, memory and interrupts" {
	inside_sh 'for f in keys key-users kcore kmsg kallsyms timer_list \
		sched_debug latency_stats sysrq-trigger modules \
		kpagecount kpageflags; do
		[ -s /proc/$f ] && head -c 64 /proc/$f 2>/dev/null |
			grep -aq . && echo "$f"; done; true'
	prints ""
}

# escapes: 29
@test "/proc/sys and the dangerous parts of /proc are read-only" {
	inside_sh 'for f in sys/kernel/core_pattern sys/kernel/hostname \
		sys/vm/drop_caches sys/kernel/modprobe sysrq-trigger \
		sys/net/ipv4/ip_unprivileged_port_start irq/default_smp_affinity \
		sys/user/max_user_namespaces sys/kernel/ns_last_pid \
		sys/fs/binfmt_misc/register bus acpi scsi; do
		[ -e /proc/$f ] || continue
		if [ -d /proc/$f ]; then
			( : >/proc/$f/new ) 2>/dev/null && echo "$f"; continue
		fi
		( : >>/proc/$f ) 2>/dev/null && echo "opened $f"; done; true'
	prints ""
}

# escapes: 29
@test "nothing of /proc but processes opens for writing, for root without Landlock either" {
	local userns=
	! is_root || userns=--userns
	inside $userns -- /bin/sh -c 'find /proc -type f \
		-not -path "/proc/[0-9]*" 2>/dev/null | while read -r f; do
		( : >>"$f" ) 2>/dev/null && echo "$f"; done; true'
	succeeds
	prints ""
}

@test "/sys shows what programs read about CPUs, and is read-only" {
	inside_sh 'test -e /sys/devices/system/cpu/online && echo cpus
		ls /sys/class/net /sys/block /sys/kernel/debug \
			/sys/kernel/security /sys/fs/cgroup /sys/firmware \
			/sys/bus /sys/module 2>/dev/null
		find /sys -writable -type f 2>/dev/null | head; true'
	prints cpus
	inside_sh 'nproc'
	prints "$(nproc)"
}

@test "/dev is exactly the list" {
	inside_sh 'ls -A /dev | LC_ALL=C sort | tr "\n" " "; ls -A /dev/pts'
	succeeds
	local line=${output%%$'\n'*}
	local name
	for name in $line; do
		case $name in
		null|zero|full|random|urandom|tty|ptmx|pts|shm|fd|stdin|\
		stdout|stderr|console) ;;
		*) fail "/dev/$name" ;;
		esac
	done
	for name in null zero full random urandom tty ptmx pts shm fd stdin \
		stdout stderr; do
		[[ " $line " == *" $name "* ]] || fail "no /dev/$name"
	done
}

@test "the devices work and nothing can be added to /dev" {
	inside_sh 'head -c 3 /dev/zero | wc -c; head -c 3 /dev/urandom | wc -c
		echo x >/dev/null && echo null; echo x 2>/dev/null >/dev/full ||
		echo full; cat </dev/null; touch /dev/new 2>/dev/null && echo made
		rm -f /dev/null 2>/dev/null; echo x >/dev/null && echo null
		echo y >/dev/shm/f && cat /dev/shm/f'
	prints "3
3
null
full
null
y"
}

@test "no device node outside /dev works" {
	# only root can make one outside to try
	is_root || return 0
	mknod "$PROJ/zero" c 1 5
	inside_sh 'head -c 4 zero | wc -c'
	prints 0
	rm "$PROJ/zero"
}

@test "set-id programs and file systems: everything is nosuid" {
	inside_sh 'grep -v nosuid /proc/self/mountinfo; true'
	prints ""
}

@test "what is not the project is read-only" {
	inside_sh 'for d in / /usr /usr/bin /usr/lib /bin /lib /etc /var /opt \
		/sys /proc /dev /home /root /var/lib; do
		( : >"$d/.new" ) 2>/dev/null && echo "$d"; done; true'
	succeeds
	local d
	for d in $output; do
		# our own tmpfs may be writable where nothing of the host is
		[ ! -e "$d/.new" ] || fail "$d: written on the host"
	done
	no_match '/usr.*|/bin|/lib|/etc|/sys|/proc|/opt'
}

@test "the usual tools are there" {
	inside_sh 'for t in sh ls cat grep sed awk; do command -v $t >/dev/null ||
		echo "$t"; done; ls /bin/sh /usr/bin/env; ls -d /lib*'
	succeeds
	has /bin/sh
	has /usr/bin/env
	[ "$(ls -d /lib*)" = "$(grep '^/lib' <<<"$output")" ]
}

# --- whitelisted, hidden, private paths ---------------------------------------

@test "--ro shows a directory read-only at its own path" {
	inside --ro "$HOME/docs" -- /bin/sh -c 'cat ../docs/secret
		echo x 2>/dev/null >../docs/new; echo x 2>/dev/null >>../docs/secret
		rm -f ../docs/secret 2>/dev/null; mv ../docs ../docs2 2>/dev/null
		chmod 777 ../docs/secret 2>/dev/null; ls ..'
	succeeds
	has "$SECRET"
	no_match docs2
}

@test "--ro shows a single file" {
	inside --ro "$HOME/docs/secret" -- /bin/sh -c 'cat ../docs/secret
		ls -A ../docs; echo x 2>/dev/null >../docs/secret
		rm -f ../docs/secret 2>/dev/null; true'
	prints "# $SECRET
secret"
}

@test "--rw shows a directory writable" {
	mkdir "$SCRATCH/work"
	inside --rw "$SCRATCH/work" -- /bin/sh -c "echo x >'$SCRATCH/work/new'"
	succeeds
	[ "$(cat "$SCRATCH/work/new")" = x ]
}

@test "SRC:DEST shows a path elsewhere" {
	inside --ro "$HOME/docs:/mnt/here" -- /bin/sh -c 'cat /mnt/here/secret
		ls ../docs 2>/dev/null; echo x 2>/dev/null >/mnt/here/new; true'
	prints "# $SECRET"
	mkdir "$SCRATCH/work"
	inside --rw "$SCRATCH/work:/data" -- /bin/sh -c 'echo x >/data/new'
	succeeds
	[ -e "$SCRATCH/work/new" ]
}

@test "a relative --ro is relative to where sbox is called" {
	inside --ro ../docs -- /bin/cat ../docs/secret
	prints "# $SECRET"
}

@test "a missing --ro or --rw is an error, --ro-try and --rw-try are not" {
	inside --ro "$HOME/none" -- /bin/touch ran
	refused
	says "$HOME/none"
	inside --rw "$HOME/none" -- /bin/touch ran
	refused
	inside --ro-try "$HOME/none" --rw-try "$HOME/none2" -- /bin/echo fine
	succeeds
	prints fine
	inside --ro-try "$HOME/docs" -- /bin/cat "$HOME/docs/secret"
	prints "# $SECRET"
	[ ! -e "$HOME/none" ]
	[ ! -e "$HOME/none2" ]
}

# escapes: 23
@test "--hide masks files and directories inside what is shown" {
	mkdir -p sub/keys
	echo "$SECRET" | tee .env sub/.env sub/keys/k >/dev/null
	inside --hide .env --hide sub/keys --hide "$PROJ/sub/.env" -- /bin/sh -c '
		cat .env sub/.env sub/keys/* 2>/dev/null
		grep -rs canary- .; rm -f .env sub/.env 2>/dev/null
		mv .env .env2 2>/dev/null; mv sub sub2 2>/dev/null
		rm -rf sub/keys 2>/dev/null; echo x 2>/dev/null >.env
		ls -A | grep -v "^\."'
	no_secret
	prints sub
	[ "$(cat .env)" = "$SECRET" ]
	[ "$(cat sub/.env)" = "$SECRET" ]
	[ "$(cat sub/keys/k)" = "$SECRET" ]
}

# escapes: 23
@test "--hide masks it wherever else it is shown" {
	mkdir -p sub/in
	echo "$SECRET" | tee .env sub/.env sub/in/.env >/dev/null
	inside --hide .env --hide sub/.env --hide sub/in --hide sub/in/.env \
		--ro "$PROJ:/mnt/x" --ro "$PROJ/sub" --rw "$PROJ/sub:/mnt/y" -- \
		/bin/sh -c 'for d in . /mnt/x; do cat $d/.env $d/sub/.env \
			$d/sub/in/.env; done; cat /mnt/y/.env /mnt/y/in/.env
		ls /mnt/y/in; echo done'
	no_secret
	prints "done"
}

@test "--hide wins over --ro and --rw, in any order" {
	inside --ro "$HOME/docs" --hide "$HOME/docs/secret" -- \
		/bin/cat "$HOME/docs/secret"
	no_secret
	inside --hide "$HOME/docs/secret" --rw "$HOME/docs" -- \
		/bin/cat "$HOME/docs/secret"
	no_secret
	inside --hide "$HOME/docs" --ro "$HOME/docs/secret" -- \
		/bin/cat "$HOME/docs/secret"
	no_secret
}

@test "hiding what is not there makes nothing on the host" {
	inside --hide .env --hide none/deep -- /bin/sh -c 'ls -A'
	succeeds
	[ ! -e .env ]
	[ ! -e none ]
}

@test "a hidden file under another name, through a link, stays hidden" {
	echo "$SECRET" >.env
	ln -s .env alias
	mkdir d
	ln -s ../.env d/alias
	inside --hide .env -- /bin/sh -c 'cat alias d/alias .env \
		/proc/self/cwd/.env /proc/self/root"$PWD"/.env; true'
	no_secret
}

@test "--tmpfs puts an empty writable place over what is shown" {
	mkdir -p build
	echo "$SECRET" >build/out
	inside --tmpfs "$PROJ/build" -- /bin/sh -c 'ls -A build; echo x >build/new
		cat build/new'
	prints x
	[ ! -e build/new ]
	[ "$(cat build/out)" = "$SECRET" ]
	inside --tmpfs /scratch -- /bin/sh -c 'echo x >/scratch/y; cat /scratch/y'
	prints x
}

@test "--home NAME is kept, 0700, in the user's state directory" {
	inside --home keep -- /bin/sh -c 'echo kept >"$HOME/file"; ls -A "$HOME"'
	succeeds
	inside --home keep -- /bin/sh -c 'cat "$HOME/file"'
	prints kept
	inside --home other -- /bin/sh -c 'cat "$HOME/file" 2>/dev/null; true'
	prints ""
	inside --home tmp -- /bin/sh -c 'cat "$HOME/file" 2>/dev/null; true'
	prints ""
	[ ! -e "$HOME/file" ]
	local dir
	dir=$(find "$HOME/.local/state/sbox" -name file -printf '%h\n')
	[ -n "$dir" ]
	[ "$(stat -c '%a %u' "$dir")" = "700 $(id -u)" ]
}

@test "a kept home's name cannot leave its directory" {
	local name
	for name in .. ../x a/b . .hidden '' $'a\nb'; do
		inside --home "$name" -- /bin/touch "$PROJ/ran"
		refused || fail "name: $name"
	done
}

@test "%p in a kept home's name makes one per project" {
	mkdir -p "$HOME/proj2"
	inside --home 'x-%p' -- /bin/sh -c 'echo one >"$HOME/file"'
	succeeds
	inside --home 'x-%p' --cwd "$HOME/proj2" -- /bin/sh -c \
		'cat "$HOME/file" 2>/dev/null; true'
	prints ""
	inside --home 'x-%p' -- /bin/sh -c 'cat "$HOME/file"'
	prints one
}

@test "a directory entered through a link has its own path inside, and the other with --rw" {
	ln -s "$PROJ" "$SCRATCH/link"
	echo seen >file
	mkdir hooks .git
	printf '[core]\n\thooksPath = hooks\n' >.git/config
	cd "$SCRATCH/link"
	inside_sh "pwd; ls '$SCRATCH/link'"
	prints "$PROJ"
	inside --rw "$PWD" -- /bin/sh -c "cat '$SCRATCH/link/file'
		echo >'$SCRATCH/link/made'
		echo >'$SCRATCH/link/.git/config'; echo >'$SCRATCH/link/hooks/x'"
	prints seen
	[ -e made ]
	[ -s .git/config ]
	[ ! -e hooks/x ]
}

# --- the command's own installation -----------------------------------------

@test "a command is found through PATH, symlinks and its shebang line" {
	mkdir -p "$HOME/apps/tool/lib" "$HOME/bin" "$HOME/interp"
	cp /bin/cat "$HOME/interp/mycat"
	printf '#!%s\nthe body\n' "$HOME/interp/mycat" >"$HOME/apps/tool/lib/tool"
	chmod 755 "$HOME/apps/tool/lib/tool"
	ln -s ../apps/tool/lib/tool "$HOME/bin/tool"
	PATH=$HOME/bin:$PATH inside tool
	succeeds
	has "the body"
	PATH=$HOME/bin:$PATH inside -- /bin/sh -c "cat '$HOME/docs/secret'"
	no_secret
}

@test "an activated virtual environment outside the project is the python's own inside" {
	need python3
	python3 -m venv --without-pip "$HOME/vv"
	echo 'name = "seen"' >"$(echo "$HOME"/vv/lib/python*/site-packages)/mine.py"
	PATH=$HOME/vv/bin:$PATH inside python -c \
		'import sys, mine; print(sys.prefix, mine.name)'
	succeeds
	prints "$HOME/vv seen"
	PATH=$HOME/vv/bin:$PATH inside python -c \
		'import sys; open(sys.prefix + "/evil", "w")'
	[ "$status" -ne 0 ]
	[ ! -e "$HOME/vv/evil" ]
}

@test "a command's installation is read-only" {
	mkdir -p "$HOME/apps/bin"
	printf '#!/bin/sh\necho evil >"$0" 2>/dev/null\nrm -f "$0"\n%s' \
		'echo x 2>/dev/null >"${0%/*}/new"; echo ran' >"$HOME/apps/bin/t"
	chmod 755 "$HOME/apps/bin/t"
	PATH=$HOME/apps/bin:$PATH inside t
	prints ran
	[ ! -e "$HOME/apps/bin/new" ]
}

# escapes: 17
@test "a link or shebang that the project could have written mounts nothing" {
	mkdir -p bin
	ln -s "$HOME/docs/secret" link
	ln -s "$HOME/docs" bin/docs
	cp /bin/true "$HOME/docs/true"
	printf '#!%s/docs/true\n' "$HOME" >script
	chmod 755 script
	ln -s "$HOME/docs/true" bin/tool
	canaries_set
	inside ./script
	[ "$status" -ne 0 ]
	PATH=$PROJ/bin:$PATH inside tool
	[ "$status" -ne 0 ]
	inside_sh 'cat link bin/docs/secret'
	[ "$status" -ne 0 ]
	no_secret
}

# --- names that lead elsewhere ----------------------------------------------------

@test "--hide, --tmpfs and fs.protect by a path through a link are about what it leads to" {
	ln -s "$PROJ" "$HOME/link"
	ln -s . here
	echo "$SECRET" >.env
	mkdir build
	echo "$SECRET" >build/key
	echo good >deploy.sh
	local way
	for way in "$HOME/link" here "$HOME/link/here"; do
		inside --hide "$way/.env" -- /bin/cat .env
		lacks "$SECRET"
		inside --tmpfs "$way/build" -- /bin/cat build/key
		lacks "$SECRET"
		inside --set "fs.protect=[\"$way/deploy.sh\"]" -- \
			/bin/sh -c 'echo evil >deploy.sh; mv deploy.sh d2'
		[ "$status" -ne 0 ]
		[ "$(cat deploy.sh)" = good ]
	done
}

@test "--tmpfs and fs.protect: a link that the project wrote takes nothing away" {
	mkdir -p out/build .config/mise scripts.d
	echo good >.config/mise/config.toml
	echo good >scripts.d/deploy.sh
	ln -s scripts.d scripts
	# the directories above an empty one keep their places
	inside --tmpfs out/build -- /bin/sh -c 'mv out o2; rmdir out'
	[ -d out/build ]
	rmdir out/build
	ln -s ../.config/mise out/build
	inside --tmpfs out/build -- /bin/sh -c \
		'mv .config c2; mkdir -p .config/mise; echo evil >.config/mise/config.toml'
	is_status 125
	says 'goes through a symbolic link in .*, which is writable inside'
	[ "$(cat .config/mise/config.toml)" = good ]
	inside --set 'fs.protect=["scripts/deploy.sh"]' -- /bin/sh -c \
		'rm scripts; mkdir scripts; echo evil >scripts/deploy.sh'
	is_status 125
	says "a symbolic link can't be protected"
	[ "$(cat scripts/deploy.sh)" = good ]
	# the working directory itself may be
	inside --tmpfs . -- /bin/sh -c 'ls -A; echo new >f && cat f'
	succeeds
	prints new
	[ ! -e f ]
}

@test "nothing that holds the working directory can be hidden, so that nothing else is lost" {
	mkdir lib
	echo good >lib/x
	local up
	for up in "$HOME" "$SCRATCH" /var "$PROJ"; do
		echo "{\"fs\":{\"hide\":[\"$up\"]}}" >.sbox.json
		inside --ro lib -- /bin/sh -c 'echo evil >lib/x'
		is_status 125
		says 'fs.hide: .*: the working directory is in it'
		[ "$(cat lib/x)" = good ]
	done
}

@test "--rw of something in a protected directory is refused, of the whole is not" {
	git init -q .
	mkdir -p .git/hooks/log .devcontainer/cache secure/out
	local d p
	for d in .git/hooks:log .devcontainer:cache secure:out; do
		p=${d%:*}
		echo good >"$p/file"
		inside --set 'fs.protect=["secure"]' --rw "$p/${d#*:}" -- \
			/bin/sh -c "echo evil >$p/file"
		is_status 125
		says "hint: --rw $PROJ/$p frees the whole of it"
		[ "$(cat "$p/file")" = good ]
		inside --set 'fs.protect=["secure"]' --rw "$p" -- \
			/bin/sh -c "echo asked >$p/file"
		succeeds
		[ "$(cat "$p/file")" = asked ]
	done
}

@test "a hidden file, a service's, or a profile elsewhere with a second name is refused" {
	mkdir -p "$HOME/.config/sbox" dots
	echo '{}' >dots/tool.json
	ln -s "$PROJ/dots/tool.json" "$HOME/.config/sbox/tool.json"
	echo "$SECRET" >.env
	ln .env other
	inside --hide .env -- /bin/cat other
	is_status 125
	says 'other names \(hard links\)'
	inside --set "net.services=[{\"port\":8081,\"origin\":\"https://a.example.org\",\"headers\":{\"x\":{\"file\":\"$PROJ/.env\"}}}]" \
		-- /bin/cat other
	is_status 125
	says 'other names \(hard links\)'
	rm other
	inside --hide .env -- /bin/cat .env
	lacks "$SECRET"
	# the target of a profile that is a link
	inside -- /bin/sh -c 'echo evil >dots/tool.json'
	[ "$(cat dots/tool.json)" = '{}' ]
	ln dots/tool.json second
	inside -- /bin/sh -c 'echo evil >second'
	is_status 125
	says "sbox's own: .*other names"
	[ "$(cat dots/tool.json)" = '{}' ]
}

@test "a user whom the system doesn't know" {
	run --separate-stderr unshare -U --map-user=4242 --map-group=4242 \
		"$SBOX" -- /bin/sh -c 'echo $USER $HOME; echo x >made'
	succeeds
	prints "4242 $HOME"
	[ -e made ]
}
