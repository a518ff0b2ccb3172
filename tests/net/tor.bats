#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# shellcheck disable=SC2016 # text for the shell inside
# --via tor against a real, private Tor network (torlab.sh). The judges: the
# origin (which address asked), the exits' name server, the host's own, and the
# client's control port.

load net

# through NAME...: GET / of each, one after the other
through()
{
	inside --via tor://127.0.0.1:49050 --allow '*.test' --allow '*.onion' \
		-- sh -c 'for n; do curl -sS --max-time 60 "http://$n/"; done' \
		sh "$@"
}

# The isolation tokens that the client's circuits were built for.
tokens()
{
	/usr/bin/python3 - "$LAB/net/c/control_auth_cookie" <<-'END'
	import re, socket, sys
	s = socket.create_connection(("127.0.0.1", 48009))
	c = open(sys.argv[1], "rb").read().hex()
	s.sendall(b"AUTHENTICATE %s\r\nGETINFO circuit-status\r\nQUIT\r\n" % c.encode())
	t = b""
	while True:
	    d = s.recv(65536)
	    if not d:
	        break
	    t += d
	for p in sorted(set(re.findall(rb'SOCKS_PASSWORD="([^"]*)"', t))):
	    print(p.decode())
	END
}

@test "every destination has a circuit of its own, and the same one the next time" {
	through n1.test n2.test n3.test n4.test n5.test n6.test n7.test n8.test \
		n1.test
	succeeds
	[ "$(grep -c '^10.9.0.1[1-9] n[1-8].test$' <<<"$output")" -eq 9 ]
	[ "$(grep ' n1.test$' <<<"$output" | sort -u | wc -l)" -eq 1 ]
	[ "$(tokens | wc -l)" -ge 8 ]
	# and they are no names
	run tokens
	no_match '.*test.*'
}

@test "two sandboxes share no circuit, not even for the same destination" {
	local before
	before=$(tokens | wc -l)
	through same.test
	through same.test
	[ "$(tokens | wc -l)" -eq $((before + 2)) ]
}

@test "no name is looked up by the host: the exits do" {
	through lookup.test
	succeeds
	grep -qi 'lookup.test' "$LAB/exit-dns.log"
	absent '[Tt][Ee][Ss][Tt]' "$LAB/dns.log"
	absent '^127\.|^10\.9\.0\.9 ' "$LAB/origin.log"
}

@test "an onion service by its name" {
	through "$(cat "$LAB/onion")"
	succeeds
	has "$(cat "$LAB/onion")"
}

@test "an onion name without tor is no name" {
	inside --allow '*.test' -- getent hosts "$(cat "$LAB/onion")"
	[ "$status" -ne 0 ]
}

# last: there is no Tor afterwards
@test "when tor is gone nothing goes out: there is no direct way" {
	local before
	before=$(wc -l <"$LAB/origin.log")
	kill -9 "$(cat "$LAB/tor.pid")"
	through gone.test
	[ "$status" -ne 0 ]
	lacks gone.test
	[ "$(wc -l <"$LAB/origin.log")" -eq "$before" ]
	absent 'gone' "$LAB/dns.log"
}
