/* SPDX-License-Identifier: MIT */
/*
 * Where the command is installed, when that is not a place that is shown
 * anyway: `sbox claude` starts whether claude lies in ~/.local/bin, below an
 * npm prefix or in a virtual environment.
 *
 * The command is followed along PATH, symbolic links and shebang lines. Each
 * file on the way gives one read-only path: its package (the outermost
 * node_modules), its prefix (the directory above bin, if that holds a lib: a
 * node version, a virtual environment) or else the file alone; a link, the
 * virtual environment that it lies in. Links that lie in a writable place are
 * not followed, and no prefix is shown that contains the home, the project or
 * sbox's own directories.
 */
#include <string.h>
#include <sys/stat.h>

#include "plan_internal.h"
#include "sbox/cleanup.h"
#include "sbox/path.h"

#define INSTALL_HOPS_MAX 16  /* links and interpreters together */
#define SHEBANG_MAX	 256 /* BINPRM_BUF_SIZE, execve(2) */

/* Shown at its own place, whatever the command is (plan_view.c). */
static bool is_shown(const struct view *v, const char *path)
{
	cleanup_free char *under = view_backing(v, path);

	return under && strcmp(under, path) == 0;
}

static bool is_dir(const struct view *v, const char *dir, const char *name)
{
	cleanup_free char *path = path_join(dir, name);

	return view_type(v, path) == S_IFDIR;
}

/* A directory that says more about the user than about the command. */
static bool is_too_broad(const struct view *v, const char *dir)
{
	const struct host *h = v->host;
	const char *inner[] = {h->home,	      h->passwd_home, h->cwd,
			       h->config_dir, h->state_dir,   h->cache_dir};
	cleanup_free char *local = path_join(h->home, ".local");

	for (size_t i = 0; i < ARRAY_SIZE(inner); i++) {
		if (inner[i] && path_under(dir, inner[i]))
			return true;
	}
	return strcmp(dir, local) == 0 || dir[1] == '\0';
}

/* The directory (or the file itself) that belongs to an installed file. */
static char *install_root(const struct view *v, const char *file)
{
	const char *mark = strstr(file, "/node_modules/");
	cleanup_free char *dir = path_dirname(file);
	cleanup_free char *prefix = path_dirname(dir);
	cleanup_free char *modules =
		mark ? xstrndup(file,
				(size_t)(mark - file) + strlen("/node_modules"))
		     : NULL;
	const char *base = basename(dir);

	if (modules && !is_too_broad(v, modules))
		return steal_ptr(&modules);
	if ((strcmp(base, "bin") == 0 || strcmp(base, "sbin") == 0) &&
	    !is_too_broad(v, prefix) &&
	    (is_dir(v, prefix, "lib") || is_dir(v, prefix, "lib64")))
		return steal_ptr(&prefix);
	return xstrdup(file);
}

static void install_show(struct view *v, const char *root)
{
	struct stat st;

	if (view_lstat(v, root, &st) == 0)
		view_show(v, root, root, &st, PLAN_RO | PLAN_CHECK, "command");
}

/* Python looks for its virtual environment where the link lies by which it was
 * started. */
static void install_show_venv(struct view *v, const char *link)
{
	cleanup_free char *dir = path_dirname(link);
	cleanup_free char *root = path_dirname(dir);
	cleanup_free char *mark = path_join(root, "pyvenv.cfg");

	if (view_type(v, mark) == S_IFREG && !is_too_broad(v, root))
		install_show(v, root);
}

static bool is_command(const struct view *v, const char *file)
{
	struct stat st;

	return view_lstat(v, file, &st) == 0 &&
	       (S_ISLNK(st.st_mode) ||
		(S_ISREG(st.st_mode) && (st.st_mode & 0111)));
}

/* The first executable NAME along the caller's PATH, or NULL. left: what was
 * passed over on the way. */
static char *path_search(const struct view *v, const char *name,
			 struct strlist *left)
{
	const char *at = host_getenv(v->host, "PATH");
	char *dir;

	while ((dir = view_path_next(v, &at, left))) {
		cleanup_free char *file = path_join(dir, name);

		free(dir);
		if (is_command(v, file))
			return steal_ptr(&file);
	}
	return NULL;
}

/* The command that was typed. That it isn't the one that the caller's shell
 * would have taken is said. */
static char *command_search(struct view *v, const char *name)
{
	cleanup_strlist struct strlist left = {.n = 0};
	char *file = path_search(v, name, &left);

	for (size_t i = 0; i < left.n; i++) {
		cleanup_free char *other = path_join(left.v[i], name);

		if (!is_command(v, other))
			continue;
		plan_warn(v->plan,
			  "PATH: %s is left out: it is writable inside; sbox "
			  "%s runs what is there",
			  left.v[i], other);
		break;
	}
	return file;
}

/* The interpreter's name or path in a shebang line, malloc'd, or NULL. */
static char *shebang(const struct view *v, const char *file)
{
	cleanup_free char *head =
		v->host->fs.read_head(v->host->fs.ctx, file, SHEBANG_MAX);
	const char *word;
	char *save = NULL;

	if (!head || head[0] != '#' || head[1] != '!')
		return NULL;
	head[strcspn(head, "\n")] = '\0';
	word = strtok_r(head + 2, " \t\r", &save);
	if (!word || word[0] != '/')
		return NULL;
	if (strcmp(basename(word), "env") != 0)
		return xstrdup(word);
	/* env -S VAR=1 node: the first word that is a program */
	while ((word = strtok_r(NULL, " \t\r", &save))) {
		if (word[0] != '-' && !strchr(word, '='))
			return xstrdup(word);
	}
	return NULL;
}

/*
 * Follow one file: show every link's place, then the file's own. Returns the
 * canonical file for its shebang, or NULL when there's nothing to follow.
 */
static char *install_follow(struct view *v, const char *file, unsigned *hops)
{
	char *at = xstrdup(file);

	while ((*hops)++ < INSTALL_HOPS_MAX) {
		cleanup_free char *dir = path_dirname(at);
		cleanup_free char *canon_dir = NULL, *target = NULL;
		cleanup_free char *base = xstrdup(basename(at));
		struct stat st;

		if (view_resolve(v, dir, &canon_dir, &st, NULL) < 0)
			break;
		if (view_is_untrusted(v, canon_dir))
			break; /* visible already, and decides nothing */
		xreplace(&at, path_join(canon_dir, base));
		if (view_lstat(v, at, &st) < 0)
			break;
		if (S_ISREG(st.st_mode)) {
			if (!is_shown(v, at)) {
				cleanup_free char *root = install_root(v, at);

				install_show(v, root);
			}
			return at;
		}
		if (!S_ISLNK(st.st_mode))
			break;
		target = v->host->fs.readlink(v->host->fs.ctx, at);
		if (!target)
			break;
		if (!is_shown(v, at)) {
			install_show_venv(v, at);
			strlist_add(&v->links, at);
			strlist_add(&v->links, target);
		}
		xreplace(&at, path_join(canon_dir, target));
	}
	free(at);
	return NULL;
}

void install_find(struct view *v, const char *argv0)
{
	char *file = strchr(argv0, '/') ? path_join(v->host->cwd, argv0)
					: command_search(v, argv0);
	unsigned hops = 0;

	while (file && hops < INSTALL_HOPS_MAX) {
		cleanup_free char *real = install_follow(v, file, &hops);
		cleanup_free char *next = real ? shebang(v, real) : NULL;

		if (real && strcmp(real, file) != 0) {
			strlist_add(&v->commands, file);
			strlist_add(&v->commands, real);
		}
		xreplace(&file, next && next[0] != '/'
					? path_search(v, next, NULL)
					: steal_ptr(&next));
	}
	free(file);
}
