#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# shellcheck disable=SC2016,SC2034 # shell text for inside; used by helper.bash
# The network that is asked for: what is refused before anything runs, what a
# project's file may say of it, and the sockets that are shown.

load helper

test_teardown()
{
	[ -z "${pid:-}" ] || kill "$pid" 2>/dev/null || true
}

# An sbox that has no gateway beside it.
lonely_sbox()
{
	mkdir -p "$SCRATCH/prefix/bin" "$SCRATCH/prefix/share/sbox"
	cp "$SBOX" "$SCRATCH/prefix/bin/sbox"
	cp -r "$TOP/profiles" "$SCRATCH/prefix/share/sbox/profiles"
	SBOX=$SCRATCH/prefix/bin/sbox
}

@test "without its gateway a filtered network is a refusal, not another one" {
	lonely_sbox
	local -a w
	while read -ra w; do
		inside "${w[@]}" -- /bin/touch ran
		refused
		says 'no sbox-gateway'
	done <<-'END'
		--allow example.org
		--port 6000
		--publish 3000
		--publish auto:3000
		--net filtered
		--set net.services=[{"port":1,"origin":"https://example.org"}]
	END
	inside -- /bin/true
	succeeds
}

@test "a proxy that can't be found is an error before anything runs" {
	inside --via socks5h://nosuch.invalid:1080 --allow example.org -- \
		/bin/touch ran
	refused
	says 'nosuch.invalid'
}

# hostile_gateway BODY: the lonely sbox gets one, Python with its conversation
# with pid 1 as "control" and its report as "report".
hostile_gateway()
{
	cat >"$SCRATCH/prefix/bin/sbox-gateway" <<-END
		#!$(command -v python3)
		import array, os, signal, socket, struct, time
		control = socket.socket(fileno=4)
		report = 5
		signal.signal(signal.SIGPIPE, signal.SIG_IGN)
		def ask(n, fd=None):
		    rights = [(socket.SOL_SOCKET, socket.SCM_RIGHTS,
		               array.array("i", [fd]))] if fd is not None else []
		    for _ in range(n):
		        control.sendmsg([struct.pack("Ii", 12, socket.AF_INET)],
		                        rights)
		def flood():
		    while True:
		        os.write(report, b"noise \x1b[31m\n")
		$1
		time.sleep(600)
	END
	chmod 755 "$SCRATCH/prefix/bin/sbox-gateway"
}

# Bounded by seconds, and nothing of it stays.
ends_in_time()
{
	local before=$SECONDS

	inside --allow example.org -- "$@"
	((SECONDS - before < 20))
	! pgrep -f "$SCRATCH/prefix/bin/sbox-gateway"
}

@test "a gateway that doesn't listen, speak or end keeps nobody waiting" {
	local body

	lonely_sbox
	for body in \
		'pass' \
		'os.write(report, b"ready\n")' \
		'os.write(report, b"ready\n"); os.close(report)' \
		'os.close(control.detach())' \
		'os.write(report, b"ready\n"); ask(2000)' \
		'os.write(report, b"ready\n"); ask(2000, report)' \
		'os.kill(os.getpid(), signal.SIGSTOP)'
	do
		hostile_gateway "$body"
		ends_in_time /bin/sh -c 'sleep 1; exit 7'
		[ "$status" -eq 7 ]
	done
}

@test "a gateway that never stops speaking is cut short" {
	lonely_sbox
	hostile_gateway 'os.write(report, b"ready\n"); flood()'
	ends_in_time /bin/sh -c 'sleep 1; exit 7'
	[ "$status" -eq 7 ]
	says 'noise \\x1b'
	(("$(grep -c noise <<<"$output$stderr")" <= 64))
}

@test "a name or port that could mean two things is a refusal" {
	local bad
	for bad in --allow=https://example.org --allow=good.org@evil.org \
		--allow=127.1 --allow=0x7f000001 --allow=0177.0.0.1 \
		--allow=127.0.0.1 --allow=localhost --allow=a.internal \
		--allow='[::ffff:10.0.0.1]' --allow=0.0.0.0/0 \
		--allow=$'a.org\n' --allow=$'b\xc3\xbccher.example' \
		--allow= --allow=a.org:0 --allow=a.org:https --deny='a.*.org' \
		--port=0 --port=auto:1 --port=70000 --publish=0.0.0.0:80 \
		--via=socks5://127.0.0.1:9050 --via=http://127.0.0.1:1
	do
		inside "$bad" -- /bin/touch ran
		refused
	done
}

@test "words about the network that contradict each other are a refusal" {
	local -a w
	while read -ra w; do
		inside "${w[@]}" -- /bin/touch ran
		refused
		says contradicts
	done <<-'END'
		--net none --allow example.org
		--net none --port 6000
		--net none --publish 3000
		--net host --allow example.org
		--net host --deny example.org
		--net host --via tor
	END
}

@test "--net none takes back what was allowed before it" {
	inside --allow example.org --port 6000 --publish 3000 --net none --dry-run \
		-- /bin/true
	succeeds
	matches 'net none'
	no_match 'gateway.*'
}

@test "a project's .sbox.json opens no way out" {
	local k
	for k in '"allow":["example.org"]' '"allow":[]' '"ports":[6000]' \
		'"publish":[3000]' '"via":"direct"' '"mode":"filtered"' \
		'"services":[{"port":1,"origin":"https://example.org"}]' \
		'"sockets":["/run/x"]'; do
		printf '{"net":{%s}}\n' "$k" >.sbox.json
		inside -- /bin/touch ran
		refused
		says 'may only tighten'
	done
	echo '{ "net": { "deny": ["example.org"] } }' >.sbox.json
	inside --dry-run -- /bin/true
	succeeds
	matches 'net none'
}

@test "a service's command has no terminal, and nothing on its standard input" {
	run "$SBOX_BUILD/tests/sandbox/ptydrive" "$SBOX" --set 'net.services=[{
		"port":8081, "origin":"https://example.org", "headers":{"x":{
		"command":"(tty; wc -c; >/dev/tty) >'"$SCRATCH"'/said 2>&1; echo key"}}}]' \
		-- /bin/sh -c 'tty; echo end' <<<'expect /dev/pts/0
expect end
exit 0'
	succeeds
	[ "$(head -n 2 "$SCRATCH/said")" = "not a tty
0" ] || fail "$(<"$SCRATCH/said")"
	grep -q 'No such device or address' "$SCRATCH/said"
}

@test "a service replaces one of a profile that is extended; none and host forget" {
	local d=$HOME/.config/sbox
	mkdir -p "$d"
	echo '{ "extends": ["base"], "net": { "allow": ["a.org"], "ports": [6000],
		"services": [{ "port": 8081, "origin": "https://b.org" },
			{ "port": 8082, "origin": "https://c.org" }] } }' \
		>"$d/one.json"
	echo '{ "extends": ["one"], "net": { "services": [
		{ "port": 8081, "origin": "https://d.org" }] } }' >"$d/two.json"
	canaries_set
	inside --profile two --dry-run -- /bin/true
	succeeds
	lacks b.org
	has '{"port":8081,"origin":"https://d.org"}'
	has '{"port":8082,"origin":"https://c.org"}'
	local mode
	for mode in none host; do
		echo '{ "extends": ["one"], "net": { "mode": "'$mode'" } }' \
			>"$d/two.json"
		canaries_set
		inside --profile two --dry-run -- /bin/true
		succeeds
		matches "net $mode"
		no_match 'gateway.*'
		lacks .org
	done
}

@test "a service's authorities can't be replaced from inside" {
	local ca
	cp /etc/ssl/certs/ca-certificates.crt ca.pem
	ln -s "$PROJ/ca.pem" "$HOME/ca.pem"
	ln -s /etc/ssl/certs/ca-certificates.crt link.pem
	ln -s "$PROJ/link.pem" "$HOME/between.pem"
	ln -s /etc/ssl dir
	ln -s "$PROJ/dir" "$HOME/dir"
	for ca in "$PROJ/ca.pem" '~/ca.pem' "$PROJ/link.pem" '~/between.pem' \
		'~/dir/certs/ca-certificates.crt'; do
		inside --set 'net.services=[{"port":8081,"origin":"https://a.org",
			"ca":"'"$ca"'"}]' -- /bin/touch ran
		refused
		says "writable inside"
	done
	inside --set 'net.services=[{"port":8081,"origin":"https://a.org",
		"ca":"/etc/ssl/certs/ca-certificates.crt"}]' -- /bin/true
	succeeds
}

@test "a service's secret isn't seen inside when the service is replaced or forgotten" {
	local d=$HOME/.config/sbox set
	mkdir -p "$d" "$HOME/shown"
	echo tok-file >"$HOME/shown/key"
	echo tok-project >key
	export API_TOKEN=tok-env
	printf '{ "extends": ["base"], "fs": { "read": ["~/shown"] },
		"env": { "pass": ["API_*"] }, "net": { "services": [
		{ "port": 8081, "origin": "https://b.org", "headers": {
			"a": { "file": "~/shown/key" }, "b": { "file": "%s/key" },
			"c": { "env": "API_TOKEN" } } }] } }' "$PROJ" >"$d/keyed.json"
	local look="cat ~/shown/key key; env; echo looked"
	for set in '{}' '{ "net": { "mode": "none" } }'; do
		echo "$set" >.sbox.json
		inside --profile keyed -- /bin/sh -c "$look"
		has looked
		lacks tok-
	done
	rm .sbox.json
	for set in net.mode='"host"' net.mode='"none"' \
		net.services='[{"port":8081,"origin":"https://c.org"}]'; do
		inside --profile keyed --set "$set" -- /bin/sh -c "$look"
		has looked
		lacks tok-
	done
}

@test "--via concerns names; --port stays the host's loopback" {
	need python3
	(cd "$HOME/docs" && exec python3 -u -m http.server -b 127.0.0.1 0 \
		>"$SCRATCH/serving" 2>&1 3>&-) &
	pid=$!
	wait_for 10 grep -q 'port [0-9]' "$SCRATCH/serving"
	local port
	port=$(grep -oE 'port [0-9]+' "$SCRATCH/serving" | cut -d' ' -f2)
	inside --via socks5h://127.0.0.1:9 --port "8080:$port" -- \
		/usr/bin/python3 -c 'import socket
s = socket.create_connection(("127.0.0.1", 8080))
s.sendall(b"GET /through HTTP/1.0\r\n\r\n")
s.recv(1)'
	succeeds
	wait_for 5 grep -q 'GET /through' "$SCRATCH/serving"
}

@test "--publish auto: the port is printed, but not with --quiet" {
	inside --publish auto:3000 -- /bin/sh -c 'echo $SBOX_PUBLISH_3000'
	succeeds
	says "127\.0\.0\.1:$output"
	inside --quiet --publish auto:3000 -- /bin/sh -c 'echo $SBOX_PUBLISH_3000'
	succeeds
	matches '[0-9]+'
	[ -z "$stderr" ] || fail "$stderr"
}

@test "the network's log is the user's alone, whatever the umask" {
	local log=$HOME/.local/state/sbox/log
	umask 000
	inside --allow example.org -- /usr/bin/getent ahosts evil.example
	umask 022
	grep -q '"name":"evil.example"' "$log/network.jsonl"
	[ "$(stat -c %a "$log/network.jsonl" "$log" "$log/.." | paste -sd ' ')" = \
		"600 700 700" ]
	# and nothing inside changes it, also where it is shown
	CANARIES=
	inside --allow example.org --rw "$HOME/.local" -- \
		/bin/sh -c ': >"$1"; rm -f "$1"' sh "$log/network.jsonl"
	grep -q '"name":"evil.example"' "$log/network.jsonl"
}

# listen PATH: what it hears goes to $SCRATCH/heard.
listen()
{
	"$ATTACK/unix" listen "$1" "$SCRATCH/heard" >"$SCRATCH/ready" 3>&- &
	pid=$!
	wait_for 5 grep -q ready "$SCRATCH/ready"
}

@test "--socket: that socket answers, at its place or another, and no other" {
	listen "$OUTSIDE/app.sock"
	SBOX_ARGS=(--socket "$OUTSIDE/app.sock")
	attack unix send "$OUTSIDE/app.sock" first
	wait_for 5 grep -q first "$SCRATCH/heard"
	SBOX_ARGS=(--socket "$OUTSIDE/app.sock:/run/moved.sock")
	attack unix send /run/moved.sock second
	wait_for 5 grep -q second "$SCRATCH/heard"
	attack unix send "$OUTSIDE/app.sock" third
	has "connect: "
	sleep 0.2
	absent third "$SCRATCH/heard"
	inside_sh "ls $OUTSIDE"
	lacks secret
}

@test "--socket shows a socket and nothing else" {
	inside --socket "$OUTSIDE/secret" -- /bin/touch ran
	refused
	inside --socket "$OUTSIDE" -- /bin/touch ran
	refused
	inside --socket "$OUTSIDE/none" -- /bin/touch ran
	refused
}

@test "nothing is paced over the loopback inside, whatever the host does" {
	local host
	host=$(</proc/sys/net/ipv4/tcp_congestion_control)
	inside --allow example.org -- \
		/bin/cat /proc/sys/net/ipv4/tcp_congestion_control
	prints reno
	[ "$(</proc/sys/net/ipv4/tcp_congestion_control)" = "$host" ]
}

@test "a hundred ports are published, if that many are asked for" {
	local p ports=()
	for p in {7001..7100}; do
		ports+=(--publish "auto:$p")
	done
	inside "${ports[@]}" -- /bin/sh -c 'env | grep -c ^SBOX_PUBLISH_'
	succeeds
	prints 100
}
