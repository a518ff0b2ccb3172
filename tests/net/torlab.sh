#!/bin/bash
# SPDX-License-Identifier: MIT
# torlab.sh COMMAND...: run COMMAND beside a private Tor network (three
# authorities that relay, three relays, a client, an onion service) in
# namespaces of its own. Made by the script among the test vectors; bootstraps
# in about half a minute.
#
#	127.0.0.1:49050		the client's SOCKS port
#	10.9.0.100:80		the origin: says which address asked, and for
#				what; $LAB/origin.log. Every NAME.test is it, for
#				the exits alone ($LAB/exit-dns.log)
#	127.0.0.1:53		the host's own name server: $LAB/dns.log stays
#				empty
#	$LAB/onion		the service's name
set -euo pipefail

if [ -z "${LAB:-}" ]; then
	LAB=$(mktemp -d /var/tmp/sbox-tor.XXXXXX)
	export LAB LAB_TOP=$PWD
	chmod 755 "$LAB"
	trap 'rm -rf "$LAB"' EXIT
	flags=-nmpf
	[ "$(id -u)" -eq 0 ] || flags=-rnmpf
	unshare $flags --mount-proc --kill-child bash "$0" "$@"
	exit
fi

vectors=$(realpath -m "${SBOX_VECTORS:-../shared/vectors}")
if [ ! -e "$vectors/tor" ] && [ "${CI:-}" != true ]; then
	echo "# not run: $vectors/tor is not here"
	exit 0
fi
bash "$vectors/tor/mknet-ns.sh" "$LAB/net" >/dev/null
cd "$LAB"
sed -i 's/^HiddenServicePort .*/HiddenServicePort 80 10.9.0.100:80/' net/h/torrc

cat >origin.py <<'END'
import http.server, sys
class H(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        b = ("%s %s\n" % (self.client_address[0], self.headers["Host"])).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(b)))
        self.end_headers()
        self.wfile.write(b)
    def log_message(self, *a):
        with open("origin.log", "a") as f:
            print(self.client_address[0], self.headers["Host"], file=f)
http.server.ThreadingHTTPServer(("10.9.0.100", 80), H).serve_forever()
END
/usr/bin/python3 origin.py 2>origin.err &
dns() {
	/usr/sbin/dnsmasq --conf-file=/dev/null --no-resolv --no-hosts \
		--listen-address=127.0.0.1 --bind-interfaces --user= --group= \
		--port="$1" --pid-file="$LAB/$2.pid" --log-queries \
		--log-facility="$LAB/$2.log" --address=/test/10.9.0.100
}
dns 48053 exit-dns
dns 53 dns
echo "nameserver 127.0.0.1" >resolv.conf
mount --bind resolv.conf "$(readlink -f /etc/resolv.conf)"
for n in a1 a2 a3 r4 r5 r6 c h; do
	tor -f "net/$n/torrc" >"net/$n/out.log" 2>&1 &
done
for _ in $(seq 240); do
	if grep -q 'Bootstrapped 100%' net/c/notice.log 2>/dev/null &&
		grep -q 'Bootstrapped 100%' net/h/notice.log 2>/dev/null; then
		break
	fi
	sleep 0.5
done
grep -q 'Bootstrapped 100%' net/c/notice.log || {
	tail -n 5 net/c/notice.log >&2
	echo "torlab: the private network did not start" >&2
	exit 1
}
cp net/h/hs/hostname onion
# Its descriptor is published some time after that.
for _ in $(seq 60); do
	if curl -sS --max-time 20 --socks5-hostname 127.0.0.1:49050 \
		"http://$(cat onion)/" >reached 2>&1; then
		break
	fi
	sleep 0.5
done
grep -qF "$(cat onion)" reached || {
	cat reached >&2
	echo "torlab: the onion service was not published" >&2
	exit 1
}
pgrep -f net/c/torrc >tor.pid
cd "$LAB_TOP"
"$@"
