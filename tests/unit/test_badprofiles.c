/* SPDX-License-Identifier: MIT */
/*
 * Every file of tests/badprofiles is refused, with a message that names the
 * file, the key and what is wrong. expected.txt has a line for each: file, key
 * ("-": none), part of the message. project-* are read as a project's
 * .sbox.json, the others with --profile; profiles that they extend are in
 * search/. What is only wrong in the seccomp object is found when the filter is
 * made, from the origin that the policy kept.
 */
#include "policy_fixture.h"

#include <dirent.h>

#include "sbox/seccomp_profile.h"

static char *badprofiles(const char *name)
{
	const char *top = getenv("SBOX_TOP");
	cleanup_free char *whole = realpath(top ? top : ".", NULL);

	assert_non_null(whole);
	return xasprintf("%s/tests/badprofiles/%s", whole, name);
}

static int load_filter(const struct policy *p, const struct host *h,
		       struct diag *d)
{
	struct seccomp_profile sp;
	int rc;

	if (!p->seccomp.object)
		return 0;
	rc = seccomp_profile_parse(p->seccomp.origin, p->seccomp.object,
				   h->kernel, NULL, &sp, d);
	if (rc == 0)
		seccomp_profile_free(&sp);
	return rc;
}

/* The file in place of the project's own. */
static void install_project(const struct fixture *f, const char *path)
{
	cleanup_free char *to = fixture_path(f, "cwd/.sbox.json");
	cleanup_free char *text = NULL;
	struct diag d = {0};
	size_t len;

	text = file_read(path, 1 << 20, &len, &d);
	assert_non_null(text);
	assert_int_equal(file_replace(to, text, len, 0600), 0);
}

/* 0: accepted. */
static int load(const struct fixture *f, const char *name, struct diag *d)
{
	bool project = strncmp(name, "project-", 8) == 0;
	cleanup_free char *path = badprofiles(name);
	char *argv[] = {"sbox", "--profile", path, NULL};
	struct invocation inv;
	struct policy p;
	int rc;

	if (project) {
		install_project(f, path);
		argv[1] = NULL;
	}
	assert_int_equal(invocation_parse(project ? 1 : 3, argv, &inv, d), 0);
	rc = policy_load(&inv, &f->host, &p, d);
	invocation_free(&inv);
	fixture_remove(f, "cwd/.sbox.json");
	if (rc)
		return rc;
	rc = load_filter(&p, &f->host, d);
	policy_free(&p);
	return rc;
}

/* Checks one line of the table; returns how many things are wrong. */
static int check_line(const struct fixture *f, char *line)
{
	char *name = strsep(&line, "\t"), *key = strsep(&line, "\t");
	const char *shown = name;
	struct diag d = {0};

	assert_non_null(line);
	if (strncmp(name, "project-", 8) == 0)
		shown = ".sbox.json";
	else if (strcmp(name, "extends-circle.json") == 0)
		shown = "search/circle-b.json";
	else if (strcmp(name, "extends-itself.json") == 0)
		shown = "search/itself.json";
	else if (strcmp(name, "extends-too-deep.json") == 0)
		shown = "search/deep-7.json";
	else if (strcmp(name, "extends-broken.json") == 0)
		shown = "search/broken.json";
	if (load(f, name, &d) == 0) {
		print_error("%s: accepted\n", name);
		return 1;
	}
	if (!strstr(d.text, shown) || !strstr(d.text, line) ||
	    (strcmp(key, "-") != 0 && !strstr(d.text, key))) {
		print_error("%s (%s, %s): %s\n", name, key, line, d.text);
		return 1;
	}
	return 0;
}

static void bad_profiles_are_refused(void **state)
{
	cleanup_free char *path = badprofiles("expected.txt");
	cleanup_free char *table = NULL;
	char *rest, *line;
	struct diag d = {0};
	struct fixture f;
	int lines = 0, wrong = 0;
	size_t len;

	(void)state;
	fixture_init(&f);
	f.host.kernel = 0x60001;
	free(f.host.data_dir);
	f.host.data_dir = badprofiles("search");
	table = file_read(path, 1 << 20, &len, &d);
	assert_non_null(table);
	for (rest = table; (line = strsep(&rest, "\n")) && *line; lines++)
		wrong += check_line(&f, line);
	fixture_free(&f);
	assert_int_equal(wrong, 0);
	assert_true(lines >= 200);
}

/* No file without a line in the table. */
static void every_file_is_in_the_table(void **state)
{
	cleanup_free char *dir = badprofiles("");
	cleanup_free char *path = badprofiles("expected.txt");
	cleanup_free char *table = NULL;
	struct diag d = {0};
	const struct dirent *e;
	size_t len;
	DIR *files = opendir(dir);

	(void)state;
	assert_non_null(files);
	table = file_read(path, 1 << 20, &len, &d);
	assert_non_null(table);
	while ((e = readdir(files))) {
		cleanup_free char *start = xasprintf("%s\t", e->d_name);
		const char *dot = strrchr(e->d_name, '.');

		if (dot && strcmp(dot, ".json") == 0 && !strstr(table, start))
			fail_msg("%s: not in expected.txt", e->d_name);
	}
	(void)closedir(files);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bad_profiles_are_refused),
		cmocka_unit_test(every_file_is_in_the_table),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
