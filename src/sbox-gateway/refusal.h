/* SPDX-License-Identifier: MIT */
/*
 * What was refused, or was allowed and failed, counted per name, port and
 * reason, for the log's rate (the first of a kind is a line, then the 10th, the
 * 100th ...) and for the summary at the end, which names the option that would
 * have allowed it.
 */
#ifndef GATEWAY_REFUSAL_H
#define GATEWAY_REFUSAL_H

#include <stdbool.h>
#include <stdint.h>

enum refusal {
	REFUSAL_UNLISTED,    /* no rule allows it */
	REFUSAL_DENIED,	     /* a rule denies it */
	REFUSAL_PROTOCOL,    /* not the TLS or HTTP that the port is for */
	REFUSAL_NAME,	     /* the hello or a Host names another one */
	REFUSAL_PRIVATE,     /* resolves to special or near addresses only */
	REFUSAL_FORGED,	     /* an address that stands for no name */
	REFUSAL_ADDRESSES,   /* the table of names is full */
	REFUSAL_CONNECTIONS, /* too many at once */
	REFUSAL_FILES,	     /* too many for the descriptors that there are */
	REFUSAL_BYTES,	     /* the run's bytes are used up */
	REFUSAL_LOOKUPS,     /* too many at once */
	REFUSAL_RESOLVER,    /* it has died */
	REFUSAL_NEWNAMES,    /* too many new ones of a pattern */
	REFUSAL_NONE,	     /* it was allowed, and failed outside */
	REFUSAL__COUNT
};

#define REFUSALS_MAX	    1024 /* kinds; what is beyond is one number */
#define REFUSALS_IN_SUMMARY 20

struct refusals;

struct refusals *refusals_new(void);
void refusals_free(struct refusals *r);

/* Count one; detail: what failed (REFUSAL_NONE), else NULL. Returns how many of
 * its kind there are now; all beyond the bound are one kind. */
unsigned refusals_count(struct refusals *r, const char *name, uint16_t port,
			enum refusal why, const char *detail);
/* Is the count-th of a kind worth a line in the log? */
bool refusal_is_logged(unsigned count);
/* "not allowed", "another name in the TLS hello": for the log. */
const char *refusal_text(enum refusal why);

/* Write the summary to fd, a line for each kind, most frequent first. */
void refusals_print(const struct refusals *r, int fd);

#endif
