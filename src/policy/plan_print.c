/* SPDX-License-Identifier: MIT */
/*
 * The text of --dry-run: every step that launch() will take, one a line, in
 * its order. Every string that came from outside is escaped.
 */
#include <inttypes.h>
#include <stdio.h>

#include "sbox/cleanup.h"
#include "sbox/escape.h"
#include "sbox/log.h"
#include "sbox/plan.h"

static const char *const type_names[] = {
	[PLAN_DIR] = "dir",
	[PLAN_SYMLINK] = "symlink",
	[PLAN_FILE] = "file",
	[PLAN_BIND] = "bind",
	[PLAN_PRIVATE] = "private",
	[PLAN_TMPFS] = "tmpfs",
	[PLAN_PROC] = "proc",
	[PLAN_DEVPTS] = "devpts",
	[PLAN_COVER] = "cover",
	[PLAN_HIDE_FILE] = "hide-file",
	[PLAN_HIDE_DIR] = "hide-dir",
	[PLAN_SELF] = "pin",
	[PLAN_READONLY] = "read-only",
};
_Static_assert(ARRAY_SIZE(type_names) == PLAN__COUNT, "a name for each type");

static const struct {
	unsigned flag;
	const char *word;
} flag_words[] = {
	{PLAN_RO, "ro"},   {PLAN_DEV, "dev"},	    {PLAN_NOEXEC, "noexec"},
	{PLAN_CWD, "cwd"}, {PLAN_CHECK, "checked"}, {PLAN_TRY, "try"},
};

static void put(FILE *f, const char *before, const char *text)
{
	cleanup_free char *safe = escape_dup(text);

	(void)fprintf(f, "%s%s", before, safe); /* memory: fclose tells */
}

static void put_mount(FILE *f, const struct plan_mount *m)
{
	put(f, "mount ", type_names[m->type]);
	put(f, " ", m->dst);
	if (m->src)
		put(f, " from ", m->src);
	if (m->type == PLAN_SYMLINK)
		put(f, " -> ", m->data);
	if (m->type == PLAN_DIR || m->type == PLAN_PRIVATE ||
	    m->type == PLAN_TMPFS || m->type == PLAN_FILE)
		(void)fprintf(f, " mode %04o", (unsigned)m->mode);
	for (size_t i = 0; i < ARRAY_SIZE(flag_words); i++) {
		if (m->flags & flag_words[i].flag)
			(void)fprintf(f, " %s", flag_words[i].word);
	}
	put(f, " # ", m->why);
	(void)fputc('\n', f);
}

static void put_limits(FILE *f, const struct policy_limits *l)
{
	const struct {
		const char *name;
		uint64_t value;
	} rows[] = {
		{"memory", l->memory},	    {"cpu", l->cpu},
		{"pids", l->pids},	    {"files", l->files},
		{"fileSize", l->file_size}, {"cpuTime", l->cpu_time},
		{"time", l->time},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		if (rows[i].value != POLICY_UNLIMITED)
			(void)fprintf(f, "limit %s %" PRIu64 "\n", rows[i].name,
				      rows[i].value);
	}
}

static void put_rules(FILE *f, const struct plan *p)
{
	(void)fprintf(f, "landlock abi %d files %s\n", p->landlock_abi,
		      p->landlock_files ? "yes" : "no");
	for (size_t i = 0; p->landlock_files && i < p->nrules; i++) {
		unsigned a = p->rules[i].access;

		put(f, "landlock ", p->rules[i].path);
		(void)fprintf(f, " read%s%s\n",
			      a & PLAN_ACCESS_WRITE ? " write" : "",
			      a & PLAN_ACCESS_DEVICE ? " device" : "");
	}
}

char *plan_print(const struct plan *p)
{
	char *text = NULL;
	size_t len;
	FILE *f = open_memstream(&text, &len);

	if (!f)
		fatalx("out of memory");
	(void)fprintf(f, "ids uid %u gid %u\n", p->uid, p->gid);
	(void)fprintf(f, "userns %s\n", p->userns ? "allowed" : "none");
	put(f, "hostname ", p->hostname);
	(void)fprintf(f, "\nnet %s%s\n", net_mode_names[p->net],
		      p->net_loopback ? "" : " without loopback");
	(void)fprintf(f, "tmpfs bytes %" PRIu64 " inodes %" PRIu64 "\n",
		      p->tmpfs_bytes, p->tmpfs_inodes);
	if (p->keep_home) {
		put(f, "make ", p->keep_home);
		(void)fputs(" mode 0700 # home\n", f);
	}
	for (size_t i = 0; i < p->nmounts; i++)
		put_mount(f, &p->mounts[i]);
	put_rules(f, p);
	put_limits(f, &p->limits);
	for (size_t i = 0; i < ARRAY_SIZE(p->seccomp); i++) {
		if (p->seccomp[i].object) {
			put(f, "seccomp ", p->seccomp[i].origin);
			(void)fputc('\n', f);
		}
	}
	(void)fprintf(f, "terminal %s%s\n", p->tty ? "relay" : "none",
		      p->tty && p->tty_filter ? " filtered" : "");
	for (size_t i = 0; i < p->nkeep_fds; i++)
		(void)fprintf(f, "keep-fd %d\n", p->keep_fds[i]);
	put(f, "cwd ", p->cwd);
	for (size_t i = 0; i < p->env.n; i++)
		put(f, "\nenv ", p->env.v[i]);
	for (size_t i = 0; i < p->argv.n; i++)
		put(f, i ? " " : "\nexec ", p->argv.v[i]);
	(void)fputc('\n', f);
	if (fclose(f) != 0)
		fatalx("out of memory");
	return text;
}
