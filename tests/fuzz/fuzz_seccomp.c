/* SPDX-License-Identifier: MIT */
/*
 * JSON text to a seccomp profile to a filter: nothing crashes, and what is
 * accepted compiles to a program that the kernel would take and that agrees
 * with the profile, at the values the rules name and around them.
 */
#include <stdlib.h>

#include "sbox/cleanup.h"
#include "sbox/diag.h"
#include "sbox/json.h"
#include "sbox/seccomp_filter.h"
#include "sbox/seccomp_profile.h"
#include "unit/bpf_interp.h"
#include "unit/seccomp_eval.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void compare(const struct seccomp_profile *p,
		    const struct seccomp_filter *f, uint32_t arch, int nr,
		    const uint64_t args[6])
{
	struct seccomp_data d = {.nr = nr, .arch = arch};

	for (int i = 0; i < 6; i++)
		d.args[i] = args[i];
	if (bpf_run(f->insns, f->len, &d) !=
	    seccomp_profile_eval(p, arch, nr, args))
		abort();
}

static void compare_rule(const struct seccomp_profile *p,
			 const struct seccomp_filter *f,
			 const struct seccomp_rule *r)
{
	static const uint64_t dirt[] = {0,	    1,		 UINT64_MAX,
					1ull << 32, ~0ull << 32, 1ull << 16};
	uint32_t arch = p->arch->audit;

	for (size_t k = 0; k < ARRAY_SIZE(dirt); k++) {
		uint64_t args[6] = {0};

		for (size_t i = 0; i < r->ncond; i++)
			args[r->cond[i].arg] = r->cond[i].value;
		compare(p, f, arch, r->nr, args);
		for (size_t i = 0; i < r->ncond; i++) {
			uint64_t *a = &args[r->cond[i].arg], old = *a;

			*a = old ^ dirt[k];
			compare(p, f, arch, r->nr, args);
			*a = old + dirt[k];
			compare(p, f, arch, r->nr, args);
			*a = old;
		}
	}
	compare(p, f, arch, r->nr + 1, (uint64_t[6]){0});
	compare(p, f, arch, r->nr | 0x40000000, (uint64_t[6]){0});
	compare(p, f, arch ^ 1, r->nr, (uint64_t[6]){0});
}

static void compile(const struct seccomp_profile *p)
{
	struct seccomp_filter f;
	struct diag d = {0};

	if (seccomp_filter_compile(p, &f, &d))
		return;
	if (!bpf_program_ok(f.insns, f.len))
		abort();
	for (size_t i = 0; i < p->nrules && i < 200; i++)
		compare_rule(p, &f, &p->rules[i]);
	compare(p, &f, p->arch->audit, -1, (uint64_t[6]){0});
	compare(p, &f, p->arch->audit, 0, (uint64_t[6]){0});
	seccomp_filter_free(&f);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct json_doc doc;
	struct diag d = {0};

	if (json_parse("fuzz", (const char *)data, size, &doc, &d))
		return 0;
	for (enum seccomp_arch_id a = 0; a < SECCOMP_ARCH__COUNT; a++) {
		struct seccomp_profile p;

		d = (struct diag){0};
		if (seccomp_profile_parse("fuzz", doc.root, 0x60001,
					  &seccomp_arches[a], &p, &d)) {
			if (!diag_is_set(&d))
				abort();
			continue;
		}
		compile(&p);
		seccomp_profile_free(&p);
	}
	json_free(&doc);
	return 0;
}
