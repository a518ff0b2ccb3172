/* SPDX-License-Identifier: MIT */
/*
 * One datagram is one message, so there is no framing and no partial read. A
 * descriptor that nobody asked for is closed at once; two are refused.
 *
 * When the other side ends without having read all that was sent to it, the
 * next call here says ECONNRESET, once, even if its last message still waits
 * to be read (unix(7)): so it is made again.
 */
#include "sbox/wire.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

union wire_control {
	struct cmsghdr align;
	char buf[CMSG_SPACE(sizeof(int))];
};

static int send_with(int sock, enum wire_type type, int value, int fd,
		     int flags)
{
	struct wire_msg msg = {.type = type, .value = value};
	struct iovec iov = {.iov_base = &msg, .iov_len = sizeof(msg)};
	struct msghdr h = {.msg_iov = &iov, .msg_iovlen = 1};
	union wire_control control = {.buf = ""};
	ssize_t n;

	if (fd >= 0) {
		struct cmsghdr *c;

		h.msg_control = control.buf;
		h.msg_controllen = CMSG_SPACE(sizeof(int));
		c = CMSG_FIRSTHDR(&h);
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(c), &fd, sizeof(fd));
	}
	do
		n = sendmsg(sock, &h, MSG_NOSIGNAL | flags);
	while (n < 0 && (errno == EINTR || errno == ECONNRESET));
	return n < 0 ? -1 : 0;
}

int wire_send(int sock, enum wire_type type, int value, int fd)
{
	return send_with(sock, type, value, fd, 0);
}

int wire_send_now(int sock, enum wire_type type, int value, int fd)
{
	return send_with(sock, type, value, fd, MSG_DONTWAIT);
}

/* The descriptor that came along, or -1. */
static int control_fd(struct msghdr *h)
{
	struct cmsghdr *c = CMSG_FIRSTHDR(h);
	int fd = -1;

	if (c && c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_RIGHTS &&
	    c->cmsg_len == CMSG_LEN(sizeof(fd)))
		memcpy(&fd, CMSG_DATA(c), sizeof(fd));
	return fd;
}

int wire_recv(int sock, struct wire_msg *msg, int *fd)
{
	struct wire_msg got = {0};
	struct iovec iov = {.iov_base = &got, .iov_len = sizeof(got)};
	union wire_control control;
	struct msghdr h = {.msg_iov = &iov,
			   .msg_iovlen = 1,
			   .msg_control = control.buf,
			   /* not what the alignment would leave room for: of
			    * two the kernel drops the second (MSG_CTRUNC) */
			   .msg_controllen = CMSG_LEN(sizeof(int))};
	ssize_t n;
	int sent;

	do
		n = recvmsg(sock, &h, MSG_CMSG_CLOEXEC);
	while (n < 0 && (errno == EINTR || errno == ECONNRESET));
	if (n <= 0)
		return (int)n;
	sent = control_fd(&h);
	if (n != sizeof(got) || (h.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) ||
	    got.type < WIRE_READY || got.type >= WIRE__COUNT) {
		if (sent >= 0)
			(void)close(sent); /* refused either way */
		errno = EBADMSG;
		return -1;
	}
	if (fd)
		*fd = sent;
	else if (sent >= 0)
		(void)close(sent); /* nobody asked for it */
	*msg = got;
	return 1;
}
