#!/bin/sh
# SPDX-License-Identifier: MIT
# vm.sh ARG...: bats with these on Debian's kernel in qemu, as root in the root
# cgroup and as an ordinary user in a delegated one. For what this machine's
# kernel hasn't got: the floor (6.1, Landlock ABI 2) and a cgroup v2 hierarchy
# with its controllers. Without acceleration, so that it runs in any container:
# about five times slower. Needs `deps.sh vm` and apt-get.
#
# The machine is this system: its root is the host's, read-only, through 9p.
set -eu

# --- inside: the first process -----------------------------------------------

if [ "${1:-}" = --inside ]; then
	top=$2
	shift 2
	export PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root TMPDIR=/var/tmp
	export SBOX_TEST_LIMIT=300 PTYDRIVE_SECONDS=120
	mkdir -p /dev/pts /dev/shm
	mount -t devpts devpts /dev/pts
	mount -t tmpfs tmpfs /dev/shm
	mount -t cgroup2 cgroup2 /sys/fs/cgroup
	ln -sf /proc/self/fd /dev/fd
	ip link set lo up
	mkdir /var/tmp/top
	chmod 1777 /var/tmp
	(cd "$top" && tar -cf - profiles tests build/sbox build/tests/sandbox) |
		tar -C /var/tmp/top -xf -
	mount -t tmpfs tmpfs /root
	mount -t tmpfs tmpfs /tmp
	chmod 1777 /tmp
	cd /var/tmp/top
	export SBOX_BUILD="$PWD/build" SBOX="$PWD/build/sbox" SBOX_TOP="$PWD"
	echo "# $(uname -r), $(cat /sys/fs/cgroup/cgroup.controllers)"
	status=0
	echo "# as root"
	bats --tap "$@" || status=1
	echo +memory +cpu +pids >/sys/fs/cgroup/cgroup.subtree_control
	mkdir /sys/fs/cgroup/user
	cd /sys/fs/cgroup/user
	echo +memory +cpu +pids >cgroup.subtree_control
	mkdir shell
	chown -R nobody .
	echo $$ >shell/cgroup.procs
	cd /var/tmp/top
	echo "# as an ordinary user"
	setpriv --reuid nobody --regid nogroup --clear-groups --inh-caps=-all \
		env HOME=/var/tmp bats --tap "$@" || status=1
	echo "# status $status"
	poweroff -f
fi

# --- outside -----------------------------------------------------------------

top=$PWD
vm=$top/build-vm
for t in qemu-system-x86_64 busybox apt-get; do
	command -v $t >/dev/null && continue
	echo "not ok - $t: not installed"
	exit 1
done
mkdir -p "$vm"

# A kernel package, unpacked and not installed.
if [ ! -d "$vm/kernel/lib/modules" ]; then
	name=$(apt-cache depends linux-image-amd64 |
		sed -n 's/^ *Depends: //p' | head -n 1)
	if ! (cd "$vm" && apt-get -q download "$name" >/dev/null 2>&1 &&
		dpkg -x "$name"_*.deb kernel && rm -f "$name"_*.deb); then
		echo "not ok - linux-image-amd64: no kernel (apt-get update?)"
		exit 1
	fi
fi

rm -rf "$vm/initrd"
mkdir -p "$vm/initrd/modules" "$vm/initrd/new" "$vm/initrd/proc" \
	"$vm/initrd/sys" "$vm/initrd/dev"
cp "$(command -v busybox)" "$vm/initrd/busybox"
for m in virtio virtio_ring virtio_pci_modern_dev virtio_pci_legacy_dev \
	virtio_pci netfs fscache 9pnet 9pnet_virtio 9p unix_diag; do
	find "$vm/kernel/lib/modules" -name "$m.ko" \
		-exec cp {} "$vm/initrd/modules/" \;
done
cat >"$vm/initrd/init" <<EOI
#!/busybox sh
b=/busybox
\$b mount -t proc proc /proc
\$b mount -t sysfs sys /sys
\$b mount -t devtmpfs dev /dev
# in whatever order they need one another
for try in 1 2 3 4; do
	for m in /modules/*; do \$b insmod \$m 2>/dev/null; done
done
\$b mount -t 9p -o trans=virtio,version=9p2000.L,cache=loose,ro,msize=262144 \
	root /new || \$b poweroff -f
for d in proc sys dev; do \$b mount --move /\$d /new/\$d; done
for d in var/tmp run; do \$b mount -t tmpfs tmpfs /new/\$d; done
exec \$b switch_root /new /bin/sh '$top/tests/vm.sh' --inside '$top' $*
EOI
chmod 755 "$vm/initrd/init"
(cd "$vm/initrd" && find . | busybox cpio -o -H newc 2>/dev/null) >"$vm/initrd.img"

timeout "${VM_SECONDS:-1800}" qemu-system-x86_64 -accel tcg,thread=multi \
	-cpu max -smp 2 -m 1536 -nographic -monitor none -net none -no-reboot \
	-kernel "$vm"/kernel/boot/vmlinuz-* -initrd "$vm/initrd.img" \
	-virtfs "local,path=/,mount_tag=root,security_model=none,readonly=on,multidevs=remap" \
	-append "console=ttyS0 quiet panic=-1 mitigations=off" </dev/null 2>&1 |
	sed -u 's/\r$//' | tee "$vm/log" | grep --line-buffered -aE '^(ok|not ok|#|[0-9]+\.\.)'
# -a: a console's output is not all text
grep -aqx '# status 0' "$vm/log" && exit
grep -aq '^not ok' "$vm/log" || echo "not ok - the machine did not get to its end"
tail -n 30 "$vm/log" | sed 's/^/# /'
exit 1
