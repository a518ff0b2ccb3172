/* SPDX-License-Identifier: MIT */
/* An invented host whose directories are real: for what reads profiles. */
#ifndef UNIT_POLICY_FIXTURE_H
#define UNIT_POLICY_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "sbox/cleanup.h"
#include "sbox/diag.h"
#include "sbox/fd.h"
#include "sbox/host.h"
#include "sbox/invocation.h"
#include "sbox/policy.h"

#define FIXTURE_SECCOMP "\"seccomp\":{\"defaultAction\":\"SCMP_ACT_ERRNO\"}"
#define ARGS_MAX	24

struct fixture {
	struct host host;
	char *dir;
};

static inline char *fixture_path(const struct fixture *f, const char *name)
{
	return xasprintf("%s/%s", f->dir, name);
}

/* name: below the fixture's directory, as in "data/base.json". */
static inline void fixture_write(const struct fixture *f, const char *name,
				 const char *text)
{
	cleanup_free char *path = fixture_path(f, name);

	assert_int_equal(file_replace(path, text, strlen(text), 0600), 0);
}

static inline void fixture_remove(const struct fixture *f, const char *name)
{
	cleanup_free char *path = fixture_path(f, name);

	(void)unlink(path); /* may not be there */
}

static inline void fixture_init(struct fixture *f)
{
	static const char *const dirs[] = {"cwd", "config", "data", "home"};
	char template[] = "/tmp/sbox-policy.XXXXXX";

	memset(f, 0, sizeof(*f));
	f->dir = xstrdup(mkdtemp(template));
	for (size_t i = 0; i < ARRAY_SIZE(dirs); i++) {
		cleanup_free char *path = fixture_path(f, dirs[i]);

		assert_int_equal(mkdir(path, 0700), 0);
	}
	f->host.cwd = fixture_path(f, "cwd");
	f->host.config_dir = fixture_path(f, "config");
	f->host.data_dir = fixture_path(f, "data");
	f->host.home = xstrdup("/home/u");
	f->host.uid = getuid();
	f->host.gid = getgid();
	fixture_write(f, "data/base.json",
		      "{\"description\":\"b\"," FIXTURE_SECCOMP "}");
	fixture_write(f, "data/nested.json",
		      "{\"extends\":[\"base\"],\"userns\":true,"
		      "\"seccomp\":{\"defaultAction\":\"SCMP_ACT_KILL\"}}");
}

static inline void fixture_free(struct fixture *f)
{
	cleanup_free char *command = xasprintf("rm -rf '%s'", f->dir);

	assert_int_equal(system(command), 0);
	free(f->dir);
	free(f->host.cwd);
	free(f->host.config_dir);
	free(f->host.data_dir);
	free(f->host.home);
}

/* Splits text at blanks ('|' stands for a blank within a word). */
static inline int fixture_words(char *text, char *argv[ARGS_MAX])
{
	int n = 0;

	for (char *w = strtok_r(text, " ", &text); w;
	     w = strtok_r(NULL, " ", &text)) {
		for (char *p = strchr(w, '|'); p; p = strchr(p, '|'))
			*p = ' ';
		assert_true(n < ARGS_MAX - 1);
		argv[n++] = w;
	}
	argv[n] = NULL;
	return n;
}

/* Parse a command line and load its policy. 0, or -1 and d. */
static inline int fixture_load(const struct fixture *f, const char *line,
			       struct policy *out, struct diag *d)
{
	cleanup_free char *text = xstrdup(line);
	char *argv[ARGS_MAX];
	struct invocation inv;
	int rc;

	memset(d, 0, sizeof(*d));
	rc = invocation_parse(fixture_words(text, argv), argv, &inv, d);
	if (rc == 0)
		rc = policy_load(&inv, &f->host, out, d);
	invocation_free(&inv);
	return rc;
}

#endif
