#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# shellcheck disable=SC2016 # text for the shell inside
# Real programs that were told of no proxy, and real servers.

load net

@test "curl: a page over TLS and over plain HTTP, by name" {
	get https://web.lab.example/ web.lab.example
	succeeds
	prints "the web server"
	get http://other.lab.example/ other.lab.example
	succeeds
	prints "the other server"
}

@test "curl: 3 MB arrive whole, and as many go out" {
	net web.lab.example -- sh -c 'curl -sS --cacert ca.pem \
		https://web.lab.example/big | sha256sum'
	succeeds
	prints "$(sha256sum <"$LAB/www/big")"
}

@test "TLS: a server that asks for a second hello, TLS 1.2, early data" {
	net web.lab.example -- sh -c 'try() {
		{ printf "GET / HTTP/1.0\r\nHost: web.lab.example\r\n\r\n"; sleep 1; } |
			openssl s_client -connect web.lab.example:443 -CAfile ca.pem \
			-verify_return_error -servername web.lab.example "$@" 2>&1
		}
		try -groups P-384:X25519 -msg | grep -E "ClientHello|the web server"
		try -tls1_2 | grep "the web server"
		try -sess_out s >/dev/null
		printf "GET /early HTTP/1.0\r\nHost: web.lab.example\r\n\r\n" >early
		try -sess_in s -early_data early | grep "Early data was"'
	succeeds
	[ "$(grep -c ", ClientHello" <<<"$output")" -eq 2 ] || fail "no retry"
	[ "$(grep -c "the web server" <<<"$output")" -eq 2 ]
	has "Early data was accepted"
}

@test "several connections at once to several names" {
	net '*.lab.example' -- sh -c 'for i in $(seq 30); do
		curl -sS --max-time 20 --cacert ca.pem https://web.lab.example/ &
		curl -sS --max-time 20 http://other.lab.example/ & done; wait'
	succeeds
	[ "$(grep -c "the web server" <<<"$output")" -eq 30 ]
	[ "$(grep -c "the other server" <<<"$output")" -eq 30 ]
}

@test "git over HTTPS: clone" {
	need git
	net web.lab.example -- sh -c 'GIT_SSL_CAINFO=$PWD/ca.pem git clone -q \
		https://web.lab.example/repo.git r && cat r/file'
	succeeds
	prints hello
}

@test "git over SSH: clone, and a push comes back" {
	need git ssh
	cp "$LAB/user_key" "$LAB/known_hosts" .
	chmod 600 user_key
	git init -q -b main "$SCRATCH/work"
	echo hello >"$SCRATCH/work/file"
	git -C "$SCRATCH/work" add file
	git -C "$SCRATCH/work" -c user.name=T -c user.email=t@example.org \
		commit -qm first
	git clone -q --bare "$SCRATCH/work" "$SCRATCH/work.git"
	CANARIES= # what is pushed comes there
	net ssh.lab.example:22 -- sh -c "GIT_SSH_COMMAND='ssh -i $PROJ/user_key \
		-o UserKnownHostsFile=$PROJ/known_hosts -o BatchMode=yes'
		export GIT_SSH_COMMAND
		git clone -q $(id -un)@ssh.lab.example:$SCRATCH/work.git r &&
		cd r && cat file && echo more >file && git -c user.name=T \
		-c user.email=t@example.org commit -qam second &&
		git push -q"
	succeeds
	prints hello
	[ "$(git -C "$SCRATCH/work.git" log -1 --format=%s)" = second ]
}

@test "Python: urllib" {
	net web.lab.example -- /usr/bin/python3 -c 'import ssl, urllib.request as u
c = ssl.create_default_context(cafile="ca.pem")
print(u.urlopen("https://web.lab.example/", context=c).read().decode().strip())'
	succeeds
	prints "the web server"
}

@test "Node: fetch" {
	need node
	net web.lab.example -- env NODE_EXTRA_CA_CERTS=ca.pem node -e '
		fetch("https://web.lab.example/").then((r) => r.text())
			.then((t) => process.stdout.write(t))'
	succeeds
	prints "the web server"
}

@test "Java: HttpClient" {
	need java keytool
	keytool -importcert -noprompt -trustcacerts -alias lab -file ca.pem \
		-keystore trust -storepass changeit >/dev/null 2>&1
	cat >T.java <<-'END'
	import java.net.URI;
	import java.net.http.*;
	public class T {
	  public static void main(String[] a) throws Exception {
	    System.out.print(HttpClient.newHttpClient().send(
	        HttpRequest.newBuilder(URI.create("https://web.lab.example/")).build(),
	        HttpResponse.BodyHandlers.ofString()).body());
	  }
	}
	END
	net web.lab.example -- java -Djavax.net.ssl.trustStore=trust \
		-Djavax.net.ssl.trustStorePassword=changeit T.java
	succeeds
	prints "the web server"
}

@test "Go: its own resolver and TLS" {
	need go
	cat >t.go <<-'END'
	package main
	import ("fmt"; "io"; "net/http"; "os")
	func main() {
		r, err := http.Get("https://web.lab.example/")
		if err != nil { fmt.Println(err); os.Exit(1) }
		b, _ := io.ReadAll(r.Body)
		fmt.Print(string(b))
	}
	END
	GOCACHE=$SCRATCH/cache CGO_ENABLED=0 go build -o t t.go
	net web.lab.example -- env SSL_CERT_FILE=ca.pem GODEBUG=netdns=go ./t
	succeeds
	prints "the web server"
}

@test "musl: getaddrinfo, of both families and of one" {
	need musl-gcc
	cat >t.c <<-'END'
	#include <arpa/inet.h>
	#include <netdb.h>
	#include <stdio.h>
	#include <string.h>
	int main(int n, char **v) {
		for (int i = 1; i < n; i++) {
			struct addrinfo h = {.ai_socktype = SOCK_STREAM,
				.ai_flags = AI_ADDRCONFIG}, *a;
			int e = getaddrinfo(v[i], "443", &h, &a);
			char t[64] = "none";
			if (!e) inet_ntop(AF_INET, &((struct sockaddr_in *)
				a->ai_addr)->sin_addr, t, sizeof(t));
			printf("%d %s\n", e ? 1 : a->ai_family == AF_INET ? 0 : 2, t);
		}
		return 0;
	}
	END
	musl-gcc -static -o t t.c
	net web.lab.example -- ./t web.lab.example nowhere.lab.example
	succeeds
	matches '0 198\.1[89]\..*'
	matches '1 none'
}

@test "c-ares (Node), and the other record types: no data, at once" {
	need node
	net web.lab.example -- node -e '
		const d = require("dns").promises;
		const code = (p) => p.then((r) => JSON.stringify(r), (e) => e.code);
		(async () => {
			console.log(await code(d.resolve4("web.lab.example")));
			for (const t of ["AAAA", "MX", "TXT", "SRV", "CNAME", "NS"])
				console.log(await code(d.resolve("web.lab.example", t)));
			console.log(await code(d.resolve4("nowhere.lab.example")));
		})()'
	succeeds
	[ "$(grep -c ENODATA <<<"$output")" -eq 6 ]
	matches '\["198\.1[89]\.[0-9.]*"\]'
	matches ENOTFOUND
}

@test "dig: UDP, TCP, EDNS with an option, HTTPS records, another class" {
	need dig
	local args

	for args in "" +tcp "+bufsize=512" "+noedns" "+cookie" "+nsid" "+subnet=10.0.0.0/8"; do
		# shellcheck disable=SC2086 # none or one
		net web.lab.example -- dig +short +time=2 +tries=1 $args web.lab.example
		succeeds
		matches '198\.1[89]\.[0-9.]*'
	done
	net web.lab.example -- dig +time=2 +tries=1 WeB.lAb.eXample HTTPS
	succeeds
	has "status: NOERROR"
	has "ANSWER: 0"
	has "WeB.lAb.eXample."
	net web.lab.example -- dig +time=2 +tries=1 CH TXT version.bind
	no_match '.*ANSWER: [1-9].*'
}

@test "getaddrinfo: an allowed name has an IPv4 address of the pool and no IPv6" {
	net web.lab.example -- getent ahosts web.lab.example
	succeeds
	matches '198\.1[89]\..*STREAM.*'
	lacks :
	net web.lab.example -- getent ahostsv6 web.lab.example
	lacks 2a0f
	# as a host that has IPv4 (AI_ADDRCONFIG)
	net web.lab.example -- getent ahostsv4 web.lab.example
	matches '198\.1[89]\..*STREAM.*'
}

@test "--port: the host's port of the same number, and another" {
	local p
	(cd "$LAB/www" && exec /usr/bin/python3 -m http.server -b 127.0.0.1 6000 \
		>/dev/null 2>&1 3>&-) &
	p=$!
	wait_for 10 curl -s -o /dev/null http://127.0.0.1:6000/
	inside --port 6000 --port 8081:6000 -- sh -c '
		curl -sS http://127.0.0.1:6000/ && curl -sS http://localhost:8081/
		curl -sS http://127.0.0.1:6001/ || echo none'
	kill $p
	succeeds
	prints "the web server
the web server
none"
}

@test "--publish: a server inside is reached from the host's loopback, and only then" {
	mkdir site
	echo "from inside" >site/index.html
	"$SBOX" --publish 3000 -- sh -c 'cd site && exec /usr/bin/python3 -m http.server \
		-b 127.0.0.1 3000' >/dev/null 2>&1 3>&- &
	local p=$!
	wait_for 15 curl -s -o /dev/null http://127.0.0.1:3000/
	run curl -sS http://127.0.0.1:3000/
	prints "from inside"
	# the port is the host's loopback's, nobody else's
	run curl -sS --max-time 3 http://45.80.2.1:3000/
	[ "$status" -ne 0 ]
	kill $p
	wait $p || true
	run curl -sS --max-time 3 http://127.0.0.1:3000/
	[ "$status" -ne 0 ]
}

@test "--publish: a port in use is an error before anything runs; auto finds one" {
	local p
	/usr/bin/python3 -m http.server -b 127.0.0.1 3001 >/dev/null 2>&1 3>&- &
	p=$!
	wait_for 10 curl -s -o /dev/null http://127.0.0.1:3001/
	inside --publish 3001 -- touch ran
	is_status 125
	[ ! -e ran ]
	says '3001'
	inside --publish auto:3001 -- sh -c 'echo $SBOX_PUBLISH_3001'
	kill $p
	succeeds
	matches '[0-9]{4,5}'
	says "127.0.0.1:$output"
}

@test "--publish: of two sandboxes with the same port the second says so, or takes another" {
	local p
	mkdir site
	echo "from the first" >site/index.html
	"$SBOX" --publish 3002 -- sh -c 'cd site && exec /usr/bin/python3 -m http.server \
		-b 127.0.0.1 3002' >/dev/null 2>&1 3>&- &
	p=$!
	wait_for 15 curl -s -o /dev/null http://127.0.0.1:3002/
	inside --publish 3002 -- touch ran
	is_status 125
	[ ! -e ran ]
	says '3002'
	inside --publish auto:3002 -- sh -c 'echo $SBOX_PUBLISH_3002'
	succeeds
	matches '[0-9]{4,5}'
	[ "$output" != 3002 ]
	# the first one is still what the port leads to
	run curl -sS http://127.0.0.1:3002/
	prints "from the first"
	kill $p
	wait $p || true
}

@test "microsocks: everything goes through the SOCKS server, names too" {
	need microsocks
	microsocks -i 127.0.0.1 -p 1088 >"$SCRATCH/socks.log" 2>&1 3>&- &
	local p=$!
	wait_for 10 bash -c 'true >/dev/tcp/127.0.0.1/1088'
	inside --via socks5h://127.0.0.1:1088 --allow web.lab.example -- \
		curl -sS --max-time 20 --cacert ca.pem https://web.lab.example/
	prints "the web server"
	grep -qF web.lab.example "$SCRATCH/socks.log" # asked for by its name
	kill $p
	wait $p || true
	# and without it there is no way
	inside --via socks5h://127.0.0.1:1088 --allow web.lab.example -- \
		curl -sS --max-time 10 --cacert ca.pem https://web.lab.example/
	[ "$status" -ne 0 ]
	lacks "web server"
}
