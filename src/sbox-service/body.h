/* SPDX-License-Identifier: MIT */
/*
 * The body of an HTTP/1.1 message (RFC 9112 6 and 7), taken out of its
 * framing. Chunk extensions and trailers are dropped, as 7.1.1 and RFC 9110
 * 6.5.2 let a recipient do. Lines that two parsers could read in different ways
 * are refused.
 */
#ifndef SERVICE_BODY_H
#define SERVICE_BODY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum body_kind {
	BODY_LENGTH, /* of `left` bytes; 0: there is none */
	BODY_CHUNKED,
	BODY_CLOSE, /* until the connection ends */
};

#define BODY_LINE_MAX	  4096	/* a chunk's, or a trailer */
#define BODY_TRAILERS_MAX 65536 /* all of them */

struct body {
	enum body_kind kind;
	bool done;	 /* nothing of it is missing */
	uint64_t left;	 /* of the length, or of the chunk */
	unsigned step;	 /* body.c's own */
	size_t trailers; /* the same */
};

/* length counts for BODY_LENGTH only. */
void body_init(struct body *b, enum body_kind kind, uint64_t length);
/*
 * Look at len > 0 bytes of a body that isn't done. Returns how many were taken,
 * *data_len (perhaps 0) of them at *data are content; 0: more bytes are needed;
 * -1: bad, *why is static text.
 */
ssize_t body_take(struct body *b, const char *buf, size_t len,
		  const char **data, size_t *data_len, const char **why);

#endif
