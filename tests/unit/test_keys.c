/* SPDX-License-Identifier: MIT */
/* The key table: no holes, and what each row does with good and bad values. */
#include "policy_fixture.h"

#include <sys/wait.h>

#include "policy/key_types.h"
#include "policy/keys.h"
#include "sbox/json.h"

static void rows_have_no_holes(void **state)
{
	(void)state;
	for (size_t i = 0; i < nkeys; i++) {
		const struct key *k = &keys[i];

		assert_non_null(k->name);
		assert_true(k->type < KEY_TYPE__COUNT);
		assert_true(k->tighten < TIGHTEN__COUNT);
		assert_true(k->offset < sizeof(struct policy));
		if (!k->help || strlen(k->help) < 10)
			fail_msg("%s: no help", k->name);
		assert_ptr_equal(key_find(k->name), k);
		if (k->type == KEY_ENUM || k->tighten == TIGHTEN_WORD)
			assert_true(k->nwords > 0);
		/* a word is looked for in a scalar, a minimum in a limit */
		if (k->tighten == TIGHTEN_WORD) {
			assert_int_equal(key_types[k->type].members, 0);
			assert_true(key_types[k->type].accepts &
				    (cJSON_String | cJSON_True));
		}
		if (k->tighten == TIGHTEN_MIN)
			assert_true(k->type >= KEY_SIZE &&
				    k->type <= KEY_DURATION);
		for (size_t w = 0; w < k->nwords; w++)
			assert_non_null(k->words[w]);
	}
	for (size_t i = 0; i < KEY_TYPE__COUNT; i++) {
		assert_non_null(key_types[i].expected);
		assert_true(key_types[i].accepts != 0);
		assert_non_null(key_types[i].set);
	}
}

/* sbox-profile.5 has an item for every key. */
static void manual_names_every_key(void **state)
{
	const char *top = getenv("SBOX_TOP");
	cleanup_free char *path =
		xasprintf("%s/man/sbox-profile.5", top ? top : ".");
	cleanup_free char *text = NULL;
	struct diag d = {0};
	size_t len;

	(void)state;
	text = file_read(path, 1 << 20, &len, &d);
	if (!text && !getenv("CI")) {
		print_message("# not run: no %s\n", path);
		return;
	}
	assert_non_null(text);
	for (size_t i = 0; i < nkeys; i++)
		if (!strstr(text, keys[i].name))
			fail_msg("sbox-profile.5: no %s", keys[i].name);
}

/* What a profile may say of a key: how a project's file compares. */
static const struct {
	const char *label, *key, *json;
	bool project_ok; /* without --trust-project */
} good_rows[] = {
	{"schema", "$schema", "\"x\"", true},
	{"description", "description", "\"x\"", true},
	{"extends", "extends", "[\"base\"]", false},
	{"home kept", "home", "\"a-%p\"", false},
	{"home tmp", "home", "\"tmp\"", true},
	{"read", "fs.read", "[\"/a\"]", false},
	{"write", "fs.write", "[\"~/a\"]", false},
	{"readTry", "fs.readTry", "[\"~\"]", false},
	{"writeTry", "fs.writeTry", "[\"/a:/b\"]", false},
	{"read nothing", "fs.read", "[]", false},
	{"hide", "fs.hide", "[\".env\",\"/k\",\"~/k\"]", true},
	{"protect", "fs.protect", "[\"Makefile\"]", true},
	{"tmpfs", "fs.tmpfs", "[\"/a\"]", false},
	{"net none", "net.mode", "\"none\"", true},
	{"net host", "net.mode", "\"host\"", false},
	{"net filtered", "net.mode", "\"filtered\"", false},
	{"allow", "net.allow", "[\"*.example.org:22\"]", false},
	{"allow nothing", "net.allow", "[]", false},
	{"deny", "net.deny", "[\"a.org\",\"0.0.0.0/0\"]", true},
	{"ports", "net.ports", "[6000,\"8080:11434\"]", false},
	{"publish", "net.publish", "[\"auto:3000\"]", false},
	{"via", "net.via", "\"tor\"", false},
	{"services", "net.services",
	 "[{\"port\":1,\"origin\":\"https://a.org\"}]", false},
	{"connections", "net.limits.connections", "5", true},
	{"bytes", "net.limits.bytes", "\"1G\"", true},
	{"idle", "net.limits.idle", "\"1h\"", true},
	{"connect", "net.limits.connect", "null", true},
	{"sockets", "net.sockets", "[\"/run/a:/run/b\"]", false},
	{"loopback off", "net.loopback", "false", true},
	{"loopback on", "net.loopback", "true", false},
	{"pass", "env.pass", "[\"A\",\"LC_*\"]", false},
	{"set", "env.set", "{\"A\":\"1\"}", false},
	{"unset", "env.unset", "[\"A\"]", true},
	{"gpu on", "devices.gpu", "true", false},
	{"gpu off", "devices.gpu", "false", true},
	{"audio on", "devices.audio", "true", false},
	{"wayland on", "devices.wayland", "true", false},
	{"x11 on", "devices.x11", "true", false},
	{"x11 off", "devices.x11", "false", true},
	{"memory", "limits.memory", "\"4G\"", true},
	{"memory number", "limits.memory", "4096", true},
	{"cpu", "limits.cpu", "\"150%\"", true},
	{"cpu number", "limits.cpu", "150", true},
	{"pids", "limits.pids", "12", true},
	{"pids none", "limits.pids", "null", true},
	{"files", "limits.files", "\"12\"", true},
	{"fileSize", "limits.fileSize", "\"unlimited\"", true},
	{"cpuTime", "limits.cpuTime", "\"1h\"", true},
	{"time in seconds", "limits.time", "5", true},
	{"tmp", "limits.tmp", "\"1M\"", true},
	{"seccomp", "seccomp", "{\"defaultAction\":\"x\"}", true},
	{"userns on", "userns", "true", false},
	{"userns off", "userns", "false", true},
	{"git config rw", "git.config", "\"rw\"", false},
	{"git config ro", "git.config", "\"ro\"", true},
	{"tty none", "tty.mode", "\"none\"", false},
	{"tty relay", "tty.mode", "\"relay\"", false},
	{"filter on", "tty.filter", "true", true},
	{"filter off", "tty.filter", "false", false},
};

/* "a.b" and "v" -> {"a":{"b":v}} */
static char *profile_of(const char *key, const char *json)
{
	const char *dot = strchr(key, '.');
	cleanup_free char *inner = NULL;

	if (!dot)
		return xasprintf("{\"%s\":%s}", key, json);
	inner = profile_of(dot + 1, json);
	return xasprintf("{\"%.*s\":%s}", (int)(dot - key), key, inner);
}

static void every_key_accepts_and_tightens(void **state)
{
	bool seen[64] = {0};
	struct fixture f;
	struct policy p;
	struct diag d;

	(void)state;
	fixture_init(&f);
	assert_true(nkeys <= ARRAY_SIZE(seen));
	for (size_t i = 0; i < ARRAY_SIZE(good_rows); i++) {
		cleanup_free char *text =
			profile_of(good_rows[i].key, good_rows[i].json);
		int rc;

		seen[key_find(good_rows[i].key) - keys] = true;
		fixture_write(&f, "data/x.json", text);
		if (fixture_load(&f, "sbox --profile x", &p, &d))
			fail_msg("%s: %s", good_rows[i].label, d.text);
		policy_free(&p);
		fixture_write(&f, "cwd/.sbox.json", text);
		rc = fixture_load(&f, "sbox", &p, &d);
		if ((rc == 0) != good_rows[i].project_ok)
			fail_msg("%s, in a project: %d %s", good_rows[i].label,
				 rc, d.text);
		if (rc == 0) {
			policy_free(&p);
		} else {
			assert_non_null(strstr(d.text, good_rows[i].key));
			assert_non_null(strstr(d.text, ".sbox.json:1"));
			assert_non_null(strstr(d.hint, "--trust-project"));
		}
		if (fixture_load(&f, "sbox --trust-project", &p, &d))
			fail_msg("%s, trusted: %s", good_rows[i].label, d.text);
		policy_free(&p);
		fixture_remove(&f, "cwd/.sbox.json");
	}
	for (size_t i = 0; i < nkeys; i++)
		if (!seen[i])
			fail_msg("%s: no row", keys[i].name);
	fixture_free(&f);
}

/* A project's limit counts only when it is the smaller one. */
static void project_limits_are_minima(void **state)
{
	static const struct {
		const char *label, *mine, *project;
		uint64_t expected;
	} rows[] = {
		{"smaller", "\"2G\"", "\"1G\"", 1ull << 30},
		{"larger", "\"1G\"", "\"2G\"", 1ull << 30},
		{"none", "\"1G\"", "null", 1ull << 30},
		{"first", "null", "\"1G\"", 1ull << 30},
		{"neither", "null", "null", POLICY_UNLIMITED},
	};
	struct fixture f;
	struct policy p;
	struct diag d;

	(void)state;
	fixture_init(&f);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		cleanup_free char *mine =
			profile_of("limits.memory", rows[i].mine);
		cleanup_free char *project =
			profile_of("limits.memory", rows[i].project);

		fixture_write(&f, "data/x.json", mine);
		fixture_write(&f, "cwd/.sbox.json", project);
		assert_int_equal(fixture_load(&f, "sbox --profile x", &p, &d),
				 0);
		if (p.limits.memory != rows[i].expected)
			fail_msg("%s", rows[i].label);
		policy_free(&p);
	}
	fixture_free(&f);
}

/* A project that forbids the network takes nothing away from what guards it. */
static void project_none_keeps_the_way_out(void **state)
{
	struct fixture f;
	struct policy p;
	struct diag d;

	(void)state;
	fixture_init(&f);
	fixture_write(&f, "data/x.json",
		      "{\"net\":{\"allow\":[\"b.org\"],\"deny\":[\"c.org\"],"
		      "\"via\":\"tor\"}}");
	fixture_write(&f, "cwd/.sbox.json", "{\"net\":{\"mode\":\"none\"}}");
	if (fixture_load(&f, "sbox --profile x --net filtered --allow a.org",
			 &p, &d))
		fail_msg("%s", d.text);
	assert_string_equal(p.net_via, "tor");
	assert_true(strlist_has(&p.net_deny, "c.org"));
	assert_int_equal(p.net_allow.n, 1);
	policy_free(&p);
	fixture_free(&f);
}

/* A dotted name is not a second way to write a key. */
static void near_names_are_suggested(void **state)
{
	static const struct {
		const char *json, *text, *hint;
	} rows[] = {
		{"{\"fs\":{\"raed\":[]}}", "fs.raed: unknown key",
		 "\"fs.read\""},
		{"{\"limit\":{}}", "limit: unknown key", "limits"},
		{"{\"read\":[]}", "read: unknown key", "\"fs.read\""},
		{"{\"usrns\":true}", "usrns: unknown key", "\"userns\""},
		{"{\"Home\":\"tmp\"}", "Home: unknown key", "\"home\""},
		{"{\"net\":{\"alow\":[]}}", "net.alow: unknown key",
		 "\"net.allow\""},
		{"{\"fs.read\":[]}", "fs.read: unknown key", "dotted"},
		{"{\"fs\":{\"read.x\":[]}}", "fs.read.x: unknown key", ""},
	};
	struct fixture f;
	struct policy p;
	struct diag d;

	(void)state;
	fixture_init(&f);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		fixture_write(&f, "data/x.json", rows[i].json);
		assert_int_equal(fixture_load(&f, "sbox --profile x", &p, &d),
				 -1);
		if (!strstr(d.text, rows[i].text) ||
		    !strstr(d.hint, rows[i].hint))
			fail_msg("%s: %s (%s)", rows[i].json, d.text, d.hint);
	}
	fixture_free(&f);
}

/* The last word about a variable holds. */
static void env_words_displace_one_another(void **state)
{
	struct fixture f;
	struct policy p;
	struct diag d;

	(void)state;
	fixture_init(&f);
	assert_int_equal(
		fixture_load(&f,
			     "sbox --env A=1 --unset A --unset B --env B=2 "
			     "--env C=1 --env C --env D --env D=4 --env D=5",
			     &p, &d),
		0);
	assert_int_equal(p.env_unset.n, 1);
	assert_string_equal(p.env_unset.v[0], "A");
	assert_int_equal(p.env_set.n, 2);
	assert_string_equal(p.env_set.v[0], "B=2");
	assert_string_equal(p.env_set.v[1], "D=5");
	assert_int_equal(p.env_pass.n, 1);
	assert_string_equal(p.env_pass.v[0], "C");
	policy_free(&p);
	fixture_free(&f);
}

static void lists_are_bounded(void **state)
{
	struct fixture f;
	struct policy p;
	struct diag d;
	char *text = xstrdup("{\"fs\":{\"hide\":[\"x\"");

	(void)state;
	fixture_init(&f);
	for (int i = 0; i < KEY_LIST_MAX; i++) {
		char *longer = xasprintf("%s,\"a%d\"", text, i);

		free(text);
		text = longer;
	}
	{
		cleanup_free char *whole = xasprintf("%s]}}", text);

		fixture_write(&f, "data/x.json", whole);
	}
	free(text);
	assert_int_equal(fixture_load(&f, "sbox --profile x", &p, &d), -1);
	assert_non_null(strstr(d.text, "more than"));
	fixture_free(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rows_have_no_holes),
		cmocka_unit_test(manual_names_every_key),
		cmocka_unit_test(every_key_accepts_and_tightens),
		cmocka_unit_test(project_limits_are_minima),
		cmocka_unit_test(near_names_are_suggested),
		cmocka_unit_test(project_none_keeps_the_way_out),
		cmocka_unit_test(env_words_displace_one_another),
		cmocka_unit_test(lists_are_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
