#!/bin/sh
# SPDX-License-Identifier: MIT
# Every header compiles alone.
set -u
bad=0
for h in include/sbox/*.h src/*/*.h; do
	[ -f "$h" ] || continue
	${CC:-gcc} -std=gnu11 -D_GNU_SOURCE -Wall -Wextra -Werror -Iinclude \
		-Isrc -x c -fsyntax-only - <<-END || bad=1
		#include "$(pwd)/$h"
		typedef int not_empty;
	END
done
exit $bad
