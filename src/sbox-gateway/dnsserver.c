/* SPDX-License-Identifier: MIT */
/*
 * A datagram is answered at once, or not at all. A TCP client has one buffer
 * for one query; its answers are sent as they are made (at most a few hundred
 * bytes: a client that doesn't even take those is cut off), and the next query
 * is only looked at then, so that nothing piles up.
 */
#include "sbox-gateway/dnsserver.h"

#include <errno.h>
#include <event2/event.h>
#include <event2/event_struct.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "sbox-gateway/decision.h"
#include "sbox-gateway/dns.h"
#include "sbox-gateway/flow.h"
#include "sbox-gateway/gateway.h"
#include "sbox-gateway/names.h"
#include "sbox-gateway/refusal.h"
#include "sbox/strlist.h"

struct client {
	struct gateway *g;
	struct event ev;
	int fd;
	size_t len;
	uint8_t buf[2 + DNS_QUERY_MAX];
};

/* An answer's line: for what is refused only; what is allowed is logged when it
 * is connected to. */
static void refuse(struct gateway *g, const char *name,
		   const struct egress_rule *rule, enum refusal why)
{
	unsigned n = refusals_count(g->refusals, name, 0, why, NULL);
	struct decision d = {
		.name = name,
		.rule = rule ? rule->text : NULL,
		.count = n > 1 ? n : 0,
	};

	if (!refusal_is_logged(n))
		return;
	d.verdict = "refused";
	d.reason = refusal_text(why);
	if (why == REFUSAL_UNLISTED || why == REFUSAL_DENIED) {
		d.verdict = why == REFUSAL_DENIED ? "denied" : "unlisted";
		d.reason = NULL;
	}
	decisions_write(g->log, &d);
}

static enum dns_known look_up(void *ctx, const char *name, uint32_t *address)
{
	struct gateway *g = ctx;
	struct egress_decision d = egress_name(&g->policy, name);

	if (d.verdict != EGRESS_ALLOWED) {
		refuse(g, name, d.rule,
		       d.verdict == EGRESS_DENIED ? REFUSAL_DENIED
						  : REFUSAL_UNLISTED);
		return DNS_NAME_REFUSED;
	}
	*address = names_address(g->names, name);
	if (*address)
		return DNS_NAME_ADDRESS;
	refuse(g, name, d.rule, REFUSAL_ADDRESSES);
	return DNS_NAME_FULL;
}

void dnsserver_datagrams(struct gateway *g, int fd)
{
	uint8_t query[DNS_QUERY_MAX], answer[DNS_MESSAGE_MAX];
	struct sockaddr_storage from;
	socklen_t from_len;
	ssize_t n;
	size_t len;

	for (int i = 0; i < DNSSERVER_BATCH; i++) {
		from_len = sizeof(from);
		/* MSG_TRUNC: the real length, so that a longer one is known */
		n = recvfrom(fd, query, sizeof(query), MSG_DONTWAIT | MSG_TRUNC,
			     (struct sockaddr *)&from, &from_len);
		if (n < 0)
			return;
		if ((size_t)n > sizeof(query))
			continue;
		len = dns_answer(query, (size_t)n, look_up, g, answer);
		if (len)
			/* a full buffer is the asker's to ask again */
			(void)sendto(fd, answer, len,
				     MSG_DONTWAIT | MSG_NOSIGNAL,
				     (struct sockaddr *)&from, from_len);
	}
}

static void client_close(struct client *c)
{
	c->g->ndns--;
	(void)event_del(&c->ev);
	(void)close(c->fd);
	free(c);
}

/* Answer the queries that are complete. False: it is to be closed. */
static bool answer_all(struct client *c)
{
	uint8_t out[2 + DNS_MESSAGE_MAX];

	for (;;) {
		size_t want, len;

		if (c->len < 2)
			return true;
		want = (size_t)c->buf[0] << 8 | c->buf[1];
		if (want > DNS_QUERY_MAX)
			return false;
		if (c->len < 2 + want)
			return true;
		len = dns_answer(c->buf + 2, want, look_up, c->g, out + 2);
		if (!len)
			return false;
		out[0] = (uint8_t)(len >> 8);
		out[1] = (uint8_t)len;
		if (send(c->fd, out, 2 + len, MSG_DONTWAIT | MSG_NOSIGNAL) !=
		    (ssize_t)(2 + len))
			return false;
		c->len -= 2 + want;
		memmove(c->buf, c->buf + 2 + want, c->len);
	}
}

static void on_client(evutil_socket_t fd, short what, void *arg)
{
	struct client *c = arg;
	ssize_t n;

	if (what & EV_TIMEOUT) {
		client_close(c);
		return;
	}
	n = recv(fd, c->buf + c->len, sizeof(c->buf) - c->len, MSG_DONTWAIT);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n > 0) {
		c->len += (size_t)n;
		if (answer_all(c))
			return;
	}
	client_close(c);
}

void dnsserver_accept(struct gateway *g, int fd)
{
	static const struct timeval idle = {.tv_sec = DNSSERVER_IDLE_MS / 1000};
	struct client *c;

	if (g->ndns == DNSSERVER_CLIENTS_MAX) {
		flow_reset_fd(fd);
		return;
	}
	c = xcalloc(1, sizeof(*c));
	c->g = g;
	c->fd = fd;
	g->ndns++;
	if (event_assign(&c->ev, g->base, fd, EV_READ | EV_PERSIST, on_client,
			 c) < 0 ||
	    event_add(&c->ev, &idle) < 0)
		client_close(c);
}
