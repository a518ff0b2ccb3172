/* SPDX-License-Identifier: MIT */
/*
 * The OCI runtime-spec `linux.seccomp` object as data: parsed, checked, and
 * reduced to the native architecture. moby's archMap, includes, excludes,
 * minKernel and comment are evaluated here, with no capabilities.
 * Pure: used by the compiler, and by the evaluator that the tests compare it
 * with (tests/unit/seccomp_eval.h). Nothing of it runs when the compiled filter
 * is in the cache.
 */
#ifndef SBOX_SECCOMP_PROFILE_H
#define SBOX_SECCOMP_PROFILE_H

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sbox/strlist.h"

struct diag;

/* Rules after every name stands for itself; a filter has 4096 instructions. */
#define SECCOMP_RULES_MAX 4096

struct seccomp_arch {
	const char *oci;  /* "SCMP_ARCH_X86_64" */
	const char *go;	  /* moby's name for it: "amd64" */
	uint32_t audit;	  /* AUDIT_ARCH_*, what the filter sees */
	uint32_t token;	  /* libseccomp's SCMP_ARCH_* */
	uint32_t x32_bit; /* numbers from here on are another ABI; 0: none */
};

enum seccomp_arch_id { SECCOMP_X86_64, SECCOMP_AARCH64, SECCOMP_ARCH__COUNT };
extern const struct seccomp_arch seccomp_arches[SECCOMP_ARCH__COUNT];
const struct seccomp_arch *seccomp_native_arch(void);

/* (argument & mask) op value, or not that. */
struct seccomp_cond {
	unsigned arg; /* 0-5 */
	uint16_t op;  /* BPF_JEQ, BPF_JGE or BPF_JGT */
	bool negated;
	uint64_t mask;	/* the bits that the kernel reads: 16, 32 or 64; some of
			   them for MASKED_EQ */
	uint64_t value; /* within the mask */
};

struct seccomp_rule {
	int nr;		  /* system call number */
	const char *name; /* the JSON object's, for messages */
	uint32_t ret;	  /* SECCOMP_RET_* with its data */
	struct seccomp_cond cond[6];
	size_t ncond; /* 0: unconditional; all must hold */
};

struct seccomp_profile {
	const struct seccomp_arch *arch;
	uint32_t default_ret;
	struct seccomp_rule *rules; /* by number, unconditional ones last */
	size_t nrules;
	struct strlist notes; /* what was left out, for --verbose */
};

/*
 * Parse an OCI object. origin begins the messages; kernel is host.kernel (for
 * minKernel); arch NULL is the native one. Rules for the same call whose
 * conditions overlap with different actions are refused, so the order never
 * matters (one without conditions applies when none of the others holds); so
 * are two conditions on one argument, which other runtimes read as "or". 0 and
 * *out (seccomp_profile_free), or -1 and d.
 */
int seccomp_profile_parse(const char *origin, const cJSON *object,
			  unsigned kernel, const struct seccomp_arch *arch,
			  struct seccomp_profile *out, struct diag *d);
void seccomp_profile_free(struct seccomp_profile *p);

bool seccomp_cond_holds(const struct seccomp_cond *c, uint64_t arg);
/* True if no call can satisfy both rules (of the same call). */
bool seccomp_rules_disjoint(const struct seccomp_rule *a,
			    const struct seccomp_rule *b);

#define SYSCALL_UNKNOWN	  (-1) /* nothing knows this name */
#define SYSCALL_ELSEWHERE (-2) /* a call of other architectures only */

/* Number of a system call: our own table first (calls newer than libseccomp
 * 2.5.4), then libseccomp's. >= 0, or one of the above. */
int syscall_number(const char *name, const struct seccomp_arch *arch);
/* The bits that the kernel reads of argument arg (0-5) of a call. */
uint64_t syscall_arg_bits(const char *name, unsigned arg);

#endif
