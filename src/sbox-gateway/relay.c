/* SPDX-License-Identifier: MIT */
/*
 * Events are edge-triggered: a flag says that a side may have something (or
 * room), and only EAGAIN takes it away, so there is no system call to change
 * what is waited for. A direction:
 *
 *	chunk (checked, or read while checking)  send(2)
 *	pipe  (what was spliced in before)       splice(2)
 *	socket -> pipe -> socket                 until EAGAIN at either end
 *
 * The receiver's lack of room stops the reading: a pipe holds at most 256 KiB,
 * then the sender's window closes. Without a pipe to be had the direction
 * copies: the bytes are peeked at, sent, and as many as were taken are dropped.
 */
#include "sbox-gateway/relay.h"

#include <errno.h>
#include <event2/event.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "sbox-gateway/hello.h"
#include "sbox-gateway/httpflow.h"
#include "sbox-gateway/pipes.h"
#include "sbox-gateway/tlsflow.h"
#include "sbox/strlist.h"

#define CHUNK_FIRST 4096
#define COPY_MAX    65536

/* How a step of a direction ended. */
enum step {
	STEP_MOVED,
	STEP_WAITS,   /* EAGAIN: a flag was taken away */
	STEP_END,     /* nothing more comes */
	STEP_GONE,    /* an error on a socket */
	STEP_REFUSED, /* by the check */
};

void relay_ready(struct side *s, short what)
{
	if (what & (EV_READ | EV_CLOSED))
		s->is_readable = true;
	if (what & EV_WRITE)
		s->is_writable = true;
}

ptrdiff_t chunk_read(struct chunk **c, int fd, size_t max)
{
	struct chunk *p = *c;
	size_t room = p ? p->room : 0;
	ssize_t n;

	if (!p || (p->len == room && room < max)) {
		room = room ? 2 * room : CHUNK_FIRST;
		room = room < max ? room : max;
		p = realloc(p, sizeof(*p) + room);
		if (!p) {
			errno = ENOMEM;
			return -1;
		}
		if (!*c)
			*p = (struct chunk){.off = 0};
		p->room = room;
		*c = p;
	}
	if (p->len == room) {
		errno = ENOBUFS;
		return -1;
	}
	do
		n = recv(fd, p->data + p->len, room - p->len, MSG_DONTWAIT);
	while (n < 0 && errno == EINTR);
	if (n > 0)
		p->len += (size_t)n;
	return n;
}

static bool would_wait(int error)
{
	return error == EAGAIN || error == EWOULDBLOCK;
}

/* What a failed read or write of a side means. */
static enum step failed_step(bool *flag)
{
	if (!would_wait(errno))
		return STEP_GONE;
	*flag = false;
	return STEP_WAITS;
}

static ssize_t send_some(int fd, const void *buf, size_t len)
{
	ssize_t n;

	do
		n = send(fd, buf, len, MSG_DONTWAIT | MSG_NOSIGNAL);
	while (n < 0 && errno == EINTR);
	return n;
}

/* Of the chunk, what may leave. */
static enum step send_chunk(struct lane *l, struct side *to, uint64_t left)
{
	struct chunk *c = l->chunk;
	size_t len = c->ok - c->off;
	ssize_t n;

	if (!to->is_writable)
		return STEP_WAITS;
	n = send_some(to->fd, c->data + c->off,
		      len < left ? len : (size_t)left);
	if (n < 0)
		return failed_step(&to->is_writable);
	c->off += (size_t)n;
	l->bytes += (uint64_t)n;
	return STEP_MOVED;
}

/* Make room in front of what isn't sent yet; an empty chunk goes. */
static void chunk_tidy(struct lane *l)
{
	struct chunk *c = l->chunk;

	if (c->off == c->len) {
		free(c);
		l->chunk = NULL;
	} else if (c->off == c->ok && c->off > 0) {
		memmove(c->data, c->data + c->off, c->len - c->off);
		c->len -= c->off;
		c->off = c->ok = 0;
	}
}

size_t relay_chunk_max(const struct relay *r)
{
	return r->tls ? HELLO_MAX : HTTP_HEAD_MAX;
}

/* All of lane 0 may pass. */
static void stop_checking(struct relay *r)
{
	struct chunk *c = r->lane[0].chunk;

	if (c)
		c->ok = c->len;
	free(r->http);
	free(r->tls);
	r->http = NULL;
	r->tls = NULL;
	r->is_asking = false;
}

static int check_tls(struct relay *r)
{
	struct chunk *c = r->lane[0].chunk;
	ptrdiff_t n = tlsflow_take(r->tls, c->data + c->ok, c->len - c->ok);

	if (n < 0)
		return -1;
	c->ok += (size_t)n;
	r->is_asking = r->tls->state == TLSFLOW_ANSWER;
	if (r->tls->state == TLSFLOW_OPEN)
		stop_checking(r);
	return n > 0;
}

static int check_http(struct relay *r)
{
	struct chunk *c = r->lane[0].chunk;
	const char *buf = (const char *)c->data + c->ok;
	bool is_first = r->lane[0].bytes == 0 && c->ok == 0;
	struct http_head head;
	const char *why;
	ptrdiff_t n = httpflow_take(r->http, buf, c->len - c->ok);

	if (n < 0 || r->http->state == HTTPFLOW_BAD)
		return -1;
	c->ok += (size_t)n;
	if (r->http->state == HTTPFLOW_UPGRADE && n > 0) {
		/* only the answer to a first request can be told from others:
		 * later ones stay HTTP, whatever the server makes of them */
		if (is_first &&
		    http_head_parse(buf, (size_t)n, true, &head, &why) == 1 &&
		    head.len == (size_t)n)
			r->is_asking = true;
		else
			r->http->state = HTTPFLOW_HEAD;
	}
	return n > 0;
}

int relay_check(struct relay *r)
{
	return r->tls ? check_tls(r) : check_http(r);
}

static enum step check_chunk(struct relay *r)
{
	int passed = relay_check(r);

	if (passed < 0)
		return STEP_REFUSED;
	return passed ? STEP_MOVED : STEP_WAITS;
}

/* The checked direction: everything through the chunk. */
static enum step step_checked(struct relay *r)
{
	struct lane *l = &r->lane[0];
	struct side *from = &r->side[0];
	ptrdiff_t n;

	if (l->chunk && l->chunk->off < l->chunk->ok)
		return send_chunk(l, &r->side[1], r->left);
	if (l->chunk) {
		enum step s = STEP_WAITS;

		chunk_tidy(l);
		if (l->chunk && !r->is_asking)
			s = check_chunk(r);
		if (s != STEP_WAITS)
			return s;
	}
	if (l->at_end && l->chunk && r->is_asking)
		return STEP_WAITS; /* for the answer */
	if (l->at_end)
		return STEP_END; /* an unfinished head is nobody's business */
	if (!from->is_readable)
		return STEP_WAITS;
	n = chunk_read(&l->chunk, from->fd, relay_chunk_max(r));
	if (n > 0)
		return STEP_MOVED;
	if (n < 0 && errno == ENOBUFS && r->is_asking)
		return STEP_WAITS; /* until the answer is there */
	if (n < 0 && errno == ENOBUFS)
		return STEP_REFUSED; /* a head that is too long */
	if (n < 0)
		return failed_step(&from->is_readable);
	l->at_end = true;
	return STEP_MOVED;
}

/* Without a pipe: peek, send, drop what was sent. */
static enum step step_copy(struct lane *l, struct side *from, struct side *to,
			   size_t max)
{
	static uint8_t buf[COPY_MAX]; /* holds nothing between two calls */
	ssize_t n, sent;

	if (max > sizeof(buf))
		max = sizeof(buf);
	n = recv(from->fd, buf, max, MSG_DONTWAIT | MSG_PEEK);
	if (n < 0)
		return failed_step(&from->is_readable);
	if (n == 0)
		return STEP_END;
	sent = send_some(to->fd, buf, (size_t)n);
	if (sent < 0)
		return failed_step(&to->is_writable);
	/* read again: MSG_TRUNC drops nothing of sbox-service's unix socket */
	if (recv(from->fd, buf, (size_t)sent, MSG_DONTWAIT) != sent)
		return STEP_GONE;
	l->bytes += (uint64_t)sent;
	return STEP_MOVED;
}

static enum step drain_pipe(struct lane *l, struct side *to, uint64_t left)
{
	ssize_t n;

	if (!to->is_writable)
		return STEP_WAITS;
	n = splice(l->pipe->r, NULL, to->fd, NULL,
		   l->held < left ? l->held : (size_t)left,
		   SPLICE_F_MOVE | SPLICE_F_NONBLOCK);
	if (n < 0 && errno != EINTR)
		return failed_step(&to->is_writable);
	if (n == 0)
		return STEP_GONE; /* can't be: the pipe holds bytes */
	if (n > 0) {
		l->held -= (size_t)n;
		l->bytes += (uint64_t)n;
	}
	return STEP_MOVED;
}

/* max: of bytes to be read. */
static enum step step_splice(struct relay *r, struct lane *l, struct side *from,
			     struct side *to, size_t max)
{
	ssize_t n;

	if (l->held > 0)
		return drain_pipe(l, to, r->left);
	if (l->at_end)
		return STEP_END;
	if (!from->is_readable || !to->is_writable)
		return STEP_WAITS;
	if (!l->pipe)
		l->pipe = pipes_take(r->pipes);
	if (!l->pipe)
		return step_copy(l, from, to, max);
	n = splice(from->fd, NULL, l->pipe->w, NULL,
		   max < PIPES_SIZE ? max : PIPES_SIZE,
		   SPLICE_F_MOVE | SPLICE_F_NONBLOCK);
	if (n < 0 && errno == EINTR)
		return STEP_MOVED;
	if (n < 0)
		return failed_step(&from->is_readable);
	if (n == 0)
		return STEP_END;
	l->held = (size_t)n;
	return STEP_MOVED;
}

/* The peer sends nothing more: it has closed, or reset. */
static bool has_ended(int fd)
{
	struct tcp_info info = {.tcpi_state = 0};
	socklen_t len = sizeof(info);

	if (getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &len) < 0)
		return true;
	return info.tcpi_state != TCP_ESTABLISHED &&
	       info.tcpi_state != TCP_FIN_WAIT1 &&
	       info.tcpi_state != TCP_FIN_WAIT2;
}

/*
 * The answer to a request for another protocol: 101 ends the checking; any
 * other final one ends the asking, and what follows must be HTTP again.
 * Returns how many bytes may pass before the next look; 0: more are needed;
 * -1: there is no answer. is_all: nothing comes behind them.
 */
static ptrdiff_t answer_http(struct relay *r, const char *buf, size_t len,
			     bool is_all)
{
	struct http_head head;
	int done = len ? http_head_parse(buf, len, false, &head, &r->why) : -1;

	if (done < 0 || (done == 0 && (is_all || len == HTTP_HEAD_MAX)))
		return -1;
	if (done == 0)
		return 0;
	if (head.status == 101) {
		stop_checking(r);
	} else if (head.status < 100 || head.status >= 200) {
		r->is_asking = false;
		r->http->state = HTTPFLOW_HEAD;
	}
	return (ptrdiff_t)head.len;
}

/* The same for a ClientHello: an end is an answer, too. */
static ptrdiff_t answer_tls(struct relay *r, const char *buf, size_t len,
			    bool is_all)
{
	ptrdiff_t n = tlsflow_answer(r->tls, (const uint8_t *)buf, len);

	r->is_asking = r->tls->state == TLSFLOW_ANSWER && (n != 0 || !is_all);
	if (r->is_asking || n < 0)
		return n;
	if (r->tls->state != TLSFLOW_RETRY)
		stop_checking(r);
	return (ptrdiff_t)len;
}

/* Before anything of it passes. */
static enum step look_at_answer(struct relay *r)
{
	static char buf[HTTP_HEAD_MAX]; /* holds nothing between two calls */
	struct side *from = &r->side[1];
	bool is_all;
	ptrdiff_t n;

	if (!from->is_readable)
		return STEP_WAITS;
	/* its end can't be seen behind what is only looked at */
	is_all = has_ended(from->fd);
	n = recv(from->fd, buf, r->tls ? TLSFLOW_PEEK : sizeof(buf),
		 MSG_DONTWAIT | MSG_PEEK);
	if (n < 0)
		return failed_step(&from->is_readable);
	n = r->tls ? answer_tls(r, buf, (size_t)n, is_all)
		   : answer_http(r, buf, (size_t)n, is_all);
	if (n < 0) {
		r->why = r->tls ? "an answer to the TLS hello in crumbs"
				: "no answer to a request for another protocol";
		return STEP_GONE;
	}
	if (n == 0 && r->is_asking) {
		from->is_readable = false; /* the rest is an event */
		return STEP_WAITS;
	}
	r->credit = (uint64_t)n;
	return STEP_MOVED;
}

static enum step step_any(struct relay *r, int i)
{
	struct lane *l = &r->lane[i];
	struct side *from = &r->side[i], *to = &r->side[!i];
	size_t max = PIPES_SIZE < r->left ? PIPES_SIZE : (size_t)r->left;
	enum step s;

	if (i == 0 && (r->http || r->tls))
		return step_checked(r);
	if (l->chunk) {
		s = send_chunk(l, to, r->left);
		chunk_tidy(l);
		return s;
	}
	if (i == 1 && r->is_asking && l->held == 0) {
		if (r->credit == 0)
			return look_at_answer(r);
		if (r->credit < max)
			max = (size_t)r->credit;
	}
	return step_splice(r, l, from, to, max);
}

static enum step step_lane(struct relay *r, int i)
{
	uint64_t moved = r->lane[i].bytes;
	enum step s;

	if (r->left == 0)
		return STEP_WAITS; /* for its end: not a byte more */
	s = step_any(r, i);
	moved = r->lane[i].bytes - moved;
	r->left -= moved;
	if (i == 1)
		r->credit -= moved < r->credit ? moved : r->credit;
	return s;
}

/* Until it must wait, or it is others' turn. */
static enum step run_lane(struct relay *r, int i, bool *more)
{
	struct lane *l = &r->lane[i];
	struct side *to = &r->side[!i];
	enum step s = STEP_MOVED;

	if (l->is_shut)
		return STEP_END;
	/* reading and writing are steps of their own */
	for (int n = 0; n < 2 * RELAY_BATCH && s == STEP_MOVED; n++)
		s = step_lane(r, i);
	*more |= s == STEP_MOVED;
	if (l->pipe && l->held == 0) {
		pipes_give(r->pipes, l->pipe, true);
		l->pipe = NULL;
	}
	if (s == STEP_END) {
		l->at_end = l->is_shut = true;
		/* the second end closes both sides; ENOTCONN: it is gone
		 * already, its own direction will say */
		if (!r->lane[!i].is_shut)
			(void)shutdown(to->fd, SHUT_WR);
	}
	return s;
}

enum relay_result relay_pump(struct relay *r)
{
	bool more = false, was_asking = r->is_asking;
	enum step s[2];

	s[0] = run_lane(r, 0, &more);
	s[1] = s[0] == STEP_REFUSED ? s[0] : run_lane(r, 1, &more);
	if (s[0] == STEP_REFUSED || s[1] == STEP_REFUSED)
		return RELAY_REFUSED;
	if (s[0] == STEP_GONE || s[1] == STEP_GONE)
		return RELAY_RESET;
	if (r->lane[0].is_shut && r->lane[1].is_shut)
		return RELAY_OVER;
	/* lane 0 waited for lane 1's answer, not for an event */
	more |= was_asking && !r->is_asking;
	return more ? RELAY_MORE : RELAY_WAITS;
}

bool relay_has_part(const struct relay *r)
{
	const struct chunk *c = r->lane[0].chunk;
	bool is_part = r->http ? r->http->state == HTTPFLOW_HEAD
			       : r->tls && r->tls->state == TLSFLOW_RETRY;

	return is_part && c && c->off == c->ok && c->ok < c->len;
}

void relay_free(struct relay *r)
{
	for (int i = 0; i < 2; i++) {
		struct lane *l = &r->lane[i];

		if (l->pipe)
			pipes_give(r->pipes, l->pipe, l->held == 0);
		free(l->chunk);
		l->pipe = NULL;
		l->chunk = NULL;
	}
	stop_checking(r);
}
