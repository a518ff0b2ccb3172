/* SPDX-License-Identifier: MIT */
/*
 * The heads that a reverse proxy passes on (RFC 9110 7.6, RFC 9112), written
 * anew from what was parsed: nothing of the other side's framing is copied.
 * Fields of one connection (7.6.1) end here, and the origin's own name, the
 * secrets' headers and a length of our own are put in. Pure.
 */
#ifndef SERVICE_MESSAGE_H
#define SERVICE_MESSAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sbox-service/body.h"

struct evbuffer;
struct http_head;

struct message_header {
	const char *name, *value;
};

/* Both names of one origin: https://host[:port], http://127.0.0.1:local. */
struct message_origin {
	const char *host; /* normalised */
	uint16_t port;	  /* outside */
	uint16_t local;	  /* inside */
	const struct message_header *headers;
	size_t nheaders;
};

/* A request's body. NULL, or static text: why the request isn't passed on, and
 * *status to answer with. */
const char *message_request_check(const struct http_head *h, struct body *body,
				  unsigned *status);
/* Append its head, for the origin. */
void message_request_write(const struct http_head *h,
			   const struct message_origin *o,
			   const struct body *body, struct evbuffer *out);

/* The body of an answer to a request (is_head: its method was HEAD). NULL, or
 * static text: why it isn't passed on. */
const char *message_answer_check(const struct http_head *h, bool is_head,
				 struct body *body);
/* Append its head, for the client; what BODY_CLOSE ends becomes chunked.
 * closes: this is the last one of the connection. */
void message_answer_write(const struct http_head *h,
			  const struct message_origin *o,
			  const struct body *body, bool closes,
			  struct evbuffer *out);

#endif
