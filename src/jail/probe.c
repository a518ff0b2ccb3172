/* SPDX-License-Identifier: MIT */
/*
 * What this machine is and who calls: read once, at every start, so with few
 * system calls and without trying anything out. An old kernel is told here with
 * its cure; whether there may be namespaces is told by clone3.
 */
#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysinfo.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "jail/hostfs.h"
#include "jail/sockets.h"
#include "sbox/cleanup.h"
#include "sbox/diag.h"
#include "sbox/host.h"
#include "sbox/path.h"

#define KERNEL_MIN 0x60001u /* 6.1: Debian 12 */

/*
 * As canonical as can be: the part that exists, then the rest, which must not
 * hold "..": what lies beneath is told by comparing components. 0, or -1 and d.
 */
static int canonical(const char *what, const char *path, char **out,
		     struct diag *d)
{
	cleanup_free char *head = xstrdup(path);
	cleanup_free char *real = NULL, *whole = NULL;
	const char *rest;

	/* "/" is there at the latest */
	while (!(real = realpath(head, NULL)))
		xreplace(&head, path_dirname(head));
	rest = path + strlen(head);
	rest += strspn(rest, "/");
	if (!*rest) { /* it exists, whatever its name is */
		*out = steal_ptr(&real);
		return 0;
	}
	whole = path_join(real, rest);
	if (path_normalise(whole, out, d) < 0)
		return diag_prefix(d, "%s", what);
	return 0;
}

/* A directory variable if it is set and absolute, else home/rest; + /sbox */
static int xdg_dir(const struct host *h, const char *var, const char *rest,
		   char **out, struct diag *d)
{
	const char *base = host_getenv(h, var);
	cleanup_free char *dir = base && base[0] == '/'
					 ? xstrdup(base)
					 : path_join(h->home, rest);
	cleanup_free char *own = path_join(dir, "sbox");

	return canonical(var, own, out, d);
}

/* A shell that is shown inside and is one, normalised; else NULL. */
static char *system_shell(const char *shell)
{
	static const char *const dirs[] = {"/usr", "/bin", "/opt",
					   "/nix/store"};
	cleanup_free char *path = NULL;

	if (!shell || path_normalise(shell, &path, NULL) < 0 ||
	    access(path, X_OK) < 0)
		return NULL;
	if (strcmp(basename(path), "nologin") == 0 ||
	    strcmp(basename(path), "false") == 0)
		return NULL; /* of a service's account */
	for (size_t i = 0; i < ARRAY_SIZE(dirs); i++) {
		if (path_under(dirs[i], path))
			return steal_ptr(&path);
	}
	return NULL;
}

static int probe_user(struct host *h, struct diag *d)
{
	const char *home = host_getenv(h, "HOME");
	const struct passwd *pw;

	h->uid = getuid();
	h->gid = getgid();
	if (h->uid != geteuid() || h->gid != getegid()) {
		diag_set(d, "sbox is installed set-id");
		return diag_hint(d, "chmod ug-s on its executable: it needs no "
				    "privilege");
	}
	pw = getpwuid(h->uid);
	h->user = pw ? xstrdup(pw->pw_name) : xasprintf("%u", h->uid);
	if (pw && pw->pw_dir[0] == '/' &&
	    canonical("passwd: home", pw->pw_dir, &h->passwd_home, d) < 0)
		return -1;
	if (!home || !*home)
		home = h->passwd_home;
	if (!home || home[0] != '/') {
		diag_set(d, "HOME: not set to an absolute path");
		return diag_hint(d, "HOME=/some/directory sbox ...");
	}
	h->shell = system_shell(host_getenv(h, "SHELL"));
	if (!h->shell && pw)
		h->shell = system_shell(pw->pw_shell);
	if (!h->shell)
		h->shell = xstrdup("/bin/sh");
	return canonical("HOME", home, &h->home, d);
}

static int probe_cwd(const char *cwd, struct host *h, struct diag *d)
{
	const char *rt = host_getenv(h, "XDG_RUNTIME_DIR");
	cleanup_free char *given = NULL;

	if (cwd && path_expand_home(cwd, h->home, &given, d) < 0)
		return diag_prefix(d, "--cwd");
	if (cwd && chdir(given) < 0) {
		diag_set_errno(d, errno, "--cwd: %s", given);
		return diag_hint(d, "name a directory that exists");
	}
	/* gone: ENOENT; in another mount namespace: "(unreachable)/..." */
	h->cwd = getcwd(NULL, 0);
	if (!h->cwd && errno != ENOENT)
		return diag_set_errno(d, errno, "cwd");
	if (!h->cwd || h->cwd[0] != '/') {
		diag_set(d, "cwd: the current directory is gone");
		return diag_hint(d, "cd to one that exists");
	}
	if (hostfs_hold_cwd(&h->fs, h->cwd, &h->cwd_stat) < 0)
		return diag_set_errno(d, errno, "cwd: %s", h->cwd);
	if (rt && rt[0] == '/' && path_normalise(rt, &h->runtime_dir, d) < 0)
		return diag_prefix(d, "XDG_RUNTIME_DIR");
	if (xdg_dir(h, "XDG_CONFIG_HOME", ".config", &h->config_dir, d) ||
	    xdg_dir(h, "XDG_STATE_HOME", ".local/state", &h->state_dir, d))
		return -1;
	return xdg_dir(h, "XDG_CACHE_HOME", ".cache", &h->cache_dir, d);
}

/* Installed: beside the executable's prefix; in a build tree: in the source. */
static int probe_self(struct host *h, struct diag *d)
{
	static const char *const places[] = {"../share/sbox/profiles",
					     "../profiles",
					     SBOX_DATADIR "/profiles"};
	const char *inside = host_getenv(h, "SBOX");
	cleanup_free char *dir = NULL;
	struct stat st;

	h->self = h->fs.readlink(h->fs.ctx, "/proc/self/exe");
	if (!h->self)
		return diag_set_errno(d, errno, "/proc/self/exe");
	dir = path_dirname(h->self);
	for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
		cleanup_free char *place = path_join(dir, places[i]);
		cleanup_free char *base = path_join(place, "base.json");

		if (stat(base, &st) < 0)
			continue;
		return canonical("profiles", place, &h->data_dir, d);
	}
	diag_set(d, "profiles: none found beside %s", h->self);
	if (inside && strcmp(inside, "1") == 0)
		return diag_hint(d, "this is a sandbox (SBOX=1): sbox itself "
				    "can't be nested");
	return diag_hint(d, "install sbox with its profiles: make install");
}

static int probe_kernel(struct host *h, struct diag *d)
{
	struct utsname u;
	struct sysinfo si;
	unsigned major = 0, minor = 0;
	long abi;

	if (uname(&u) < 0 || sysinfo(&si) < 0)
		return diag_set_errno(d, errno, "kernel");
	if (sscanf(u.release, "%u.%u", &major, &minor) != 2)
		return diag_set(d, "kernel: %s: unknown version", u.release);
	h->kernel = major << 16 | minor;
	h->memory = (uint64_t)si.totalram * si.mem_unit;
	if (h->kernel < KERNEL_MIN) {
		diag_set(d, "kernel: %s: sbox needs Linux 6.1 or newer",
			 u.release);
		return diag_hint(d, "boot a newer kernel");
	}
	abi = syscall(SYS_landlock_create_ruleset, NULL, 0, 1);
	h->landlock_abi = abi > 0 ? (int)abi : 0;
	return 0;
}

/*
 * A socket belongs to the network that it was made in, and most can be taken
 * off their peer (connect(2), AF_UNSPEC) or send to others: the payload would
 * have the host's network, or its abstract sockets. Only a unix stream that is
 * connected stays what it is.
 */
static bool can_connect(int fd)
{
	struct sockaddr_storage peer;
	socklen_t peer_len = sizeof(peer), len = sizeof(int);
	int domain = -1, type = -1;

	if (getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &len) < 0 ||
	    getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &len) < 0)
		return true;
	return domain != AF_UNIX ||
	       (type != SOCK_STREAM && type != SOCK_SEQPACKET) ||
	       getpeername(fd, (struct sockaddr *)&peer, &peer_len) < 0;
}

/* 0-2 always exist from here on; what they are decides how they are passed. */
static int probe_descriptors(struct host *h, struct diag *d)
{
	for (int i = 0; i < 3; i++) {
		const int useless = i ? O_RDONLY : O_WRONLY;
		struct stat st;

		if (fstat(i, &st) < 0) {
			/* the lowest free number is i */
			if (open("/dev/null", i ? O_WRONLY : O_RDONLY) != i)
				return diag_set_errno(d, errno, "descriptor %d",
						      i);
			continue;
		}
		h->fd_is_file[i] = S_ISREG(st.st_mode) &&
				   (fcntl(i, F_GETFL) & O_ACCMODE) != useless;
		h->fd_is_dir[i] = S_ISDIR(st.st_mode);
		h->fd_is_net[i] = S_ISSOCK(st.st_mode) && can_connect(i);
		h->fd_is_tty[i] = S_ISCHR(st.st_mode) && isatty(i);
	}
	return 0;
}

int host_probe(const char *cwd, char *const *env, struct host *h,
	       struct diag *d)
{
	*h = (struct host){.env = env};
	hostfs_init(&h->fs);
	if (probe_descriptors(h, d) < 0 || probe_user(h, d) < 0 ||
	    probe_cwd(cwd, h, d) < 0 || probe_self(h, d) < 0 ||
	    probe_kernel(h, d) < 0)
		return -1;
	sockets_probe(h);
	return 0;
}
