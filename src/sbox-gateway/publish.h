/* SPDX-License-Identifier: MIT */
/*
 * --publish: the host's loopback, and nothing else of the host, reaches a port
 * of the sandbox's loopback. Who connects outside is any local user; the
 * listeners are made before the jail, and the answer to "is the port free" is
 * known before the payload starts.
 */
#ifndef GATEWAY_PUBLISH_H
#define GATEWAY_PUBLISH_H

#include <stddef.h>

struct diag;
struct egress_ports;
struct gateway;
struct publish;

#define PUBLISH_BACKLOG 128
#define PUBLISH_PENDING_MAX                                                    \
	64 /* not connected inside yet; one more is reset                      \
	    */

/*
 * Listen on 127.0.0.1 and, where there is IPv6, ::1, for each of ports (out 0:
 * any port that is free on both). Returns NULL and d when one can't be had.
 */
struct publish *publish_listen(const struct egress_ports *ports,
			       struct diag *d);
/* Write "publish IN OUT" lines to fd. 0, or -1 with errno. */
int publish_report(const struct publish *p, int fd);
/* How many descriptors it has. */
size_t publish_count(const struct publish *p);
/* Accept from now on. */
void publish_start(struct publish *p, struct gateway *g);
void publish_free(struct publish *p);

#endif
