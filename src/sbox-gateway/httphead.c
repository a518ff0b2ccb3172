/* SPDX-License-Identifier: MIT */
/*
 * Three passes over a head. The scan finds its end and refuses every byte that
 * could be a line's end to somebody; after it a line is what stands before
 * CRLF. The lines are split into their parts. At last the fields that say how
 * long the message is and what becomes of the connection are read; a message
 * whose length could be doubted is refused.
 */
#include "sbox-gateway/httphead.h"

#include <string.h>
#include <strings.h>

#include "sbox/cleanup.h"

#define VERSION_LEN 8 /* "HTTP/1.1" */

static int bad(const char **why, const char *text)
{
	*why = text;
	return -1;
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* A byte of a token (RFC 9110 5.6.2). */
static bool is_tchar(char c)
{
	return is_digit(c) || (c >= 'a' && c <= 'z') ||
	       (c >= 'A' && c <= 'Z') ||
	       (c && strchr("!#$%&'*+-.^_`|~", c) != NULL);
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

int http_hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

bool http_is(const char *text, size_t len, const char *token)
{
	return len == strlen(token) && strncasecmp(text, token, len) == 0;
}

int http_head_scan(const char *buf, size_t len, size_t *seen, const char **why)
{
	for (size_t i = *seen; i < len; *seen = ++i) {
		unsigned char c = (unsigned char)buf[i];

		if (c == '\n')
			return bad(why, "a line ends without CR");
		if ((c < ' ' && c != '\t' && c != '\r') || c == 0x7f)
			return bad(why, "a control character in the head");
		if (c != '\r')
			continue;
		if (i + 1 == len)
			break;
		if (buf[++i] != '\n')
			return bad(why, "a CR within a line");
		if (i == 1)
			return bad(why, "an empty line in front");
		if (buf[i - 2] != '\n')
			continue;
		*seen = i + 1;
		return *seen <= HTTP_HEAD_MAX
			       ? 1
			       : bad(why, "the head is too long");
	}
	return len < HTTP_HEAD_MAX ? 0 : bad(why, "the head is too long");
}

/* "HTTP/1.0" or "HTTP/1.1" */
static int parse_version(const char *text, struct http_head *out,
			 const char **why)
{
	if (memcmp(text, "HTTP/1.", VERSION_LEN - 1) != 0 ||
	    (text[VERSION_LEN - 1] != '0' && text[VERSION_LEN - 1] != '1'))
		return bad(why, "not HTTP/1.0 or HTTP/1.1");
	out->minor = text[VERSION_LEN - 1] == '1';
	return 0;
}

int http_request_line(const char *line, size_t len, struct http_head *out,
		      const char **why)
{
	size_t n = 0;

	while (n < len && is_tchar(line[n]))
		n++;
	if (n == 0 || n == len || line[n] != ' ')
		return bad(why, "not an HTTP request");
	out->method = line;
	out->method_len = n++;
	out->target = line + n;
	while (n < len && !is_blank(line[n]))
		n++;
	out->target_len = (size_t)(line + n - out->target);
	if (out->target_len == 0)
		return bad(why, "a request without a target");
	if (len - n != 1 + VERSION_LEN || line[n] != ' ')
		return bad(why, "not HTTP/1.0 or HTTP/1.1");
	return parse_version(line + n + 1, out, why);
}

static int parse_status_line(const char *line, size_t len,
			     struct http_head *out, const char **why)
{
	const char *code = line + VERSION_LEN + 1;

	if (len < VERSION_LEN + 4 || line[VERSION_LEN] != ' ' ||
	    !is_digit(code[0]) || !is_digit(code[1]) || !is_digit(code[2]) ||
	    code[0] == '0' || (len > VERSION_LEN + 4 && code[3] != ' '))
		return bad(why, "not an HTTP answer");
	out->status = (unsigned)(100 * (code[0] - '0') + 10 * (code[1] - '0') +
				 (code[2] - '0'));
	return parse_version(line, out, why);
}

static int parse_field(const char *line, size_t len, struct http_field *f,
		       const char **why)
{
	size_t n = 0;

	if (is_blank(line[0]))
		return bad(why, "a folded line");
	while (n < len && is_tchar(line[n]))
		n++;
	if (n == 0 || n == len || line[n] != ':')
		return bad(why, "a line that is no field");
	f->name = line;
	f->name_len = n++;
	while (n < len && is_blank(line[n]))
		n++;
	while (len > n && is_blank(line[len - 1]))
		len--;
	f->value = line + n;
	f->value_len = len - n;
	return 0;
}

/* A line's bytes without CRLF; the scan has seen that there is one. */
static size_t line_length(const char *line, size_t len)
{
	const char *cr = memchr(line, '\r', len);

	return cr ? (size_t)(cr - line) : len;
}

int http_fields_parse(const char *buf, size_t len, struct http_head *out,
		      const char **why)
{
	size_t pos = line_length(buf, len) + 2;

	out->nfields = 0;
	while (pos < len) {
		size_t n = line_length(buf + pos, len - pos);

		if (n == 0)
			return 0;
		if (out->nfields == HTTP_HEADERS_MAX)
			return bad(why, "too many fields");
		if (parse_field(buf + pos, n, &out->fields[out->nfields], why))
			return -1;
		out->nfields++;
		pos += n + 2;
	}
	return bad(why, "no end of the head");
}

const struct http_field *http_head_field(const struct http_head *h,
					 const char *name)
{
	for (size_t i = 0; i < h->nfields; i++)
		if (http_is(h->fields[i].name, h->fields[i].name_len, name))
			return &h->fields[i];
	return NULL;
}

static bool value_lists(const struct http_field *f, const char *token)
{
	const char *p = f->value, *end = f->value + f->value_len;

	while (p < end) {
		const char *comma = memchr(p, ',', (size_t)(end - p));
		const char *stop = comma ? comma : end;
		const char *last = stop;

		while (p < last && is_blank(*p))
			p++;
		while (last > p && is_blank(last[-1]))
			last--;
		if (http_is(p, (size_t)(last - p), token))
			return true;
		p = stop + 1;
	}
	return false;
}

bool http_head_lists(const struct http_head *h, const char *name,
		     const char *token)
{
	for (size_t i = 0; i < h->nfields; i++) {
		const struct http_field *f = &h->fields[i];

		if (http_is(f->name, f->name_len, name) &&
		    value_lists(f, token))
			return true;
	}
	return false;
}

/* Digits alone: no sign, no list, below 2^63. */
static int parse_length(const struct http_field *f, uint64_t *out,
			const char **why)
{
	uint64_t v = 0;

	for (size_t i = 0; i < f->value_len; i++) {
		if (!is_digit(f->value[i]))
			return bad(why, "Content-Length is no number");
		if (v > (INT64_MAX - 9) / 10)
			return bad(why, "Content-Length is too large");
		v = 10 * v + (uint64_t)(f->value[i] - '0');
	}
	if (f->value_len == 0)
		return bad(why, "Content-Length is no number");
	*out = v;
	return 0;
}

static int read_framing(struct http_head *h, const char **why)
{
	for (size_t i = 0; i < h->nfields; i++) {
		const struct http_field *f = &h->fields[i];

		if (http_is(f->name, f->name_len, "content-length")) {
			if (h->has_length)
				return bad(why, "several Content-Lengths");
			if (parse_length(f, &h->length, why))
				return -1;
			h->has_length = true;
		}
		if (http_is(f->name, f->name_len, "transfer-encoding")) {
			if (h->is_chunked)
				return bad(why, "several Transfer-Encodings");
			if (!http_is(f->value, f->value_len, "chunked"))
				return bad(why, "a Transfer-Encoding other "
						"than \"chunked\"");
			h->is_chunked = true;
		}
	}
	if (h->is_chunked && h->has_length)
		return bad(why, "Content-Length beside Transfer-Encoding");
	if (h->is_chunked && h->minor == 0)
		return bad(why, "Transfer-Encoding in HTTP/1.0");
	return 0;
}

/* Whoever forwards a message takes out what Connection names: not these. */
static int read_connection(struct http_head *h, const char **why)
{
	static const char *const kept[] = {"host", "content-length",
					   "transfer-encoding"};

	for (size_t i = 0; i < ARRAY_SIZE(kept); i++)
		if (http_head_lists(h, "connection", kept[i]))
			return bad(why, "Connection names a field that must "
					"stay");
	h->wants_close = http_head_lists(h, "connection", "close") ||
			 (h->minor == 0 &&
			  !http_head_lists(h, "connection", "keep-alive"));
	/* RFC 9110 7.8: not in HTTP/1.0 */
	h->wants_upgrade = h->minor > 0 && http_head_field(h, "upgrade") &&
			   http_head_lists(h, "connection", "upgrade");
	return 0;
}

int http_head_parse(const char *buf, size_t len, bool is_request,
		    struct http_head *out, const char **why)
{
	size_t seen = 0, first;
	int found = http_head_scan(buf, len, &seen, why);

	if (found <= 0)
		return found;
	*out = (struct http_head){.len = seen};
	first = line_length(buf, seen);
	if (is_request ? http_request_line(buf, first, out, why)
		       : parse_status_line(buf, first, out, why))
		return -1;
	if (http_fields_parse(buf, seen, out, why) || read_framing(out, why) ||
	    read_connection(out, why))
		return -1;
	return 1;
}
