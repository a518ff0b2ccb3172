/* SPDX-License-Identifier: MIT */
/* DNS inside the sandbox: what is answered, and what hostile bytes get. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "sbox-gateway/dns.h"
#include "sbox/cleanup.h"

#define FLAGS	"\xab\xcd\x01\x00" /* an id, RD */
#define COUNTS	"\0\1\0\0\0\0\0\0"
#define COUNTS1 "\0\1\0\0\0\0\0\1" /* one additional record */
#define HEAD	FLAGS COUNTS
#define HEAD1	FLAGS COUNTS1
#define NAME	"\7Example\3oRg\0"
#define A	"\0\1\0\1"
#define OPT	"\0\0\x29\x10\0\0\0\0\0\0\0"

#define L16 "abcdefghijklmnop"
#define L63 L16 L16 L16 "abcdefghijklmno"
#define N61 L16 L16 L16 "abcdefghijklm"
#define N62 N61 "n"

enum { OK, FORMERR, SERVFAIL, NXDOMAIN, NOTIMP, REFUSED, BADVERS = 16, NONE };
enum { EMPTY, POOL, LOOP }; /* which address stands in the answer */

#define ROW(bytes) bytes, sizeof(bytes) - 1

/* clang-format off */
static const struct {
	const char *label;
	const char *query;
	size_t len;
	int rcode;
	int address;
	const char *asked; /* what the policy is asked for; NULL: it isn't */
} rows[] = {
	{ "A", ROW(HEAD NAME A), OK, POOL, "example.org" },
	{ "AAAA is empty", ROW(HEAD NAME "\0\x1c\0\1"), OK, EMPTY, "example.org" },
	{ "MX is empty", ROW(HEAD NAME "\0\x0f\0\1"), OK, EMPTY, "example.org" },
	{ "TXT is empty", ROW(HEAD NAME "\0\x10\0\1"), OK, EMPTY, "example.org" },
	{ "SRV is empty", ROW(HEAD NAME "\0\x21\0\1"), OK, EMPTY, "example.org" },
	{ "SVCB is empty", ROW(HEAD NAME "\0\x40\0\1"), OK, EMPTY, "example.org" },
	{ "HTTPS is empty", ROW(HEAD NAME "\0\x41\0\1"), OK, EMPTY, "example.org" },
	{ "CNAME is empty", ROW(HEAD NAME "\0\5\0\1"), OK, EMPTY, "example.org" },
	{ "an unknown type is empty", ROW(HEAD NAME "\xff\0\0\1"), OK, EMPTY, "example.org" },
	{ "PTR of a host name is empty", ROW(HEAD NAME "\0\x0c\0\1"), OK, EMPTY, "example.org" },
	{ "ANY is the address", ROW(HEAD NAME "\0\xff\0\1"), OK, POOL, "example.org" },
	{ "AXFR", ROW(HEAD NAME "\0\xfc\0\1"), REFUSED, EMPTY, NULL },
	{ "IXFR", ROW(HEAD NAME "\0\xfb\0\1"), REFUSED, EMPTY, NULL },
	{ "TSIG as a type", ROW(HEAD NAME "\0\xfa\0\1"), REFUSED, EMPTY, NULL },
	{ "MAILA", ROW(HEAD NAME "\0\xfe\0\1"), REFUSED, EMPTY, NULL },
	{ "OPT as a type", ROW(HEAD NAME "\0\x29\0\1"), FORMERR, EMPTY, NULL },
	{ "type 0", ROW(HEAD NAME "\0\0\0\1"), FORMERR, EMPTY, NULL },
	{ "a name that is refused", ROW(HEAD "\4evil\3net\0" A), NXDOMAIN, EMPTY, "evil.net" },
	{ "AAAA of one", ROW(HEAD "\4evil\3net\0" "\0\x1c\0\1"), NXDOMAIN, EMPTY, "evil.net" },
	{ "no address left", ROW(HEAD "\4full\3net\0" A), SERVFAIL, EMPTY, "full.net" },
	{ "localhost", ROW(HEAD "\x09LocalHost\0" A), OK, LOOP, NULL },
	{ "AAAA of localhost", ROW(HEAD "\x09localhost\0" "\0\x1c\0\1"), OK, EMPTY, NULL },
	{ "beneath localhost", ROW(HEAD "\3app\x09localhost\0" A), OK, LOOP, NULL },
	{ "not beneath localhost", ROW(HEAD "\x0c" "notlocalhost\0" A), NXDOMAIN, EMPTY, "notlocalhost" },
	{ "an address backwards", ROW(HEAD "\1" "1\1" "1\2" "18\3" "198\7in-addr\4arpa\0" "\0\x0c\0\1"), NXDOMAIN, EMPTY, NULL },
	{ "an IPv6 address backwards", ROW(HEAD "\1" "1\3IP6\4arpa\0" "\0\x0c\0\1"), NXDOMAIN, EMPTY, NULL },
	{ "the resolver's own name", ROW(HEAD "\4_dns\x08resolver\4arpa\0" "\0\x40\0\1"), NXDOMAIN, EMPTY, NULL },
	{ "another name of arpa", ROW(HEAD "\4home\4arpa\0" A), NXDOMAIN, EMPTY, "home.arpa" },
	{ "the root", ROW(HEAD "\0" "\0\2\0\1"), REFUSED, EMPTY, NULL },
	{ "class CH", ROW(HEAD "\7version\4bind\0" "\0\x10\0\3"), REFUSED, EMPTY, NULL },
	{ "class ANY", ROW(HEAD NAME "\0\1\0\xff"), REFUSED, EMPTY, NULL },
	{ "class with mDNS's bit", ROW(HEAD NAME "\0\1\x80\1"), REFUSED, EMPTY, NULL },
	{ "EDNS", ROW(HEAD1 NAME A OPT), OK, POOL, "example.org" },
	{ "EDNS with DO", ROW(HEAD1 NAME A "\0\0\x29\x04\xd0\0\0\x80\0\0\0"), OK, POOL, "example.org" },
	{ "EDNS with a cookie", ROW(HEAD1 NAME A "\0\0\x29\x04\xd0\0\0\0\0\0\x0c\0\x0a\0\x08" "12345678"), OK, POOL, "example.org" },
	{ "EDNS and NXDOMAIN", ROW(HEAD1 "\4evil\3net\0" A OPT), NXDOMAIN, EMPTY, "evil.net" },
	{ "EDNS version 1", ROW(HEAD1 NAME A "\0\0\x29\x10\0\0\1\0\0\0\0"), BADVERS, EMPTY, NULL },
	{ "EDNS data cut off", ROW(HEAD1 NAME A "\0\0\x29\x10\0\0\0\0\0\0\1"), FORMERR, EMPTY, NULL },
	{ "EDNS cut off", ROW(HEAD1 NAME A "\0\0\x29\x10\0\0\0\0\0\0"), FORMERR, EMPTY, NULL },
	{ "an OPT with a name", ROW(HEAD1 NAME A "\1x\0\0\x29\x10\0\0\0\0\0\0\0"), FORMERR, EMPTY, NULL },
	{ "two OPTs", ROW(FLAGS "\0\1\0\0\0\0\0\2" NAME A OPT OPT), FORMERR, EMPTY, NULL },
	{ "a record that is no OPT", ROW(HEAD1 NAME A "\0\0\1\0\1\0\0\0\0\0\4" "1234"), FORMERR, EMPTY, NULL },
	{ "a count without a record", ROW(HEAD1 NAME A), FORMERR, EMPTY, NULL },
	{ "a record without a count", ROW(HEAD NAME A OPT), FORMERR, EMPTY, NULL },
	{ "a byte behind", ROW(HEAD NAME A "x"), FORMERR, EMPTY, NULL },
	{ "no question", ROW(FLAGS "\0\0\0\0\0\0\0\0"), FORMERR, EMPTY, NULL },
	{ "two questions", ROW(FLAGS "\0\2\0\0\0\0\0\0" NAME A NAME A), FORMERR, EMPTY, NULL },
	{ "an answer in a query", ROW(FLAGS "\0\1\0\1\0\0\0\0" NAME A "\0\0\1\0\1\0\0\0\0\0\0"), FORMERR, EMPTY, NULL },
	{ "an authority in a query", ROW(FLAGS "\0\1\0\0\0\1\0\0" NAME A "\0\0\1\0\1\0\0\0\0\0\0"), FORMERR, EMPTY, NULL },
	{ "a truncated query", ROW("\xab\xcd\x03\x00" COUNTS NAME A), FORMERR, EMPTY, NULL },
	{ "a pointer to itself", ROW(HEAD "\xc0\x0c" A), FORMERR, EMPTY, NULL },
	{ "a pointer behind a label", ROW(HEAD "\3www\xc0\x0c" A), FORMERR, EMPTY, NULL },
	{ "a pointer that has a label's bytes", ROW(HEAD "\xc0" L63 L63 L63 "abc\0" A), FORMERR, EMPTY, NULL },
	{ "a label of 64", ROW(HEAD "\x40" L63 "p\0" A), FORMERR, EMPTY, NULL },
	{ "a label type of 01", ROW(HEAD "\x41" "a\0" A), FORMERR, EMPTY, NULL },
	{ "a label type of 10", ROW(HEAD "\x81" "a\0" A), FORMERR, EMPTY, NULL },
	{ "a label cut off", ROW(HEAD "\7Exam"), FORMERR, EMPTY, NULL },
	{ "a name without an end", ROW(HEAD "\7Example\3oRg"), FORMERR, EMPTY, NULL },
	{ "a type cut off", ROW(HEAD NAME "\0\1\0"), FORMERR, EMPTY, NULL },
	{ "a dot within a label", ROW(HEAD "\x0b" "example.org\0" A), NXDOMAIN, EMPTY, NULL },
	{ "a dot within the first label", ROW(HEAD "\x0a" "evil.net.x\7example\3org\0" A), NXDOMAIN, EMPTY, NULL },
	{ "a NUL within a label", ROW(HEAD "\7exa\0ple\3org\0" A), NXDOMAIN, EMPTY, NULL },
	{ "a star", ROW(HEAD "\1*\7example\3org\0" A), NXDOMAIN, EMPTY, NULL },
	{ "an address as a name", ROW(HEAD "\3" "127\1" "0\1" "0\1" "1\0" A), NXDOMAIN, EMPTY, NULL },
	{ "a byte above 0x7f", ROW(HEAD "\2\xc3\xa4\3org\0" A), NXDOMAIN, EMPTY, NULL },
	{ "a blank", ROW(HEAD "\3a b\3org\0" A), NXDOMAIN, EMPTY, NULL },
	{ "a label of 63", ROW(HEAD "\x3f" L63 "\0" A), NXDOMAIN, EMPTY, L63 },
	{ "a name of 255", ROW(HEAD "\x3f" L63 "\x3f" L63 "\x3f" L63 "\x3d" N61 "\0" A), NXDOMAIN, EMPTY,
	  L63 "." L63 "." L63 "." N61 },
	{ "a name of 256", ROW(HEAD "\x3f" L63 "\x3f" L63 "\x3f" L63 "\x3e" N62 "\0" A), FORMERR, EMPTY, NULL },
	{ "opcode STATUS", ROW("\xab\xcd\x11\x00" COUNTS NAME A), NOTIMP, EMPTY, NULL },
	{ "opcode UPDATE", ROW("\xab\xcd\x29\x00" COUNTS NAME A), NOTIMP, EMPTY, NULL },
	{ "no recursion wanted", ROW("\xab\xcd\x00\x00" COUNTS NAME A), OK, POOL, "example.org" },
	{ "AD and CD", ROW("\xab\xcd\x01\x30" COUNTS NAME A), OK, POOL, "example.org" },
	{ "an rcode in a query", ROW("\xab\xcd\x01\x0f" COUNTS NAME A), OK, POOL, "example.org" },
	{ "only a header", ROW(HEAD), FORMERR, EMPTY, NULL },
	{ "less than a header", ROW("\xab\xcd\x01\x00\0\1\0\0\0\0\0"), NONE, EMPTY, NULL },
	{ "nothing", ROW(""), NONE, EMPTY, NULL },
	{ "an answer", ROW("\xab\xcd\x81\x80" COUNTS NAME A), NONE, EMPTY, NULL },
};
/* clang-format on */

static enum dns_known look_up(void *ctx, const char *name, uint32_t *address)
{
	char *asked = ctx;

	assert_true(asked[0] == '\0');
	memcpy(asked, name, strlen(name) + 1); /* at most 253 */
	if (strcmp(name, "full.net") == 0)
		return DNS_NAME_FULL;
	if (strcmp(name, "example.org") != 0)
		return DNS_NAME_REFUSED;
	*address = 0xc6120100;
	return DNS_NAME_ADDRESS;
}

/* The answer to row i, its fixed parts checked; n: its bytes. */
static void check_answer(size_t i, const uint8_t *out, size_t n)
{
	const uint8_t *in = (const uint8_t *)rows[i].query;
	size_t at = 12, question = 0;
	int rcode = out[3] & 15;

	assert_in_range(n, 12, DNS_MESSAGE_MAX);
	assert_memory_equal(out, in, 2);
	assert_int_equal(out[2], 0x80 | (in[2] & 0x79)); /* no AA, no TC */
	assert_int_equal(out[3] & 0xf0, 0x80 | (in[3] & 0x10)); /* RA, CD */
	assert_int_equal(out[7], rows[i].address != EMPTY);
	if (out[5]) {
		while (out[at + question])
			question += 1u + out[at + question];
		question += 5;
		assert_memory_equal(out + 12, in + 12, question);
		at += question;
	}
	if (rows[i].address != EMPTY) {
		static const char *const records[] = {
			[POOL] = "\xc0\x0c\0\1\0\1\0\0\0\x3c\0\4\xc6\x12\1\0",
			[LOOP] = "\xc0\x0c\0\1\0\1\0\0\0\x3c\0\4\x7f\0\0\1",
		};

		assert_memory_equal(out + at, records[rows[i].address], 16);
		at += 16;
	}
	if (out[11]) {
		assert_memory_equal(out + at, "\0\0\x29\x04\xd0", 5);
		assert_int_equal(out[at + 6], 0);
		rcode |= out[at + 5] << 4;
		at += 11;
	}
	assert_int_equal(at, n);
	if (rcode != rows[i].rcode)
		fail_msg("%s: rcode %d", rows[i].label, rcode);
}

static void test_answers(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const char *want = rows[i].asked ? rows[i].asked : "";
		uint8_t out[DNS_MESSAGE_MAX];
		char asked[256] = "";
		uint8_t *query = malloc(rows[i].len + 1);
		size_t n;

		/* a buffer of its own, so that reading beyond it is seen */
		assert_non_null(query);
		memcpy(query, rows[i].query, rows[i].len);
		n = dns_answer(query, rows[i].len, look_up, asked, out);
		free(query);
		if ((n == 0) != (rows[i].rcode == NONE))
			fail_msg("%s: %zu bytes", rows[i].label, n);
		if (strcmp(asked, want) != 0)
			fail_msg("%s: asked for \"%s\"", rows[i].label, asked);
		if (n)
			check_answer(i, out, n);
	}
}

/* Whoever sends OPT gets OPT; DO is said back; nobody else gets one. */
static void test_opt(void **state)
{
	static const char plain[] = HEAD NAME A, with[] = HEAD1 NAME A OPT,
			  dnssec[] =
				  HEAD1 NAME A "\0\0\x29\x04\xd0\0\0\x80\0\0\0";
	uint8_t out[DNS_MESSAGE_MAX];
	char asked[256] = "";
	size_t n;

	(void)state;
	n = dns_answer((const uint8_t *)plain, sizeof(plain) - 1, look_up,
		       asked, out);
	assert_int_equal(n, sizeof(plain) - 1 + 16);
	assert_int_equal(out[11], 0);
	asked[0] = '\0';
	n = dns_answer((const uint8_t *)with, sizeof(with) - 1, look_up, asked,
		       out);
	assert_int_equal(out[11], 1);
	assert_int_equal(out[n - 4], 0);
	asked[0] = '\0';
	n = dns_answer((const uint8_t *)dnssec, sizeof(dnssec) - 1, look_up,
		       asked, out);
	assert_int_equal(out[n - 4], 0x80);
}

static void test_overlong(void **state)
{
	static uint8_t query[DNS_QUERY_MAX + 1];
	static const char head[] = HEAD1 NAME A "\0\0\x29\x10\0\0\0\0\0";
	size_t data = DNS_QUERY_MAX - (sizeof(head) - 1) - 2;
	uint8_t out[DNS_MESSAGE_MAX];
	char asked[256] = "";

	(void)state;
	memcpy(query, head, sizeof(head) - 1);
	query[sizeof(head) - 1] = (uint8_t)(data >> 8);
	query[sizeof(head)] = (uint8_t)data;
	assert_int_not_equal(
		dns_answer(query, DNS_QUERY_MAX, look_up, asked, out), 0);
	assert_string_equal(asked, "example.org");
	assert_int_equal(
		dns_answer(query, DNS_QUERY_MAX + 1, look_up, asked, out), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_answers),
		cmocka_unit_test(test_opt),
		cmocka_unit_test(test_overlong),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
