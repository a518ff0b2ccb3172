/* SPDX-License-Identifier: MIT */
/*
 * The host's file system as planning asks for it, by path. A path is looked at
 * many times before there is a plan (is it a directory, does it hold a .git,
 * has that one hooks ...), and all of these answers must be about the same
 * directory: if another one took its name for a moment in between, what was
 * planned for the one would be done to the other, and comparing inodes at the
 * end could not tell. So a directory that will be shown, and each in it that
 * holds something to protect, is held: opened once, and whatever is asked
 * about it or beneath it goes through that descriptor from then on
 * (tests/sandbox/escape-mounts.bats, races).
 *
 * Held descriptors are O_PATH directories; launch() closes them with all
 * others, first of all.
 */
#include "jail/hostfs.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sbox/cleanup.h"
#include "sbox/fd.h"
#include "sbox/host.h"
#include "sbox/path.h"
#include "sbox/strlist.h"

#define HOLD_FLAGS (O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)

struct held {
	char *path;
	int fd;
};

struct holder {
	struct held *v;
	size_t n;
};

/* Where to look for path: the descriptor of the deepest held directory, and
 * *rel beneath it ("" for itself). */
static int look_at(const struct holder *h, const char *path, const char **rel)
{
	const struct held *at = NULL;

	for (size_t i = 0; i < h->n; i++)
		if (path_under(h->v[i].path, path) &&
		    (!at || strlen(h->v[i].path) > strlen(at->path)))
			at = &h->v[i];
	*rel = path;
	if (!at)
		return AT_FDCWD;
	*rel += strlen(at->path);
	*rel += strspn(*rel, "/");
	return at->fd;
}

static const char *or_dot(const char *rel)
{
	return *rel ? rel : ".";
}

static int fs_lstat(void *ctx, const char *path, struct stat *out)
{
	const char *rel;
	int at = look_at(ctx, path, &rel);

	return fstatat(at, rel, out, AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH);
}

static char *fs_readlink(void *ctx, const char *path)
{
	char buf[PATH_MAX];
	const char *rel;
	int at = look_at(ctx, path, &rel);
	ssize_t n = readlinkat(at, rel, buf, sizeof(buf));

	if (n < 0)
		return NULL;
	if ((size_t)n == sizeof(buf)) {
		errno = ENAMETOOLONG;
		return NULL;
	}
	return xstrndup(buf, (size_t)n);
}

static int fs_readable(void *ctx, const char *path)
{
	const char *rel;
	int at = look_at(ctx, path, &rel);

	return faccessat(at, or_dot(rel), R_OK, AT_EACCESS);
}

static char *fs_read_head(void *ctx, const char *path, size_t max)
{
	const char *rel;
	int at = look_at(ctx, path, &rel);
	cleanup_fd int fd =
		openat(at, or_dot(rel), FILE_READ_FLAGS | O_NOFOLLOW);
	cleanup_free char *buf = NULL;
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0)
		return NULL;
	if (!S_ISREG(st.st_mode)) {
		errno = EINVAL;
		return NULL;
	}
	buf = xcalloc(1, max + 1);
	return fd_read_full(fd, buf, max) < 0 ? NULL : steal_ptr(&buf);
}

static int fs_list(void *ctx, const char *path, mode_t type,
		   struct strlist *out)
{
	const char *rel;
	int at = look_at(ctx, path, &rel);
	struct dirent **names;
	int n = scandirat(at, or_dot(rel), &names, NULL, alphasort);

	if (n < 0)
		return -1;
	for (int i = 0; i < n; i++) {
		const char *name = names[i]->d_name;
		unsigned char is = names[i]->d_type;

		if (strcmp(name, ".") != 0 && strcmp(name, "..") != 0 &&
		    (!type || is == DT_UNKNOWN || (mode_t)DTTOIF(is) == type))
			strlist_add(out, name);
		free(names[i]);
	}
	free(names);
	return 0;
}

/* Takes fd (-1: errno says why). */
static int hold_fd(struct holder *h, const char *path, int fd, struct stat *out)
{
	cleanup_fd int own = fd;

	if (own < 0 || (out && fstat(own, out) < 0))
		return -1;
	h->v = xreallocarray(h->v, h->n + 1, sizeof(*h->v));
	h->v[h->n++] =
		(struct held){.path = xstrdup(path), .fd = steal_fd(&own)};
	return 0;
}

/* Beneath a held directory each one in between is held as well: a name that
 * was looked through must not mean another directory later. */
static int fs_hold(void *ctx, const char *path, struct stat *out)
{
	const char *rel;
	int at = look_at(ctx, path, &rel);

	if (at == AT_FDCWD)
		return hold_fd(
			ctx, path,
			fd_open2(at, path, HOLD_FLAGS,
				 RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS),
			out);
	if (!*rel)
		return out ? fs_lstat(ctx, path, out) : 0;
	if (strchr(rel, '/')) {
		cleanup_free char *parent = path_dirname(path);

		if (fs_hold(ctx, parent, out) < 0)
			return -1;
		at = look_at(ctx, path, &rel);
	}
	return hold_fd(ctx, path, openat(at, rel, HOLD_FLAGS), out);
}

void hostfs_init(struct host_fs *fs)
{
	*fs = (struct host_fs){
		.ctx = xcalloc(1, sizeof(struct holder)),
		.lstat = fs_lstat,
		.readlink = fs_readlink,
		.readable = fs_readable,
		.read_head = fs_read_head,
		.list = fs_list,
		.hold = fs_hold,
	};
}

int hostfs_hold_cwd(struct host_fs *fs, const char *path, struct stat *out)
{
	return hold_fd(fs->ctx, path, open(".", HOLD_FLAGS), out);
}
