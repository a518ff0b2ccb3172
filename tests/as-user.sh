#!/bin/sh
# SPDX-License-Identifier: MIT
# as-user.sh ARG...: run make with these as an ordinary user. Root (in a
# container, say) uses the account sboxtest, made for the moment if there is
# none, and a copy of the tree that the account can read; nobody else needs
# this, for them it does nothing.
set -eu

if [ "$(id -u)" -ne 0 ]; then
	echo "# already an ordinary user"
	exit 0
fi

user=${SBOX_TEST_USER:-sboxtest}
made=
top=$PWD
build=${SBOX_BUILD:-$top/build}
base=$(mktemp -d /var/tmp/sboxtest.XXXXXX)

clean() {
	cd /
	rm -rf "$base"
	[ -z "$made" ] || userdel -r "$user" >/dev/null 2>&1 || true
}
trap clean EXIT
trap 'exit 1' INT TERM

if ! id "$user" >/dev/null 2>&1; then
	useradd -m -s /bin/bash "$user"
	made=1
fi

# The copy keeps its times, so that nothing is built twice.
mkdir "$base/main"
tar -C "$top" --exclude=./.git --exclude='./build*' -cf - . |
	tar -C "$base/main" -xf -
mkdir -p "$base/main/build"
tar -C "$build" -cf - . | tar -C "$base/main/build" -xf -
vectors=${SBOX_VECTORS:-$top/../shared/vectors}
if [ -d "$vectors" ]; then
	mkdir "$base/shared"
	cp -R "$vectors" "$base/shared/vectors"
fi
chmod 755 "$base"
chown -R "$user:" "$base"

home=$(getent passwd "$user" | cut -d: -f6)
cd "$base/main"
setpriv --reuid "$user" --regid "$(id -g "$user")" --init-groups \
	--inh-caps=-all --reset-env \
	env -u MAKEFLAGS -u MAKELEVEL ${CI:+CI="$CI"} ${LAB:+LAB="$LAB"} HOME="$home" \
	make -s BUILD=build "$@"
