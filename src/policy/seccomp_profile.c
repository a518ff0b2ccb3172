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
#include <linux/seccomp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "sbox/cleanup.h"
#include "sbox/diag.h"
#include "sbox/json.h"
#include "sbox/seccomp_profile.h"

#define ERRNO_MAX 4095 /* the kernel's MAX_ERRNO */

struct parser {
	const struct json_doc *doc; /* may be NULL */
	const char *origin;
	unsigned kernel;
	const struct seccomp_arch *arch;
	int rule, cond; /* -1: outside of any */
	struct seccomp_profile *out;
	struct diag *d;
};

/* clang-format off */
static const struct {
	const char *name;
	enum seccomp_action action;
} actions[] = {
	{ "SCMP_ACT_ALLOW",	   SECCOMP_ACTION_ALLOW },
	{ "SCMP_ACT_ERRNO",	   SECCOMP_ACTION_ERRNO },
	{ "SCMP_ACT_KILL",	   SECCOMP_ACTION_KILL_THREAD },
	{ "SCMP_ACT_KILL_THREAD",  SECCOMP_ACTION_KILL_THREAD },
	{ "SCMP_ACT_KILL_PROCESS", SECCOMP_ACTION_KILL_PROCESS },
	{ "SCMP_ACT_TRAP",	   SECCOMP_ACTION_TRAP },
	{ "SCMP_ACT_LOG",	   SECCOMP_ACTION_LOG },
};

static const char *const ops[SECCOMP_OP__COUNT] = {
	[SECCOMP_NE]	    = "SCMP_CMP_NE",
	[SECCOMP_LT]	    = "SCMP_CMP_LT",
	[SECCOMP_LE]	    = "SCMP_CMP_LE",
	[SECCOMP_EQ]	    = "SCMP_CMP_EQ",
	[SECCOMP_GE]	    = "SCMP_CMP_GE",
	[SECCOMP_GT]	    = "SCMP_CMP_GT",
	[SECCOMP_MASKED_EQ] = "SCMP_CMP_MASKED_EQ",
};

static const char *const flags[] = {
	"SECCOMP_FILTER_FLAG_TSYNC", "SECCOMP_FILTER_FLAG_LOG",
	"SECCOMP_FILTER_FLAG_SPEC_ALLOW", NULL,
};

static const char *const oci_arches[] = {
	"SCMP_ARCH_X86", "SCMP_ARCH_X86_64", "SCMP_ARCH_X32", "SCMP_ARCH_ARM",
	"SCMP_ARCH_AARCH64", "SCMP_ARCH_MIPS", "SCMP_ARCH_MIPS64",
	"SCMP_ARCH_MIPS64N32", "SCMP_ARCH_MIPSEL", "SCMP_ARCH_MIPSEL64",
	"SCMP_ARCH_MIPSEL64N32", "SCMP_ARCH_PPC", "SCMP_ARCH_PPC64",
	"SCMP_ARCH_PPC64LE", "SCMP_ARCH_S390", "SCMP_ARCH_S390X",
	"SCMP_ARCH_PARISC", "SCMP_ARCH_PARISC64", "SCMP_ARCH_RISCV64",
	"SCMP_ARCH_LOONGARCH64", "SCMP_ARCH_M68K", "SCMP_ARCH_SH",
	"SCMP_ARCH_SHEB", NULL,
};

static const char *const go_arches[] = {
	"386", "amd64", "arm", "arm64", "loong64", "loongarch64", "mips",
	"mips64", "mips64le", "mips64n32", "mipsel", "mipsel64",
	"mipsel64n32", "mipsle", "ppc", "ppc64", "ppc64le", "riscv64", "s390",
	"s390x", "x32", "x86", NULL,
};
static const char *const profile_keys[] = {
	"defaultAction", "defaultErrnoRet", "defaultErrno", "architectures",
	"archMap", "flags", "syscalls", NULL,
};
static const char *const rule_keys[] = {
	"name", "names", "action", "errnoRet", "errno", "args", "comment",
	"includes", "excludes", NULL,
};
static const char *const cond_keys[] = {
	"index", "value", "valueTwo", "op", NULL,
};
static const char *const map_keys[] = {
	"architecture", "subArchitectures", NULL,
};
static const char *const when_keys[] = {
	"arches", "caps", "minKernel", NULL,
};
/* clang-format on */

static bool listed(const char *const *list, const char *s)
{
	for (; *list; list++)
		if (strcmp(*list, s) == 0)
			return true;
	return false;
}

/* "syscalls[3].args[0].op: message", after the file and line or the origin. */
__attribute__((format(printf, 4, 5))) static int bad(const struct parser *ps,
						     const cJSON *node,
						     const char *key,
						     const char *fmt, ...)
{
	char where[256], at[64] = "", arg[32] = "";
	char why[DIAG_TEXT_MAX];
	va_list ap;

	/* Truncation only shortens a message. */
	va_start(ap, fmt);
	if (vsnprintf(why, sizeof(why), fmt, ap) < 0)
		why[0] = '\0';
	va_end(ap);
	if (ps->rule >= 0)
		(void)snprintf(at, sizeof(at), "syscalls[%d].", ps->rule);
	if (ps->cond >= 0)
		(void)snprintf(arg, sizeof(arg), "args[%d].", ps->cond);
	(void)snprintf(where, sizeof(where), "%s%s%.160s", at, arg, key);
	if (ps->doc)
		return json_error(ps->doc, node, where, ps->d, "%s", why);
	return diag_set(ps->d, "%.400s: %s: %.400s", ps->origin, where, why);
}

/* A key's value; JSON null is the same as no key (Go writes it). */
static const cJSON *get(const cJSON *object, const char *key)
{
	const cJSON *v = json_get(object, key);

	return cJSON_IsNull(v) ? NULL : v;
}

static int check_keys(const struct parser *ps, const cJSON *object,
		      const char *what, const char *const *known)
{
	const cJSON *c;

	if (!cJSON_IsObject(object))
		return bad(ps, object, what, "must be an object");
	cJSON_ArrayForEach(c, object)
	{
		if (strncmp(c->string, "listener", 8) == 0)
			return bad(ps, c, c->string,
				   "user notification is not supported");
		if (!listed(known, c->string))
			return bad(ps, c, c->string, "unknown key");
	}
	return 0;
}

/* The strings of an optional array, each one of known (NULL: any). */
static int check_strings(const struct parser *ps, const cJSON *object,
			 const char *key, const char *const *known)
{
	const cJSON *list = get(object, key), *c;

	if (!list)
		return 0;
	if (!cJSON_IsArray(list))
		return bad(ps, list, key, "must be an array of strings");
	cJSON_ArrayForEach(c, list)
	{
		if (!cJSON_IsString(c))
			return bad(ps, c, key, "must be an array of strings");
		if (known && !listed(known, c->valuestring))
			return bad(ps, c, key, "\"%s\" is not known",
				   c->valuestring);
	}
	return 0;
}

static bool has_string(const cJSON *list, const char *s)
{
	const cJSON *c;

	cJSON_ArrayForEach(c, list) if (strcmp(c->valuestring, s) ==
					0) return true;
	return false;
}

static int parse_action(const struct parser *ps, const cJSON *object,
			const char *key, enum seccomp_action *out)
{
	const cJSON *v = get(object, key);

	if (!cJSON_IsString(v))
		return bad(ps, v ? v : object, key,
			   v ? "must be a string" : "is missing");
	for (size_t i = 0; i < ARRAY_SIZE(actions); i++) {
		if (strcmp(actions[i].name, v->valuestring) == 0) {
			*out = actions[i].action;
			return 0;
		}
	}
	if (strcmp(v->valuestring, "SCMP_ACT_NOTIFY") == 0 ||
	    strcmp(v->valuestring, "SCMP_ACT_TRACE") == 0)
		return bad(ps, v, key, "%s needs a supervisor and is refused",
			   v->valuestring);
	return bad(ps, v, key, "\"%s\" is not an action", v->valuestring);
}

/* errnoRet, and the name that podman writes beside it. */
static int parse_errno(const struct parser *ps, const cJSON *object,
		       const char *ret_key, const char *name_key,
		       enum seccomp_action action, unsigned *out)
{
	const cJSON *ret = get(object, ret_key);
	const cJSON *name = get(object, name_key);
	const char *known = NULL;
	uint64_t n = EPERM;

	if ((ret || name) && action != SECCOMP_ACTION_ERRNO)
		return bad(ps, ret ? ret : name, ret ? ret_key : name_key,
			   "only SCMP_ACT_ERRNO has an error number");
	if (ret && (json_u64(ret, &n) || n > ERRNO_MAX))
		return bad(ps, ret, ret_key, "must be a number from 0 to %d",
			   ERRNO_MAX);
	if (name && !cJSON_IsString(name))
		return bad(ps, name, name_key, "must be a string");
	if (name && !ret)
		for (n = 1; n < 256; n++) {
			known = strerrorname_np((int)n);
			if (known && strcmp(known, name->valuestring) == 0)
				break;
		}
	if (name) {
		known = strerrorname_np((int)n);
		if (!known || strcmp(known, name->valuestring) != 0)
			return bad(ps, name, name_key,
				   "\"%s\" is not the name of the error",
				   name->valuestring);
	}
	*out = (unsigned)n;
	return 0;
}

static int parse_kernel(const struct parser *ps, const cJSON *node,
			unsigned *out)
{
	unsigned major, minor;
	int end = 0;

	if (!cJSON_IsString(node) ||
	    strspn(node->valuestring, "0123456789.") !=
		    strlen(node->valuestring) ||
	    sscanf(node->valuestring, "%4u.%4u%n", &major, &minor, &end) != 2 ||
	    node->valuestring[end] != '\0')
		return bad(ps, node, "minKernel",
			   "must be a version like \"4.8\"");
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
	const cJSON *when = get(rule, key), *v, *c;
	bool all = true, any = false, holds;
	unsigned min = 0;

	*applies = true;
	if (!when)
		return 0;
	if (check_keys(ps, when, key, when_keys) ||
	    check_strings(ps, when, "arches", go_arches) ||
	    check_strings(ps, when, "caps", NULL))
		return -1;
	v = get(when, "arches");
	if (cJSON_GetArraySize(v) > 0) {
		holds = has_string(v, ps->arch->go);
		all &= holds;
		any |= holds;
	}
	v = get(when, "caps");
	cJSON_ArrayForEach(c, v) if (strncmp(c->valuestring, "CAP_", 4) !=
				     0) return bad(ps, c, "caps",
						   "\"%s\" is no capability",
						   c->valuestring);
	if (cJSON_GetArraySize(v) > 0)
		all = false;
	v = get(when, "minKernel");
	if (v) {
		if (parse_kernel(ps, v, &min))
			return -1;
		holds = ps->kernel >= min;
		all &= holds;
		any |= holds;
	}
	*applies = include ? all : !any;
	return 0;
}

static int parse_cond(const struct parser *ps, const cJSON *node,
		      struct seccomp_cond *c)
{
	const cJSON *op = get(node, "op"), *two = get(node, "valueTwo");
	uint64_t index;

	if (check_keys(ps, node, "args", cond_keys))
		return -1;
	if (json_u64(get(node, "index"), &index) || index > 5)
		return bad(ps, node, "index", "must be a number from 0 to 5");
	c->arg = (unsigned)index;
	if (!cJSON_IsString(op))
		return bad(ps, node, "op", "must be a string");
	for (c->op = 0; c->op < SECCOMP_OP__COUNT; c->op++)
		if (strcmp(ops[c->op], op->valuestring) == 0)
			break;
	if (c->op == SECCOMP_OP__COUNT)
		return bad(ps, op, "op", "\"%s\" is not a comparison",
			   op->valuestring);
	if (json_u64(get(node, "value"), &c->value))
		return bad(ps, node, "value",
			   "must be a whole number of at most 2^53");
	if (two && json_u64(two, &c->value2))
		return bad(ps, two, "valueTwo",
			   "must be a whole number of at most 2^53");
	if (c->op != SECCOMP_MASKED_EQ && c->value2 != 0)
		return bad(ps, two, "valueTwo",
			   "only SCMP_CMP_MASKED_EQ has a second value");
	if (c->op == SECCOMP_MASKED_EQ && (c->value2 & ~c->value))
		return bad(ps, two, "valueTwo",
			   "has bits outside of the mask: it never matches");
	return 0;
}

static int parse_conds(struct parser *ps, const cJSON *rule,
		       struct seccomp_rule *r)
{
	const cJSON *list = get(rule, "args"), *c;
	int rc = 0;

	if (list && !cJSON_IsArray(list))
		return bad(ps, list, "args", "must be an array");
	ps->cond = 0;
	cJSON_ArrayForEach(c, list)
	{
		if (r->ncond == ARRAY_SIZE(r->cond))
			rc = bad(ps, c, "index", "a call has six arguments");
		else
			rc = parse_cond(ps, c, &r->cond[r->ncond]);
		for (size_t i = 0; !rc && i < r->ncond; i++)
			if (r->cond[i].arg == r->cond[r->ncond].arg)
				rc = bad(ps, c, "index",
					 "two conditions on one argument: "
					 "write two rules (\"or\"), or one "
					 "mask or range (\"and\")");
		if (rc)
			break;
		r->ncond++;
		ps->cond++;
	}
	ps->cond = -1;
	return rc;
}

/* Reduce the conditions to the bits that the kernel reads of this call. */
static int narrow(const struct parser *ps, const cJSON *node,
		  struct seccomp_rule *r)
{
	for (size_t i = 0; i < r->ncond; i++) {
		struct seccomp_cond *c = &r->cond[i];

		c->seen = syscall_arg_bits(r->name, c->arg);
		if (c->value & ~c->seen)
			return bad(ps, node, "args",
				   "%s: the kernel reads %d bits of argument "
				   "%u, the value has more",
				   r->name, c->seen == UINT16_MAX ? 16 : 32,
				   c->arg);
	}
	return 0;
}

static int add_name(struct parser *ps, const cJSON *node,
		    const struct seccomp_rule *model)
{
	struct seccomp_profile *p = ps->out;
	const char *name = node->valuestring;
	int nr = syscall_number(name, ps->arch);
	struct seccomp_rule *r;

	if (nr == SYSCALL_UNKNOWN &&
	    seccomp_action_is_stricter(model->action, p->default_action))
		return bad(ps, node, "names",
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
		return bad(ps, node, "names", "more than %d rules",
			   SECCOMP_RULES_MAX);
	strlist_add(&p->names, name);
	r = &p->rules[p->nrules++];
	*r = *model;
	r->nr = nr;
	r->name = p->names.v[p->names.n - 1];
	return narrow(ps, node, r);
}

static int parse_rule(struct parser *ps, const cJSON *rule)
{
	const cJSON *name = get(rule, "name"), *names = get(rule, "names"), *c;
	struct seccomp_rule model = {0};
	bool include, exclude;

	if (check_keys(ps, rule, "syscalls", rule_keys) ||
	    check_strings(ps, rule, "names", NULL))
		return -1;
	c = get(rule, "comment");
	if (c && !cJSON_IsString(c))
		return bad(ps, c, "comment", "must be a string");
	if (name && (names || !cJSON_IsString(name)))
		return bad(ps, name, "name", "must be a string, without names");
	if (!name && cJSON_GetArraySize(names) == 0)
		return bad(ps, rule, "names", "is missing or empty");
	if (parse_action(ps, rule, "action", &model.action) ||
	    parse_errno(ps, rule, "errnoRet", "errno", model.action,
			&model.errno_ret) ||
	    parse_conds(ps, rule, &model) ||
	    parse_when(ps, rule, "includes", true, &include) ||
	    parse_when(ps, rule, "excludes", false, &exclude))
		return -1;
	if (!include || !exclude)
		return 0;
	if (name)
		return add_name(ps, name, &model);
	cJSON_ArrayForEach(c, names) if (add_name(ps, c, &model)) return -1;
	return 0;
}

static int parse_arches(const struct parser *ps, const cJSON *object)
{
	const cJSON *map = get(object, "archMap");
	const cJSON *list = get(object, "architectures"), *c;

	if (check_strings(ps, object, "architectures", oci_arches))
		return -1;
	if (map && !cJSON_IsArray(map))
		return bad(ps, map, "archMap", "must be an array");
	cJSON_ArrayForEach(c, map)
	{
		const cJSON *arch = get(c, "architecture");

		if (check_keys(ps, c, "archMap", map_keys) ||
		    check_strings(ps, c, "subArchitectures", oci_arches))
			return -1;
		if (!cJSON_IsString(arch) ||
		    !listed(oci_arches, arch->valuestring))
			return bad(ps, c, "archMap",
				   "architecture is not known");
	}
	cJSON_ArrayForEach(c,
			   list) if (strcmp(c->valuestring, ps->arch->oci) != 0)
		strlist_addf(&ps->out->notes,
			     "%s: only %s is kept, others are killed",
			     c->valuestring, ps->arch->oci);
	if (map)
		strlist_addf(&ps->out->notes,
			     "archMap: only %s is kept, others are killed",
			     ps->arch->oci);
	return 0;
}

static int parse_head(const struct parser *ps, const cJSON *object)
{
	struct seccomp_profile *p = ps->out;
	const cJSON *list, *c;

	if (check_keys(ps, object, "seccomp", profile_keys) ||
	    parse_action(ps, object, "defaultAction", &p->default_action) ||
	    parse_errno(ps, object, "defaultErrnoRet", "defaultErrno",
			p->default_action, &p->default_errno) ||
	    parse_arches(ps, object) ||
	    check_strings(ps, object, "flags", flags))
		return -1;
	list = get(object, "flags");
	cJSON_ArrayForEach(c, list) strlist_addf(
		&p->notes, "flag %s: without effect here", c->valuestring);
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
static int check_overlaps(const struct parser *ps, const cJSON *list)
{
	const struct seccomp_profile *p = ps->out;

	for (size_t i = 0; i < p->nrules; i++) {
		const struct seccomp_rule *a = &p->rules[i], *b = a + 1;

		for (; b < p->rules + p->nrules && b->nr == a->nr; b++)
			if ((a->ncond == 0) == (b->ncond == 0) &&
			    seccomp_action_ret(a->action, a->errno_ret) !=
				    seccomp_action_ret(b->action,
						       b->errno_ret) &&
			    !seccomp_rules_disjoint(a, b))
				return bad(ps, list, "syscalls",
					   "two rules for %s can hold together "
					   "and want different actions",
					   a->name);
	}
	return 0;
}

static int parse_all(struct parser *ps, const cJSON *object)
{
	struct seccomp_profile *p = ps->out;
	const cJSON *list, *c;

	if (parse_head(ps, object))
		return -1;
	list = get(object, "syscalls");
	if (list && !cJSON_IsArray(list))
		return bad(ps, list, "syscalls", "must be an array");
	ps->rule = 0;
	cJSON_ArrayForEach(c, list)
	{
		if (parse_rule(ps, c))
			return -1;
		ps->rule++;
	}
	ps->rule = -1;
	if (p->nrules > 0)
		qsort(p->rules, p->nrules, sizeof(*p->rules), by_number);
	return check_overlaps(ps, list);
}

int seccomp_profile_parse(const struct json_doc *doc, const char *origin,
			  const cJSON *object, unsigned kernel,
			  const struct seccomp_arch *arch,
			  struct seccomp_profile *out, struct diag *d)
{
	struct seccomp_profile p = {
		.arch = arch ? arch : seccomp_native_arch(),
		.rules = xcalloc(SECCOMP_RULES_MAX, sizeof(*p.rules)),
	};
	struct parser ps = {
		.doc = doc,
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
	strlist_free(&p->names);
	strlist_free(&p->notes);
	*p = (struct seccomp_profile){0};
}
