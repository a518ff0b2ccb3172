/* SPDX-License-Identifier: MIT */
/*
 * The filesystem view, by descriptors only: no string names the old root once
 * it can be avoided, and no mountinfo is parsed.
 *
 *	pin	open_tree(OPEN_TREE_CLONE) of each source, after the mount
 *		namespace exists (an older descriptor can't be cloned, EINVAL).
 *		Given paths are opened without following any link and must be
 *		the inode that was resolved: a swap in between is an error.
 *		Private propagation and the flags go on before it is attached.
 *	build	a tmpfs, then the plan's steps in order; every destination is
 *		resolved beneath the new root (RESOLVE_IN_ROOT, no links).
 *	pivot	pivot_root(".", "."), detach the old root, make ours read-only.
 *
 * One tmpfs is behind everything that is ours: /tmp, /run, the home ... are
 * binds of parts of it, so they share one bound, and "/" can be read-only.
 * Kernel facts: mount_setattr(2) (5.12) may add flags anywhere in a user
 * namespace, never clear locked ones; tests/kernel shows the rest.
 */
#include "jail/mount.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "sbox/cleanup.h"
#include "sbox/fd.h"
#include "sbox/log.h"
#include "sbox/path.h"
#include "sbox/plan.h"

/* Holds what is bound elsewhere. */
#define SCRATCH_FILE  PLAN_SCRATCH "/file"
#define SCRATCH_VOID  PLAN_SCRATCH "/void"
#define SCRATCH_COVER PLAN_SCRATCH "/cover"

#define RESOLVE_INSIDE                                                         \
	(RESOLVE_IN_ROOT | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS)

/* A path inside, as a descriptor; -1 with errno. */
static int inside_open(int root, const char *path)
{
	return fd_open2(root, path[1] ? path + 1 : ".", O_PATH | O_NOFOLLOW,
			RESOLVE_INSIDE);
}

/* The same; missing directories are made. */
static int inside_open_dir(int root, const char *path, mode_t mode)
{
	cleanup_free char *parent = NULL;
	cleanup_fd int dir = -1;
	int fd = inside_open(root, path);

	if (fd >= 0 || errno != ENOENT)
		return fd;
	parent = path_dirname(path);
	dir = inside_open_dir(root, parent, 0755);
	if (dir < 0)
		return -1;
	if (mkdirat(dir, basename(path), mode) < 0 && errno != EEXIST)
		return -1;
	return inside_open(root, path);
}

static int inside_open_parent(int root, const char *path)
{
	cleanup_free char *parent = path_dirname(path);

	return inside_open_dir(root, parent, 0755);
}

static void check_inode(int fd, const struct plan_mount *m)
{
	struct stat st;

	if (fstatat(fd, "", &st, AT_EMPTY_PATH) < 0)
		fatal("mount: %s", m->dst);
	if (st.st_dev != m->dev || st.st_ino != m->ino)
		fatalx_hint("start it again; if it comes back, something keeps "
			    "replacing that path",
			    "mount: %s: was replaced while sbox started",
			    m->src ? m->src : m->dst);
}

/* deep: AT_RECURSIVE or 0 */
static void set_attr(int fd, uint64_t attr, unsigned deep, const char *what)
{
	struct mount_attr ma = {.attr_set = attr, .propagation = MS_PRIVATE};

	if (mount_setattr(fd, "", AT_EMPTY_PATH | deep, &ma, sizeof(ma)) < 0)
		fatal("mount: %s: flags", what);
}

/* path is ours, or "" for at itself */
static int clone_tree(int at, const char *path, unsigned deep, const char *what)
{
	const unsigned flags = AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW |
			       OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC;
	int tree = open_tree(at, path, flags | deep);

	if (tree < 0)
		fatal("mount: %s: pin", what);
	return tree;
}

static int pin_one(const struct plan_mount *m)
{
	unsigned deep = S_ISDIR(m->mode) ? AT_RECURSIVE : 0;
	uint64_t attr = MOUNT_ATTR_NOSUID;
	cleanup_fd int fd =
		fd_open2(AT_FDCWD, m->flags & PLAN_CWD ? "." : m->src,
			 O_PATH | O_NOFOLLOW,
			 RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS);
	int tree;

	if (fd < 0)
		fatal("mount: %s", m->src);

	/* a device is written to all the same; its mode stays as it is */
	if (m->flags & (PLAN_RO | PLAN_DEV))
		attr |= MOUNT_ATTR_RDONLY;
	if (!(m->flags & PLAN_DEV))
		attr |= MOUNT_ATTR_NODEV;
	if (m->flags & PLAN_NOEXEC)
		attr |= MOUNT_ATTR_NOEXEC;
	tree = clone_tree(fd, "", deep, m->src);
	if (m->flags & PLAN_CHECK)
		check_inode(tree, m);
	set_attr(tree, attr, deep, m->src);
	return tree;
}

static int *pin_all(const struct plan *p, int proc)
{
	int *pins = xreallocarray(NULL, p->nmounts, sizeof(*pins));

	for (size_t i = 0; i < p->nmounts; i++) {
		enum plan_mount_type type = p->mounts[i].type;

		pins[i] = type == PLAN_BIND   ? pin_one(&p->mounts[i])
			  : type == PLAN_PROC ? proc
					      : -1;
	}
	return pins;
}

static void attach(int tree, int at, const char *dst)
{
	if (move_mount(tree, "", at, "",
		       MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH) < 0)
		fatal("mount: %s", dst);
}

/* A new filesystem as a detached mount. opts: key, value, ..., NULL; or
 * none. */
static int make_fs(const char *type, const char *const opts[], unsigned attr)
{
	cleanup_fd int fs = fsopen(type, FSOPEN_CLOEXEC);
	int fd;

	if (fs < 0)
		fatal("mount: %s", type);
	for (; opts && *opts; opts += 2) {
		if (fsconfig(fs, FSCONFIG_SET_STRING, opts[0], opts[1], 0) < 0)
			fatal("mount: %s: %s=%s", type, opts[0], opts[1]);
	}
	if (fsconfig(fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0) < 0)
		fatal("mount: %s: create", type);
	fd = fsmount(fs, FSMOUNT_CLOEXEC, attr);
	if (fd < 0 && errno == EPERM && strcmp(type, "proc") == 0)
		fatal_hint("in a container, give it an unmasked /proc "
			   "(docker: --security-opt systempaths=unconfined)",
			   "mount: /proc: the host's /proc is masked");
	if (fd < 0)
		fatal("mount: %s", type);
	return fd;
}

int mount_proc(void)
{
	return make_fs("proc", NULL,
		       MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC |
			       MOUNT_ATTR_NODEV);
}

static int make_tmpfs(const struct plan *p, const char *mode)
{
	cleanup_free char *size = xasprintf("%" PRIu64, p->tmpfs_bytes);
	cleanup_free char *inodes = xasprintf("%" PRIu64, p->tmpfs_inodes);
	const char *const opts[] = {"size", size, "nr_inodes", inodes,
				    "mode", mode, NULL};

	return make_fs("tmpfs", opts, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV);
}

/* errno says why. */
static _Noreturn void step_failed(const char *dst)
{
	if (errno == ENOSPC)
		fatal_hint("limits.tmp is too small: 1M is enough to start",
			   "mount: %s", dst);
	fatal("mount: %s", dst);
}

/* dst: for messages. */
static void write_file(int dir, const char *path, const char *data, mode_t mode,
		       const char *dst)
{
	cleanup_fd int fd = openat(
		dir, path,
		O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, mode);

	if (fd < 0 || fd_write_all(fd, data, strlen(data)) < 0)
		step_failed(dst);
}

/* The place of a step: made in our tmpfs where the plan says so. Of what is
 * made in a directory, that. */
static int open_place(int root, const struct plan_mount *m, const char *path)
{
	int fd;

	if (m->type == PLAN_SYMLINK || m->type == PLAN_FILE)
		return inside_open_parent(root, path);
	if (m->type == PLAN_DIR || m->type == PLAN_PRIVATE)
		return inside_open_dir(root, path, m->mode);
	if (m->type == PLAN_PROC || m->type == PLAN_DEVPTS ||
	    (m->flags & PLAN_MAKE && S_ISDIR(m->mode)))
		return inside_open_dir(root, path, 0755);
	if (m->flags & PLAN_MAKE) {
		cleanup_fd int dir = inside_open_parent(root, path);

		if (dir < 0 ||
		    (mknodat(dir, basename(path), S_IFREG | 0444, 0) < 0 &&
		     errno != EEXIST))
			return -1;
	}
	fd = inside_open(root, path);
	if (fd >= 0 && (m->flags & PLAN_CHECK) && m->type != PLAN_BIND)
		check_inode(fd, m);
	return fd;
}

struct step {
	const struct plan *plan;
	const struct plan_mount *m;
	int root;
	int pin; /* of a bind, or /proc */
	int at;	 /* the place */
};

static void step_symlink(const struct step *s)
{
	if (symlinkat(s->m->data, s->at, basename(s->m->dst)) < 0 &&
	    errno != EEXIST)
		step_failed(s->m->dst);
}

static void step_file(const struct step *s)
{
	write_file(s->at, basename(s->m->dst), s->m->data, s->m->mode,
		   s->m->dst);
}

static void step_bind(const struct step *s)
{
	attach(s->pin, s->at, s->m->dst);
}

static void step_fs(const struct step *s)
{
	/* max: the host's terminals are counted over all instances */
	static const char *const pts[] = {"mode", "0620", "ptmxmode", "0666",
					  "max",  "256",  NULL};
	cleanup_fd int fd = -1;
	char mode[16];

	(void)snprintf(mode, sizeof(mode), "%04o", (unsigned)s->m->mode);
	if (s->m->type == PLAN_TMPFS)
		fd = make_tmpfs(s->plan, mode);
	else
		fd = make_fs("devpts", pts,
			     MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC);
	attach(fd, s->at, s->m->dst);
}

/* Bind what our scratch directory holds over the place. */
static void bind_scratch(const struct step *s, const char *path, uint64_t attr)
{
	cleanup_fd int tree = clone_tree(s->root, path, 0, s->m->dst);

	set_attr(tree, MOUNT_ATTR_RDONLY | attr, 0, s->m->dst);
	attach(tree, s->at, s->m->dst);
}

static void step_cover(const struct step *s)
{
	write_file(s->root, SCRATCH_COVER, s->m->data, 0444, s->m->dst);
	bind_scratch(s, SCRATCH_COVER, 0);
	if (unlinkat(s->root, SCRATCH_COVER, 0) < 0)
		fatal("mount: scratch");
}

static void step_hide(const struct step *s)
{
	bind_scratch(s,
		     s->m->type == PLAN_HIDE_DIR ? SCRATCH_VOID : SCRATCH_FILE,
		     MOUNT_ATTR_NOEXEC);
}

/* Onto itself; what lies beneath comes along if it is a tree of the host's. */
static void step_tree(const struct step *s)
{
	const struct plan_mount *m = s->m;
	bool whole = S_ISDIR(m->mode) || !m->mode;
	cleanup_fd int tree =
		clone_tree(s->at, "", whole ? AT_RECURSIVE : 0, m->dst);

	if (m->type == PLAN_READONLY)
		set_attr(tree, MOUNT_ATTR_RDONLY, AT_RECURSIVE, m->dst);
	attach(tree, s->at, m->dst);
}

static void (*const steps[])(const struct step *s) = {
	[PLAN_DIR] = NULL, /* the place is all */
	[PLAN_SYMLINK] = step_symlink,
	[PLAN_FILE] = step_file,
	[PLAN_BIND] = step_bind,
	[PLAN_PRIVATE] = step_tree,
	[PLAN_TMPFS] = step_fs,
	[PLAN_PROC] = step_bind,
	[PLAN_DEVPTS] = step_fs,
	[PLAN_COVER] = step_cover,
	[PLAN_HIDE_FILE] = step_hide,
	[PLAN_HIDE_DIR] = step_hide,
	[PLAN_SELF] = step_tree,
	[PLAN_READONLY] = step_tree,
};
static_assert(ARRAY_SIZE(steps) == PLAN__COUNT, "each type has its step");

/*
 * Other sandboxes can have the same kept home. One that removed or moved a
 * mount point there would take away what is mounted on it here, and with it the
 * mounts that keep protected names from being renamed; or, in time, have them
 * made elsewhere. So what is shown in a kept home is built aside, in our own
 * tmpfs, and a copy of all of it is shown before the original is put out of
 * sight (the last step).
 *
 * The outermost bind in a kept home that the step is in, or NULL.
 */
static const struct plan_mount *built_aside(const struct plan *p,
					    const struct plan_mount *step)
{
	const struct plan_mount *home = NULL;

	for (const struct plan_mount *m = p->mounts; p->keep_home && m <= step;
	     m++) {
		if (m->type != PLAN_BIND)
			continue;
		if (home && path_under(home->dst, m->dst) &&
		    path_under(m->dst, step->dst))
			return m;
		if (!home && strcmp(m->src, p->keep_home) == 0)
			home = m;
	}
	return NULL;
}

/* Where that is in our tmpfs, and beneath it what is beneath it inside. */
static char *aside_path(const struct plan *p, const struct plan_mount *m,
			const char *rest)
{
	return xasprintf("/" PLAN_SCRATCH "/%zu%s", (size_t)(m - p->mounts),
			 rest);
}

static void show_aside(const struct plan *p, int root)
{
	for (size_t i = 0; i < p->nmounts; i++) {
		const struct plan_mount *m = &p->mounts[i];
		cleanup_free char *path = NULL;
		cleanup_fd int src = -1, tree = -1, at = -1;

		if (built_aside(p, m) != m)
			continue;
		path = aside_path(p, m, "");
		src = inside_open(root, path);
		at = open_place(root, m, m->dst);
		if (src < 0 || at < 0)
			step_failed(m->dst);
		tree = clone_tree(src, "", AT_RECURSIVE, m->dst);
		attach(tree, at, m->dst);
	}
}

static void step(const struct plan *p, int root, const struct plan_mount *m,
		 int pin)
{
	const struct plan_mount *in = built_aside(p, m);
	cleanup_free char *aside =
		in ? aside_path(p, in, m->dst + strlen(in->dst)) : NULL;
	cleanup_fd int at = open_place(root, m, aside ? aside : m->dst);

	if (at < 0 && errno == ENOENT && (m->flags & PLAN_TRY))
		return;
	if (at < 0)
		step_failed(m->dst);
	if (steps[m->type])
		steps[m->type](&(struct step){p, m, root, pin, at});
}

static void scratch_make(int root)
{
	if (mkdirat(root, PLAN_SCRATCH, 0755) < 0 ||
	    mkdirat(root, SCRATCH_VOID, 0555) < 0)
		step_failed("scratch");
	write_file(root, SCRATCH_FILE, "", 0444, "scratch");
}

static void scratch_remove(int root)
{
	if (unlinkat(root, SCRATCH_FILE, 0) < 0 ||
	    unlinkat(root, SCRATCH_VOID, AT_REMOVEDIR) < 0 ||
	    unlinkat(root, PLAN_SCRATCH, AT_REMOVEDIR) < 0)
		fatal("mount: scratch");
}

/* Nothing later lies over the place, so that looking there finds it. */
static bool is_on_top(const struct plan *p, size_t i)
{
	for (size_t k = i + 1; k < p->nmounts; k++) {
		const struct plan_mount *m = &p->mounts[k];

		if (strcmp(m->dst, p->mounts[i].dst) != 0 &&
		    m->type != PLAN_SELF &&
		    path_under(m->dst, p->mounts[i].dst))
			return false;
	}
	return true;
}

int mount_uncovered(const struct plan *p)
{
	/* a cover of /etc/resolv.conf keeps nothing from anybody */
	static const bool guards[PLAN__COUNT] = {
		[PLAN_BIND] = true,	 [PLAN_TMPFS] = true,
		[PLAN_HIDE_FILE] = true, [PLAN_HIDE_DIR] = true,
		[PLAN_SELF] = true,	 [PLAN_READONLY] = true,
	};
	struct statx st;

	for (size_t i = 0; i < p->nmounts; i++) {
		const struct plan_mount *m = &p->mounts[i];

		/* whoever listens on a socket may bind it again, which is as
		 * a new one (sbox(1)) */
		if (!guards[m->type] || (m->flags & PLAN_TRY) ||
		    strcmp(m->why, "host's socket") == 0 || !is_on_top(p, i))
			continue;
		if (statx(AT_FDCWD, m->dst,
			  AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT, 0, &st) < 0 ||
		    !(st.stx_attributes & STATX_ATTR_MOUNT_ROOT))
			return (int)i;
	}
	return -1;
}

void mount_build(const struct plan *p, int proc)
{
	cleanup_free int *pins = pin_all(p, proc);
	mode_t mask = umask(0);
	cleanup_fd int root = make_tmpfs(p, "0755");

	if (move_mount(root, "", AT_FDCWD, "/", MOVE_MOUNT_F_EMPTY_PATH) < 0)
		fatal("mount: root");
	scratch_make(root);
	for (size_t i = 0; i < p->nmounts; i++) {
		if (strcmp(p->mounts[i].dst, "/" PLAN_SCRATCH) == 0)
			show_aside(p, root); /* as long as it can be reached */
		step(p, root, &p->mounts[i], pins[i]);
		if (pins[i] >= 0)
			(void)close(pins[i]); /* only a reference */
	}
	if (!p->keep_home) /* else it is hidden */
		scratch_remove(root);
	if (fchdir(root) < 0 || syscall(SYS_pivot_root, ".", ".") < 0)
		fatal("mount: pivot_root");
	if (umount2(".", MNT_DETACH) < 0 || chdir("/") < 0)
		fatal("mount: detach the host");
	set_attr(root, MOUNT_ATTR_RDONLY, 0, "root");
	(void)umask(mask);
}

void mount_enter(const struct plan *p)
{
	const struct plan_mount *planned = NULL;

	for (size_t i = 0; i < p->nmounts; i++) {
		const struct plan_mount *m = &p->mounts[i];

		if (m->flags & PLAN_CWD)
			planned = m;
		else if (m->type == PLAN_TMPFS && path_under(m->dst, p->cwd))
			planned = NULL; /* --tmpfs . */
	}
	if (chdir(p->cwd) < 0)
		fatal("setup: %s", p->cwd);
	if (planned)
		check_inode(AT_FDCWD, planned);
}
