/* SPDX-License-Identifier: MIT */
/*
 * Classic BPF as seccomp runs it (kernel: seccomp_check_filter and
 * Documentation/networking/filter.rst), for comparing a compiled filter with
 * its profile without a process that would be killed by it.
 */
#ifndef TESTS_UNIT_BPF_INTERP_H
#define TESTS_UNIT_BPF_INTERP_H

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define BPF_INTERP_BROKEN 0xdead0000u /* no SECCOMP_RET_* value */

/* What the kernel's checker refuses of the instructions that we use: unknown
 * ones, jumps beyond the end, loads that are not a word of seccomp_data. */
static inline int bpf_insn_ok(const struct sock_filter *f, size_t pc,
			      size_t len)
{
	size_t left = len - pc - 1;

	switch (f->code) {
	case BPF_LD | BPF_W | BPF_ABS:
		return f->k % 4 == 0 && f->k < sizeof(struct seccomp_data);
	case BPF_RET | BPF_K:
	case BPF_ALU | BPF_AND | BPF_K:
		return 1;
	case BPF_JMP | BPF_JA:
		return f->k < left;
	case BPF_JMP | BPF_JEQ | BPF_K:
	case BPF_JMP | BPF_JGT | BPF_K:
	case BPF_JMP | BPF_JGE | BPF_K:
		return f->jt < left && f->jf < left;
	default:
		return 0;
	}
}

static inline int bpf_program_ok(const struct sock_filter *f, size_t len)
{
	if (len == 0 || len > BPF_MAXINSNS ||
	    f[len - 1].code != (BPF_RET | BPF_K))
		return 0;
	for (size_t i = 0; i < len; i++)
		if (!bpf_insn_ok(&f[i], i, len))
			return 0;
	return 1;
}

static inline uint32_t bpf_run(const struct sock_filter *f, size_t len,
			       const struct seccomp_data *data)
{
	uint32_t a = 0;

	for (size_t pc = 0; pc < len; pc++) {
		uint32_t k = f[pc].k;

		switch (f[pc].code) {
		case BPF_LD | BPF_W | BPF_ABS:
			memcpy(&a, (const char *)data + k, sizeof(a));
			break;
		case BPF_ALU | BPF_AND | BPF_K:
			a &= k;
			break;
		case BPF_JMP | BPF_JA:
			pc += k;
			break;
		case BPF_JMP | BPF_JEQ | BPF_K:
			pc += a == k ? f[pc].jt : f[pc].jf;
			break;
		case BPF_JMP | BPF_JGT | BPF_K:
			pc += a > k ? f[pc].jt : f[pc].jf;
			break;
		case BPF_JMP | BPF_JGE | BPF_K:
			pc += a >= k ? f[pc].jt : f[pc].jf;
			break;
		case BPF_RET | BPF_K:
			return k;
		default:
			return BPF_INTERP_BROKEN;
		}
	}
	return BPF_INTERP_BROKEN;
}

#endif
