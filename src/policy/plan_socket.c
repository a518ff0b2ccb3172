/* SPDX-License-Identifier: MIT */
/*
 * Looking for a unix socket of the host whose place isn't known (bound under a
 * relative name, moved since, linked to a second name). That is rare, so only
 * then is what was asked to be shown walked: every socket in it is taken for
 * the host's. The system's own directories, where root alone writes, are not.
 *
 * A directory that can't be read is passed over if its mode could not be
 * changed by the payload; otherwise nothing is started.
 */
#include <errno.h>
#include <sys/stat.h>

#include "plan_internal.h"
#include "sbox/cleanup.h"
#include "sbox/diag.h"
#include "sbox/path.h"

/* One directory: sockets go to out, directories to todo. */
static int search_dir(const struct view *v, const char *dir,
		      struct strlist *todo, struct strlist *out)
{
	const struct host_fs *fs = &v->host->fs;
	cleanup_strlist struct strlist names = {.n = 0};
	struct stat st;

	if (fs->list(fs->ctx, dir, 0, &names) < 0) {
		int err = errno;

		if (err == ENOENT ||
		    (err == EACCES && view_lstat(v, dir, &st) == 0 &&
		     st.st_uid != v->host->uid))
			return 0;
		diag_set_errno(v->d, err,
			       "host's socket: %s: can't be searched", dir);
		return diag_hint(v->d,
				 "ss -xlp shows who has bound %s: end it, "
				 "or make the directory readable",
				 v->host->lost_sockets.v[0]);
	}
	for (size_t i = 0; i < names.n; i++) {
		cleanup_free char *path = path_join(dir, names.v[i]);

		if (view_lstat(v, path, &st) < 0)
			continue; /* gone meanwhile */
		if (S_ISDIR(st.st_mode))
			strlist_add_owned(todo, steal_ptr(&path));
		else if (S_ISSOCK(st.st_mode))
			strlist_add_owned(out, steal_ptr(&path));
	}
	return 0;
}

int socket_search(const struct view *v, struct strlist *out)
{
	cleanup_strlist struct strlist todo = {.n = 0};

	strlist_addf(&v->plan->notes,
		     "a socket of the host's, %s, is somewhere: looking for it "
		     "in what is shown",
		     v->host->lost_sockets.v[0]);
	for (size_t i = 0; i < v->shows.nmounts; i++) {
		if (S_ISDIR(v->shows.mounts[i].mode))
			strlist_add(&todo, v->shows.mounts[i].src);
	}
	if (v->plan->keep_home)
		strlist_add(&todo, v->plan->keep_home);
	while (todo.n) {
		cleanup_free char *dir = todo.v[--todo.n];

		todo.v[todo.n] = NULL;
		if (search_dir(v, dir, &todo, out) < 0)
			return -1;
	}
	return 0;
}
