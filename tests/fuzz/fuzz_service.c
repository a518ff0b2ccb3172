/* SPDX-License-Identifier: MIT */
/*
 * What a client inside sends to a service of net.services, or (first byte odd)
 * what its origin answers. A head that is passed on must be read the same way
 * by whoever gets it: once our Host, once each secret, one length at most,
 * nothing of one connection. A body must give the same content in whatever
 * pieces it comes, and none of a secret is left in it.
 */
#include <event2/buffer.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "sbox-gateway/httphead.h"
#include "sbox-service/blank.h"
#include "sbox-service/message.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define SECRET "a-secret-a-secreT"

static const struct message_header headers[] = {
	{"authorization", "Bearer " SECRET},
};
static const struct message_origin origin = {
	.host = "api.example.org",
	.port = 443,
	.local = 8081,
	.headers = headers,
	.nheaders = 1,
};

static void require(int holds)
{
	if (!holds)
		abort();
}

static size_t count(const struct http_head *h, const char *name)
{
	size_t n = 0;

	for (size_t i = 0; i < h->nfields; i++)
		n += http_is(h->fields[i].name, h->fields[i].name_len, name);
	return n;
}

static void check_written(struct evbuffer *out, bool is_request,
			  const struct body *b)
{
	size_t len = evbuffer_get_length(out);
	const char *text = (const char *)evbuffer_pullup(out, -1), *why;
	static struct http_head h;
	const struct http_field *f;

	/* may be longer, or have more fields, than what we take ourselves */
	if (http_head_parse(text, len, is_request, &h, &why) != 1) {
		require(strstr(why, "too long") || strstr(why, "too many"));
		return;
	}
	require(h.len == len);
	require(count(&h, "upgrade") + count(&h, "te") + count(&h, "trailer") +
			count(&h, "keep-alive") ==
		0);
	require(count(&h, "connection") == 0);
	if (!is_request)
		return;
	require(count(&h, "host") == 1 && count(&h, "authorization") == 1);
	f = http_head_field(&h, "host");
	require(http_is(f->value, f->value_len, origin.host));
	f = http_head_field(&h, "authorization");
	require(http_is(f->value, f->value_len, headers[0].value));
	require(h.target[0] == '/' || h.target[0] == '*');
	require(h.is_chunked == (b->kind == BODY_CHUNKED));
	require(h.is_chunked || h.length == b->left);
}

struct text {
	char *p;
	size_t len;
};

/* The body's content, given in pieces of at most step bytes more each time.
 * Returns how it ended: 1 done, 0 not yet, -1 bad. */
static int read_body(struct body b, const char *in, size_t len, size_t step,
		     struct text *out)
{
	size_t have = 0, at = 0, dlen;
	const char *data, *why;
	ssize_t n;

	while (!b.done) {
		n = at < have ? body_take(&b, in + at, have - at, &data, &dlen,
					  &why)
			      : 0;
		if (n < 0)
			return -1;
		if (n == 0 && have == len)
			return 0;
		if (n == 0) {
			have += step < len - have ? step : len - have;
			continue;
		}
		require(dlen <= (size_t)n && data >= in &&
			data + dlen <= in + len);
		memcpy(out->p + out->len, data, dlen);
		out->len += dlen;
		at += (size_t)n;
	}
	return 1;
}

static void check_blank(const struct text *t)
{
	static const char *const secrets[] = {SECRET};
	static const struct blank b = {secrets, 1};
	size_t kept = blank_out(&b, t->p, t->len, false);

	require(kept <= t->len && kept < 2 * strlen(SECRET));
	require(!memmem(t->p, t->len - kept, SECRET, strlen(SECRET)));
	require(blank_out(&b, t->p, t->len, true) == 0);
	require(!memmem(t->p, t->len, SECRET, strlen(SECRET)));
}

static void check_body(const struct body *b, const char *in, size_t len)
{
	struct text whole = {malloc(len + 1), 0}, pieces = {malloc(len + 1), 0};
	int end = read_body(*b, in, len, len, &whole);

	require(end == read_body(*b, in, len, 1 + len % 7, &pieces));
	require(whole.len == pieces.len &&
		memcmp(whole.p, pieces.p, whole.len) == 0);
	check_blank(&whole);
	free(whole.p);
	free(pieces.p);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct http_head h;
	bool is_request = size > 0 && data[0] % 2 == 0;
	const char *in = (const char *)data + 1, *why;
	struct evbuffer *out;
	unsigned status = 0;
	struct body b;

	if (size == 0 ||
	    http_head_parse(in, size - 1, is_request, &h, &why) != 1)
		return 0;
	why = is_request ? message_request_check(&h, &b, &status)
			 : message_answer_check(&h, false, &b);
	if (why) {
		require(!is_request || (status >= 400 && status < 600));
		return 0;
	}
	out = evbuffer_new();
	require(out != NULL);
	if (is_request)
		message_request_write(&h, &origin, &b, out);
	else
		message_answer_write(&h, &origin, &b, false, out);
	check_written(out, is_request, &b);
	evbuffer_free(out);
	check_body(&b, in + h.len, size - 1 - h.len);
	return 0;
}
