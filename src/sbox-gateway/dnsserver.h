/* SPDX-License-Identifier: MIT */
/*
 * The name server inside: pid 1's UDP and TCP sockets on 198.18.0.1:53, dns.h
 * for the bytes, the policy and the address table for the answers. Nothing is
 * asked outside.
 */
#ifndef GATEWAY_DNSSERVER_H
#define GATEWAY_DNSSERVER_H

#include <stddef.h>

struct gateway;

#define DNSSERVER_BATCH	      32    /* datagrams, before others' turn */
#define DNSSERVER_CLIENTS_MAX 32    /* over TCP; one more is reset */
#define DNSSERVER_IDLE_MS     10000 /* of a TCP client (RFC 7766 6.2.3) */

/* There is something to be read from the UDP socket. */
void dnsserver_datagrams(struct gateway *g, int fd);
/* A TCP connection; owns fd. */
void dnsserver_accept(struct gateway *g, int fd);

#endif
