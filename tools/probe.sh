#!/bin/sh
# SPDX-License-Identifier: MIT
# Print make variables for what this compiler and this machine can do: the
# hardening flags of the OpenSSF compiler guide, each tried by itself with
# -Werror, and the libraries, as static archives where there are any (every
# shared library costs each start of sbox about 0.07 ms).
# Usage: probe.sh CC [CFLAGS...]
set -u

cc=$1
shift
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT
echo 'int main(void) { return 0; }' >"$dir/t.c"

# links FLAG... : can a program be compiled and linked with them?
links() {
	# shellcheck disable=SC2086 # CC may hold words ("ccache gcc")
	$cc -O2 -Werror "$@" "$dir/t.c" -o "$dir/t" >/dev/null 2>&1
}

# first VARIABLE FLAG... : add the first of the flags that works
first() {
	var=$1
	shift
	for flag; do
		# shellcheck disable=SC2086 # a row may be several words
		if links $flag; then
			echo "$var += $flag"
			return
		fi
	done
}

# library NAME WORDS... : the archive, or -lNAME
library() {
	# shellcheck disable=SC2086
	a=$($cc -print-file-name="lib$1.a" 2>/dev/null)
	case $a in
	/*) links -fPIE -pie "$a" && {
		echo "LIBS += $a"
		return
	} ;;
	esac
	echo "LIBS += -l$1"
}

if ! links "$@"; then
	echo "\$(error $cc $* cannot link a program: make deps)"
	exit 0
fi

first HARDEN_CFLAGS -fstack-protector-strong
first HARDEN_CFLAGS -fstack-clash-protection
first HARDEN_CFLAGS -fcf-protection=full -mbranch-protection=standard
case " $* " in
*-fsanitize=*) ;;
*) first HARDEN_CFLAGS "-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3" \
	"-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2" ;;
esac
first HARDEN_CFLAGS -ftrivial-auto-var-init=zero
first HARDEN_CFLAGS -fstrict-flex-arrays=3
first HARDEN_CFLAGS -fno-delete-null-pointer-checks
first HARDEN_CFLAGS -fno-strict-overflow
first HARDEN_CFLAGS -fno-strict-aliasing
first HARDEN_CFLAGS -fPIE
first HARDEN_LDFLAGS -pie
first HARDEN_LDFLAGS "-Wl,-z,relro -Wl,-z,now" -Wl,-z,relro
first HARDEN_LDFLAGS -Wl,-z,noexecstack
first HARDEN_LDFLAGS -Wl,-z,nodlopen
first HARDEN_LDFLAGS -Wl,-z,separate-code
first HARDEN_LDFLAGS -Wl,--as-needed
first HARDEN_LDFLAGS -Wl,--hash-style=gnu

for lib in seccomp cap cjson bsd md; do
	library "$lib"
done
