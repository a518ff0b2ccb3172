#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# What "make install" puts somewhere is whole: it needs nothing of the tree that
# it was built in, and "make uninstall" leaves none of it.

load helper

@test "what is installed finds its own gateway and profiles, and goes without a trace" {
	need make
	local d=$SCRATCH/root list f
	# BUILD is there and as new as it was for the tests
	make -s -C "$TOP" BUILD="$SBOX_BUILD" DESTDIR="$d" install
	list=$(cd "$d/usr/local" && find . -type f -o -type l)
	for f in bin/sbox libexec/sbox/sbox-gateway libexec/sbox/sbox-service \
		share/sbox/profiles/base.json share/man/man1/sbox.1 \
		share/man/man5/sbox-profile.5 share/man/man8/sbox-gateway.8 \
		share/sbox/profiles/sbox-profile.schema.json; do
		grep -qxF "./$f" <<<"$list" || fail "$f"
	done
	for f in "$TOP"/profiles/*.json; do
		cmp "$f" "$d/usr/local/share/sbox/profiles/${f##*/}"
	done
	SBOX=$d/usr/local/bin/sbox
	inside --net filtered --dry-run -- /bin/true
	succeeds
	matches "gateway $d/usr/local/libexec/sbox/sbox-gateway"
	inside --net filtered --profile ci -- /bin/echo ran
	succeeds
	prints ran
	inside --set 'net.services=[{"port":8081,"origin":"https://example.org",
		"headers":{"x":{"command":"echo key"}}}]' -- /bin/echo ran
	succeeds
	prints ran
	make -s -C "$TOP" BUILD="$SBOX_BUILD" DESTDIR="$d" uninstall
	[ -z "$(find "$d" -type f -o -type l)" ] || fail "$(find "$d")"
}
