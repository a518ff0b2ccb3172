/* SPDX-License-Identifier: MIT */
/* The OCI object: what is refused and where it says so, what moby's extension
 * keeps, what rules mean together, and what is known of system calls. */
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>

#include <cmocka.h>

#include "sbox/cleanup.h"
#include "sbox/diag.h"
#include "sbox/json.h"
#include "sbox/seccomp_profile.h"
#include "sbox/strlist.h"
#include "unit/seccomp_eval.h"

#define KERNEL 0x60001u

#define HEAD "{\"defaultAction\":\"SCMP_ACT_ERRNO\",\n\"syscalls\":[\n"
#define RULE(body)                                                             \
	HEAD "{\"names\":[\"read\"],\"action\":\"SCMP_ACT_ALLOW\"" body "}]}"
#define ARGS(body) RULE(",\"args\":[{" body "}]")

/* clang-format off */
static const struct {
	const char *label, *json, *message;
} refused[] = {
	{ "not an object", "[]", "must be an object" },
	{ "no default", "{\"syscalls\":[]}", "defaultAction: is missing" },
	{ "default of a wrong type", "{\"defaultAction\":1}", "must be a string" },
	{ "misspelt action", "{\"defaultAction\":\"SCMP_ACT_ALOW\"}", "\"SCMP_ACT_ALOW\" is not an action" },
	{ "lower-case action", "{\"defaultAction\":\"scmp_act_allow\"}", "is not an action" },
	{ "NOTIFY", "{\"defaultAction\":\"SCMP_ACT_NOTIFY\"}", "needs a supervisor" },
	{ "TRACE", "{\"defaultAction\":\"SCMP_ACT_TRACE\"}", "needs a supervisor" },
	{ "unknown key", "{\"defaultAction\":\"SCMP_ACT_ALLOW\",\n\"syscall\":[]}", "test: syscall: unknown key" },
	{ "listener", "{\"defaultAction\":\"SCMP_ACT_ALLOW\",\"listenerPath\":\"/x\"}", "notification" },
	{ "error number of ALLOW", "{\"defaultAction\":\"SCMP_ACT_ALLOW\",\"defaultErrnoRet\":1}", "only SCMP_ACT_ERRNO" },
	{ "error number too great", "{\"defaultAction\":\"SCMP_ACT_ERRNO\",\"defaultErrnoRet\":4096}", "0 to 4095" },
	{ "negative error number", "{\"defaultAction\":\"SCMP_ACT_ERRNO\",\"defaultErrnoRet\":-1}", "0 to 4095" },
	{ "error name that differs", "{\"defaultAction\":\"SCMP_ACT_ERRNO\",\"defaultErrnoRet\":1,\"defaultErrno\":\"ENOSYS\"}", "not the name" },
	{ "no error's name", "{\"defaultAction\":\"SCMP_ACT_ERRNO\",\"defaultErrno\":\"ENOPE\"}", "not the name" },
	{ "unknown architecture", "{\"defaultAction\":\"SCMP_ACT_ALLOW\",\"architectures\":[\"SCMP_ARCH_VAX\"]}", "\"SCMP_ARCH_VAX\" is not known" },
	{ "architecture without a name", "{\"defaultAction\":\"SCMP_ACT_ALLOW\",\"architectures\":[\"SCMP_ARCH_\"]}", "\"SCMP_ARCH_\" is not known" },
	{ "two architectures in one", "{\"defaultAction\":\"SCMP_ACT_ALLOW\",\"architectures\":[\"SCMP_ARCH_X86 X86_64\"]}", "is not known" },
	{ "architecture without its prefix", "{\"defaultAction\":\"SCMP_ACT_ALLOW\",\"architectures\":[\"X86_64\"]}", "is not known" },
	{ "unknown architecture in the map", "{\"defaultAction\":\"SCMP_ACT_ALLOW\",\"archMap\":[{\"architecture\":\"x\"}]}", "not known" },
	{ "map without architecture", "{\"defaultAction\":\"SCMP_ACT_ALLOW\",\"archMap\":[{}]}", "architecture: is missing" },
	{ "map of numbers", "{\"defaultAction\":\"SCMP_ACT_ALLOW\",\"archMap\":[1]}", "must be an object" },
	{ "flag that needs a listener", "{\"defaultAction\":\"SCMP_ACT_ALLOW\",\"flags\":[\"SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV\"]}", "is not known" },
	{ "syscalls is an object", "{\"defaultAction\":\"SCMP_ACT_ALLOW\",\"syscalls\":{}}", "must be an array" },
	{ "rule is a string", HEAD "\"read\"]}", "test: syscalls[0].syscalls: must be an object" },
	{ "rule without names", HEAD "{\"action\":\"SCMP_ACT_ALLOW\"}]}", "names: is missing" },
	{ "rule with empty names", HEAD "{\"names\":[],\"action\":\"SCMP_ACT_ALLOW\"}]}", "missing or empty" },
	{ "names of numbers", HEAD "{\"names\":[1],\"action\":\"SCMP_ACT_ALLOW\"}]}", "array of strings" },
	{ "name and names", HEAD "{\"name\":\"read\",\"names\":[\"read\"],\"action\":\"SCMP_ACT_ALLOW\"}]}", "without names" },
	{ "rule without action", HEAD "{\"names\":[\"read\"]}]}", "syscalls[0].action: is missing" },
	{ "unknown key of a rule", RULE(",\"arg\":[]"), "syscalls[0].arg: unknown key" },
	{ "comment is a number", RULE(",\"comment\":1"), "comment: must be a string" },
	{ "misspelt name that would have restricted", "{\"defaultAction\":\"SCMP_ACT_ALLOW\",\"syscalls\":[{\"names\":[\"ptrase\"],\"action\":\"SCMP_ACT_ERRNO\"}]}", "\"ptrase\" is not a system call" },
	{ "args is an object", RULE(",\"args\":{}"), "must be an array" },
	{ "arg is a number", RULE(",\"args\":[1]"), "must be an object" },
	{ "arg without index", ARGS("\"value\":1,\"op\":\"SCMP_CMP_EQ\""), "args[0].index: is missing" },
	{ "index 6", ARGS("\"index\":6,\"value\":1,\"op\":\"SCMP_CMP_EQ\""), "0 to 5" },
	{ "arg without value", ARGS("\"index\":0,\"op\":\"SCMP_CMP_EQ\""), "args[0].value" },
	{ "negative value", ARGS("\"index\":0,\"value\":-1,\"op\":\"SCMP_CMP_EQ\""), "whole number" },
	{ "fraction", ARGS("\"index\":0,\"value\":1.5,\"op\":\"SCMP_CMP_EQ\""), "whole number" },
	{ "value beyond 2^53", ARGS("\"index\":2,\"value\":9007199254740994,\"op\":\"SCMP_CMP_EQ\""), "from 0 to 9007199254740991" },
	{ "no comparison", ARGS("\"index\":0,\"value\":1"), "op: is missing" },
	{ "unknown comparison", ARGS("\"index\":0,\"value\":1,\"op\":\"SCMP_CMP_IS\""), "is not a comparison" },
	{ "two values for EQ", ARGS("\"index\":0,\"value\":1,\"valueTwo\":1,\"op\":\"SCMP_CMP_EQ\""), "second value" },
	{ "datum outside of the mask", ARGS("\"index\":0,\"value\":1,\"valueTwo\":2,\"op\":\"SCMP_CMP_MASKED_EQ\""), "never matches" },
	{ "33 bits of a descriptor", ARGS("\"index\":0,\"value\":4294967296,\"op\":\"SCMP_CMP_EQ\""), "reads 32 bits of argument 0" },
	{ "17 bits of a mode", HEAD "{\"names\":[\"fchmod\"],\"action\":\"SCMP_ACT_ALLOW\",\"args\":[{\"index\":1,\"value\":65536,\"op\":\"SCMP_CMP_EQ\"}]}]}", "reads 16 bits of argument 1" },
	{ "unknown key of an arg", ARGS("\"index\":0,\"value\":1,\"op\":\"SCMP_CMP_EQ\",\"x\":1"), "args[0].x: unknown key" },
	{ "two conditions on one argument", RULE(",\"args\":[{\"index\":0,\"value\":1,\"op\":\"SCMP_CMP_NE\"},{\"index\":0,\"value\":2,\"op\":\"SCMP_CMP_NE\"}]"), "two conditions on one argument" },
	{ "unknown key of includes", RULE(",\"includes\":{\"cap\":[]}"), "cap: unknown key" },
	{ "architecture that Go doesn't have", RULE(",\"includes\":{\"arches\":[\"x86_64\"]}"), "\"x86_64\" is not known" },
	{ "capability without CAP_", RULE(",\"excludes\":{\"caps\":[\"SYS_ADMIN\"]}"), "caps: \"SYS_ADMIN\" is not known" },
	{ "kernel without minor", RULE(",\"includes\":{\"minKernel\":\"5\"}"), "minKernel" },
	{ "kernel with more", RULE(",\"includes\":{\"minKernel\":\"5.4.1\"}"), "minKernel" },
	{ "kernel with a sign", RULE(",\"includes\":{\"minKernel\":\"5.-4\"}"), "minKernel" },
	{ "kernel as a number", RULE(",\"includes\":{\"minKernel\":4.8}"), "minKernel" },
	{ "two actions for a call", HEAD "{\"names\":[\"read\"],\"action\":\"SCMP_ACT_ALLOW\"},{\"names\":[\"read\"],\"action\":\"SCMP_ACT_TRAP\"}]}", "two rules for read" },
	{ "two error numbers for a call", HEAD "{\"names\":[\"read\"],\"action\":\"SCMP_ACT_ERRNO\"},{\"names\":[\"read\"],\"action\":\"SCMP_ACT_ERRNO\",\"errnoRet\":2}]}", "two rules for read" },
	{ "conditions that can hold together", HEAD "{\"names\":[\"ioctl\"],\"action\":\"SCMP_ACT_ALLOW\",\"args\":[{\"index\":1,\"value\":1,\"op\":\"SCMP_CMP_NE\"}]},{\"names\":[\"ioctl\"],\"action\":\"SCMP_ACT_TRAP\",\"args\":[{\"index\":1,\"value\":2,\"op\":\"SCMP_CMP_EQ\"}]}]}", "two rules for ioctl" },
	{ "conditions on different arguments", HEAD "{\"names\":[\"ioctl\"],\"action\":\"SCMP_ACT_ALLOW\",\"args\":[{\"index\":1,\"value\":1,\"op\":\"SCMP_CMP_EQ\"}]},{\"names\":[\"ioctl\"],\"action\":\"SCMP_ACT_TRAP\",\"args\":[{\"index\":0,\"value\":2,\"op\":\"SCMP_CMP_EQ\"}]}]}", "two rules for ioctl" },
};
/* clang-format on */

static int parse(const char *json, struct seccomp_profile *p, struct diag *d)
{
	struct json_doc doc;
	int rc;

	if (json_parse("test", json, strlen(json), &doc, d))
		fail_msg("%s", d->text);
	rc = seccomp_profile_parse("test", doc.root, KERNEL,
				   &seccomp_arches[SECCOMP_X86_64], p, d);
	json_free(&doc);
	return rc;
}

static void test_what_is_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(refused); i++) {
		struct seccomp_profile p;
		struct diag d = {0};

		if (parse(refused[i].json, &p, &d) == 0)
			fail_msg("%s: accepted", refused[i].label);
		if (strncmp(d.text, "test:", 5) != 0 ||
		    !strstr(d.text, refused[i].message))
			fail_msg("%s: %s", refused[i].label, d.text);
	}
}

static void test_the_origin_is_named(void **state)
{
	struct seccomp_profile p;
	struct diag d = {0};
	cJSON *o = cJSON_Parse(RULE(",\"args\":[{\"index\":9}]"));

	(void)state;
	assert_int_equal(seccomp_profile_parse("base.json:4: seccomp", o,
					       KERNEL, NULL, &p, &d),
			 -1);
	assert_string_equal(d.text,
			    "base.json:4: seccomp: syscalls[0]."
			    "args[0].index: must be a whole number from 0 "
			    "to 5");
	cJSON_Delete(o);
}

#define ALLOW	  SECCOMP_RET_ALLOW
#define ERR(e)	  (SECCOMP_RET_ERRNO | (e))
#define ONE(rule) HEAD "{\"names\":[\"ioctl\"]," rule "}]}"

/* clang-format off */
static const struct {
	const char *label, *json;
	uint64_t arg1;
	uint32_t expected; /* ioctl(0, arg1) on x86-64, Linux 6.1 */
} meanings[] = {
	{ "EPERM is the default error", HEAD "]}", 0, ERR(EPERM) },
	{ "no syscalls key", "{\"defaultAction\":\"SCMP_ACT_KILL\"}", 0, SECCOMP_RET_KILL_THREAD },
	{ "null is no key", "{\"defaultAction\":\"SCMP_ACT_LOG\",\"syscalls\":null,\"flags\":null,\"defaultErrnoRet\":null}", 0, SECCOMP_RET_LOG },
	{ "KILL_PROCESS", ONE("\"action\":\"SCMP_ACT_KILL_PROCESS\""), 0, SECCOMP_RET_KILL_PROCESS },
	{ "TRAP", ONE("\"action\":\"SCMP_ACT_TRAP\""), 0, SECCOMP_RET_TRAP },
	{ "error number", ONE("\"action\":\"SCMP_ACT_ERRNO\",\"errnoRet\":97"), 0, ERR(97) },
	{ "error by name", ONE("\"action\":\"SCMP_ACT_ERRNO\",\"errno\":\"ENOSYS\""), 0, ERR(ENOSYS) },
	{ "error by both", ONE("\"action\":\"SCMP_ACT_ERRNO\",\"errno\":\"ENOSYS\",\"errnoRet\":38"), 0, ERR(ENOSYS) },
	{ "name instead of names", HEAD "{\"name\":\"ioctl\",\"action\":\"SCMP_ACT_ALLOW\"}]}", 0, ALLOW },
	{ "a name of another architecture is left out", HEAD "{\"names\":[\"socketcall\",\"ioctl\"],\"action\":\"SCMP_ACT_ALLOW\"}]}", 0, ALLOW },
	{ "a misspelt name that would have allowed", HEAD "{\"names\":[\"iocntl\",\"ioctl\"],\"action\":\"SCMP_ACT_ALLOW\"}]}", 0, ALLOW },
	{ "the same rule twice", HEAD "{\"names\":[\"ioctl\",\"ioctl\"],\"action\":\"SCMP_ACT_ALLOW\"}]}", 0, ALLOW },
	{ "included architecture", ONE("\"action\":\"SCMP_ACT_ALLOW\",\"includes\":{\"arches\":[\"arm64\",\"amd64\"]}"), 0, ALLOW },
	{ "other architecture", ONE("\"action\":\"SCMP_ACT_ALLOW\",\"includes\":{\"arches\":[\"arm64\"]}"), 0, ERR(EPERM) },
	{ "excluded architecture", ONE("\"action\":\"SCMP_ACT_ALLOW\",\"excludes\":{\"arches\":[\"amd64\"]}"), 0, ERR(EPERM) },
	{ "included capability: we have none", ONE("\"action\":\"SCMP_ACT_ALLOW\",\"includes\":{\"caps\":[\"CAP_SYS_ADMIN\"]}"), 0, ERR(EPERM) },
	{ "excluded capability: we have none", ONE("\"action\":\"SCMP_ACT_ALLOW\",\"excludes\":{\"caps\":[\"CAP_SYS_ADMIN\"]}"), 0, ALLOW },
	{ "kernel reached", ONE("\"action\":\"SCMP_ACT_ALLOW\",\"includes\":{\"minKernel\":\"6.1\"}"), 0, ALLOW },
	{ "an architecture named twice stands for no other condition", ONE("\"action\":\"SCMP_ACT_ALLOW\",\"includes\":{\"arches\":[\"amd64\",\"amd64\"],\"minKernel\":\"6.2\"}"), 0, ERR(EPERM) },
	{ "nor for a capability", ONE("\"action\":\"SCMP_ACT_ALLOW\",\"includes\":{\"arches\":[\"amd64\",\"amd64\"],\"caps\":[\"CAP_BPF\"]}"), 0, ERR(EPERM) },
	{ "kernel not reached", ONE("\"action\":\"SCMP_ACT_ALLOW\",\"includes\":{\"minKernel\":\"6.2\"}"), 0, ERR(EPERM) },
	{ "5.19 is older than 6.1", ONE("\"action\":\"SCMP_ACT_ALLOW\",\"includes\":{\"minKernel\":\"5.19\"}"), 0, ALLOW },
	{ "excluded kernel", ONE("\"action\":\"SCMP_ACT_ALLOW\",\"excludes\":{\"minKernel\":\"4.8\"}"), 0, ERR(EPERM) },
	{ "includes need all", ONE("\"action\":\"SCMP_ACT_ALLOW\",\"includes\":{\"arches\":[\"amd64\"],\"caps\":[\"CAP_BPF\"]}"), 0, ERR(EPERM) },
	{ "empty includes", ONE("\"action\":\"SCMP_ACT_ALLOW\",\"includes\":{},\"excludes\":{},\"args\":null"), 0, ALLOW },
	{ "a rule without conditions first, another holds", HEAD "{\"names\":[\"ioctl\"],\"action\":\"SCMP_ACT_ALLOW\"},{\"names\":[\"ioctl\"],\"action\":\"SCMP_ACT_TRAP\",\"args\":[{\"index\":1,\"value\":7,\"op\":\"SCMP_CMP_EQ\"}]}]}", 7, SECCOMP_RET_TRAP },
	{ "a rule without conditions first, no other holds", HEAD "{\"names\":[\"ioctl\"],\"action\":\"SCMP_ACT_ALLOW\"},{\"names\":[\"ioctl\"],\"action\":\"SCMP_ACT_TRAP\",\"args\":[{\"index\":1,\"value\":7,\"op\":\"SCMP_CMP_EQ\"}]}]}", 8, ALLOW },
	{ "a high bit doesn't dodge", HEAD "{\"names\":[\"ioctl\"],\"action\":\"SCMP_ACT_ALLOW\"},{\"names\":[\"ioctl\"],\"action\":\"SCMP_ACT_TRAP\",\"args\":[{\"index\":1,\"value\":7,\"op\":\"SCMP_CMP_EQ\"}]}]}", 0x100000007, SECCOMP_RET_TRAP },
};
/* clang-format on */

static void test_what_rules_mean(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(meanings); i++) {
		uint64_t args[6] = {0, meanings[i].arg1};
		struct seccomp_profile p;
		struct diag d = {0};
		uint32_t got;

		if (parse(meanings[i].json, &p, &d))
			fail_msg("%s: %s", meanings[i].label, d.text);
		got = seccomp_profile_eval(&p, p.arch->audit, 16, args);
		if (got != meanings[i].expected)
			fail_msg("%s: %#x, expected %#x", meanings[i].label,
				 got, meanings[i].expected);
		seccomp_profile_free(&p);
	}
}

/* Each comparison by its name: does it hold for 4, 5 and 6? */
static void test_what_comparisons_mean(void **state)
{
	static const struct {
		const char *op;
		bool holds[3];
	} rows[] = {
		{"NE\",\"value\":5", {true, false, true}},
		{"LT\",\"value\":5", {true, false, false}},
		{"LE\",\"value\":5", {true, true, false}},
		{"EQ\",\"value\":5", {false, true, false}},
		{"GE\",\"value\":5", {false, true, true}},
		{"GT\",\"value\":5", {false, false, true}},
		{"MASKED_EQ\",\"value\":2,\"valueTwo\":2",
		 {false, false, true}},
		{"MASKED_EQ\",\"value\":5,\"valueTwo\":4", {true, false, true}},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		cleanup_free char *json =
			xasprintf("{\"defaultAction\":\"SCMP_ACT_ERRNO\","
				  "\"syscalls\":[{\"names\":[\"ioctl\"],"
				  "\"action\":\"SCMP_ACT_ALLOW\",\"args\":"
				  "[{\"index\":1,\"op\":\"SCMP_CMP_%s}]}]}",
				  rows[i].op);
		struct seccomp_profile p;
		struct diag d = {0};

		if (parse(json, &p, &d))
			fail_msg("%s: %s", rows[i].op, d.text);
		for (unsigned v = 4; v <= 6; v++) {
			/* the kernel reads 32 bits */
			uint64_t args[6] = {0, v | UINT64_C(1) << 32};

			if ((seccomp_profile_eval(&p, p.arch->audit, 16,
						  args) == SECCOMP_RET_ALLOW) !=
			    rows[i].holds[v - 4])
				fail_msg("%s: wrong for %u", rows[i].op, v);
		}
		seccomp_profile_free(&p);
	}
}

static void test_what_is_left_out_is_noted(void **state)
{
	struct seccomp_profile p;
	struct diag d = {0};

	(void)state;
	assert_int_equal(
		parse("{\"defaultAction\":\"SCMP_ACT_ERRNO\",\"architectures\":"
		      "[\"SCMP_ARCH_X86_64\",\"SCMP_ARCH_X86\"],\"flags\":"
		      "[\"SECCOMP_FILTER_FLAG_LOG\"],\"syscalls\":[{\"names\":["
		      "\"socketcall\",\"sokcet\"],\"action\":\"SCMP_ACT_ALLOW\""
		      "}]}",
		      &p, &d),
		0);
	assert_int_equal(p.notes.n, 4);
	assert_non_null(strstr(p.notes.v[0], "SCMP_ARCH_X86: only"));
	assert_non_null(strstr(p.notes.v[1], "FLAG_LOG"));
	assert_non_null(strstr(p.notes.v[2], "of this architecture"));
	assert_non_null(strstr(p.notes.v[3], "no system call of this name"));
	seccomp_profile_free(&p);
}

static void test_too_many_rules(void **state)
{
	cleanup_free char *json = xcalloc(SECCOMP_RULES_MAX + 20, 8);
	struct seccomp_profile p;
	struct diag d = {0};
	size_t n;

	(void)state;
	strcpy(json, HEAD "{\"action\":\"SCMP_ACT_ALLOW\",\"names\":[\"brk\"");
	n = strlen(json);
	for (int i = 0; i < SECCOMP_RULES_MAX; i++, n += 6)
		memcpy(json + n, ",\"brk\"", 6);
	memcpy(json + n, "]}]}", 5);
	assert_int_equal(parse(json, &p, &d), -1);
	assert_non_null(strstr(d.text, "more than 4096 rules"));
}

/* clang-format off */
static const struct {
	const char *name;
	int x86_64, aarch64;
} numbers[] = {
	{ "read", 0, 63 },
	{ "open", 2, SYSCALL_ELSEWHERE },
	{ "openat", 257, 56 },
	{ "socketcall", SYSCALL_ELSEWHERE, SYSCALL_ELSEWHERE },
	{ "uretprobe", 335, SYSCALL_ELSEWHERE },
	{ "futex_waitv", 449, 449 },
	{ "cachestat", 451, 451 },
	{ "fchmodat2", 452, 452 },
	{ "mseal", 462, 462 },
	{ "listns", 470, 470 },
	{ "rseq_slice_yield", 471, 471 },
	{ "ptrase", SYSCALL_UNKNOWN, SYSCALL_UNKNOWN },
	{ "", SYSCALL_UNKNOWN, SYSCALL_UNKNOWN },
	{ "READ", SYSCALL_UNKNOWN, SYSCALL_UNKNOWN },
};

static const struct {
	const char *call;
	unsigned arg;
	uint64_t bits;
} widths[] = {
	{ "socket", 0, UINT32_MAX }, { "socket", 1, UINT32_MAX },
	{ "socket", 2, UINT32_MAX }, { "socketpair", 2, UINT32_MAX },
	{ "socketpair", 3, UINT64_MAX },
	{ "ioctl", 0, UINT32_MAX }, { "ioctl", 1, UINT32_MAX },
	{ "ioctl", 2, UINT64_MAX },
	{ "fcntl", 1, UINT32_MAX }, { "fcntl", 2, UINT64_MAX },
	{ "clone", 0, UINT32_MAX }, { "clone", 1, UINT64_MAX },
	{ "personality", 0, UINT32_MAX }, { "prctl", 0, UINT32_MAX },
	{ "prctl", 1, UINT64_MAX }, { "prlimit64", 0, UINT32_MAX },
	{ "prlimit64", 1, UINT32_MAX }, { "ptrace", 0, UINT64_MAX },
	{ "ptrace", 1, UINT32_MAX }, { "mmap", 2, UINT64_MAX },
	{ "open", 1, UINT32_MAX }, { "open", 2, UINT16_MAX },
	{ "openat", 3, UINT16_MAX }, { "chmod", 1, UINT16_MAX },
	{ "fchmodat", 2, UINT16_MAX }, { "mknodat", 2, UINT16_MAX },
	{ "mknodat", 3, UINT32_MAX }, { "creat", 1, UINT16_MAX },
	{ "fchmodat2", 3, UINT32_MAX }, { "seccomp", 0, UINT32_MAX },
	{ "kill", 1, UINT32_MAX }, { "read", 0, UINT32_MAX },
	{ "read", 1, UINT64_MAX }, { "brk", 0, UINT64_MAX },
	{ "getpid", 5, UINT64_MAX }, { "no such call", 0, UINT64_MAX },
};
/* clang-format on */

static void test_numbers(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(numbers); i++) {
		assert_int_equal(
			syscall_number(numbers[i].name,
				       &seccomp_arches[SECCOMP_X86_64]),
			numbers[i].x86_64);
		assert_int_equal(
			syscall_number(numbers[i].name,
				       &seccomp_arches[SECCOMP_AARCH64]),
			numbers[i].aarch64);
	}
	/* The C library's headers agree about this machine. */
	assert_int_equal(syscall_number("openat", seccomp_native_arch()),
			 SYS_openat);
#ifdef SYS_set_mempolicy_home_node
	assert_int_equal(syscall_number("set_mempolicy_home_node",
					seccomp_native_arch()),
			 SYS_set_mempolicy_home_node);
#endif
}

static void test_widths(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(widths); i++)
		if (syscall_arg_bits(widths[i].call, widths[i].arg) !=
		    widths[i].bits)
			fail_msg("%s argument %u", widths[i].call,
				 widths[i].arg);
}

/* Every pair of comparisons over 8 bits, against counting. */
static void test_disjoint(void **state)
{
	static const uint64_t values[] = {0, 1, 2, 5, 127, 128, 254, 255};
	static const uint16_t ops[] = {BPF_JEQ, BPF_JGE, BPF_JGT};
	struct seccomp_rule r[2] = {{.ncond = 1}, {.ncond = 1}};
	size_t pairs = 0;

	(void)state;
	for (unsigned n = 0; n < 7 * 64 * 7 * 64; n++) {
		unsigned m = n;
		bool valid = true, both = false;

		for (int i = 0; i < 2; i++) {
			struct seccomp_cond *c = &r[i].cond[0];
			unsigned kind = m % 7; /* the last one has a mask */

			c->op = ops[kind % 3];
			c->negated = kind >= 3 && kind < 6;
			m /= 7;
			c->value = values[m % 8];
			m /= 8;
			c->mask = kind == 6 ? values[m % 8] : 0xff;
			valid &=
				kind == 6 ? !(c->value & ~c->mask) : m % 8 == 0;
			m /= 8;
		}
		if (!valid)
			continue;
		pairs++;
		for (uint64_t x = 0; x < 256; x++)
			both |= seccomp_cond_holds(&r[0].cond[0], x) &&
				seccomp_cond_holds(&r[1].cond[0], x);
		if (seccomp_rules_disjoint(&r[0], &r[1]) == both)
			fail_msg("op %x/%d %llu/%llu, op %x/%d %llu/%llu",
				 r[0].cond[0].op, r[0].cond[0].negated,
				 (unsigned long long)r[0].cond[0].mask,
				 (unsigned long long)r[0].cond[0].value,
				 r[1].cond[0].op, r[1].cond[0].negated,
				 (unsigned long long)r[1].cond[0].mask,
				 (unsigned long long)r[1].cond[0].value);
	}
	assert_true(pairs > 4000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_is_refused),
		cmocka_unit_test(test_the_origin_is_named),
		cmocka_unit_test(test_what_rules_mean),
		cmocka_unit_test(test_what_comparisons_mean),
		cmocka_unit_test(test_what_is_left_out_is_noted),
		cmocka_unit_test(test_too_many_rules),
		cmocka_unit_test(test_numbers),
		cmocka_unit_test(test_widths),
		cmocka_unit_test(test_disjoint),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
