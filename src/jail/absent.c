/* SPDX-License-Identifier: MIT */
/*
 * A mount protects what is there; nothing keeps a program from making what is
 * not. Where the host would act upon a new file at once, as git does upon
 * .git/commondir (a shell's prompt may run it), pid 1 hears of it and ends the
 * sandbox. The file is there for an instant all the same. The last look comes
 * when everything inside is dead: pid 1's, since sbox may be stopped on a
 * terminal, then sbox's own, since pid 1 may have been killed.
 */
#include "jail/absent.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sbox/cleanup.h"
#include "sbox/fd.h"
#include "sbox/log.h"
#include "sbox/path.h"
#include "sbox/plan.h"

#define NAMES_MAX 1000 /* that are tried */

int absent_watch(const struct plan *p)
{
	int fd;

	if (!p->absent.n)
		return -1;
	fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	if (fd < 0)
		fatal_hint("sysctl fs.inotify.max_user_instances tells how "
			   "many a user may have",
			   "setup: inotify");
	for (size_t i = 0; i < p->absent.n; i++) {
		cleanup_free char *dir = path_dirname(p->absent.v[i]);
		/* ours is the directory that was planned for */
		bool ours = path_under(p->cwd, dir);
		cleanup_free char *here =
			xasprintf(".%s", ours ? dir + strlen(p->cwd) : "");

		if (inotify_add_watch(fd, ours ? here : dir,
				      IN_CREATE | IN_MOVED_TO | IN_ONLYDIR) < 0)
			fatal_hint("sysctl fs.inotify.max_user_watches tells "
				   "how many a user may have",
				   "setup: watch %s", dir);
	}
	return fd;
}

/* The index of the one that an event may be about, or -1. */
static int find_event(const struct plan *p, const struct inotify_event *e)
{
	if (e->mask & IN_Q_OVERFLOW)
		return 0;
	for (size_t i = 0; i < p->absent.n; i++)
		if (e->len && strcmp(basename(p->absent.v[i]), e->name) == 0)
			return (int)i;
	return -1;
}

int absent_heard(const struct plan *p, int fd)
{
	union {
		struct inotify_event align;
		char bytes[4096];
	} buf;
	const char *at = buf.bytes;
	/* what a flood leaves in the queue is the next turn's */
	ssize_t n = read(fd, &buf, sizeof(buf));
	int found = -1;

	while (n > 0 && at < buf.bytes + n && found < 0) {
		/* the kernel pads the names */
		const struct inotify_event *e = (const void *)at;

		found = find_event(p, e);
		at += sizeof(*e) + e->len;
	}
	return found;
}

static int move_away(int dir, const char *name)
{
	int r = -1;

	errno = EEXIST;
	for (unsigned n = 0; n < NAMES_MAX && r < 0 && errno == EEXIST; n++) {
		cleanup_free char *away = xasprintf("%s.refused.%u", name, n);

		r = renameat2(dir, name, dir, away, RENAME_NOREPLACE);
	}
	return r;
}

/* The inside may have taken our rights to the directory away. */
static void make_writable(int dir)
{
	cleanup_free char *link = xasprintf("/proc/self/fd/%d", dir);
	struct stat st;

	if (fstat(dir, &st) == 0)
		(void)chmod(link, (st.st_mode & 07777) | 0700);
}

static bool is_there(int dir, const char *name)
{
	struct stat st;

	if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) == 0)
		return true;
	if (errno != EACCES)
		return false;
	make_writable(dir);
	return fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) == 0;
}

bool absent_clear(const struct strlist *paths, int *made)
{
	bool clear = true;

	for (size_t i = 0; i < paths->n; i++) {
		const char *name = basename(paths->v[i]);
		cleanup_free char *parent = path_dirname(paths->v[i]);
		/* the one that was protected, or nothing */
		cleanup_fd int dir =
			fd_open2(AT_FDCWD, parent, O_PATH | O_DIRECTORY,
				 RESOLVE_NO_SYMLINKS);

		if (dir < 0)
			clear &= errno == ENOENT;
		if (dir < 0 || !is_there(dir, name))
			continue;
		*made = (int)i;
		if (move_away(dir, name) == 0)
			continue;
		make_writable(dir);
		/* a full disk has no room for a longer name, say */
		clear &= move_away(dir, name) == 0 ||
			 unlinkat(dir, name, 0) == 0;
	}
	return clear;
}
