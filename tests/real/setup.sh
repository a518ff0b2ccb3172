#!/bin/bash
# SPDX-License-Identifier: MIT
#
# What `make check-real` needs, made ready once: packages, an ordinary user,
# the source packages and the npm agents. Root makes the user and installs;
# an ordinary user only fetches, and is told what root would have to install.
# Running it again with everything in place takes a second.
#
#	tests/real/setup.sh packages	# as root: packages
#	tests/real/setup.sh root	# as root: the user, and packages
#	tests/real/setup.sh fetch	# as that user: sources and agents
#
# Everything that can be kept between two runs is below $SBOX_REAL_CACHE, the
# user's home included; `userdel sbox-real; rm -rf $SBOX_REAL_CACHE` undoes it.

set -euo pipefail

cache=${SBOX_REAL_CACHE:-/var/tmp/sbox-real}
user=${SBOX_REAL_USER:-sbox-real}

# command:package; a command that is there needs no package
commands='gcc:gcc make:make autoconf:autoconf automake:automake
libtoolize:libtool flex:flex bison:bison git:git gdb:gdb javac:default-jdk-headless
node:nodejs npm:npm chromium:chromium dpkg-source:dpkg-dev xz:xz-utils
python3:python3 pkg-config:pkg-config setpriv:util-linux tmux:tmux
autopoint:autopoint file:file bats:bats'
sources='lz4 jq xz-utils'
agents='@anthropic-ai/claude-code @openai/codex opencode-ai
@google/gemini-cli @earendil-works/pi-coding-agent'

# What the user can run: a Node below root's home, or one that only root's PATH
# names, is as good as none. PATH is the one of as_user() in real.bash.
as_tester()
{
	local -a become=()

	if [ "$(id -u)" -eq 0 ] && id "$user" >/dev/null 2>&1; then
		become=(setpriv --reuid "$user" --regid "$user" --init-groups)
	fi
	"${become[@]}" env PATH=/usr/local/bin:/usr/bin:/bin "$@"
}

missing_packages()
{
	local pair

	for pair in $commands; do
		as_tester bash -c 'command -v "$1" >/dev/null' - "${pair%%:*}" ||
			echo "${pair#*:}"
	done
	[ -e /usr/lib/python3/dist-packages/pexpect ] || echo python3-pexpect
	[ -e /usr/include/oniguruma.h ] || echo libonig-dev
	ls /usr/lib/python3*/ensurepip >/dev/null 2>&1 || echo python3-venv
	ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || echo postgresql
}

# A registry may be away for a moment.
again()
{
	"$@" || { sleep 5 && "$@"; } || { sleep 20 && "$@"; }
}

setup_packages()
{
	local missing log

	missing=$(missing_packages | sort -u)
	[ -n "$missing" ] || return 0
	log=$(mktemp)
	export DEBIAN_FRONTEND=noninteractive
	again apt-get -qq update
	# shellcheck disable=SC2086
	again apt-get -qq install --no-install-recommends -y $missing \
		>"$log" 2>&1 || {
		cat "$log" >&2
		exit 1
	}
	rm -f "$log"
}

setup_root()
{
	install -d -m 755 "$cache"
	if ! id "$user" >/dev/null 2>&1; then
		useradd --home-dir "$cache/home" --shell /bin/bash --user-group \
			"$user"
	fi
	install -d -m 755 -o "$user" -g "$user" "$cache/home" "$cache/src" \
		"$cache/apt"
	setup_packages
}

# deb-src for the distribution's own archives, in lists of our own: the
# machine's configuration stays as it is.
enable_sources()
{
	local f

	mkdir -p "$cache/apt/parts" "$cache/apt/lists/partial" \
		"$cache/apt/cache/partial"
	rm -f "$cache/apt/parts"/*
	for f in /etc/apt/sources.list.d/debian.sources \
		/etc/apt/sources.list.d/ubuntu.sources; do
		[ -f "$f" ] || continue
		sed 's/^Types:.*/Types: deb-src/' "$f" \
			>"$cache/apt/parts/${f##*/}"
	done
	if [ -s /etc/apt/sources.list ]; then
		sed -n 's/^deb\(-src\)\{0,1\} /deb-src /p' \
			/etc/apt/sources.list >"$cache/apt/parts/main.list"
	fi
}

apt_own()
{
	local program=$1

	shift
	"$program" -q -o "Dir::Etc::sourcelist=/dev/null" \
		-o "Dir::Etc::sourceparts=$cache/apt/parts" \
		-o "Dir::State::lists=$cache/apt/lists" \
		-o "Dir::Cache=$cache/apt/cache" \
		-o "APT::Sandbox::User=" "$@"
}

# The newest version that the archive really has: its lists may name one that
# a later one has replaced meanwhile.
apt_source()
{
	local version

	for version in $(apt_own apt-cache madison "$1" |
		awk -F'|' '{ gsub(/ /, "", $2); print $2 }' | sort -rVu); do
		apt_own apt-get source "$1=$version" && return 0
	done
	echo "setup: $1: no source package could be fetched" >&2
	return 1
}

fetch_sources()
{
	local p wanted=

	for p in $sources; do
		[ -e "$cache/src/$p.ready" ] || wanted=yes
	done
	[ -n "$wanted" ] || return 0
	enable_sources
	again apt_own apt-get update
	for p in $sources; do
		[ -e "$cache/src/$p.ready" ] && continue
		rm -rf "$cache/src/$p.new" "${cache:?}/src/$p"
		mkdir -p "$cache/src/$p.new"
		(cd "$cache/src/$p.new" && again apt_source "$p")
		mv "$cache/src/$p.new"/*/ "$cache/src/$p"
		rm -rf "$cache/src/$p.new"
		touch "$cache/src/$p.ready"
	done
}

# npm may hold back install scripts; two of the agents link their native
# program in theirs.
fetch_agents()
{
	local p globalconfig

	# --prefix would move it, and with it what the machine set up.
	globalconfig=$(npm config get globalconfig)
	mkdir -p "$HOME/.npm-global"
	for p in $agents; do
		[ -e "$HOME/.npm-global/lib/node_modules/$p/package.json" ] &&
			continue
		again npm install --global --prefix "$HOME/.npm-global" \
			--globalconfig "$globalconfig" \
			--cache "$cache/home/.npm" --no-audit --no-fund \
			--loglevel=error "$p" || {
			echo "setup: npm: $p: not installed" >&2
			continue
		}
	done
	for p in @anthropic-ai/claude-code opencode-ai; do
		run_postinstall "$HOME/.npm-global/lib/node_modules/$p"
	done
}

run_postinstall()
{
	local script

	[ -e "$1/package.json" ] || return 0
	[ ! -e "$1/.sbox-postinstall" ] || return 0
	script=$(node -p \
		'(require(process.argv[1]).scripts||{}).postinstall||""' \
		"$1/package.json")
	[ -z "$script" ] || (cd "$1" && sh -c "$script") || {
		echo "setup: npm: $1: its script failed" >&2
		return 0
	}
	touch "$1/.sbox-postinstall"
}

case ${1:-} in
packages) setup_packages ;;
root)	setup_root ;;
fetch)	missing=$(missing_packages | sort -u | tr '\n' ' ')
	if [ -n "${missing% }" ]; then
		echo "setup: not installed: $missing" >&2
		exit 1
	fi
	fetch_sources
	fetch_agents ;;
*)	echo "usage: setup.sh packages|root|fetch" >&2
	exit 2 ;;
esac
