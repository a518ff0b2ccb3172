/* SPDX-License-Identifier: MIT */
/*
 * sbox-gateway: the only way out of one sandbox's network, outside of it,
 * unprivileged and jailed. sbox starts it (src/jail/gateway.c) with
 *
 *	3  its policy: JSON in a sealed memfd
 *	4  the conversation with pid 1 (wire.h); its end is ours
 *	5  lines for sbox, each one write(2): "publish IN OUT", "ready" or
 *	   "error TEXT"; at the end what was refused
 *
 *	sbox-gateway                 connections, DNS, log
 *	 |- sbox-gateway --resolver  getaddrinfo(3); not with SOCKS
 *	 `- sbox-service	     TLS and secrets; only with net.services
 *
 * Everything that needs rights is done before the jail, everything hostile is
 * read after it. From then on an error ends one connection, never the program.
 */
#include <errno.h>
#include <event2/event.h>
#include <fcntl.h>
#include <malloc.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sbox-gateway/control.h"
#include "sbox-gateway/decision.h"
#include "sbox-gateway/dnsserver.h"
#include "sbox-gateway/flow.h"
#include "sbox-gateway/gateway.h"
#include "sbox-gateway/jail.h"
#include "sbox-gateway/names.h"
#include "sbox-gateway/publish.h"
#include "sbox-gateway/refusal.h"
#include "sbox-gateway/resolve.h"
#include "sbox-gateway/resolver.h"
#include "sbox-gateway/service.h"
#include "sbox/cleanup.h"
#include "sbox/diag.h"
#include "sbox/escape.h"
#include "sbox/fd.h"
#include "sbox/json.h"
#include "sbox/log.h"
#include "sbox/strlist.h"

#define NEEDED_SEALS (F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW)
#define MAPPED_MIN   (16 << 10) /* bytes */
#define LOOK_EVERY   64		/* events between looks for one of priority */

/* Tell sbox why there is no gateway. */
static _Noreturn void give_up(const struct diag *d)
{
	cleanup_free char *text = escape_dup(d->text);
	cleanup_free char *line = xasprintf("error %s%s%s\n", text,
					    d->hint[0] ? "; " : "", d->hint);

	(void)fd_write_all(GATEWAY_FD_REPORT, line, strlen(line));
	_exit(1);
}

static _Noreturn void give_up_errno(const char *what)
{
	struct diag d = {0};

	diag_set_errno(&d, errno, "%s", what);
	give_up(&d);
}

/* --- the policy --------------------------------------------------------------
 */

struct start {
	struct json_doc doc;
	const char *sandbox, *log; /* borrowed; log "": none */
};

static const char *text_of(const cJSON *root, const char *key)
{
	const cJSON *v = json_get(root, key);

	return cJSON_IsString(v) ? v->valuestring : "";
}

static void read_policy(struct gateway *g, struct start *out)
{
	int seals = fcntl(GATEWAY_FD_POLICY, F_GET_SEALS);
	struct diag d = {0};
	cleanup_free char *text = NULL;
	size_t len;

	if (seals < 0 || (seals & NEEDED_SEALS) != NEEDED_SEALS) {
		diag_set(&d, "policy: not a sealed file");
		give_up(&d);
	}
	text = fd_read_all(GATEWAY_FD_POLICY, JSON_SIZE_MAX, &len);
	if (!text)
		give_up_errno("policy");
	if (json_parse("policy", text, len, &out->doc, &d) < 0)
		give_up(&d);
	if (egress_parse(json_get(out->doc.root, "net"), &g->policy, &d) < 0 ||
	    egress_listeners(&g->policy, &g->listeners, &d) < 0)
		give_up(&d);
	out->sandbox = text_of(out->doc.root, "sandbox");
	out->log = text_of(out->doc.root, "log");
}

/* --- what needs rights -------------------------------------------------------
 */

/* The one look-up that is made here: of the server that the user named, before
 * anything hostile can be read. */
static void find_socks(struct gateway *g)
{
	struct addrinfo hints = {.ai_socktype = SOCK_STREAM}, *list = NULL;
	struct in6_addr *a = &g->socks_addr;
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
	struct diag d = {0};
	int e = getaddrinfo(g->policy.socks_host, NULL, &hints, &list);

	if (e) {
		diag_set(&d, "via: %s: %s", g->policy.socks_host,
			 gai_strerror(e));
		give_up(&d);
	}
	if (list->ai_family == AF_INET6) {
		memcpy(&v6, list->ai_addr, sizeof(v6));
		*a = v6.sin6_addr;
	} else {
		memcpy(&v4, list->ai_addr, sizeof(v4));
		*a = (struct in6_addr){.s6_addr = {[10] = 0xff, 0xff}};
		memcpy(&a->s6_addr[12], &v4.sin_addr, 4);
	}
	freeaddrinfo(list);
	if (getrandom(g->socks_key, sizeof(g->socks_key), 0) !=
	    (ssize_t)sizeof(g->socks_key))
		give_up_errno("random bytes");
}

static struct event_base *new_loop(void)
{
	struct event_config *c = event_config_new();
	struct event_base *base;

	/* edge-triggered, told of a half-close: epoll, or nothing */
	if (!c ||
	    event_config_require_features(c, EV_FEATURE_ET | EV_FEATURE_O1 |
						     EV_FEATURE_EARLY_CLOSE) <
		    0 ||
	    event_config_set_flag(c, EVENT_BASE_FLAG_NOLOCK |
					     EVENT_BASE_FLAG_IGNORE_ENV) < 0 ||
	    event_config_set_max_dispatch_interval(c, NULL, LOOK_EVERY, 1) < 0)
		fatalx("event loop: settings");
	base = event_base_new_with_config(c);
	/* 0: the sandbox's end; 1: all else */
	if (!base || event_base_priority_init(base, 2) < 0)
		fatalx("event loop");
	event_config_free(c);
	return base;
}

/* How many flows fit into the descriptors that there are: two each, besides
 * what else has some (a visit that waits has two as well, and pipes are only
 * made while there is no idle one). sbox-gateway(8) has the sum. */
static void set_limits(struct gateway *g, size_t nfiles)
{
	size_t other = GATEWAY_FDS_OTHER + DIAL_MORE_MAX +
		       DNSSERVER_CLIENTS_MAX + 2 * PUBLISH_PENDING_MAX +
		       g->listeners.n + publish_count(g->publish);
	uint64_t asked = g->policy.limits.connections;
	size_t pairs;

	pipes_init(&g->pipes, nfiles / 16);
	other += 2 * g->pipes.max;
	pairs = nfiles > other ? (nfiles - other) / 2 : 0;
	if (asked == EGRESS_LIMIT_NONE)
		asked = GATEWAY_FLOWS_DEFAULT;
	g->lacks_files = pairs < asked;
	g->max_flows = g->lacks_files ? pairs : (size_t)asked;
	if (g->max_flows == 0) {
		struct diag d = {0};

		diag_set(&d, "%zu open files are too few", nfiles);
		diag_hint(&d, "ulimit -n 1024");
		give_up(&d);
	}
}

static void set_up(struct gateway *g, const struct start *s, size_t nfiles)
{
	struct diag d = {0};

	if (g->policy.nservices) {
		g->services = service_start(GATEWAY_FD_POLICY, &d);
		if (!g->services)
			give_up(&d);
	}
	(void)close(GATEWAY_FD_POLICY);
	g->publish = publish_listen(&g->policy.publish, &d);
	if (!g->publish)
		give_up(&d);
	set_limits(g, nfiles);
	if (s->log[0]) {
		g->log = decisions_open(s->log, s->sandbox);
		if (!g->log)
			give_up_errno(s->log);
	}
	g->names = names_new();
	g->refusals = refusals_new();
	if (!g->names)
		give_up_errno("names");
	g->base = new_loop();
	g->dialer.base = g->base;
	if (g->policy.via == EGRESS_SOCKS)
		find_socks(g);
	else
		g->resolve = resolve_new(g->base, resolver_start());
	g->control = control_new(g, GATEWAY_FD_CONTROL);
	publish_start(g->publish, g);
	if (g->services)
		service_listen(g->services, g);
}

/* --- the end -----------------------------------------------------------------
 */

static void finish(struct gateway *g)
{
	flow_end_all(g);
	decisions_free(g->log);
	refusals_print(g->refusals, GATEWAY_FD_REPORT);
	(void)close(GATEWAY_FD_REPORT);
}

int main(int argc, char **argv)
{
	static const int keep[] = {GATEWAY_FD_POLICY, GATEWAY_FD_CONTROL,
				   GATEWAY_FD_REPORT};
	static struct gateway g;
	struct start s = {.log = ""};
	size_t nfiles;

	log_init("sbox-gateway", LOG_LEVEL_NORMAL);
	nfiles = jail_begin();
	if (argc == 2 && strcmp(argv[1], "--resolver") == 0)
		resolver_main();
	if (argc != 1)
		fatalx("started by sbox, not by hand: see sbox-gateway(8)");
	for (size_t i = 0; i < ARRAY_SIZE(keep); i++)
		if (fcntl(keep[i], F_SETFD, FD_CLOEXEC) < 0)
			fatalx("started by sbox, not by hand: see "
			       "sbox-gateway(8)");
	if (fd_close_all_but(keep, ARRAY_SIZE(keep)) < 0)
		fatal("descriptors");
	/* long heads (relay.h) go back to the system when they are over */
	(void)mallopt(M_MMAP_THRESHOLD, MAPPED_MIN);
	read_policy(&g, &s);
	set_up(&g, &s, nfiles);
	jail_gateway(g.log ? decisions_dir(g.log) : -1);
	if (publish_report(g.publish, GATEWAY_FD_REPORT) < 0 ||
	    fd_write_all(GATEWAY_FD_REPORT, "ready\n", 6) < 0)
		return 1; /* sbox is gone */
	if (event_base_dispatch(g.base) < 0)
		log_err("event loop: %s", strerrordesc_np(errno));
	finish(&g);
	return 0;
}
