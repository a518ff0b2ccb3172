/* SPDX-License-Identifier: MIT */
/* SOCKS5: what is sent, and what a server may answer. HMAC: RFC 4231. */
#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "sbox-gateway/hmac.h"
#include "sbox-gateway/socks.h"
#include "sbox/cleanup.h"

static const uint8_t key[SOCKS_KEY_SIZE] = "0123456789abcdef0123456789abcdef";

#define ROW(bytes) bytes, sizeof(bytes) - 1
#define X20(b)	   b b b b b b b b b b b b b b b b b b b b
#define X100(b)	   X20(b) X20(b) X20(b) X20(b) X20(b)
#define X131(b)	   X100(b) X20(b) b b b b b b b b b b b
#define COUNTED                                                                \
	"\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c\x0d\x0e\x0f\x10\x11" \
	"\x12\x13\x14\x15\x16\x17\x18\x19"

/* clang-format off */
static const struct {
	const char *label;
	const char *key;
	size_t key_len;
	const char *text;
	const char *mac; /* hexadecimal */
} hmac_rows[] = {
	{ "RFC 4231 1", ROW(X20("\x0b")), "Hi There",
	  "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7" },
	{ "RFC 4231 2", ROW("Jefe"), "what do ya want for nothing?",
	  "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843" },
	{ "RFC 4231 3", ROW(X20("\xaa")),
	  X20("\xdd") X20("\xdd") "\xdd\xdd\xdd\xdd\xdd\xdd\xdd\xdd\xdd\xdd",
	  "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe" },
	{ "RFC 4231 4", ROW(COUNTED),
	  X20("\xcd") X20("\xcd") "\xcd\xcd\xcd\xcd\xcd\xcd\xcd\xcd\xcd\xcd",
	  "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b" },
	{ "RFC 4231 6", ROW(X131("\xaa")),
	  "Test Using Larger Than Block-Size Key - Hash Key First",
	  "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54" },
	{ "RFC 4231 7", ROW(X131("\xaa")),
	  "This is a test using a larger than block-size key and a larger "
	  "than block-size data. The key needs to be hashed before being used "
	  "by the HMAC algorithm.",
	  "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2" },
};

/* What the server says in one step. used: -1 refused, 0 more is needed. */
static const struct {
	const char *label;
	enum socks_step step;
	const char *bytes;
	size_t len;
	int used;
	uint8_t reply;
} take_rows[] = {
	{ "method: password", SOCKS_GREETING, ROW("\5\2"), 2, 0 },
	{ "method: half", SOCKS_GREETING, ROW("\5"), 0, 0 },
	{ "method: nothing", SOCKS_GREETING, ROW(""), 0, 0 },
	{ "method: what follows is left", SOCKS_GREETING, ROW("\5\2\1"), 2, 0 },
	{ "method: none is acceptable", SOCKS_GREETING, ROW("\5\xff"), -1, 0 },
	{ "method: without a password", SOCKS_GREETING, ROW("\5\0"), -1, 0 },
	{ "method: GSSAPI", SOCKS_GREETING, ROW("\5\1"), -1, 0 },
	{ "method: SOCKS4", SOCKS_GREETING, ROW("\4\2"), -1, 0 },
	{ "method: SOCKS4's answer", SOCKS_GREETING, ROW("\0\x5a\0\0\0\0\0\0"), -1, 0 },
	{ "method: HTTP", SOCKS_GREETING, ROW("HTTP/1.0 501"), -1, 0 },
	{ "method: HTTP's first byte", SOCKS_GREETING, ROW("H"), -1, 0 },
	{ "password: accepted", SOCKS_AUTH, ROW("\1\0"), 2, 0 },
	{ "password: half", SOCKS_AUTH, ROW("\1"), 0, 0 },
	{ "password: refused", SOCKS_AUTH, ROW("\1\1"), -1, 0 },
	{ "password: version 5", SOCKS_AUTH, ROW("\5\0"), -1, 0 },
	{ "reply: IPv4", SOCKS_REQUEST, ROW("\5\0\0\1\0\0\0\0\0\0"), 10, 0 },
	{ "reply: IPv4, data behind", SOCKS_REQUEST, ROW("\5\0\0\1\0\0\0\0\0\0SSH"), 10, 0 },
	{ "reply: IPv4 cut off", SOCKS_REQUEST, ROW("\5\0\0\1\0\0\0\0\0"), 0, 0 },
	{ "reply: IPv6", SOCKS_REQUEST, ROW("\5\0\0\4" "0123456789abcdef" "\0\1"), 22, 0 },
	{ "reply: IPv6 cut off", SOCKS_REQUEST, ROW("\5\0\0\4" "0123456789abcdef" "\0"), 0, 0 },
	{ "reply: a name", SOCKS_REQUEST, ROW("\5\0\0\3\3abc\0\1"), 10, 0 },
	{ "reply: a name cut off", SOCKS_REQUEST, ROW("\5\0\0\3\3abc\0"), 0, 0 },
	{ "reply: an empty name", SOCKS_REQUEST, ROW("\5\0\0\3\0\0\1"), 7, 0 },
	{ "reply: a long name", SOCKS_REQUEST, ROW("\5\0\0\3\xff" "abc"), 0, 0 },
	{ "reply: address type 0", SOCKS_REQUEST, ROW("\5\0\0\0\0\0\0\0\0\0"), -1, 0 },
	{ "reply: address type 2", SOCKS_REQUEST, ROW("\5\0\0\2\0\0\0\0\0\0"), -1, 0 },
	{ "reply: version 4", SOCKS_REQUEST, ROW("\4\0\0\1\0\0\0\0\0\0"), -1, 0 },
	{ "reply: a byte that isn't 0", SOCKS_REQUEST, ROW("\5\0\1\1\0\0\0\0\0\0"), -1, 0 },
	{ "reply: refused", SOCKS_REQUEST, ROW("\5\5\0\1\0\0\0\0\0\0"), -1, 5 },
	{ "reply: refused, at once", SOCKS_REQUEST, ROW("\5\1"), -1, 1 },
	{ "reply: Tor's F4", SOCKS_REQUEST, ROW("\5\xf4\0\1\0\0\0\0\0\0"), -1, 0xf4 },
	{ "reply: nothing", SOCKS_REQUEST, ROW(""), 0, 0 },
	{ "done: nothing is ours", SOCKS_DONE, ROW("\5\0"), -1, 0 },
};

/* printf '%s' HOST:PORT | openssl dgst -sha256 -hmac KEY */
static const struct {
	const char *label;
	const char *host, *address;
	uint16_t port;
	const char *password;
	const char *request;
	size_t len;
} request_rows[] = {
	{ "a name", "example.org", "::", 443, "3fa7fed7000fcd7116884a3abdcd7738",
	  ROW("\5\1\0\3\x0b" "example.org\1\xbb") },
	{ "an onion service", "abcdef.onion", "::", 80, "b1687f3e04e396c1a2d3beb001e3bae2",
	  ROW("\5\1\0\3\x0c" "abcdef.onion\0\x50") },
	{ "another port", "example.org", "::", 444, "f0e842262854318c7eea20f0c8c60413",
	  ROW("\5\1\0\3\x0b" "example.org\1\xbc") },
	{ "IPv4", "", "::ffff:192.0.2.1", 22, "726674ed5804468c2f02cde4a7aaeebc",
	  ROW("\5\1\0\1\xc0\0\2\1\0\x16") },
	{ "IPv6", "", "2001:db8::1", 65535, "a33de84a30b03eb5560098618bcef9db",
	  ROW("\5\1\0\4\x20\1\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\1\xff\xff") },
};
/* clang-format on */

static void test_hmac(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(hmac_rows); i++) {
		uint8_t mac[HMAC_SIZE];
		char hex[2 * HMAC_SIZE + 1];

		hmac_sha256((const uint8_t *)hmac_rows[i].key,
			    hmac_rows[i].key_len, hmac_rows[i].text,
			    strlen(hmac_rows[i].text), mac);
		for (size_t b = 0; b < HMAC_SIZE; b++)
			(void)snprintf(hex + 2 * b, 3, "%02x", mac[b]);
		if (strcmp(hex, hmac_rows[i].mac) != 0)
			fail_msg("%s: %s", hmac_rows[i].label, hex);
	}
}

static void start(struct socks *s, const char *host, const char *address,
		  uint16_t port)
{
	struct in6_addr a;

	assert_int_equal(inet_pton(AF_INET6, address, &a), 1);
	socks_init(s, key, host, &a, port);
}

static void test_server_without_passwords(void **state)
{
	uint8_t out[SOCKS_SEND_MAX];
	struct socks s;

	(void)state;
	start(&s, "example.org", "::", 443);
	s.or_none = true;
	assert_int_equal(socks_send(&s, out), 4);
	assert_memory_equal(out, "\5\2\2\0", 4);
	assert_int_equal(socks_take(&s, (const uint8_t *)"\5\0", 2), 2);
	assert_int_equal(s.step, SOCKS_REQUEST);
	s.step = SOCKS_GREETING;
	assert_int_equal(socks_take(&s, (const uint8_t *)"\5\2", 2), 2);
	assert_int_equal(s.step, SOCKS_AUTH);
	s.step = SOCKS_GREETING;
	assert_int_equal(socks_take(&s, (const uint8_t *)"\5\1", 2), -1);
}

static void test_take(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(take_rows); i++) {
		enum socks_step step = take_rows[i].step;
		uint8_t *bytes = malloc(take_rows[i].len + 1);
		struct socks s;
		int used;

		assert_non_null(bytes);
		memcpy(bytes, take_rows[i].bytes, take_rows[i].len);
		start(&s, "example.org", "::", 443);
		s.step = step;
		used = socks_take(&s, bytes, take_rows[i].len);
		free(bytes);
		if (used != take_rows[i].used)
			fail_msg("%s: %d", take_rows[i].label, used);
		assert_int_equal(s.step, used > 0 ? step + 1 : step);
		assert_int_equal(s.reply, take_rows[i].reply);
	}
}

static void test_requests(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(request_rows); i++) {
		uint8_t out[SOCKS_SEND_MAX];
		struct socks s;

		start(&s, request_rows[i].host, request_rows[i].address,
		      request_rows[i].port);
		if (strcmp(s.password, request_rows[i].password) != 0)
			fail_msg("%s: %s", request_rows[i].label, s.password);
		assert_int_equal(socks_send(&s, out), 3);
		assert_memory_equal(out, "\5\1\2", 3);
		s.step = SOCKS_AUTH;
		assert_int_equal(socks_send(&s, out), 1 + 1 + 9 + 1 + 32);
		assert_memory_equal(out, "\1\x09<torS0X>0\x20", 12);
		assert_memory_equal(out + 12, s.password, 32);
		s.step = SOCKS_REQUEST;
		assert_int_equal(socks_send(&s, out), request_rows[i].len);
		assert_memory_equal(out, request_rows[i].request,
				    request_rows[i].len);
		s.step = SOCKS_DONE;
		assert_int_equal(socks_send(&s, out), 0);
	}
}

static void test_no_password(void **state)
{
	uint8_t out[SOCKS_SEND_MAX];
	struct socks s;

	(void)state;
	start(&s, "example.org", "::", 443);
	s.password[0] = '\0';
	assert_int_equal(socks_send(&s, out), 3);
	assert_memory_equal(out, "\5\1\0", 3);
	assert_int_equal(socks_take(&s, (const uint8_t *)"\5\2", 2), -1);
	assert_int_equal(socks_take(&s, (const uint8_t *)"\5\0", 2), 2);
	assert_int_equal(s.step, SOCKS_REQUEST);
}

/* A long name is cut, never written beyond: the callers' are normalised. */
static void test_longest(void **state)
{
	char host[HOSTNAME_MAX + 20];
	uint8_t out[SOCKS_SEND_MAX];
	struct socks s;

	(void)state;
	memset(host, 'a', sizeof(host) - 1);
	host[sizeof(host) - 1] = '\0';
	start(&s, host, "::", 65535);
	assert_int_equal(strlen(s.host), HOSTNAME_MAX);
	assert_int_equal(strlen(s.password), 32);
	s.step = SOCKS_REQUEST;
	assert_int_equal(socks_send(&s, out), 4 + 1 + HOSTNAME_MAX + 2);
}

static void test_texts(void **state)
{
	const char *unknown = socks_reply_text(0x80);

	(void)state;
	for (unsigned r = 0; r <= 255; r++) {
		bool known = r <= 8 || (r >= 0xf0 && r <= 0xf7);
		const char *text = socks_reply_text((uint8_t)r);

		assert_non_null(text);
		assert_int_equal(strcmp(text, unknown) != 0, known);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_hmac),
		cmocka_unit_test(test_server_without_passwords),
		cmocka_unit_test(test_take),
		cmocka_unit_test(test_requests),
		cmocka_unit_test(test_no_password),
		cmocka_unit_test(test_longest),
		cmocka_unit_test(test_texts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
