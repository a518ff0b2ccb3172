/* SPDX-License-Identifier: MIT */
/*
 * A request's head is held back until it is whole and its host has been
 * checked; the body is counted, a chunked one by the lines before its chunks,
 * so that the next head begins where the server sees it begin. Trailers wait
 * as a head does.
 */
#include "sbox-gateway/httpflow.h"

#include <string.h>

#include "sbox/cleanup.h"

#define PORT_HTTP    80
#define CHUNK_DIGITS 16

/* Where in a chunked body. */
enum { CHUNK_SIZE, CHUNK_DATA, CHUNK_END };

void httpflow_init(struct httpflow *f, const char *host, uint16_t port)
{
	size_t len = strnlen(host, HOSTNAME_MAX);

	*f = (struct httpflow){.port = port, .state = HTTPFLOW_HEAD};
	memcpy(f->host, host, len);
	f->host[len] = '\0';
}

static ptrdiff_t refuse(struct httpflow *f, const char *why)
{
	f->why = why;
	return -1;
}

/* NAME or NAME:PORT, both ours? Without a port it is 80. */
static bool is_our_authority(const struct httpflow *f, const char *text,
			     size_t len)
{
	const char *colon = memchr(text, ':', len);
	size_t name_len = colon ? (size_t)(colon - text) : len;
	char name[HOSTNAME_MAX + 1];
	unsigned port = colon ? 0 : PORT_HTTP;

	for (size_t i = name_len + 1; i < len; i++) {
		if (text[i] < '0' || text[i] > '9' || port > UINT16_MAX)
			return false;
		port = 10 * port + (unsigned)(text[i] - '0');
	}
	return port == f->port &&
	       hostname_normalise(text, name_len, name, NULL) == 0 &&
	       strcmp(name, f->host) == 0;
}

static int check_host(struct httpflow *f, const struct http_head *h)
{
	const struct http_field *host = NULL;

	for (size_t i = 0; i < h->nfields; i++) {
		if (!http_is(h->fields[i].name, h->fields[i].name_len, "host"))
			continue;
		if (host)
			return (int)refuse(f, "several Hosts");
		host = &h->fields[i];
	}
	if (!host)
		return (int)refuse(f, "a request without Host");
	if (!is_our_authority(f, host->value, host->value_len))
		return (int)refuse(f, "Host is another one");
	return 0;
}

/* A path, "*" of OPTIONS, or http:// and the same host (RFC 9112 3.2). */
static int check_target(struct httpflow *f, const struct http_head *h)
{
	static const char scheme[] = "http://";
	const size_t skip = sizeof(scheme) - 1;
	size_t end;

	/* methods are told apart by case, but who knows all servers? */
	if (http_is(h->method, h->method_len, "connect"))
		return (int)refuse(f, "CONNECT");
	if (h->target[0] == '/')
		return 0;
	if (h->target_len == 1 && h->target[0] == '*' && h->method_len == 7 &&
	    memcmp(h->method, "OPTIONS", 7) == 0)
		return 0;
	if (h->target_len < skip || !http_is(h->target, skip, scheme))
		return (int)refuse(f, "a target that is no path");
	for (end = skip; end < h->target_len; end++)
		if (h->target[end] == '/' || h->target[end] == '?')
			break;
	if (!is_our_authority(f, h->target + skip, end - skip))
		return (int)refuse(f, "the target is another host's");
	return 0;
}

/* RFC 6455 4.1, and nothing else to choose from. */
static bool is_websocket(const struct http_head *h)
{
	const struct http_field *upgrade = http_head_field(h, "upgrade");
	size_t n = 0;

	for (size_t i = 0; i < h->nfields; i++)
		n += http_is(h->fields[i].name, h->fields[i].name_len,
			     "upgrade");
	return h->wants_upgrade && n == 1 &&
	       http_is(upgrade->value, upgrade->value_len, "websocket") &&
	       h->method_len == 3 && memcmp(h->method, "GET", 3) == 0 &&
	       !h->has_length && !h->is_chunked;
}

/* The first line, as soon as it is whole: no SSH client ends a head. */
static int check_early(struct httpflow *f, const char *buf, size_t before)
{
	const char *lf = memchr(buf, '\n', f->seen);
	struct http_head h;

	if (!lf || (size_t)(lf - buf) < before)
		return 0;
	return http_request_line(buf, (size_t)(lf - buf) - 1, &h, &f->why);
}

static ptrdiff_t take_head(struct httpflow *f, const char *buf, size_t len)
{
	size_t before = f->seen;
	struct http_head h;
	int found = http_head_scan(buf, len, &f->seen, &f->why);

	if (found == 0)
		return check_early(f, buf, before);
	if (found < 0 || http_head_parse(buf, f->seen, true, &h, &f->why) < 0 ||
	    check_target(f, &h) || check_host(f, &h))
		return -1;
	f->seen = 0;
	f->left = h.length;
	f->chunk = CHUNK_SIZE;
	if (h.is_chunked)
		f->state = HTTPFLOW_CHUNKS;
	else if (h.length > 0)
		f->state = HTTPFLOW_BODY;
	else if (is_websocket(&h))
		f->state = HTTPFLOW_UPGRADE;
	return (ptrdiff_t)h.len;
}

/* As much of f->left as there is. */
static size_t take_left(struct httpflow *f, size_t len)
{
	size_t n = len < f->left ? len : (size_t)f->left;

	f->left -= n;
	return n;
}

/* The last chunk's line, the trailers and the empty line, all at once. */
static ptrdiff_t take_trailers(struct httpflow *f, const char *buf, size_t len)
{
	/* what a server could let count after the fact (RFC 9110 6.5.1) */
	static const char *const never[] = {"host", "content-length",
					    "transfer-encoding", "connection",
					    "upgrade"};
	struct http_head h;
	size_t n;
	int found = http_head_scan(buf, len, &f->seen, &f->why);

	if (found == 0)
		return 0;
	if (found < 0 || http_fields_parse(buf, f->seen, &h, &f->why))
		return -1;
	for (size_t i = 0; i < ARRAY_SIZE(never); i++)
		if (http_head_field(&h, never[i]))
			return refuse(f, "a trailer that must not be one");
	n = f->seen;
	f->seen = 0;
	f->state = HTTPFLOW_HEAD;
	return (ptrdiff_t)n;
}

/* Hexadecimal digits and CRLF: no extension, no blank. */
static ptrdiff_t take_size(struct httpflow *f, const char *buf, size_t len)
{
	uint64_t size = 0;
	size_t n = 0;

	while (n < len && n < CHUNK_DIGITS && http_hex_digit(buf[n]) >= 0)
		size = size << 4 | (unsigned)http_hex_digit(buf[n++]);
	if (n == len)
		return 0;
	if (n == 0 || buf[n] != '\r' || size > INT64_MAX)
		return refuse(f, "a chunk's size is none");
	if (n + 1 == len)
		return 0;
	if (buf[n + 1] != '\n')
		return refuse(f, "a chunk's size is none");
	if (size == 0)
		return take_trailers(f, buf, len);
	f->left = size;
	f->chunk = CHUNK_DATA;
	return (ptrdiff_t)n + 2;
}

static ptrdiff_t take_chunk(struct httpflow *f, const char *buf, size_t len)
{
	size_t n;

	if (f->chunk == CHUNK_SIZE)
		return take_size(f, buf, len);
	if (f->chunk == CHUNK_DATA) {
		n = take_left(f, len);
		if (f->left == 0)
			f->chunk = CHUNK_END;
		return (ptrdiff_t)n;
	}
	if (buf[0] != '\r' || (len > 1 && buf[1] != '\n'))
		return refuse(f, "a chunk is longer than its size");
	if (len == 1)
		return 0;
	f->chunk = CHUNK_SIZE;
	return 2;
}

/* len > 0. */
static ptrdiff_t take_some(struct httpflow *f, const char *buf, size_t len)
{
	size_t n;

	switch (f->state) {
	case HTTPFLOW_HEAD:
		return take_head(f, buf, len);
	case HTTPFLOW_BODY:
		n = take_left(f, len);
		if (f->left == 0)
			f->state = HTTPFLOW_HEAD;
		return (ptrdiff_t)n;
	case HTTPFLOW_CHUNKS:
		return take_chunk(f, buf, len);
	case HTTPFLOW_UPGRADE:
		return 0;
	case HTTPFLOW_BAD:
		break;
	}
	return -1;
}

ptrdiff_t httpflow_take(struct httpflow *f, const char *buf, size_t len)
{
	size_t done = 0;

	while (done < len) {
		ptrdiff_t n = take_some(f, buf + done, len - done);

		if (n == 0)
			break;
		if (n < 0 && done > 0) {
			f->seen = 0; /* it is said when it comes first */
			break;
		}
		if (n < 0) {
			f->state = HTTPFLOW_BAD;
			return -1;
		}
		done += (size_t)n;
	}
	return (ptrdiff_t)done;
}
