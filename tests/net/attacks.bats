#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# shellcheck disable=SC2016 # text for the shell inside
# What must not go out or come in, tried from inside; the servers' logs and the
# host's name server are the judges.

load net

# nothing_came TEXT: the web server's log has no line with it
nothing_came() { absent "$1" "$LAB/access.log"; }

@test "without a rule there is no name, no address and no connection" {
	inside -- sh -c 'curl -sS --max-time 5 http://web.lab.example/none-1
		curl -sS --max-time 5 http://45.80.1.1/none-2
		curl -sS --max-time 5 http://198.18.1.0/none-3; true'
	lacks server
	nothing_came none-
}

@test "an empty list of names allows nothing (CVE-2025-66479)" {
	inside --set 'net.allow=[]' --set 'net.mode="filtered"' -- \
		curl -sS --max-time 5 http://web.lab.example/empty
	[ "$status" -ne 0 ]
	nothing_came empty
}

@test "another name than the allowed one is NXDOMAIN at once, and asked nowhere" {
	net web.lab.example -- sh -c 'getent hosts other.lab.example
		getent hosts data-$(echo secret | od -An -tx1 | tr -d " \n").lab.example
		getent hosts xweb.lab.example; getent hosts web.lab.example.evil.example
		curl -sS --max-time 5 http://other.lab.example/unlisted'
	[ "$status" -ne 0 ]
	prints ""
	nothing_came unlisted
	absent 'data-|xweb|evil.example' "$LAB/dns.log"
	says '--allow other.lab.example'
}

@test "a look-up inside causes none outside; a connection does" {
	local before
	before=$(count 'wild.lab.example' "$LAB/dns.log")
	net '*.wild.lab.example' -- getent hosts one.wild.lab.example
	succeeds
	[ "$(count 'wild.lab.example' "$LAB/dns.log")" -eq "$before" ]
	net '*.wild.lab.example' -- curl -sS --max-time 10 \
		http://two.wild.lab.example/
	[ "$(count 'two.wild.lab.example' "$LAB/dns.log")" -gt 0 ]
}

@test "the host's search list makes no other name of an allowed one" {
	local seen
	getent hosts a.web # the host's programs get to a.web.lab.example
	seen=$(count 'a\.web\.lab\.example' "$LAB/dns.log")
	net a.web -- curl -sS --max-time 10 http://a.web/search
	[ "$status" -ne 0 ]
	nothing_came /search
	[ "$(count 'a\.web\.lab\.example' "$LAB/dns.log")" -eq "$seen" ]
	[[ $(decision a.web) == *"name resolution"* ]]
}

@test "addresses that were not listed are unreachable at once" {
	net web.lab.example -- sh -c 'for a in 45.80.1.1 10.20.0.1 169.254.169.254 \
		8.8.8.8; do
		timeout 3 bash -c "echo >/dev/tcp/$a/80" 2>&1 | grep -o \
			"connect: Network is unreachable" || echo "$a: not so"
		done
		curl -sS --max-time 3 -g "http://[2a0f::1]/" 2>&1 | grep -c .'
	lacks "not so"
	[ "$(grep -c unreachable <<<"$output")" -eq 4 ]
}

@test "another server's name in SNI is refused: no domain fronting" {
	net web.lab.example -- sh -c 'curl -sS --max-time 10 --cacert ca.pem \
		--connect-to other.lab.example:443:web.lab.example:443 \
		https://other.lab.example/front; true'
	lacks "server"
	nothing_came front
	# nor without any SNI, nor without TLS
	net web.lab.example -- sh -c 'openssl s_client -quiet -noservername \
		-connect web.lab.example:443 </dev/null 2>&1 | grep -c CN=lab
		printf "GET /plain443 HTTP/1.0\r\n\r\n" | timeout 5 bash -c \
			"exec 3<>/dev/tcp/web.lab.example/443; cat >&3; cat <&3"; true'
	lacks CN=lab
	nothing_came plain443
}

@test "another host's name in a request is refused, the second of a connection too" {
	net web.lab.example -- sh -c 'curl -sS --max-time 10 \
		-H "Host: other.lab.example" http://web.lab.example/host1
	timeout 10 bash -c "exec 3<>/dev/tcp/web.lab.example/80
		printf \"GET /first HTTP/1.1\r\nHost: web.lab.example\r\n\r\n\" >&3
		sleep 0.3
		printf \"GET /second HTTP/1.1\r\nHost: other.lab.example\r\n\r\n\" >&3
		cat <&3"; true'
	lacks "other server"
	nothing_came 'host1|second'
	[ "$(count '/first' "$LAB/access.log")" -ge 0 ]
}

@test "a name that resolves to a private, loopback or metadata address is refused" {
	net '*.lab.example' -- sh -c 'for n in private rebind meta; do
		curl -sS --max-time 8 http://$n.lab.example/$n-reach; done; true'
	lacks server
	nothing_came '-reach'
	# allowed by its address, and only then
	net private.lab.example 10.20.0.0/16 -- curl -sS --max-time 8 \
		http://private.lab.example/
	prints "the web server"
}

@test "a name that resolves to the host itself or to a neighbour is refused" {
	local p names='host host6 near near6 anyip peer link'
	for a in 45.80.2.1 45.99.3.3 2a0f:0:0:2::1; do
		/usr/bin/python3 -m http.server -b $a 80 >/dev/null 2>&1 3>&- &
		p+=" $!"
	done
	for n in $names; do
		wait_for 10 curl -s -o /dev/null http://"$n".lab.example/
	done
	net '*.lab.example' '*' -- sh -c 'for n in '"$names"'; do
		curl -sS --max-time 8 http://$n.lab.example/$n-me; done; true'
	lacks html
	lacks server
	nothing_came '-me'
	for n in $names; do
		says "$n.lab.example port 80: .*own network"
	done
	# allowed by its address, and only then
	net '*.lab.example' 45.80.2.1:80 '[2a0f:0:0:2::]/64:80' -- sh -c '
		for n in host host6 near6; do
		curl -sS --max-time 8 http://$n.lab.example/; done; true'
	[ "$(grep -c "Directory listing" <<<"$output")" -eq 4 ]
	has "the web server"
	# shellcheck disable=SC2086 # two numbers
	kill $p
}

@test "the host's loopback is out of reach but for the ports that were given" {
	local p
	/usr/bin/python3 -m http.server -b 127.0.0.1 6100 >/dev/null 2>&1 3>&- &
	p=$!
	wait_for 10 curl -s -o /dev/null http://127.0.0.1:6100/
	inside --port 6101 --allow web.lab.example -- sh -c '
		curl -sS --max-time 3 http://127.0.0.1:6100/
		curl -sS --max-time 3 http://localhost:6100/
		curl -sS --max-time 3 http://web.lab.example:6100/
		curl -sS --max-time 3 http://198.18.0.1:6100/; echo end'
	kill $p
	prints end
}

@test "another port of an allowed name is not open" {
	net web.lab.example -- curl -sS --max-time 5 --cacert ca.pem \
		https://web.lab.example:8443/port
	[ "$status" -ne 0 ]
	nothing_came '/port'
	net web.lab.example:8443 -- curl -sS --max-time 5 --cacert ca.pem \
		https://web.lab.example:8443/
	prints "the web server"
}

@test "--deny wins over --allow" {
	inside --allow '*.lab.example' --deny other.lab.example -- sh -c '
		curl -sS --max-time 5 http://other.lab.example/denied
		curl -sS --max-time 5 http://web.lab.example/'
	prints "the web server"
	nothing_came denied
}

@test "net.limits.connect: an address that says nothing is given up, and it is said" {
	local before=$SECONDS
	inside --allow 45.80.9.9:80 --set net.limits.connect=1 -- \
		curl -sS --max-time 20 http://45.80.9.9/
	[ "$status" -ne 0 ]
	((SECONDS - before < 10))
	says 'warning: failed: 45\.80\.9\.9 port 80: Connection timed out'
}

@test "UDP, raw and other sockets have no way out" {
	net web.lab.example -- /usr/bin/python3 -c '
import socket
for a in ("45.80.1.1", "127.0.0.1", "198.18.0.2"):
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    try:
        s.sendto(b"x", (a, 53)); s.settimeout(0.5); print(a, s.recv(9))
    except OSError as e:
        print(a, "refused")
for f, t in ((socket.AF_INET, socket.SOCK_RAW), (socket.AF_PACKET, socket.SOCK_RAW)):
    try:
        socket.socket(f, t); print("raw")
    except OSError:
        print("no raw")'
	[ "$(grep -c refused <<<"$output")" -eq 3 ]
	[ "$(grep -c 'no raw' <<<"$output")" -eq 2 ]
}

@test "the gateway's listeners can't be stolen from inside" {
	net web.lab.example:8443 -- /usr/bin/python3 -c '
import socket
n = 0
for a, p in (("0.0.0.0", 8443), ("127.0.0.1", 8443), ("198.18.0.1", 53),
             ("0.0.0.0", 443)):
    for o in (0, socket.SO_REUSEADDR, socket.SO_REUSEPORT):
        s = socket.socket()
        if o:
            s.setsockopt(socket.SOL_SOCKET, o, 1)
        try:
            s.bind((a, p)); s.listen(); print("stolen", a, p, o)
        except OSError:
            n += 1
print(n)'
	lacks stolen
	prints 12
}

@test "the gateway is gone with the sandbox, however it ends" {
	"$SBOX" --allow web.lab.example -- sleep 987 </dev/null >/dev/null 2>&1 3>&- &
	local p=$!
	wait_for 10 some_with "sbox-gateway"
	kill -9 $p
	wait $p 2>/dev/null || true
	wait_for 10 none_with "sleep 987"
	wait_for 10 none_with "sbox-gateway"
	net web.lab.example -- true
	succeeds
	none_with "sbox-gateway"
}

@test "when the gateway is killed there is no network, and nothing else changes" {
	"$SBOX" --allow web.lab.example -- sh -c 'touch up; while [ ! -e go ]; do
		sleep 0.1; done; curl -sS --max-time 5 http://web.lab.example/dead \
		2>err; echo "$?" >status' </dev/null >/dev/null 2>&1 3>&- &
	local p=$! g
	wait_for 10 test -e up
	for g in $(processes_with sbox-gateway); do kill -9 "$g" || true; done
	wait_for 5 none_with sbox-gateway
	touch go
	wait $p
	[ "$(cat status)" -ne 0 ]
	nothing_came dead
}

@test "the gateway's environment, memory and files are out of reach from inside" {
	net web.lab.example -- sh -c 'cat /proc/[0-9]*/cmdline | tr "\0" " "
		ls -l /proc/[0-9]*/exe /proc/1/fd 2>/dev/null; env; true'
	lacks sbox-gateway
	no_match '.*/proc/1/.*->.*'
	no_match '.*(socket|pipe):.*1/.*'
}

@test "gateway and resolver hold no capability, also when root started them" {
	"$SBOX" --allow web.lab.example -- sh -c 'curl -s http://web.lab.example/ >up
		sleep 60' </dev/null >/dev/null 2>&1 3>&- &
	local p=$! g n=0
	wait_for 15 test -s up
	for g in $(processes_with sbox-gateway); do
		grep -Eq '^CapEff:.*[1-9a-f]' "/proc/$g/status" &&
			fail "$(cat "/proc/$g/status")"
		grep -q '^NoNewPrivs:.*1' "/proc/$g/status"
		grep -q '^Seccomp:.*2' "/proc/$g/status"
		# nor a terminal, or anything else of the user's
		! is_root || [[ $(readlink "/proc/$g/fd/2") == pipe:* ]]
		n=$((n + 1))
	done
	kill $p
	[ $n -ge 2 ]
}

@test "what was refused is told once, with the option that would allow it" {
	net web.lab.example -- sh -c 'for i in 1 2 3; do
		curl -s --max-time 5 http://other.lab.example/; done; true'
	says 'other\.lab\.example'
	[ "$(grep -c 'other.lab.example' <<<"$stderr")" -eq 1 ]
	decision other.lab.example | grep -q '"verdict"'
}

@test "terminal escapes in a name reach neither the terminal nor the log" {
	net web.lab.example -- /usr/bin/python3 -c '
import socket, struct
q = struct.pack(">HHHHHH", 7, 0x100, 1, 0, 0, 0)
for l in (b"\x1b]0;evil\x07", b"lab", b"example"):
    q += bytes([len(l)]) + l
q += b"\0" + struct.pack(">HH", 1, 1)
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.sendto(q, ("198.18.0.1", 53)); s.settimeout(5)
print(s.recv(512)[3] & 15)'
	no_bytes $'\033'
	[ ! -e "$LOG" ] || absent $'\033' "$LOG"
}
