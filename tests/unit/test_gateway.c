/* SPDX-License-Identifier: MIT */
/*
 * The parts of the gateway that need no sandbox: the order of addresses,
 * connecting, pipes, what is refused, lines of the log.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <event2/event.h>
#include <fcntl.h>
#include <ifaddrs.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "sbox-gateway/connect.h"
#include "sbox-gateway/decision.h"
#include "sbox-gateway/near.h"
#include "sbox-gateway/newnames.h"
#include "sbox-gateway/pipes.h"
#include "sbox-gateway/refusal.h"
#include "sbox/cleanup.h"
#include "sbox/json.h"

static struct in6_addr address(char family, uint8_t last)
{
	struct in6_addr a = {.s6_addr = {0x20, 1, [15] = last}};
	struct in6_addr v4 = {.s6_addr = {[10] = 0xff, 0xff, 127, 0, 0, last}};

	return family == '4' ? v4 : a;
}

/* Families as they come and as they are tried. */
static const struct {
	const char *label, *in, *out;
} orders[] = {
	{"one", "4", "4"},
	{"the first one's family begins", "6644", "6464"},
	{"so does IPv4", "4466", "4646"},
	{"what is left over comes last", "444466", "464644"},
	{"one family only", "666", "666"},
	{"alternating already", "6464", "6464"},
};

static void test_dial_order(void **state)
{
	struct in6_addr in[16], out[16];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(orders); i++) {
		size_t n = strlen(orders[i].in);
		uint8_t last[2] = {0, 0};

		for (size_t k = 0; k < n; k++)
			in[k] = address(orders[i].in[k], (uint8_t)(k + 1));
		dial_order(in, n, out);
		for (size_t k = 0; k < n; k++) {
			int v4 = IN6_IS_ADDR_V4MAPPED(&out[k]);

			if ((orders[i].out[k] == '4') != v4)
				fail_msg("%s", orders[i].label);
			/* within a family the order stays */
			assert_true(out[k].s6_addr[15] > last[v4]);
			last[v4] = out[k].s6_addr[15];
		}
	}
}

struct dialled {
	struct event_base *base;
	int fd, error, calls;
};

static void on_dialled(void *ctx, int fd, int error)
{
	struct dialled *d = ctx;

	d->fd = fd;
	d->error = error;
	d->calls++;
	(void)event_base_loopbreak(d->base);
}

static int listen_local(uint16_t *port)
{
	struct sockaddr_in a = {.sin_family = AF_INET,
				.sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof(a);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&a, sizeof(a)), 0);
	assert_int_equal(listen(fd, 8), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&a, &len), 0);
	*port = ntohs(a.sin_port);
	return fd;
}

static void test_dial(void **state)
{
	struct dialled d = {.base = event_base_new()};
	struct dialer from = {.base = d.base};
	int fd = -1;
	struct in6_addr addrs[3] = {address('4', 2), address('4', 3),
				    address('4', 1)};
	uint16_t port;
	int listener = listen_local(&port);

	(void)state;
	/* on this host it is connected at once */
	assert_null(dial_start(&from, &addrs[2], 1, port, 5000, on_dialled, &d,
			       &fd));
	assert_true(fd >= 0);
	(void)close(fd);
	/* 127.0.0.2 and 127.0.0.3 refuse: the next one at once */
	assert_non_null(
		dial_start(&from, addrs, 3, port, 5000, on_dialled, &d, &fd));
	assert_int_equal(fd, -1);
	assert_int_equal(d.calls, 0);
	(void)event_base_dispatch(d.base);
	assert_int_equal(d.calls, 1);
	assert_true(d.fd >= 0);
	(void)close(d.fd);
	/* all refuse: the error, from the loop */
	(void)dial_start(&from, addrs, 2, port, 5000, on_dialled, &d, &fd);
	(void)event_base_dispatch(d.base);
	assert_int_equal(d.calls, 2);
	assert_int_equal(d.fd, -1);
	assert_int_equal(d.error, ECONNREFUSED);
	/* forgotten: nothing is called any more */
	dial_cancel(
		dial_start(&from, addrs, 3, port, 5000, on_dialled, &d, &fd));
	(void)event_base_loop(d.base, EVLOOP_NONBLOCK);
	assert_int_equal(d.calls, 2);
	(void)close(listener);
	event_base_free(d.base);
}

/* Run the loop for as long as two more attempts take to begin. */
static void wait_for_attempts(struct event_base *base)
{
	const struct timeval tv = {.tv_usec = 700000};

	(void)event_base_loopexit(base, &tv);
	(void)event_base_dispatch(base);
}

/* Nobody answers: attempts are added, but of all dials no more than so many. */
static void test_dial_more(void **state)
{
	struct dialled d = {.base = event_base_new()};
	struct dialer from = {.base = d.base};
	struct in6_addr addrs[3] = {address('4', 1), address('4', 1),
				    address('4', 1)};
	struct dial *dial;
	int full[8], fd = -1;
	uint16_t port;
	int listener = listen_local(&port);

	(void)state;
	assert_int_equal(listen(listener, 0), 0);
	for (size_t i = 0; i < ARRAY_SIZE(full); i++) {
		full[i] = -1;
		dial = dial_start(&from, addrs, 1, port, 5000, on_dialled, &d,
				  &full[i]);
		dial_cancel(dial);
	}
	dial = dial_start(&from, addrs, 3, port, 5000, on_dialled, &d, &fd);
	assert_non_null(dial);
	wait_for_attempts(d.base);
	assert_int_equal(from.more, 2);
	dial_cancel(dial);
	assert_int_equal(from.more, 0);
	from.more = DIAL_MORE_MAX; /* as if others had them */
	dial = dial_start(&from, addrs, 3, port, 5000, on_dialled, &d, &fd);
	wait_for_attempts(d.base);
	assert_int_equal(from.more, DIAL_MORE_MAX);
	dial_cancel(dial);
	assert_int_equal(from.more, DIAL_MORE_MAX);
	assert_int_equal(d.calls, 0);
	for (size_t i = 0; i < ARRAY_SIZE(full); i++)
		if (full[i] >= 0)
			(void)close(full[i]);
	(void)close(listener);
	event_base_free(d.base);
}

static void test_pipes(void **state)
{
	struct pipes p;
	struct pipe *a, *b;

	(void)state;
	pipes_init(&p, 2);
	a = pipes_take(&p);
	b = pipes_take(&p);
	assert_non_null(a);
	assert_non_null(b);
	assert_null(pipes_take(&p));
	pipes_give(&p, a, true);
	assert_ptr_equal(pipes_take(&p), a);
	/* one with bytes in it is never used again */
	pipes_give(&p, a, false);
	assert_int_equal(p.nidle, 0);
	pipes_give(&p, b, true);
	assert_int_equal(p.nidle, 1);
	pipes_free(&p);
}

static void test_refusals(void **state)
{
	struct refusals *r = refusals_new();
	char name[32], text[4096];
	int fd[2];
	ssize_t n;

	(void)state;
	assert_int_equal(
		refusals_count(r, "a.test", 443, REFUSAL_UNLISTED, NULL), 1);
	assert_int_equal(
		refusals_count(r, "a.test", 443, REFUSAL_UNLISTED, NULL), 2);
	assert_int_equal(
		refusals_count(r, "a.test", 22, REFUSAL_UNLISTED, NULL), 1);
	assert_int_equal(refusals_count(r, "a.test", 443, REFUSAL_DENIED, NULL),
			 1);
	for (int i = 0; i < REFUSALS_MAX + 10; i++) {
		(void)snprintf(name, sizeof(name), "n%d.test", i);
		assert_int_equal(
			refusals_count(r, name, 0, REFUSAL_UNLISTED, NULL),
			i < REFUSALS_MAX - 3 ? 1 : i - (REFUSALS_MAX - 3) + 1);
	}
	assert_int_equal(pipe2(fd, O_CLOEXEC), 0);
	refusals_print(r, fd[1]);
	(void)close(fd[1]);
	n = read(fd[0], text, sizeof(text) - 1);
	assert_true(n > 0);
	text[n] = '\0';
	assert_non_null(strstr(text,
			       "refused: a.test port 443: not allowed (2 times)"
			       "; to allow it: --allow a.test:443\n"));
	assert_non_null(strstr(text, "more, in the log\n"));
	(void)close(fd[0]);
	refusals_free(r);
}

/* What can't be allowed is no advice; what leads there is, if anything does. */
static void test_refusal_cures(void **state)
{
	static const struct {
		const char *name, *cure;
		uint16_t port;
	} rows[] = {
		{"a.test", "not allowed; to allow it: --allow a.test:22\n", 22},
		{"9.9.9.9", "to allow it: --allow 9.9.9.9:443\n", 443},
		{"2a0f::1", "to allow it: --allow [2a0f::1]:443\n", 443},
		{"127.0.0.1",
		 "not allowed; --port PORT reaches the host's own "
		 "127.0.0.1:PORT\n",
		 443},
		{"x.onion", "to allow it: --allow x.onion:80 --via tor\n", 80},
		{"0.0.0.0", "not allowed\n", 80},
		{"a\\b.test", "not allowed\n", 0},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct refusals *r = refusals_new();
		char text[4096];
		ssize_t n;
		int fd[2];

		(void)refusals_count(r, rows[i].name, rows[i].port,
				     REFUSAL_UNLISTED, NULL);
		assert_int_equal(pipe2(fd, O_CLOEXEC), 0);
		refusals_print(r, fd[1]);
		(void)close(fd[1]);
		n = read(fd[0], text, sizeof(text) - 1);
		(void)close(fd[0]);
		assert_true(n > 0);
		text[n] = '\0';
		if (!strstr(text, rows[i].cure))
			fail_msg("%s: %s", rows[i].name, text);
		refusals_free(r);
	}
}

static void test_refusal_rate(void **state)
{
	static const unsigned yes[] = {1, 10, 100, 1000, 1000000},
			      no[] = {0, 2, 9, 11, 20, 99, 101, 1001};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(yes); i++)
		assert_true(refusal_is_logged(yes[i]));
	for (size_t i = 0; i < ARRAY_SIZE(no); i++)
		assert_false(refusal_is_logged(no[i]));
	for (int i = 0; i < REFUSAL__COUNT; i++)
		assert_non_null(refusal_text((enum refusal)i));
}

/* Every line is JSON, whatever the texts hold and however long they are. */
static void test_decision_lines(void **state)
{
	char longest[4000], line[DECISION_LINE_MAX];
	const char *texts[] = {"ok.test", "a\"b\\c\n\x1b[0m\x7f", "\xff\xfe",
			       longest};
	struct decision d = {.port = 443,
			     .verdict = "allowed",
			     .count = UINT32_MAX,
			     .sent = UINT64_MAX / 2,
			     .received = UINT64_MAX / 2,
			     .duration_ms = UINT64_MAX};
	size_t n;

	(void)state;
	memset(longest, '"', sizeof(longest) - 1);
	longest[sizeof(longest) - 1] = '\0';
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		struct json_doc doc;

		d.name = d.rule = d.reason = texts[i];
		n = decision_format(&d, texts[i], 1234567, line);
		assert_true(n > 0 && n < sizeof(line));
		assert_int_equal(line[n - 1], '\n');
		assert_int_equal(json_parse("line", line, n, &doc, NULL), 0);
		json_free(&doc);
	}
	d = (struct decision){.name = "a.test", .verdict = "unlisted"};
	n = decision_format(&d, "s", 1234567, line);
	line[n] = '\0';
	assert_string_equal(
		line + strlen("{\"time\":\"1970-01-01T"),
		"00:20:34.567Z\",\"sandbox\":\"s\",\"name\":\"a.test\","
		"\"port\":0,\"verdict\":\"unlisted\",\"bytes\":0,\"sent\":0,"
		"\"duration\":0.000}\n");
}

static off_t size_of(int dir, const char *name)
{
	struct stat st;

	return fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) < 0 ? -1
								: st.st_size;
}

/* However much one sandbox has to say, the others' lines and its own first ones
 * stay; what it says then is bounded as well. */
static void test_decision_share(void **state)
{
	char dir[] = "/tmp/sbox-log-XXXXXX", name[64];
	char long_name[201];
	const struct decision d = {.name = long_name, .verdict = "allowed"};
	const struct decision first = {.name = "a.test", .verdict = "allowed"};
	struct decisions *other, *flood;
	int fd;

	(void)state;
	memset(long_name, 'a', sizeof(long_name) - 1);
	long_name[sizeof(long_name) - 1] = '\0';
	assert_non_null(mkdtemp(dir));
	other = decisions_open(dir, "other");
	flood = decisions_open(dir, "flood");
	assert_non_null(other);
	assert_non_null(flood);
	fd = decisions_dir(other);
	decisions_write(other, &first);
	for (int i = 0; i < 120000; i++)
		decisions_write(flood, &d);
	decisions_write(other, &first);
	assert_in_range(size_of(fd, "network.jsonl"), DECISIONS_SHARE,
			DECISIONS_SHARE + (1 << 17));
	assert_int_equal(size_of(fd, "network.jsonl.1"), -1);
	for (int i = 1; i <= DECISIONS_KEEP; i++) {
		(void)snprintf(name, sizeof(name), "network.more.jsonl.%d", i);
		assert_in_range(size_of(fd, name), DECISIONS_SIZE_MAX,
				DECISIONS_SIZE_MAX + (1 << 17));
		assert_int_equal(unlinkat(fd, name, 0), 0);
	}
	assert_int_equal(unlinkat(fd, "network.more.jsonl", 0), 0);
	assert_int_equal(unlinkat(fd, "network.jsonl", 0), 0);
	decisions_free(other);
	decisions_free(flood);
	assert_int_equal(rmdir(dir), 0);
}

/* A burst of new names, then one in a while; known ones always. */
static void test_newnames(void **state)
{
	static struct newnames n;
	const uint64_t now = 1000000;
	uint32_t a = NAMES_FIRST;

	(void)state;
	for (int i = 0; i < NEWNAMES_BURST; i++)
		assert_true(newnames_pass(&n, a++, now));
	assert_false(newnames_pass(&n, a, now));
	assert_false(newnames_pass(&n, a, now + NEWNAMES_EVERY_MS - 1));
	assert_true(newnames_pass(&n, NAMES_FIRST, now));
	assert_true(newnames_pass(&n, a, now + NEWNAMES_EVERY_MS));
	assert_false(newnames_pass(&n, a + 1, now + NEWNAMES_EVERY_MS));
	assert_false(newnames_pass(&n, NAMES_FIRST - 1, 2 * now));
	assert_false(newnames_pass(&n, NAMES_FIRST + NAMES_MAX, 2 * now));
	for (int i = 0; i < NEWNAMES_BURST; i++)
		assert_true(newnames_pass(&n, ++a, 2 * now));
	assert_false(newnames_pass(&n, ++a, 2 * now));
}

/* An interface with a public address: it, what is beside it, and what leads
 * there by a translator. */
static void test_near(void **state)
{
	static const struct {
		const char *text;
		bool expected;
	} rows[] = {
		{"::ffff:93.184.216.34", true},
		{"::ffff:93.184.216.65", true},
		{"::ffff:93.184.217.1", false},
		{"64:ff9b::93.184.216.34", true}, /* NAT64 */
		{"64:ff9b::93.184.216.65", true},
		{"64:ff9b::93.184.217.1", false},
		{"2002:5db8:d841::1", true}, /* 6to4 */
		{"2002:5db8:d901::1", false},
	};
	struct sockaddr_in address = {.sin_family = AF_INET};
	struct sockaddr_in mask = {.sin_family = AF_INET};
	char name[] = "none0";
	struct ifaddrs own = {
		.ifa_name = name,
		.ifa_addr = (struct sockaddr *)&address,
		.ifa_netmask = (struct sockaddr *)&mask,
	};

	(void)state;
	assert_int_equal(inet_pton(AF_INET, "93.184.216.34", &address.sin_addr),
			 1);
	assert_int_equal(inet_pton(AF_INET, "255.255.255.0", &mask.sin_addr),
			 1);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct in6_addr a;

		assert_int_equal(inet_pton(AF_INET6, rows[i].text, &a), 1);
		if (near_is(&a, &own) != rows[i].expected)
			fail_msg("%s", rows[i].text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_dial_order),
		cmocka_unit_test(test_dial),
		cmocka_unit_test(test_dial_more),
		cmocka_unit_test(test_pipes),
		cmocka_unit_test(test_refusals),
		cmocka_unit_test(test_refusal_cures),
		cmocka_unit_test(test_refusal_rate),
		cmocka_unit_test(test_decision_lines),
		cmocka_unit_test(test_decision_share),
		cmocka_unit_test(test_newnames),
		cmocka_unit_test(test_near),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
