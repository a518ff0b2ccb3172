/* SPDX-License-Identifier: MIT */
/* The sandbox's own network namespace, made ready by pid 1. */
#ifndef SBOX_JAIL_NET_H
#define SBOX_JAIL_NET_H

#include <stdbool.h>

struct plan;

/* Nothing is paced over lo, which has no bottleneck (bbr does so, where it is
 * the host's default). Only speed is lost if that fails. proc: mount_proc(),
 * not attached yet, since later nobody writes to it. */
void net_unpace(int proc);

/*
 * Bring lo up and make the plan's routes local on it. Needs CAP_NET_ADMIN.
 * Fatal on failure.
 */
void net_up(const struct plan *p);

/*
 * Make every listener of the plan and send it to the gateway; none stays here,
 * so that they are gone when the gateway is. Needs CAP_NET_BIND_SERVICE. Fatal
 * on failure.
 */
void net_listen(const struct plan *p, int gateway);

/* Has any connection or datagram of this network namespace found nobody? Those
 * to its own loopback aren't counted where something is published: they can be
 * the gateway's, which tries 127.0.0.1 first. */
bool net_was_refused(const struct plan *p);

#endif
