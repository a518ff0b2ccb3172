/* SPDX-License-Identifier: MIT */
/*
 * The conversation with pid 1 (wire.h): the listeners come in and are accepted
 * from, sockets made inside are asked for, and its end is the sandbox's end.
 */
#ifndef GATEWAY_CONTROL_H
#define GATEWAY_CONTROL_H

struct gateway;
struct control;

/* sock: descriptor 4, owned. When the sandbox has ended the event loop ends. */
struct control *control_new(struct gateway *g, int sock);
void control_free(struct control *c);

/* done gets a non-blocking TCP socket of the sandbox's network, its own from
 * then on, or -1 and an errno. Always called, in the order of the requests,
 * but for those that the sandbox's end leaves open. */
typedef void control_socket_done(void *ctx, int fd, int error);
void control_ask_socket(struct control *c, int family,
			control_socket_done *done, void *ctx);

#endif
