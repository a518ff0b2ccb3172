/* SPDX-License-Identifier: MIT */
/*
 * Why the server's answer, and not the client's records, decides: a client can
 * send its second ClientHello together with the first, and what stands between
 * them (a change of ciphers, early data) is for the server to skip or not.
 * No server of today takes a third one (RFC 8446 4.1.4: one HelloRetryRequest),
 * or one in clear behind its ServerHello.
 */
#include "sbox-gateway/tlsflow.h"

#include <assert.h>
#include <string.h>

#include "sbox-gateway/hello.h"

#define RECORD_HEADER  5
#define MESSAGE_HEADER 4
#define RANDOM_AT      (RECORD_HEADER + MESSAGE_HEADER + 2)

enum { CHANGE_CIPHER_SPEC = 20, ALERT, HANDSHAKE, APPLICATION_DATA };
enum { SERVER_HELLO = 2 };

/* A ServerHello with this random is a HelloRetryRequest (RFC 8446 4.1.3). */
static const uint8_t retry_random[] = {
	0xcf, 0x21, 0xad, 0x74, 0xe5, 0x9a, 0x61, 0x11, 0xbe, 0x1d, 0x8c,
	0x02, 0x1e, 0x65, 0xb8, 0x91, 0xc2, 0xa2, 0x11, 0x16, 0x7a, 0xbb,
	0x8c, 0x5e, 0x07, 0x9e, 0x09, 0xe2, 0xc8, 0xa8, 0x33, 0x9c,
};
static_assert(RANDOM_AT + sizeof(retry_random) == TLSFLOW_PEEK,
	      "what is peeked at ends with the random");

void tlsflow_init(struct tlsflow *f, const char *host)
{
	size_t len = strnlen(host, HOSTNAME_MAX);

	*f = (struct tlsflow){.state = TLSFLOW_HELLO};
	memcpy(f->host, host, len);
	f->host[len] = '\0';
}

static size_t record_size(const uint8_t *p)
{
	return (size_t)p[3] << 8 | p[4];
}

static ptrdiff_t take_hello(struct tlsflow *f, const uint8_t *buf, size_t len)
{
	char name[HOSTNAME_MAX + 1];
	size_t used;
	enum hello_result got = hello_parse(buf, len, name, &used);

	if (got == HELLO_MORE)
		return 0;
	f->is_hello = got != HELLO_NOT_TLS;
	if (got != HELLO_NAME || strcmp(name, f->host) != 0)
		return -1;
	f->state = f->state == TLSFLOW_HELLO ? TLSFLOW_ANSWER : TLSFLOW_OPEN;
	return (ptrdiff_t)used;
}

/* What a server that has asked for a second ClientHello skips before it, or
 * gives up at; as much of it as there is. */
static ptrdiff_t take_skipped(struct tlsflow *f, const uint8_t *buf, size_t len)
{
	size_t n;

	if (f->left == 0) {
		if (len < RECORD_HEADER)
			return 0;
		f->left = RECORD_HEADER + record_size(buf);
	}
	n = len < f->left ? len : f->left;
	f->left -= n;
	return (ptrdiff_t)n;
}

static ptrdiff_t take_some(struct tlsflow *f, const uint8_t *buf, size_t len)
{
	switch (f->state) {
	case TLSFLOW_HELLO:
		return take_hello(f, buf, len);
	case TLSFLOW_RETRY:
		if (f->left > 0 || buf[0] == CHANGE_CIPHER_SPEC ||
		    buf[0] == ALERT || buf[0] == APPLICATION_DATA)
			return take_skipped(f, buf, len);
		return take_hello(f, buf, len);
	case TLSFLOW_ANSWER:
	case TLSFLOW_OPEN:
		return 0;
	}
	return -1;
}

ptrdiff_t tlsflow_take(struct tlsflow *f, const uint8_t *buf, size_t len)
{
	size_t done = 0;

	while (done < len) {
		ptrdiff_t n = take_some(f, buf + done, len - done);

		if (n < 0)
			return -1;
		if (n == 0)
			break;
		done += (size_t)n;
	}
	return (ptrdiff_t)done;
}

ptrdiff_t tlsflow_answer(struct tlsflow *f, const uint8_t *buf, size_t len)
{
	if (len == 0)
		return 0;
	if (buf[0] != CHANGE_CIPHER_SPEC && buf[0] != ALERT &&
	    buf[0] != HANDSHAKE) {
		f->state = TLSFLOW_OPEN; /* no TLS, so no handshake */
		return 0;
	}
	if (len < RECORD_HEADER)
		return 0;
	if (buf[0] != HANDSHAKE) /* a warning comes before a ServerHello */
		return (ptrdiff_t)(RECORD_HEADER + record_size(buf));
	if (record_size(buf) < TLSFLOW_PEEK - RECORD_HEADER)
		return -1; /* RFC 8449 4: no record need be that short */
	if (len < TLSFLOW_PEEK)
		return 0;
	f->state = buf[RECORD_HEADER] == SERVER_HELLO &&
				   memcmp(buf + RANDOM_AT, retry_random,
					  sizeof(retry_random)) == 0
			   ? TLSFLOW_RETRY
			   : TLSFLOW_OPEN;
	return 0;
}
