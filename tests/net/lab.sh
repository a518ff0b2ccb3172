#!/bin/bash
# SPDX-License-Identifier: MIT
# lab.sh COMMAND...: run COMMAND on a host of its own: a network, process and
# mount namespace with real servers, on addresses that exist only there. Nothing
# of it can reach the world, and all of it is gone with the command. The servers
# are in a network of their own behind a router's address, so that they are none
# of the host's.
#
#	45.80.1.1	nginx: web.lab.example and other.lab.example (443, 80),
#			git over HTTPS; its log is $LAB/access.log
#	45.80.1.2	sshd, ssh.lab.example
#	45.80.1.3	origin.py, api.lab.example: 443; 444 with a certificate that
#			nobody signed, 445 with another name's, 446 with the
#			name in its subject alone; $LAB/origin.log
#	10.20.0.1	nginx again; origin.py, private.lab.example
#	127.0.0.1:53	the host's name server; $LAB/dns.log has every question; the
#			search list is lab.example
#	45.80.2.1, 45.80.3.1/24, 2a0f:0:0:2::1/64	the host itself
#	45.80.3.2, 2a0f:0:0:2::2	nginx: a neighbour's web server
#
# rebind, meta, six.lab.example answer with 127.0.0.1, 169.254.169.254 and an
# IPv6 address beside a good one; host, near, host6, near6.lab.example with the
# host's own and its neighbour's; anyip, peer, link.lab.example with such that
# only the routes tell of. $LAB holds ca.pem, the keys and the logs.
set -euo pipefail

if [ -z "${LAB:-}" ]; then
	LAB=$(mktemp -d /var/tmp/sbox-lab.XXXXXX)
	export LAB LAB_TOP=$PWD
	chmod 755 "$LAB"
	trap 'rm -rf "$LAB"' EXIT
	flags=-nmpf
	[ "$(id -u)" -eq 0 ] || flags=-rnmpf
	unshare $flags --mount-proc --kill-child bash "$0" "$@"
	exit
fi

cd "$LAB"

# world COMMAND...: in the servers' network
world() { nsenter -t "$WORLD" -n "$@"; }

addresses() {
	local a

	unshare -n sleep infinity &
	export WORLD=$!
	while [ "$(readlink "/proc/$WORLD/ns/net")" = \
		"$(readlink /proc/self/ns/net)" ]; do sleep 0.01; done
	# an ordinary user's tests have servers on port 80, too
	echo 0 >/proc/sys/net/ipv4/ip_unprivileged_port_start
	ip link set lo up
	ip link add lab type veth peer name world netns "$WORLD"
	ip addr add 45.80.2.1/32 dev lo
	ip addr add 45.80.3.1/24 dev lab
	ip -6 addr add 2a0f:0:0:2::1/64 dev lab nodad
	ip link set lab up
	world ip link set lo up
	world ip link set world up
	for a in 45.80.1.1/32 45.80.1.2/32 45.80.1.3/32 10.20.0.1/32; do
		world ip addr add $a dev lo
	done
	world ip -6 addr add 2a0f::1/128 dev lo nodad
	world ip addr add 45.80.3.2/24 dev world
	world ip -6 addr add 2a0f:0:0:2::2/64 dev world nodad
	# near without an address of ours in the network
	ip route add local 45.99.0.0/16 dev lo
	ip addr add 45.90.9.9 peer 45.90.1.2/24 dev lab
	ip route add 45.91.0.0/24 dev lab
	world ip addr add 45.90.1.2/24 dev world
	world ip addr add 45.91.0.2/24 dev world
	world ip route add 45.90.9.9 dev world
	# as if there were a world: what is unknown is refused, not unreachable
	ip route add default via 45.80.3.2
	ip -6 route add default via 2a0f:0:0:2::2
	world ip route add default dev lo
}

certificates() {
	local name

	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes \
		-keyout ca.key -out ca.pem -days 30 -subj "/CN=lab" 2>/dev/null
	openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes \
		-keyout web.key -out web.csr -subj "/CN=web.lab.example" \
		2>/dev/null
	name="DNS:lab.example,DNS:*.lab.example"
	openssl x509 -req -in web.csr -CA ca.pem -CAkey ca.key \
		-CAcreateserial -days 30 -out web.pem \
		-extfile <(echo "subjectAltName=$name") 2>/dev/null
	openssl req -x509 -key web.key -out self.pem -days 30 \
		-subj "/CN=api.lab.example" \
		-addext "subjectAltName=DNS:api.lab.example" 2>/dev/null
	openssl x509 -req -in web.csr -CA ca.pem -CAkey ca.key \
		-CAcreateserial -days 30 -out other.pem \
		-extfile <(echo "subjectAltName=DNS:api.lab.example.org") \
		2>/dev/null
	openssl req -new -key web.key -subj "/CN=api.lab.example" 2>/dev/null |
		openssl x509 -req -CA ca.pem -CAkey ca.key -CAcreateserial \
			-days 30 -out subject.pem 2>/dev/null
}

origin() {
	: >origin.log
	chmod a+r origin.log
	mkfifo origin.ready
	world python3 "$LAB_TOP/tests/net/origin.py" web.key origin.log \
		45.80.1.3:443=web.pem 45.80.1.3:444=self.pem \
		45.80.1.3:445=other.pem 45.80.1.3:446=subject.pem \
		10.20.0.1:9443=web.pem >origin.ready &
	read -r _ <origin.ready
}

web() {
	mkdir -p www/other tmp
	echo "the web server" >www/index.html
	echo "the other server" >www/other/index.html
	head -c 3000000 /dev/zero | tr '\0' x >www/big
	truncate -s 1G www/huge
	git init -q --bare www/repo.git
	git -C www/repo.git symbolic-ref HEAD refs/heads/main
	git init -q -b main seed
	(cd seed && echo hello >file && git add file &&
		git -c user.name=T -c user.email=t@example.org \
			commit -qm first && git push -q ../www/repo.git main)
	git -C www/repo.git update-server-info
	cat >nginx.conf <<-END
	pid $LAB/nginx.pid;
	error_log $LAB/error.log;
	worker_processes 1;
	$(if grep -q "^ *0 *0 *4294967295" /proc/self/uid_map; then echo "user www-data;"; fi)
	events { worker_connections 20000; }
	http {
		log_format lab '\$server_name \$host \$request_uri \$remote_addr';
		access_log $LAB/access.log lab;
		client_body_temp_path tmp/b; proxy_temp_path tmp/p;
		fastcgi_temp_path tmp/f; uwsgi_temp_path tmp/u;
		scgi_temp_path tmp/s;
		ssl_certificate web.pem; ssl_certificate_key web.key;
		ssl_protocols TLSv1.2 TLSv1.3; ssl_early_data on;
		ssl_ecdh_curve X25519:prime256v1;
		server {
			listen 45.80.1.1:443 ssl; listen 45.80.1.1:80;
			listen 10.20.0.1:443 ssl; listen 10.20.0.1:80;
			listen 127.0.0.1:80; listen [2a0f::1]:443 ssl;
			listen 45.80.1.1:8443 ssl;
			listen 45.80.3.2:80; listen 45.90.1.2:80; listen 45.91.0.2:80; listen [2a0f:0:0:2::2]:80;
			server_name web.lab.example; root $LAB/www;
		}
		server {
			listen 45.80.1.1:443 ssl; listen 45.80.1.1:80;
			server_name other.lab.example; root $LAB/www/other;
		}
	}
	END
	chmod -R a+rX www
	world /usr/sbin/nginx -p "$LAB" -c nginx.conf
}

names() {
	printf 'nameserver 127.0.0.1\nsearch lab.example\n' >resolv.conf
	printf '127.0.0.1 localhost\n::1 localhost\n' >hosts
	mount --bind resolv.conf "$(readlink -f /etc/resolv.conf)"
	mount --bind hosts /etc/hosts
	/usr/sbin/dnsmasq --conf-file=/dev/null --no-resolv --no-hosts \
		--listen-address=127.0.0.1 --bind-interfaces --user= --group= \
		--pid-file="$LAB/dns.pid" --log-queries \
		--log-facility="$LAB/dns.log" --local=/example/ \
		--address=/web.lab.example/45.80.1.1 \
		--address=/other.lab.example/45.80.1.1 \
		--address=/api.lab.example/45.80.1.3 \
		--address=/ssh.lab.example/45.80.1.2 \
		--address=/private.lab.example/10.20.0.1 \
		--address=/rebind.lab.example/127.0.0.1 \
		--address=/meta.lab.example/169.254.169.254 \
		--host-record=six.lab.example,45.80.1.1,2a0f::1 \
		--address=/wild.lab.example/45.80.1.1 \
		--address=/load.lab.example/45.80.2.1 \
		--address=/host.lab.example/45.80.2.1 \
		--address=/near.lab.example/45.80.3.2 \
		--address=/anyip.lab.example/45.99.3.3 \
		--address=/peer.lab.example/45.90.1.2 \
		--address=/link.lab.example/45.91.0.2 \
		--address=/host6.lab.example/2a0f:0:0:2::1 \
		--address=/near6.lab.example/2a0f:0:0:2::2
	chmod a+r dns.log
}

ssh_server() {
	ssh-keygen -q -t ed25519 -N '' -f host_key
	ssh-keygen -q -t ed25519 -N '' -f user_key
	cp user_key.pub authorized_keys
	chmod 644 user_key user_key.pub authorized_keys # of this host alone
	cat >sshd_config <<-END
	ListenAddress 45.80.1.2:22
	HostKey $LAB/host_key
	AuthorizedKeysFile $LAB/authorized_keys
	PidFile $LAB/sshd.pid
	StrictModes no
	UsePAM yes
	PermitRootLogin yes
	PasswordAuthentication no
	END
	mkdir -p /run/sshd 2>/dev/null || true
	world /usr/sbin/sshd -f "$LAB/sshd_config" -E "$LAB/sshd.log"
	echo "ssh.lab.example $(cut -d' ' -f1,2 host_key.pub)" >known_hosts
}

addresses
certificates
web
names
ssh_server
origin
cd "$LAB_TOP"
"$@"
