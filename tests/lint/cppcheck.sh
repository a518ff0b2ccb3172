#!/bin/sh
# SPDX-License-Identifier: MIT
# cppcheck over the launcher. Left out: unusedFunction (the tests use more
# than the program), missingIncludeSystem (it needs no libc), and
# style advice that clang-format and STYLE decide otherwise.
set -u
exec cppcheck --quiet --error-exitcode=1 --std=c11 --language=c -j 2 \
	--enable=warning,performance,portability --inline-suppr \
	--suppress=missingIncludeSystem --suppress=unusedFunction \
	--suppress=missingInclude -D_GNU_SOURCE -D__x86_64__ -Iinclude -Isrc src
