/* SPDX-License-Identifier: MIT */
/*
 * Before a connection to port 443 or 80 of a name goes anywhere, its first
 * bytes must name the same host: the ClientHello's server name, or the first
 * request's Host (later ones are checked while relaying). The bytes are read
 * into a buffer of ours, at most HELLO_MAX or HTTP_HEAD_MAX, within
 * GATEWAY_HELLO_MS; what was looked at is what is sent later (relay.h).
 */
#include <errno.h>
#include <string.h>

#include "sbox-gateway/flow_internal.h"
#include "sbox-gateway/gateway.h"
#include "sbox-gateway/hello.h"
#include "sbox-gateway/httpflow.h"
#include "sbox/strlist.h"

/* 1: it may go on; 0: more bytes are needed; -1: it was refused and is gone. */
static int check_hello(struct flow *f)
{
	struct chunk *c = f->relay.lane[0].chunk;
	char name[HOSTNAME_MAX + 1];

	switch (hello_parse(c->data, c->len, name)) {
	case HELLO_MORE:
		return 0;
	case HELLO_NAME:
		if (strcmp(name, flow_host(f)) == 0) {
			c->ok = c->len;
			return 1;
		}
		flow_refuse(f, REFUSAL_NAME);
		return -1;
	case HELLO_NO_NAME:
		flow_refuse(f, REFUSAL_NAME);
		return -1;
	case HELLO_NOT_TLS:
		flow_refuse(f, REFUSAL_PROTOCOL);
		return -1;
	}
	return -1;
}

static int check_http(struct flow *f)
{
	int passed = relay_check(&f->relay);

	if (passed < 0)
		flow_refuse(f, REFUSAL_NAME);
	return passed;
}

void flow_check_step(struct flow *f)
{
	struct side *s = &f->relay.side[0];
	struct lane *l = &f->relay.lane[0];
	size_t max = f->is_hello ? HELLO_MAX : HTTP_HEAD_MAX;

	while (s->is_readable) {
		ptrdiff_t n = chunk_read(&l->chunk, s->fd, max);
		int passed;

		if (n < 0 && errno == EAGAIN) {
			s->is_readable = false;
			return;
		}
		if (n < 0 && errno == ENOBUFS) {
			flow_refuse(f, REFUSAL_PROTOCOL);
			return;
		}
		if (n <= 0) {
			flow_end(f, n < 0, "closed before anything was sent");
			return;
		}
		passed = f->is_hello ? check_hello(f) : check_http(f);
		if (passed > 0)
			flow_go(f);
		if (passed != 0)
			return;
	}
}

void flow_check(struct flow *f)
{
	f->state = FLOW_CHECK;
	f->is_hello = f->port == FLOW_PORT_TLS;
	if (!f->is_hello) {
		f->relay.http = xcalloc(1, sizeof(*f->relay.http));
		httpflow_init(f->relay.http, flow_host(f), f->port);
	}
	flow_arm(f, GATEWAY_HELLO_MS);
	if (!flow_watch(f, &f->relay.side[0]))
		flow_end(f, true, "out of memory");
}
