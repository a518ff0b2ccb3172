#!/bin/sh
# SPDX-License-Identifier: MIT
# The gateway alone, without sbox, in a network of the test's own: an "outside"
# with public, private and loopback addresses on lo and names in /etc/hosts (all
# of it in namespaces, nothing of the host is touched), servers on it, and
# "insides" that box.c makes. Prints TAP.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
build=${SBOX_BUILD:-$here/../../build}
dir=$(mktemp -d /var/tmp/sbox-gateway.XXXXXX)
trap 'rm -rf "$dir"' EXIT

cat >"$dir/hosts" <<'END'
127.0.0.1 localhost
93.184.216.34 ok.test other.test a.wild.test b.wild.test
93.184.216.35 dead.test
93.184.216.36 slow.test
127.0.0.1 loop.test
10.1.2.3 private.test
169.254.169.254 metadata.test
93.184.216.65 host.test
93.184.216.66 near.test
10.1.2.3 mixed.test
93.184.216.34 mixed.test
2606:2800:220:1::34 dual.test
93.184.216.34 dual.test
END
echo 'nameserver 127.0.0.1' >"$dir/resolv.conf"
echo 'hosts: files dns' >"$dir/nsswitch.conf"

# shellcheck disable=SC2016 # expanded by the inner shell
unshare --user --map-root-user --net --mount sh -euc '
	# A small system lacks some of these, and nothing can be made in its
	# /etc from here: a copy, without what only root may read.
	cp -R /etc "$1/etc" 2>/dev/null || [ -d "$1/etc" ]
	for f in hosts resolv.conf nsswitch.conf; do
		rm -f "$1/etc/$f"
		cp "$1/$f" "$1/etc/$f"
	done
	mount --bind "$1/etc" /etc
	ip link set lo up
	for a in 10.1.2.3/32 169.254.169.254/32 93.184.216.65/28; do
		ip address add "$a" dev lo
	done
	# the world: behind a router
	setpriv --pdeathsig KILL unshare --net sleep infinity </dev/null >/dev/null 2>&1 &
	WORLD=$!
	while [ "$(readlink /proc/$WORLD/ns/net)" = \
		"$(readlink /proc/self/ns/net)" ]; do sleep 0.01; done
	world() { nsenter -t $WORLD -n "$@"; }
	ip link add out type veth peer name in netns $WORLD
	ip address add 10.200.0.1/24 dev out
	ip -6 address add fd00:200::1/64 dev out nodad
	ip link set out up
	world ip link set lo up
	world ip link set in up
	world ip address add 10.200.0.2/24 dev in
	world ip -6 address add fd00:200::2/64 dev in nodad
	world ip address add 93.184.216.34/32 dev lo
	world ip -6 address add 2606:2800:220:1::34/128 dev lo nodad
	ip route add 93.184.216.34 via 10.200.0.2
	ip -6 route add 2606:2800:220:1::34 via fd00:200::2
	export WORLD
	exec python3 "$2/gateway.py" "$3" "$1"
' sh "$dir" "$here" "$build"
