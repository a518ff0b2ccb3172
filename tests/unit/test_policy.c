/* SPDX-License-Identifier: MIT */
/* The dump of a policy: a profile that gives the same policy again. */
#include "policy_fixture.h"

#include "policy/keys.h"
#include "sbox/json.h"

static char *dump_again(const struct fixture *f, const char *dump)
{
	struct policy p;
	struct diag d;
	char *again;

	fixture_write(f, "data/again.json", dump);
	if (fixture_load(f, "sbox --profile again", &p, &d))
		fail_msg("%s", d.text);
	again = policy_dump(&p);
	policy_free(&p);
	return again;
}

static const char *const lines[] = {
	"sbox",
	"sbox true",
	"sbox --ro /a --ro /a:/b --ro-try /c --rw ~/d --rw-try e:/f true",
	"sbox --ro /with\\:colon:/b\\\\ackslash true",
	"sbox --hide .env --hide /x --tmpfs /t --home n%p --net host",
	"sbox --env A=1 --env B --env C=x=y --env D= --unset E --env F=\\",
	"sbox --env A=1 --unset A --env B --unset B --unset C --env C=3",
	"sbox --limit memory=4G --limit cpu=150% --limit pids=77",
	"sbox --limit files=9 --limit fileSize=5 --limit cpuTime=1h",
	"sbox --limit pids=unlimited --timeout 1500ms --limit tmp=1025K",
	"sbox --userns --git-config rw --tty relay --set tty.filter=false",
	"sbox --set seccomp=null",
	"sbox --allow *.a.org --allow 10.0.0.0/8:22 --deny b.a.org --via tor",
	"sbox --port 6000 --port 8080:11434 --publish auto:3000 --net filtered",
	"sbox --allow a.org --net none",
	"sbox --net none --allow a.org",
	"sbox --set net.limits={\"bytes\":\"2G\",\"idle\":null}",
	"sbox --socket /run/a --socket b:/run/b",
	("sbox --set net.services=[{\"port\":1,\"origin\":\"https://a.org\","
	 "\"headers\":{\"x\":{\"file\":\"~/k\"}}}]"),
	"sbox --set devices={\"gpu\":true,\"x11\":true}",
	"sbox --set net.loopback=false --set fs.protect=[\"a\",\"/b\"]",
	"sbox --set description=\"a\\u0001\\u009b\\u202e\\ud83d\\ude00\"",
};

static void dump_is_a_fixed_point(void **state)
{
	struct fixture f;

	(void)state;
	fixture_init(&f);
	for (size_t i = 0; i < ARRAY_SIZE(lines); i++) {
		cleanup_free char *one = NULL, *two = NULL;
		struct policy p;
		struct diag d;

		if (fixture_load(&f, lines[i], &p, &d))
			fail_msg("%s: %s", lines[i], d.text);
		one = policy_dump(&p);
		policy_free(&p);
		two = dump_again(&f, one);
		if (strcmp(one, two) != 0)
			fail_msg("%s:\n%s\n%s", lines[i], one, two);
	}
	fixture_free(&f);
}

/* What a terminal obeys, or doesn't show, is not printed as it is. */
static void dump_holds_no_control_characters(void **state)
{
	struct fixture f;
	struct policy p;
	struct diag d;
	char *dump;

	(void)state;
	fixture_init(&f);
	assert_int_equal(
		fixture_load(&f,
			     "sbox --env A=\x1b[2J\xc2\x9b\xe2\x80\xae\xff\x7f",
			     &p, &d),
		0);
	dump = policy_dump(&p);
	for (const char *c = dump; *c; c++)
		assert_true(*c == '\n' || *c == '\t' ||
			    (*c >= 0x20 && *c < 0x7f));
	assert_non_null(strstr(dump, "\\u001b[2J\\u009b\\u202e\\ufffd\\u007f"));
	free(dump);
	policy_free(&p);
	fixture_free(&f);
}

/* An empty profile and none at all are the same thing. */
static void default_is_the_empty_profile(void **state)
{
	struct policy p;

	(void)state;
	policy_init(&p);
	assert_string_equal(p.home, "tmp");
	assert_int_equal(p.net, NET_UNSAID);
	assert_int_equal(p.git_config, GIT_CONFIG_RO);
	assert_int_equal(p.tty, TTY_AUTO);
	assert_true(p.tty_filter);
	assert_false(p.userns);
	assert_false(p.limits.pids_explicit);
	assert_true(p.limits.pids != POLICY_UNLIMITED);
	assert_null(p.seccomp.object);
	policy_free(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(dump_is_a_fixed_point),
		cmocka_unit_test(dump_holds_no_control_characters),
		cmocka_unit_test(default_is_the_empty_profile),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
