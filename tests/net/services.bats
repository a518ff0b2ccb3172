#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# shellcheck disable=SC2016 # text for the shell inside
# net.services: an HTTPS origin behind plain HTTP inside, with a secret that
# stays outside. Judged from the origin's log, which has every head as it came.

load net

TOKEN=tok-5e7a-9c31-secret
URL=http://127.0.0.1:8081

test_setup()
{
	LOG=$HOME/.local/state/sbox/log/network.jsonl
	mkdir -p "$HOME/.secrets"
	echo "$TOKEN" >"$HOME/.secrets/key"
	cp "$LAB/ca.pem" "$HOME/.secrets/ca.pem"
	service
}

test_teardown()
{
	! grep -rqsF -e "$TOKEN" "$PROJ" "$HOME/.local/state" || {
		echo "the secret was written somewhere"
		return 1
	}
}

# service [MEMBERS]: what is configured from now on
service()
{
	local auth='"authorization":{"prefix":"Bearer ","file":"~/.secrets/key"}'

	SERVICE=$(printf '[{"port":8081,"origin":"https://api.lab.example",
		"ca":"~/.secrets/ca.pem","headers":{%s}%s}]' "$auth" "${1:-}")
}

# via SHELL-TEXT [OPTION...]
via()
{
	local text=$1

	shift
	: >"$SCRATCH/mark"
	SEEN=$(wc -l <"$LAB/origin.log")
	inside --set "net.services=$SERVICE" "$@" -- sh -c "$text"
	[[ $output != *"$TOKEN"* && $stderr != *"$TOKEN"* ]] ||
		fail "the secret was seen inside"
}

# What the origin got since via() began.
got() { tail -n +$((SEEN + 1)) "$LAB/origin.log"; }

got_none()
{
	got | grep -i -- "$1" || return 0
	echo "the origin must not get: $1"
	return 1
}

# raw TEXT: these bytes on a connection, and all that comes back
raw()
{
	via "printf '$1' | timeout 10 python3 -c '
import socket, sys
s = socket.create_connection((\"127.0.0.1\", 8081))
s.sendall(sys.stdin.buffer.read())
while True:
    d = s.recv(65536)
    if not d:
        break
    sys.stdout.buffer.write(d)
    sys.stdout.flush()
'" "${@:2}"
}

@test "services: a request gets the secret outside, and nothing inside has it" {
	via "curl -sS --max-time 20 -H 'Authorization: Bearer mine' $URL/echo;
		env; cat /proc/*/environ 2>/dev/null | tr '\\0' '\\n'"
	succeeds
	has "authorization: Bearer ********************"
	has "host: api.lab.example"
	got | grep -q "^> authorization: Bearer $TOKEN"
	[ "$(got | grep -ci '^> authorization')" -eq 1 ]
	[[ $(decision api.lab.example) == *'"rule":"net.services"'* ]]
}

@test "services: an answer that repeats the secret in pieces is blanked" {
	via "curl -sSi --max-time 20 --compressed $URL/pieces $URL/echo"
	succeeds
	has "authorization: Bearer ********************"
	has "X-Repeated: Bearer ********************"
	[ "$(got | grep -c "^> accept-encoding: identity")" -eq 2 ]
}

@test "services: of secrets that overlap nothing is left, in either order" {
	local id key order
	printf %s "${TOKEN:0:13}" >"$HOME/.secrets/id"
	id='"x-key-id":{"file":"~/.secrets/id"}'
	key='"authorization":{"prefix":"Bearer ","file":"~/.secrets/key"}'
	for order in "$id,$key" "$key,$id"; do
		SERVICE=$(printf '[{"port":8081,"origin":"https://api.lab.example",
			"ca":"~/.secrets/ca.pem","headers":{%s}}]' "$order")
		via "curl -sS --max-time 20 $URL/echo $URL/pieces"
		succeeds
		[ "$(grep -c "^authorization: Bearer \*\{20\}" <<<"$output")" -eq 2 ]
		[ "$(grep -c "^x-key-id: \*\{13\}" <<<"$output")" -eq 2 ]
		lacks secret
	done
}

@test "services: many downloads that nobody reads take no pipe from them" {
	cat >hoard.py <<'END'
import socket, subprocess, sys
many = []
for i in range(70):
    s = socket.socket()
    s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    s.connect(("web.lab.example", 80))
    s.sendall(b"GET /huge HTTP/1.1\r\nHost: web.lab.example\r\n\r\n")
    s.recv(1)
    many.append(s)
subprocess.run(sys.argv[1:], check=True)
END
	ulimit -n 512
	via "python3 hoard.py curl -sS --max-time 20 -o big $URL/big" \
		--allow web.lab.example
	succeeds
	[ "$(stat -c %s big)" -gt 1000000 ]
}

@test "services: more connections than descriptors are refused, and then it goes on" {
	cat >crowd.py <<'END'
import socket, time
end = time.monotonic() + 3
held = []
while time.monotonic() < end:
    for _ in range(40):
        s = socket.socket()
        s.settimeout(1)
        try:
            s.connect(("127.0.0.1", 8081))
            s.sendall(b"X\r\n\r\n")
            held.append(s)
        except OSError:
            pass
    while len(held) > 400:
        held.pop(0).close()
for s in held:
    s.close()
time.sleep(3)
END
	ulimit -n 512
	via "python3 crowd.py & python3 crowd.py; wait
		curl -sS --max-time 20 $URL/echo"
	succeeds
	has "GET /echo"
}

@test "services: a secret from a variable, which stays outside" {
	local pass

	SERVICE='[{"port":8081,"origin":"https://api.lab.example","ca":"'$HOME'/.secrets/ca.pem",
		"headers":{"x-api-key":{"env":"MY_TOKEN"}}}]'
	export MY_TOKEN=$TOKEN
	for pass in MY_TOKEN 'MY_*'; do
		via "curl -sS --max-time 20 $URL/echo >/dev/null; env;
			cat /proc/*/environ 2>/dev/null | tr '\\0' '\\n'" --set "env.pass=[\"$pass\"]"
		succeeds
		got | grep -q "^> x-api-key: $TOKEN"
	done
	via "env | grep MY_TOKEN" --env MY_TOKEN=dummy
	succeeds
	has MY_TOKEN=dummy
	unset MY_TOKEN
	via "touch ran"
	refused
	says "MY_TOKEN isn't set"
	[ ! -e ran ]
}

@test "services: a secret from a command, which runs outside, in /, once" {
	SERVICE='[{"port":8081,"origin":"https://api.lab.example","ca":"'$HOME'/.secrets/ca.pem",
		"headers":{"x-api-key":{"command":"pwd >'$SCRATCH'/where; echo run >>'$SCRATCH'/runs; cat ~/.secrets/key"}}}]'
	mkdir bin
	printf '#!/bin/sh\necho evil >%s/planted\n' "$SCRATCH" >bin/cat
	chmod +x bin/cat
	ln -s "$PROJ/bin" "$HOME/bin"
	PATH=$HOME/bin:$PROJ/bin:$PATH
	via "curl -sS --max-time 20 $URL/echo $URL/echo >/dev/null"
	succeeds
	[ "$(got | grep -c "^> x-api-key: $TOKEN")" -eq 2 ]
	[ "$(<"$SCRATCH/where")" = / ]
	[ "$(wc -l <"$SCRATCH/runs")" -eq 1 ]
	[ ! -e "$SCRATCH/planted" ]
}

@test "services: what can't be read is a refusal to start" {
	local what

	while read -r what; do
		SERVICE='[{"port":8081,"origin":"https://api.lab.example",
			"headers":{"x-api-key":{'$what'}}}]'
		via "touch ran"
		refused
		says net.services
		says x-api-key
	done <<-END
	"file":"/nonexistent/key"
	"file":"/dev/null"
	"command":"exit 3"
	"command":"printf 'a\\\\nb'"
	"command":"printf ' a'"
	"command":"head -c 9000 /dev/zero | tr '\\\\0' x"
	"command":"kill -9 \$\$"
	END
	SERVICE='[{"port":8081,"origin":"https://api.lab.example","ca":"'$HOME'/.secrets/key"}]'
	via "touch ran"
	refused
	says "no certificates"
	[ ! -e ran ]
}

@test "services: the file of a secret is hidden where the sandbox would show it" {
	mv "$HOME/.secrets/key" key
	ln -s "$PROJ/key" "$HOME/.secrets/key"
	via "cat key; cat $HOME/.secrets/key; grep -r tok-5 .; mv key key2;
		curl -sS --max-time 20 $URL/echo >/dev/null"
	got | grep -q "^> authorization: Bearer $TOKEN"
	SERVICE=${SERVICE/"~/.secrets/key"/$PROJ/key}
	via "cat key; mv key key2; curl -sS --max-time 20 $URL/echo >/dev/null"
	got | grep -q "^> authorization: Bearer $TOKEN"
	mkdir shown
	mv key shown/key
	SERVICE=${SERVICE/$PROJ\/key/$PROJ/shown/key}
	via "cat /mnt/key shown/key" --ro "$PROJ/shown:/mnt"
	rm -r shown
}

@test "services: events arrive as they are sent" {
	via 'curl -sSN --max-time 20 '$URL'/events | while read -r line; do
		[ -z "$line" ] || echo "$line $(date +%s%N)"; done'
	succeeds
	mapfile -t at < <(sed -n 's/^data: [0-9] //p' <<<"$output")
	[ "${#at[@]}" -eq 4 ]
	# the origin sends one each half second
	(((at[3] - at[0]) / 1000000 > 1200))
}

@test "services: bodies of every framing, both ways, and one connection for all" {
	via "curl -sS --max-time 60 $URL/big | sha256sum
		head -c 8000000 /dev/zero | curl -sS --max-time 60 -T - $URL/sum
		head -c 8000000 /dev/zero >f; curl -sS --max-time 60 -T f $URL/sum
		curl -sSi --max-time 20 $URL/until-close
		curl -sSI --max-time 20 $URL/echo
		curl -sSi --max-time 20 $URL/204 $URL/304 $URL/100 $URL/old
		curl -sS -o /dev/null -o /dev/null -o /dev/null -w '%{num_connects}\n' \
			$URL/echo $URL/pieces $URL/echo | paste -sd +"
	succeeds
	has "$(head -c 20971520 /dev/zero | tr '\0' x | sha256sum | cut -d' ' -f1)"
	[ "$(grep -c "$(head -c 8000000 /dev/zero | sha256sum |
		cut -d' ' -f1)" <<<"$output")" -eq 2 ]
	has "all of it"
	has "Content-Length: 77"
	has "HTTP/1.1 304"
	has "HTTP/1.1 103"
	has hints
	has old
	has 1+0+0
}

@test "services: what is cut off outside is not whole inside" {
	local path

	for path in cut-close cut-length cut-chunk; do
		via "curl -sS --max-time 20 $URL/$path"
		[ "$status" -ne 0 ]
	done
	via "curl -sS --max-time 20 $URL/not-http $URL/both $URL/101"
	[ "$(grep -c '^sbox: net.services: ' <<<"$output")" -eq 3 ]
	[[ $(decision api.lab.example) == *"an answer that isn't passed on"* ]]
}

@test "services: fields of one connection end here, redirections stay here" {
	via "curl -sSi --max-time 20 $URL/hop; curl -sSi --max-time 20 $URL/redirect
		curl -sSi --max-time 20 $URL/elsewhere"
	succeeds
	has "X-Kept: 1"
	lacks X-Drop
	lacks Keep-Alive
	lacks Alt-Svc
	lacks Strict-Transport-Security
	has "location: http://127.0.0.1:8081/echo"
	has "Location: https://api.lab.example.org/"
	via "curl -sSL --max-time 20 $URL/redirect"
	succeeds
	has "GET /echo HTTP/1.1"
}

@test "services: a client that says no more gets its answer whole" {
	cat >half.py <<-'END'
	import socket, sys
	def ask(path, body=b"", more=b""):
	    s = socket.create_connection(("127.0.0.1", 8081), 20)
	    s.sendall(b"%s %s HTTP/1.1\r\nHost: a\r\n%s\r\n%s" % (b"POST" if body else b"GET", path, more, body))
	    s.shutdown(socket.SHUT_WR)
	    b = b""
	    while True:
	        d = s.recv(65536)
	        if not d: return b
	        b += d
	print(b"authorization" in ask(b"/echo"), ask(b"/late").endswith(b"late\n"),
	      ask(b"/some").count(b"\0"), ask(b"/big").count(b"x" * 1024),
	      len(ask(b"/sum", b"y" * 3000000, b"Content-Length: 3000000\r\n").split()[-1]))
	END
	via "python3 half.py"
	prints "True True 2000000 20480 64"
}

@test "services: a slow reader gets all of many answers" {
	cat >slow.py <<-'END'
	import socket, time
	for _ in range(4):
	    s = socket.socket()
	    s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8192)
	    s.connect(("127.0.0.1", 8081))
	    s.settimeout(5)
	    s.sendall(b"GET /some HTTP/1.1\r\nHost: a\r\n\r\n" * 20)
	    n = 0
	    while n < 20 * 2000000:
	        b = s.recv(65536)
	        assert b
	        n += b.count(b"\0")
	        if len(b) % 7 == 0:
	            time.sleep(.002)
	print("all")
	END
	via "python3 slow.py"
	prints all
}

@test "services: who waits for the other side costs nothing meanwhile" {
	cat >wait.py <<-'END'
	import socket, time
	a, b = (socket.create_connection(("127.0.0.1", 8081)) for _ in range(2))
	get = b"GET /late HTTP/1.1\r\nHost: a\r\n\r\n"
	a.sendall(get)
	a.setblocking(False)
	b.sendall(get.replace(b"GET", b"POST").replace(b"\r\n\r\n",
	                      b"\r\nContent-Length: 99999999\r\n\r\n"))
	b.setblocking(False)
	for s in a, b:
	    try:
	        while s.send(b"x" * 65536): pass
	    except BlockingIOError:
	        pass
	open("full", "w")
	a.settimeout(9)
	print(a.recv(12))
	END
	via "python3 wait.py" &
	local run=$! pid before after
	wait_for 20 test -e full
	pid=$(pgrep -n sbox-service)
	sleep 0.2
	before=$(cut -d' ' -f14,15 "/proc/$pid/stat")
	sleep 1
	after=$(cut -d' ' -f14,15 "/proc/$pid/stat")
	wait "$run"
	((${after/ /+} - (${before/ /+}) < 20))
}

@test "services: an early answer ends an upload that nobody reads" {
	via "head -c 50000000 /dev/zero | curl -sS --max-time 20 -o /dev/null \
		-w '%{http_code}\n' -T - $URL/early; :"
	has 401
}

@test "services: smuggled requests, other hosts and other methods do not pass" {
	local h='Host: x\r\n' line

	while read -r line; do
		raw "$line"
		[[ $output == 'HTTP/1.1 '[45]* ]] || fail "passed: $line"
		[ -z "$(got)" ] || fail "the origin saw: $line"
	done <<-END
	POST /echo HTTP/1.1\r\n${h}Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n
	POST /echo HTTP/1.1\r\n${h}Content-Length: 4\r\nContent-Length: 5\r\n\r\nabcde
	POST /echo HTTP/1.1\r\n${h}Content-Length: 4\r\nContent-Length: 4\r\n\r\nabcd
	POST /echo HTTP/1.1\r\n${h}Content-Length: +4\r\n\r\nabcd
	POST /echo HTTP/1.1\r\n${h}Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n
	POST /echo HTTP/1.1\r\n${h}Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n
	POST /echo HTTP/1.1\r\n${h}Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n
	POST /echo HTTP/1.1\r\n${h}Transfer-Encoding:\x0bchunked\r\n\r\n0\r\n\r\n
	POST /echo HTTP/1.1\r\n${h}X: y\r\n Content-Length: 4\r\n\r\nabcd
	GET /echo HTTP/1.1\r\n${h}X: y\nZ: z\r\n\r\n
	GET /echo HTTP/1.1\r\n${h}X: y\rZ: z\r\n\r\n
	GET /echo HTTP/1.1\r\n${h}${h}\r\n
	GET /echo HTTP/1.1\r\n\r\n
	GET /echo HTTP/1.0\r\n${h}\r\n
	GET /echo\r\n\r\n
	GET  /echo HTTP/1.1\r\n${h}\r\n
	GET evil.example:443 HTTP/1.1\r\n${h}\r\n
	CONNECT evil.example:443 HTTP/1.1\r\n${h}\r\n
	TRACE /echo HTTP/1.1\r\n${h}\r\n
	PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n
	\x16\x03\x01\x00\x05hello\r\n\r\n
	END
	# what stands behind a request is a request of its own, or nothing
	raw "GET http://evil.example/echo HTTP/1.1\r\n${h}Connection: close\r\n\r\nGET /echo?2 HTTP/1.1\r\n${h}\r\n"
	has "GET /echo HTTP/1.1"
	[ "$(got | grep -c "^> GET")" -eq 1 ]
	[ "$(got | grep -c "^> host: api.lab.example$")" -eq 1 ]
	raw "POST /sum HTTP/1.1\r\n${h}Transfer-Encoding: chunked\r\n\r\n5;x=y\r\nhello\r\n0\r\nContent-Length: 99\r\n\r\nGET /echo?2 HTTP/1.1\r\n${h}Connection: close\r\n\r\n"
	has "$(printf hello | sha256sum | cut -d' ' -f1)"
	has "GET /echo?2 HTTP/1.1"
	got_none "content-length: 99"
	raw "POST /sum HTTP/1.1\r\n${h}Transfer-Encoding: chunked\r\n\r\n5\r\nhellooo\r\n0\r\n\r\n"
	[[ $output == 'HTTP/1.1 400'* ]]
	got_none "^="
}

@test "services: an answer that nobody asked for reaches nobody" {
	via "curl -sS --max-time 20 $URL/two; sleep 0.2; curl -sS --max-time 20 $URL/echo"
	succeeds
	has first
	lacks smuggled
}

@test "services: a head that is too long, a slow one, a client that goes away" {
	via "head -c 70000 /dev/zero | tr '\\0' x >x; curl -sS --max-time 20 -o /dev/null \
		-w '%{http_code}\n' -H @x -H \"X: \$(head -c 69000 x)\" $URL/echo"
	has 431
	[ -z "$(got)" ]
	# the origin gets no request that isn't whole
	raw "POST /sum HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nabc" >/dev/null || :
	got_none "^="
}

@test "services: only the origin's own certificate and key will do" {
	local pin pem=$LAB/web.pem

	SERVICE=${SERVICE/api.lab.example/api.lab.example:444}
	via "curl -sS --max-time 20 $URL/echo"
	has "self"
	[[ $(decision api.lab.example) == *"certificate isn't trusted"* ]]
	SERVICE=${SERVICE/:444/:445}
	via "curl -sS --max-time 20 $URL/echo"
	has "ostname mismatch"
	SERVICE=${SERVICE/:445/:446}
	via "curl -sS --max-time 20 $URL/echo"
	has "ostname mismatch"
	SERVICE=${SERVICE/api.lab.example:446/web.lab.example:80}
	via "curl -sS --max-time 20 $URL/echo"
	has "no TLS with the origin"
	[[ $(decision web.lab.example) == *"no TLS with the origin"* ]]
	service
	SERVICE=${SERVICE/'"ca":"~/.secrets/ca.pem",'/}
	via "curl -sS --max-time 20 $URL/echo"
	has "sbox: net.services: "
	[ -z "$(got)" ]

	pin=$(openssl x509 -in "$pem" -noout -pubkey |
		openssl pkey -pubin -outform der | openssl dgst -sha256 -binary |
		base64)
	service ',"pinSha256":"'"$pin"'"'
	via "curl -sS --max-time 20 $URL/echo"
	has "GET /echo"
	service ',"pinSha256":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="'
	via "curl -sS --max-time 20 $URL/echo"
	has "another key"
	[ -z "$(got)" ]
	[[ $(decision api.lab.example) == *"another key"* ]]
}

@test "services: private addresses, denied names and dead origins" {
	SERVICE=${SERVICE/api.lab/private.lab}
	SERVICE=${SERVICE/.example\"/.example:9443\"}
	via "curl -sS --max-time 20 $URL/echo"
	has "can't be reached"
	says "private, special or"
	[ -z "$(got)" ]
	via "curl -sS --max-time 20 $URL/echo" --allow 10.20.0.1:9443
	has "host: private.lab.example:9443"
	service
	via "curl -sS --max-time 20 $URL/echo" --deny api.lab.example
	has "can't be reached"
	[ -z "$(got)" ]
	[[ $(decision api.lab.example) == *'"rule":"api.lab.example"'* ]]
	SERVICE=${SERVICE/api.lab.example/api.lab.example:9}
	via "curl -sS --max-time 20 -w '%{http_code}' $URL/echo"
	has "can't be reached"
	has 502
}

@test "services: the name itself is no way out, and other ports have no service" {
	via "curl -sS --max-time 5 --cacert $HOME/.secrets/ca.pem https://api.lab.example/echo"
	[ "$status" -ne 0 ]
	via "curl -sS --max-time 5 http://127.0.0.1:8082/echo"
	[ "$status" -ne 0 ]
	[ -z "$(got)" ]
}

@test "services: through a SOCKS server, which resolves" {
	need microsocks
	microsocks -i 127.0.0.1 -p 19050 >/dev/null 2>&1 3>&- &
	local socks=$! seen
	wait_for 5 bash -c '>/dev/tcp/127.0.0.1/19050'
	seen=$(count 'api.lab.example' "$LAB/dns.log")
	via "curl -sS --max-time 20 $URL/echo" --via socks5h://127.0.0.1:19050
	kill "$socks"
	succeeds
	has "GET /echo"
	[ "$(count 'api.lab.example' "$LAB/dns.log")" -gt "$seen" ]
	via "curl -sS --max-time 20 $URL/echo" --via socks5h://127.0.0.1:19050
	has "can't be reached"
	[ -z "$(got)" ]
}

@test "services: its process is jailed, and its end is the services' end" {
	{
		via "touch up; while [ ! -e go ]; do sleep 0.1; done
			curl -sS --max-time 5 $URL/echo; echo service \$?
			curl -sS --max-time 20 http://web.lab.example/" \
			--allow web.lab.example
		show >"$SCRATCH/shown"
	} &
	local run=$! pid status

	SEEN=$(wc -l <"$LAB/origin.log")
	wait_for 20 test -e up
	pid=$(pgrep -n sbox-service)
	status=$(<"/proc/$pid/status")
	[[ $status == *"Seccomp:	2"* && $status == *"NoNewPrivs:	1"* ]]
	[[ $status == *"CapEff:	0000000000000000"* ]]
	kill -9 "$pid"
	touch go
	wait "$run"
	[ -z "$(got)" ]
	# refused at once; it is said, and the rest goes on
	grep -Eqx 'stdout: service (7|56)' "$SCRATCH/shown"
	grep -qx 'the web server' "$SCRATCH/shown"
	[ "$(grep -c 'services: the process is gone' "$SCRATCH/shown")" -eq 1 ]
	[[ $(decision api.lab.example) == *"sbox-service is gone"* ]]
}

@test "services: more connections than there may be are refused, the others go on" {
	cat >many.py <<-'END'
	import resource, select, socket, time
	hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
	resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
	def ask(s, path):
	    s.sendall(b"GET %s HTTP/1.1\r\nHost: x\r\n\r\n" % path)
	    return s.recv(65536).split(b"\r\n")[0]
	first = socket.create_connection(("127.0.0.1", 8081))
	print(ask(first, b"/hop"))
	# slow readers: nobody reads what they asked for
	slow = [socket.create_connection(("127.0.0.1", 8081)) for _ in range(20)]
	for s in slow:
	    s.sendall(b"GET /big HTTP/1.1\r\nHost: x\r\n\r\n")
	many = [socket.create_connection(("127.0.0.1", 8081)) for _ in range(1100)]
	poll = select.poll()
	for s in many:
	    poll.register(s, select.POLLIN)
	refused = set()
	while len(refused) < 1100 - (1024 - 21):
	    events = poll.poll(15000)
	    if not events:
	        break
	    for fd, what in events:
	        refused.add(fd)
	        poll.unregister(fd)
	print("refused", len(refused))
	print(ask(first, b"/hop"), flush=True)
	open("peak", "w").close()
	time.sleep(3)
	END
	via "/usr/bin/python3 many.py >out" &
	local run=$! kib
	wait_for 40 test -e peak
	kib=$(awk '/^VmRSS:/ { print $2 }' "/proc/$(pgrep -n sbox-service)/status")
	wait "$run" || :
	[ "$(grep -c "b'HTTP/1.1 200 '" out)" -eq 2 ]
	grep -Eqx 'refused (9[7-9]|1..)' out
	[ "$kib" -lt 150000 ]
	grep -q "too many connections to services at once" "$LOG"
}

@test "services: all ends with the sandbox, whoever still speaks" {
	local before

	before=$(pgrep -c sbox-service || :)
	via "curl -sSN --max-time 20 $URL/events >/dev/null & sleep 0.6"
	succeeds
	wait_for 5 bash -c '[ "$(pgrep -c sbox-service)" = '"${before:-0}"' ]'
}
