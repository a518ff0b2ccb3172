/* SPDX-License-Identifier: MIT */
/*
 * The text of --dry-run: every step that launch() will take, one a line, in
 * its order. Every string that came from outside is escaped, and but for the
 * last field of a line it is one word, so that no name looks like two.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "sbox/cleanup.h"
#include "sbox/escape.h"
#include "sbox/log.h"
#include "sbox/plan.h"

static const struct {
	const char *name;
	bool has_mode; /* which permissions what is made gets */
} types[] = {
	[PLAN_DIR] = {"dir", true},
	[PLAN_SYMLINK] = {"symlink", false},
	[PLAN_FILE] = {"file", true},
	[PLAN_BIND] = {"bind", false},
	[PLAN_PRIVATE] = {"private", true},
	[PLAN_TMPFS] = {"tmpfs", true},
	[PLAN_PROC] = {"proc", false},
	[PLAN_DEVPTS] = {"devpts", false},
	[PLAN_COVER] = {"cover", false},
	[PLAN_HIDE_FILE] = {"hide-file", false},
	[PLAN_HIDE_DIR] = {"hide-dir", false},
	[PLAN_SELF] = {"pin", false},
	[PLAN_READONLY] = {"read-only", false},
};
_Static_assert(ARRAY_SIZE(types) == PLAN__COUNT, "a row for each type");

static const struct {
	unsigned flag;
	const char *word;
} flag_words[] = {
	{PLAN_RO, "ro"},	 {PLAN_DEV, "dev"}, {PLAN_NOEXEC, "noexec"},
	{PLAN_CWD, "cwd"},	 {PLAN_TRY, "try"}, {PLAN_MAKE, "make"},
	{PLAN_CHECK, "checked"},
};

/* To the end of the line. */
static void put_line(FILE *f, const char *before, const char *text)
{
	cleanup_free char *safe = escape_dup(text);

	(void)fprintf(f, "%s%s\n", before, safe); /* memory: fclose tells */
}

static void put_word(FILE *f, const char *before, const char *text)
{
	cleanup_free char *safe = escape_dup(text);

	(void)fprintf(f, "%s%s", before, *safe ? "" : "\"\"");
	for (const char *c = safe; *c; c++)
		(void)fprintf(f, *c == ' ' ? "\\x20" : "%c", *c);
}

static void put_mount(FILE *f, const struct plan_mount *m)
{
	put_word(f, "mount ", types[m->type].name);
	put_word(f, " ", m->dst);
	if (m->src)
		put_word(f, " from ", m->src);
	if (m->type == PLAN_SYMLINK)
		put_word(f, " -> ", m->data);
	else if (m->data)
		put_word(f, " data ", m->data);
	if (types[m->type].has_mode)
		(void)fprintf(f, " mode %04o", (unsigned)m->mode);
	if (m->type == PLAN_BIND && S_ISDIR(m->mode))
		(void)fputs(" tree", f);
	for (size_t i = 0; i < ARRAY_SIZE(flag_words); i++)
		if (m->flags & flag_words[i].flag)
			(void)fprintf(f, " %s", flag_words[i].word);
	put_line(f, " # ", m->why);
}

/* Who holds the number of processes: for root only a cgroup can. */
static const char *pids_holder(const struct plan *p)
{
	if (p->uid != 0)
		return "rlimit";
	return p->limits.pids_explicit ? "cgroup" : "cgroup if there is one";
}

static void put_limits(FILE *f, const struct plan *p)
{
	const struct policy_limits *l = &p->limits;
	const struct {
		const char *name;
		uint64_t value;
		const char *rest; /* the unit, and who holds it */
	} rows[] = {
		{"core", 0, "bytes rlimit"},
		{"memory", l->memory, "bytes cgroup"},
		{"cpu", l->cpu, "percent cgroup"},
		{"pids", l->pids, pids_holder(p)},
		{"files", l->files, "rlimit"},
		{"fileSize", l->file_size, "bytes rlimit"},
		{"cpuTime", l->cpu_time, "ms rlimit"},
		{"time", l->time, "ms"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (rows[i].value != POLICY_UNLIMITED)
			(void)fprintf(f, "limit %s %" PRIu64 " %s\n",
				      rows[i].name, rows[i].value,
				      rows[i].rest);
}

static void put_rules(FILE *f, const struct plan *p)
{
	(void)fprintf(f, "landlock abi %d%s%s%s\n", p->landlock_abi,
		      p->landlock_files ? " files" : "",
		      p->landlock_tcp ? " tcp" : "",
		      p->landlock_scopes ? " scopes" : "");
	if (p->landlock_files)
		put_line(f, "landlock / read", "");
	for (size_t i = 0; p->landlock_files && i < p->nmounts; i++) {
		unsigned a = p->mounts[i].access;

		if (!a)
			continue;
		put_word(f, "landlock ", p->mounts[i].dst);
		(void)fprintf(f, " read%s%s%s\n",
			      a & PLAN_ACCESS_WRITE ? " write" : "",
			      a & PLAN_ACCESS_DEVICE ? " device" : "",
			      a & PLAN_ACCESS_SOCKET ? " socket" : "");
	}
}

static void put_path(FILE *f, const char *before, const char *path,
		     const char *behind)
{
	put_word(f, before, path);
	(void)fprintf(f, "%s\n", behind);
}

static void put_paths(FILE *f, const struct plan *p)
{
	if (p->keep_home)
		put_path(f, "make ", p->keep_home, " mode 0700 # home");
	for (size_t i = 0; i < p->make_dirs.n; i++)
		put_path(f, "make ", p->make_dirs.v[i],
			 " mode 0700 # sbox's own");
	for (size_t i = 0; i < p->absent.n; i++)
		put_path(f, "absent ", p->absent.v[i], " # protect");
}

static void put_route(FILE *f, const struct ip_prefix *r)
{
	unsigned base = IN6_IS_ADDR_V4MAPPED(&r->addr) ? 96 : 0;
	cleanup_free char *text = ip_text(r);

	(void)fprintf(f, "route local %s/%u\n", text, r->bits - base);
}

static void put_network(FILE *f, const struct plan *p)
{
	static const char *const kinds[] = {
		[LISTENER_DNS_UDP] = "dns udp 198.18.0.1",
		[LISTENER_DNS_TCP] = "dns tcp 198.18.0.1",
		[LISTENER_NAMES] = "names tcp 0.0.0.0",
		[LISTENER_NAMES_6] = "names tcp ::",
		[LISTENER_PORT] = "port tcp 127.0.0.1",
		[LISTENER_PORT_6] = "port tcp ::1",
		[LISTENER_SERVICE] = "service tcp 127.0.0.1",
	};

	_Static_assert(ARRAY_SIZE(kinds) == LISTENER__COUNT, "each kind");
	(void)fprintf(f, "net %s%s\n", net_mode_names[p->net],
		      p->net_loopback ? "" : " without loopback");
	if (!p->net_policy)
		return;
	put_word(f, "gateway ", p->gateway);
	put_line(f, "\ngateway policy ", p->net_policy);
	for (size_t i = 0; i < p->gateway_env.n; i++) {
		cleanup_free char *name = xstrndup(
			p->gateway_env.v[i], strcspn(p->gateway_env.v[i], "="));

		put_line(f, "gateway env ", name); /* its value is a secret */
	}
	for (size_t i = 0; i < p->nroutes; i++)
		put_route(f, &p->routes[i]);
	for (size_t i = 0; i < p->listeners.n; i++)
		(void)fprintf(f, "listen %s %u\n",
			      kinds[p->listeners.v[i].kind],
			      p->listeners.v[i].port);
}

static void put_isolation(FILE *f, const struct plan *p)
{
	(void)fprintf(f, "namespaces user mount pid ipc uts cgroup%s\n",
		      p->net == NET_HOST ? "" : " net");
	(void)fprintf(f, "ids uid %u gid %u%s\n", p->uid, p->gid,
		      p->uid == 0 ? " without groups" : "");
	(void)fprintf(f, "userns %s\n", p->userns ? "allowed" : "none");
	put_line(f, "hostname ", p->hostname);
	put_network(f, p);
	(void)fprintf(f, "tmpfs bytes %" PRIu64 " inodes %" PRIu64 "\n",
		      p->tmpfs_bytes, p->tmpfs_inodes);
}

static void put_seccomp(FILE *f, const struct plan *p)
{
	/* the one on top is set first */
	for (size_t i = ARRAY_SIZE(p->seccomp); i-- > 0;)
		if (p->seccomp[i].object)
			put_line(f, "seccomp ", p->seccomp[i].origin);
	if (!p->seccomp[0].object && !p->seccomp[1].object)
		(void)fputs("seccomp none\n", f);
}

static void put_descriptors(FILE *f, const struct plan *p)
{
	(void)fprintf(f, "terminal %s%s\n", p->tty ? "relay" : "none",
		      p->tty && p->tty_filter ? " filtered" : "");
	for (size_t i = 0; i < ARRAY_SIZE(p->fd_is_tty); i++) {
		const char *what = "passed";

		if (p->tty && p->fd_is_tty[i])
			what = "inner terminal";
		else if (p->fd_is_file[i])
			what = i ? "passed, may be written"
				 : "passed, may be read";
		(void)fprintf(f, "fd %zu %s\n", i, what);
	}
	for (size_t i = 0; i < p->nkeep_fds; i++)
		(void)fprintf(f, "fd %d kept\n", p->keep_fds[i]);
}

static void put_lines(FILE *f, const char *word, const struct strlist *l)
{
	for (size_t i = 0; i < l->n; i++)
		put_line(f, word, l->v[i]);
}

char *plan_print(const struct plan *p)
{
	char *text = NULL;
	size_t len;
	FILE *f = xmust(open_memstream(&text, &len));

	put_lines(f, "note ", &p->notes);
	put_lines(f, "warning ", &p->warnings);
	put_paths(f, p);
	put_isolation(f, p);
	for (size_t i = 0; i < p->nmounts; i++)
		put_mount(f, &p->mounts[i]);
	put_rules(f, p);
	put_limits(f, p);
	put_seccomp(f, p);
	put_descriptors(f, p);
	put_line(f, "cwd ", p->cwd);
	put_lines(f, "env ", &p->env);
	(void)fputs("exec", f);
	for (size_t i = 0; i < p->argv.n; i++)
		put_word(f, " ", p->argv.v[i]);
	(void)fputc('\n', f);
	if (fclose(f) != 0)
		fatalx("out of memory");
	return text;
}
