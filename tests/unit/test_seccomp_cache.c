/* SPDX-License-Identifier: MIT */
/*
 * The cache of compiled filters: a file that is wrong in any way is ignored
 * and replaced, never used. The trap in every test is a program that allows
 * everything; the compiled one doesn't.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/seccomp.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "sbox/cleanup.h"
#include "sbox/diag.h"
#include "sbox/fd.h"
#include "sbox/host.h"
#include "sbox/policy.h"
#include "sbox/seccomp_filter.h"
#include "sbox/strlist.h"

struct fixture {
	char dir[64];
	struct host host;
	struct policy_seccomp s;
	char key[65];
	char *filters, *path;
	struct seccomp_filter good; /* what must come back */
	char *bytes;		    /* the good file */
	size_t len;
};

static void get(struct fixture *f, struct seccomp_filter *out)
{
	struct diag d = {0};

	if (seccomp_filter_get(&f->s, &f->host, out, &d))
		fail_msg("%s", d.text);
}

static bool same(const struct seccomp_filter *a, const struct seccomp_filter *b)
{
	return a->len == b->len &&
	       memcmp(a->insns, b->insns, a->len * sizeof(a->insns[0])) == 0;
}

static int setup(void **state)
{
	struct fixture *f = xcalloc(1, sizeof(*f));
	struct diag d = {0};

	strcpy(f->dir, "/tmp/sbox-cache-XXXXXX");
	assert_non_null(mkdtemp(f->dir));
	f->host.cache_dir = xasprintf("%s/cache/sbox", f->dir);
	f->host.kernel = 0x60001;
	f->s.object = cJSON_Parse("{\"defaultAction\":\"SCMP_ACT_ERRNO\","
				  "\"syscalls\":[{\"names\":"
				  "[\"read\"],\"action\":\"SCMP_ACT_ALLOW\","
				  "\"comment\":\"c\"}]}");
	f->s.origin = xstrdup("test");
	seccomp_filter_key(&f->s, &f->host, f->key);
	f->filters = xasprintf("%s/filters", f->host.cache_dir);
	f->path = xasprintf("%s/%s", f->filters, f->key);
	get(f, &f->good);
	f->bytes = file_read(f->path, 1 << 20, &f->len, &d);
	assert_non_null(f->bytes);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;
	cleanup_free char *cmd = xasprintf("rm -rf %s", f->dir);

	assert_int_equal(system(cmd), 0);
	seccomp_filter_free(&f->good);
	cJSON_Delete(f->s.object);
	free(f->s.origin);
	free(f->host.cache_dir);
	free(f->filters);
	free(f->path);
	free(f->bytes);
	free(f);
	return 0;
}

static void put(const char *path, const void *bytes, size_t len, mode_t mode)
{
	cleanup_fd int fd =
		open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(fd_write_all(fd, bytes, len), 0);
	assert_int_equal(fchmod(fd, mode), 0);
}

/* The next start gets the right filter and leaves the right file. */
static void expect_recovery(struct fixture *f, const char *label)
{
	struct seccomp_filter out;
	struct diag d = {0};
	cleanup_free char *now = NULL;
	struct stat st;
	size_t len = 0;

	get(f, &out);
	if (!same(&out, &f->good))
		fail_msg("%s: a wrong file was used", label);
	seccomp_filter_free(&out);
	assert_int_equal(lstat(f->path, &st), 0);
	if (!S_ISREG(st.st_mode) || (st.st_mode & 07777) != 0600 ||
	    st.st_nlink != 1 || st.st_uid != geteuid())
		fail_msg("%s: the file was not replaced", label);
	now = file_read(f->path, 1 << 20, &len, &d);
	if (!now || len != f->len || memcmp(now, f->bytes, len) != 0)
		fail_msg("%s: the file's content was not replaced", label);
}

static void test_a_good_file_is_used(void **state)
{
	struct fixture *f = *state;
	struct seccomp_filter out;
	struct stat before, after;

	assert_int_equal(stat(f->path, &before), 0);
	assert_int_equal(before.st_mode & 07777, 0600);
	get(f, &out);
	assert_true(same(&out, &f->good));
	seccomp_filter_free(&out);
	assert_int_equal(stat(f->path, &after), 0);
	assert_int_equal(before.st_ino, after.st_ino);
	assert_int_equal(stat(f->filters, &after), 0);
	assert_int_equal(after.st_mode & 07777, 0700);
}

/* On a hit the rules are not looked at: an object that hashes the same would
 * not even be parsed. Shown by a comment, which is no part of the key. */
static void test_a_hit_does_not_compile(void **state)
{
	struct fixture *f = *state;
	struct seccomp_filter out;
	char key[65];
	cJSON *rule = f->s.object->child->next->child;

	cJSON_ReplaceItemInObject(rule, "comment", cJSON_CreateString("other"));
	seccomp_filter_key(&f->s, &f->host, key);
	assert_string_equal(key, f->key);
	get(f, &out);
	assert_true(same(&out, &f->good));
	seccomp_filter_free(&out);
}

static void test_every_bit_counts(void **state)
{
	struct fixture *f = *state;
	cleanup_free char *copy = xcalloc(1, f->len);

	for (size_t i = 0; i < f->len; i++) {
		char label[64];

		memcpy(copy, f->bytes, f->len);
		copy[i] = (char)(copy[i] ^ (1 << i % 8));
		(void)snprintf(label, sizeof(label), "byte %zu", i);
		put(f->path, copy, f->len, 0600);
		expect_recovery(f, label);
	}
}

static void test_every_length_counts(void **state)
{
	struct fixture *f = *state;
	cleanup_free char *copy = xcalloc(1, f->len + 40000);

	memcpy(copy, f->bytes, f->len);
	for (size_t len = 0; len < f->len; len++) {
		put(f->path, copy, len, 0600);
		expect_recovery(f, "truncated");
	}
	put(f->path, copy, f->len + 1, 0600);
	expect_recovery(f, "a byte longer");
	put(f->path, copy, f->len + 8, 0600);
	expect_recovery(f, "an instruction longer");
	put(f->path, copy, f->len + 40000, 0600);
	expect_recovery(f, "longer than any");
}

static void test_modes(void **state)
{
	static const mode_t modes[] = {0644, 0660,  0606, 0400,
				       0700, 04600, 0620};
	struct fixture *f = *state;

	for (size_t i = 0; i < ARRAY_SIZE(modes); i++) {
		put(f->path, f->bytes, f->len, modes[i]);
		expect_recovery(f, "mode");
	}
}

static void test_another_owner(void **state)
{
	struct fixture *f = *state;

	if (geteuid() != 0) {
		print_message("not run: only root can give a file away\n");
		return;
	}
	assert_int_equal(chown(f->path, 1234, 1234), 0);
	expect_recovery(f, "owner");
	assert_int_equal(chown(f->filters, 1234, 1234), 0);
	{
		struct seccomp_filter out;

		get(f, &out); /* not ours to repair: only slower */
		assert_true(same(&out, &f->good));
		seccomp_filter_free(&out);
	}
}

static void test_not_a_plain_file(void **state)
{
	struct fixture *f = *state;
	cleanup_free char *other = xasprintf("%s/other", f->dir);

	put(other, f->bytes, f->len, 0600);
	assert_int_equal(unlink(f->path), 0);
	assert_int_equal(symlink(other, f->path), 0);
	expect_recovery(f, "symlink");
	assert_int_equal(unlink(f->path), 0);
	assert_int_equal(link(other, f->path), 0);
	expect_recovery(f, "hard link");
	assert_int_equal(unlink(f->path), 0);
	assert_int_equal(mkfifo(f->path, 0600), 0);
	expect_recovery(f, "FIFO");
	assert_int_equal(unlink(f->path), 0);
	expect_recovery(f, "missing");
	assert_int_equal(unlink(f->path), 0);
	assert_int_equal(mkdir(f->path, 0700), 0);
	{
		struct seccomp_filter out;

		get(f, &out); /* a directory can't be replaced: only slower */
		assert_true(same(&out, &f->good));
		seccomp_filter_free(&out);
	}
}

static void test_directories(void **state)
{
	struct fixture *f = *state;
	cleanup_free char *moved = xasprintf("%s/moved", f->dir);
	struct seccomp_filter out;
	struct stat st;

	assert_int_equal(chmod(f->filters, 0777), 0);
	expect_recovery(f, "writable directory");
	assert_int_equal(stat(f->filters, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0700);
	assert_int_equal(rename(f->filters, moved), 0);
	assert_int_equal(symlink(moved, f->filters), 0);
	get(f, &out);
	assert_true(same(&out, &f->good));
	seccomp_filter_free(&out);
	assert_int_equal(unlink(f->filters), 0);
	put(f->filters, "", 0, 0600); /* a file where the directory would be */
	get(f, &out);
	assert_true(same(&out, &f->good));
	seccomp_filter_free(&out);
	assert_int_equal(unlink(f->filters), 0);
	expect_recovery(f, "no directory");
}

/* The good file of another object under this one's name. */
static void test_another_key(void **state)
{
	struct fixture *f = *state;
	struct fixture g = *f;
	struct seccomp_filter all;
	cleanup_free char *path = NULL;

	g.s.object = cJSON_Parse("{\"defaultAction\":\"SCMP_ACT_ALLOW\"}");
	seccomp_filter_key(&g.s, &g.host, g.key);
	assert_string_not_equal(g.key, f->key);
	get(&g, &all);
	assert_false(same(&all, &f->good));
	seccomp_filter_free(&all);
	path = xasprintf("%s/%s", f->filters, g.key);
	assert_int_equal(rename(path, f->path), 0);
	expect_recovery(f, "another object's filter");
	cJSON_Delete(g.s.object);
}

static void key_of(const char *json, unsigned kernel, char key[65])
{
	struct host host = {.kernel = kernel};
	struct policy_seccomp s = {.object = cJSON_Parse(json)};

	assert_non_null(s.object);
	seccomp_filter_key(&s, &host, key);
	cJSON_Delete(s.object);
}

static void test_what_the_key_depends_on(void **state)
{
	static const char *const different[] = {
		"{}",
		"{\"a\":1}",
		"{\"a\":2}",
		"{\"a\":\"1\"}",
		"{\"a\":true}",
		"{\"a\":false}",
		"{\"a\":null}",
		"{\"a\":[]}",
		"{\"a\":{}}",
		"{\"a\":[[]]}",
		"{\"a\":[],\"b\":[]}",
		"{\"a\":[1,2]}",
		"{\"a\":[1],\"b\":2}",
		"{\"a\":[\"b\"],\"c\":1}",
		"{\"a\":[\"b\",\"c\"]}",
		"{\"a\":[\"bc\"]}",
		"{\"a\":{\"b\":1}}",
		"{\"a\":{},\"b\":1}",
		"{\"a\":4294967296}",
		"{\"a\":4294967297}",
		"{\"minKernel\":\"4.8\"}",
		"{\"comment\":[1]}",
	};
	char keys[ARRAY_SIZE(different)][65], a[65], b[65];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(different); i++) {
		key_of(different[i], 0x60001, keys[i]);
		for (size_t j = 0; j < i; j++)
			if (strcmp(keys[i], keys[j]) == 0)
				fail_msg("%s and %s", different[i],
					 different[j]);
	}
	key_of("{\"a\":1}", 0x60002, a);
	assert_string_equal(a, keys[1]);
	key_of("{\"a\":[{\"minKernel\":\"4.8\"}]}", 0x60001, a);
	key_of("{\"a\":[{\"minKernel\":\"4.8\"}]}", 0x60002, b);
	assert_string_not_equal(a, b);
}

static void test_no_object_is_an_empty_filter(void **state)
{
	struct fixture *f = *state;
	struct policy_seccomp none = {0};
	struct seccomp_filter out = {.len = 1};
	struct diag d = {0};

	assert_int_equal(seccomp_filter_get(&none, &f->host, &out, &d), 0);
	assert_int_equal(out.len, 0);
	assert_null(out.insns);
}

static void test_a_bad_object_is_an_error_and_not_kept(void **state)
{
	struct fixture *f = *state;
	struct policy_seccomp bad = {.origin = f->s.origin};
	struct seccomp_filter out;
	struct diag d = {0};
	char key[65];
	cleanup_free char *path = NULL;

	bad.object = cJSON_Parse("{\"defaultAction\":\"SCMP_ACT_NOPE\"}");
	for (int i = 0; i < 2; i++) {
		d = (struct diag){0};
		assert_int_equal(seccomp_filter_get(&bad, &f->host, &out, &d),
				 -1);
		assert_string_equal(d.text, "test: defaultAction: "
					    "\"SCMP_ACT_NOPE\" is not an "
					    "action");
	}
	seccomp_filter_key(&bad, &f->host, key);
	path = xasprintf("%s/%s", f->filters, key);
	assert_int_equal(access(path, F_OK), -1);
	cJSON_Delete(bad.object);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_a_good_file_is_used),
		TEST(test_a_hit_does_not_compile),
		TEST(test_every_bit_counts),
		TEST(test_every_length_counts),
		TEST(test_modes),
		TEST(test_another_owner),
		TEST(test_not_a_plain_file),
		TEST(test_directories),
		TEST(test_another_key),
		TEST(test_what_the_key_depends_on),
		TEST(test_no_object_is_an_empty_filter),
		TEST(test_a_bad_object_is_an_error_and_not_kept),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
