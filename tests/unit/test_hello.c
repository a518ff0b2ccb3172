/* SPDX-License-Identifier: MIT */
/* ClientHello: the one host name in it, in any pieces, or a refusal. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "sbox-gateway/hello.h"
#include "sbox/cleanup.h"

#define ROW(bytes) bytes, sizeof(bytes) - 1

#define RANDOM "0123456789abcdef0123456789abcdef"
#define BODY                                                                   \
	"\3\3" RANDOM "\0"                                                     \
	"\0\2\x13\1"                                                           \
	"\1\0"
#define SNI                                                                    \
	"\0\0\0\x10\0\x0e\0\0\x0b"                                             \
	"example.org"
#define ALPN		"\0\x10\0\5\0\3\2h2"
#define GREASE		"\x0a\x0a\0\0"
#define ECH		"\xfe\x0d\0\4\0\1\2\3"
#define EXT(len, bytes) BODY "\0" len bytes

#define L10  "abcdefghij"
#define L63  L10 L10 L10 L10 L10 L10 "abc"
#define N253 L63 "." L63 "." L63 "." L10 L10 L10 L10 L10 L10 "a"

/* clang-format off */
/* A message's body; its header and its record are put before it. */
static const struct {
	const char *label;
	const char *body;
	size_t len;
	enum hello_result result;
	const char *name;
} body_rows[] = {
	{ "a name", ROW(EXT("\x14", SNI)), HELLO_NAME, "example.org" },
	{ "TLS 1.0", ROW("\3\1" RANDOM "\0" "\0\2\0\x2f" "\1\0" "\0\x14" SNI), HELLO_NAME, "example.org" },
	{ "a session", ROW("\3\3" RANDOM "\x20" RANDOM "\0\2\x13\1" "\1\0" "\0\x14" SNI), HELLO_NAME, "example.org" },
	{ "among others", ROW(EXT("\x25", GREASE ALPN SNI GREASE)), HELLO_NAME, "example.org" },
	{ "ECH: the outer name", ROW(EXT("\x1c", SNI ECH)), HELLO_NAME, "example.org" },
	{ "normalised", ROW(EXT("\x15", "\0\0\0\x11\0\x0f\0\0\x0c" "EXAMPLE.Org.")), HELLO_NAME, "example.org" },
	{ "the longest name", ROW(BODY "\1\6" "\0\0\1\2\1\0\0\0\xfd" N253), HELLO_NAME, N253 },
	{ "a longer one", ROW(BODY "\1\7" "\0\0\1\3\1\1\0\0\xfe" N253 "a"), HELLO_NO_NAME, NULL },
	{ "no extensions", ROW(BODY), HELLO_NO_NAME, NULL },
	{ "an empty list of extensions", ROW(EXT("\0", "")), HELLO_NO_NAME, NULL },
	{ "others only", ROW(EXT("\x0d", GREASE ALPN)), HELLO_NO_NAME, NULL },
	{ "two names in the list", ROW(EXT("\x1e", "\0\0\0\x1a\0\x18\0\0\x0b" "example.org" "\0\0\7" "a.b.org")), HELLO_NO_NAME, NULL },
	{ "the same name twice", ROW(EXT("\x22", "\0\0\0\x1e\0\x1c\0\0\x0b" "example.org" "\0\0\x0b" "example.org")), HELLO_NO_NAME, NULL },
	{ "a name of another type", ROW(EXT("\x14", "\0\0\0\x10\0\x0e\1\0\x0b" "example.org")), HELLO_NO_NAME, NULL },
	{ "another type behind the name", ROW(EXT("\x18", "\0\0\0\x14\0\x12\0\0\x0b" "example.org" "\1\0\1a")), HELLO_NO_NAME, NULL },
	{ "a byte behind the name", ROW(EXT("\x15", "\0\0\0\x11\0\x0f\0\0\x0b" "example.org" "x")), HELLO_NO_NAME, NULL },
	{ "an empty name", ROW(EXT("\x09", "\0\0\0\5\0\3\0\0\0")), HELLO_NO_NAME, NULL },
	{ "an IPv4 address", ROW(EXT("\x12", "\0\0\0\x0e\0\x0c\0\0\x09" "127.0.0.1")), HELLO_NO_NAME, NULL },
	{ "an IPv6 address", ROW(EXT("\x0c", "\0\0\0\x08\0\6\0\0\3" "::1")), HELLO_NO_NAME, NULL },
	{ "a NUL in the name", ROW(EXT("\x14", "\0\0\0\x10\0\x0e\0\0\x0b" "example\0org")), HELLO_NO_NAME, NULL },
	{ "UTF-8", ROW(EXT("\x0f", "\0\0\0\x0b\0\x09\0\0\6" "\xc3\xa4.org")), HELLO_NO_NAME, NULL },
	{ "a port", ROW(EXT("\x10", "\0\0\0\x0c\0\x0a\0\0\7" "a.org:1")), HELLO_NO_NAME, NULL },
	{ "a name beyond its list", ROW(EXT("\x14", "\0\0\0\x10\0\x0e\0\0\x0c" "example.org")), HELLO_NOT_TLS, NULL },
	{ "a list beyond its extension", ROW(EXT("\x14", "\0\0\0\x10\0\x0f\0\0\x0b" "example.org")), HELLO_NOT_TLS, NULL },
	{ "an extension beyond its list", ROW(EXT("\x14", "\0\0\0\x11\0\x0e\0\0\x0b" "example.org")), HELLO_NOT_TLS, NULL },
	{ "a byte behind the list", ROW(EXT("\x15", "\0\0\0\x11\0\x0e\0\0\x0b" "example.org" "x")), HELLO_NOT_TLS, NULL },
	{ "an empty list", ROW(EXT("\6", "\0\0\0\2\0\0")), HELLO_NOT_TLS, NULL },
	{ "an empty server_name, a server's", ROW(EXT("\4", "\0\0\0\0")), HELLO_NOT_TLS, NULL },
	{ "server_name twice", ROW(EXT("\x28", SNI SNI)), HELLO_NOT_TLS, NULL },
	{ "two of them, the first no name", ROW(EXT("\x1d", "\0\0\0\5\0\3\0\0\0" SNI)), HELLO_NOT_TLS, NULL },
	{ "an extension cut off", ROW(EXT("\x17", SNI "\0\x10\0")), HELLO_NOT_TLS, NULL },
	{ "a byte behind the extensions", ROW(EXT("\x14", SNI "x")), HELLO_NOT_TLS, NULL },
	{ "extensions beyond the message", ROW(EXT("\x15", SNI)), HELLO_NOT_TLS, NULL },
	{ "half a length of extensions", ROW(BODY "\0"), HELLO_NOT_TLS, NULL },
	{ "version 2", ROW("\2\3" RANDOM "\0" "\0\2\x13\1" "\1\0" "\0\x14" SNI), HELLO_NOT_TLS, NULL },
	{ "a session of 33 bytes", ROW("\3\3" RANDOM "\x21" RANDOM "x" "\0\2\x13\1" "\1\0" "\0\x14" SNI), HELLO_NOT_TLS, NULL },
	{ "no ciphers", ROW("\3\3" RANDOM "\0" "\0\0" "\1\0" "\0\x14" SNI), HELLO_NOT_TLS, NULL },
	{ "half a cipher", ROW("\3\3" RANDOM "\0" "\0\3\x13\1\x13" "\1\0" "\0\x14" SNI), HELLO_NOT_TLS, NULL },
	{ "no compression", ROW("\3\3" RANDOM "\0" "\0\2\x13\1" "\0" "\0\x14" SNI), HELLO_NOT_TLS, NULL },
	{ "half a random", ROW("\3\3" "0123456789abcdef"), HELLO_NOT_TLS, NULL },
	{ "an empty message", ROW(""), HELLO_NOT_TLS, NULL },
};

/* A connection's first bytes. */
static const struct {
	const char *label;
	const char *bytes;
	size_t len;
	enum hello_result result;
} first_rows[] = {
	{ "nothing", ROW(""), HELLO_MORE },
	{ "a byte of a record", ROW("\x16"), HELLO_MORE },
	{ "a record's header", ROW("\x16\3\1\2\0"), HELLO_MORE },
	{ "half a message's header", ROW("\x16\3\1\2\0\1\0"), HELLO_MORE },
	{ "a record's version 3.4", ROW("\x16\3\4\2\0\1"), HELLO_MORE },
	{ "a record's version 3.5", ROW("\x16\3\5"), HELLO_NOT_TLS },
	{ "a record's version 2", ROW("\x16\2"), HELLO_NOT_TLS },
	{ "an empty record", ROW("\x16\3\1\0\0"), HELLO_NOT_TLS },
	{ "a record too long", ROW("\x16\3\1\x40\1"), HELLO_NOT_TLS },
	{ "an alert", ROW("\x15\3\1\0\2\1\0"), HELLO_NOT_TLS },
	{ "a change of ciphers", ROW("\x14\3\3\0\1\1"), HELLO_NOT_TLS },
	{ "data", ROW("\x17\3\3\0\1x"), HELLO_NOT_TLS },
	{ "a ServerHello", ROW("\x16\3\3\0\4\2"), HELLO_NOT_TLS },
	{ "a HelloRequest", ROW("\x16\3\3\0\4\0"), HELLO_NOT_TLS },
	{ "SSLv2", ROW("\x80\x2e\1\3\1\0\x15\0\0\0\x10"), HELLO_NOT_TLS },
	{ "SSLv2 with padding", ROW("\0\x2e\0\1\3\1"), HELLO_NOT_TLS },
	{ "HTTP", ROW("GET / HTTP/1.1\r\n"), HELLO_NOT_TLS },
	{ "SSH", ROW("SSH-2.0-x\r\n"), HELLO_NOT_TLS },
	{ "DTLS", ROW("\x16\xfe\xfd\0\0\0\0\0\0\0\0\0\x10"), HELLO_NOT_TLS },
	{ "a message too long for us", ROW("\x16\3\1\2\0\1\0\x40\0"), HELLO_NOT_TLS },
	{ "a message of 16 MB", ROW("\x16\3\1\2\0\1\xff\xff\xff"), HELLO_NOT_TLS },
	{ "a record beyond the message", ROW("\x16\3\1\2\0\1\0\0\xff"), HELLO_NOT_TLS },
	{ "a second record of another type", ROW("\x16\3\1\0\4\1\0\1\0\x15\3\1\0\2\1\0"), HELLO_NOT_TLS },
	{ "a second record that is empty", ROW("\x16\3\1\0\4\1\0\1\0\x16\3\1\0\0"), HELLO_NOT_TLS },
};
/* clang-format on */

/* Records of at most size bytes each. Returns the bytes at out. */
static size_t wrap(const char *body, size_t len, size_t size, uint8_t *out)
{
	uint8_t message[2 * HELLO_MAX];
	size_t n = 0;

	message[0] = 1;
	message[1] = (uint8_t)(len >> 16);
	message[2] = (uint8_t)(len >> 8);
	message[3] = (uint8_t)len;
	memcpy(message + 4, body, len);
	len += 4;
	for (size_t at = 0; at < len; at += size) {
		size_t part = len - at < size ? len - at : size;

		memcpy(out + n, "\x16\3\1", 3);
		out[n + 3] = (uint8_t)(part >> 8);
		out[n + 4] = (uint8_t)part;
		memcpy(out + n + 5, message + at, part);
		n += 5 + part;
	}
	return n;
}

static void check(const char *label, const uint8_t *bytes, size_t len,
		  enum hello_result result, const char *name)
{
	char out[HOSTNAME_MAX + 1] = "untouched";
	uint8_t *copy = malloc(len + 1); /* reading beyond it is seen */
	enum hello_result got;
	size_t used;

	assert_non_null(copy);
	memcpy(copy, bytes, len);
	got = hello_parse(copy, len, out, &used);
	free(copy);
	if (got != result)
		fail_msg("%s: %d", label, (int)got);
	assert_string_equal(out, name ? name : "untouched");
}

static void test_bodies(void **state)
{
	static const size_t sizes[] = {16384, 64, 5, 4, 1};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(body_rows); i++) {
		for (size_t k = 0; k < ARRAY_SIZE(sizes); k++) {
			uint8_t bytes[4096];
			size_t n = wrap(body_rows[i].body, body_rows[i].len,
					sizes[k], bytes);

			check(body_rows[i].label, bytes, n, body_rows[i].result,
			      body_rows[i].name);
			/* early data and the like don't matter */
			memcpy(bytes + n, "\x14\3\3\0\1\1", 6);
			check(body_rows[i].label, bytes, n + 6,
			      body_rows[i].result, body_rows[i].name);
		}
	}
}

static void test_first(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(first_rows); i++)
		check(first_rows[i].label, (const uint8_t *)first_rows[i].bytes,
		      first_rows[i].len, first_rows[i].result, NULL);
}

/* Every beginning of a hello asks for more, whatever its records are. */
static void test_pieces(void **state)
{
	static const size_t sizes[] = {16384, 50, 3, 1};

	(void)state;
	for (size_t k = 0; k < ARRAY_SIZE(sizes); k++) {
		uint8_t bytes[4096];
		size_t n = wrap(body_rows[0].body, body_rows[0].len, sizes[k],
				bytes);

		for (size_t i = 0; i < n; i++)
			check("a piece", bytes, i, HELLO_MORE, NULL);
	}
}

/* A hello of n bytes in all: filled up with one extension of padding. */
static size_t padded(size_t n, uint8_t *out)
{
	static char body[2 * HELLO_MAX];
	size_t head = sizeof(BODY) - 1, sni = sizeof(SNI) - 1;
	size_t len = n - 5 - 4, pad = len - head - 2 - sni - 4;
	size_t ext = sni + 4 + pad;

	memset(body, 0, sizeof(body));
	memcpy(body, BODY, head);
	body[head] = (char)(ext >> 8);
	body[head + 1] = (char)ext;
	memcpy(body + head + 2, SNI, sni);
	body[head + 2 + sni + 1] = 21;
	body[head + 2 + sni + 2] = (char)(pad >> 8);
	body[head + 2 + sni + 3] = (char)pad;
	return wrap(body, len, 16384, out);
}

/* What comes behind it isn't counted. */
static void test_used(void **state)
{
	uint8_t bytes[4096];
	char name[HOSTNAME_MAX + 1];
	size_t n = wrap(body_rows[0].body, body_rows[0].len, 50, bytes), used;

	(void)state;
	memcpy(bytes + n, "\x14\3\3\0\1\1", 6);
	assert_int_equal(hello_parse(bytes, n + 6, name, &used), HELLO_NAME);
	assert_int_equal(used, n);
}

static void test_bounds(void **state)
{
	static uint8_t bytes[3 * HELLO_MAX];
	static const char body[4096] = BODY "\x0f";
	size_t n;

	(void)state;
	n = padded(HELLO_MAX, bytes);
	assert_int_equal(n, HELLO_MAX);
	check("just short enough", bytes, n, HELLO_NAME, "example.org");
	check("but a byte", bytes, n - 1, HELLO_MORE, NULL);
	n = padded(HELLO_MAX + 1, bytes);
	check("a byte too long", bytes, n, HELLO_NOT_TLS, NULL);
	check("its beginning", bytes, HELLO_MAX, HELLO_NOT_TLS, NULL);
	/* one-byte records: six bytes on the wire for each of the message */
	n = wrap(body, sizeof(body), 1, bytes);
	check("records eat the room", bytes, n, HELLO_NOT_TLS, NULL);
	check("up to there", bytes, HELLO_MAX, HELLO_NOT_TLS, NULL);
	check("before", bytes, HELLO_MAX - 1, HELLO_MORE, NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_bodies), cmocka_unit_test(test_first),
		cmocka_unit_test(test_pieces), cmocka_unit_test(test_used),
		cmocka_unit_test(test_bounds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
