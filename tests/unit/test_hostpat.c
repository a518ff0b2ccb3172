/* SPDX-License-Identifier: MIT */
/* Host names: what is normalised, what is refused; what a pattern matches. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "sbox/cleanup.h"
#include "sbox/diag.h"
#include "sbox/hostpat.h"

#define L10 "abcdefghij"
#define L63 L10 L10 L10 L10 L10 L10 "abc"

struct name_row {
	const char *label;
	const char *in;
	const char *expected; /* NULL: refused */
	const char *why;      /* part of the message or the hint then */
};

/* clang-format off */
static const struct name_row name_rows[] = {
	{ "plain", "example.org", "example.org", NULL },
	{ "one label", "db", "db", NULL },
	{ "case", "API.Example.ORG", "api.example.org", NULL },
	{ "trailing dot", "example.org.", "example.org", NULL },
	{ "hyphens within", "a--b.r3---sn-x.org", "a--b.r3---sn-x.org", NULL },
	{ "underscore", "_dmarc.my_host.org", "_dmarc.my_host.org", NULL },
	{ "digits first", "1e100.net", "1e100.net", NULL },
	{ "numbers, then a name", "1.2.3.4.example", "1.2.3.4.example", NULL },
	{ "hexadecimal letters", "dead.beef", "dead.beef", NULL },
	{ "0x and no digit", "a.0xg", "a.0xg", NULL },
	{ "A-label", "XN--Bcher-Kva.example", "xn--bcher-kva.example", NULL },
	{ "label of 63", L63 ".org", L63 ".org", NULL },
	{ "empty", "", NULL, "an empty name" },
	{ "the root", ".", NULL, "an empty name" },
	{ "two dots", "..", NULL, "an empty label" },
	{ "two trailing dots", "example.org..", NULL, "an empty label" },
	{ "leading dot", ".example.org", NULL, "an empty label" },
	{ "empty label", "example..org", NULL, "an empty label" },
	{ "label of 64", L63 "d.org", NULL, "63 bytes" },
	{ "last label of 64", "a." L63 "d", NULL, "63 bytes" },
	{ "leading hyphen", "-rf.example.org", NULL, "hyphen" },
	{ "trailing hyphen", "a-.example.org", NULL, "hyphen" },
	{ "only a hyphen", "-", NULL, "hyphen" },
	{ "dotted-decimal", "127.0.0.1", NULL, "an address" },
	{ "dotted-decimal with a dot", "127.0.0.1.", NULL, "an address" },
	{ "two parts", "127.1", NULL, "an address" },
	{ "one number", "2130706433", NULL, "an address" },
	{ "octal", "0177.0.0.01", NULL, "an address" },
	{ "hexadecimal", "0x7f.0.0.0x1", NULL, "an address" },
	{ "one hexadecimal number", "0X7F000001", NULL, "an address" },
	{ "0x alone", "0x", NULL, "an address" },
	{ "a name, then 0x", "a.0x", NULL, "an address" },
	{ "a name, then a number", "example.1", NULL, "an address" },
	{ "IPv6", "::1", NULL, "not a host name" },
	{ "IPv6 in brackets", "[::1]", NULL, "no host name holds" },
	{ "userinfo", "good.example@evil.example", NULL, "not a host name" },
	{ "port", "example.org:443", NULL, "not a host name" },
	{ "URL", "https://example.org", NULL, "no https://" },
	{ "path", "example.org/x", NULL, "not a host name" },
	{ "query", "example.org?x", NULL, "not a host name" },
	{ "fragment", "example.org#x", NULL, "not a host name" },
	{ "backslash", "example.org\\x", NULL, "no host name holds" },
	{ "percent", "ex%61mple.org", NULL, "no host name holds" },
	{ "blank", "example .org", NULL, "no host name holds" },
	{ "leading blank", " example.org", NULL, "no host name holds" },
	{ "tab", "example.org\t", NULL, "no host name holds" },
	{ "newline", "example.org\n", NULL, "no host name holds" },
	{ "carriage return", "a\rexample.org", NULL, "no host name holds" },
	{ "delete", "example.org\x7f", NULL, "no host name holds" },
	{ "comma", "a.org,b.org", NULL, "no host name holds" },
	{ "star", "*.example.org", NULL, "in front only" },
	{ "U-label", "b\xc3\xbc" "cher.example", NULL, "xn--" },
	{ "ideographic full stop", "example\xe3\x80\x82org", NULL, "xn--" },
	{ "full-width letter", "\xef\xbd\x81.org", NULL, "xn--" },
	{ "soft hyphen", "exam\xc2\xadple.org", NULL, "xn--" },
	{ "Latin-1", "b\xfc" "cher.example", NULL, "xn--" },
};

static const struct {
	const char *label, *in;
	enum hostpat_kind kind;
	const char *name; /* NULL: refused */
} pattern_rows[] = {
	{ "exact", "Example.org.", HOSTPAT_EXACT, "example.org" },
	{ "beneath", "*.Example.org", HOSTPAT_BENEATH, "example.org" },
	{ "beneath a top-level name", "*.org", HOSTPAT_BENEATH, "org" },
	{ "any", "*", HOSTPAT_ANY, "" },
	{ "nothing", "", HOSTPAT_EXACT, NULL },
	{ "star and dot", "*.", HOSTPAT_EXACT, NULL },
	{ "star and root", "*..", HOSTPAT_EXACT, NULL },
	{ "star in a label", "*example.org", HOSTPAT_EXACT, NULL },
	{ "star at the end of a label", "www*.example.org", HOSTPAT_EXACT, NULL },
	{ "star in the middle", "www.*.org", HOSTPAT_EXACT, NULL },
	{ "star at the end", "example.*", HOSTPAT_EXACT, NULL },
	{ "two stars", "*.*.org", HOSTPAT_EXACT, NULL },
	{ "two stars alone", "**", HOSTPAT_EXACT, NULL },
	{ "within", ".Example.org.", HOSTPAT_WITHIN, "example.org" },
	{ "a dot alone", ".", HOSTPAT_EXACT, NULL },
	{ "two dots in front", "..example.org", HOSTPAT_EXACT, NULL },
	{ "a dot and a star", ".*.example.org", HOSTPAT_EXACT, NULL },
	{ "star and two dots", "*..example.org", HOSTPAT_EXACT, NULL },
	{ "within an address", ".0.0.1", HOSTPAT_EXACT, NULL },
	{ "beneath an address", "*.0.0.1", HOSTPAT_EXACT, NULL },
	{ "beneath a U-label", "*.b\xc3\xbc" "cher.example", HOSTPAT_EXACT, NULL },
	{ "blank behind a star", "* ", HOSTPAT_EXACT, NULL },
};

static const struct {
	const char *label, *pattern, *name;
	bool expected;
} match_rows[] = {
	{ "the same", "example.org", "example.org", true },
	{ "another case in the pattern", "EXAMPLE.org", "example.org", true },
	{ "a longer name", "example.org", "www.example.org", false },
	{ "a shorter name", "www.example.org", "example.org", false },
	{ "same end, other label", "example.org", "badexample.org", false },
	{ "beneath", "*.example.org", "www.example.org", true },
	{ "deep beneath", "*.example.org", "a.b.c.example.org", true },
	{ "not the apex", "*.example.org", "example.org", false },
	{ "not another label", "*.example.org", "badexample.org", false },
	{ "not a prefix", "*.example.org", "www.example.org.evil.net", false },
	{ "a hyphen is no dot", "*.example.org", "www-example.org", false },
	{ "within: beneath", ".example.org", "www.example.org", true },
	{ "within: deep beneath", ".example.org", "a.b.c.example.org", true },
	{ "within: the apex", ".example.org", "example.org", true },
	{ "within: not another label", ".example.org", "badexample.org", false },
	{ "within: not a prefix", ".example.org", "example.org.evil.net", false },
	{ "within: not what is above", ".example.org", "org", false },
	{ "any", "*", "www.example.org", true },
};
/* clang-format on */

static void test_names(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(name_rows); i++) {
		const struct name_row *r = &name_rows[i];
		char out[HOSTNAME_MAX + 1] = "untouched";
		struct diag d = {.text = ""};
		int rc = hostname_normalise(r->in, strlen(r->in), out, &d);

		if (rc != (r->expected ? 0 : -1))
			fail_msg("%s: %d (%s)", r->label, rc, d.text);
		assert_string_equal(out,
				    r->expected ? r->expected : "untouched");
		if (r->why && !strstr(d.text, r->why) &&
		    !strstr(d.hint, r->why))
			fail_msg("%s: \"%s\"", r->label, d.text);
		assert_int_equal(
			hostname_normalise(r->in, strlen(r->in), out, NULL),
			rc);
	}
}

static void test_length(void **state)
{
	char in[300], out[HOSTNAME_MAX + 1];

	(void)state;
	for (size_t i = 0; i < sizeof(in); i++)
		in[i] = i % 2 ? '.' : 'a';
	assert_int_equal(hostname_normalise(in, 253, out, NULL), 0);
	assert_int_equal(strlen(out), 253);
	/* byte 253 is a dot: the root doesn't count */
	assert_int_equal(hostname_normalise(in, 254, out, NULL), 0);
	assert_int_equal(strlen(out), 253);
	assert_int_equal(hostname_normalise(in, 255, out, NULL), -1);
	assert_int_equal(hostname_normalise(in, 300, out, NULL), -1);
}

static void test_nul(void **state)
{
	static const char in[] = "good.example\0.evil.net";
	char out[HOSTNAME_MAX + 1];
	struct diag d = {.text = ""};

	(void)state;
	assert_int_equal(hostname_normalise(in, sizeof(in) - 1, out, &d), -1);
	/* no byte behind len is looked at */
	assert_int_equal(hostname_normalise(in, 4, out, NULL), 0);
	assert_string_equal(out, "good");
}

static void test_patterns(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(pattern_rows); i++) {
		struct diag d = {.text = ""};
		struct hostpat pat;
		int rc = hostpat_parse(pattern_rows[i].in, &pat, &d);

		if (rc != (pattern_rows[i].name ? 0 : -1))
			fail_msg("%s: %d (%s)", pattern_rows[i].label, rc,
				 d.text);
		assert_int_equal(diag_is_set(&d), rc != 0);
		if (rc)
			continue;
		assert_int_equal(pat.kind, pattern_rows[i].kind);
		assert_string_equal(pat.name, pattern_rows[i].name);
	}
}

static void test_matches(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(match_rows); i++) {
		struct hostpat pat;

		assert_int_equal(
			hostpat_parse(match_rows[i].pattern, &pat, NULL), 0);
		if (hostpat_match(&pat, match_rows[i].name) !=
		    match_rows[i].expected)
			fail_msg("%s", match_rows[i].label);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names),	cmocka_unit_test(test_length),
		cmocka_unit_test(test_nul),	cmocka_unit_test(test_patterns),
		cmocka_unit_test(test_matches),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
