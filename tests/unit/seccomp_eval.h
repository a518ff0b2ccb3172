/* SPDX-License-Identifier: MIT */
/*
 * What a profile says for one call, written for reading: what the compiled
 * filter is compared with. audit_arch is AUDIT_ARCH_*; foreign architectures
 * and x32 are SECCOMP_RET_KILL_PROCESS. Number -1 (a tracer has cancelled the
 * call) gets the default action.
 */
#ifndef TESTS_UNIT_SECCOMP_EVAL_H
#define TESTS_UNIT_SECCOMP_EVAL_H

#include <linux/seccomp.h>

#include "sbox/seccomp_profile.h"

static inline bool rule_holds(const struct seccomp_rule *r,
			      const uint64_t args[6])
{
	for (size_t i = 0; i < r->ncond; i++)
		if (!seccomp_cond_holds(&r->cond[i], args[r->cond[i].arg]))
			return false;
	return true;
}

static inline uint32_t seccomp_profile_eval(const struct seccomp_profile *p,
					    uint32_t audit_arch, int nr,
					    const uint64_t args[6])
{
	if (audit_arch != p->arch->audit)
		return SECCOMP_RET_KILL_PROCESS;
	if (p->arch->x32_bit && (uint32_t)nr >= p->arch->x32_bit && nr != -1)
		return SECCOMP_RET_KILL_PROCESS;
	for (size_t i = 0; i < p->nrules; i++)
		if (p->rules[i].nr == nr && rule_holds(&p->rules[i], args))
			return p->rules[i].ret;
	return p->default_ret;
}

#endif
