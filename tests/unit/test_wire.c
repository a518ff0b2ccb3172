/* SPDX-License-Identifier: MIT */
/* Messages between the supervisor and pid 1: whole, with their descriptor, and
 * nothing that isn't one of ours. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "sbox/cleanup.h"
#include "sbox/wire.h"

static void pair(int sock[2])
{
	assert_int_equal(
		socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sock), 0);
}

static void test_values_pass(void **state)
{
	static const struct {
		enum wire_type type;
		int value;
	} rows[] = {
		{WIRE_READY, 0},
		{WIRE_EXITED, 0x7f00},
		{WIRE_EXEC_FAILED, ENOENT},
		{WIRE_SIGNAL, 15 | WIRE_GROUP},
		{WIRE_CONTINUE, -1},
	};
	struct wire_msg msg;
	int sock[2], fd = 7;

	(void)state;
	pair(sock);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		assert_int_equal(
			wire_send(sock[0], rows[i].type, rows[i].value, -1), 0);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		assert_int_equal(wire_recv(sock[1], &msg, &fd), 1);
		assert_int_equal(msg.type, rows[i].type);
		assert_int_equal(msg.value, rows[i].value);
		assert_int_equal(fd, -1);
	}
	(void)close(sock[0]);
	assert_int_equal(wire_recv(sock[1], &msg, &fd), 0);
	assert_int_equal(wire_send(sock[1], WIRE_START, 1, -1), -1);
	assert_int_equal(errno, EPIPE);
	(void)close(sock[1]);
}

static void test_a_descriptor_comes_along(void **state)
{
	struct stat a, b;
	struct wire_msg msg;
	int sock[2], null = open("/dev/null", O_RDONLY | O_CLOEXEC), fd, next;

	(void)state;
	pair(sock);
	assert_int_equal(wire_send(sock[0], WIRE_READY, 0, null), 0);
	assert_int_equal(wire_recv(sock[1], &msg, &fd), 1);
	assert_true(fd >= 0);
	assert_int_equal(fcntl(fd, F_GETFD), FD_CLOEXEC);
	assert_int_equal(fstat(null, &a), 0);
	assert_int_equal(fstat(fd, &b), 0);
	assert_int_equal(a.st_rdev, b.st_rdev);
	(void)close(fd);
	/* and is closed when nobody asked for it */
	assert_int_equal(wire_send(sock[0], WIRE_READY, 0, null), 0);
	assert_int_equal(wire_recv(sock[1], &msg, NULL), 1);
	next = dup(null);
	assert_int_equal(next, fd);
	(void)close(next);
	(void)close(null);
	(void)close(sock[0]);
	(void)close(sock[1]);
}

static void test_what_is_not_ours_is_refused(void **state)
{
	static const struct {
		const char *label;
		uint32_t words[3];
		size_t len;
	} rows[] = {
		{"type 0", {0, 1}, 8},
		{"a type too high", {WIRE__COUNT, 1}, 8},
		{"too short", {WIRE_READY}, 4},
		{"too long", {WIRE_READY, 0, 0}, 12},
	};
	struct wire_msg msg = {42, 42};
	int sock[2];

	(void)state;
	pair(sock);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		assert_int_equal(send(sock[0], rows[i].words, rows[i].len, 0),
				 rows[i].len);
		errno = 0;
		if (wire_recv(sock[1], &msg, NULL) != -1 || errno != EBADMSG ||
		    msg.type != 42)
			fail_msg("%s", rows[i].label);
	}
	(void)close(sock[0]);
	(void)close(sock[1]);
}

/* More than one descriptor: none of them stays. */
static void test_descriptors_too_many(void **state)
{
	const uint32_t words[] = {WIRE_READY, 0};
	struct iovec iov = {.iov_base = (void *)(uintptr_t)words,
			    .iov_len = sizeof(words)};
	union {
		struct cmsghdr align;
		char buf[CMSG_SPACE(4 * sizeof(int))];
	} control;
	int sock[2], null = open("/dev/null", O_RDONLY | O_CLOEXEC);
	struct wire_msg msg = {42, 42};

	(void)state;
	pair(sock);
	for (size_t n = 2; n <= 4; n++) {
		struct msghdr h = {.msg_iov = &iov,
				   .msg_iovlen = 1,
				   .msg_control = control.buf,
				   .msg_controllen =
					   CMSG_SPACE(n * sizeof(int))};
		struct cmsghdr *c;
		int before = dup(null), fd = -1, after;

		memset(&control, 0, sizeof(control));
		(void)close(before);
		c = CMSG_FIRSTHDR(&h);
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(n * sizeof(int));
		for (size_t i = 0; i < n; i++)
			memcpy(CMSG_DATA(c) + i * sizeof(int), &null,
			       sizeof(null));
		assert_int_equal(sendmsg(sock[0], &h, 0), sizeof(words));
		errno = 0;
		assert_int_equal(wire_recv(sock[1], &msg, &fd), -1);
		assert_int_equal(errno, EBADMSG);
		assert_int_equal(msg.type, 42);
		after = dup(null);
		assert_int_equal(before, after);
		(void)close(after);
	}
	(void)close(null);
	(void)close(sock[0]);
	(void)close(sock[1]);
}

/* Nobody reads: an error, not a wait. */
static void test_send_now(void **state)
{
	int sock[2], sent = 0;

	(void)state;
	pair(sock);
	while (wire_send_now(sock[0], WIRE_SOCKET, 0, -1) == 0)
		sent++;
	assert_int_equal(errno, EAGAIN);
	assert_true(sent > 0);
	(void)close(sock[0]);
	(void)close(sock[1]);
}

/* It answered and ended without having read the last of what we sent. */
static void test_the_last_words_are_heard(void **state)
{
	struct wire_msg msg;
	int sock[2];

	(void)state;
	for (int send_first = 0; send_first < 2; send_first++) {
		pair(sock);
		assert_int_equal(wire_send(sock[0], WIRE_SIGNAL, 1, -1), 0);
		assert_int_equal(wire_send(sock[1], WIRE_EXITED, 1, -1), 0);
		(void)close(sock[1]);
		if (send_first) {
			assert_int_equal(wire_send(sock[0], WIRE_SIGNAL, 1, -1),
					 -1);
			assert_int_equal(errno, EPIPE);
		}
		assert_int_equal(wire_recv(sock[0], &msg, NULL), 1);
		assert_int_equal(msg.type, WIRE_EXITED);
		assert_int_equal(wire_recv(sock[0], &msg, NULL), 0);
		(void)close(sock[0]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_values_pass),
		cmocka_unit_test(test_a_descriptor_comes_along),
		cmocka_unit_test(test_what_is_not_ours_is_refused),
		cmocka_unit_test(test_descriptors_too_many),
		cmocka_unit_test(test_send_now),
		cmocka_unit_test(test_the_last_words_are_heard),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
