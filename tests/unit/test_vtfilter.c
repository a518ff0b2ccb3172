/* SPDX-License-Identifier: MIT */
/*
 * The terminal filter: what passes, what is dropped, and that neither the split
 * of the input nor a second pass changes anything.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "sbox/cleanup.h"
#include "sbox/vtfilter.h"

#define E   "\033"
#define ST  "\033\\"
#define BEL "\a"

struct row {
	const char *label, *in, *out; /* out NULL: passes unchanged */
};

/* clang-format off */
static const struct row passes[] = {
	{ "text", "hello, world\r\n\tx\b", NULL },
	{ "UTF-8 of 2, 3 and 4 bytes", "\xc3\xa4 \xe2\x82\xac \xf0\x9f\x98\x80", NULL },
	{ "U+00A0 is no C1 control", "\xc2\xa0", NULL },
	{ "bell, shifts, form feed", "\a\016\017\f\v", NULL },
	{ "SGR", E"[0m" E"[1;31m" E"[38;2;1;2;3m" E"[4:3m" E"[58:2::1:2:3m", NULL },
	{ "cursor movement", E"[A" E"[10B" E"[1;1H" E"[5G" E"[3d" E"[2;3f", NULL },
	{ "erase and edit", E"[2J" E"[K" E"[3X" E"[2P" E"[4@" E"[L" E"[M", NULL },
	{ "scroll and margins", E"[2S" E"[1T" E"[3;20r" E"[r", NULL },
	{ "save and restore", E"7" E"8" E"[s" E"[u", NULL },
	{ "index and tab stops", E"D" E"E" E"H" E"M" E"[0g", NULL },
	{ "repeat, tabs", E"[5b" E"[2I" E"[2Z", NULL },
	{ "keypad and full reset", E"=" E">" E"c", NULL },
	{ "character sets", E"(0" E"(B" E")A" E"*<" E"(%5", NULL },
	{ "line sizes, alignment", E"#3" E"#8", NULL },
	{ "UTF-8 on", E"%G", NULL },
	{ "alternate screen", E"[?1049h" E"[?1049l" E"[?47h" E"[?1047l", NULL },
	{ "bracketed paste, mouse, focus", E"[?2004h" E"[?1000;1002;1006h" E"[?1004l", NULL },
	{ "synchronized output", E"[?2026h" E"[?2026l", NULL },
	{ "cursor shape and visibility", E"[2 q" E"[?25l" E"[?12;25h" E"[?0c", NULL },
	{ "xterm's reset string", E"[!p" E"[?3;4l" E"[4l" E">", NULL },
	{ "insert mode", E"[4h" E"[4l" E"[20h", NULL },
	{ "DA1, DA2, DA3", E"[c" E"[0c" E"[>c" E"[>0c" E"[=c", NULL },
	{ "DSR, CPR", E"[5n" E"[6n" E"[?6n" E"[?996n", NULL },
	{ "XTVERSION", E"[>q" E"[>0q", NULL },
	{ "kitty keyboard", E"[?u" E"[>1u" E"[<u" E"[=5;1u", NULL },
	{ "modifyOtherKeys", E"[>4;2m" E"[>4m" E"[?4m" E"[>4n", NULL },
	{ "DECRQM", E"[?2026$p" E"[4$p", NULL },
	{ "window size reports", E"[14t" E"[16t" E"[18t" E"[19t" E"[14;2t", NULL },
	{ "title stack", E"[22;0;0t" E"[23;0;0t" E"[22t" E"[23;2t", NULL },
	{ "set title", E"]0;a title" BEL E"]2;\xc3\xa4" ST E"]1;" BEL, NULL },
	{ "colour queries", E"]10;?" ST E"]11;?" BEL E"]12;?" ST E"]4;1;?" BEL, NULL },
	{ "colours", E"]4;1;rgb:ff/00/00" ST E"]11;#112233" BEL E"]10;dark red" ST, NULL },
	{ "colour resets", E"]104" BEL E"]104;1;2" ST E"]110" ST E"]111" BEL E"]112" BEL, NULL },
	{ "hyperlinks", E"]8;;https://x.org/a?b#c" ST "x" E"]8;;" ST E"]8;id=1;http://x" BEL E"]8;;MAILTO:a@b" ST, NULL },
	{ "prompt marks", E"]133;A" BEL E"]133;D;0" ST, NULL },
	{ "progress", E"]9;4;1;50" ST E"]9;4" BEL E"]9;4;0" BEL, NULL },
	{ "XTGETTCAP", E"P+q544e;524742" ST, NULL },
	{ "sixel", E"Pq#0;2;0;0;0#0~~@@vv" ST E"P0;1;0q\"1;1;8;8-" ST "x", NULL },
	{ "rectangles, columns, left and right", E"[1;1;2;2$x" E"['}" E"[2 @", NULL },
	{ "pushed attributes", E"[#{" E"[#}", NULL },
};

static const struct row drops[] = {
	{ "clipboard", "a" E"]52;c;aGk=" BEL "b", "ab" },
	{ "clipboard read", "a" E"]52;c;?" ST "b", "ab" },
	{ "clipboard, leading zeros", E"]052;c;aGk=" BEL, "" },
	{ "working directory", E"]7;file://h/etc" BEL, "" },
	{ "notifications", E"]9;pay up" BEL E"]99;i=1;x" ST E"]777;notify;a;b" ST, "" },
	{ "9;40 is no progress", E"]9;40" BEL, "" },
	{ "font, iTerm2, paste events, unknown", E"]50;?" BEL E"]1337;File=:x" BEL E"]5522;x" ST E"]4242;x" ST E"]x" ST, "" },
	{ "title query of rxvt", E"]2;?" BEL, "" },
	{ "a control in the title", E"]2;a\nb" BEL "c", "c" },
	{ "a C1 control in the title", E"]2;a\xc2\x9b" "6n" BEL "c", "c" },
	{ "a bad byte in the title", E"]2;a\x9c" BEL "c", "c" },
	{ "unknown colour key", E"]13;?" ST E"]19;?" ST E"]105;1" ST, "" },
	{ "escape in a colour", E"]11;\x01?" ST, "" },
	{ "links to files and programs", E"]8;;file:///etc/passwd" ST "x", E"]8;;" ST "x" },
	{ "link without a scheme", E"]8;;//x" BEL, E"]8;;" BEL },
	{ "javascript link", E"]8;;javascript:1" BEL, E"]8;;" BEL },
	{ "link with a blank", E"]8;;http://x y" BEL, E"]8;;" BEL },
	{ "title reports", E"[21t" E"[20t" E"[021t" E"[21;0t", "" },
	{ "window manipulation", E"[1t" E"[2t" E"[3;0;0t" E"[4;9;9t" E"[8;9;9t" E"[9;1t" E"[13t" E"[24t" E"[t" E"[;21t", "" },
	{ "title modes", E"[>2t" E"[>3T", "" },
	{ "media copy", E"[i" E"[4i" E"[5i" E"[?5i", "" },
	{ "VT52, column switch, highlight, selection modes", E"[?2l" E"[?40h" E"[?1001h" E"[?1041h" E"[?9001h", "" },
	{ "one bad mode among good ones", E"[?25;2h", "" },
	{ "a mode that overflows", E"[?4294967298l" E"[?65538l", "" },
	{ "keyboard lock, local echo", E"[2h" E"[12l", "" },
	{ "other status reports", E"[?15n" E"[?26n" E"[?63;1n" E"[n", "" },
	{ "checksum of the screen", E"[1;1;1;1;1;1*y", "" },
	{ "presentation state, conformance", E"[1$w" E"[61\"p" E"[62;0\"p", "" },
	{ "terminal parameters, LEDs, self-test", E"[x" E"[1q" E"[4;1y", "" },
	{ "secure reset, page size", E"[1+p" E"[24*|" E"[80$|" E"[1$}", "" },
	{ "prefix in the wrong place", E"[1?25h" E"[?1?h", "" },
	{ "two intermediates", E"[1 !q", "" },
	{ "DECRQSS", "a" E"P$qm" ST "b", "ab" },
	{ "tmux pass-through", E"Ptmux;" E E"]52;c;aGk=" BEL E "\\", "" },
	{ "user keys, soft fonts, ReGIS, XTSETTCAP", E"P0;1|17/0a" ST E"P1;1{x" ST E"Pp x" ST E"P+p544e" ST, "" },
	{ "XTGETTCAP of no name", E"P+qxy" ST, "" },
	{ "APC, PM, SOS", "a" E"_Gf=100;x" ST "b" E"^p" ST "c" E"Xs" ST "d", "abcd" },
	{ "title of screen", "a" E"ktitle" ST "b", "ab" },
	{ "ENQ and other controls", "a\x05\x01\x02\x11\x13\x7f" "b\x18\x1a" "c", "abc" },
	{ "UTF-8 off, 8-bit replies", E"%@" E"%8" E" G" E" F", "" },
	{ "lower left, memory lock, stray ST", E"F" E"l" E"m" ST, "" },
	{ "C1 as UTF-8: text stays", "a\xc2\x9b" "31mb\xc2\x9d" "52;c;x\xc2\x9c", "a31mb52;c;x" },
	{ "raw C1", "a\x9b" "31mb", "a?31mb" },
	{ "overlong ESC and CSI", "\xc0\x9b\xc1\xbf\xe0\x82\x9b", "???????" },
	{ "surrogate, beyond U+10FFFF", "\xed\xa0\x80\xf4\x90\x80\x80\xf5", "????????" },
	{ "cut character", "\xe2\x82" "a\xf0\x9f" E"[m", "?a?" E"[m" },
};

static const struct row strings[] = {
	{ "CAN ends an OSC", "a" E"]2;x\x18" "b", "ab" },
	{ "SUB ends a DCS", "a" E"P$q\x1a" "b", "ab" },
	{ "ESC cancels an OSC and begins anew", E"]2;x" E"[31mb", E"[31mb" },
	{ "ESC ESC in an OSC", E"]2;x" E E"\\b", "b" },
	{ "ESC in an APC begins anew", E"_x" E"]2;t" BEL, E"]2;t" BEL },
	{ "BEL doesn't end an APC", E"_x" BEL "y" ST "z", "z" },
	{ "CAN ends a CSI", E"[3\x18" "1m", "1m" },
	{ "ESC restarts a CSI", E"[3" E"[1m", E"[1m" },
	{ "C0 acts inside a CSI", E"[3\n1m", "\n" E"[31m" },
	{ "ENQ inside a CSI", E"[3\x05" "1m", E"[31m" },
	{ "UTF-8 ends a CSI", E"[3\xc3\xa4", "\xc3\xa4" },
	{ "sixel ended by CAN is closed", E"Pq~\x18" "b", E"Pq~" ST "b" },
	{ "sixel ended by another sequence is closed", E"Pq~" E"[5n", E"Pq~" ST E"[5n" },
	{ "sixel ended by a dropped sequence is closed", E"Pq~" E"]52;c;x" BEL "b", E"Pq~" ST "b" },
	{ "controls and C1 in sixel data", E"Pq~\x9c\x05\n~" ST, E"Pq~\n~" ST },
	{ "sixel with an intermediate is none", E"P$q" ST E"P?q~" ST, "" },
	{ "an unfinished sequence is held back", "a" E"[31", "a" },
	{ "an unfinished title is held back", "a" E"]2;x", "a" },
};
/* clang-format on */

static size_t filter(const char *in, size_t n, size_t step, unsigned char *out)
{
	struct vtfilter f = {0};
	size_t got = 0;

	for (size_t i = 0; i < n; i += step) {
		size_t k = n - i < step ? n - i : step;

		got += vtfilter_run(&f, (const unsigned char *)in + i, k,
				    out + got);
	}
	return got;
}

static void check_one(const struct row *r)
{
	size_t n = strlen(r->in);
	const char *want = r->out ? r->out : r->in;
	unsigned char out[1024 + VTFILTER_ROOM(0)], *again = malloc(8192);
	size_t got = filter(r->in, n, n ? n : 1, out);

	assert_non_null(again);
	if (got != strlen(want) || memcmp(out, want, got) != 0)
		fail_msg("%s: got %zu bytes: %.*s", r->label, got, (int)got,
			 out);
	for (size_t cut = 0; cut <= n; cut++) {
		struct vtfilter f = {0};
		size_t a;

		a = vtfilter_run(&f, (const unsigned char *)r->in, cut, out);
		a += vtfilter_run(&f, (const unsigned char *)r->in + cut,
				  n - cut, out + a);
		if (a != got || memcmp(out, want, got) != 0)
			fail_msg("%s: split at %zu", r->label, cut);
	}
	if (filter(r->in, n, 1, out) != got || memcmp(out, want, got) != 0)
		fail_msg("%s: byte by byte", r->label);
	if (filter((const char *)out, got, got ? got : 1, again) != got ||
	    memcmp(again, want, got) != 0)
		fail_msg("%s: filtered twice", r->label);
	free(again);
}

static void check(const struct row *rows, size_t n)
{
	for (size_t i = 0; i < n; i++)
		check_one(&rows[i]);
}

static void test_passes(void **state)
{
	(void)state;
	check(passes, ARRAY_SIZE(passes));
}

static void test_drops(void **state)
{
	(void)state;
	check(drops, ARRAY_SIZE(drops));
}

static void test_strings(void **state)
{
	(void)state;
	check(strings, ARRAY_SIZE(strings));
}

/* An allowed kind of string passes up to the limit and is dropped beyond. */
static void test_length(void **state)
{
	static char in[VTFILTER_SEQ_MAX + 64];
	static unsigned char out[VTFILTER_ROOM(sizeof(in))];
	const struct {
		size_t text;
		bool pass;
	} rows[] = {
		{VTFILTER_SEQ_MAX - 6, true},
		{VTFILTER_SEQ_MAX - 5, false},
		{VTFILTER_SEQ_MAX - 4, false},
		{VTFILTER_SEQ_MAX + 32, false},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		size_t n = 4 + rows[i].text;

		memset(in, 'x', sizeof(in));
		memcpy(in, E "]2;", 4);
		in[n] = '\a';
		in[n + 1] = 'y';
		assert_int_equal(filter(in, n + 2, n + 2, out),
				 rows[i].pass ? n + 2 : 1);
		assert_int_equal(out[rows[i].pass ? n + 1 : 0], 'y');
	}
	/* one that is dropped ends the link before it, as any other does */
	memset(in, 'x', sizeof(in));
	memcpy(in, E "]8;;", 5);
	memcpy(in + sizeof(in) - 2, BEL "y", 2);
	assert_int_equal(filter(in, sizeof(in), 7, out), 7);
	assert_memory_equal(out, E "]8;;" BEL "y", 7);
	/* a CSI of any length ends at its final byte */
	memset(in, '1', sizeof(in));
	memcpy(in, E "[", 2);
	memcpy(in + sizeof(in) - 2, "my", 2);
	assert_int_equal(filter(in, sizeof(in), 7, out), 1);
	assert_int_equal(out[0], 'y');
	/* no picture begins behind what is too long to be looked at */
	memset(in, '1', sizeof(in));
	memcpy(in, E "P", 2);
	memcpy(in + sizeof(in) - 4, "q" E "\\y", 4);
	assert_int_equal(filter(in, sizeof(in), 7, out), 1);
	assert_int_equal(out[0], 'y');
}

/* The output never needs more than it says. */
static void test_room(void **state)
{
	static const char *const worst[] = {
		E "Pq", E "Pq\x18", E "]8" BEL, "\xc0", E "Pq" E "\\",
	};
	static char in[30000];
	static unsigned char out[VTFILTER_ROOM(sizeof(in))];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(worst); i++) {
		size_t k = strlen(worst[i]);

		for (size_t j = 0; j < sizeof(in); j++)
			in[j] = worst[i][j % k];
		assert_true(filter(in, sizeof(in), sizeof(in), out) <=
			    2 * sizeof(in));
	}
}

static void test_end_closes_a_picture(void **state)
{
	const unsigned char in[] = E "Pq~~";
	struct vtfilter f = {0};
	unsigned char out[VTFILTER_ROOM(sizeof(in))];

	(void)state;
	(void)vtfilter_run(&f, in, sizeof(in) - 1, out);
	assert_int_equal(vtfilter_end(&f, out), 2);
	assert_memory_equal(out, ST, 2);
	(void)vtfilter_run(&f, (const unsigned char *)E "]2;x", 5, out);
	assert_int_equal(vtfilter_end(&f, out), 0);
}

static void test_alternate_screen_is_known(void **state)
{
	static const struct {
		const char *in;
		bool on;
	} rows[] = {
		{E "[?1049h", true},
		{E "[?1049l", false},
		{E "[?47h", true},
		{E "c", false},
		{E "[?25;1047h", true},
		{E "[?25h", true},
		{E "]52;" E "[?1049l", false},
		{E "[?1049;2h", false},
	};
	struct vtfilter f = {0};
	unsigned char out[VTFILTER_ROOM(64)];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		(void)vtfilter_run(&f, (const unsigned char *)rows[i].in,
				   strlen(rows[i].in), out);
		if (f.alt_screen != rows[i].on)
			fail_msg("row %zu", i);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_passes),
		cmocka_unit_test(test_drops),
		cmocka_unit_test(test_strings),
		cmocka_unit_test(test_length),
		cmocka_unit_test(test_room),
		cmocka_unit_test(test_end_closes_a_picture),
		cmocka_unit_test(test_alternate_screen_is_known),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
