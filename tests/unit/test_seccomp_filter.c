/* SPDX-License-Identifier: MIT */
/*
 * The compiled filter is its profile: run in an interpreter over every call
 * number 0-1023, x32 numbers, -1, every architecture value, and argument
 * values at each comparison's edges with clean and dirty high bits, it says
 * what seccomp_profile_eval says. What eval says is checked here too, against
 * tables that know the kernel's view of a call.
 */
#include <errno.h>
#include <linux/audit.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "sbox/cleanup.h"
#include "sbox/diag.h"
#include "sbox/json.h"
#include "sbox/seccomp_filter.h"
#include "sbox/seccomp_profile.h"
#include "sbox/strlist.h"
#include "unit/bpf_interp.h"
#include "unit/json_load.h"
#include "unit/seccomp_eval.h"

#define KERNEL	    0x60001u
#define VALUES_MAX  512
#define RANDOM_RUNS 300

static const uint32_t audit_arches[] = {
	AUDIT_ARCH_X86_64,
	AUDIT_ARCH_I386,
	AUDIT_ARCH_AARCH64,
	AUDIT_ARCH_ARM,
	AUDIT_ARCH_ARMEB,
	AUDIT_ARCH_ALPHA,
	AUDIT_ARCH_IA64,
	AUDIT_ARCH_M68K,
	AUDIT_ARCH_MIPS,
	AUDIT_ARCH_MIPSEL,
	AUDIT_ARCH_MIPS64,
	AUDIT_ARCH_MIPS64N32,
	AUDIT_ARCH_MIPSEL64,
	AUDIT_ARCH_MIPSEL64N32,
	AUDIT_ARCH_PARISC,
	AUDIT_ARCH_PARISC64,
	AUDIT_ARCH_PPC,
	AUDIT_ARCH_PPC64,
	AUDIT_ARCH_PPC64LE,
	AUDIT_ARCH_RISCV32,
	AUDIT_ARCH_RISCV64,
	AUDIT_ARCH_S390,
	AUDIT_ARCH_S390X,
	AUDIT_ARCH_SH,
	AUDIT_ARCH_SPARC,
	AUDIT_ARCH_SPARC64,
	AUDIT_ARCH_LOONGARCH64,
	AUDIT_ARCH_OPENRISC,
	AUDIT_ARCH_XTENSA,
	0,
	1,
	UINT32_MAX,
	AUDIT_ARCH_X86_64 ^ 1,
	AUDIT_ARCH_X86_64 ^ 0x80000000u,
};

struct subject {
	const char *label;
	struct seccomp_profile p;
	struct seccomp_filter f;
	size_t compared;
};

static void compare(struct subject *s, uint32_t arch, int nr,
		    const uint64_t args[6])
{
	struct seccomp_data data = {.nr = nr, .arch = arch};
	uint32_t got, expected = seccomp_profile_eval(&s->p, arch, nr, args);

	for (int i = 0; i < 6; i++)
		data.args[i] = args[i];
	got = bpf_run(s->f.insns, s->f.len, &data);
	s->compared++;
	if (got != expected)
		fail_msg("%s: arch %#x nr %d args %#llx %#llx %#llx %#llx "
			 "%#llx %#llx: filter %#x, profile %#x",
			 s->label, arch, nr, (unsigned long long)args[0],
			 (unsigned long long)args[1],
			 (unsigned long long)args[2],
			 (unsigned long long)args[3],
			 (unsigned long long)args[4],
			 (unsigned long long)args[5], got, expected);
}

static void add_value(uint64_t *v, size_t *n, uint64_t x)
{
	for (size_t i = 0; i < *n; i++)
		if (v[i] == x)
			return;
	if (*n < VALUES_MAX)
		v[(*n)++] = x;
}

/* The edges of one condition, each also with bits above 16 and 32 set. */
static void add_edges(uint64_t *v, size_t *n, const struct seccomp_cond *c)
{
	static const uint64_t dirt[] = {0, 1ull << 32, 1ull << 63,
					0xffffffff00000000ull, 0x10000};
	const uint64_t edges[] = {
		c->value,  c->value - 1, c->value + 1,	     c->mask,
		~c->value, ~c->mask,	 c->value | ~c->mask};

	for (size_t i = 0; i < ARRAY_SIZE(edges); i++)
		for (size_t j = 0; j < ARRAY_SIZE(dirt); j++)
			add_value(v, n, edges[i] ^ dirt[j]);
}

/* All combinations for two arguments at most; the others take one value of
 * their list after the other. */
static void compare_call(struct subject *s, size_t from, size_t to)
{
	uint64_t v[6][VALUES_MAX], args[6];
	size_t n[6] = {0}, big[2] = {0, 1}, nbig = 0;

	for (int a = 0; a < 6; a++) {
		for (size_t i = from; i < to; i++)
			for (size_t j = 0; j < s->p.rules[i].ncond; j++)
				if (s->p.rules[i].cond[j].arg == (unsigned)a)
					add_edges(v[a], &n[a],
						  &s->p.rules[i].cond[j]);
		if (n[a] > 0 && nbig < 2)
			big[nbig++] = (size_t)a;
		add_value(v[a], &n[a], 0);
		add_value(v[a], &n[a], UINT64_MAX);
	}
	for (size_t i = 0; i < n[big[0]]; i++) {
		for (size_t j = 0; j < n[big[1]]; j++) {
			for (size_t a = 0; a < 6; a++)
				args[a] = v[a][(i * 7 + j) % n[a]];
			args[big[0]] = v[big[0]][i];
			args[big[1]] = v[big[1]][j];
			compare(s, s->p.arch->audit, s->p.rules[from].nr, args);
		}
	}
}

static void compare_all(struct subject *s)
{
	static const int odd[] = {-1,	      -2,	  INT32_MIN,
				  INT32_MAX,  0x3fffffff, 0x40000000,
				  0x40000001, 0x400003ff, 0x7fffffff};
	uint64_t args[6] = {0};
	uint32_t native = s->p.arch->audit;

	assert_true(bpf_program_ok(s->f.insns, s->f.len));
	for (int dirty = 0; dirty < 2; dirty++) {
		memset(args, dirty ? 0xff : 0, sizeof(args));
		for (int nr = 0; nr < 1024; nr++) {
			compare(s, native, nr, args);
			compare(s, native, nr | 0x40000000, args);
			for (size_t i = 0; i < ARRAY_SIZE(audit_arches); i++)
				compare(s, audit_arches[i], nr, args);
		}
		for (size_t i = 0; i < ARRAY_SIZE(odd); i++)
			for (size_t j = 0; j < ARRAY_SIZE(audit_arches); j++)
				compare(s, audit_arches[j], odd[i], args);
	}
	for (size_t i = 0, j; i < s->p.nrules; i = j) {
		for (j = i;
		     j < s->p.nrules && s->p.rules[j].nr == s->p.rules[i].nr;)
			j++;
		compare_call(s, i, j);
	}
}

static void subject_free(struct subject *s)
{
	seccomp_filter_free(&s->f);
	seccomp_profile_free(&s->p);
}

static void subject_make(struct subject *s, const char *label,
			 const cJSON *object, enum seccomp_arch_id arch)
{
	struct diag d = {0};

	*s = (struct subject){.label = label};
	if (seccomp_profile_parse(label, object, KERNEL, &seccomp_arches[arch],
				  &s->p, &d) ||
	    seccomp_filter_compile(&s->p, &s->f, &d))
		fail_msg("%s: %s", label, d.text);
}

/* A profile, an OCI object, for both architectures. */
static void check_file(const char *path)
{
	struct json_doc doc;
	struct diag d = {0};
	struct subject s;
	const cJSON *o;

	if (json_load(path, &doc, &d))
		fail_msg("%s", d.text);
	o = json_get(doc.root, "seccomp");
	for (enum seccomp_arch_id a = 0; a < SECCOMP_ARCH__COUNT; a++) {
		subject_make(&s, path, o ? o : doc.root, a);
		compare_all(&s);
		assert_true(s.compared > 60000);
		subject_free(&s);
	}
	json_free(&doc);
}

static void test_shipped_profiles_equal_their_filters(void **state)
{
	static const char *const names[] = {"base", "strict", "nested",
					    "permissive"};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		cleanup_free char *path =
			xasprintf("profiles/%s.json", names[i]);

		check_file(path);
	}
}

static void test_container_default_equals_its_filter(void **state)
{
	const char *dir = getenv("SBOX_VECTORS");
	cleanup_free char *path = xasprintf("%s/oci/moby-default.json",
					    dir ? dir : "../shared/vectors");

	(void)state;
	if (access(path, R_OK) && !getenv("CI")) {
		print_message("not run: %s is not here\n", path);
		skip();
	}
	check_file(path);
}

#define HEAD "{\"defaultAction\":\"SCMP_ACT_ERRNO\",\"syscalls\":["
#define RULE(name, action, args)                                               \
	"{\"names\":[\"" name "\"],\"action\":\"SCMP_ACT_" action              \
	"\",\"args\":[" args "]}"
#define ARG(i, op, v)                                                          \
	"{\"index\":" #i ",\"op\":\"SCMP_CMP_" #op "\",\"value\":" #v "}"
#define MASK(i, m, v)                                                          \
	"{\"index\":" #i ",\"op\":\"SCMP_CMP_MASKED_EQ\",\"value\":" #m        \
	",\"valueTwo\":" #v "}"

static const struct {
	const char *label, *json;
} nasty[] =
	{
		{"no rules at all", HEAD "]}"},
		{"everything is allowed",
		 "{\"defaultAction\":\"SCMP_ACT_ALLOW\",\"syscalls\":[]}"},
		{"call 0 and its neighbour",
		 HEAD RULE("read", "ALLOW", "") "," RULE("write", "TRAP",
							 "") "]}"},
		{"the highest number",
		 HEAD RULE("rseq_slice_yield", "KILL_PROCESS", "") "]}"},
		{"every comparison of 64 bits",
		 HEAD
			 RULE(
				 "brk", "ALLOW",
				 ARG(
					 0, EQ, 4294967296)) "," RULE("mremap", "ALLOW", ARG(0, NE, 4294967296)) "," RULE("munmap", "ALLOW", ARG(0, LT, 4294967297)) "," RULE("mprotect", "ALLOW", ARG(1, LE, 4294967295)) "," RULE("madvise", "ALLOW", ARG(1, GE, 8589934593)) "," RULE("mlock",
																																			 "ALLOW",
																																			 ARG(1,
																																			     GT,
																																			     8589934592)) "," RULE("msync",
																																						   "ALLOW",
																																						   MASK(0, 9007199254740991, 4294967297)) "," RULE("mincore",
																																												   "ALLOW",
																																												   MASK(
																																													   0, 4294967296, 4294967296)) "," RULE("munlock", "ALLOW", MASK(0, 1, 1)) "]}"},
		{"every comparison of 32 bits",
		 HEAD RULE("close", "ALLOW", ARG(0, EQ, 5)) "," RULE("dup", "ALLOW", ARG(0, NE, 5)) "," RULE(
			 "fsync",
			 "ALLOW",
			 ARG(0, LT,
			     5)) "," RULE("fchdir", "ALLOW",
					  ARG(0, LE,
					      5)) "," RULE("fdatasync", "ALLOW",
							   ARG(0, GE,
							       5)) "," RULE("sy"
									    "nc"
									    "f"
									    "s",
									    "AL"
									    "LO"
									    "W",
									    ARG(0,
										GT,
										5)) "," RULE("umask",
											     "ALLOW",
											     MASK(0,
												  7,
												  5)) "]}"},
		{"edges of the range",
		 HEAD RULE("close", "ALLOW", ARG(0, LT, 0)) "," RULE("dup", "ALLOW", ARG(0, GE, 0)) "," RULE(
			 "fsync", "ALLOW",
			 ARG(0, GT,
			     4294967295)) "," RULE("fchdir", "ALLOW",
						   ARG(0, LE,
						       4294967295)) "," RULE("b"
									     "r"
									     "k",
									     "A"
									     "L"
									     "L"
									     "O"
									     "W",
									     MASK(0,
										  0,
										  0)) "]}"},
		{"16 bits of a mode",
		 HEAD RULE("fchmod", "ALLOW", ARG(1, EQ, 420)) "," RULE(
			 "fchmodat", "ALLOW",
			 ARG(2, NE, 2541)) "," RULE("mkdirat", "ALLOW",
						    ARG(2, LT, 512)) "]}"},
		{"or across arguments, where libseccomp's tree is wrong",
		 HEAD RULE("mremap", "ALLOW", ARG(0, LT, 1) "," ARG(1, LE, 3)) "," RULE(
			 "mremap", "ALLOW",
			 ARG(0, LE, 2) "," ARG(
				 1, GT, 4)) "," RULE("mremap", "ALLOW",
						     MASK(2, 6, 2) "," ARG(
							     0, NE, 3)) "]}"},
		{"six conditions",
		 HEAD RULE(
			 "futex", "ALLOW",
			 ARG(0, GT, 1) "," ARG(1, EQ, 2) "," ARG(2, NE, 3) "," ARG(
				 3, LE,
				 4) "," ARG(4, LT,
					    4294967300) "," MASK(5, 7,
								 6)) "]}"},
		{"disjoint conditions with different actions",
		 HEAD RULE("prlimit64", "ALLOW", ARG(0, EQ, 0)) "," RULE(
			 "prlimit64", "TRAP",
			 ARG(0, NE, 0) "," ARG(
				 1, LT, 3)) "," RULE("prlimit64", "KILL",
						     ARG(0, NE, 0) "," ARG(
							     1, GE, 3)) "]}"},
		{"a rule without conditions beside one with",
		 HEAD RULE("ioctl", "ALLOW", "") "," RULE(
			 "ioctl", "KILL_PROCESS", ARG(1, EQ, 21522)) "]}"},
};

static void test_nasty_profiles_equal_their_filters(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(nasty); i++) {
		struct json_doc doc;
		struct diag d = {0};
		struct subject s;

		if (json_parse(nasty[i].label, nasty[i].json,
			       strlen(nasty[i].json), &doc, &d))
			fail_msg("%s", d.text);
		for (enum seccomp_arch_id a = 0; a < SECCOMP_ARCH__COUNT; a++) {
			subject_make(&s, nasty[i].label, doc.root, a);
			compare_all(&s);
			subject_free(&s);
		}
		json_free(&doc);
	}
}

/* Random rules over a few calls: parse may refuse, otherwise it must agree. */
static void test_random_profiles_equal_their_filters(void **state)
{
	static const char *const calls[] = {"mremap", "ioctl", "fchmodat",
					    "openat", "brk"};
	static const char *const ops[] = {"NE", "LT", "LE", "EQ", "GE", "GT"};
	static const char *const acts[] = {"ALLOW", "TRAP", "LOG"};
	size_t accepted = 0;

	(void)state;
	srandom(1);
	for (int run = 0; run < RANDOM_RUNS; run++) {
		char json[4096];
		size_t n = 0;
		struct json_doc doc;
		struct diag d = {0};
		struct subject s = {.label = json};
		long rules = 1 + random() % 6;

#define PUT(...) n += (size_t)snprintf(json + n, sizeof(json) - n, __VA_ARGS__)
		PUT(HEAD);
		for (long r = 0; r < rules; r++) {
			long act = random() % 8, first = random() % 4;

			PUT("%s{\"names\":[\"%s\"],\"action\":\"SCMP_ACT_%s\","
			    "\"args\":[",
			    r ? "," : "", calls[random() % 5],
			    acts[act < 3 ? act : 0]);
			for (long a = 0, m = random() % 3; a < m; a++) {
				long mask = random() % 16;

				if (random() % 3)
					PUT("%s{\"index\":%ld,\"op\":\"SCMP_"
					    "CMP_%s\",\"value\":%ld}",
					    a ? "," : "", first + a,
					    ops[random() % 6], random() % 6);
				else
					PUT("%s{\"index\":%ld,\"op\":\"SCMP_"
					    "CMP_MASKED_EQ\",\"value\":%ld,"
					    "\"valueTwo\":%ld}",
					    a ? "," : "", first + a, mask,
					    random() & mask);
			}
			PUT("]}");
		}
		PUT("]}");
#undef PUT
		assert_int_equal(json_parse("random", json, n, &doc, &d), 0);
		if (seccomp_profile_parse("random", doc.root, KERNEL, NULL,
					  &s.p, &d) == 0) {
			accepted++;
			assert_int_equal(seccomp_filter_compile(&s.p, &s.f, &d),
					 0);
			for (size_t i = 0, j; i < s.p.nrules; i = j) {
				for (j = i; j < s.p.nrules &&
					    s.p.rules[j].nr == s.p.rules[i].nr;)
					j++;
				compare_call(&s, i, j);
			}
			subject_free(&s);
		}
		json_free(&doc);
	}
	assert_true(accepted > RANDOM_RUNS / 4);
}

/* More conditions than a conditional jump reaches: long jumps and repeated
 * returns, and then more than the kernel takes. */
static void test_long_programs(void **state)
{
	static const size_t counts[] = {100, 129, 300, 900};

	(void)state;
	for (size_t k = 0; k < ARRAY_SIZE(counts); k++) {
		cleanup_free char *json = xcalloc(1, 400000);
		size_t n = (size_t)sprintf(json, HEAD);
		struct json_doc doc;
		struct diag d = {0};
		struct subject s;

		for (size_t i = 0; i < counts[k]; i++)
			n += (size_t)sprintf(
				json + n,
				"%s" RULE(
					"mremap", "ALLOW",
					"{\"index\":0,\"op\":\"SCMP_CMP_EQ\","
					"\"value\":%zu}") "," RULE("brk",
								   "TRAP",
								   "{\"index\":"
								   "0,\"op\":"
								   "\"SCMP_CMP_"
								   "EQ\","
								   "\"value\":%"
								   "zu}"),
				i ? "," : "", 3 * i, 5 * i);
		n += (size_t)sprintf(json + n,
				     "," RULE("read", "LOG", "") "]}");
		assert_int_equal(json_parse("long", json, n, &doc, &d), 0);
		s = (struct subject){.label = "long"};
		assert_int_equal(seccomp_profile_parse("long", doc.root, KERNEL,
						       NULL, &s.p, &d),
				 0);
		if (counts[k] == 900) {
			assert_int_equal(seccomp_filter_compile(&s.p, &s.f, &d),
					 -1);
			assert_non_null(strstr(d.text, "instructions"));
		} else {
			assert_int_equal(seccomp_filter_compile(&s.p, &s.f, &d),
					 0);
			compare_all(&s);
			for (uint64_t x = 0; x < 3000; x++) {
				uint64_t args[6] = {x};

				compare(&s, s.p.arch->audit, s.p.rules[0].nr,
					args);
				compare(&s, s.p.arch->audit,
					s.p.rules[s.p.nrules - 1].nr, args);
			}
		}
		subject_free(&s);
		json_free(&doc);
	}
}

#define ALLOW	 SECCOMP_RET_ALLOW
#define ERR(e)	 (SECCOMP_RET_ERRNO | (e))
#define KILL	 SECCOMP_RET_KILL_PROCESS
#define HIGH	 (1ull << 32)
#define TIOCSTI_ 0x5412ull

/* What base promises, in the words of the kernel's interface. */
static const struct {
	const char *label, *call;
	uint64_t args[6];
	uint32_t expected;
} promises[] = {
	{"read", "read", {0}, ALLOW},
	{"ptrace", "ptrace", {0}, ALLOW},
	{"an unknown number has no implementation", NULL, {0}, ERR(ENOSYS)},
	{"TIOCSTI", "ioctl", {0, TIOCSTI_}, ERR(EPERM)},
	{"TIOCSTI with a high bit", "ioctl", {0, TIOCSTI_ | HIGH}, ERR(EPERM)},
	{"TIOCSTI, all high bits",
	 "ioctl",
	 {0, TIOCSTI_ | ~0ull << 32},
	 ERR(EPERM)},
	{"TIOCLINUX", "ioctl", {0, 0x541c | HIGH}, ERR(EPERM)},
	{"TIOCSETD", "ioctl", {0, 0x5423 | HIGH}, ERR(EPERM)},
	{"TIOCGETD", "ioctl", {0, 0x5424}, ALLOW},
	{"a snapshot", "ioctl", {0, 0x50009401}, ERR(EPERM)},
	{"a snapshot, dirty", "ioctl", {0, 0x50009417 | HIGH}, ERR(EPERM)},
	{"FICLONE", "ioctl", {0, 0x40049409}, ALLOW},
	{"TCGETS", "ioctl", {0, 0x5401}, ALLOW},
	{"TIOCGWINSZ", "ioctl", {0, 0x5413}, ALLOW},
	{"fork as glibc does it", "clone", {0x1200011}, ALLOW},
	{"a thread", "clone", {0x3d0f00}, ALLOW},
	{"CLONE_NEWUSER", "clone", {0x10000011}, ERR(EPERM)},
	{"CLONE_NEWNS", "clone", {0x20011 | HIGH}, ERR(EPERM)},
	{"CLONE_NEWCGROUP", "clone", {0x2000011}, ERR(EPERM)},
	{"CLONE_NEWNET", "clone", {0x40000011}, ERR(EPERM)},
	{"clone3", "clone3", {0}, ERR(ENOSYS)},
	{"openat2", "openat2", {0}, ERR(ENOSYS)},
	{"io_uring", "io_uring_setup", {0}, ERR(ENOSYS)},
	{"keyctl", "keyctl", {0}, ERR(ENOSYS)},
	{"unshare", "unshare", {0}, ERR(EPERM)},
	{"setns", "setns", {0}, ERR(EPERM)},
	{"mount", "mount", {0}, ERR(EPERM)},
	{"fsopen", "fsopen", {0}, ERR(EPERM)},
	{"open_tree_attr", "open_tree_attr", {0}, ERR(EPERM)},
	{"bpf", "bpf", {0}, ERR(EPERM)},
	{"AF_UNIX", "socket", {1, 1}, ALLOW},
	{"AF_UNIX pair", "socketpair", {1, 1}, ALLOW},
	{"AF_INET", "socket", {2, 1}, ALLOW},
	{"AF_INET, TCP", "socket", {2, 1, 6}, ALLOW},
	{"AF_INET6, UDP", "socket", {10, 2, 17}, ALLOW},
	{"ping", "socket", {2, 2, 1}, ALLOW},
	{"MPTCP", "socket", {2, 1, 262}, ERR(EPROTONOSUPPORT)},
	{"MPTCP with dirt",
	 "socket",
	 {2 | HIGH, 1, 262 | HIGH},
	 ERR(EPROTONOSUPPORT)},
	{"DCCP", "socket", {2, 6, 33}, ERR(EAFNOSUPPORT)},
	{"NETLINK_ROUTE", "socket", {16, 3, 0}, ALLOW},
	{"NETLINK_AUDIT", "socket", {16, 3, 9}, ERR(EPROTONOSUPPORT)},
	{"AF_ALG", "socket", {38}, ERR(EAFNOSUPPORT)},
	{"AF_VSOCK", "socket", {40}, ERR(EAFNOSUPPORT)},
	{"AF_VSOCK with dirt", "socket", {40 | HIGH}, ERR(EAFNOSUPPORT)},
	{"AF_PACKET", "socket", {17}, ERR(EAFNOSUPPORT)},
	{"own limits", "prlimit64", {0}, ALLOW},
	{"own limits, dirty", "prlimit64", {HIGH}, ALLOW},
	{"another's limits", "prlimit64", {1}, ERR(EPERM)},
	{"personality: asks", "personality", {0xffffffff}, ALLOW},
	{"personality: gdb", "personality", {0x40000}, ALLOW},
	{"personality: READ_IMPLIES_EXEC",
	 "personality",
	 {0x400000},
	 ERR(ENOSYS)},
	{"chmod 0755", "fchmodat", {0, 0, 0755}, ALLOW},
	{"chmod 1777", "fchmod", {0, 01777}, ALLOW},
	{"chmod 4755", "fchmodat", {0, 0, 04755}, ERR(EPERM)},
	{"chmod 2755", "fchmod", {0, 02755}, ERR(EPERM)},
	{"chmod 4755, dirty", "fchmod", {0, 0xfff04755 | HIGH}, ERR(EPERM)},
	{"chmod 4755 by fchmodat2", "fchmodat2", {0, 0, 04755}, ERR(EPERM)},
	{"open to read, junk where the mode would be",
	 "openat",
	 {0, 0, 0, 07777},
	 ALLOW},
	{"open to make", "openat", {0, 0, 0101, 0644}, ALLOW},
	{"open to make, set-user-id",
	 "openat",
	 {0, 0, 0101, 04755},
	 ERR(EPERM)},
	{"open to make, set-group-id",
	 "openat",
	 {0, 0, 0101, 02755 | HIGH},
	 ERR(EPERM)},
	{"O_TMPFILE, set-user-id",
	 "openat",
	 {0, 0, 020200002, 04755},
	 ERR(EPERM)},
	{"O_TMPFILE", "openat", {0, 0, 020200002, 0600}, ALLOW},
	{"FIFO", "mknodat", {0, 0, 010644}, ALLOW},
	{"regular file", "mknodat", {0, 0, 0100644}, ALLOW},
	{"set-user-id regular file", "mknodat", {0, 0, 0104755}, ERR(EPERM)},
	{"character device", "mknodat", {0, 0, 020666}, ERR(EPERM)},
	{"block device", "mknodat", {0, 0, 060666}, ERR(EPERM)},
	{"mseal, by our own number", "mseal", {0}, ALLOW},
	{"listmount", "listmount", {0}, ERR(ENOSYS)},
};

static void test_base_keeps_its_promises(void **state)
{
	struct json_doc doc;
	struct diag d = {0};
	struct subject s;

	(void)state;
	assert_int_equal(json_load("profiles/base.json", &doc, &d), 0);
	for (enum seccomp_arch_id a = 0; a < SECCOMP_ARCH__COUNT; a++) {
		subject_make(&s, "base", json_get(doc.root, "seccomp"), a);
		for (size_t i = 0; i < ARRAY_SIZE(promises); i++) {
			struct seccomp_data data = {.arch = s.p.arch->audit};
			uint32_t got;

			data.nr = promises[i].call
					  ? syscall_number(promises[i].call,
							   s.p.arch)
					  : 1000;
			assert_true(data.nr >= 0);
			for (int j = 0; j < 6; j++)
				data.args[j] = promises[i].args[j];
			got = bpf_run(s.f.insns, s.f.len, &data);
			if (got != promises[i].expected)
				fail_msg("%s: %#x, expected %#x",
					 promises[i].label, got,
					 promises[i].expected);
		}
		subject_free(&s);
	}
	json_free(&doc);
}

/* Each row differs from base in exactly what it is for. */
static const struct {
	const char *profile, *call;
	uint64_t arg0;
	uint32_t expected;
} others[] = {
	{"strict", "ptrace", 0, ERR(EPERM)},
	{"strict", "process_vm_readv", 0, ERR(EPERM)},
	{"strict", "personality", 0x40000, ERR(ENOSYS)},
	{"strict", "read", 0, ALLOW},
	{"nested", "unshare", 0x10000000, ALLOW},
	{"nested", "clone", 0x7e020011, ALLOW},
	{"nested", "clone3", 0, ERR(ENOSYS)},
	{"nested", "mount", 0, ALLOW},
	{"nested", "umount2", 0, ALLOW},
	{"nested", "pivot_root", 0, ALLOW},
	{"nested", "chroot", 0, ALLOW},
	{"nested", "sethostname", 0, ALLOW},
	{"nested", "setns", 0, ERR(EPERM)},
	{"nested", "fsopen", 0, ERR(ENOSYS)},
	{"nested", "bpf", 0, ERR(EPERM)},
	{"nested", "socket", 38, ERR(EAFNOSUPPORT)},
	{"permissive", "listmount", 0, ALLOW},
	{"permissive", "bpf", 0, ERR(EPERM)},
	{"permissive", "io_uring_setup", 0, ERR(ENOSYS)},
	{"permissive", "clone", 0x10000011, ERR(EPERM)},
	{"permissive", "socket", 40, ERR(EAFNOSUPPORT)},
};

static void test_other_profiles_keep_theirs(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(others); i++) {
		cleanup_free char *path =
			xasprintf("profiles/%s.json", others[i].profile);
		uint64_t args[6] = {others[i].arg0};
		struct json_doc doc;
		struct diag d = {0};
		struct subject s;
		uint32_t got;

		assert_int_equal(json_load(path, &doc, &d), 0);
		subject_make(&s, path, json_get(doc.root, "seccomp"),
			     SECCOMP_X86_64);
		got = seccomp_profile_eval(
			&s.p, s.p.arch->audit,
			syscall_number(others[i].call, s.p.arch), args);
		if (got != others[i].expected)
			fail_msg("%s: %s: %#x, expected %#x", path,
				 others[i].call, got, others[i].expected);
		subject_free(&s);
		json_free(&doc);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_shipped_profiles_equal_their_filters),
		cmocka_unit_test(test_container_default_equals_its_filter),
		cmocka_unit_test(test_nasty_profiles_equal_their_filters),
		cmocka_unit_test(test_random_profiles_equal_their_filters),
		cmocka_unit_test(test_long_programs),
		cmocka_unit_test(test_base_keeps_its_promises),
		cmocka_unit_test(test_other_profiles_keep_theirs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
