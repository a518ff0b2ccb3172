/* SPDX-License-Identifier: MIT */
/*
 * What reaches stderr. Each row runs in a child whose stderr is a packet
 * socket: one read is one write(2), so "one line, one write" is seen, too.
 */
#include <errno.h>
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "sbox/cleanup.h"
#include "sbox/diag.h"
#include "sbox/log.h"

#define RETURNED 3 /* exit status of a child whose function came back */

struct captured {
	char line[4][2 * PIPE_BUF]; /* one write(2) each */
	size_t n;
	int status;
};

static void capture(enum log_level level, void (*run)(void), struct captured *c)
{
	int fds[2], status = 0;
	pid_t pid;

	memset(c, 0, sizeof(*c));
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, fds), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		if (dup2(fds[1], STDERR_FILENO) < 0)
			_exit(99);
		(void)close(fds[0]); /* or no end of file would come */
		(void)close(fds[1]);
		log_init("sbox", level);
		run();
		_exit(RETURNED);
	}
	(void)close(fds[1]); /* likewise */
	while (c->n < ARRAY_SIZE(c->line)) {
		ssize_t n = read(fds[0], c->line[c->n], sizeof(c->line[0]) - 1);

		if (n <= 0)
			break;
		c->n++;
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	(void)close(fds[0]); /* only read */
	c->status = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void run_fatal(void)
{
	errno = ENOENT;
	fatal("mount %s", "/x");
}

static void run_fatal_odd_errno(void)
{
	errno = 4000;
	fatal("mount");
}

static void run_fatalx(void)
{
	errno = ENOENT;
	fatalx("profile: %d", 7);
}

static void run_fatal_hint(void)
{
	errno = EPERM;
	fatal_hint("sysctl \x1b[1m", "clone3");
}

static void run_fatalx_hint(void)
{
	fatalx_hint("try\nthis", "bad \x1b]52;c;eA==\a name\nsbox: forged");
}

static void run_err(void)
{
	log_err("a\\b %s", "\xc2\x9b\xe2\x80\xae");
}

static void run_warn(void)
{
	log_warn("w");
}

static void run_hint(void)
{
	log_hint("h");
}

static void run_info(void)
{
	log_info("i");
}

static void run_diag(void)
{
	struct diag d = {0};

	log_diag(&d);
	log_diag(NULL);
	(void)diag_set(&d, "%s", "f\x1b:1: key: why");
	log_diag(&d);
	(void)diag_hint(&d, "cure\t");
	log_diag(&d);
}

static void run_keeps_errno(void)
{
	struct diag d = {0};

	(void)diag_set(&d, "d");
	(void)close(STDERR_FILENO); /* every write fails */
	errno = EXDEV;
	log_err("e");
	log_warn("w");
	log_diag(&d);
	_exit(errno == EXDEV ? RETURNED : 98);
}

static void run_no_stdio(void)
{
	setvbuf(stdout, NULL, _IOFBF, BUFSIZ);
	(void)dup2(STDERR_FILENO, STDOUT_FILENO);
	fputs("must not be flushed", stdout);
	fatalx("x");
}

/* clang-format off */
static const struct {
	const char *label;
	enum log_level level;
	void (*run)(void);
	int status;
	const char *lines[4]; /* NULL: no more */
} rows[] = {
	{ "fatal explains errno", LOG_LEVEL_NORMAL, run_fatal, 125,
	  { "sbox: mount /x: No such file or directory\n" } },
	{ "fatal with an unknown errno", LOG_LEVEL_NORMAL,
	  run_fatal_odd_errno, 125, { "sbox: mount: error 4000\n" } },
	{ "fatalx does not", LOG_LEVEL_NORMAL, run_fatalx, 125,
	  { "sbox: profile: 7\n" } },
	{ "quiet does not silence fatal", LOG_LEVEL_QUIET, run_fatal, 125,
	  { "sbox: mount /x: No such file or directory\n" } },
	{ "hint is a line of its own, escaped", LOG_LEVEL_QUIET,
	  run_fatal_hint, 125,
	  { "sbox: clone3: Operation not permitted\n",
	    "sbox: hint: sysctl \\x1b[1m\n" } },
	{ "no line can be forged", LOG_LEVEL_NORMAL, run_fatalx_hint, 125,
	  { "sbox: bad \\x1b]52;c;eA==\\x07 name\\nsbox: forged\n",
	    "sbox: hint: try\\nthis\n" } },
	{ "log_err when quiet", LOG_LEVEL_QUIET, run_err, RETURNED,
	  { "sbox: a\\\\b \\xc2\\x9b\\xe2\\x80\\xae\n" } },
	{ "log_warn", LOG_LEVEL_NORMAL, run_warn, RETURNED,
	  { "sbox: warning: w\n" } },
	{ "log_warn when quiet", LOG_LEVEL_QUIET, run_warn, RETURNED, { NULL } },
	{ "log_hint", LOG_LEVEL_NORMAL, run_hint, RETURNED,
	  { "sbox: hint: h\n" } },
	{ "log_hint when quiet", LOG_LEVEL_QUIET, run_hint, RETURNED, { NULL } },
	{ "log_info", LOG_LEVEL_NORMAL, run_info, RETURNED, { NULL } },
	{ "log_info when verbose", LOG_LEVEL_VERBOSE, run_info, RETURNED,
	  { "sbox: i\n" } },
	{ "log_diag", LOG_LEVEL_QUIET, run_diag, RETURNED,
	  { "sbox: f\\x1b:1: key: why\n", "sbox: f\\x1b:1: key: why\n",
	    "sbox: hint: cure\\t\n" } },
	{ "errno is kept", LOG_LEVEL_NORMAL, run_keeps_errno, RETURNED,
	  { NULL } },
	{ "stdio is not flushed", LOG_LEVEL_NORMAL, run_no_stdio, 125,
	  { "sbox: x\n" } },
};
/* clang-format on */

static void table(void **state)
{
	static struct captured c;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		size_t n = 0;

		capture(rows[i].level, rows[i].run, &c);
		while (n < ARRAY_SIZE(rows[i].lines) && rows[i].lines[n])
			n++;
		if (c.status != rows[i].status)
			fail_msg("%s: status %d", rows[i].label, c.status);
		if (c.n != n)
			fail_msg("%s: %zu writes", rows[i].label, c.n);
		for (size_t l = 0; l < n; l++)
			if (strcmp(c.line[l], rows[i].lines[l]) != 0)
				fail_msg("%s: \"%s\"", rows[i].label,
					 c.line[l]);
	}
}

static size_t long_len;
static char long_byte;

static void run_long(void)
{
	static char text[4 * PIPE_BUF];

	memset(text, long_byte, long_len);
	errno = ENOENT;
	fatal("%s", text);
}

/* Around the size of the buffers, with bytes that escape to 1, 2 and 4. */
static void long_lines(void **state)
{
	static const char bytes[] = {'a', '\n', '\x1b'};
	static struct captured c;

	(void)state;
	for (size_t b = 0; b < sizeof(bytes); b++) {
		for (size_t len = 900; len < 3 * PIPE_BUF; len += 61) {
			size_t n;

			long_byte = bytes[b];
			long_len = len;
			capture(LOG_LEVEL_NORMAL, run_long, &c);
			n = strlen(c.line[0]);
			if (c.n != 1 || c.status != 125 || n > PIPE_BUF)
				fail_msg("%zu bytes %02x: %zu writes, %zu", len,
					 (unsigned)bytes[b], c.n, n);
			if (strchr(c.line[0], '\n') != c.line[0] + n - 1)
				fail_msg("%zu bytes: not one line", len);
			if (n > PIPE_BUF - 8 &&
			    strcmp(c.line[0] + n - 4, "...\n") != 0)
				fail_msg("%zu bytes: cut unseen", len);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(table),
		cmocka_unit_test(long_lines),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
