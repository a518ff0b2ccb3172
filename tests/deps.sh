#!/bin/sh
# SPDX-License-Identifier: MIT
# Install what is missing, with apt, dnf or pacman; sudo only if not root.
#
#	deps.sh [build] [test] [lint] [net] [vm]	(none given: build)
#
# build: what `make` needs; test: `make check` and `make bench`; lint: `make
# lint`, `make fuzz` and clang; net: `make check-net`, servers among it, which
# the distribution may start: for a container or a CI machine; vm: `make
# check-vm`. `make check-real` installs what it needs by itself
# (tests/real/setup.sh).
set -eu

[ $# -gt 0 ] || set -- build

# One row per package: group, Debian, Fedora, Arch ("-": nothing to install).
table() {
	cat <<-'END'
	build make make make
	build gcc gcc gcc
	build libc6-dev glibc-devel glibc
	build libseccomp-dev libseccomp-devel libseccomp
	build - libseccomp-static -
	build libcap-dev libcap-devel libcap
	build - libcap-static -
	build libcjson-dev cjson-devel cjson
	build libbsd-dev libbsd-devel libbsd
	build libevent-dev libevent-devel libevent
	build libssl-dev openssl-devel openssl
	test libcmocka-dev libcmocka-devel cmocka
	test bats bats bats
	test bubblewrap bubblewrap bubblewrap
	test python3 python3 python
	test git git git
	test procps procps-ng procps-ng
	test util-linux util-linux util-linux
	test iproute2 iproute iproute2
	test tmux tmux tmux
	test gdb gdb gdb
	test strace strace strace
	test attr attr attr
	test vim vim vim
	test less less less
	test htop htop htop
	net nginx-light nginx nginx
	net openssh-server openssh-server openssh
	net openssl openssl openssl
	net dnsmasq-base dnsmasq dnsmasq
	net curl curl curl
	net passt passt passt
	net slirp4netns slirp4netns slirp4netns
	net git git git
	net microsocks microsocks microsocks
	net tor tor tor
	net nodejs nodejs nodejs
	net golang-go golang go
	net musl-tools musl-gcc musl
	net bind9-dnsutils bind-utils bind
	net default-jdk-headless java-devel jdk-openjdk
	test zsh zsh zsh
	test fish fish fish
	test libcap2-bin libcap libcap
	vm qemu-system-x86 qemu-system-x86-core qemu-system-x86
	vm busybox-static busybox busybox
	lint clang clang clang
	lint clang-format clang-tools-extra -
	lint clang-tidy - -
	lint libclang-rt-dev compiler-rt compiler-rt
	lint cppcheck cppcheck cppcheck
	lint shellcheck ShellCheck shellcheck
	lint mandoc mandoc mandoc
	END
}

packages() {
	column=$1
	shift
	for group; do
		table | while read -r g deb rpm arch; do
			[ "$g" = "$group" ] || continue
			case $column in
			deb) echo "$deb" ;;
			rpm) echo "$rpm" ;;
			arch) echo "$arch" ;;
			esac
		done
	done | grep -vx -e - | sort -u
}

as_root() {
	if [ "$(id -u)" -eq 0 ]; then
		"$@"
	elif command -v sudo >/dev/null 2>&1; then
		sudo "$@"
	else
		echo "deps: not root and no sudo; run as root: $*" >&2
		exit 1
	fi
}

for group; do
	case $group in
	build | test | lint | net | vm) ;;
	*)
		echo "usage: deps.sh [build] [test] [lint] [net] [vm]" >&2
		exit 2
		;;
	esac
done

# missing PACKAGES QUERY: those that QUERY says are not installed, so that a
# second run asks no registry.
missing() {
	for p in $1; do
		# shellcheck disable=SC2086 # a command and its words
		$2 "$p" >/dev/null 2>&1 || echo "$p"
	done
}

deb_installed() {
	dpkg-query -W -f '${Status}' "$1" 2>/dev/null | grep -q 'ok installed'
}

if command -v apt-get >/dev/null 2>&1; then
	list=$(missing "$(packages deb "$@")" deb_installed)
	[ -n "$list" ] || exit 0
	as_root apt-get update
	# shellcheck disable=SC2086 # a list of names
	as_root env DEBIAN_FRONTEND=noninteractive \
		apt-get install -y --no-install-recommends $list
elif command -v dnf >/dev/null 2>&1; then
	# as dnf does: Fedora's vim is provided by vim-enhanced
	list=$(missing "$(packages rpm "$@")" "rpm -q --whatprovides")
	[ -n "$list" ] || exit 0
	# shellcheck disable=SC2086
	as_root dnf install -y $list
elif command -v pacman >/dev/null 2>&1; then
	list=$(missing "$(packages arch "$@")" "pacman -Qq")
	[ -n "$list" ] || exit 0
	# A new container has no lists; elsewhere a new one alone would mix
	# versions.
	sync=-S
	[ -n "$(ls /var/lib/pacman/sync 2>/dev/null)" ] || sync=-Sy
	# shellcheck disable=SC2086
	as_root pacman $sync --needed --noconfirm $list
else
	echo "deps: neither apt, dnf nor pacman; install by hand:" \
		"$(packages deb "$@" | tr '\n' ' ')" >&2
	exit 1
fi
