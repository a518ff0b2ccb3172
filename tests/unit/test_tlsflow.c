/* SPDX-License-Identifier: MIT */
/* A TLS connection in clear: the first hello, what answers it, the second. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "sbox-gateway/tlsflow.h"
#include "sbox/cleanup.h"

#define ROW(bytes) bytes, sizeof(bytes) - 1

#define RANDOM "0123456789abcdef0123456789abcdef"
#define HELLO(name)                                                            \
	"\x16\3\1\0\x43\1\0\0\x3f"                                             \
	"\3\3" RANDOM "\0"                                                     \
	"\0\2\x13\1"                                                           \
	"\1\0"                                                                 \
	"\0\x14\0\0\0\x10\0\x0e\0\0\x0b" name
#define OURS   HELLO("example.org")
#define OTHER  HELLO("example.net")
#define CCS    "\x14\3\3\0\1\1"
#define ALERT  "\x15\3\3\0\2\1\x70"
#define EARLY  "\x17\3\3\0\3abc"
#define SERVER "\x16\3\3\0\x2a\2\0\0\x26\3\3"
#define RETRY                                                                  \
	SERVER "\xcf\x21\xad\x74\xe5\x9a\x61\x11\xbe\x1d\x8c\x02\x1e\x65\xb8"  \
	       "\x91\xc2\xa2\x11\x16\x7a\xbb\x8c\x5e\x07\x9e\x09\xe2\xc8\xa8"  \
	       "\x33\x9c"

/* What is said, how much of it passes (-1: refused), and what follows. */
struct row {
	const char *label;
	const char *bytes;
	size_t len;
	ptrdiff_t passes;
	enum tlsflow_state state;
};

/* clang-format off */
/* After a first hello: the beginning of what the server says. */
static const struct row answer_rows[] = {
	{ "nothing", ROW(""), 0, TLSFLOW_ANSWER },
	{ "a ServerHello", ROW(SERVER RANDOM), 0, TLSFLOW_OPEN },
	{ "a HelloRetryRequest", ROW(RETRY), 0, TLSFLOW_RETRY },
	{ "all but its last byte", RETRY, sizeof(RETRY) - 2, 0, TLSFLOW_ANSWER },
	{ "another message with that random", ROW("\x16\3\3\0\x2a\x0b\0\0\x26\3\3" "\xcf\x21\xad\x74\xe5\x9a\x61\x11\xbe\x1d\x8c\x02\x1e\x65\xb8\x91\xc2\xa2\x11\x16\x7a\xbb\x8c\x5e\x07\x9e\x09\xe2\xc8\xa8\x33\x9c"), 0, TLSFLOW_OPEN },
	{ "a record's header", ROW("\x16\3\3\0\x2a"), 0, TLSFLOW_ANSWER },
	{ "a record too short to tell", ROW("\x16\3\3\0\x25\2"), -1, TLSFLOW_ANSWER },
	{ "half an alert", ROW("\x15\3\3\0"), 0, TLSFLOW_ANSWER },
	{ "an alert", ROW(ALERT), 7, TLSFLOW_ANSWER },
	{ "the same before more", ROW(ALERT RETRY), 7, TLSFLOW_ANSWER },
	{ "a change of ciphers", ROW(CCS), 6, TLSFLOW_ANSWER },
	{ "data", ROW("\x17"), 0, TLSFLOW_OPEN },
	{ "HTTP", ROW("HTTP/1.1 400 No\r\n"), 0, TLSFLOW_OPEN },
};

/* After a HelloRetryRequest: what the client says. */
static const struct row retry_rows[] = {
	{ "the same name", ROW(OURS), sizeof(OURS) - 1, TLSFLOW_OPEN },
	{ "all but a byte", OURS, sizeof(OURS) - 2, 0, TLSFLOW_RETRY },
	{ "another name", ROW(OTHER), -1, TLSFLOW_RETRY },
	{ "behind a change of ciphers", ROW(CCS OURS), 6 + sizeof(OURS) - 1, TLSFLOW_OPEN },
	{ "the other behind it", ROW(CCS OTHER), -1, TLSFLOW_RETRY },
	{ "behind early data", ROW(EARLY EARLY OURS EARLY), 16 + sizeof(OURS) - 1, TLSFLOW_OPEN },
	{ "the other behind that", ROW(EARLY OTHER), -1, TLSFLOW_RETRY },
	{ "early data alone", ROW(EARLY), 8, TLSFLOW_RETRY },
	{ "half of it", ROW("\x17\3\3\0\3a"), 6, TLSFLOW_RETRY },
	{ "half of its header", ROW("\x17\3\3"), 0, TLSFLOW_RETRY },
	{ "an alert", ROW(ALERT), 7, TLSFLOW_RETRY },
	{ "another handshake message", ROW("\x16\3\3\0\4\x10\0\0\0"), -1, TLSFLOW_RETRY },
	{ "a heartbeat", ROW("\x18\3\3\0\1x"), -1, TLSFLOW_RETRY },
	{ "HTTP", ROW("GET / HTTP/1.1\r\n"), -1, TLSFLOW_RETRY },
};
/* clang-format on */

static const uint8_t *bytes_of(const char *text)
{
	return (const uint8_t *)text;
}

/* It has said its first hello. */
static struct tlsflow begun(void)
{
	struct tlsflow f;

	tlsflow_init(&f, "example.org");
	assert_int_equal(tlsflow_take(&f, bytes_of(OURS), sizeof(OURS) - 1),
			 sizeof(OURS) - 1);
	assert_int_equal(f.state, TLSFLOW_ANSWER);
	return f;
}

static void test_first(void **state)
{
	struct tlsflow f;

	(void)state;
	tlsflow_init(&f, "example.org");
	assert_int_equal(tlsflow_take(&f, bytes_of(OTHER), sizeof(OTHER) - 1),
			 -1);
	assert_true(f.is_hello);
	tlsflow_init(&f, "example.org");
	assert_int_equal(tlsflow_take(&f, bytes_of("SSH-2.0-x\r\n"), 11), -1);
	assert_false(f.is_hello);
	/* what comes with it waits for the answer */
	tlsflow_init(&f, "example.org");
	assert_int_equal(tlsflow_take(&f, bytes_of(OURS CCS OTHER),
				      sizeof(OURS CCS OTHER) - 1),
			 sizeof(OURS) - 1);
	assert_int_equal(f.state, TLSFLOW_ANSWER);
	assert_int_equal(tlsflow_take(&f, bytes_of(CCS), 6), 0);
}

static void check(const struct row *row, const struct tlsflow *f, ptrdiff_t n)
{
	if (n != row->passes || f->state != row->state)
		fail_msg("%s: %td, state %d", row->label, n, (int)f->state);
}

static void test_answers(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(answer_rows); i++) {
		const struct row *row = &answer_rows[i];
		struct tlsflow f = begun();

		check(row, &f,
		      tlsflow_answer(&f, bytes_of(row->bytes), row->len));
	}
}

static struct tlsflow retried(void)
{
	struct tlsflow f = begun();

	assert_int_equal(tlsflow_answer(&f, bytes_of(RETRY), TLSFLOW_PEEK), 0);
	return f;
}

static void test_retry(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(retry_rows); i++) {
		const struct row *row = &retry_rows[i];
		struct tlsflow f = retried();

		check(row, &f,
		      tlsflow_take(&f, bytes_of(row->bytes), row->len));
	}
}

/* A hello within a record that is skipped is none. */
static void test_skipped(void **state)
{
	struct tlsflow f = retried();

	(void)state;
	assert_int_equal(tlsflow_take(&f, bytes_of("\x17\3\3\0\x49"), 5), 5);
	assert_int_equal(tlsflow_take(&f, bytes_of(OURS), sizeof(OURS) - 1),
			 sizeof(OURS) - 1);
	assert_int_equal(f.state, TLSFLOW_RETRY);
	assert_int_equal(tlsflow_take(&f, bytes_of(OTHER), sizeof(OTHER) - 1),
			 -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_first),
		cmocka_unit_test(test_answers),
		cmocka_unit_test(test_retry),
		cmocka_unit_test(test_skipped),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
