/* SPDX-License-Identifier: MIT */
/*
 * The head of an HTTP/1 message (RFC 9112), taken apart. What two parsers
 * could read in different ways is refused, also where the RFC would let a
 * recipient repair it: bare CR or LF, NUL and other controls, folded lines,
 * a blank before a colon, both lengths, several lengths, codings other than
 * "chunked". Works without allocation; everything is borrowed from the buffer.
 */
#ifndef GATEWAY_HTTPHEAD_H
#define GATEWAY_HTTPHEAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define HTTP_HEAD_MAX	 65536
#define HTTP_HEADERS_MAX 200

struct http_field {
	const char *name; /* borrowed from buf, name_len bytes */
	size_t name_len;
	const char *value; /* without blanks around it */
	size_t value_len;
};

struct http_head {
	const char *method, *target; /* a request's; not NUL-terminated */
	size_t method_len, target_len;
	unsigned status; /* an answer's */
	unsigned minor;	 /* HTTP/1.minor, 0 or 1 */
	struct http_field fields[HTTP_HEADERS_MAX];
	size_t nfields;
	size_t len; /* bytes of buf, the empty line included */
	/* of the message that follows */
	bool has_length, is_chunked;
	bool wants_close;   /* the connection ends with it, by its own words */
	bool wants_upgrade; /* Connection names an Upgrade that is there */
	uint64_t length;    /* with has_length; below 2^63 */
};

/*
 * 1: complete; 0: more bytes are needed; -1: bad, *why is static text. A head
 * longer than HTTP_HEAD_MAX is bad. With an answer, the length of what follows
 * also depends on the request's method and the status (RFC 9112 6.3).
 */
int http_head_parse(const char *buf, size_t len, bool is_request,
		    struct http_head *out, const char **why);

/* The first field of that name (any case), NULL without one. */
const struct http_field *http_head_field(const struct http_head *h,
					 const char *name);

/* Of a chunk's size: its value, -1 if it is none. */
int http_hex_digit(char c);
/* Is text, of len bytes, this token (any case)? */
bool http_is(const char *text, size_t len, const char *token);
/* Does a field of that name list the token (RFC 9110 5.6.1)? */
bool http_head_lists(const struct http_head *h, const char *name,
		     const char *token);

/*
 * The parts, for who gets a head in pieces. http_head_scan: *seen bytes of buf
 * have been looked at (0 to begin with; it is moved on). 1: the head is *seen
 * bytes long; 0: it goes on; -1: bad. http_request_line: a line without its
 * CRLF; 0 or -1. http_fields_parse: the lines of a whole head behind its first
 * one; 0 or -1.
 */
int http_head_scan(const char *buf, size_t len, size_t *seen, const char **why);
int http_request_line(const char *line, size_t len, struct http_head *out,
		      const char **why);
int http_fields_parse(const char *buf, size_t len, struct http_head *out,
		      const char **why);

#endif
