#!/bin/sh
# SPDX-License-Identifier: MIT
# cppcheck over the launcher. Left out: missingInclude (it needs no libc);
# memleak, autoVariables and returnDanglingLifetime, which know nothing of
# __attribute__((cleanup)) (the sanitizers look for leaks); and style advice
# that clang-format and STYLE decide otherwise.
set -u
exec cppcheck --quiet --error-exitcode=1 --std=c11 --language=c -j 2 \
	--enable=warning,performance,portability --inline-suppr \
	--suppress=missingIncludeSystem --suppress=missingInclude \
	--suppress=memleak --suppress=autoVariables \
	--suppress=returnDanglingLifetime \
	--suppress=duplicateAssignExpression \
	--include=/usr/include/cjson/cJSON.h \
	-D_GNU_SOURCE -D__x86_64__ -Iinclude -Isrc src
