/* SPDX-License-Identifier: MIT */
/*
 * The server name in a TLS ClientHello (RFC 8446 4.1.2, RFC 6066 3), from the
 * first bytes of a connection, which may come in any pieces and records.
 * Nothing is decrypted. Two names, a name that isn't one, an old hello
 * (SSLv2) or none at all is a refusal. With ECH this is the outer name.
 */
#ifndef GATEWAY_HELLO_H
#define GATEWAY_HELLO_H

#include <stddef.h>
#include <stdint.h>

#include "sbox/hostpat.h"

#define HELLO_MAX 16384 /* bytes of a connection; a longer hello is refused */

enum hello_result {
	HELLO_MORE,    /* incomplete so far */
	HELLO_NAME,    /* name holds it, normalised */
	HELLO_NO_NAME, /* a ClientHello without one host name */
	HELLO_NOT_TLS, /* anything else, also a hello that is too long */
};

/*
 * buf: all that came since the connection began. What was said of it once
 * (but MORE) doesn't change with the bytes behind. name is only written with
 * HELLO_NAME, and used with that: of the len bytes, those of the message's
 * records.
 */
enum hello_result hello_parse(const uint8_t *buf, size_t len,
			      char name[HOSTNAME_MAX + 1], size_t *used);

#endif
