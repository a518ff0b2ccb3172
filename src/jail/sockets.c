/* SPDX-License-Identifier: MIT */
/*
 * Which unix sockets the host's processes have bound (sock_diag(7),
 * CONFIG_UNIX_DIAG, as ss(8) asks it; any user may).
 *
 * The kernel tells the name that was given to bind(2) and the inode. The name
 * may be relative, go through links, belong to another mount namespace, or its
 * directory may have been moved since, so it only counts if opening it finds a
 * socket with that inode; the path is then the kernel's own. What is not found
 * is lost: the planner looks for it in what it shows. A name in a directory
 * that may not be searched is out of the payload's reach as well.
 *
 * udiag_vfs_ino has 32 bits and overlayfs may show another number than the
 * inode's: more is lost then, never less. Its device is not compared, since
 * stat(2) shows another one on btrfs.
 */
#include "jail/sockets.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/sock_diag.h>
#include <linux/unix_diag.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sbox/cleanup.h"
#include "sbox/host.h"
#include "sbox/path.h"
#include "sbox/strlist.h"

#define REPLY_MAX ((size_t)64 * 1024) /* the kernel's own, netlink_dump() */

/* The directory that keeps us from what lies beneath is one that we, and so
 * the inside, could open. */
static bool is_ours(const char *name)
{
	cleanup_free char *dir = path_dirname(name);
	struct stat st;
	int r;

	while ((r = lstat(dir, &st)) < 0 && errno == EACCES)
		xreplace(&dir, path_dirname(dir));
	return r < 0 || st.st_uid == geteuid();
}

static void place(struct host *host, const char *name, uint32_t ino)
{
	cleanup_fd int fd = -1;
	cleanup_free char *link = NULL, *path = NULL;
	struct stat st;
	bool placed;

	if (name[0] == '/') {
		fd = open(name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
		if (fd < 0 && errno == EACCES && !is_ours(name))
			return; /* and out of the inside's reach */
	}
	if (fd >= 0 && fstat(fd, &st) == 0 && S_ISSOCK(st.st_mode) &&
	    (uint32_t)st.st_ino == ino) {
		link = xasprintf("/proc/self/fd/%d", fd);
		path = host->fs.readlink(host->fs.ctx, link);
	}
	placed = path && path[0] == '/';
	if (!placed || st.st_nlink > 1) /* it has another name as well */
		strlist_add(&host->lost_sockets, name);
	if (placed)
		strlist_add(&host->sockets, path);
}

static void take_socket(struct host *host, struct nlmsghdr *h)
{
	struct unix_diag_msg *m = NLMSG_DATA(h);
	const struct unix_diag_vfs *vfs = NULL;
	cleanup_free char *name = NULL;
	unsigned left = (unsigned)(h->nlmsg_len - NLMSG_LENGTH(sizeof(*m)));

	for (struct rtattr *a = (void *)(m + 1); RTA_OK(a, left);
	     a = RTA_NEXT(a, left)) {
		if (a->rta_type == UNIX_DIAG_NAME)
			/* up to a NUL: an abstract name gives "" */
			name = xstrndup(RTA_DATA(a), RTA_PAYLOAD(a));
		else if (a->rta_type == UNIX_DIAG_VFS)
			vfs = RTA_DATA(a);
	}
	if (vfs)
		place(host, name ? name : "", vfs->udiag_vfs_ino);
}

/* One reply of many messages. 1: more to come, 0: the end, -1: an error. */
static int take_reply(struct host *host, void *buf, size_t len)
{
	struct nlmsghdr *h = buf;
	unsigned left = (unsigned)len;

	for (; NLMSG_OK(h, left); h = NLMSG_NEXT(h, left)) {
		if (h->nlmsg_type == NLMSG_DONE)
			return 0;
		if (h->nlmsg_type != SOCK_DIAG_BY_FAMILY ||
		    h->nlmsg_len < NLMSG_LENGTH(sizeof(struct unix_diag_msg)))
			return -1;
		take_socket(host, h);
	}
	return 1;
}

static int ask(struct host *host)
{
	struct {
		struct nlmsghdr h;
		struct unix_diag_req r;
	} q = {
		.h = {.nlmsg_len = sizeof(q),
		      .nlmsg_type = SOCK_DIAG_BY_FAMILY,
		      .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP},
		/* one that is connected listens to its peer alone */
		.r = {.sdiag_family = AF_UNIX,
		      .udiag_states = 1U << TCP_LISTEN | 1U << TCP_CLOSE,
		      .udiag_show = UDIAG_SHOW_NAME | UDIAG_SHOW_VFS},
	};
	cleanup_fd int fd =
		socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_SOCK_DIAG);
	cleanup_free char *buf = NULL;
	int more = 1;

	if (fd < 0 || send(fd, &q, sizeof(q), 0) < 0)
		return -1;
	buf = xcalloc(1, REPLY_MAX);
	while (more > 0) {
		ssize_t n =
			TEMP_FAILURE_RETRY(recv(fd, buf, REPLY_MAX, MSG_TRUNC));

		if (n <= 0 || (size_t)n > REPLY_MAX)
			return -1;
		more = take_reply(host, buf, (size_t)n);
	}
	return more;
}

void sockets_probe(struct host *host)
{
	if (ask(host) < 0)
		strlist_add(&host->lost_sockets, "(sock_diag: not available)");
	strlist_sort(&host->sockets);
}
