/* SPDX-License-Identifier: MIT */
/* Which profiles are read, in which order, and which are refused. */
#include "policy_fixture.h"

#include "sbox/json.h"

static int load(const struct fixture *f, const char *line, struct policy *p,
		struct diag *d)
{
	int rc = fixture_load(f, line, p, d);

	assert_true(rc == 0 || diag_is_set(d));
	return rc;
}

static void command_picks_its_profile(void **state)
{
	static const struct {
		const char *label, *line, *expected;
	} rows[] = {
		{"a shell", "sbox", "base"},
		{"shell text", "sbox -c claude claude", "base"},
		{"a command without one", "sbox ls", "base"},
		{"a command with one", "sbox claude", "claude"},
		{"by its basename", "sbox /opt/x/claude --help", "claude"},
		{"given", "sbox --profile mine claude", "mine"},
		{"a name that climbs", "sbox ../../x/..", "base"},
		{"a hidden name", "sbox .claude", "base"},
		{"nothing behind the slash", "sbox x/", "base"},
	};
	struct fixture f;
	struct policy p;
	struct diag d;

	(void)state;
	fixture_init(&f);
	fixture_write(&f, "data/claude.json", "{\"extends\":[\"base\"]}");
	fixture_write(&f, "config/mine.json", "{}");
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		if (load(&f, rows[i].line, &p, &d))
			fail_msg("%s: %s", rows[i].label, d.text);
		if (strcmp(p.profile, rows[i].expected) != 0)
			fail_msg("%s: %s", rows[i].label, p.profile);
		policy_free(&p);
	}
	fixture_write(&f, "config/default.json", "{\"extends\":[\"base\"]}");
	assert_int_equal(load(&f, "sbox ls", &p, &d), 0);
	assert_string_equal(p.profile, "default");
	policy_free(&p);
	fixture_free(&f);
}

static void no_base_is_an_error(void **state)
{
	struct fixture f;
	struct policy p;
	struct diag d;

	(void)state;
	fixture_init(&f);
	fixture_remove(&f, "data/base.json");
	assert_int_equal(load(&f, "sbox", &p, &d), -1);
	fixture_write(&f, "data/x.json", "{}");
	assert_int_equal(load(&f, "sbox --profile x", &p, &d), -1);
	assert_non_null(strstr(d.text, "base"));
	fixture_write(&f, "data/base.json", "{}"); /* has no filter */
	assert_int_equal(load(&f, "sbox --profile x", &p, &d), -1);
	assert_non_null(strstr(d.text, "no seccomp object"));
	fixture_free(&f);
}

static void users_directory_comes_first(void **state)
{
	struct fixture f;
	struct policy p;
	struct diag d;

	(void)state;
	fixture_init(&f);
	fixture_write(&f, "data/x.json",
		      "{\"home\":\"shipped\",\"fs\":{\"read\":[\"/s\"]}}");
	fixture_write(&f, "config/x.json",
		      "{\"home\":\"own\",\"fs\":{\"read\":[\"/o\"]}}");
	assert_int_equal(load(&f, "sbox x", &p, &d), 0);
	assert_string_equal(p.home, "own");
	assert_int_equal(p.read.n, 1);
	policy_free(&p);
	/* extending one's own name means the next one of that name */
	fixture_write(&f, "config/x.json",
		      "{\"extends\":[\"x\"],\"fs\":{\"read\":[\"/o\"]}}");
	assert_int_equal(load(&f, "sbox x", &p, &d), 0);
	assert_string_equal(p.home, "shipped");
	assert_int_equal(p.read.n, 2);
	assert_string_equal(p.read.v[1].src, "/o");
	policy_free(&p);
	fixture_free(&f);
}

/* a -> b, c; b -> d; c -> d: d first and once. */
static void diamonds_are_merged_once(void **state)
{
	struct fixture f;
	struct policy p;
	struct diag d;

	(void)state;
	fixture_init(&f);
	fixture_write(&f, "data/a.json",
		      "{\"extends\":[\"b\",\"c\"],\"fs\":{\"hide\":[\"a\"]}}");
	fixture_write(&f, "data/b.json",
		      "{\"extends\":[\"d\"],\"home\":\"b\","
		      "\"fs\":{\"hide\":[\"b\"]}}");
	fixture_write(&f, "data/c.json",
		      "{\"extends\":[\"d\"],\"fs\":{\"hide\":[\"c\"]}}");
	fixture_write(&f, "data/d.json",
		      "{\"home\":\"d\",\"fs\":{\"hide\":[\"d\"]}}");
	assert_int_equal(load(&f, "sbox a", &p, &d), 0);
	assert_string_equal(p.home, "b");
	assert_int_equal(p.hide.n, 4);
	assert_string_equal(p.hide.v[0], "d");
	assert_string_equal(p.hide.v[1], "b");
	assert_string_equal(p.hide.v[2], "c");
	assert_string_equal(p.hide.v[3], "a");
	policy_free(&p);
	fixture_free(&f);
}

static void circles_and_depth_are_refused(void **state)
{
	struct fixture f;
	struct policy p;
	struct diag d;

	(void)state;
	fixture_init(&f);
	fixture_write(&f, "data/a.json", "{\"extends\":[\"b\"]}");
	fixture_write(&f, "data/b.json", "{\"extends\":[\"c\"]}");
	fixture_write(&f, "data/c.json", "{\"extends\":[\"a\"]}");
	assert_int_equal(load(&f, "sbox a", &p, &d), -1);
	assert_non_null(strstr(d.text, "a -> b -> c -> a"));
	assert_non_null(strstr(d.text, "data/c.json:1: extends"));
	fixture_write(&f, "data/self.json", "{\"extends\":[\"self\"]}");
	assert_int_equal(load(&f, "sbox self", &p, &d), -1);
	assert_non_null(strstr(d.text, "self -> self"));
	/* through both directories */
	fixture_write(&f, "config/x.json", "{\"extends\":[\"x\"]}");
	fixture_write(&f, "data/x.json", "{\"extends\":[\"y\"]}");
	fixture_write(&f, "data/y.json", "{\"extends\":[\"x\"]}");
	assert_int_equal(load(&f, "sbox x", &p, &d), -1);
	assert_non_null(strstr(d.text, "x -> x -> y -> x"));
	for (int i = 0; i < 9; i++) {
		cleanup_free char *name = xasprintf("data/n%d.json", i);
		cleanup_free char *text = xasprintf(
			i < 8 ? "{\"extends\":[\"n%d\"]}" : "{}", i + 1);

		fixture_write(&f, name, text);
	}
	assert_int_equal(load(&f, "sbox n0", &p, &d), -1);
	assert_non_null(strstr(d.text, "n0 -> n1"));
	assert_int_equal(load(&f, "sbox n1", &p, &d), 0);
	policy_free(&p);
	fixture_free(&f);
}

static void others_files_are_refused(void **state)
{
	struct fixture f;
	struct policy p;
	struct diag d;
	cleanup_free char *own = NULL, *project = NULL, *shipped = NULL;

	(void)state;
	fixture_init(&f);
	own = fixture_path(&f, "config/x.json");
	project = fixture_path(&f, "cwd/.sbox.json");
	shipped = fixture_path(&f, "data/base.json");
	fixture_write(&f, "config/x.json", "{}");
	assert_int_equal(chmod(own, 0620), 0);
	assert_int_equal(load(&f, "sbox x", &p, &d), -1);
	assert_non_null(strstr(d.text, "config/x.json: others can write it"));
	assert_non_null(strstr(d.hint, "chmod go-w"));
	assert_int_equal(chmod(own, 0602), 0);
	assert_int_equal(load(&f, "sbox x", &p, &d), -1);
	assert_int_equal(chmod(own, 0644), 0);
	f.host.uid++; /* now it is somebody else's, unless that is root */
	if (getuid() != 0)
		assert_int_equal(load(&f, "sbox x", &p, &d), -1);
	f.host.uid--;
	/* a project's file: not through a link, a pipe or a directory */
	assert_int_equal(symlink(shipped, project), 0);
	assert_int_equal(load(&f, "sbox", &p, &d), -1);
	assert_non_null(strstr(d.text, ".sbox.json: a symbolic link"));
	assert_int_equal(load(&f, "sbox --trust-project", &p, &d), -1);
	assert_int_equal(unlink(project), 0);
	assert_int_equal(mkfifo(project, 0600), 0);
	assert_int_equal(load(&f, "sbox", &p, &d), -1);
	assert_non_null(strstr(d.text, "not a regular file"));
	assert_int_equal(unlink(project), 0);
	assert_int_equal(mkdir(project, 0700), 0);
	assert_int_equal(load(&f, "sbox", &p, &d), -1);
	assert_int_equal(rmdir(project), 0);
	/* and a loop of links among the user's own */
	assert_int_equal(unlink(own), 0);
	assert_int_equal(symlink("x.json", own), 0);
	assert_int_equal(load(&f, "sbox x", &p, &d), -1);
	assert_non_null(strstr(d.text, "config/x.json"));
	fixture_free(&f);
}

static const char *action(const struct policy_seccomp *s)
{
	return s->object ? cJSON_GetStringValue(
				   json_get(s->object, "defaultAction"))
			 : "none";
}

/* Which filter: never none by accident. */
static void seccomp_fails_closed(void **state)
{
	static const struct {
		const char *label, *profile, *options, *expected;
	} rows[] = {
		{"not mentioned", "{}", "", "SCMP_ACT_ERRNO"},
		{"base's", "{\"extends\":[\"base\"]}", "", "SCMP_ACT_ERRNO"},
		{"its own", "{\"seccomp\":{\"defaultAction\":\"own\"}}", "",
		 "own"},
		{"its own on base's",
		 "{\"extends\":[\"base\"],"
		 "\"seccomp\":{\"defaultAction\":\"own\"}}",
		 "", "own"},
		{"switched off", "{\"seccomp\":null}", "", "none"},
		{"switched off on base's",
		 "{\"extends\":[\"base\"],\"seccomp\":null}", "", "none"},
		{"userns", "{\"userns\":true}", "", "SCMP_ACT_KILL"},
		{"userns on base's", "{\"extends\":[\"base\"],\"userns\":true}",
		 "", "SCMP_ACT_KILL"},
		{"--userns", "{}", "--userns", "SCMP_ACT_KILL"},
		{"--userns, its own",
		 "{\"seccomp\":{\"defaultAction\":\"own\"}}", "--userns",
		 "own"},
		{"--userns, switched off", "{\"seccomp\":null}", "--userns",
		 "none"},
		{"--set null", "{}", "--set seccomp=null", "none"},
		{"--set", "{}", "--set seccomp={\"defaultAction\":\"set\"}",
		 "set"},
		{"--set and --userns", "{}",
		 "--userns --set seccomp={\"defaultAction\":\"set\"}", "set"},
	};
	struct fixture f;
	struct policy p;
	struct diag d;

	(void)state;
	fixture_init(&f);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		cleanup_free char *line =
			xasprintf("sbox --profile x %s", rows[i].options);

		fixture_write(&f, "data/x.json", rows[i].profile);
		if (load(&f, line, &p, &d))
			fail_msg("%s: %s", rows[i].label, d.text);
		if (strcmp(action(&p.seccomp), rows[i].expected) != 0)
			fail_msg("%s: %s", rows[i].label, action(&p.seccomp));
		assert_true(!p.seccomp.object || p.seccomp.origin);
		assert_null(p.seccomp_stack.object);
		policy_free(&p);
	}
	fixture_free(&f);
}

/* A project's filter is put beside ours, and can't switch it off. */
static void projects_seccomp_is_stacked(void **state)
{
	struct fixture f;
	struct policy p;
	struct diag d;

	(void)state;
	fixture_init(&f);
	fixture_write(&f, "cwd/.sbox.json",
		      "{\n\"seccomp\":{\"defaultAction\":\"theirs\"}}");
	assert_int_equal(load(&f, "sbox", &p, &d), 0);
	assert_string_equal(action(&p.seccomp), "SCMP_ACT_ERRNO");
	assert_string_equal(action(&p.seccomp_stack), "theirs");
	assert_non_null(
		strstr(p.seccomp_stack.origin, ".sbox.json:2: seccomp"));
	policy_free(&p);
	assert_int_equal(load(&f, "sbox --userns", &p, &d), 0);
	assert_string_equal(action(&p.seccomp), "SCMP_ACT_KILL");
	assert_string_equal(action(&p.seccomp_stack), "theirs");
	policy_free(&p);
	assert_int_equal(load(&f, "sbox --trust-project", &p, &d), 0);
	assert_string_equal(action(&p.seccomp), "theirs");
	assert_null(p.seccomp_stack.object);
	policy_free(&p);
	fixture_write(&f, "cwd/.sbox.json", "{\"seccomp\":null}");
	assert_int_equal(load(&f, "sbox", &p, &d), -1);
	assert_int_equal(load(&f, "sbox --trust-project", &p, &d), -1);
	fixture_free(&f);
}

/* The project comes behind the profile and before the command line. */
static void trusted_project_is_a_profile(void **state)
{
	struct fixture f;
	struct policy p;
	struct diag d;

	(void)state;
	fixture_init(&f);
	fixture_write(&f, "data/extra.json", "{\"fs\":{\"read\":[\"/e\"]}}");
	fixture_write(&f, "cwd/.sbox.json",
		      "{\"extends\":[\"extra\"],\"net\":{\"mode\":\"host\"},"
		      "\"home\":\"p\"}");
	assert_int_equal(load(&f, "sbox", &p, &d), -1);
	assert_int_equal(load(&f, "sbox --trust-project --home q", &p, &d), 0);
	assert_int_equal(p.net, NET_HOST);
	assert_string_equal(p.home, "q");
	assert_int_equal(p.read.n, 1);
	assert_string_equal(p.profile, "base");
	policy_free(&p);
	fixture_free(&f);
}

/* What is shipped loads, and names the schema. */
static void shipped_profiles_load(void **state)
{
	static const char *const names[] = {
		"base",	    "strict", "ci",	"permissive", "nested",
		"claude",   "codex",  "gemini", "opencode",   "pi",
		"aider",    "rust",   "go",	"browser",    "codex-login",
		"pi-login", "npm",    "pypi",	"cargo",      "git",
		"apt",
	};
	const char *top = getenv("SBOX_TOP");
	struct fixture f;
	struct policy p;
	struct diag d;

	(void)state;
	fixture_init(&f);
	free(f.host.data_dir);
	f.host.data_dir = xasprintf("%s/profiles", top ? top : ".");
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		cleanup_free char *line =
			xasprintf("sbox --profile %s", names[i]);

		if (load(&f, line, &p, &d))
			fail_msg("%s: %s", names[i], d.text);
		if (!p.seccomp.object)
			fail_msg("%s: no filter", names[i]);
		if (!p.description)
			fail_msg("%s: no description", names[i]);
		policy_free(&p);
	}
	fixture_free(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(command_picks_its_profile),
		cmocka_unit_test(no_base_is_an_error),
		cmocka_unit_test(users_directory_comes_first),
		cmocka_unit_test(diamonds_are_merged_once),
		cmocka_unit_test(circles_and_depth_are_refused),
		cmocka_unit_test(others_files_are_refused),
		cmocka_unit_test(seccomp_fails_closed),
		cmocka_unit_test(projects_seccomp_is_stacked),
		cmocka_unit_test(trusted_project_is_a_profile),
		cmocka_unit_test(shipped_profiles_load),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
