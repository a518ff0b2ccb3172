/* SPDX-License-Identifier: MIT */
/*
 * A seccomp profile as BPF.
 *
 * libseccomp gives us names and numbers, not the program: for rules with
 * conditions on several arguments its tree (2.5.4, with and without
 * CTL_OPTIMIZE) lets calls through that no rule allows, refuses calls that one
 * does, and for some inputs never returns. So the program is made here, by the
 * plainest means:
 *
 *	foreign architecture, x32 number: kill the process
 *	a balanced tree over ranges of numbers with equal treatment
 *	a call with conditions: its rules one behind the other, each a chain
 *	    of comparisons that falls through to the next rule
 *
 * The code is emitted backwards, so a jump's target is known when the jump is
 * written; positions count from the end. Conditional jumps reach 255
 * instructions: a return that is farther away is written again, anything else
 * gets a long jump in front. Loads of words are in the order of this machine
 * (both architectures are little-endian).
 *
 * Range tree instead of one comparison a call: half the instructions, and
 * loading a filter costs the kernel a run of it for each call number.
 */
#include <endian.h>
#include <linux/seccomp.h>
#include <string.h>

#include "sbox/cleanup.h"
#include "sbox/diag.h"
#include "sbox/seccomp_filter.h"
#include "sbox/seccomp_profile.h"
#include "sbox/strlist.h"

#if __BYTE_ORDER != __LITTLE_ENDIAN
#error "seccomp: the words of an argument are loaded little-endian"
#endif

#define JUMP_MAX 255 /* sock_filter.jt and .jf are bytes */

/* Where a jump goes is a position, counted from the end: the last instruction
 * is 1. */
struct emitter {
	struct sock_filter *end; /* behind the buffer's last instruction */
	size_t n;		 /* emitted so far */
	bool full;
};

struct range {
	uint32_t start;
	size_t to;
};

static size_t emit(struct emitter *e, uint16_t code, uint32_t k, uint8_t jt,
		   uint8_t jf)
{
	if (e->n < BPF_MAXINSNS)
		*(e->end - ++e->n) = (struct sock_filter){code, jt, jf, k};
	else
		e->full = true;
	return e->n;
}

static bool in_reach(const struct emitter *e, size_t pos)
{
	/* One less: the jump's other side may still need an instruction. */
	return e->n - pos <= JUMP_MAX - 1;
}

static bool is_ret(const struct emitter *e, size_t pos, uint32_t ret)
{
	const struct sock_filter *insn = e->end - pos;

	return insn->code == BPF_RET && insn->k == ret;
}

/* One that is in reach. */
static size_t emit_ret(struct emitter *e, uint32_t ret)
{
	for (size_t pos = e->n; pos > 0 && in_reach(e, pos); pos--)
		if (is_ret(e, pos, ret))
			return pos;
	return emit(e, BPF_RET, ret, 0, 0);
}

/* What a conditional jump can reach pos through. */
static size_t near(struct emitter *e, size_t pos)
{
	uint32_t k = (e->end - pos)->k;

	if (in_reach(e, pos))
		return pos;
	if (is_ret(e, pos, k))
		return emit_ret(e, k);
	return emit(e, BPF_JMP | BPF_JA, (uint32_t)(e->n - pos), 0, 0);
}

/* if (A op k) goto yes; else goto no */
static size_t emit_jump(struct emitter *e, uint16_t op, uint32_t k, size_t yes,
			size_t no)
{
	yes = near(e, yes);
	no = near(e, no);
	return emit(e, (uint16_t)(BPF_JMP | op), k, (uint8_t)(e->n - yes),
		    (uint8_t)(e->n - no));
}

static size_t emit_load(struct emitter *e, size_t offset)
{
	return emit(e, BPF_LD | BPF_W | BPF_ABS, (uint32_t)offset, 0, 0);
}

/* A test of one half of an argument: load, and, compare. */
static size_t emit_word(struct emitter *e, size_t offset, uint32_t mask,
			uint16_t op, uint32_t k, size_t yes, size_t no)
{
	(void)emit_jump(e, op, k, yes, no); /* what follows falls into it */
	if (mask != UINT32_MAX)
		(void)emit(e, BPF_ALU | BPF_AND, mask, 0, 0);
	return emit_load(e, offset);
}

static size_t emit_cond(struct emitter *e, const struct seccomp_cond *c,
			size_t yes, size_t no)
{
	size_t low =
		offsetof(struct seccomp_data, args) + sizeof(uint64_t) * c->arg;
	uint32_t mask = (uint32_t)(c->mask >> 32); /* of the high word */
	uint32_t value = (uint32_t)(c->value >> 32);
	size_t t = c->negated ? no : yes, f = c->negated ? yes : no;
	size_t lower, high;

	lower = emit_word(e, low, (uint32_t)c->mask, c->op, (uint32_t)c->value,
			  t, f);
	if (!mask)
		return lower;
	if (c->op == BPF_JEQ)
		return emit_word(e, low + 4, mask, BPF_JEQ, value, lower, f);
	high = emit_jump(e, BPF_JEQ, value, lower, f);
	(void)emit_jump(e, BPF_JGT, value, t, high); /* a greater one decides */
	return emit_load(e, low + 4);
}

/* The rules [from, to) of one call. */
static size_t emit_call(struct emitter *e, const struct seccomp_profile *p,
			size_t from, size_t to)
{
	size_t next = emit_ret(e, p->default_ret);

	for (size_t i = to; i-- > from;) {
		const struct seccomp_rule *r = &p->rules[i];
		size_t t = emit_ret(e, r->ret);

		for (size_t j = r->ncond; j-- > 0;)
			t = emit_cond(e, &r->cond[j], t, next);
		next = t;
	}
	return next;
}

/* The same instruction, or the same return. */
static bool is_same(const struct emitter *e, size_t a, size_t b)
{
	return a == b ||
	       (is_ret(e, a, (e->end - b)->k) && is_ret(e, b, (e->end - b)->k));
}

static void range_add(const struct emitter *e, struct range *v, size_t *n,
		      uint32_t start, size_t to)
{
	if (*n > 0 && v[*n - 1].start == start)
		--*n; /* the gap before this call is empty */
	if (*n > 0 && is_same(e, v[*n - 1].to, to))
		return;
	v[(*n)++] = (struct range){start, to};
}

/* The tree over v[from..to], both included. */
static size_t emit_tree(struct emitter *e, const struct range *v, size_t from,
			size_t to)
{
	size_t mid = from + (to - from + 1) / 2;
	size_t left, right;

	if (from == to)
		return v[from].to;
	right = emit_tree(e, v, mid, to);
	left = emit_tree(e, v, from, mid - 1);
	return emit_jump(e, BPF_JGE, v[mid].start, right, left);
}

static void emit_program(struct emitter *e, const struct seccomp_profile *p,
			 struct range *v)
{
	size_t rest = emit_ret(e, p->default_ret);
	size_t kill = emit_ret(e, SECCOMP_RET_KILL_PROCESS);
	size_t t, n = 0;

	range_add(e, v, &n, 0, rest);
	for (size_t i = 0, j; i < p->nrules; i = j) {
		for (j = i; j < p->nrules && p->rules[j].nr == p->rules[i].nr;)
			j++;
		range_add(e, v, &n, (uint32_t)p->rules[i].nr,
			  emit_call(e, p, i, j));
		range_add(e, v, &n, (uint32_t)p->rules[i].nr + 1, rest);
	}
	t = emit_tree(e, v, 0, n - 1);
	/* A tracer cancels a call by making its number -1. */
	if (p->arch->x32_bit) {
		size_t other = emit_jump(e, BPF_JEQ, UINT32_MAX, rest, kill);

		t = emit_jump(e, BPF_JGE, p->arch->x32_bit, other, t);
	}
	if (t != e->n) /* it is no jump: no call is treated differently */
		(void)emit(e, BPF_JMP | BPF_JA, (uint32_t)(e->n - t), 0, 0);
	t = emit_load(e, offsetof(struct seccomp_data, nr));
	(void)emit_jump(e, BPF_JEQ, p->arch->audit, t, kill);
	(void)emit_load(e, offsetof(struct seccomp_data, arch));
}

int seccomp_filter_compile(const struct seccomp_profile *p,
			   struct seccomp_filter *out, struct diag *d)
{
	cleanup_free struct sock_filter *buf =
		xcalloc(BPF_MAXINSNS, sizeof(*buf));
	cleanup_free struct range *v = xcalloc(2 * p->nrules + 1, sizeof(*v));
	struct emitter e = {.end = buf + BPF_MAXINSNS};

	emit_program(&e, p, v);
	if (e.full)
		return diag_set(d,
				"seccomp: the filter would be longer than the "
				"kernel's %d instructions",
				BPF_MAXINSNS);
	out->insns = xcalloc(e.n, sizeof(*out->insns));
	memcpy(out->insns, e.end - e.n, e.n * sizeof(*out->insns));
	out->len = (unsigned short)e.n;
	return 0;
}

void seccomp_filter_free(struct seccomp_filter *f)
{
	free(f->insns);
	*f = (struct seccomp_filter){0};
}
