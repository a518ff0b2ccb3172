/* SPDX-License-Identifier: MIT */
/* The passive half of struct host: look-up and release. */
#include "sbox/host.h"

#include <stdlib.h>
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

void host_free(struct host *h)
{
	free(h->user);
	free(h->home);
	free(h->passwd_home);
	free(h->shell);
	free(h->cwd);
	free(h->config_dir);
	free(h->state_dir);
	free(h->cache_dir);
	free(h->runtime_dir);
	free(h->data_dir);
	free(h->self);
	free(h->hostname);
	strlist_free(&h->sockets);
	strlist_free(&h->lost_sockets);
	*h = (struct host){.env = NULL};
}
