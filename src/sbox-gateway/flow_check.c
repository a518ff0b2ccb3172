/* SPDX-License-Identifier: MIT */
/*
 * Before a connection to port 443 or 80 of a name goes anywhere, its first
 * bytes must name the same host: the ClientHello's server name, or the first
 * request's Host (what comes later is checked while relaying). The bytes are
 * read into a buffer of ours, at most HELLO_MAX or HTTP_HEAD_MAX, within
 * GATEWAY_HELLO_MS; what was looked at is what is sent later (relay.h).
 */
#include <errno.h>

#include "sbox-gateway/flow_internal.h"
#include "sbox-gateway/gateway.h"
#include "sbox-gateway/httpflow.h"
#include "sbox-gateway/tlsflow.h"
#include "sbox/strlist.h"

enum refusal flow_check_why(const struct flow *f)
{
	const struct tlsflow *tls = f->relay.tls;

	return tls && !tls->is_hello ? REFUSAL_PROTOCOL : REFUSAL_NAME;
}

/* 1: it may go on; 0: more bytes are needed; -1: it was refused and is gone. */
static int check_first(struct flow *f)
{
	int passed = relay_check(&f->relay);

	if (passed < 0)
		flow_refuse(f, flow_check_why(f));
	return passed;
}

void flow_check_step(struct flow *f)
{
	struct side *s = &f->relay.side[0];
	struct lane *l = &f->relay.lane[0];

	while (s->is_readable) {
		ptrdiff_t n = chunk_read(&l->chunk, s->fd,
					 relay_chunk_max(&f->relay));
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
		passed = check_first(f);
		if (passed > 0)
			flow_go(f);
		if (passed != 0)
			return;
	}
}

void flow_check(struct flow *f)
{
	f->state = FLOW_CHECK;
	if (f->port == FLOW_PORT_TLS) {
		f->relay.tls = xcalloc(1, sizeof(*f->relay.tls));
		tlsflow_init(f->relay.tls, flow_host(f));
	} else {
		f->relay.http = xcalloc(1, sizeof(*f->relay.http));
		httpflow_init(f->relay.http, flow_host(f), f->port);
	}
	flow_arm(f, GATEWAY_HELLO_MS);
	if (!flow_watch(f, &f->relay.side[0]))
		flow_end(f, true, "out of memory");
}
