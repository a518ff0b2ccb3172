/* SPDX-License-Identifier: MIT */
/*
 * net.services' pure parts: bodies taken out of their framing (each row whole,
 * byte by byte and in pieces), heads written anew, secrets blanked.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <event2/buffer.h>

#include "sbox-gateway/httphead.h"
#include "sbox-service/blank.h"
#include "sbox-service/body.h"
#include "sbox-service/message.h"
#include "sbox/cleanup.h"
#include "sbox/strlist.h"

/* --- bodies ------------------------------------------------------------------
 */

/* clang-format off */
static const struct body_row {
	const char *label;
	enum body_kind kind;
	uint64_t length;
	const char *in, *content, *rest; /* rest: what isn't of the body */
	const char *why; /* NULL: it is good */
	bool done;
} bodies[] = {
	{ "a length", BODY_LENGTH, 5, "abcde", "abcde", "", NULL, true },
	{ "a length, and more behind it", BODY_LENGTH, 3, "abcGET /", "abc", "GET /", NULL, true },
	{ "a length that isn't there yet", BODY_LENGTH, 9, "abc", "abc", "", NULL, false },
	{ "until the end", BODY_CLOSE, 0, "abc\r\n", "abc\r\n", "", NULL, false },
	{ "chunks", BODY_CHUNKED, 0, "3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n", "abcde", "", NULL, true },
	{ "chunks, and more behind them", BODY_CHUNKED, 0, "1\r\na\r\n0\r\n\r\nGET /", "a", "GET /", NULL, true },
	{ "hexadecimal of both cases", BODY_CHUNKED, 0, "A\r\n0123456789\r\n0a\r\n0123456789\r\n0\r\n\r\n", "01234567890123456789", "", NULL, true },
	{ "extensions are dropped", BODY_CHUNKED, 0, "3;a=\"b;c\"\r\nabc\r\n0;x\r\n\r\n", "abc", "", NULL, true },
	{ "trailers are dropped", BODY_CHUNKED, 0, "0\r\nContent-Length: 9\r\nX: y\r\n\r\n", "", "", NULL, true },
	{ "a chunk that isn't there yet", BODY_CHUNKED, 0, "9\r\nabc", "abc", "", NULL, false },
	{ "its line isn't either", BODY_CHUNKED, 0, "9", "", "9", NULL, false },
	{ "no digits", BODY_CHUNKED, 0, "\r\n", "", "\r\n", "size", false },
	{ "a sign", BODY_CHUNKED, 0, "+3\r\nabc\r\n", "", "+3\r\nabc\r\n", "size", false },
	{ "0x", BODY_CHUNKED, 0, "0x3\r\nabc\r\n", "", "0x3\r\nabc\r\n", "size", false },
	{ "a blank in front", BODY_CHUNKED, 0, " 3\r\nabc\r\n", "", " 3\r\nabc\r\n", "size", false },
	{ "a blank behind", BODY_CHUNKED, 0, "3 \r\nabc\r\n", "", "3 \r\nabc\r\n", "size", false },
	{ "LF alone", BODY_CHUNKED, 0, "3\nabc\r\n", "", "3\nabc\r\n", "CR", false },
	{ "CR within an extension", BODY_CHUNKED, 0, "3;\rx\r\nabc\r\n", "", "3;\rx\r\nabc\r\n", "control", false },
	{ "16 digits", BODY_CHUNKED, 0, "0000000000000003\r\nabc\r\n", "", "0000000000000003\r\nabc\r\n", "size", false },
	{ "a size that wraps", BODY_CHUNKED, 0, "10000000000000003\r\nabc\r\n", "", "10000000000000003\r\nabc\r\n", "size", false },
	{ "a chunk that is longer", BODY_CHUNKED, 0, "3\r\nabcd\r\n", "abc", "d\r\n", "longer", false },
	{ "LF alone behind a chunk", BODY_CHUNKED, 0, "3\r\nabc\n0\r\n\r\n", "abc", "\n0\r\n\r\n", "longer", false },
};
/* clang-format on */

/* Give the row in pieces of at most step bytes more each time. */
static void try_body(const struct body_row *r, size_t step)
{
	size_t len = strlen(r->in), have = 0, at = 0, out = 0;
	char content[256] = "";
	const char *data, *why = NULL;
	struct body b;
	ssize_t n = 0;

	body_init(&b, r->kind, r->length);
	while (!b.done && n >= 0) {
		size_t dlen = 0;

		n = at < have ? body_take(&b, r->in + at, have - at, &data,
					  &dlen, &why)
			      : 0;
		if (n > 0) {
			memcpy(content + out, data, dlen);
			out += dlen;
			at += (size_t)n;
		} else if (n == 0 && have == len) {
			break;
		} else if (n == 0) {
			have += step < len - have ? step : len - have;
		}
	}
	content[out] = '\0';
	if (strcmp(content, r->content) != 0 || (n < 0) != (r->why != NULL) ||
	    (n < 0 && !strstr(why, r->why)) || b.done != r->done ||
	    (n >= 0 && strcmp(r->in + at, r->rest) != 0))
		fail_msg("%s, in pieces of %zu: \"%s\", rest \"%s\": %s",
			 r->label, step, content, r->in + at, why ? why : "");
}

static void body_rows(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bodies); i++)
		for (size_t step = 1; step < 8; step++)
			try_body(&bodies[i], step == 7 ? 1000 : step);
}

static void body_bounds(void **state)
{
	char line[BODY_LINE_MAX + 8];
	const char *data, *why;
	struct body b;
	size_t len;
	ssize_t n;

	(void)state;
	memset(line, 'x', sizeof(line));
	line[0] = '1';
	line[1] = ';';
	body_init(&b, BODY_CHUNKED, 0);
	assert_int_equal(
		body_take(&b, line, BODY_LINE_MAX - 1, &data, &len, &why), 0);
	assert_int_equal(body_take(&b, line, BODY_LINE_MAX, &data, &len, &why),
			 -1);
	body_init(&b, BODY_CHUNKED, 0);
	n = body_take(&b, "0\r\n", 3, &data, &len, &why);
	for (int i = 0; n > 0 && i < BODY_TRAILERS_MAX / 6 + 1; i++)
		n = body_take(&b, "a: b\r\n", 6, &data, &len, &why);
	assert_int_equal(n, -1);
	assert_string_equal(why, "the trailers are too long");
}

/* --- heads -------------------------------------------------------------------
 */

static const struct message_header headers[] = {
	{"authorization", "Bearer SECRET"},
	{"x-api-key", "KEY"},
};
static const struct message_origin origin = {
	.host = "api.example.org",
	.port = 443,
	.local = 8081,
	.headers = headers,
	.nheaders = ARRAY_SIZE(headers),
};

#define ADDED                                                                  \
	"authorization: Bearer SECRET\r\nx-api-key: KEY\r\n"                   \
	"accept-encoding: identity\r\nvia: 1.1 sbox\r\n"
#define HOST  "Host: 127.0.0.1:8081\r\n"
#define A64   "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa,"
#define A512  A64 A64 A64 A64 A64 A64 A64 A64
#define OHOST "host: api.example.org\r\n"

/* clang-format off */
static const struct head_row {
	const char *label, *in, *out; /* out NULL: refused with the status */
	unsigned status;
} requests[] = {
	{ "a request", "GET /v1?q HTTP/1.1\r\n" HOST "Accept: */*\r\n\r\n", "GET /v1?q HTTP/1.1\r\n" OHOST "Accept: */*\r\n" ADDED "\r\n", 0 },
	{ "with a length", "POST / HTTP/1.1\r\n" HOST "Content-Length: 3\r\n\r\n", "POST / HTTP/1.1\r\n" OHOST ADDED "content-length: 3\r\n\r\n", 0 },
	{ "with a length of 0", "POST / HTTP/1.1\r\n" HOST "Content-Length: 0\r\n\r\n", "POST / HTTP/1.1\r\n" OHOST ADDED "content-length: 0\r\n\r\n", 0 },
	{ "in chunks", "POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: Chunked\r\n\r\n", "POST / HTTP/1.1\r\n" OHOST ADDED "transfer-encoding: chunked\r\n\r\n", 0 },
	{ "its own secret is dropped", "GET / HTTP/1.1\r\n" HOST "AUTHORIZATION: mine\r\nX-Api-Key: mine\r\nx-api-key: mine\r\n\r\n", "GET / HTTP/1.1\r\n" OHOST ADDED "\r\n", 0 },
	{ "by another spelling, too", "GET / HTTP/1.1\r\n" HOST "X_Api_Key: mine\r\nx.api_KEY: mine\r\n\r\n", "GET / HTTP/1.1\r\n" OHOST ADDED "\r\n", 0 },
	{ "hop-by-hop fields", "GET / HTTP/1.1\r\n" HOST "Connection: keep-alive, X-Mine\r\nKeep-Alive: 5\r\nX-Mine: 1\r\nTE: trailers\r\nTrailer: x\r\nUpgrade: h2c\r\nHTTP2-Settings: x\r\nProxy-Connection: x\r\nProxy-Authorization: x\r\nX-Kept: 1\r\n\r\n", "GET / HTTP/1.1\r\n" OHOST "X-Kept: 1\r\n" ADDED "\r\n", 0 },
	{ "Connection can't take out ours", "GET / HTTP/1.1\r\n" HOST "Connection: authorization\r\nAuthorization: x\r\n\r\n", "GET / HTTP/1.1\r\n" OHOST ADDED "\r\n", 0 },
	{ "a request for WebSocket is the request that is left", "GET / HTTP/1.1\r\n" HOST "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: x\r\n\r\n", "GET / HTTP/1.1\r\n" OHOST "Sec-WebSocket-Key: x\r\n" ADDED "\r\n", 0 },
	{ "absolute-form", "GET http://127.0.0.1:8081/a?b HTTP/1.1\r\n" HOST "\r\n", "GET /a?b HTTP/1.1\r\n" OHOST ADDED "\r\n", 0 },
	{ "absolute-form of another host", "GET HTTP://evil.example/a HTTP/1.1\r\n" HOST "\r\n", "GET /a HTTP/1.1\r\n" OHOST ADDED "\r\n", 0 },
	{ "absolute-form without a path", "GET http://x?q HTTP/1.1\r\n" HOST "\r\n", "GET /?q HTTP/1.1\r\n" OHOST ADDED "\r\n", 0 },
	{ "absolute-form of OPTIONS", "OPTIONS http://x HTTP/1.1\r\n" HOST "\r\n", "OPTIONS * HTTP/1.1\r\n" OHOST ADDED "\r\n", 0 },
	{ "OPTIONS *", "OPTIONS * HTTP/1.1\r\n" HOST "\r\n", "OPTIONS * HTTP/1.1\r\n" OHOST ADDED "\r\n", 0 },
	{ "Host of whomever", "GET / HTTP/1.1\r\nHost: evil.example\r\n\r\n", "GET / HTTP/1.1\r\n" OHOST ADDED "\r\n", 0 },
	{ "CONNECT", "CONNECT evil.example:443 HTTP/1.1\r\n" HOST "\r\n", NULL, 501 },
	{ "connect", "connect / HTTP/1.1\r\n" HOST "\r\n", NULL, 501 },
	{ "TRACE", "TRACE / HTTP/1.1\r\n" HOST "\r\n", NULL, 501 },
	{ "TRACK", "TRACK / HTTP/1.1\r\n" HOST "\r\n", NULL, 501 },
	{ "a long Connection", "GET / HTTP/1.1\r\n" HOST "Connection: " A512 "\r\nConnection: a" A512 "\r\n\r\n", NULL, 400 },
	{ "HTTP/1.0", "GET / HTTP/1.0\r\n" HOST "\r\n", NULL, 505 },
	{ "no Host", "GET / HTTP/1.1\r\n\r\n", NULL, 400 },
	{ "two Hosts", "GET / HTTP/1.1\r\n" HOST HOST "\r\n", NULL, 400 },
	{ "a Host that is none", "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", NULL, 400 },
	{ "an authority for a target", "GET a:1 HTTP/1.1\r\n" HOST "\r\n", NULL, 400 },
	{ "https:", "GET https://x/ HTTP/1.1\r\n" HOST "\r\n", NULL, 400 },
	{ "* of GET", "GET * HTTP/1.1\r\n" HOST "\r\n", NULL, 400 },
}, answers[] = {
	{ "an answer", "HTTP/1.1 200 OK\r\nContent-Length: 3\r\nX: y\r\n\r\n", "HTTP/1.1 200 \r\nContent-Length: 3\r\nX: y\r\n\r\n", 0 },
	{ "in chunks", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", "HTTP/1.1 200 \r\ntransfer-encoding: chunked\r\n\r\n", 0 },
	{ "until the end", "HTTP/1.1 200 OK\r\n\r\n", "HTTP/1.1 200 \r\ntransfer-encoding: chunked\r\n\r\n", 0 },
	{ "no content", "HTTP/1.1 204 x\r\nContent-Length: 3\r\n\r\n", "HTTP/1.1 204 \r\n\r\n", 0 },
	{ "not modified", "HTTP/1.1 304 x\r\nContent-Length: 3\r\n\r\n", "HTTP/1.1 304 \r\nContent-Length: 3\r\n\r\n", 0 },
	{ "an interim one", "HTTP/1.1 103 x\r\nLink: y\r\n\r\n", "HTTP/1.1 103 \r\nLink: y\r\n\r\n", 0 },
	{ "hop-by-hop fields", "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: x-mine\r\nX-Mine: 1\r\nKeep-Alive: 5\r\nUpgrade: h2c\r\nAlt-Svc: h3\r\nProxy-Authenticate: x\r\n\r\n", "HTTP/1.1 200 \r\nContent-Length: 0\r\n\r\n", 0 },
	{ "back to the origin", "HTTP/1.1 302 x\r\nContent-Length: 0\r\nLocation: https://API.example.org/x\r\n\r\n", "HTTP/1.1 302 \r\nContent-Length: 0\r\nlocation: http://127.0.0.1:8081/x\r\n\r\n", 0 },
	{ "to the origin itself", "HTTP/1.1 302 x\r\nContent-Length: 0\r\nLocation: https://api.example.org\r\n\r\n", "HTTP/1.1 302 \r\nContent-Length: 0\r\nlocation: http://127.0.0.1:8081\r\n\r\n", 0 },
	{ "to another port of its", "HTTP/1.1 302 x\r\nContent-Length: 0\r\nLocation: https://api.example.org:8443/\r\n\r\n", "HTTP/1.1 302 \r\nContent-Length: 0\r\nLocation: https://api.example.org:8443/\r\n\r\n", 0 },
	{ "to a longer name", "HTTP/1.1 302 x\r\nContent-Length: 0\r\nLocation: https://api.example.org.evil/\r\n\r\n", "HTTP/1.1 302 \r\nContent-Length: 0\r\nLocation: https://api.example.org.evil/\r\n\r\n", 0 },
	{ "a relative one", "HTTP/1.1 302 x\r\nContent-Length: 0\r\nLocation: /x\r\n\r\n", "HTTP/1.1 302 \r\nContent-Length: 0\r\nLocation: /x\r\n\r\n", 0 },
	{ "another protocol", "HTTP/1.1 101 x\r\n\r\n", NULL, 0 },
	{ "a status that is none", "HTTP/1.1 600 x\r\n\r\n", NULL, 0 },
};
/* clang-format on */

static void compare(const struct head_row *r, struct evbuffer *out)
{
	size_t len = evbuffer_get_length(out);
	const char *text = (const char *)evbuffer_pullup(out, -1);

	if (!r->out || strlen(r->out) != len || memcmp(text, r->out, len) != 0)
		fail_msg("%s:\n%.*s", r->label, (int)len, text);
	evbuffer_drain(out, len);
}

static void request_rows(void **state)
{
	struct evbuffer *out = evbuffer_new();

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(requests); i++) {
		const struct head_row *r = &requests[i];
		unsigned status = 0;
		const char *why;
		struct http_head h;
		struct body b;

		if (http_head_parse(r->in, strlen(r->in), true, &h, &why) != 1)
			fail_msg("%s: %s", r->label, why);
		why = message_request_check(&h, &b, &status);
		if (why) {
			if (r->out || status != r->status)
				fail_msg("%s: %u %s", r->label, status, why);
			continue;
		}
		message_request_write(&h, &origin, &b, out);
		compare(r, out);
	}
	evbuffer_free(out);
}

static void answer_rows(void **state)
{
	struct evbuffer *out = evbuffer_new();

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(answers); i++) {
		const struct head_row *r = &answers[i];
		const char *why;
		struct http_head h;
		struct body b;

		if (http_head_parse(r->in, strlen(r->in), false, &h, &why) != 1)
			fail_msg("%s: %s", r->label, why);
		why = message_answer_check(&h, false, &b);
		if (why) {
			if (r->out)
				fail_msg("%s: %s", r->label, why);
			continue;
		}
		message_answer_write(&h, &origin, &b, false, out);
		compare(r, out);
	}
	evbuffer_free(out);
}

static void answer_to_head(void **state)
{
	static const char in[] = "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n";
	const char *why;
	struct http_head h;
	struct body b;

	(void)state;
	assert_int_equal(http_head_parse(in, sizeof(in) - 1, false, &h, &why),
			 1);
	assert_null(message_answer_check(&h, true, &b));
	assert_true(b.done);
	assert_null(message_answer_check(&h, false, &b));
	assert_int_equal(b.left, 3);
}

/* --- blanks ------------------------------------------------------------------
 */

/* What is passed on when text comes in pieces of n bytes; the sizes are told.
 */
static char *in_pieces(const struct blank *b, const char *text, size_t n,
		       size_t sizes[], size_t *nsizes)
{
	char *out = xcalloc(strlen(text) + 1, 1);
	char *held = xcalloc(strlen(text) + 1, 1);
	size_t nheld = 0, nout = 0, left = strlen(text);

	for (*nsizes = 0; left > 0;) {
		size_t now = n < left ? n : left, kept;

		memcpy(held + nheld, text, now);
		nheld += now;
		text += now;
		left -= now;
		kept = blank_out(b, held, nheld, left == 0);
		memcpy(out + nout, held, nheld - kept);
		nout += nheld - kept;
		sizes[(*nsizes)++] = nheld - kept;
		memmove(held, held + nheld - kept, kept);
		nheld = kept;
	}
	assert_int_equal(nheld, 0);
	free(held);
	return out;
}

static void blank_rows(void **state)
{
	/* one is in another, two overlap; in both orders */
	static const char *const secrets[] = {"secret-1", "1-2-3-4-5",
					      "secret-1-and-more", "short",
					      "9876-secret"};
	static const char *const turned[] = {"9876-secret", "short",
					     "secret-1-and-more", "1-2-3-4-5",
					     "secret-1"};
	static const struct blank both[] = {{secrets, ARRAY_SIZE(secrets)},
					    {turned, ARRAY_SIZE(turned)}};
	static const struct {
		const char *label, *in, *out;
	} rows[] = {
		{"nothing of it", "hello", "hello"},
		{"it", "a secret-1.", "a ********."},
		{"twice", "secret-1secret-1", "****************"},
		{"another", "<1-2-3-4-5>", "<*********>"},
		{"a short one stays", "short", "short"},
		{"a beginning", "xyz secre", "xyz secre"},
		{"a beginning within a beginning", "1-2-31-2-", "1-2-31-2-"},
		{"no beginning", "secret-2", "secret-2"},
		{"a longer one", "<secret-1-and-more>", "<*****************>"},
		{"a longer one that isn't", "secret-1-and-mor3",
		 "********-and-mor3"},
		{"overlapping", "9876-secret-1-2-3-4-5",
		 "*********************"},
		{"over a line's end", "secret\n-1 secret-1\n",
		 "secret\n-1 ********\n"},
		{"many lines", "a\nb\n\nsecret-1-and-more\nc",
		 "a\nb\n\n*****************\nc"},
	};
	size_t sizes[64], nsizes;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		for (size_t n = 1; n <= strlen(rows[i].in); n++)
			for (size_t k = 0; k < ARRAY_SIZE(both); k++) {
				char *out = in_pieces(&both[k], rows[i].in, n,
						      sizes, &nsizes);

				if (strcmp(out, rows[i].out) != 0)
					fail_msg("%s, pieces of %zu: \"%s\"",
						 rows[i].label, n, out);
				free(out);
			}
}

/* The sizes of the pieces must be the same whatever the secret is. */
static void blank_sizes(void **state)
{
	static const char text[] = "tok-aaaa tok-5e7a-9c31 x\ntok-5e7a-9c3";
	static const char *const secrets[] = {"tok-5e7a-9c31-secre",
					      "unlike-all-of-these"};
	size_t sizes[2][64], n[2];

	(void)state;
	for (size_t piece = 1; piece < sizeof(text); piece++) {
		for (size_t i = 0; i < 2; i++) {
			const struct blank b = {&secrets[i], 1};

			free(in_pieces(&b, text, piece, sizes[i], &n[i]));
		}
		assert_int_equal(n[0], n[1]);
		assert_memory_equal(sizes[0], sizes[1],
				    n[0] * sizeof(sizes[0][0]));
	}
}

/* An event, which ends a line, isn't held up. */
static void blank_events(void **state)
{
	static const char *const secret = "a-secret-of-some-length";
	static const struct blank b = {&secret, 1};
	char event[] = "data: 1\n\n";

	(void)state;
	assert_int_equal(blank_out(&b, event, strlen(event), false), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(body_rows),
		cmocka_unit_test(body_bounds),
		cmocka_unit_test(request_rows),
		cmocka_unit_test(answer_rows),
		cmocka_unit_test(answer_to_head),
		cmocka_unit_test(blank_rows),
		cmocka_unit_test(blank_sizes),
		cmocka_unit_test(blank_events),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
