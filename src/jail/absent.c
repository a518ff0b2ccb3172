/* SPDX-License-Identifier: MIT */
/*
 * A mount protects what is there; nothing keeps a program from making what is
 * not. Where the host would act upon a new file at once, as git does upon
 * .git/commondir (a shell's prompt may run it), pid 1 hears of it and ends the
 * sandbox. The file is there for an instant all the same; the last look comes
 * when everything inside is dead.
 */
#include "jail/absent.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sbox/cleanup.h"
#include "sbox/log.h"
#include "sbox/path.h"
#include "sbox/plan.h"

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

		if (inotify_add_watch(fd, dir,
				      IN_CREATE | IN_MOVED_TO | IN_ONLYDIR) < 0)
			fatal("setup: watch %s", dir);
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
	int found = -1;
	ssize_t n;

	while ((n = read(fd, &buf, sizeof(buf))) > 0) {
		const char *at = buf.bytes;

		while (at < buf.bytes + n) {
			/* the kernel pads the names */
			const struct inotify_event *e = (const void *)at;

			if (found < 0)
				found = find_event(p, e);
			at += sizeof(*e) + e->len;
		}
	}
	return found;
}

int absent_find(const struct plan *p)
{
	struct stat st;

	for (size_t i = 0; i < p->absent.n; i++)
		if (lstat(p->absent.v[i], &st) == 0)
			return (int)i;
	return -1;
}

void absent_remove(const struct plan *p, int index)
{
	const char *path = p->absent.v[index];
	int r = -1;

	errno = EEXIST;
	for (unsigned n = 0; r < 0 && errno == EEXIST; n++) {
		cleanup_free char *away = xasprintf("%s.refused.%u", path, n);

		r = renameat2(AT_FDCWD, path, AT_FDCWD, away, RENAME_NOREPLACE);
	}
	if (r < 0)
		fatal_hint("remove it before git is used there", "protect: %s",
			   path);
}
