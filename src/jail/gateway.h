/* SPDX-License-Identifier: MIT */
/* The process outside that is the sandbox's only way out (sbox-gateway(8)). */
#ifndef SBOX_JAIL_GATEWAY_H
#define SBOX_JAIL_GATEWAY_H

#include <stdbool.h>
#include <sys/types.h>

#include "sbox/strlist.h"

struct plan;

struct gateway {
	pid_t pid;  /* -1: the plan needs none */
	int sock;   /* pid 1's end of the conversation (wire.h), or -1 */
	int report; /* what the gateway has to say, or -1 */
	int said;   /* its standard error, or -1 */
	struct strlist env; /* "SBOX_PUBLISH_3000=41234": for the payload */
	bool ready;	    /* and gateway.c's own: */
	char *error;	    /* why it could not start */
	struct strlist notes;
};

/*
 * Start sbox-gateway with the plan's policy in a sealed memfd, if it has one.
 * Returns without waiting for it, except when a port is published: then the
 * port must be ours before anything runs. Fatal on failure. To be called
 * before clone3, with the signals blocked (the gateway gets a clean mask).
 */
void gateway_start(const struct plan *p, struct gateway *out);

/*
 * After the sandbox has ended: wait a moment for the summary, print it, and
 * leave no gateway behind. Never fails.
 */
void gateway_finish(struct gateway *g);

#endif
