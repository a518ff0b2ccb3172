/* SPDX-License-Identifier: MIT */
/*
 * One client's connection and the one to the origin that belongs to it: its
 * requests are passed on one after the other, each when the answer to the one
 * before is complete.
 */
#ifndef SERVICE_EXCHANGE_H
#define SERVICE_EXCHANGE_H

#include <stdint.h>

#include "sbox-service/blank.h"
#include "sbox-service/message.h"
#include "sbox-service/origin.h"

struct event_base;

#define EXCHANGES_MAX	   1024	 /* at once */
#define EXCHANGE_TLS_S	   30	 /* for the handshake */
#define EXCHANGE_CLOSE_MS  60000 /* for a slow reader's last bytes */
#define EXCHANGE_HEAD_MS   60000 /* for a request's head, also the next one */
#define EXCHANGE_LINGER_MS 2000	 /* for a client that is still sending */
#define EXCHANGE_OUT_MAX   65536 /* bytes waiting for a slow reader */

/* One of net.services, ready for connections. */
struct service {
	struct origin origin;
	struct message_origin names;
	struct blank blank;
};

/* All of them. */
struct exchanges {
	struct event_base *base;
	int control; /* the conversation, for service_said */
	size_t open;
};

/* Owns both descriptors, which are non-blocking. What it gives up is said as
 * the id's. */
void exchange_start(struct exchanges *all, const struct service *s, uint32_t id,
		    int client, int origin);
/* One that can't be served: its id is told that there are too many. */
void exchange_refuse(const struct exchanges *all, uint32_t id);

#endif
