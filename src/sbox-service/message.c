/* SPDX-License-Identifier: MIT */
/*
 * A field is passed on unless it is one of the rows below, or named by
 * Connection, or one of the headers with a secret. A request to switch to
 * another protocol is none any more without its Upgrade, and is answered as the
 * request that is left (RFC 9110 7.8).
 */
#include "sbox-service/message.h"

#include <ctype.h>
#include <event2/buffer.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "sbox-gateway/httphead.h"
#include "sbox/cleanup.h"

#define HTTPS_PORT     443
#define CONNECTION_MAX 1024 /* bytes */

/* Of one connection, or written by us. */
static const char *const dropped[] = {
	"connection", "keep-alive", "proxy-connection", "transfer-encoding",
	"te",	      "trailer",    "upgrade",		"http2-settings",
};
static const char *const dropped_request[] = {
	"host", "content-length",      "accept-encoding",
	"via",	"proxy-authorization",
};
/* Other ways to the origin: there are none inside. */
static const char *const dropped_answer[] = {
	"alt-svc",
	"strict-transport-security",
	"proxy-authenticate",
};

static bool is_in(const char *const *rows, size_t n, const struct http_field *f)
{
	for (size_t i = 0; i < n; i++)
		if (http_is(f->name, f->name_len, rows[i]))
			return true;
	return false;
}

/* Is it of the connection that it came from only? */
static bool is_hop(const struct http_head *h, const struct http_field *f)
{
	char name[128];

	if (is_in(dropped, ARRAY_SIZE(dropped), f))
		return true;
	if (f->name_len >= sizeof(name))
		return true; /* no field of that length is known */
	memcpy(name, f->name, f->name_len);
	name[f->name_len] = '\0';
	return http_head_lists(h, "connection", name);
}

/* To a program behind CGI "X_Api_Key" is "X-Api-Key" (RFC 3875 4.1.18), for
 * some servers "X.Api.Key" as well. */
static bool is_same(const struct http_field *f, const char *name)
{
	if (f->name_len != strlen(name))
		return false;
	for (size_t i = 0; i < f->name_len; i++) {
		int a = tolower((unsigned char)f->name[i]);
		int b = tolower((unsigned char)name[i]);

		if (a != b && (isalnum(a) || isalnum(b)))
			return false;
	}
	return true;
}

static bool is_secrets(const struct message_origin *o,
		       const struct http_field *f)
{
	for (size_t i = 0; i < o->nheaders; i++)
		if (is_same(f, o->headers[i].name))
			return true;
	return false;
}

/* It is looked through once for each field: no work for a day. */
static bool is_long_connection(const struct http_head *h)
{
	size_t n = 0;

	for (size_t i = 0; i < h->nfields; i++)
		if (http_is(h->fields[i].name, h->fields[i].name_len,
			    "connection"))
			n += h->fields[i].value_len;
	return n > CONNECTION_MAX;
}

/* Out of memory ends the process (main.c), so this can't fail. */
static void put(struct evbuffer *out, const char *text, size_t len)
{
	(void)evbuffer_add(out, text, len);
}

static void put_field(struct evbuffer *out, const struct http_field *f)
{
	put(out, f->name, f->name_len);
	put(out, ": ", 2);
	put(out, f->value, f->value_len);
	put(out, "\r\n", 2);
}

static void put_framing(struct evbuffer *out, const struct body *b)
{
	if (b->kind == BODY_LENGTH)
		evbuffer_add_printf(out, "content-length: %" PRIu64 "\r\n",
				    b->left);
	else
		evbuffer_add_printf(out, "transfer-encoding: chunked\r\n");
}

/* --- requests ----------------------------------------------------------------
 */

static bool is_method(const struct http_head *h, const char *name)
{
	/* told apart by case; but who knows all servers? */
	return http_is(h->method, h->method_len, name);
}

/* The path and query of origin-form and absolute-form, "*" of OPTIONS (RFC 9112
 * 3.2). False: none of them. */
static bool find_path(const struct http_head *h, const char **path, size_t *len)
{
	static const char scheme[] = "http://";
	const size_t skip = sizeof(scheme) - 1;
	const char *t = h->target, *end = t + h->target_len;

	*path = t;
	*len = h->target_len;
	if (*t == '/')
		return true;
	if (h->target_len == 1 && *t == '*')
		return h->method_len == 7 &&
		       memcmp(h->method, "OPTIONS", 7) == 0;
	if (h->target_len < skip || !http_is(t, skip, scheme))
		return false;
	for (t += skip; t < end && *t != '/' && *t != '?'; t++)
		;
	*path = t;
	*len = (size_t)(end - t);
	return true;
}

static size_t count_fields(const struct http_head *h, const char *name)
{
	size_t n = 0;

	for (size_t i = 0; i < h->nfields; i++)
		n += http_is(h->fields[i].name, h->fields[i].name_len, name);
	return n;
}

/* NAME, ADDRESS or [ADDRESS], with a port or without. Whose it is doesn't
 * matter: it is replaced. */
static bool is_host(const struct http_field *f)
{
	for (size_t i = 0; i < f->value_len; i++) {
		char c = f->value[i];

		if (c <= ' ' || c >= 0x7f || strchr("/?#@\\,;\"<>", c))
			return false;
	}
	return true;
}

const char *message_request_check(const struct http_head *h, struct body *body,
				  unsigned *status)
{
	const char *path;
	size_t len;

	*status = 501;
	if (is_method(h, "CONNECT"))
		return "CONNECT: this is no way to other hosts";
	if (is_method(h, "TRACE") || is_method(h, "TRACK"))
		return "TRACE: the answer would repeat the secret";
	*status = 505;
	if (h->minor == 0)
		return "HTTP/1.1 only";
	*status = 400;
	if (count_fields(h, "host") != 1 ||
	    !is_host(http_head_field(h, "host")))
		return "a request needs one Host";
	if (!find_path(h, &path, &len))
		return "a target that is no path";
	if (is_long_connection(h))
		return "a long Connection field";
	body_init(body, h->is_chunked ? BODY_CHUNKED : BODY_LENGTH, h->length);
	return NULL;
}

static void put_target(struct evbuffer *out, const struct http_head *h)
{
	const char *path;
	size_t len;

	(void)find_path(h, &path, &len); /* it has been checked */
	put(out, h->method, h->method_len);
	put(out, " ", 1);
	if (len == 0 && is_method(h, "OPTIONS"))
		put(out, "*", 1); /* RFC 9112 3.2.4 */
	else if (len == 0 || *path == '?')
		put(out, "/", 1);
	put(out, path, len);
	put(out, " HTTP/1.1\r\n", 11);
}

void message_request_write(const struct http_head *h,
			   const struct message_origin *o,
			   const struct body *body, struct evbuffer *out)
{
	put_target(out, h);
	if (o->port == HTTPS_PORT)
		evbuffer_add_printf(out, "host: %s\r\n", o->host);
	else
		evbuffer_add_printf(out, "host: %s:%u\r\n", o->host, o->port);
	for (size_t i = 0; i < h->nfields; i++) {
		const struct http_field *f = &h->fields[i];

		if (!is_in(dropped_request, ARRAY_SIZE(dropped_request), f) &&
		    !is_hop(h, f) && !is_secrets(o, f))
			put_field(out, f);
	}
	for (size_t i = 0; i < o->nheaders; i++)
		evbuffer_add_printf(out, "%s: %s\r\n", o->headers[i].name,
				    o->headers[i].value);
	evbuffer_add_printf(out,
			    "accept-encoding: identity\r\nvia: 1.1 sbox\r\n");
	if (h->is_chunked || h->has_length)
		put_framing(out, body);
	put(out, "\r\n", 2);
}

/* --- answers -----------------------------------------------------------------
 */

/* By status and method alone (RFC 9112 6.3, 1 and 2). */
static bool has_no_body(const struct http_head *h, bool is_head)
{
	return is_head || h->status < 200 || h->status == 204 ||
	       h->status == 304;
}

const char *message_answer_check(const struct http_head *h, bool is_head,
				 struct body *body)
{
	if (h->status == 101 || h->status > 599)
		return "an answer to nothing that was asked";
	if (is_long_connection(h))
		return "a long Connection field";
	if (has_no_body(h, is_head))
		body_init(body, BODY_LENGTH, 0);
	else if (h->is_chunked)
		body_init(body, BODY_CHUNKED, 0);
	else if (h->has_length)
		body_init(body, BODY_LENGTH, h->length);
	else
		body_init(body, BODY_CLOSE, 0);
	return NULL;
}

/* What points back to the origin points to us; other hosts stay. */
static void put_location(struct evbuffer *out, const struct message_origin *o,
			 const struct http_field *f)
{
	char here[320];
	int n = o->port == HTTPS_PORT
			? snprintf(here, sizeof(here), "https://%s", o->host)
			: snprintf(here, sizeof(here), "https://%s:%u", o->host,
				   o->port);
	size_t len = (size_t)n; /* a host name has at most 253 bytes */

	if (f->value_len < len || !http_is(f->value, len, here) ||
	    (f->value_len > len && !strchr("/?#", f->value[len]))) {
		put_field(out, f);
		return;
	}
	evbuffer_add_printf(out, "location: http://127.0.0.1:%u", o->local);
	put(out, f->value + len, f->value_len - len);
	put(out, "\r\n", 2);
}

static void put_answer_field(struct evbuffer *out, const struct http_head *h,
			     const struct message_origin *o,
			     const struct http_field *f)
{
	if (is_in(dropped_answer, ARRAY_SIZE(dropped_answer), f) ||
	    is_hop(h, f))
		return;
	if (http_is(f->name, f->name_len, "location"))
		put_location(out, o, f);
	else
		put_field(out, f);
}

void message_answer_write(const struct http_head *h,
			  const struct message_origin *o,
			  const struct body *body, bool closes,
			  struct evbuffer *out)
{
	bool says_length = h->status >= 200 && h->status != 204;

	evbuffer_add_printf(out, "HTTP/1.1 %03u \r\n", h->status);
	for (size_t i = 0; i < h->nfields; i++) {
		const struct http_field *f = &h->fields[i];

		/* of HEAD and 304 it is the length that would be */
		if (http_is(f->name, f->name_len, "content-length")) {
			if (says_length)
				put_field(out, f);
			continue;
		}
		put_answer_field(out, h, o, f);
	}
	if (body->kind != BODY_LENGTH)
		put_framing(out, body);
	if (closes)
		evbuffer_add_printf(out, "connection: close\r\n");
	put(out, "\r\n", 2);
}
