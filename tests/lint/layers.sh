#!/bin/sh
# SPDX-License-Identifier: MIT
# src/lib <- src/policy <- src/jail <- src/sbox: nobody includes from above.
# src/gen, which runs while building, stands on policy and beneath nobody. A
# header of include/sbox belongs to the directory where the .c of that name
# lives; one without a .c (plain declarations) to the row below.
set -u
bad=0

level() {
	case $1 in
	lib) echo 0 ;;
	policy) echo 1 ;;
	jail) echo 2 ;;
	*) echo 3 ;;
	esac
}

# home HEADER: the directory that a header of include/sbox belongs to
home() {
	case $1 in
	cleanup) echo lib ;;
	# Facts and interfaces that planning reads; jail fills them.
	host | seccomp_filter) echo policy ;;
	*)
		for d in lib policy jail; do
			[ -f "src/$d/$1.c" ] && echo $d && return
		done
		echo unknown
		;;
	esac
}

for f in src/*/*.c src/*/*.h; do
	[ -f "$f" ] || continue
	dir=${f#src/}
	dir=${dir%%/*}
	mine=$(level "$dir")
	# shellcheck disable=SC2013 # no spaces in these names
	for inc in $(sed -n 's/^#include "\([^"]*\)".*/\1/p' "$f"); do
		case $inc in
		sbox/*)
			name=${inc#sbox/}
			from=$(home "${name%.h}")
			;;
		*/*) from=${inc%%/*} ;;
		*) from=$dir ;;
		esac
		if [ "$from" = unknown ]; then
			echo "$f: \"$inc\" has no .c in src/lib, policy or jail"
			bad=1
		elif [ "$(level "$from")" -gt "$mine" ] ||
			[ "$dir:$from" = gen:jail ] ||
			{ [ "$from" = gen ] && [ "$dir" != gen ]; }; then
			echo "$f: src/$dir must not include \"$inc\" of src/$from"
			bad=1
		fi
	done
done

# Pure code neither prints nor ends the program (log.c and fd.c are lib's
# acting part; out of memory ends it, as strlist.h says). So does what the
# gateway takes hostile bytes apart with.
for f in src/policy/*.c src/lib/*.c \
	src/sbox-gateway/names.c src/sbox-gateway/dns.c \
	src/sbox-gateway/hello.c src/sbox-gateway/hmac.c \
	src/sbox-gateway/http*.c src/sbox-gateway/socks.c; do
	case $f in
	*/log.c | */fd.c | */strlist.c) continue ;;
	esac
	[ -f "$f" ] || continue
	if grep -nE '\b(fatalx?(_hint)?|printf|puts|perror|exit|_exit|abort|log_(err|warn|info|hint|diag))\(|\b(stdout|stderr)\b[,)]' \
		"$f" | grep -v -e '^[0-9]*:[[:space:]]*\*' -e '"out of memory"'
	then
		echo "$f: pure code returns -1 and a struct diag instead"
		bad=1
	fi
done
exit $bad
