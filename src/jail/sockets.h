/* SPDX-License-Identifier: MIT */
/* The bound unix sockets of the host, which the payload must not find. */
#ifndef SBOX_JAIL_SOCKETS_H
#define SBOX_JAIL_SOCKETS_H

struct host;

/*
 * Every unix(7) socket of this network namespace that has a name in the file
 * system and takes connections or datagrams: its canonical path goes to
 * host->sockets (sorted, each once) or, where its name doesn't lead to it from
 * here, the name to host->lost_sockets. Never fails: if the kernel can't be
 * asked, that is one lost socket. host->fs must be there.
 */
void sockets_probe(struct host *host);

#endif
