/* SPDX-License-Identifier: MIT */
/*
 * The OCI linux.seccomp object: JSON to rules. What is understood is checked
 * to the last key, what isn't is an error, because a restriction that is
 * misread is a hole:
 *
 *	only the native architecture is kept; NOTIFY and TRACE are refused
 *	a rule with moby's includes/excludes that don't apply is dropped
 *	every name becomes a rule of its own; a call that this architecture
 *	    doesn't have is left out with a note, a name that nobody knows is
 *	    an error if its rule would have restricted something
 *	conditions are reduced to the bits that the kernel reads
 *	rules for one call whose conditions can hold together must agree; a
 *	    rule without conditions is what happens when none of them holds
 *
 * The last two differ from container runtimes: they compare 64 bits, and
 * libseccomp drops every condition once a call has a rule without one, in
 * whichever order they come.
 */
#include <errno.h>
#include <inttypes.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stdio.h>
#include <string.h>

#include "sbox/cleanup.h"
#include "sbox/diag.h"
#include "sbox/json.h"
#include "sbox/seccomp_profile.h"

#define ERRNO_MAX 4095			    /* the kernel's MAX_ERRNO */
#define VALUE_MAX ((UINT64_C(1) << 53) - 1) /* json_u64 */

struct parser {
	const char *origin;
	unsigned kernel;
	const struct seccomp_arch *arch;
	int rule, cond; /* -1: outside of any */
	struct seccomp_profile *out;
	struct diag *d;
};

enum object { PROFILE, RULE, COND, MAP, WHEN };
enum kind { TEXT, TEXTS, NUMBER, LIST, OBJECT };

/* clang-format off */
static const struct {
	const char *name;
	uint32_t ret;
} actions[] = {
	{ "SCMP_ACT_ALLOW",	   SECCOMP_RET_ALLOW },
	{ "SCMP_ACT_ERRNO",	   SECCOMP_RET_ERRNO },
	{ "SCMP_ACT_KILL",	   SECCOMP_RET_KILL_THREAD },
	{ "SCMP_ACT_KILL_THREAD",  SECCOMP_RET_KILL_THREAD },
	{ "SCMP_ACT_KILL_PROCESS", SECCOMP_RET_KILL_PROCESS },
	{ "SCMP_ACT_TRAP",	   SECCOMP_RET_TRAP },
	{ "SCMP_ACT_LOG",	   SECCOMP_RET_LOG },
};

static const struct {
	const char *name;
	uint16_t op;
	bool negated;
	bool masked; /* "value" is a mask, "valueTwo" what is compared */
} ops[] = {
	{ "SCMP_CMP_NE",	BPF_JEQ, true,	false },
	{ "SCMP_CMP_LT",	BPF_JGE, true,	false },
	{ "SCMP_CMP_LE",	BPF_JGT, true,	false },
	{ "SCMP_CMP_EQ",	BPF_JEQ, false, false },
	{ "SCMP_CMP_GE",	BPF_JGE, false, false },
	{ "SCMP_CMP_GT",	BPF_JGT, false, false },
	{ "SCMP_CMP_MASKED_EQ", BPF_JEQ, false, true },
};

/* Names, separated by single spaces, behind their prefix. */
static const char oci_arches[] =
	"X86 X86_64 X32 ARM AARCH64 MIPS MIPS64 MIPS64N32 MIPSEL MIPSEL64 "
	"MIPSEL64N32 PPC PPC64 PPC64LE S390 S390X PARISC PARISC64 RISCV64 "
	"LOONGARCH64 M68K SH SHEB";
static const char go_arches[] =
	"386 amd64 arm arm64 loong64 loongarch64 mips mips64 mips64le "
	"mips64n32 mipsel mipsel64 mipsel64n32 mipsle ppc ppc64 ppc64le "
	"riscv64 s390 s390x x32 x86";
static const char flags[] = "TSYNC LOG SPEC_ALLOW";

#define ANY	 0, "", NULL
#define UP_TO(n) n, "", NULL
#define OCI	 0, "SCMP_ARCH_", oci_arches

/* What may be written in which object. */
static const struct field {
	enum object in;
	const char *name;
	enum kind kind;
	bool required;
	uint64_t max;	    /* NUMBER */
	const char *prefix; /* TEXT, TEXTS: how each begins ... */
	const char *known;  /* ... and goes on; NULL: anyhow */
} fields[] = {
	{ PROFILE, "defaultAction",   TEXT,   true,  ANY },
	{ PROFILE, "defaultErrnoRet", NUMBER, false, UP_TO(ERRNO_MAX) },
	{ PROFILE, "defaultErrno",    TEXT,   false, ANY },
	{ PROFILE, "architectures",   TEXTS,  false, OCI },
	{ PROFILE, "archMap",	      LIST,   false, ANY },
	{ PROFILE, "flags",	      TEXTS,  false, 0, "SECCOMP_FILTER_FLAG_", flags },
	{ PROFILE, "syscalls",	      LIST,   false, ANY },
	{ RULE,	   "name",	      TEXT,   false, ANY },
	{ RULE,	   "names",	      TEXTS,  false, ANY },
	{ RULE,	   "action",	      TEXT,   true,  ANY },
	{ RULE,	   "errnoRet",	      NUMBER, false, UP_TO(ERRNO_MAX) },
	{ RULE,	   "errno",	      TEXT,   false, ANY },
	{ RULE,	   "args",	      LIST,   false, ANY },
	{ RULE,	   "comment",	      TEXT,   false, ANY },
	{ RULE,	   "includes",	      OBJECT, false, ANY },
	{ RULE,	   "excludes",	      OBJECT, false, ANY },
	{ COND,	   "index",	      NUMBER, true,  UP_TO(5) },
	{ COND,	   "op",	      TEXT,   true,  ANY },
	{ COND,	   "value",	      NUMBER, true,  UP_TO(VALUE_MAX) },
	{ COND,	   "valueTwo",	      NUMBER, false, UP_TO(VALUE_MAX) },
	{ MAP,	   "architecture",    TEXT,   true,  OCI },
	{ MAP,	   "subArchitectures", TEXTS, false, OCI },
	{ WHEN,	   "arches",	      TEXTS,  false, 0, "", go_arches },
	{ WHEN,	   "caps",	      TEXTS,  false, 0, "CAP_", NULL },
	{ WHEN,	   "minKernel",	      TEXT,   false, ANY },
};
/* clang-format on */

/* "ORIGIN: syscalls[3].args[0].op: message". */
static int bad_at(const struct parser *ps, const char *key)
{
	char at[64] = "", arg[32] = "";

	/* Truncation only shortens a message. */
	if (ps->rule >= 0)
		(void)snprintf(at, sizeof(at), "syscalls[%d].", ps->rule);
	if (ps->cond >= 0)
		(void)snprintf(arg, sizeof(arg), "args[%d].", ps->cond);
	return diag_prefix(ps->d, "%.400s: %s%s%.160s", ps->origin, at, arg,
			   key);
}
#define bad(ps, key, ...) (diag_set((ps)->d, __VA_ARGS__), bad_at(ps, key))

/* A key's value; JSON null is the same as no key (Go writes it). */
static const cJSON *get(const cJSON *object, const char *key)
{
	const cJSON *v = json_get(object, key);

	return cJSON_IsNull(v) ? NULL : v;
}

/* 0 without the key: check_object has seen the value. */
static uint64_t get_number(const cJSON *object, const char *key)
{
	uint64_t n = 0;

	(void)json_u64(get(object, key), &n);
	return n;
}

static int check_value(const struct parser *ps, const cJSON *v,
		       const struct field *f, enum kind kind)
{
	static const struct {
		int type;
		const char *expected;
	} kinds[] = {
		[TEXT] = {cJSON_String, "a string"},
		[TEXTS] = {cJSON_Array, "an array of strings"},
		[LIST] = {cJSON_Array, "an array"},
		[OBJECT] = {cJSON_Object, "an object"},
	};
	size_t prefix = strlen(f->prefix);
	const cJSON *c;
	uint64_t n;

	if (kind == NUMBER) {
		if (json_u64(v, &n) == 0 && n <= f->max)
			return 0;
		return bad(ps, f->name,
			   "must be a whole number from 0 to %" PRIu64, f->max);
	}
	if ((v->type & 0xff) != kinds[kind].type)
		return bad(ps, f->name, "must be %s", kinds[f->kind].expected);
	if (kind == TEXT &&
	    (strncmp(v->valuestring, f->prefix, prefix) != 0 ||
	     (f->known && !words_have(f->known, v->valuestring + prefix))))
		return bad(ps, f->name, "\"%s\" is not known", v->valuestring);
	cJSON_ArrayForEach(c, v)
		if (kind == TEXTS && check_value(ps, c, f, TEXT))
			return -1;
	return 0;
}

/* Everything about an object that doesn't depend on what else it holds. */
static int check_object(const struct parser *ps, const cJSON *object,
			const char *what, enum object in)
{
	const struct field *f, *end = fields + ARRAY_SIZE(fields);
	const cJSON *c;

	if (!cJSON_IsObject(object))
		return bad(ps, what, "must be an object");
	cJSON_ArrayForEach(c, object) {
		for (f = fields; f < end; f++)
			if (f->in == in && strcmp(f->name, c->string) == 0)
				break;
		if (f == end)
			return bad(
				ps, c->string,
				strncmp(c->string, "listener", 8) == 0
					? "user notification is not supported"
					: "unknown key");
		if (!cJSON_IsNull(c) && check_value(ps, c, f, f->kind))
			return -1;
	}
	for (f = fields; f < end; f++)
		if (f->in == in && f->required && !get(object, f->name))
			return bad(ps, f->name, "is missing");
	return 0;
}

static bool errno_is(unsigned n, const char *name)
{
	const char *known = strerrorname_np((int)n);

	return known && strcmp(known, name) == 0;
}

/* The error number of an object, or its name, which podman writes beside it. */
static int parse_errno(const struct parser *ps, const cJSON *object,
		       const char *ret_key, const char *name_key, unsigned *out)
{
	const cJSON *ret = get(object, ret_key), *name = get(object, name_key);
	unsigned n = ret ? (unsigned)get_number(object, ret_key) : EPERM;

	if (name && !ret)
		for (n = 1; n < 256 && !errno_is(n, name->valuestring);)
			n++;
	if (name && !errno_is(n, name->valuestring))
		return bad(ps, name_key, "\"%s\" is not the name of the error",
			   name->valuestring);
	*out = n;
	return 0;
}

static int parse_action(const struct parser *ps, const cJSON *object,
			const char *key, const char *ret_key,
			const char *name_key, uint32_t *out)
{
	const cJSON *v = get(object, key);
	const char *given = get(object, ret_key) ? ret_key : name_key;
	unsigned n = 0;
	size_t i = 0;

	while (i < ARRAY_SIZE(actions) &&
	       strcmp(actions[i].name, v->valuestring) != 0)
		i++;
	if (strcmp(v->valuestring, "SCMP_ACT_NOTIFY") == 0 ||
	    strcmp(v->valuestring, "SCMP_ACT_TRACE") == 0)
		return bad(ps, key, "%s needs a supervisor and is refused",
			   v->valuestring);
	if (i == ARRAY_SIZE(actions))
		return bad(ps, key, "\"%s\" is not an action", v->valuestring);
	if (actions[i].ret == SECCOMP_RET_ERRNO) {
		if (parse_errno(ps, object, ret_key, name_key, &n))
			return -1;
	} else if (get(object, given)) {
		return bad(ps, given,
			   "only SCMP_ACT_ERRNO has an error number");
	}
	*out = actions[i].ret | (n & SECCOMP_RET_DATA);
	return 0;
}

/* True if the call is left less by a than by b, both SECCOMP_RET_*: the kernel
 * orders them as signed numbers (seccomp_run_filters). */
static bool is_stricter(uint32_t a, uint32_t b)
{
	return (int32_t)(a & SECCOMP_RET_ACTION_FULL) <
	       (int32_t)(b & SECCOMP_RET_ACTION_FULL);
}

static int parse_kernel(const struct parser *ps, const cJSON *node,
			unsigned *out)
{
	const char *text = node->valuestring;
	unsigned major, minor;
	int end = 0;

	if (strspn(text, "0123456789.") != strlen(text) ||
	    sscanf(text, "%4u.%4u%n", &major, &minor, &end) != 2 ||
	    text[end] != '\0')
		return bad(ps, "minKernel", "must be a version like \"4.8\"");
	*out = major << 16 | minor;
	return 0;
}

/*
 * includes: all of it must hold. excludes: any of it drops the rule. We have
 * no capabilities. *applies is what the object says of the rule.
 */
static int parse_when(const struct parser *ps, const cJSON *rule,
		      const char *key, bool include, bool *applies)
{
	const cJSON *when = get(rule, key), *c;
	const cJSON *arches = get(when, "arches"), *caps = get(when, "caps");
	const cJSON *kernel = get(when, "minKernel");
	bool here = false, new = false;
	unsigned min = 0;

	*applies = true;
	if (!when)
		return 0;
	if (check_object(ps, when, key, WHEN) ||
	    (kernel && parse_kernel(ps, kernel, &min)))
		return -1;
	cJSON_ArrayForEach(c, arches)
		here |= strcmp(c->valuestring, ps->arch->go) == 0;
	new = kernel && ps->kernel >= min;
	if (include)
		*applies = (here || cJSON_GetArraySize(arches) == 0) &&
			   cJSON_GetArraySize(caps) == 0 && (new || !kernel);
	else
		*applies = !here && !new;
	return 0;
}

static int parse_cond(const struct parser *ps, const cJSON *node,
		      struct seccomp_cond *c)
{
	const cJSON *op = get(node, "op");
	uint64_t value, two;
	size_t i = 0;

	if (check_object(ps, node, "args", COND))
		return -1;
	value = get_number(node, "value");
	two = get_number(node, "valueTwo");
	while (i < ARRAY_SIZE(ops) && strcmp(ops[i].name, op->valuestring) != 0)
		i++;
	if (i == ARRAY_SIZE(ops))
		return bad(ps, "op", "\"%s\" is not a comparison",
			   op->valuestring);
	if (!ops[i].masked && two != 0)
		return bad(ps, "valueTwo",
			   "only SCMP_CMP_MASKED_EQ has a second value");
	if (ops[i].masked && (two & ~value))
		return bad(ps, "valueTwo",
			   "has bits outside of the mask: it never matches");
	*c = (struct seccomp_cond){
		.arg = (unsigned)get_number(node, "index"),
		.op = ops[i].op,
		.negated = ops[i].negated,
		.mask = ops[i].masked ? value : UINT64_MAX,
		.value = ops[i].masked ? two : value,
	};
	return 0;
}

static int parse_conds(struct parser *ps, const cJSON *rule,
		       struct seccomp_rule *r)
{
	struct seccomp_cond cond;
	const cJSON *c;

	ps->cond = 0;
	cJSON_ArrayForEach(c, get(rule, "args")) {
		if (parse_cond(ps, c, &cond))
			return -1;
		for (size_t i = 0; i < r->ncond; i++)
			if (r->cond[i].arg == cond.arg)
				return bad(ps, "index",
					   "two conditions on one argument: "
					   "write two rules (\"or\"), or one "
					   "mask or range (\"and\")");
		r->cond[r->ncond++] = cond; /* of six arguments */
		ps->cond++;
	}
	ps->cond = -1;
	return 0;
}

static int add_name(struct parser *ps, const cJSON *node,
		    const struct seccomp_rule *model)
{
	struct seccomp_profile *p = ps->out;
	const char *name = node->valuestring;
	int nr = syscall_number(name, ps->arch);
	struct seccomp_rule *r;

	if (nr == SYSCALL_UNKNOWN && is_stricter(model->ret, p->default_ret))
		return bad(ps, "names",
			   "\"%s\" is not a system call: the rule would "
			   "restrict nothing",
			   name);
	if (nr < 0) {
		strlist_addf(
			&p->notes, "%s: %s", name,
			nr == SYSCALL_UNKNOWN
				? "no system call of this name is known"
				: "not a system call of this architecture");
		return 0;
	}
	if (p->nrules == SECCOMP_RULES_MAX)
		return bad(ps, "names", "more than %d rules",
			   SECCOMP_RULES_MAX);
	r = &p->rules[p->nrules++];
	*r = *model;
	r->nr = nr;
	r->name = name;
	/* reduce the conditions to the bits that the kernel reads */
	for (size_t i = 0; i < r->ncond; i++) {
		struct seccomp_cond *c = &r->cond[i];
		uint64_t bits = syscall_arg_bits(name, c->arg);
		uint64_t given = c->mask == UINT64_MAX ? c->value : c->mask;

		if (given & ~bits)
			return bad(ps, "args",
				   "%s: the kernel reads %d bits of argument "
				   "%u, the value has more",
				   name, bits == UINT16_MAX ? 16 : 32, c->arg);
		c->mask &= bits;
	}
	return 0;
}

static int parse_rule(struct parser *ps, const cJSON *rule)
{
	const cJSON *name = get(rule, "name"), *names = get(rule, "names"), *c;
	struct seccomp_rule model = {0};
	bool include, exclude;

	if (check_object(ps, rule, "syscalls", RULE))
		return -1;
	if (name && names)
		return bad(ps, "name", "must be a string, without names");
	if (!name && cJSON_GetArraySize(names) == 0)
		return bad(ps, "names", "is missing or empty");
	if (parse_action(ps, rule, "action", "errnoRet", "errno", &model.ret) ||
	    parse_conds(ps, rule, &model) ||
	    parse_when(ps, rule, "includes", true, &include) ||
	    parse_when(ps, rule, "excludes", false, &exclude))
		return -1;
	if (!include || !exclude)
		return 0;
	if (name)
		return add_name(ps, name, &model);
	cJSON_ArrayForEach(c, names)
		if (add_name(ps, c, &model))
			return -1;
	return 0;
}

static int parse_head(const struct parser *ps, const cJSON *object)
{
	struct seccomp_profile *p = ps->out;
	const cJSON *map = get(object, "archMap"), *c;

	if (check_object(ps, object, "seccomp", PROFILE) ||
	    parse_action(ps, object, "defaultAction", "defaultErrnoRet",
			 "defaultErrno", &p->default_ret))
		return -1;
	cJSON_ArrayForEach(c, map)
		if (check_object(ps, c, "archMap", MAP))
			return -1;
	cJSON_ArrayForEach(c, get(object, "architectures")) {
		if (strcmp(c->valuestring, ps->arch->oci) != 0)
			strlist_addf(&p->notes,
				     "%s: only %s is kept, others are killed",
				     c->valuestring, ps->arch->oci);
	}
	if (map)
		strlist_addf(&p->notes,
			     "archMap: only %s is kept, others are killed",
			     ps->arch->oci);
	cJSON_ArrayForEach(c, get(object, "flags"))
		strlist_addf(&p->notes, "flag %s: without effect here",
			     c->valuestring);
	return 0;
}

/* By number; a rule without conditions is behind those that have some. */
static int by_number(const void *a, const void *b)
{
	const struct seccomp_rule *x = a, *y = b;

	if (x->nr != y->nr)
		return x->nr > y->nr ? 1 : -1;
	return (x->ncond == 0) - (y->ncond == 0);
}

/* Rules of one call that can hold together must do the same; but one without
 * conditions only says what happens when no other holds. */
static int check_overlaps(const struct parser *ps)
{
	const struct seccomp_profile *p = ps->out;

	for (size_t i = 0; i < p->nrules; i++) {
		const struct seccomp_rule *a = &p->rules[i], *b = a + 1;

		for (; b < p->rules + p->nrules && b->nr == a->nr; b++)
			if ((a->ncond == 0) == (b->ncond == 0) &&
			    a->ret != b->ret && !seccomp_rules_disjoint(a, b))
				return bad(ps, "syscalls",
					   "two rules for %s can hold together "
					   "and want different actions",
					   a->name);
	}
	return 0;
}

static int parse_all(struct parser *ps, const cJSON *object)
{
	struct seccomp_profile *p = ps->out;
	const cJSON *c;

	if (parse_head(ps, object))
		return -1;
	ps->rule = 0;
	cJSON_ArrayForEach(c, get(object, "syscalls")) {
		if (parse_rule(ps, c))
			return -1;
		ps->rule++;
	}
	ps->rule = -1;
	if (p->nrules > 0)
		qsort(p->rules, p->nrules, sizeof(*p->rules), by_number);
	return check_overlaps(ps);
}

int seccomp_profile_parse(const char *origin, const cJSON *object,
			  unsigned kernel, const struct seccomp_arch *arch,
			  struct seccomp_profile *out, struct diag *d)
{
	struct seccomp_profile p = {
		.arch = arch ? arch : seccomp_native_arch(),
		.rules = xcalloc(SECCOMP_RULES_MAX, sizeof(*p.rules)),
	};
	struct parser ps = {
		.origin = origin,
		.kernel = kernel,
		.arch = p.arch,
		.rule = -1,
		.cond = -1,
		.out = &p,
		.d = d,
	};

	if (parse_all(&ps, object)) {
		seccomp_profile_free(&p);
		return -1;
	}
	*out = p;
	return 0;
}

void seccomp_profile_free(struct seccomp_profile *p)
{
	free(p->rules);
	strlist_free(&p->notes);
	*p = (struct seccomp_profile){0};
}
