/* SPDX-License-Identifier: MIT */
/*
 * A TLS connection to example.org: the client's bytes, behind a length, then
 * the server's, in pieces. Until the check is over, each ClientHello among the
 * records that passed names the host; there are as many as were asked for; and
 * in which pieces the bytes came changes nothing.
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "sbox-gateway/hello.h"
#include "sbox-gateway/tlsflow.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define HOST "example.org"

static const uint8_t retry_random[] = {
	0xcf, 0x21, 0xad, 0x74, 0xe5, 0x9a, 0x61, 0x11, 0xbe, 0x1d, 0x8c,
	0x02, 0x1e, 0x65, 0xb8, 0x91, 0xc2, 0xa2, 0x11, 0x16, 0x7a, 0xbb,
	0x8c, 0x5e, 0x07, 0x9e, 0x09, 0xe2, 0xc8, 0xa8, 0x33, 0x9c,
};

struct bytes {
	const uint8_t *p;
	size_t len;
};

struct course {
	struct tlsflow flow;
	size_t sent, answered; /* bytes that passed before the check ended */
	bool is_refused, is_lost;
};

static void require(int holds)
{
	if (!holds)
		abort();
}

static size_t least(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* Give the client's bytes in pieces, as long as some of them pass. */
static void run_client(struct course *c, struct bytes b, size_t step)
{
	size_t have = c->sent;

	while (c->flow.state != TLSFLOW_ANSWER &&
	       c->flow.state != TLSFLOW_OPEN && have < b.len) {
		ptrdiff_t n;

		have = least(have + step, b.len);
		n = tlsflow_take(&c->flow, b.p + c->sent, have - c->sent);
		if (n < 0) {
			c->is_refused = true;
			return;
		}
		require((size_t)n <= have - c->sent);
		c->sent += (size_t)n;
	}
}

static void run_server(struct course *c, struct bytes b, size_t step)
{
	size_t have = c->answered;

	while (c->flow.state == TLSFLOW_ANSWER && c->answered < b.len) {
		ptrdiff_t n;

		have = least(have + step, b.len);
		n = tlsflow_answer(&c->flow, b.p + c->answered,
				   least(have - c->answered, TLSFLOW_PEEK));
		if (n < 0) {
			c->is_lost = true;
			return;
		}
		if ((size_t)n > b.len - c->answered)
			return; /* the rest of a record is to come */
		if (n == 0 && have == b.len)
			return;
		c->answered += (size_t)n;
		have = have > c->answered ? have : c->answered;
	}
}

static struct course run(struct bytes client, struct bytes server, size_t step)
{
	struct course c = {.sent = 0};

	tlsflow_init(&c.flow, HOST);
	run_client(&c, client, step);
	if (!c.is_refused)
		run_server(&c, server, step);
	if (!c.is_refused && !c.is_lost)
		run_client(&c, client, step);
	return c;
}

/* Nothing but records that aren't handshake, and hellos that name the host. */
static unsigned count_hellos(struct bytes b)
{
	unsigned count = 0;

	while (b.len > 0) {
		char name[HOSTNAME_MAX + 1];
		size_t used;

		if (b.p[0] == 22) {
			require(hello_parse(b.p, b.len, name, &used) ==
				HELLO_NAME);
			require(strcmp(name, HOST) == 0);
			count++;
		} else {
			if (b.len < 5)
				break;
			used = 5 + ((size_t)b.p[3] << 8 | b.p[4]);
		}
		if (used > b.len)
			break;
		b.p += used;
		b.len -= used;
	}
	return count;
}

/* Is there a HelloRetryRequest anywhere, whatever is around it? */
static bool holds_retry(struct bytes b)
{
	for (size_t i = 0; i + sizeof(retry_random) <= b.len; i++)
		if (memcmp(b.p + i, retry_random, sizeof(retry_random)) == 0)
			return true;
	return false;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const size_t steps[] = {SIZE_MAX / 2, 1, 7, 100};
	struct course whole;
	struct bytes client, server;
	unsigned hellos;

	if (size < 2)
		return 0;
	client = (struct bytes){
		data + 2, least((size_t)data[0] << 8 | data[1], size - 2)};
	server = (struct bytes){client.p + client.len, size - 2 - client.len};
	whole = run(client, server, steps[0]);
	hellos = count_hellos((struct bytes){client.p, whole.sent});
	switch (whole.flow.state) {
	case TLSFLOW_HELLO:
		require(hellos == 0 && whole.sent == 0);
		break;
	case TLSFLOW_ANSWER:
		require(hellos == 1);
		break;
	case TLSFLOW_RETRY:
		require(hellos == 1 && holds_retry(server));
		break;
	case TLSFLOW_OPEN:
		require(hellos == 2 ? holds_retry(server) : hellos == 1);
		break;
	}
	for (size_t i = 1; i < sizeof(steps) / sizeof(steps[0]); i++) {
		struct course c = run(client, server, steps[i]);

		require(c.flow.state == whole.flow.state);
		require(c.is_refused == whole.is_refused &&
			c.is_lost == whole.is_lost);
		require(c.sent == whole.sent || whole.is_refused);
	}
	return 0;
}
