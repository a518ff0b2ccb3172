/* SPDX-License-Identifier: MIT */
/*
 * SOCKS5, three rounds: the method, the password, the request. No method is
 * taken that wasn't offered: Tor without a password would put every destination
 * on one circuit, so there it is the only one. Each answer is read to its last
 * byte and not beyond; what follows belongs to the destination.
 */
#include "sbox-gateway/socks.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include "sbox-gateway/hmac.h"
#include "sbox/cleanup.h"

#define VERSION	     5
#define AUTH_VERSION 1 /* of the password's round (RFC 1929) */

enum method { METHOD_NONE = 0, METHOD_PASSWORD = 2 };
enum { COMMAND_CONNECT = 1 };
enum address_type { TYPE_IPV4 = 1, TYPE_NAME = 3, TYPE_IPV6 = 4 };

/* Proposal 351: no isolation but by what stands in the password. */
static const char user[] = "<torS0X>0";

static void set_password(struct socks *s, const uint8_t key[SOCKS_KEY_SIZE])
{
	char text[HOSTNAME_MAX + sizeof(":65535")];
	char address[INET6_ADDRSTRLEN];
	uint8_t mac[HMAC_SIZE];

	if (!inet_ntop(AF_INET6, &s->addr, address, sizeof(address)))
		address[0] = '\0'; /* can't be: it has room for any */
	/* fits: a name of HOSTNAME_MAX and a port */
	(void)snprintf(text, sizeof(text), "%s:%u",
		       s->host[0] ? s->host : address, s->port);
	hmac_sha256(key, SOCKS_KEY_SIZE, text, strlen(text), mac);
	for (size_t i = 0; i < (sizeof(s->password) - 1) / 2; i++)
		(void)snprintf(s->password + 2 * i, 3, "%02x", mac[i]);
}

void socks_init(struct socks *s, const uint8_t key[SOCKS_KEY_SIZE],
		const char *host, const struct in6_addr *addr, uint16_t port)
{
	size_t len = strnlen(host, HOSTNAME_MAX);

	*s = (struct socks){.step = SOCKS_GREETING, .port = port};
	memcpy(s->host, host, len);
	s->host[len] = '\0';
	if (len == 0)
		s->addr = *addr;
	set_password(s, key);
}

static size_t put_counted(uint8_t *out, const char *text, size_t len)
{
	out[0] = (uint8_t)len; /* at most HOSTNAME_MAX */
	memcpy(out + 1, text, len);
	return 1 + len;
}

static size_t put_address(const struct socks *s, uint8_t *out)
{
	if (s->host[0]) {
		out[0] = TYPE_NAME;
		return 1 + put_counted(out + 1, s->host, strlen(s->host));
	}
	if (IN6_IS_ADDR_V4MAPPED(&s->addr)) {
		out[0] = TYPE_IPV4;
		memcpy(out + 1, s->addr.s6_addr + 12, 4);
		return 1 + 4;
	}
	out[0] = TYPE_IPV6;
	memcpy(out + 1, s->addr.s6_addr, 16);
	return 1 + 16;
}

static bool may_take(const struct socks *s, uint8_t method)
{
	bool has_password = s->password[0] != '\0';

	return (method == METHOD_PASSWORD && has_password) ||
	       (method == METHOD_NONE && (s->or_none || !has_password));
}

size_t socks_send(const struct socks *s, uint8_t out[SOCKS_SEND_MAX])
{
	size_t n = 0;

	switch (s->step) {
	case SOCKS_GREETING:
		out[n++] = VERSION;
		out[n++] = (uint8_t)(may_take(s, METHOD_PASSWORD) +
				     may_take(s, METHOD_NONE));
		if (may_take(s, METHOD_PASSWORD))
			out[n++] = METHOD_PASSWORD;
		if (may_take(s, METHOD_NONE))
			out[n++] = METHOD_NONE;
		return n;
	case SOCKS_AUTH:
		out[n++] = AUTH_VERSION;
		n += put_counted(out + n, user, sizeof(user) - 1);
		n += put_counted(out + n, s->password, strlen(s->password));
		return n;
	case SOCKS_REQUEST:
		out[n++] = VERSION;
		out[n++] = COMMAND_CONNECT;
		out[n++] = 0;
		n += put_address(s, out + n);
		out[n++] = (uint8_t)(s->port >> 8);
		out[n++] = (uint8_t)s->port;
		return n;
	case SOCKS_DONE:
		break;
	}
	return 0;
}

static int take_method(struct socks *s, const uint8_t *buf, size_t len)
{
	if (len >= 1 && buf[0] != VERSION)
		return -1;
	if (len < 2)
		return 0;
	if (!may_take(s, buf[1]))
		return -1;
	s->step = buf[1] == METHOD_PASSWORD ? SOCKS_AUTH : SOCKS_REQUEST;
	return 2;
}

static int take_auth(struct socks *s, const uint8_t *buf, size_t len)
{
	if (len >= 1 && buf[0] != AUTH_VERSION)
		return -1;
	if (len < 2)
		return 0;
	if (buf[1] != 0)
		return -1;
	s->step = SOCKS_REQUEST;
	return 2;
}

/* Which address the server bound says nothing to us, but how long it is. */
static int take_reply(struct socks *s, const uint8_t *buf, size_t len)
{
	size_t need = 4 + 2;

	if (len >= 1 && buf[0] != VERSION)
		return -1;
	if (len >= 2 && buf[1] != 0) {
		s->reply = buf[1];
		return -1;
	}
	if (len >= 3 && buf[2] != 0)
		return -1;
	if (len < 5)
		return 0;
	switch (buf[3]) {
	case TYPE_IPV4:
		need += 4;
		break;
	case TYPE_NAME:
		need += 1u + buf[4];
		break;
	case TYPE_IPV6:
		need += 16;
		break;
	default: /* a byte of theirs, no enum of ours */
		return -1;
	}
	if (len < need)
		return 0;
	s->step = SOCKS_DONE;
	return (int)need;
}

int socks_take(struct socks *s, const uint8_t *buf, size_t len)
{
	switch (s->step) {
	case SOCKS_GREETING:
		return take_method(s, buf, len);
	case SOCKS_AUTH:
		return take_auth(s, buf, len);
	case SOCKS_REQUEST:
		return take_reply(s, buf, len);
	case SOCKS_DONE:
		break;
	}
	return -1;
}

/* clang-format off */
static const struct {
	uint8_t reply;
	const char *text;
} replies[] = {
	{ 0x00, "SOCKS: no method, no password accepted, or not SOCKS5" },
	{ 0x01, "SOCKS: general failure" },
	{ 0x02, "SOCKS: not allowed by the server's rules" },
	{ 0x03, "SOCKS: network unreachable" },
	{ 0x04, "SOCKS: host unreachable" },
	{ 0x05, "SOCKS: connection refused" },
	{ 0x06, "SOCKS: time to live expired" },
	{ 0x07, "SOCKS: command not supported" },
	{ 0x08, "SOCKS: address type not supported" },
	/* tor(1), ExtendedErrors */
	{ 0xf0, "Tor: the onion service isn't known" },
	{ 0xf1, "Tor: the onion service's descriptor is invalid" },
	{ 0xf2, "Tor: the onion service can't be introduced to" },
	{ 0xf3, "Tor: no rendezvous with the onion service" },
	{ 0xf4, "Tor: the onion service wants client authorization" },
	{ 0xf5, "Tor: the onion service refused the client authorization" },
	{ 0xf6, "Tor: not an onion service's address" },
	{ 0xf7, "Tor: the introduction to the onion service timed out" },
};
/* clang-format on */

const char *socks_reply_text(uint8_t reply)
{
	for (size_t i = 0; i < ARRAY_SIZE(replies); i++)
		if (replies[i].reply == reply)
			return replies[i].text;
	return "SOCKS: an unknown reply";
}
