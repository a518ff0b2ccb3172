/* SPDX-License-Identifier: MIT */
/* The command line: every option, every way to get one wrong. */
#include "policy_fixture.h"

#include "policy/key_types.h"
#include "policy/keys.h"
#include "policy/options.h"

static void option_rows_have_no_holes(void **state)
{
	cleanup_free char *help = options_help();

	(void)state;
	for (size_t i = 0; i < noptions; i++) {
		const struct option_row *o = &options[i];
		bool on_key = o->kind == OPTION_KEY;

		assert_true(o->name || o->letter);
		assert_non_null(o->help);
		assert_true(strlen(o->help) <= 54); /* fits 80 columns */
		assert_non_null(strstr(help, o->help));
		assert_true(o->kind < OPTION_KIND__COUNT);
		assert_int_equal(on_key, o->key != NULL);
		if (o->key) {
			const struct key *k = key_find(o->key);

			assert_non_null(k);
			/* set by a text, never as a whole object */
			assert_true((key_types[k->type].accepts |
				     key_types[k->type].members) &
				    (cJSON_String | cJSON_True));
			/* given is true: there is no other word for it */
			if (key_types[k->type].accepts & cJSON_True)
				assert_null(o->arg);
		}
		for (size_t j = 0; j < i; j++) {
			if (o->name && options[j].name)
				assert_string_not_equal(o->name,
							options[j].name);
			assert_true(!o->letter ||
				    o->letter != options[j].letter);
		}
	}
}

/* sbox.1 has an item for every option. */
static void manual_names_every_option(void **state)
{
	const char *top = getenv("SBOX_TOP");
	cleanup_free char *path = xasprintf("%s/man/sbox.1", top ? top : ".");
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
	for (size_t i = 0; i < noptions; i++) {
		cleanup_free char *item =
			options[i].name ? xasprintf("Fl -%s", options[i].name)
					: xasprintf("Fl %c", options[i].letter);

		if (!strstr(text, item))
			fail_msg("sbox.1: no %s", item);
	}
}

static const struct {
	const char *label, *line, *error; /* part of the message */
} bad_rows[] = {
	{"unknown option", "sbox --bogus", "--bogus: unknown option"},
	{"unknown option is no command", "sbox --bogus -- true", "--bogus"},
	{"abbreviation", "sbox --verb true", "--verb: unknown"},
	{"empty name", "sbox --=x", "--: unknown"},
	{"unknown letter", "sbox -x", "-x: unknown"},
	{"letters together", "sbox -qv", "-qv: unknown"},
	{"one dash", "sbox -ro /x", "-ro: unknown"},
	{"missing argument", "sbox --ro", "--ro: needs an argument"},
	{"missing text", "sbox -c", "-c: needs an argument"},
	{"unwanted argument", "sbox --userns=yes", "takes no argument"},
	{"two actions", "sbox --help --version", "combined"},
	{"keep-fd word", "sbox --keep-fd x", "--keep-fd: x"},
	{"keep-fd negative", "sbox --keep-fd -1", "--keep-fd: -1"},
	{"keep-fd 2", "sbox --keep-fd 2", "always passed"},
	{"keep-fd huge", "sbox --keep-fd 2147483648", "--keep-fd"},
	{"keep-fd empty",
	 "sbox --keep-fd=", "--keep-fd: the argument is empty"},
	{"empty path", "sbox --ro=", "--ro: the argument is empty"},
	{"two colons", "sbox --ro /a:/b:/c", "more than one colon"},
	{"relative destination", "sbox --ro /a:b", "--ro: /a:b: the DEST"},
	{"empty destination", "sbox --rw /a:", "--rw: "},
	{"empty source", "sbox --rw :/a", "--rw: an empty path"},
	{"dot-dot within", "sbox --ro /a/../b", "--ro: "},
	{"dot-dot behind", "sbox --ro a/../b", "--ro: "},
	{"newline", "sbox --ro /a\nb", "--ro: "},
	{"other user's home", "sbox --ro ~root/x", "--ro: ~root"},
	{"tmpfs dot-dot", "sbox --tmpfs /a/..", "--tmpfs: "},
	{"hide dot-dot", "sbox --hide a/../b", "--hide: "},
	{"hide nothing", "sbox --hide=", "--hide: the argument is empty"},
	{"home with slash", "sbox --home a/b", "--home: a/b"},
	{"home dot", "sbox --home .ssh", "--home: .ssh"},
	{"home dot-dot", "sbox --home ..", "--home: .."},
	{"home two ids", "sbox --home %p%p", "--home: %p%p"},
	{"home empty", "sbox --home=", "--home: the argument is empty"},
	{"net unknown", "sbox --net bridge", "none, filtered, host"},
	{"not a name", "sbox --allow https://a.org", "--allow: "},
	{"a range backwards", "sbox --allow a.org:9-8", "--allow: "},
	{"deny with tcp", "sbox --deny tcp:a.org:1", "--deny: "},
	{"port 0", "sbox --port 0", "--port: "},
	{"auto inside", "sbox --port auto:1", "--port: "},
	{"publish on an address", "sbox --publish 0.0.0.0:1", "--publish: "},
	{"SOCKS with names looked up here", "sbox --via socks5://x:1",
	 "--via: "},
	{"net empty", "sbox --net=", "--net: the argument is empty"},
	{"cwd empty", "sbox --cwd=", "--cwd: the argument is empty"},
	{"tty unknown", "sbox --tty raw", "auto, relay, none"},
	{"git-config", "sbox --git-config yes", "ro, rw"},
	{"env without name", "sbox --env =x", "--env: =x"},
	{"env bad name", "sbox --env A-B=1", "--env: A-B"},
	{"env digit first", "sbox --env 1A=1", "--env: 1A"},
	{"env everything", "sbox --env *", "--env: *"},
	{"unset bad name", "sbox --unset A=1", "--unset: A=1"},
	{"unset pattern", "sbox --unset LC_*", "--unset: LC_*"},
	{"limit without value", "sbox --limit memory", "expected KEY=VALUE"},
	{"limit unknown", "sbox --limit memroy=1G", "no such limit"},
	{"limit not a size", "sbox --limit memory=1.5G", "--limit: memory"},
	{"limit negative", "sbox --limit pids=-1", "--limit: pids"},
	{"limit zero", "sbox --limit memory=0", "zero"},
	{"limit huge", "sbox --limit memory=99999999999999T", "memory"},
	{"limit beyond 63 bits", "sbox --limit memory=9223372036854775808",
	 "memory"},
	{"limit empty", "sbox --limit memory=", "memory"},
	{"timeout word", "sbox --timeout soon", "--timeout: soon"},
	{"timeout zero", "sbox --timeout 0", "--timeout: 0"},
	{"timeout huge", "sbox --timeout 366d", "--timeout: 366d"},
	{"set without value", "sbox --set home", "expected KEY=JSON"},
	{"set without key", "sbox --set =1", "expected KEY=JSON"},
	{"set unknown", "sbox --set hoem=\"x\"", "hoem: unknown key"},
	{"set not JSON", "sbox --set home=x", "--set home:1"},
	{"set wrong type", "sbox --set home=1", "--set home:1: home"},
	{"set trailing", "sbox --set home=\"x\"y", "--set home:1"},
	{"set extends", "sbox --set extends=[\"base\"]", "extends"},
	{"set relative", "sbox --set fs.read=[\"x\"]", "absolute"},
	{"set group of wrong type", "sbox --set fs=[]", "expected an object"},
	{"profile missing", "sbox --profile nosuch", "nosuch: no such"},
	{"profile file missing", "sbox --profile ./x.json", "x.json"},
	{"profile bad name", "sbox --profile .x", "--profile: .x"},
	{"profile empty", "sbox --profile=", "--profile: "},
};

static void bad_lines_are_refused(void **state)
{
	struct fixture f;
	struct policy p;
	struct diag d;

	(void)state;
	fixture_init(&f);
	for (size_t i = 0; i < ARRAY_SIZE(bad_rows); i++) {
		int rc = fixture_load(&f, bad_rows[i].line, &p, &d);

		if (rc != -1)
			fail_msg("%s: accepted", bad_rows[i].label);
		if (!strstr(d.text, bad_rows[i].error))
			fail_msg("%s: %s", bad_rows[i].label, d.text);
	}
	fixture_free(&f);
}

/* Where options end: the first other word, or "--". */
static void commands_are_left_alone(void **state)
{
	static const struct {
		const char *label, *line, *command;
	} rows[] = {
		{"none", "sbox", NULL},
		{"none behind dashes", "sbox --", NULL},
		{"first word", "sbox ls --help", "ls"},
		{"dashes", "sbox -- --help", "--help"},
		{"dashes once", "sbox -- -- x", "--"},
		{"one dash is a word", "sbox - x", "-"},
		{"behind an argument", "sbox --net none ls", "ls"},
		{"inlined argument", "sbox --net=none ls", "ls"},
		{"argument like an option", "sbox --ro --rw ls", "ls"},
		{"words of -c", "sbox -c text zero --one", "zero"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		cleanup_free char *text = xstrdup(rows[i].line);
		char *argv[ARGS_MAX];
		struct invocation inv;
		struct diag d = {0};

		if (invocation_parse(fixture_words(text, argv), argv, &inv, &d))
			fail_msg("%s: %s", rows[i].label, d.text);
		assert_int_equal(inv.action, ACTION_RUN);
		if (!rows[i].command)
			assert_null(inv.command[0]);
		else if (strcmp(inv.command[0], rows[i].command) != 0)
			fail_msg("%s: %s", rows[i].label, inv.command[0]);
		invocation_free(&inv);
	}
}

static void fields_are_filled(void **state)
{
	char text[] = "sbox -q -v --cwd /d --force-cwd --profile=p "
		      "--trust-project --keep-fd 7 --keep-fd 5 --keep-fd 7 "
		      "-c x|y --dry-run a";
	char *argv[ARGS_MAX];
	struct invocation inv;
	struct diag d = {0};

	(void)state;
	assert_int_equal(
		invocation_parse(fixture_words(text, argv), argv, &inv, &d), 0);
	assert_true(inv.quiet && inv.verbose && inv.force_cwd &&
		    inv.trust_project);
	assert_string_equal(inv.cwd, "/d");
	assert_string_equal(inv.profile, "p");
	assert_string_equal(inv.shell_text, "x y");
	assert_int_equal(inv.action, ACTION_DRY_RUN);
	assert_int_equal(inv.nkeep_fds, 2);
	assert_int_equal(inv.keep_fds[0], 7);
	assert_int_equal(inv.keep_fds[1], 5);
	assert_string_equal(inv.command[0], "a");
	invocation_free(&inv);
	assert_int_equal(invocation_parse(0, (char *[]){NULL}, &inv, &d), 0);
	assert_null(inv.command[0]);
	invocation_free(&inv);
}

/* Relative paths are the working directory's; its own ".." is text. */
static void paths_are_relative_to_the_cwd(void **state)
{
	struct fixture f;
	struct policy p;
	struct diag d;
	cleanup_free char *below = NULL, *beside = NULL;

	(void)state;
	fixture_init(&f);
	below = fixture_path(&f, "cwd/a");
	beside = fixture_path(&f, "a");
	assert_int_equal(fixture_load(&f,
				      "sbox --ro ./a --ro ../a --ro . "
				      "--ro ../../../../.. --ro .././cwd/a "
				      "--rw ~/a:/x\\:y --hide ../a --hide a "
				      "--hide ~/a",
				      &p, &d),
			 0);
	assert_int_equal(p.read.n, 4); /* the last is the first again */
	assert_string_equal(p.read.v[0].src, below);
	assert_string_equal(p.read.v[1].src, beside);
	assert_string_equal(p.read.v[2].src, f.host.cwd);
	assert_string_equal(p.read.v[3].src, "/");
	assert_string_equal(p.read.v[0].origin, "--ro");
	assert_string_equal(p.write.v[0].src, "/home/u/a");
	assert_string_equal(p.write.v[0].dest, "/x:y");
	assert_string_equal(p.hide.v[0], beside);
	assert_string_equal(p.hide.v[1], "a");
	assert_string_equal(p.hide.v[2], "/home/u/a");
	policy_free(&p);
	fixture_free(&f);
}

/* Flags come last, in order: the later one wins. */
static void settings_override_profiles(void **state)
{
	struct fixture f;
	struct policy p;
	struct diag d;

	(void)state;
	fixture_init(&f);
	fixture_write(&f, "data/x.json",
		      "{\"net\":{\"mode\":\"host\"},\"home\":\"x\","
		      "\"limits\":{\"time\":9}}");
	assert_int_equal(fixture_load(&f,
				      "sbox --profile x --net host --net none "
				      "--home y --timeout 3 --userns --set "
				      "userns=false",
				      &p, &d),
			 0);
	assert_int_equal(p.net, NET_NONE);
	assert_string_equal(p.home, "y");
	assert_int_equal(p.limits.time, 3000);
	assert_false(p.userns);
	policy_free(&p);
	fixture_free(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(option_rows_have_no_holes),
		cmocka_unit_test(manual_names_every_option),
		cmocka_unit_test(bad_lines_are_refused),
		cmocka_unit_test(commands_are_left_alone),
		cmocka_unit_test(fields_are_filled),
		cmocka_unit_test(paths_are_relative_to_the_cwd),
		cmocka_unit_test(settings_override_profiles),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
