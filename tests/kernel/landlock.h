/* SPDX-License-Identifier: MIT */
/* Landlock without the library that does not exist. */
#ifndef TESTS_KERNEL_LANDLOCK_H
#define TESTS_KERNEL_LANDLOCK_H

#include <linux/landlock.h>
#include <sys/prctl.h>

#include "kernel.h"

/* The fields by position: older headers know only the first. */
struct ruleset_attr {
	uint64_t fs, net, scoped;
};

static inline int landlock_abi(void)
{
	return (int)syscall(SYS_landlock_create_ruleset, NULL, 0,
			    LANDLOCK_CREATE_RULESET_VERSION);
}

static inline int ruleset_new(uint64_t fs, uint64_t net, uint64_t scoped)
{
	struct ruleset_attr attr = {fs, net, scoped};
	size_t size = scoped ? 24 : net ? 16 : 8;

	return (int)syscall(SYS_landlock_create_ruleset, &attr, size, 0);
}

static inline int ruleset_allow(int ruleset, int fd, uint64_t access)
{
	struct landlock_path_beneath_attr rule = {
		.allowed_access = access,
		.parent_fd = fd,
	};

	return (int)syscall(SYS_landlock_add_rule, ruleset,
			    LANDLOCK_RULE_PATH_BENEATH, &rule, 0);
}

static inline int ruleset_enter(int ruleset)
{
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return -1;
	return (int)syscall(SYS_landlock_restrict_self, ruleset, 0);
}

#endif
