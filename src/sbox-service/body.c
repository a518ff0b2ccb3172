/* SPDX-License-Identifier: MIT */
/*
 * A chunked body is lines and content in turn; a line is taken only as a
 * whole. The size is hexadecimal digits alone; what follows a ';' is an
 * extension; nothing else may follow.
 */
#include "sbox-service/body.h"

#include <string.h>

#include "sbox-gateway/httphead.h"

#define SIZE_DIGITS 15 /* below 2^60 */

enum { STEP_SIZE, STEP_DATA, STEP_DATA_END, STEP_TRAILER };

void body_init(struct body *b, enum body_kind kind, uint64_t length)
{
	*b = (struct body){.kind = kind, .left = length, .step = STEP_SIZE};
	b->done = kind == BODY_LENGTH && length == 0;
}

static ssize_t bad(const char **why, const char *text)
{
	*why = text;
	return -1;
}

static size_t take_left(struct body *b, size_t len)
{
	size_t n = len < b->left ? len : (size_t)b->left;

	b->left -= n;
	return n;
}

/* The length of the line in front, with its CRLF; 0: it isn't whole; -1. */
static ssize_t line_take(const char *buf, size_t len, const char **why)
{
	size_t max = len < BODY_LINE_MAX ? len : BODY_LINE_MAX;

	for (size_t i = 0; i < max; i++) {
		unsigned char c = (unsigned char)buf[i];

		if (c == '\n')
			return i > 0 && buf[i - 1] == '\r'
				       ? (ssize_t)i + 1
				       : bad(why, "a line ends without CR");
		if ((i > 0 && buf[i - 1] == '\r') || c == 0x7f ||
		    (c < ' ' && c != '\t' && c != '\r'))
			return bad(why, "a control character in a line");
	}
	return len < BODY_LINE_MAX ? 0 : bad(why, "a line is too long");
}

static ssize_t take_size(struct body *b, const char *buf, size_t len,
			 const char **why)
{
	ssize_t line = line_take(buf, len, why);
	uint64_t size = 0;
	size_t n = 0;

	if (line <= 0)
		return line;
	while (n < SIZE_DIGITS && http_hex_digit(buf[n]) >= 0)
		size = size << 4 | (unsigned)http_hex_digit(buf[n++]);
	if (n == 0 || (buf[n] != '\r' && buf[n] != ';'))
		return bad(why, "a chunk's size is none");
	b->left = size;
	b->step = size > 0 ? STEP_DATA : STEP_TRAILER;
	return line;
}

static ssize_t take_data_end(struct body *b, const char *buf, size_t len,
			     const char **why)
{
	if (buf[0] != '\r' || (len > 1 && buf[1] != '\n'))
		return bad(why, "a chunk is longer than its size");
	if (len == 1)
		return 0;
	b->step = STEP_SIZE;
	return 2;
}

static ssize_t take_trailer(struct body *b, const char *buf, size_t len,
			    const char **why)
{
	ssize_t line = line_take(buf, len, why);

	if (line <= 0)
		return line;
	b->trailers += (size_t)line;
	if (b->trailers > BODY_TRAILERS_MAX)
		return bad(why, "the trailers are too long");
	b->done = line == 2;
	return line;
}

static ssize_t take_chunked(struct body *b, const char *buf, size_t len,
			    size_t *data_len, const char **why)
{
	if (b->step == STEP_SIZE)
		return take_size(b, buf, len, why);
	if (b->step == STEP_DATA_END)
		return take_data_end(b, buf, len, why);
	if (b->step == STEP_TRAILER)
		return take_trailer(b, buf, len, why);
	*data_len = take_left(b, len);
	if (b->left == 0)
		b->step = STEP_DATA_END;
	return (ssize_t)*data_len;
}

ssize_t body_take(struct body *b, const char *buf, size_t len,
		  const char **data, size_t *data_len, const char **why)
{
	*data = buf;
	*data_len = 0;
	switch (b->kind) {
	case BODY_CHUNKED:
		return take_chunked(b, buf, len, data_len, why);
	case BODY_LENGTH:
		*data_len = take_left(b, len);
		b->done = b->left == 0;
		return (ssize_t)*data_len;
	case BODY_CLOSE:
		*data_len = len;
		return (ssize_t)len;
	}
	return bad(why, "no body");
}
