/* SPDX-License-Identifier: MIT */
/*
 * plan_build on an invented host: a table of files, read through struct
 * host_fs, so every case says all that there is. What is compared is the text
 * of plan_print without the steps that every plan has (layout, /proc, covers).
 */
#include <errno.h>
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
#include "sbox/host.h"
#include "sbox/invocation.h"
#include "sbox/path.h"
#include "sbox/plan.h"

#define HOME	  "/home/u"
#define CWD	  "/home/u/p"
#define ROWS_MAX  12
#define LINKS_MAX 16

/* A file; every directory above one is there, too. */
struct row {
	const char *path;
	mode_t type;	  /* S_IFREG (0755), S_IFDIR, S_IFLNK, S_IFSOCK */
	const char *text; /* content or target */
};

struct world {
	const struct row *rows;
	size_t n;
};

/* clang-format off */
static const struct row system_rows[] = {
	{ "/usr/bin/true",	S_IFREG, "" },
	{ "/usr/bin/env",	S_IFREG, "" },
	{ "/usr/bin/node",	S_IFREG, "" },
	{ "/usr/bin/python3",	S_IFREG, "" },
	{ CWD,			S_IFDIR, NULL },
	{ HOME "/.config/sbox",	S_IFDIR, NULL },
	{ HOME "/.ssh/id",	S_IFREG, "secret" },
};
/* clang-format on */

static const struct row *find_in(const struct row *rows, size_t n,
				 const char *path, struct host_stat *st)
{
	static const struct row directory = {"", S_IFDIR, NULL};

	for (size_t i = 0; i < n && rows[i].path; i++) {
		if (strcmp(rows[i].path, path) == 0) {
			*st = (struct host_stat){.mode = rows[i].type | 0755,
						 .uid = 1000,
						 .gid = 1000,
						 .dev = 1,
						 .ino = i + 1};
			return &rows[i];
		}
	}
	for (size_t i = 0; i < n && rows[i].path; i++) {
		if (path_under(path, rows[i].path)) {
			*st = (struct host_stat){.mode = S_IFDIR | 0755,
						 .uid = 1000,
						 .gid = 1000,
						 .dev = 1,
						 .ino = i + 1000};
			return &directory;
		}
	}
	return NULL;
}

/* As lstat(2): links above the last component are followed. */
static const struct row *find(const struct world *w, const char *path,
			      struct host_stat *st)
{
	cleanup_free char *at = xstrdup(path);

	for (unsigned links = 0; links < LINKS_MAX; links++) {
		const struct row *r = NULL;
		char *slash = at;

		while ((slash = strchr(slash + 1, '/'))) {
			cleanup_free char *head =
				xstrndup(at, (size_t)(slash - at));
			cleanup_free char *dir = path_dirname(head);
			cleanup_free char *to = NULL;

			r = find_in(w->rows, w->n, head, st);
			if (!r || r->type != S_IFLNK)
				continue;
			to = path_join(dir, r->text);
			slash = xasprintf("%s%s", to, slash);
			free(at);
			at = slash;
			break;
		}
		if (slash)
			continue;
		r = find_in(w->rows, w->n, at, st);
		if (!r)
			r = find_in(system_rows, ARRAY_SIZE(system_rows), at,
				    st);
		if (!r)
			errno = ENOENT;
		return r;
	}
	errno = ELOOP;
	return NULL;
}

static int fs_lstat(void *ctx, const char *path, struct host_stat *out)
{
	return find(ctx, path, out) ? 0 : -1;
}

static char *fs_readlink(void *ctx, const char *path)
{
	struct host_stat st;
	const struct row *r = find(ctx, path, &st);

	if (r && r->type == S_IFLNK)
		return xstrdup(r->text);
	errno = r ? EINVAL : ENOENT;
	return NULL;
}

static int fs_readable(void *ctx, const char *path)
{
	struct host_stat st;

	return find(ctx, path, &st) ? 0 : -1;
}

static char *fs_read_head(void *ctx, const char *path, size_t max, size_t *len)
{
	struct host_stat st;
	const struct row *r = find(ctx, path, &st);

	if (r && r->type == S_IFREG) {
		char *text = xstrndup(r->text, max);

		*len = strlen(text);
		return text;
	}
	errno = r ? EINVAL : ENOENT;
	return NULL;
}

static int fs_list(void *ctx, const char *path, struct strlist *out)
{
	(void)ctx;
	(void)path;
	(void)out;
	return 0; /* only root lists directories (/etc) */
}

struct scene {
	const char *label;
	const char *command;
	const char *path;    /* PATH; NULL: /usr/bin */
	const char *ro, *rw; /* --ro, --rw: one path each */
	const char *protect, *hide;
	const char *socket; /* bound on the host */
	bool git_config_rw;
	struct row rows[ROWS_MAX];
	const char *want;    /* the plan's own steps */
	const char *refusal; /* or what the diag says */
	const char *warning; /* or in the first warning */
};

static void paths_add(struct policy_paths *l, const char *path,
		      const char *origin)
{
	if (!path)
		return;
	l->v = xcalloc(1, sizeof(*l->v));
	l->v[l->n++] = (struct policy_path){.src = xstrdup(path),
					    .dest = xstrdup(path),
					    .origin = xstrdup(origin)};
}

/* The lines of plan_print that say what is special about this plan. */
static char *own_steps(const struct plan *plan)
{
	static const char *const common[] = {"# layout", "# proc", "# cover",
					     "# home", "# XDG_RUNTIME_DIR"};
	cleanup_free char *text = plan_print(plan);
	char *out = xcalloc(1, strlen(text) + 1);
	char *save = NULL;

	for (char *line = strtok_r(text, "\n", &save); line;
	     line = strtok_r(NULL, "\n", &save)) {
		bool skip = strncmp(line, "mount ", 6) != 0;

		for (size_t i = 0; i < ARRAY_SIZE(common); i++)
			skip = skip || strstr(line, common[i]);
		if (!skip)
			(void)sprintf(out + strlen(out), "%s\n", line + 6);
	}
	return out;
}

static struct host host_of(struct world *w, char **env, const char *cwd)
{
	struct host h = {
		.fs = {w, fs_lstat, fs_readlink, fs_readable, fs_read_head,
		       fs_list},
		.uid = 1000,
		.gid = 1000,
		.user = xstrdup("u"),
		.home = xstrdup(HOME),
		.passwd_home = xstrdup(HOME),
		.shell = xstrdup("/usr/bin/sh"),
		.cwd = xstrdup(cwd),
		.config_dir = xstrdup(HOME "/.config/sbox"),
		.state_dir = xstrdup(HOME "/.local/state/sbox"),
		.cache_dir = xstrdup(HOME "/.cache/sbox"),
		.data_dir = xstrdup("/usr/share/sbox/profiles"),
		.self = xstrdup("/usr/bin/sbox"),
		.hostname = xstrdup("host"),
		.env = env,
		.memory = UINT64_C(1) << 30,
		.landlock_abi = 3,
	};

	h.cwd_stat.mode = S_IFDIR | 0755;
	h.cwd_stat.uid = 1000;
	return h;
}

/* Ends in a message with the label when got is not what is wanted. */
static void expect_text(const char *label, const char *got, const char *want)
{
	if (strcmp(got, want) != 0)
		fail_msg("%s:\n--- got\n%s--- want\n%s", label, got, want);
}

static void expect_part(const char *label, const char *got, const char *want)
{
	if (!strstr(got, want))
		fail_msg("%s: \"%s\" lacks \"%s\"", label, got, want);
}

static void check(const struct scene *s)
{
	struct world w = {s->rows, ROWS_MAX};
	cleanup_free char *path =
		xasprintf("PATH=%s", s->path ? s->path : "/usr/bin");
	char *env[] = {path, NULL};
	char *command[] = {xstrdup(s->command ? s->command : "true"), NULL};
	struct host h = host_of(&w, env, CWD);
	struct invocation inv = {.command = command};
	struct diag d = {.text = ""};
	struct policy policy;
	struct plan plan;
	int r;

	policy_init(&policy);
	paths_add(&policy.read, s->ro, "--ro");
	paths_add(&policy.write, s->rw, "--rw");
	if (s->protect)
		strlist_add(&policy.protect, s->protect);
	if (s->hide)
		strlist_add(&policy.hide, s->hide);
	if (s->socket)
		strlist_add(&h.sockets, s->socket);
	if (s->git_config_rw)
		policy.git_config = GIT_CONFIG_RW;
	r = plan_build(&policy, &h, &inv, &plan, &d);
	if (s->refusal) {
		if (r == 0)
			fail_msg("%s: was not refused", s->label);
		expect_part(s->label, d.text, s->refusal);
	} else {
		cleanup_free char *got = own_steps(&plan);

		if (r < 0)
			fail_msg("%s: refused: %s", s->label, d.text);
		expect_text(s->label, got, s->want);
	}
	for (size_t i = 0; s->warning && i <= plan.warnings.n; i++) {
		if (i == plan.warnings.n)
			fail_msg("%s: no warning of %s", s->label, s->warning);
		if (strstr(plan.warnings.v[i], s->warning))
			break;
	}
	plan_free(&plan);
	policy_free(&policy);
	host_free(&h);
	free(command[0]);
}

#define SHOWN_CWD  "bind " CWD " from " CWD " cwd checked # cwd\n"
#define GIT_PIN	   "pin " CWD "/.git checked # protect\n"
#define RO(p, why) "read-only " p " checked # " why "\n"

/* clang-format off */
static const struct scene protection[] = {
{ .label = "an empty project is shown and nothing else",
  .want = SHOWN_CWD },
{ .label = "the directories above a protected file are pinned first",
  .rows = { { CWD "/.git/hooks", S_IFDIR, NULL },
	    { CWD "/.git/config", S_IFREG, "" } },
  .want = SHOWN_CWD GIT_PIN RO(CWD "/.git/hooks", "protect")
	  RO(CWD "/.git/config", "protect") },
{ .label = "--git-config rw leaves the configuration alone",
  .git_config_rw = true,
  .rows = { { CWD "/.git/hooks", S_IFDIR, NULL },
	    { CWD "/.git/config", S_IFREG, "" } },
  .want = SHOWN_CWD GIT_PIN RO(CWD "/.git/hooks", "protect") },
{ .label = "a bare repository's hooks are protected",
  .rows = { { CWD "/HEAD", S_IFREG, "" }, { CWD "/objects", S_IFDIR, NULL },
	    { CWD "/hooks", S_IFDIR, NULL } },
  .want = SHOWN_CWD RO(CWD "/hooks", "protect") },
{ .label = "a directory called hooks is not a repository",
  .rows = { { CWD "/hooks", S_IFDIR, NULL } },
  .want = SHOWN_CWD },
{ .label = "a protected link is refused",
  .rows = { { CWD "/.envrc", S_IFLNK, "/home/u/x" } },
  .refusal = CWD "/.envrc: a symbolic link can't be protected" },
{ .label = "a link above a protected file is refused",
  .rows = { { CWD "/.git", S_IFLNK, "g" }, { CWD "/g/hooks", S_IFDIR, NULL } },
  .refusal = CWD "/.git: a symbolic link can't be protected" },
{ .label = "fs.protect is relative to the cwd",
  .protect = "a/b", .rows = { { CWD "/a/b", S_IFREG, "" } },
  .want = SHOWN_CWD "pin " CWD "/a checked # fs.protect\n"
	  RO(CWD "/a/b", "fs.protect") },
{ .label = "--ro of the cwd makes it read-only",
  .ro = CWD, .rows = { { CWD "/.git/hooks", S_IFDIR, NULL } },
  .want = "bind " CWD " from " CWD " ro checked # option\n" },
{ .label = "--rw of the very file lifts its protection",
  .rw = CWD "/.envrc", .rows = { { CWD "/.envrc", S_IFREG, "" } },
  .want = SHOWN_CWD },
{ .label = "fs.hide covers a file of the project",
  .hide = ".env", .rows = { { CWD "/.env", S_IFREG, "" } },
  .want = SHOWN_CWD "hide-file " CWD "/.env checked # hide\n" },
{ .label = "fs.hide of a link hides what it names",
  .hide = ".env",
  .rows = { { CWD "/.env", S_IFLNK, "real" }, { CWD "/real", S_IFREG, "" } },
  .want = SHOWN_CWD "hide-file " CWD "/real checked # hide\n" },
{ .label = "a host's socket in the project is hidden",
  .socket = CWD "/s", .rows = { { CWD "/s", S_IFSOCK, NULL } },
  .want = SHOWN_CWD "hide-file " CWD "/s checked # host's socket\n" },
{ .label = "a socket that is not visible needs no hiding",
  .socket = "/home/u/s", .rows = { { "/home/u/s", S_IFSOCK, NULL } },
  .want = SHOWN_CWD },
{ .label = "sbox's configuration stays read-only in what --rw shows",
  .rw = HOME "/.config",
  .refusal = NULL,
  .want = "bind " HOME "/.config from " HOME "/.config checked # option\n"
	  SHOWN_CWD RO(HOME "/.config/sbox", "sbox's own") },
{ .label = "sbox's configuration itself is never writable",
  .rw = HOME "/.config/sbox",
  .refusal = "must not be writable inside" },
{ .label = "a missing --ro is told by its origin",
  .ro = "/none", .refusal = "--ro: /none" },
{ .label = "/proc of the host is never shown",
  .ro = "/proc/1",
  .rows = { { "/proc/1", S_IFDIR, NULL } },
  .refusal = "can't be shown" },
};

#define COMMON "/home/u/m/.git"
#define WORKTREE(back)							\
	{ { CWD "/.git", S_IFREG, "gitdir: " COMMON "/worktrees/p\n" },	\
	  { COMMON "/worktrees/p/gitdir", S_IFREG, back "\n" },		\
	  { COMMON "/HEAD", S_IFREG, "" },				\
	  { COMMON "/objects", S_IFDIR, NULL },				\
	  { COMMON "/hooks", S_IFDIR, NULL },				\
	  { COMMON "/config", S_IFREG, "" } }

static const struct scene worktrees[] = {
{ .label = "a worktree whose repository names it back brings it along",
  .rows = WORKTREE(CWD "/.git"),
  .want = SHOWN_CWD "bind " COMMON " from " COMMON
	  " checked # git worktree\n"
	  RO(COMMON "/hooks", "protect") RO(COMMON "/config", "protect")
	  RO(CWD "/.git", "git") RO(COMMON "/hooks", "git")
	  RO(COMMON "/config", "git") },
{ .label = "a worktree that is not named back brings nothing",
  .rows = WORKTREE("/home/u/other/.git"),
  .want = SHOWN_CWD, .warning = "doesn't name it back" },
{ .label = "a .git file can't name just any directory",
  .rows = { { CWD "/.git", S_IFREG, "gitdir: /home/u/.ssh\n" } },
  .want = SHOWN_CWD, .warning = "doesn't name it back" },
};

#define NPM HOME "/.npm-global"
#define NVM HOME "/.nvm/versions/node/v20"
#define VENV HOME "/venv"

static const struct scene installs[] = {
{ .label = "a command of the system needs nothing",
  .want = SHOWN_CWD },
{ .label = "a command that is not found adds nothing",
  .command = "nosuch", .want = SHOWN_CWD },
{ .label = "an npm prefix: the package tree and the link to it",
  .command = "claude", .path = NPM "/bin:/usr/bin",
  .rows = { { NPM "/bin/claude", S_IFLNK, "../lib/node_modules/c/cli.js" },
	    { NPM "/lib/node_modules/c/cli.js", S_IFREG,
	      "#!/usr/bin/env node\n" } },
  .want = SHOWN_CWD
	  "bind " NPM "/lib/node_modules from " NPM
	  "/lib/node_modules ro checked # command\n"
	  "symlink " NPM "/bin/claude -> ../lib/node_modules/c/cli.js"
	  " # command\n" },
{ .label = "a node version: its whole prefix, by env's node",
  .command = "claude", .path = NVM "/bin:/usr/bin",
  .rows = { { NVM "/bin/claude", S_IFLNK, "../lib/node_modules/c/cli.js" },
	    { NVM "/lib/node_modules/c/cli.js", S_IFREG,
	      "#!/usr/bin/env node\n" },
	    { NVM "/bin/node", S_IFREG, "" } },
  .want = SHOWN_CWD "bind " NVM " from " NVM " ro checked # command\n" },
{ .label = "a virtual environment: the directory above bin",
  .command = "tool", .path = VENV "/bin:/usr/bin",
  .rows = { { VENV "/bin/tool", S_IFREG, "#!" VENV "/bin/python3\n" },
	    { VENV "/bin/python3", S_IFLNK, "/usr/bin/python3" },
	    { VENV "/lib/x.py", S_IFREG, "" } },
  .want = "bind " CWD " from " CWD " cwd checked # cwd\n"
	  "bind " VENV " from " VENV " ro checked # command\n" },
{ .label = "a chain of links: each of them, and the file",
  .command = "tool", .path = HOME "/.local/bin",
  .rows = { { HOME "/.local/bin/tool", S_IFLNK, "../../apps/current" },
	    { HOME "/apps/current", S_IFLNK, "tool-2" },
	    { HOME "/apps/tool-2", S_IFREG, "" } },
  .want = SHOWN_CWD "bind " HOME "/apps/tool-2 from " HOME
	  "/apps/tool-2 ro checked # command\n"
	  "symlink " HOME "/.local/bin/tool -> ../../apps/current # command\n"
	  "symlink " HOME "/apps/current -> tool-2 # command\n" },
{ .label = "a program in ~/.local/bin: the file alone",
  .command = "tool", .path = HOME "/.local/bin",
  .rows = { { HOME "/.local/bin/tool", S_IFREG, "" },
	    { HOME "/.local/lib/x", S_IFREG, "" } },
  .want = SHOWN_CWD "bind " HOME "/.local/bin/tool from " HOME
	  "/.local/bin/tool ro checked # command\n" },
};
/* clang-format on */

/* clang-format off */
/* What an earlier run could have left in the project decides nothing. */
static const struct scene planted[] = {
{ .label = "--ro of a planted link is refused",
  .ro = CWD "/l", .rows = { { CWD "/l", S_IFLNK, HOME "/.ssh" } },
  .refusal = "goes through a symbolic link in " CWD },
{ .label = "--rw through a planted link is refused",
  .rw = CWD "/l/id", .rows = { { CWD "/l", S_IFLNK, HOME "/.ssh" } },
  .refusal = "goes through a symbolic link in " CWD },
{ .label = "a planted link in what --rw shows is refused, too",
  .rw = "/home/u/w", .ro = "/home/u/w/l",
  .rows = { { "/home/u/w/l", S_IFLNK, HOME "/.ssh" } },
  .refusal = "goes through a symbolic link in /home/u/w" },
{ .label = "a link outside is followed",
  .ro = "/home/u/l", .rows = { { "/home/u/l", S_IFLNK, "/usr/bin" } },
  .want = "bind /home/u/l from /usr/bin ro checked # option\n" SHOWN_CWD },
{ .label = "a planted link to a command shows nothing",
  .command = "./tool", .rows = { { CWD "/tool", S_IFLNK, HOME "/.ssh/id" } },
  .want = SHOWN_CWD },
{ .label = "a planted entry of PATH shows nothing",
  .command = "tool", .path = CWD "/bin:/usr/bin",
  .rows = { { CWD "/bin/tool", S_IFLNK, HOME "/.ssh/id" } },
  .want = SHOWN_CWD },
{ .label = "a planted shebang line shows nothing",
  .command = "./tool",
  .rows = { { CWD "/tool", S_IFREG, "#!" HOME "/.ssh/id\n" } },
  .want = SHOWN_CWD },
{ .label = "a planted .git file that leads through a planted link",
  .rows = { { CWD "/.git", S_IFREG, "gitdir: " CWD "/l/worktrees/p\n" },
	    { CWD "/l", S_IFLNK, "/home/u/m/.git" },
	    { "/home/u/m/.git/worktrees/p/gitdir", S_IFREG, CWD "/.git\n" } },
  .want = SHOWN_CWD },
};
/* clang-format on */

static void run(const struct scene *s, size_t n)
{
	for (size_t i = 0; i < n; i++)
		check(&s[i]);
}

static void test_protection(void **state)
{
	(void)state;
	run(protection, ARRAY_SIZE(protection));
}

static void test_worktrees(void **state)
{
	(void)state;
	run(worktrees, ARRAY_SIZE(worktrees));
}

static void test_planted(void **state)
{
	(void)state;
	run(planted, ARRAY_SIZE(planted));
}

static void test_installs(void **state)
{
	(void)state;
	run(installs, ARRAY_SIZE(installs));
}

/* clang-format off */
static const struct {
	const char *label, *cwd;
	bool force;
	const char *refusal; /* NULL: allowed */
} cwds[] = {
	{ "a project is allowed", CWD, false, NULL },
	{ "the root is refused", "/", false, "can't be" },
	{ "the root is refused even by force", "/", true, "can't be" },
	{ "/proc is refused even by force", "/proc/1", true, "can't be" },
	{ "/dev is refused even by force", "/dev/shm", true, "can't be" },
	{ "sbox's own is refused even by force", HOME "/.config/sbox", true,
	  "can't be" },
	{ "the home is refused", HOME, false, "home directory" },
	{ "the home's parent is refused", "/home", false, "home directory" },
	{ "a home's name as a prefix is not the home", HOME "2", false, NULL },
	{ "a dot-directory is refused", HOME "/.ssh", false, "dot-directory" },
	{ "beneath a dot-directory is refused", HOME "/.x/y", false,
	  "dot-directory" },
	{ "a dot-directory by force", HOME "/.x/y", true, NULL },
	{ "a system directory is refused", "/usr/share", false, "system" },
	{ "/usr2 is not /usr", "/usr2", false, NULL },
	{ "/tmp is refused", "/tmp", false, "system" },
	{ "beneath /tmp is allowed", "/tmp/x", false, NULL },
};
/* clang-format on */

static void test_cwd(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cwds); i++) {
		struct row rows[] = {{cwds[i].cwd, S_IFDIR, NULL}};
		struct world w = {rows, 1};
		char *env[] = {NULL};
		char *command[] = {NULL};
		struct host h = host_of(&w, env, cwds[i].cwd);
		struct invocation inv = {.command = command,
					 .force_cwd = cwds[i].force};
		struct diag d = {.text = ""};
		struct policy policy;
		struct plan plan;

		policy_init(&policy);
		if ((plan_build(&policy, &h, &inv, &plan, &d) < 0) !=
		    (cwds[i].refusal != NULL))
			fail_msg("%s: %s", cwds[i].label,
				 d.text[0] ? d.text : "not refused");
		if (cwds[i].refusal) {
			expect_part(cwds[i].label, d.text, cwds[i].refusal);
			expect_part(cwds[i].label, d.hint, "cd to");
		}
		plan_free(&plan);
		policy_free(&policy);
		host_free(&h);
	}
}

/* What no plan may be made of, told with its cure. */
static void test_refusals(void **state)
{
	static const struct {
		const char *label, *refusal;
		int landlock_abi;
		bool is_dir;
	} cases[] = {
		{"no Landlock", "landlock: not available", 0, false},
		{"a directory as stdin", "descriptor 0: is a directory", 3,
		 true},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct world w = {NULL, 0};
		char *env[] = {NULL};
		char *command[] = {NULL};
		struct host h = host_of(&w, env, CWD);
		struct invocation inv = {.command = command};
		struct diag d = {.text = ""};
		struct policy policy;
		struct plan plan;

		h.landlock_abi = cases[i].landlock_abi;
		h.fd_is_dir[0] = cases[i].is_dir;
		policy_init(&policy);
		assert_int_equal(plan_build(&policy, &h, &inv, &plan, &d), -1);
		expect_part(cases[i].label, d.text, cases[i].refusal);
		assert_true(d.hint[0] != '\0');
		plan_free(&plan);
		policy_free(&policy);
		host_free(&h);
	}
}

/* Nothing of the caller's environment enters but by name. */
static void test_env(void **state)
{
	struct world w = {NULL, 0};
	char *env[] = {(char[]){"AWS_SECRET=s"},
		       (char[]){"LC_ALL=C"},
		       (char[]){"LD_PRELOAD=/x"},
		       (char[]){"PASSED=1"},
		       (char[]){"PATH=.:relative:/none:/usr/bin"},
		       NULL};
	char *command[] = {(char[]){"true"}, NULL};
	struct host h = host_of(&w, env, CWD);
	struct invocation inv = {.command = command};
	struct diag d = {.text = ""};
	struct policy policy;
	struct plan plan;

	(void)state;
	policy_init(&policy);
	strlist_add(&policy.env_pass, "PASSED");
	assert_int_equal(plan_build(&policy, &h, &inv, &plan, &d), 0);
	assert_true(strlist_has(&plan.env, "LC_ALL=C"));
	assert_true(strlist_has(&plan.env, "PASSED=1"));
	assert_true(strlist_has(&plan.env, "PATH=/usr/bin"));
	assert_true(strlist_has(&plan.env, "HOME=" HOME));
	assert_false(strlist_has(&plan.env, "AWS_SECRET=s"));
	assert_false(strlist_has(&plan.env, "LD_PRELOAD=/x"));
	plan_free(&plan);
	policy_free(&policy);
	host_free(&h);
}

/* What the terminal would obey appears only as text. */
static void test_print_escapes(void **state)
{
	struct plan_mount m = {.type = PLAN_BIND,
			       .src = (char[]){"/a\033[31m"},
			       .dst = (char[]){"/b\nmount"},
			       .why = (char[]){"cwd"}};
	struct plan p = {.mounts = &m,
			 .nmounts = 1,
			 .hostname = (char[]){"h"},
			 .cwd = (char[]){"/"},
			 .keep_home = (char[]){"/k\r"}};
	cleanup_free char *text = plan_print(&p);

	(void)state;
	expect_part("a path", text,
		    "mount bind /b\\nmount from /a\\x1b[31m # cwd\n");
	expect_part("a kept home", text, "make /k\\r mode 0700 # home\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cwd),
		cmocka_unit_test(test_protection),
		cmocka_unit_test(test_worktrees),
		cmocka_unit_test(test_installs),
		cmocka_unit_test(test_planted),
		cmocka_unit_test(test_refusals),
		cmocka_unit_test(test_env),
		cmocka_unit_test(test_print_escapes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
