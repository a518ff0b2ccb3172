/* SPDX-License-Identifier: MIT */
/*
 * A stack of empty pipes: the one used last is the one whose memory is warm.
 * A pipe with bytes in it never gets into the stack (they would reach another
 * connection), it is closed.
 */
#include "sbox-gateway/pipes.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "sbox/strlist.h"

void pipes_init(struct pipes *p, size_t max)
{
	*p = (struct pipes){.max = max < PIPES_MAX ? max : PIPES_MAX};
}

static void discard(struct pipes *p, struct pipe *pipe)
{
	p->nlarge -= pipe->is_large;
	(void)close(pipe->r);
	(void)close(pipe->w);
	free(pipe);
}

void pipes_free(struct pipes *p)
{
	while (p->idle) {
		struct pipe *next = p->idle->next;

		discard(p, p->idle);
		p->idle = next;
	}
	p->nidle = 0;
}

struct pipe *pipes_take(struct pipes *p)
{
	struct pipe *pipe = p->idle;
	int fd[2];

	if (p->ntaken == p->max)
		return NULL;
	if (pipe) {
		p->idle = pipe->next;
		p->nidle--;
	} else {
		if (pipe2(fd, O_CLOEXEC | O_NONBLOCK) < 0)
			return NULL;
		pipe = xcalloc(1, sizeof(*pipe));
		pipe->r = fd[0];
		pipe->w = fd[1];
		pipe->is_large = p->nlarge < PIPES_LARGE &&
				 fcntl(fd[0], F_SETPIPE_SZ, PIPES_SIZE) > 0;
		p->nlarge += pipe->is_large;
	}
	pipe->next = NULL;
	p->ntaken++;
	return pipe;
}

void pipes_give(struct pipes *p, struct pipe *pipe, bool is_empty)
{
	p->ntaken--;
	if (!is_empty || p->nidle == PIPES_KEEP) {
		discard(p, pipe);
		return;
	}
	pipe->next = p->idle;
	p->idle = pipe;
	p->nidle++;
}
