/* SPDX-License-Identifier: MIT */
/*
 * Golden plans: what `sbox --dry-run` prints on an invented host. Every file
 * tests/golden/NAME.txt is a list of scenes:
 *
 *	== the sentence that failed
 *	user root | passwd HOME | cwd DIR | landlock ABI | fd N tty|file|dir |
 *env K=V | lost dir|file|link|sock|old [MODE] PATH [-> TARGET | = TEXT] $
 *options and command what came out
 *
 * A blank within a path or word is written '|'; "user" stands first.
 *
 * Only what differs from the plan of an empty project is kept ('+' is added,
 * '-' is missing), all of it if the scene says "whole" ('|'), and of a refusal
 * the message and its hint ('!'). The text is made again and must be the file;
 * UPDATE=1 writes it: then read the diff. Profiles are the shipped ones.
 */
#include <errno.h>
#include <glob.h>
#include <sys/wait.h>

#include "sbox/path.h"
#include "sbox/plan.h"
#include "unit/policy_fixture.h"

#define ROWS_MAX  64
#define ENV_MAX	  16
#define LINKS_MAX 16
#define CWD	  "/home/u/p"

/* A file; every directory above one is there, too. */
struct row {
	mode_t mode;
	char *path;
	char *text; /* content or target */
};

struct world {
	struct row rows[ROWS_MAX];
	size_t n;
	struct host host;
	char *env[ENV_MAX];
	size_t nenv;
	bool whole;
};

/* The host of every scene, in the language of the scenes. */
static const char *const system_rows[] = {
	"file /usr/bin/true",
	"file /usr/bin/env",
	"file /usr/bin/node",
	"file /usr/bin/python3",
	"file /usr/libexec/sbox/sbox-gateway",
	"file /usr/libexec/sbox/sbox-service",
	"link /bin -> usr/bin",
	"link /lib -> usr/lib",
	"file /etc/hosts = host's own",
	"file /etc/machine-id = host's own",
	"link /etc/resolv.conf -> ../run/systemd/resolve/stub-resolv.conf",
	"file /run/systemd/resolve/stub-resolv.conf",
	"file 0640 /etc/shadow",
	"dir 0700 /etc/ssl/private",
	"dir /var/lib/dpkg",
	"dir /sys/devices/system/cpu",
	"file 0666 /dev/null",
	"dir /home/u/p",
	"dir /home/u/.config/sbox",
	"dir /root/.config/sbox",
	"file 0600 /home/u/.ssh/id = secret",
};

static const struct row *find_in(const struct world *w, const char *path,
				 struct stat *st)
{
	static const struct row directory = {.mode = S_IFDIR | 0755};
	const struct row *r = NULL;
	ino_t ino = 0;

	/* the scene's own rows come behind the system's, and win */
	for (size_t i = w->n; i-- > 0 && !r;) {
		if (strcmp(w->rows[i].path, path) == 0)
			r = &w->rows[i];
		ino = i + 1;
	}
	for (size_t i = 0; i < w->n && !r; i++) {
		if (path_under(path, w->rows[i].path))
			r = &directory;
		ino = i + 1000;
	}
	if (r)
		*st = (struct stat){.st_mode = r->mode,
				    .st_uid = w->host.uid,
				    .st_gid = w->host.gid,
				    .st_dev = 1,
				    .st_ino = ino};
	return r;
}

/* As lstat(2): links above the last component are followed. */
static const struct row *find(const struct world *w, const char *path,
			      struct stat *st)
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

			r = find_in(w, head, st);
			if (!r || !S_ISLNK(r->mode))
				continue;
			to = path_join(dir, r->text);
			slash = xasprintf("%s%s", to, slash);
			free(at);
			at = slash;
			break;
		}
		if (slash)
			continue;
		r = find_in(w, at, st);
		if (!r)
			errno = ENOENT;
		return r;
	}
	errno = ELOOP;
	return NULL;
}

static int fs_lstat(void *ctx, const char *path, struct stat *out)
{
	return find(ctx, path, out) ? 0 : -1;
}

static int fs_hold(void *ctx, const char *path, struct stat *out)
{
	struct stat st;

	return fs_lstat(ctx, path, out ? out : &st);
}

static char *fs_readlink(void *ctx, const char *path)
{
	struct stat st;
	const struct row *r = find(ctx, path, &st);

	if (r && S_ISLNK(r->mode))
		return xstrdup(r->text);
	errno = r ? EINVAL : ENOENT;
	return NULL;
}

static int fs_readable(void *ctx, const char *path)
{
	struct stat st;

	return find(ctx, path, &st) && st.st_mode & S_IROTH ? 0 : -1;
}

static char *fs_read_head(void *ctx, const char *path, size_t max)
{
	struct stat st;
	const struct row *r = find(ctx, path, &st);

	if (r && S_ISREG(r->mode))
		return xasprintf("%.*s\n", (int)max - 1, r->text);
	errno = r ? EINVAL : ENOENT;
	return NULL;
}

static int fs_list(void *ctx, const char *path, mode_t type,
		   struct strlist *out)
{
	const struct world *w = ctx;
	struct stat st = {.st_mode = 0};

	(void)type; /* all of them may be told */
	if (!find(w, path, &st) || !(st.st_mode & S_IRUSR)) {
		errno = st.st_mode ? EACCES : ENOENT;
		return -1;
	}
	for (size_t i = 0; i < w->n; i++) {
		const char *rest = w->rows[i].path + strlen(path);
		cleanup_free char *name = NULL;

		if (!path_under(path, w->rows[i].path) || *rest != '/')
			continue;
		name = xstrndup(rest + 1, strcspn(rest + 1, "/"));
		if (!strlist_has(out, name))
			strlist_add(out, name);
	}
	return 0;
}

static void die(const char *what, const char *line)
{
	(void)printf("not ok - %s: %s\n", what, line);
	exit(1);
}

static void host_free(struct host *h)
{
	free(h->user);
	free(h->home);
	free(h->passwd_home);
	free(h->shell);
	free(h->cwd);
	free(h->config_dir);
	free(h->state_dir);
	free(h->cache_dir);
	free(h->runtime_dir);
	free(h->data_dir);
	free(h->self);
	strlist_free(&h->sockets);
	strlist_free(&h->lost_sockets);
	*h = (struct host){.env = NULL};
}

static void world_user(struct world *w, bool root)
{
	struct host *h = &w->host;
	const char *home = root ? "/root" : "/home/u";

	host_free(h);
	*h = (struct host){
		.fs = {w, fs_lstat, fs_readlink, fs_readable, fs_read_head,
		       fs_list, fs_hold},
		.uid = root ? 0 : 1000,
		.gid = root ? 0 : 1000,
		.user = xstrdup(root ? "root" : "u"),
		.home = xstrdup(home),
		.passwd_home = xstrdup(home),
		.shell = xstrdup("/usr/bin/sh"),
		.cwd = xstrdup(CWD),
		.config_dir = path_join(home, ".config/sbox"),
		.state_dir = path_join(home, ".local/state/sbox"),
		.cache_dir = path_join(home, ".cache/sbox"),
		.data_dir = xstrdup("profiles"),
		.self = xstrdup("/usr/bin/sbox"),
		.env = w->env,
		.memory = UINT64_C(1) << 30,
		.landlock_abi = 3,
	};
	h->cwd_stat =
		(struct stat){.st_mode = S_IFDIR | 0755, .st_uid = h->uid};
}

static void world_row(struct world *w, mode_t type, char *words)
{
	mode_t mode = S_ISLNK(type) ? 0777 : 0755;
	char *text = strstr(words, S_ISLNK(type) ? " -> " : " = ");

	if (w->n == ROWS_MAX)
		die("too many files", words);
	if (text) {
		*text = '\0';
		text = strchr(text + 1, ' ') + 1;
	}
	if (*words == '0')
		mode = (mode_t)strtoul(words, &words, 8);
	words += *words == ' ';
	for (char *c = strchr(words, '|'); c; c = strchr(c, '|'))
		*c = ' ';
	w->rows[w->n++] = (struct row){.mode = type | mode,
				       .path = xstrdup(words),
				       .text = xstrdup(text ? text : "")};
}

static void set_fd(struct world *w, const char *words)
{
	int fd = words[0] - '0';

	w->host.fd_is_tty[fd] = strcmp(words + 2, "tty") == 0;
	w->host.fd_is_file[fd] = strcmp(words + 2, "file") == 0;
	w->host.fd_is_dir[fd] = strcmp(words + 2, "dir") == 0;
	w->host.fd_is_net[fd] = strcmp(words + 2, "net") == 0;
}

/* One line of a scene before its command. */
static void world_line(struct world *w, const char *line)
{
	static const struct {
		const char *word;
		mode_t type;
	} types[] = {{"dir ", S_IFDIR},
		     {"file ", S_IFREG},
		     {"link ", S_IFLNK},
		     {"sock ", S_IFSOCK},
		     {"old ", S_IFSOCK}}; /* that nobody has bound */
	cleanup_free char *copy = xstrdup(line);
	char *rest = strchr(copy, ' ');

	if (strncmp(line, "sock ", 5) == 0)
		strlist_add(&w->host.sockets, rest + 1);
	for (size_t i = 0; i < ARRAY_SIZE(types); i++) {
		if (strncmp(line, types[i].word, strlen(types[i].word)) == 0) {
			world_row(w, types[i].type, rest + 1);
			return;
		}
	}
	if (strcmp(line, "user root") == 0) {
		world_user(w, true);
	} else if (strncmp(line, "cwd ", 4) == 0) {
		free(w->host.cwd);
		w->host.cwd = xstrdup(rest + 1);
	} else if (strncmp(line, "passwd ", 7) == 0) {
		free(w->host.passwd_home);
		w->host.passwd_home = xstrdup(rest + 1);
	} else if (strncmp(line, "home ", 5) == 0) {
		free(w->host.home);
		w->host.home = xstrdup(rest + 1);
	} else if (strncmp(line, "landlock ", 9) == 0) {
		w->host.landlock_abi = atoi(rest + 1);
	} else if (strncmp(line, "fd ", 3) == 0) {
		set_fd(w, rest + 1);
	} else if (strncmp(line, "env ", 4) == 0 && w->nenv < ENV_MAX - 1) {
		w->env[w->nenv++] = xstrdup(rest + 1);
	} else if (strcmp(line, "lost") == 0) {
		strlist_add(&w->host.lost_sockets, "rel.sock");
	} else if (strcmp(line, "whole") == 0) {
		w->whole = true;
	} else {
		die("unknown line", line);
	}
}

static void world_init(struct world *w)
{
	*w = (struct world){.n = 0};
	world_user(w, false);
	for (size_t i = 0; i < ARRAY_SIZE(system_rows); i++)
		world_line(w, system_rows[i]);
}

static void world_free(struct world *w)
{
	for (size_t i = 0; i < w->n; i++) {
		free(w->rows[i].path);
		free(w->rows[i].text);
	}
	for (size_t i = 0; i < w->nenv; i++)
		free(w->env[i]);
	host_free(&w->host);
}

/* The plan's text, malloc'd, or NULL and d. */
static char *plan_text(const struct world *w, const char *line, struct diag *d)
{
	cleanup_free char *words = xasprintf("sbox %s", line);
	char *argv[ARGS_MAX];
	struct invocation inv;
	struct policy policy;
	struct plan plan;
	char *text = NULL;

	memset(d, 0, sizeof(*d));
	if (invocation_parse(fixture_words(words, argv), argv, &inv, d) == 0 &&
	    policy_load(&inv, &w->host, &policy, d) == 0) {
		if (plan_build(&policy, &w->host, &inv, &plan, d) == 0)
			text = plan_print(&plan);
		plan_free(&plan);
		policy_free(&policy);
	}
	invocation_free(&inv);
	return text;
}

/* The lines of text that are not among those of other. */
static void put_lines(FILE *out, char mark, const char *text, const char *other)
{
	struct strlist known = {.n = 0};

	for (const char *l = other; *l; l += strcspn(l, "\n") + 1)
		strlist_add_owned(&known, xstrndup(l, strcspn(l, "\n")));
	for (const char *l = text; *l; l += strcspn(l, "\n") + 1) {
		cleanup_free char *line = xstrndup(l, strcspn(l, "\n"));

		if (!strlist_has(&known, line))
			(void)fprintf(out, "%c%s\n", mark, line);
	}
	strlist_free(&known);
}

static void put_scene(FILE *out, const struct world *w, const char *command)
{
	struct world empty;
	struct diag d;
	cleanup_free char *text = plan_text(w, command, &d);
	cleanup_free char *base = NULL;

	(void)fprintf(out, "$ %s\n", command);
	if (!text) {
		(void)fprintf(out, "!%s\n", d.text);
		if (d.hint[0])
			(void)fprintf(out, "!hint: %s\n", d.hint);
		return;
	}
	if (w->whole) {
		put_lines(out, '|', text, "");
		return;
	}
	world_init(&empty);
	if (w->host.uid == 0)
		world_user(&empty, true);
	empty.host.landlock_abi = 3;
	base = plan_text(&empty, "true", &d);
	put_lines(out, '-', base, text);
	put_lines(out, '+', text, base);
	world_free(&empty);
}

/* The file with every scene's outcome made again, malloc'd. */
static char *scenes_run(const char *text)
{
	char *made = NULL;
	size_t len;
	FILE *out = open_memstream(&made, &len);
	struct world w;

	world_init(&w);
	for (const char *l = text; *l; l += strcspn(l, "\n") + 1) {
		cleanup_free char *line = xstrndup(l, strcspn(l, "\n"));

		if (line[0] && strchr("|+-!", line[0]))
			continue; /* an old outcome */
		if (line[0] == '$') {
			put_scene(out, &w, line + 2);
			continue;
		}
		(void)fprintf(out, "%s\n", line);
		if (strncmp(line, "== ", 3) == 0) {
			world_free(&w);
			world_init(&w);
		} else if (line[0] && line[0] != '#') {
			world_line(&w, line);
		}
	}
	world_free(&w);
	if (fclose(out) != 0)
		die("out of memory", "");
	return made;
}

/* Prints what differs, as diff(1) does. */
static void show_difference(const char *path, const char *made)
{
	cleanup_free char *command =
		xasprintf("diff -u '%s' - | sed 's/^/# /'", path);
	FILE *diff = popen(command, "w");

	if (!diff || fputs(made, diff) == EOF || pclose(diff) < 0)
		die("diff", path);
}

static bool check_file(const char *path)
{
	const char *update = getenv("UPDATE");
	struct diag d = {.text = ""};
	size_t len;
	cleanup_free char *text = file_read(path, 1 << 20, &len, &d);
	cleanup_free char *made = text ? scenes_run(text) : NULL;

	if (!text)
		die("read", d.text);
	if (strcmp(text, made) == 0) {
		(void)printf("ok - %s\n", path);
		return true;
	}
	if (update && strcmp(update, "1") == 0) {
		if (file_replace(path, made, strlen(made), 0644) < 0)
			die("write", path);
		(void)printf("ok - %s # written\n", path);
		return true;
	}
	(void)printf("not ok - %s\n", path);
	(void)fflush(stdout);
	show_difference(path, made);
	return false;
}

int main(void)
{
	const char *top = getenv("SBOX_TOP");
	glob_t files;
	bool good = true;

	if (top && chdir(top) < 0)
		die("chdir", top);
	if (glob("tests/golden/*.txt", 0, NULL, &files) != 0)
		die("no scenes in", "tests/golden");
	for (size_t i = 0; i < files.gl_pathc; i++)
		good = check_file(files.gl_pathv[i]) && good;
	globfree(&files);
	return good ? 0 : 1;
}
