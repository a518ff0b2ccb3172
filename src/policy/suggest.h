/* SPDX-License-Identifier: MIT */
/* "Did you mean": the nearest of some known names. */
#ifndef POLICY_SUGGEST_H
#define POLICY_SUGGEST_H

#include <stddef.h>

struct suggest {
	const char *name; /* what was typed; borrowed */
	const char *best; /* the nearest offered so far, or NULL; borrowed */
	size_t len;	  /* of best */
	size_t distance;  /* of best */
};

/* Offer one known name (len bytes of it): kept if it is near and nearer than
 * the best. */
void suggest_offer(struct suggest *s, const char *known, size_t len);

#endif
