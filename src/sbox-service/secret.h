/* SPDX-License-Identifier: MIT */
/*
 * A secret of net.services, read once, before the jail: from a file, a
 * variable or a command's output. What ends up in a header must stay in it.
 */
#ifndef SERVICE_SECRET_H
#define SERVICE_SECRET_H

struct diag;
struct egress_secret;

#define SECRET_MAX	  8192 /* bytes */
#define SECRET_COMMAND_MS 60000

/* The value without the newline at its end, malloc'd; or NULL and d, which
 * never holds any of it. */
char *secret_read(const struct egress_secret *s, struct diag *d);

#endif
