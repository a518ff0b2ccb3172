/* SPDX-License-Identifier: MIT */
/*
 * sbox-service: TLS and secrets for net.services, apart from everything else.
 * sbox-gateway starts it (sbox-gateway/service.h) with
 *
 *	3  the policy: JSON in a sealed memfd
 *	4  the conversation: connections in, reasons out; its end is ours
 *
 * and an environment that holds what the secrets need. Files, variables and
 * commands are read first; then it gives up everything, and speaks through the
 * descriptors that it is handed.
 */
#include <errno.h>
#include <event2/event.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "sbox-gateway/jail.h"
#include "sbox-gateway/service.h"
#include "sbox-service/exchange.h"
#include "sbox-service/secret.h"
#include "sbox/cleanup.h"
#include "sbox/diag.h"
#include "sbox/egress.h"
#include "sbox/fd.h"
#include "sbox/json.h"
#include "sbox/log.h"
#include "sbox/strlist.h"

struct services {
	struct exchanges all;
	struct egress policy;
	struct service *v; /* policy.nservices of them */
};

/* Tell the gateway why there are no services. */
static _Noreturn void give_up(const struct diag *d)
{
	cleanup_free char *text =
		xasprintf("%s%s%s", d->text, d->hint[0] ? "; " : "", d->hint);
	size_t len = strlen(text);

	len = len < SERVICE_TEXT_MAX ? len : SERVICE_TEXT_MAX;
	(void)send(SERVICE_FD_CONTROL, text, len, MSG_NOSIGNAL);
	_exit(1);
}

static void read_policy(struct services *s)
{
	struct diag d = {0};
	struct json_doc doc;
	cleanup_free char *text = NULL;
	size_t len;

	if (lseek(SERVICE_FD_POLICY, 0, SEEK_SET) < 0 ||
	    !(text = fd_read_all(SERVICE_FD_POLICY, JSON_SIZE_MAX, &len))) {
		diag_set_errno(&d, errno, "policy");
		give_up(&d);
	}
	if (json_parse("policy", text, len, &doc, &d) < 0 ||
	    egress_parse(json_get(doc.root, "net"), &s->policy, &d) < 0)
		give_up(&d);
	json_free(&doc);
	(void)close(SERVICE_FD_POLICY);
}

/* Its headers, with their secrets, of which v->blank has the bare ones. */
static int read_secrets(const struct egress_service *s, struct service *v,
			struct diag *d)
{
	struct message_header *headers = xcalloc(s->nheaders, sizeof(*headers));
	const char **secrets = xcalloc(s->nheaders, sizeof(*secrets));

	for (size_t i = 0; i < s->nheaders; i++) {
		const struct egress_header *h = &s->headers[i];
		char *secret = secret_read(&h->secret, d);

		if (!secret)
			return diag_prefix(d, "%s", h->name);
		secrets[i] = secret;
		headers[i].name = h->name;
		headers[i].value =
			xasprintf("%s%s", h->prefix ? h->prefix : "", secret);
	}
	v->names.headers = headers;
	v->blank.secrets = secrets;
	v->names.nheaders = v->blank.n = s->nheaders;
	return 0;
}

static void set_up(struct services *s)
{
	struct diag d = {0};

	s->v = xcalloc(s->policy.nservices, sizeof(*s->v));
	for (size_t i = 0; i < s->policy.nservices; i++) {
		const struct egress_service *from = &s->policy.services[i];
		struct service *to = &s->v[i];

		to->names.host = from->host;
		to->names.port = from->origin_port;
		to->names.local = from->port;
		if (read_secrets(from, to, &d) ||
		    origin_init(&to->origin, from, &d)) {
			diag_prefix(&d, "%u", from->port);
			give_up(&d);
		}
	}
	for (char **e = environ; e && *e; e++)
		explicit_bzero(*e, strlen(*e));
	environ = NULL;
}

/* 1: a connection, or one that was refused (fds[0] is -1); 0: none now; -1: the
 * gateway is gone. */
static int receive(const struct exchanges *all, struct service_hand *hand,
		   int fds[2])
{
	struct iovec iov = {.iov_base = hand, .iov_len = sizeof(*hand)};
	union {
		struct cmsghdr align;
		char buf[CMSG_SPACE(2 * sizeof(int))];
	} control;
	struct msghdr h = {.msg_iov = &iov,
			   .msg_iovlen = 1,
			   .msg_control = control.buf,
			   .msg_controllen = sizeof(control.buf)};
	const struct cmsghdr *c;
	ssize_t n = recvmsg(SERVICE_FD_CONTROL, &h,
			    MSG_CMSG_CLOEXEC | MSG_DONTWAIT);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return 0;
	if (n != (ssize_t)sizeof(*hand))
		return -1;
	fds[0] = fds[1] = -1;
	c = CMSG_FIRSTHDR(&h);
	if (c && c->cmsg_type == SCM_RIGHTS)
		memcpy(fds, CMSG_DATA(c), c->cmsg_len - CMSG_LEN(0));
	/* no descriptor is free: it can't be served, others can */
	if ((h.msg_flags & MSG_CTRUNC) || fds[1] < 0) {
		exchange_refuse(all, hand->id);
		if (fds[0] >= 0)
			(void)close(fds[0]); /* refused */
		fds[0] = -1;
	}
	return 1;
}

static void on_hand(evutil_socket_t fd, short what, void *arg)
{
	struct services *s = arg;
	struct service_hand hand;
	int fds[2], n;

	(void)fd;
	(void)what;
	while ((n = receive(&s->all, &hand, fds)) > 0) {
		if (fds[0] < 0)
			continue;
		if (hand.index >= s->policy.nservices)
			fatalx("gateway: not what was agreed");
		exchange_start(&s->all, &s->v[hand.index], hand.id, fds[0],
			       fds[1]);
	}
	if (n < 0)
		(void)event_base_loopbreak(s->all.base);
}

/* Nothing of a message may be missing because there was no memory for it. */
static void *checked(void *p)
{
	if (!p)
		fatalx("out of memory");
	return p;
}

static void *get_memory(size_t size)
{
	return checked(malloc(size));
}

static void *grow_memory(void *p, size_t size)
{
	return checked(realloc(p, size));
}

int main(int argc, char **argv)
{
	static struct services s;
	static const int keep[] = {SERVICE_FD_POLICY, SERVICE_FD_CONTROL};
	struct event *ev;

	(void)argv;
	log_init("sbox-service", LOG_LEVEL_NORMAL);
	(void)jail_begin();
	for (size_t i = 0; i < ARRAY_SIZE(keep); i++)
		if (argc != 1 || fcntl(keep[i], F_SETFD, FD_CLOEXEC) < 0)
			fatalx("started by sbox-gateway, not by hand: see "
			       "sbox-gateway(8)");
	if (fd_close_all_but(keep, ARRAY_SIZE(keep)) < 0)
		fatal("descriptors");
	read_policy(&s);
	set_up(&s);
	event_set_mem_functions(get_memory, grow_memory, free);
	s.all.control = SERVICE_FD_CONTROL;
	s.all.base = event_base_new();
	if (!s.all.base)
		fatalx("event loop");
	ev = event_new(s.all.base, SERVICE_FD_CONTROL, EV_READ | EV_PERSIST,
		       on_hand, &s);
	if (event_add(ev, NULL) < 0)
		fatalx("event loop");
	jail_service();
	if (send(SERVICE_FD_CONTROL, SERVICE_READY, strlen(SERVICE_READY),
		 MSG_NOSIGNAL) < 0)
		return 1; /* the gateway is gone */
	(void)event_base_dispatch(s.all.base);
	return 0;
}
