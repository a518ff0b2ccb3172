/* SPDX-License-Identifier: MIT */
/* The passive half of struct host: look-up. */
#include "sbox/host.h"

#include <string.h>

const char *host_getenv(const struct host *h, const char *name)
{
	size_t len = strlen(name);

	for (char *const *e = h->env; e && *e; e++) {
		if (strncmp(*e, name, len) == 0 && (*e)[len] == '=')
			return *e + len + 1;
	}
	return NULL;
}
