#!/bin/sh
# SPDX-License-Identifier: MIT
# Every shipped profile names its schema.
set -u
bad=0
for p in profiles/*.json; do
	[ -f "$p" ] || continue
	grep -qF "\"\$schema\"" "$p" || {
		echo "$p: no \$schema"
		bad=1
	}
done
exit $bad
