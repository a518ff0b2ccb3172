/* SPDX-License-Identifier: MIT */
/*
 * First the record layer: handshake records only, one behind the other, whose
 * contents are put together until the message is whole (RFC 8446 5.1). Then
 * the message, which must be a ClientHello from its first to its last byte;
 * every vector must end where the one around it does. What is left open by
 * the RFCs, and could be read in two ways, is refused: an empty record, a
 * message that ends within a record, a second server_name, a name of another
 * type than host_name, more than one name.
 */
#include "sbox-gateway/hello.h"

#include <stdbool.h>
#include <string.h>

#define RECORD_HEADER  5
#define MESSAGE_HEADER 4
#define RECORD_MAX     16384 /* RFC 8446 5.1 */
#define RANDOM_SIZE    32
#define SESSION_MAX    32

enum { CONTENT_HANDSHAKE = 22, CLIENT_HELLO = 1 };
enum { EXTENSION_SERVER_NAME = 0, NAME_TYPE_HOST = 0 };

/* What is left of a vector. */
struct span {
	const uint8_t *p;
	size_t len;
};

/* The message so far, taken out of its records. */
struct message {
	uint8_t bytes[HELLO_MAX];
	size_t have, need; /* need: known from MESSAGE_HEADER bytes on */
	size_t used;	   /* of the connection's bytes */
};

static size_t get(const uint8_t *p, size_t n)
{
	size_t v = 0;

	while (n--)
		v = v << 8 | *p++;
	return v;
}

static bool take(struct span *from, size_t n, struct span *out)
{
	if (from->len < n)
		return false;
	*out = (struct span){from->p, n};
	from->p += n;
	from->len -= n;
	return true;
}

/* A number of n bytes. */
static bool take_number(struct span *from, size_t n, size_t *out)
{
	struct span bytes;

	if (!take(from, n, &bytes))
		return false;
	*out = get(bytes.p, n);
	return true;
}

/* What follows its own length of n bytes. */
static bool take_vector(struct span *from, size_t n, struct span *out)
{
	size_t len;

	return take_number(from, n, &len) && take(from, len, out);
}

/* One record's header, as much of it as is there: could it be one? */
static bool is_handshake(const uint8_t *p, size_t len)
{
	size_t size;

	if ((len > 0 && p[0] != CONTENT_HANDSHAKE) || (len > 1 && p[1] != 3) ||
	    (len > 2 && p[2] > 4))
		return false;
	if (len < RECORD_HEADER)
		return true;
	size = get(p + 3, 2);
	return size > 0 && size <= RECORD_MAX;
}

/* Bytes of a message. false: it isn't a ClientHello, or ends too early. */
static bool add(struct message *m, const uint8_t *p, size_t len)
{
	if (len > sizeof(m->bytes) - m->have)
		return false;
	memcpy(m->bytes + m->have, p, len);
	m->have += len;
	if (m->have > 0 && m->bytes[0] != CLIENT_HELLO)
		return false;
	if (m->have >= MESSAGE_HEADER)
		m->need = MESSAGE_HEADER + get(m->bytes + 1, 3);
	return m->have < MESSAGE_HEADER ||
	       (m->need <= sizeof(m->bytes) && m->have <= m->need);
}

/* HELLO_NAME: the message is whole. */
static enum hello_result collect(const uint8_t *buf, size_t len,
				 struct message *m)
{
	size_t pos = 0;

	m->have = m->need = 0;
	while (m->have < MESSAGE_HEADER || m->have < m->need) {
		const uint8_t *p = buf + pos;
		size_t left = len - pos, size, here;

		if (!is_handshake(p, left))
			return HELLO_NOT_TLS;
		if (left < RECORD_HEADER)
			break;
		size = get(p + 3, 2);
		here = left - RECORD_HEADER < size ? left - RECORD_HEADER
						   : size;
		if (!add(m, p + RECORD_HEADER, here))
			return HELLO_NOT_TLS;
		pos += RECORD_HEADER + size;
		/* what is still to come of it belongs to the message, too */
		if (pos > HELLO_MAX ||
		    (m->need && m->have + (size - here) > m->need))
			return HELLO_NOT_TLS;
		if (here < size)
			break;
	}
	m->used = pos;
	if (m->have >= MESSAGE_HEADER && m->have == m->need)
		return HELLO_NAME;
	return len >= HELLO_MAX ? HELLO_NOT_TLS : HELLO_MORE;
}

/* Up to the extensions; an empty *ext if there are none. */
static bool read_body(struct span body, struct span *ext)
{
	struct span skipped, session, suites, compression;
	size_t version;

	if (!take_number(&body, 2, &version) || version >> 8 != 3 ||
	    !take(&body, RANDOM_SIZE, &skipped) ||
	    !take_vector(&body, 1, &session) || session.len > SESSION_MAX ||
	    !take_vector(&body, 2, &suites) || suites.len < 2 ||
	    suites.len % 2 != 0 || !take_vector(&body, 1, &compression) ||
	    compression.len == 0)
		return false;
	*ext = body; /* before TLS 1.3 the message may end here */
	return body.len == 0 || (take_vector(&body, 2, ext) && body.len == 0);
}

/* The extension's value: a list of one host_name. */
static enum hello_result read_server_name(struct span value,
					  char name[HOSTNAME_MAX + 1])
{
	struct span list, host;
	size_t type;

	if (!take_vector(&value, 2, &list) || value.len > 0 ||
	    !take_number(&list, 1, &type))
		return HELLO_NOT_TLS;
	if (type != NAME_TYPE_HOST)
		return HELLO_NO_NAME;
	if (!take_vector(&list, 2, &host))
		return HELLO_NOT_TLS;
	if (list.len > 0 ||
	    hostname_normalise((const char *)host.p, host.len, name, NULL))
		return HELLO_NO_NAME;
	return HELLO_NAME;
}

static enum hello_result read_extensions(struct span ext,
					 char name[HOSTNAME_MAX + 1])
{
	enum hello_result result = HELLO_NO_NAME;
	char found[HOSTNAME_MAX + 1];
	bool has_name = false;

	while (ext.len > 0) {
		struct span value;
		size_t type;

		if (!take_number(&ext, 2, &type) ||
		    !take_vector(&ext, 2, &value))
			return HELLO_NOT_TLS;
		if (type != EXTENSION_SERVER_NAME)
			continue;
		if (has_name)
			return HELLO_NOT_TLS; /* RFC 8446 4.2: only once */
		has_name = true;
		result = read_server_name(value, found);
		if (result == HELLO_NOT_TLS)
			return result;
	}
	if (result == HELLO_NAME)
		memcpy(name, found, strlen(found) + 1);
	return result;
}

enum hello_result hello_parse(const uint8_t *buf, size_t len,
			      char name[HOSTNAME_MAX + 1], size_t *used)
{
	struct message m;
	struct span ext, body;
	enum hello_result result = collect(buf, len, &m);

	if (result != HELLO_NAME)
		return result;
	body = (struct span){m.bytes + MESSAGE_HEADER, m.need - MESSAGE_HEADER};
	if (!read_body(body, &ext))
		return HELLO_NOT_TLS;
	*used = m.used;
	return read_extensions(ext, name);
}
