/* SPDX-License-Identifier: MIT */
/*
 * The completion scripts: each shell's own parser accepts them, they name every
 * option, and bash's answers are asked for by running it. What the name of a
 * file becomes on the line is told by typing: a sandbox can have made that
 * file, under any name.
 */
#include "policy_fixture.h"

#include "gen/gen.h"
#include "policy/options.h"

static void scripts_name_every_option(void **state)
{
	(void)state;
	for (size_t s = 0; gen_shells[s]; s++) {
		cleanup_free char *text = gen_completion(gen_shells[s]);
		bool fish = strcmp(gen_shells[s], "fish") == 0;

		assert_non_null(text);
		for (size_t i = 0; i < noptions; i++) {
			cleanup_free char *name =
				options[i].name
					? xasprintf(fish ? " -l %s" : "--%s",
						    options[i].name)
					: xasprintf(fish ? " -s %c" : "-%c",
						    options[i].letter);

			if (!strstr(text, name))
				fail_msg("%s: no %s", gen_shells[s], name);
		}
	}
	assert_null(gen_completion("tcsh"));
	assert_null(gen_completion(""));
}

static bool is_installed(const char *shell)
{
	cleanup_free char *line =
		xasprintf("command -v %s >/dev/null 2>&1", shell);

	return system(line) == 0;
}

static void shells_accept_their_scripts(void **state)
{
	struct fixture f;

	(void)state;
	fixture_init(&f);
	for (size_t s = 0; gen_shells[s]; s++) {
		const char *shell = gen_shells[s];
		cleanup_free char *text = gen_completion(shell);
		cleanup_free char *line =
			xasprintf("%s -n %s/cwd/script", shell, f.dir);

		if (!is_installed(shell)) {
			print_message("# not run: no %s\n", shell);
			assert_null(getenv("CI"));
			continue;
		}
		fixture_write(&f, "cwd/script", text);
		if (system(line) != 0)
			fail_msg("%s refuses its script", shell);
	}
	fixture_free(&f);
}

/* words as typed, the last one being completed -> COMPREPLY, sorted */
static char *ask_bash(const struct fixture *f, const char *words)
{
	cleanup_free char *line = xasprintf(
		"cd %s/cwd && bash --norc -c '. ./script; "
		"compopt() { :; }; COMP_WORDS=(%s); "
		"COMP_CWORD=$((${#COMP_WORDS[@]} - 1)); _sbox; "
		"printf \"%%s\\n\" \"${COMPREPLY[@]}\" | sort | tr \"\\n\" \" "
		"\"'",
		f->dir, words);
	char buf[65536];
	size_t n;
	FILE *p = popen(line, "re");

	assert_non_null(p);
	n = fread(buf, 1, sizeof(buf) - 1, p);
	buf[n] = '\0';
	assert_int_equal(pclose(p), 0);
	return xstrdup(buf);
}

static void bash_answers(void **state)
{
	static const struct {
		const char *label, *words, *expected;
	} rows[] = {
		{"long option", "sbox --prof", "--profile "},
		{"behind another", "sbox --ro /x --verb", "--verbose "},
		{"words", "sbox --net \"\"", "filtered host none "},
		{"words, inlined", "sbox --net = n", "none "},
		{"words, just inlined", "sbox --net =", "filtered host none "},
		{"a limit", "sbox --limit mem", "memory= "},
		{"a key", "sbox --set fs.h", "fs.hide= "},
		{"a home", "sbox --home t", "tmp "},
		{"a profile", "sbox --profile own", "own-profile "},
		{"a strange one", "sbox --profile x", "x\\;\\$\\(y\\) "},
		{"not its options", "sbox cat --prof", " "},
		{"a command", "sbox -c x --timeout 5 compge", "compgen "},
	};
	struct fixture f;
	cleanup_free char *script = gen_completion("bash");
	cleanup_free char *config = NULL;

	(void)state;
	if (!is_installed("bash")) {
		print_message("# not run: no bash\n");
		assert_null(getenv("CI"));
		return;
	}
	fixture_init(&f);
	config = fixture_path(&f, "config/sbox");
	assert_int_equal(mkdir(config, 0700), 0);
	fixture_write(&f, "config/sbox/own-profile.json", "{}");
	fixture_write(&f, "config/sbox/x;$(y).json", "{}");
	fixture_write(&f, "cwd/script", script);
	assert_int_equal(setenv("XDG_CONFIG_HOME", f.host.config_dir, 1), 0);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		cleanup_free char *got = ask_bash(&f, rows[i].words);

		if (strcmp(got, rows[i].expected) != 0)
			fail_msg("%s: \"%s\"", rows[i].label, got);
	}
	fixture_free(&f);
}

/* The last argument that sbox is given when keys are typed in home. */
static char *type_in_bash(const struct fixture *f, const char *keys)
{
	cleanup_free char *line =
		xasprintf("cd %s/home && INPUTRC=/dev/null HISTFILE= TERM=dumb "
			  "setsid -w bash --norc -i <../keys 2>/dev/null",
			  f->dir);
	cleanup_free char *script = fixture_path(f, "script");
	cleanup_free char *all = xasprintf(
		". %s; sbox() { printf '%%s' \"${!#}\"; }\n%s\n", script, keys);
	char buf[4096];
	size_t n;
	FILE *p;

	fixture_write(f, "keys", all);
	p = popen(line, "re");
	assert_non_null(p);
	n = fread(buf, 1, sizeof(buf) - 1, p);
	buf[n] = '\0';
	assert_int_equal(pclose(p), 0);
	return xstrdup(buf);
}

static void bash_quotes_the_names_of_files(void **state)
{
	static const char *const names[] = {
		"p.json;touch PWNED;#.json",
		"p two words",
		"p$(touch PWNED)",
		"p`touch PWNED`",
		"p\ntouch PWNED\n",
		"p'\"\\",
		"p&touch PWNED&",
		"p>PWNED",
		"p{a,b}*?[c]",
		"p!!",
		"~",
		"-rf $(touch PWNED)",
	};
	static const char *const before[] = {"--profile ",
					     "--profile=", "--ro ", "cat "};
	struct fixture f;
	cleanup_free char *script = gen_completion("bash");

	(void)state;
	if (!is_installed("bash"))
		return; /* as above */
	fixture_init(&f);
	fixture_write(&f, "script", script);
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		cleanup_free char *file = xasprintf("home/%s", names[i]);
		cleanup_free char *path = xasprintf("./%s", names[i]);

		fixture_write(&f, file, "");
		for (size_t k = 0; k < ARRAY_SIZE(before); k++) {
			cleanup_free char *keys = xasprintf(
				"sbox %s./%c\t", before[k], names[i][0]);
			cleanup_free char *got = type_in_bash(&f, keys);
			const char *is = got;

			if (strncmp(is, "--profile=", 10) == 0)
				is += 10;
			if (strcmp(is, path) != 0)
				fail_msg("%s%s: \"%s\"", before[k], path, got);
		}
		fixture_remove(&f, file);
	}
	fixture_free(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(scripts_name_every_option),
		cmocka_unit_test(shells_accept_their_scripts),
		cmocka_unit_test(bash_answers),
		cmocka_unit_test(bash_quotes_the_names_of_files),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
