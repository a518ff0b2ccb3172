/* SPDX-License-Identifier: MIT */
/*
 * What conditions mean: does one hold, can two rules hold at once.
 *
 * Two rules are disjoint if for one argument no value satisfies both. The
 * values of a condition are a mask's, or one or two intervals; the least value
 * that satisfies two conditions begins an interval of one of them (0, value or
 * value + 1), or is the least one of the mask from there on. So a handful of
 * values is tried.
 */
#include <linux/filter.h>

#include "sbox/cleanup.h"
#include "sbox/seccomp_profile.h"

bool seccomp_cond_holds(const struct seccomp_cond *c, uint64_t arg)
{
	uint64_t v = arg & c->mask;
	bool holds = c->op == BPF_JEQ	? v == c->value
		     : c->op == BPF_JGE ? v >= c->value
					: v > c->value;

	return holds != c->negated;
}

/*
 * The least x from lo on with (x & mask) == value, or another one with
 * that if there is none. The least one above lo shares lo's bits above some
 * clear bit i, has bit i set, and is as small as the mask permits beneath it;
 * the lowest i gives the least.
 */
static uint64_t masked_from(const struct seccomp_cond *c, uint64_t lo)
{
	if ((lo & c->mask) == c->value)
		return lo;
	for (unsigned i = 0; i < 64; i++) {
		uint64_t bit = UINT64_C(1) << i;
		uint64_t x = (lo & ~(bit | (bit - 1))) | bit |
			     (c->value & (bit - 1));

		if (!(lo & bit) && (x & c->mask) == c->value)
			return x;
	}
	return c->value;
}

static bool is_equality(const struct seccomp_cond *c)
{
	return c->op == BPF_JEQ && !c->negated;
}

static bool conds_disjoint(const struct seccomp_cond *a,
			   const struct seccomp_cond *b)
{
	uint64_t from[] = {0, a->value, a->value + 1, b->value, b->value + 1};

	if (is_equality(a) && is_equality(b))
		return ((a->value ^ b->value) & a->mask & b->mask) != 0;
	if (is_equality(b))
		return conds_disjoint(b, a);
	for (size_t i = 0; i < ARRAY_SIZE(from); i++) {
		if (is_equality(a))
			from[i] = masked_from(a, from[i]);
		if (seccomp_cond_holds(a, from[i]) &&
		    seccomp_cond_holds(b, from[i]))
			return false;
	}
	return true;
}

bool seccomp_rules_disjoint(const struct seccomp_rule *a,
			    const struct seccomp_rule *b)
{
	for (size_t i = 0; i < a->ncond; i++)
		for (size_t j = 0; j < b->ncond; j++)
			if (a->cond[i].arg == b->cond[j].arg &&
			    conds_disjoint(&a->cond[i], &b->cond[j]))
				return true;
	return false;
}
