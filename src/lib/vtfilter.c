/* SPDX-License-Identifier: MIT */
/*
 * The terminal filter.
 *
 * Guarantee: between two things that are written, the terminal is in its
 * ground state. Text is written as it comes; a control sequence is collected
 * in seq and written in one piece, with its own terminator, once it is complete
 * and an allow-list below knows it; everything else is never begun. So what a
 * terminal sees can't be cut, nested or resumed into something else. The one
 * exception are sixel pictures, which may be of any length: their data passes
 * as it comes, and however they end, a string terminator is written.
 *
 * Where a sequence ends follows xterm and the parser of ECMA-48 / DEC VT500:
 * C0 controls inside a sequence act at once, CAN and SUB cancel, ESC cancels
 * and begins anew, control strings end with ESC \ and an OSC with BEL too.
 *
 * C1 controls (one byte 0x80-0x9f, or U+0080-U+009F as UTF-8) are introducers
 * for some terminals: they are dropped, so what follows them is plain text.
 * Bytes that aren't UTF-8 become "?". The terminal is taken to be in UTF-8 mode
 * (ESC % @, which leaves it, isn't on the list): in an 8-bit one the second
 * byte of a character could be a C1 control.
 */
#include "sbox/vtfilter.h"

#include <assert.h>
#include <stdint.h>
#include <string.h>
#include <strings.h>

#include "sbox/cleanup.h"
#include "sbox/utf8.h"

#define BEL 0x07
#define CAN 0x18
#define SUB 0x1a
#define ESC 0x1b
#define DEL 0x7f

#define ESC_MAX 4   /* ESC, two intermediates, final */
#define CSI_MAX 256 /* nothing that a program means is longer */
/* without its terminator, of at most two bytes */
#define STRING_MAX (VTFILTER_SEQ_MAX - 1)

#define ALNUM "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"

enum vt_state {
	VT_GROUND, /* first: a new filter's */
	VT_UTF8,   /* a character of several bytes */
	VT_ESC,	   /* ESC and intermediates */
	VT_CSI,
	VT_STRING, /* a control string: OSC, DCS, or none that is passed */
	VT_SIXEL,  /* the data of a picture, passed as it comes */
	VT__COUNT
};

struct vt_out {
	unsigned char *p;
	size_t n;
};

static void put(struct vt_out *o, unsigned char c)
{
	o->p[o->n++] = c;
}

static void put_bytes(struct vt_out *o, const void *p, size_t n)
{
	memcpy(o->p + o->n, p, n);
	o->n += n;
}

static void begin(struct vtfilter *f, int state, unsigned char c)
{
	f->state = state;
	f->seq[0] = c;
	f->len = 1;
}

/* BEL BS HT LF VT FF CR SO SI. Not ENQ, which makes a terminal answer. */
static bool c0_allowed(unsigned char c)
{
	return c >= 0x07 && c <= 0x0f;
}

/* ---- ESC sequences ---- */

static bool esc_allowed(const unsigned char *s, size_t n)
{
	unsigned char last = s[n - 1];

	if (n == 2)
		return strchr("6789=>DEHMZcno|}~", last) != NULL;
	if (strchr("()*+-./", s[1]))
		return n <= ESC_MAX; /* designates a character set */
	if (n != 3)
		return false;
	if (s[1] == '#')
		return strchr("34568", last) != NULL;
	return s[1] == '%' && last == 'G'; /* UTF-8 on: never off */
}

/* ---- CSI sequences ---- */

/* Modes that change what is shown and what keys and the mouse send. Not 2
 * (VT52: another parser), 40 (resizes), 1001 (waits for the program), 1040-1044
 * (selection and clipboard). Each list ends in 0, which none allows. */
static const unsigned short modes_dec[] = {
	1,    3,    4,	  5,	6,    7,    8,	  9,	12,   25,   45,
	47,   66,   67,	  69,	80,   1000, 1002, 1003, 1004, 1005, 1006,
	1007, 1015, 1016, 1034, 1035, 1036, 1039, 1045, 1047, 1048, 1049,
	1070, 2004, 2026, 2027, 2031, 2048, 8452, 0,
};
/* Insert and new-line mode; not 2, which locks the keyboard. */
static const unsigned short modes_ansi[] = {4, 20, 0};
static const unsigned short dsr_ansi[] = {5, 6, 0};
static const unsigned short dsr_dec[] = {6, 996, 0};
/* Sizes in pixels, cells and lines; title stack. Not 20 and 21, which make
 * the terminal type its title, nor anything that moves the window. */
static const unsigned short window[] = {14, 16, 18, 19, 22, 23, 0};

static const struct csi_rule {
	unsigned char prefix, inter; /* 0: none */
	const char *finals;
	const unsigned short *list; /* of what a parameter may be; NULL: any */
	bool all;		    /* the list binds more than the first */
} csi_rules[] = {
	/* clang-format off */
	{ 0,   0,    "@ABCDEFGHIJKLMPSTXZ^`abcdefgmrsu", NULL, false },
	{ 0,   0,    "hl",      modes_ansi, true },
	{ 0,   0,    "n",       dsr_ansi,   false },
	{ 0,   0,    "t",       window,     false },
	{ '?', 0,    "hlrs",    modes_dec,  true },
	{ '?', 0,    "n",       dsr_dec,    false },
	{ '?', 0,    "JKSWcmu", NULL,       false },
	{ '>', 0,    "cmnqu",   NULL,       false },
	{ '=', 0,    "cu",      NULL,       false },
	{ '<', 0,    "u",       NULL,       false },
	{ '?', '$',  "p",       NULL,       false },
	{ 0,   ' ',  "@Aq",     NULL,       false },
	{ 0,   '!',  "p",       NULL,       false },
	{ 0,   '"',  "q",       NULL,       false },
	{ 0,   '#',  "PQpq{}",  NULL,       false },
	{ 0,   '$',  "prtvxz{", NULL,       false },
	{ 0,   '\'', "}~",      NULL,       false },
	{ 0,   '*',  "x",       NULL,       false },
	/* clang-format on */
};

static bool list_has(const unsigned short *list, unsigned v)
{
	while (*list && *list != v)
		list++;
	return *list != 0;
}

/* The next parameter of [*p, end), stepping over its ";". False when it isn't
 * a plain number. An empty one is 0 (ECMA-48 5.4.2). */
static bool param_next(const unsigned char **p, const unsigned char *end,
		       unsigned *value)
{
	unsigned v = 0;

	for (; *p < end && **p != ';'; (*p)++) {
		if (**p < '0' || **p > '9' || v > 9999)
			return false;
		v = v * 10 + (unsigned)(**p - '0');
	}
	if (*p < end)
		(*p)++;
	*value = v;
	return true;
}

static bool params_in(const struct csi_rule *r, const unsigned char *p,
		      const unsigned char *end)
{
	if (!r->list)
		return true;
	do {
		unsigned v;

		if (!param_next(&p, end, &v) || !list_has(r->list, v))
			return false;
	} while (r->all && p < end);
	return true;
}

static bool csi_allowed(const unsigned char *s, size_t n)
{
	const unsigned char *p = s + 2, *end = s + n - 1, *q;
	unsigned char prefix = 0, inter = 0;

	if (n >= CSI_MAX)
		return false;
	if (p < end && *p >= '<' && *p <= '?')
		prefix = *p++;
	q = p + strspn((const char *)p, "0123456789:;"); /* *end is none */
	if (q < end && *q >= 0x20 && *q <= 0x2f && q + 1 == end)
		inter = *q;
	else if (q != end)
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(csi_rules); i++) {
		const struct csi_rule *r = &csi_rules[i];

		if (r->prefix == prefix && r->inter == inter &&
		    strchr(r->finals, *end))
			return params_in(r, p, q);
	}
	return false;
}

/* Keep track of the alternate screen in what is passed on. */
static void csi_note(struct vtfilter *f)
{
	const unsigned char *p = f->seq + 3, *end = f->seq + f->len - 1;
	unsigned v;

	if (f->seq[2] != '?' || (*end != 'h' && *end != 'l'))
		return;
	while (p < end && param_next(&p, end, &v))
		if (v == 47 || v == 1047 || v == 1049)
			f->alt_screen = *end == 'h';
}

/* ---- control strings ---- */

/* Well-formed UTF-8 without controls, C1 included. */
static bool text_clean(const unsigned char *s, size_t n)
{
	for (size_t i = 0, k; i < n; i += k) {
		uint32_t c;

		k = utf8_decode((const char *)s + i, n - i, &c);
		if (!k || c < 0x20 || (c >= DEL && c < 0xa0))
			return false;
	}
	return true;
}

/* All n are of these: what ends the string, behind them, never is. */
static bool text_of(const unsigned char *s, size_t n, const char *these)
{
	return strspn((const char *)s, these) == n;
}

/* rxvt answers a title of "?" with the title. */
static bool osc_title(const unsigned char *s, size_t n)
{
	return text_clean(s, n) && !(n == 1 && s[0] == '?');
}

static bool osc_colour(const unsigned char *s, size_t n)
{
	return n > 0 && text_of(s, n, ALNUM "#/:;?.,%- ");
}

static bool osc_indices(const unsigned char *s, size_t n)
{
	return text_of(s, n, ALNUM ";");
}

static bool osc_empty(const unsigned char *s, size_t n)
{
	(void)s;
	return n == 0;
}

static bool osc_prompt(const unsigned char *s, size_t n)
{
	return n > 0 && s[0] && strchr("ABCDLNP", s[0]) && text_clean(s, n);
}

/* ConEmu's progress, 9;4;STATE;PERCENT. Any other OSC 9 is a notification. */
static bool osc_progress(const unsigned char *s, size_t n)
{
	return n >= 1 && s[0] == '4' && (n == 1 || s[1] == ';') &&
	       text_of(s, n, ALNUM ";");
}

/* PARAMETERS;URI: a link that the terminal hands to a browser or a mail
 * program, not to whatever opens a file; an empty URI ends the link. */
static bool osc_link(const unsigned char *s, size_t n)
{
	static const char *const schemes[] = {"http://", "https://", "mailto:"};
	const unsigned char *uri = memchr(s, ';', n);
	size_t len;

	if (!uri || !text_clean(s, n))
		return false;
	uri++;
	len = n - (size_t)(uri - s);
	for (size_t i = 0; i < len; i++)
		if (uri[i] <= 0x20 || uri[i] > 0x7e)
			return false;
	for (size_t i = 0; i < ARRAY_SIZE(schemes); i++) {
		size_t k = strlen(schemes[i]);

		if (len >= k && !strncasecmp((const char *)uri, schemes[i], k))
			return true;
	}
	return len == 0;
}

static const struct osc_rule {
	unsigned number;
	bool (*check)(const unsigned char *s, size_t n);
} osc_rules[] = {
	{0, osc_title},	    {1, osc_title},    {2, osc_title},
	{4, osc_colour},    {8, osc_link},     {9, osc_progress},
	{10, osc_colour},   {11, osc_colour},  {12, osc_colour},
	{104, osc_indices}, {110, osc_empty},  {111, osc_empty},
	{112, osc_empty},   {133, osc_prompt},
};

static bool osc_allowed(const unsigned char *s, size_t n, unsigned *number)
{
	const unsigned char *p = s;

	if (n == 0 || s[0] < '0' || s[0] > '9' ||
	    !param_next(&p, s + n, number))
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(osc_rules); i++)
		if (osc_rules[i].number == *number)
			return osc_rules[i].check(p, n - (size_t)(p - s));
	return false;
}

/* XTGETTCAP: the terminal's own terminfo strings, by hex name. */
static bool dcs_allowed(const unsigned char *s, size_t n)
{
	return n >= 2 && s[0] == '+' && s[1] == 'q' &&
	       text_of(s + 2, n - 2, "0123456789abcdefABCDEF;");
}

/* seq holds a whole control string; the last term bytes are its terminator. */
static void string_end(struct vtfilter *f, size_t term, struct vt_out *o)
{
	const unsigned char *s = f->seq + 2;
	size_t n = f->len - 2 - term;
	unsigned number = 0;
	bool allowed = (f->seq[1] == 'P' && dcs_allowed(s, n)) ||
		       (f->seq[1] == ']' && osc_allowed(s, n, &number));

	f->state = VT_GROUND;
	/* of STRING_MAX bytes: there may have been more */
	if (allowed && f->len - term < STRING_MAX) {
		put_bytes(o, f->seq, f->len);
		return;
	}
	/* The text behind a link that is refused must not belong to the link
	 * before it. */
	if (number == 8) {
		put_bytes(o, "\033]8;;", 5);
		put_bytes(o, f->seq + f->len - term, term);
	}
}

/* ---- the machine ---- */

static void in_ground(struct vtfilter *f, unsigned char c, struct vt_out *o)
{
	f->state = VT_GROUND;
	if (c == ESC)
		begin(f, VT_ESC, c);
	else if (c0_allowed(c) || (c >= 0x20 && c < DEL))
		put(o, c);
	else if (c > DEL && utf8_size(c))
		begin(f, VT_UTF8, c);
	else if (c > DEL)
		put(o, '?');
}

/* One "?" for each byte of what turns out to be no character. */
static void in_utf8(struct vtfilter *f, unsigned char c, struct vt_out *o)
{
	uint32_t value;

	if ((c & 0xc0) != 0x80) {
		put(o, '?');
		in_ground(f, c, o);
		return;
	}
	f->seq[f->len++] = c;
	if (f->len < utf8_size(f->seq[0]))
		return;
	f->state = VT_GROUND;
	if (!utf8_decode((const char *)f->seq, f->len, &value))
		memset(f->seq, '?', f->len);
	else if (value < 0xa0)
		return;
	put_bytes(o, f->seq, f->len);
}

/* What acts inside an ESC or CSI sequence. True if c was one of these. */
static bool in_sequence(struct vtfilter *f, unsigned char c, struct vt_out *o)
{
	if (c >= 0x20 && c < DEL)
		return false;
	if (c == CAN || c == SUB || c == ESC || c > DEL)
		in_ground(f, c, o); /* which drops CAN and SUB */
	else if (c0_allowed(c))
		put(o, c);
	return true;
}

static void in_esc(struct vtfilter *f, unsigned char c, struct vt_out *o)
{
	if (in_sequence(f, c, o))
		return;
	if (f->len <= ESC_MAX)
		f->seq[f->len++] = c;
	if (c < 0x30)
		return;
	f->state = VT_GROUND;
	if (f->len == 2 && c == '[')
		f->state = VT_CSI;
	else if (f->len == 2 && strchr("]PX^_k", c))
		f->state = VT_STRING;
	else if (esc_allowed(f->seq, f->len)) {
		if (c == 'c' && f->len == 2)
			f->alt_screen = false;
		put_bytes(o, f->seq, f->len);
	}
}

static void in_csi(struct vtfilter *f, unsigned char c, struct vt_out *o)
{
	if (in_sequence(f, c, o))
		return;
	if (f->len < CSI_MAX)
		f->seq[f->len++] = c;
	if (c < 0x40)
		return;
	f->state = VT_GROUND;
	if (csi_allowed(f->seq, f->len)) {
		csi_note(f);
		put_bytes(o, f->seq, f->len);
	}
}

/* What may end any control string: CAN and SUB do; an ESC does with what comes
 * behind it. True if c was one of these. */
static bool in_string_end(struct vtfilter *f, unsigned char c, struct vt_out *o)
{
	bool after_esc = f->esc, whole = f->state == VT_STRING;

	f->esc = c == ESC && !after_esc;
	if (f->esc)
		return true;
	if (!after_esc && c != CAN && c != SUB)
		return false;
	if (f->state == VT_SIXEL)
		put_bytes(o, "\033\\", 2);
	f->state = VT_GROUND;
	if (after_esc && c != '\\') { /* a new beginning */
		begin(f, VT_ESC, ESC);
		in_esc(f, c, o);
	} else if (after_esc && whole) {
		f->seq[f->len++] = ESC;
		f->seq[f->len++] = '\\';
		string_end(f, 2, o);
	}
	return true;
}

static void in_string(struct vtfilter *f, unsigned char c, struct vt_out *o)
{
	if (in_string_end(f, c, o))
		return;
	if (c == BEL && f->seq[1] == ']') {
		f->seq[f->len++] = c;
		string_end(f, 1, o);
		return;
	}
	if (f->len == STRING_MAX)
		return; /* string_end() drops it */
	f->seq[f->len++] = c;
	if (c == 'q' && f->seq[1] == 'P' &&
	    text_of(f->seq + 2, f->len - 3, "0123456789;")) {
		put_bytes(o, f->seq, f->len);
		f->state = VT_SIXEL;
	}
}

static void in_sixel(struct vtfilter *f, unsigned char c, struct vt_out *o)
{
	if (!in_string_end(f, c, o) &&
	    ((c >= 0x20 && c < DEL) || c == '\n' || c == '\r'))
		put(o, c);
}

static void (*const steps[])(struct vtfilter *, unsigned char,
			     struct vt_out *) = {
	[VT_GROUND] = in_ground, [VT_UTF8] = in_utf8,	  [VT_ESC] = in_esc,
	[VT_CSI] = in_csi,	 [VT_STRING] = in_string, [VT_SIXEL] = in_sixel,
};
static_assert(ARRAY_SIZE(steps) == VT__COUNT, "a step for every state");

size_t vtfilter_run(struct vtfilter *f, const unsigned char *in, size_t n,
		    unsigned char *out)
{
	struct vt_out o = {out, 0};

	for (size_t i = 0; i < n; i++)
		steps[f->state](f, in[i], &o);
	return o.n;
}

size_t vtfilter_end(struct vtfilter *f, unsigned char *out)
{
	struct vt_out o = {out, 0};

	if (f->state == VT_SIXEL)
		put_bytes(&o, "\033\\", 2);
	f->state = VT_GROUND;
	f->esc = false;
	return o.n;
}
