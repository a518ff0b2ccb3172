/* SPDX-License-Identifier: MIT */
/*
 * What a parsed seccomp profile means: does a condition hold, can two rules
 * hold at once, what happens to a call. It is written for reading, one call at
 * a time; seccomp_filter.c makes the program the kernel runs, and the tests
 * compare the two.
 *
 * Two rules are disjoint if for one argument no value satisfies both. A
 * condition is a mask (EQ is one too) or up to two intervals.
 */
#include <linux/seccomp.h>

#include "sbox/cleanup.h"
#include "sbox/seccomp_profile.h"

bool seccomp_cond_holds(const struct seccomp_cond *c, uint64_t arg)
{
	uint64_t v = arg & c->seen;

	switch (c->op) {
	case SECCOMP_NE:
		return v != c->value;
	case SECCOMP_LT:
		return v < c->value;
	case SECCOMP_LE:
		return v <= c->value;
	case SECCOMP_EQ:
		return v == c->value;
	case SECCOMP_GE:
		return v >= c->value;
	case SECCOMP_GT:
		return v > c->value;
	case SECCOMP_MASKED_EQ:
		return (v & c->value) == c->value2;
	case SECCOMP_OP__COUNT:
		break;
	}
	return false;
}

uint32_t seccomp_action_ret(enum seccomp_action action, unsigned errno_ret)
{
	static const uint32_t ret[SECCOMP_ACTION__COUNT] = {
		[SECCOMP_ACTION_ALLOW] = SECCOMP_RET_ALLOW,
		[SECCOMP_ACTION_ERRNO] = SECCOMP_RET_ERRNO,
		[SECCOMP_ACTION_KILL_THREAD] = SECCOMP_RET_KILL_THREAD,
		[SECCOMP_ACTION_KILL_PROCESS] = SECCOMP_RET_KILL_PROCESS,
		[SECCOMP_ACTION_TRAP] = SECCOMP_RET_TRAP,
		[SECCOMP_ACTION_LOG] = SECCOMP_RET_LOG,
	};

	if (action == SECCOMP_ACTION_ERRNO)
		return ret[action] | (errno_ret & SECCOMP_RET_DATA);
	return ret[action];
}

bool seccomp_action_is_stricter(enum seccomp_action a, enum seccomp_action b)
{
	static const int order[SECCOMP_ACTION__COUNT] = {
		[SECCOMP_ACTION_ALLOW] = 0,
		[SECCOMP_ACTION_LOG] = 1,
		[SECCOMP_ACTION_ERRNO] = 2,
		[SECCOMP_ACTION_TRAP] = 3,
		[SECCOMP_ACTION_KILL_THREAD] = 4,
		[SECCOMP_ACTION_KILL_PROCESS] = 5,
	};

	return order[a] > order[b];
}

static bool rule_holds(const struct seccomp_rule *r, const uint64_t args[6])
{
	for (size_t i = 0; i < r->ncond; i++)
		if (!seccomp_cond_holds(&r->cond[i], args[r->cond[i].arg]))
			return false;
	return true;
}

uint32_t seccomp_profile_eval(const struct seccomp_profile *p,
			      uint32_t audit_arch, int nr,
			      const uint64_t args[6])
{
	if (audit_arch != p->arch->audit)
		return SECCOMP_RET_KILL_PROCESS;
	if (p->arch->x32_bit && (uint32_t)nr >= p->arch->x32_bit && nr != -1)
		return SECCOMP_RET_KILL_PROCESS;
	for (size_t i = 0; i < p->nrules; i++)
		if (p->rules[i].nr == nr && rule_holds(&p->rules[i], args))
			return seccomp_action_ret(p->rules[i].action,
						  p->rules[i].errno_ret);
	return seccomp_action_ret(p->default_action, p->default_errno);
}

/* A set of values: masked (x & mask) == datum, or intervals. */
struct set {
	bool masked;
	uint64_t mask, datum;
	struct {
		uint64_t lo, hi;
	} part[2];
	size_t nparts;
};

static void set_part(struct set *s, uint64_t lo, uint64_t hi)
{
	s->part[s->nparts].lo = lo;
	s->part[s->nparts++].hi = hi;
}

static struct set set_of(const struct seccomp_cond *c)
{
	struct set s = {.mask = c->seen, .datum = c->value};

	switch (c->op) {
	case SECCOMP_EQ:
		s.masked = true;
		break;
	case SECCOMP_MASKED_EQ:
		s.masked = true;
		s.mask = c->value;
		s.datum = c->value2;
		break;
	case SECCOMP_NE:
		if (c->value > 0)
			set_part(&s, 0, c->value - 1);
		if (c->value < c->seen)
			set_part(&s, c->value + 1, c->seen);
		break;
	case SECCOMP_LT:
		if (c->value > 0)
			set_part(&s, 0, c->value - 1);
		break;
	case SECCOMP_LE:
		set_part(&s, 0, c->value);
		break;
	case SECCOMP_GE:
		set_part(&s, c->value, c->seen);
		break;
	case SECCOMP_GT:
		if (c->value < c->seen)
			set_part(&s, c->value + 1, c->seen);
		break;
	case SECCOMP_OP__COUNT:
		break;
	}
	return s;
}

/*
 * True if a value within [lo, hi] has (x & mask) == datum. The smallest such
 * value above lo shares lo's bits above some clear bit i, has bit i set, and
 * is as small as the mask permits beneath it; the lowest i gives the smallest.
 */
static bool masked_within(const struct set *s, uint64_t lo, uint64_t hi)
{
	if ((lo & s->mask) == s->datum)
		return true;
	for (unsigned i = 0; i < 64; i++) {
		uint64_t bit = UINT64_C(1) << i;
		uint64_t above = ~(bit | (bit - 1));
		uint64_t x = (lo & above) | bit | (s->datum & (bit - 1));

		if (!(lo & bit) && (x & s->mask) == s->datum)
			return x <= hi;
	}
	return false;
}

static bool sets_disjoint(const struct set *a, const struct set *b)
{
	if (a->masked && b->masked)
		return ((a->datum ^ b->datum) & a->mask & b->mask) != 0;
	if (a->masked)
		return sets_disjoint(b, a);
	for (size_t i = 0; i < a->nparts; i++) {
		if (b->masked && masked_within(b, a->part[i].lo, a->part[i].hi))
			return false;
		for (size_t j = 0; j < b->nparts; j++)
			if (a->part[i].lo <= b->part[j].hi &&
			    b->part[j].lo <= a->part[i].hi)
				return false;
	}
	return true;
}

bool seccomp_rules_disjoint(const struct seccomp_rule *a,
			    const struct seccomp_rule *b)
{
	for (size_t i = 0; i < a->ncond; i++) {
		for (size_t j = 0; j < b->ncond; j++) {
			struct set sa, sb;

			if (a->cond[i].arg != b->cond[j].arg)
				continue;
			sa = set_of(&a->cond[i]);
			sb = set_of(&b->cond[j]);
			if (sets_disjoint(&sa, &sb))
				return true;
		}
	}
	return false;
}
