/* SPDX-License-Identifier: MIT */
/*
 * The bytes of a connection to port 80 of example.org. What passes is read
 * again by a sloppy server that knows nothing of our parser: it takes any line
 * end and any blank, the first length that it sees, and a path or an address
 * for a target. Whatever it takes for a request must name example.org, and no
 * request may have been let through in part. In which pieces the bytes come
 * changes nothing.
 */
#include <ctype.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "sbox-gateway/httpflow.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define HOST "example.org"

static void require(int holds)
{
	if (!holds)
		abort();
}

struct text {
	const char *p;
	size_t len;
};

/* What is left of what passed. */
struct reader {
	const char *p;
	size_t len;
};

static bool read_line(struct reader *r, struct text *line)
{
	size_t n = 0;

	while (n < r->len && r->p[n] != '\n' && r->p[n] != '\r')
		n++;
	if (n == r->len)
		return false;
	*line = (struct text){r->p, n};
	n += r->p[n] == '\r' && n + 1 < r->len && r->p[n + 1] == '\n' ? 2 : 1;
	r->p += n;
	r->len -= n;
	return true;
}

static struct text trim(struct text t)
{
	while (t.len > 0 && !isgraph((unsigned char)t.p[0])) {
		t.p++;
		t.len--;
	}
	while (t.len > 0 && !isgraph((unsigned char)t.p[t.len - 1]))
		t.len--;
	return t;
}

static bool begins(struct text t, const char *s)
{
	return t.len >= strlen(s) && strncasecmp(t.p, s, strlen(s)) == 0;
}

static bool holds(struct text t, const char *s)
{
	for (; t.len > 0; t.p++, t.len--)
		if (begins(t, s))
			return true;
	return false;
}

/* The host of an authority, and nothing but a port behind it. */
static void check_authority(struct text t)
{
	size_t n = strlen(HOST);

	require(begins(t, HOST));
	if (n < t.len && t.p[n] == '.')
		n++;
	require(n == t.len || t.p[n] == ':' || t.p[n] == '/' || t.p[n] == '?' ||
		t.p[n] == ' ');
	require(memchr(t.p, '@', t.len) == NULL || t.p[n] == '/' ||
		t.p[n] == '?');
}

struct message {
	unsigned hosts;
	bool is_chunked, has_length;
	uint64_t length;
};

static void read_field(struct text line, struct message *m)
{
	const char *colon = memchr(line.p, ':', line.len);
	struct text name, value;

	require(colon != NULL);
	name = trim((struct text){line.p, (size_t)(colon - line.p)});
	value = trim((struct text){colon + 1,
				   line.len - (size_t)(colon + 1 - line.p)});
	if (name.len == 4 && begins(name, "host")) {
		m->hosts++;
		check_authority(value);
	}
	if (name.len == 14 && begins(name, "content-length")) {
		require(!m->has_length);
		m->has_length = true;
		m->length = strtoull(value.p, NULL, 10);
	}
	if (name.len == 17 && begins(name, "transfer-encoding"))
		m->is_chunked = holds(value, "chunked");
}

/* A whole head, or nothing at all. */
static bool read_head(struct reader *r, struct message *m)
{
	struct text line;

	*m = (struct message){.hosts = 0};
	if (r->len == 0)
		return false;
	require(read_line(r, &line));
	require(line.len > 0 && !begins(line, "connect "));
	for (size_t i = 0; i + 3 < line.len; i++) {
		struct text rest = {line.p + i, line.len - i};

		if (line.p[i] == '/')
			break;
		if (begins(rest, "://")) {
			rest.p += 3;
			rest.len -= 3;
			check_authority(rest);
			break;
		}
	}
	for (;;) {
		require(read_line(r, &line));
		if (line.len == 0)
			break;
		require(!isspace((unsigned char)line.p[0]));
		read_field(line, m);
	}
	require(m->hosts == 1);
	require(!m->is_chunked || !m->has_length);
	return true;
}

/* false: it ends here. */
static bool skip(struct reader *r, uint64_t n)
{
	size_t here = n < r->len ? (size_t)n : r->len;

	r->p += here;
	r->len -= here;
	return here == n;
}

static bool skip_chunks(struct reader *r)
{
	struct message trailer = {.hosts = 0};
	struct text line;
	uint64_t n;

	do {
		if (!read_line(r, &line)) {
			require(r->len == 0);
			return false;
		}
		n = strtoull(line.p, NULL, 16);
		if (n > 0 && (!skip(r, n) || r->len == 0))
			return false;
		if (n > 0) {
			require(read_line(r, &line));
			require(line.len == 0);
		}
	} while (n > 0);
	for (;;) {
		require(read_line(r, &line));
		if (line.len == 0)
			break;
		read_field(line, &trailer);
	}
	require(trailer.hosts == 0 && !trailer.has_length);
	return true;
}

static void check_passed(const char *p, size_t len)
{
	struct reader r = {p, len};
	struct message m;

	while (read_head(&r, &m)) {
		if (m.is_chunked ? !skip_chunks(&r) : !skip(&r, m.length))
			return;
	}
}

/* As the relay does it, with more bytes each time. Returns what passed. */
static size_t feed(struct httpflow *f, const char *bytes, size_t len,
		   size_t most)
{
	size_t sent = 0, have = 0;
	ptrdiff_t n = 0;

	httpflow_init(f, HOST, 80);
	while (have < len && n >= 0) {
		size_t step = 1 + (have * 7919 + most) % most;

		have = len - have < step ? len : have + step;
		while ((n = httpflow_take(f, bytes + sent, have - sent)) > 0) {
			require((size_t)n <= have - sent);
			sent += (size_t)n;
		}
	}
	require((n < 0) == (f->state == HTTPFLOW_BAD));
	require((f->state == HTTPFLOW_BAD) == (f->why != NULL));
	return sent;
}

static void check_answer(const char *bytes, size_t len)
{
	struct http_head h;
	const char *why = NULL;
	int result = http_head_parse(bytes, len, false, &h, &why);

	require((result < 0) == (why != NULL));
	if (result < 1)
		return;
	require(h.len <= len && h.status >= 100 && h.status <= 999);
	require(h.len >= 4 && memcmp(bytes + h.len - 4, "\r\n\r\n", 4) == 0);
	for (size_t i = 0; i < h.nfields; i++)
		require(memchr(h.fields[i].value, '\n',
			       h.fields[i].value_len) == NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const size_t pieces[] = {1, 3, 20, 700};
	/* a buffer of its own, with an end for strtoull() of the checker */
	char *text = malloc(size + 1), *passed;
	struct httpflow f, g;
	size_t sent;

	require(text != NULL);
	memcpy(text, data, size);
	text[size] = '\0';
	sent = feed(&f, text, size, size + 1);
	for (size_t i = 0; i < sizeof(pieces) / sizeof(pieces[0]); i++) {
		require(feed(&g, text, size, pieces[i]) == sent);
		require(f.state == g.state && f.left == g.left);
	}
	passed = malloc(sent + 1);
	require(passed != NULL);
	memcpy(passed, text, sent);
	passed[sent] = '\0';
	check_passed(passed, sent);
	check_answer(text, size);
	free(passed);
	free(text);
	return 0;
}
