/* SPDX-License-Identifier: MIT */
/*
 * Two bufferevents and what is between them. An input that holds as much as a
 * head may have isn't read from until the other side's output has taken some of
 * it, so a slow reader stops the sender and memory is bounded. pump() moves
 * what can be moved, whatever woke us.
 *
 * The request goes to the origin's output at once, and libevent's TLS sends it
 * when the handshake has succeeded, which verifies the certificate (origin.h).
 *
 * Whoever breaks the framing ends the connection: with an answer of ours (4xx,
 * 502) while none of the origin's has been passed on, otherwise with a reset,
 * so that what is cut off never looks whole.
 */
#include "sbox-service/exchange.h"

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/bufferevent_ssl.h>
#include <event2/event.h>
#include <event2/event_struct.h>
#include <openssl/err.h>
#include <openssl/sslerr.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "sbox-gateway/httphead.h"
#include "sbox/log.h"
#include "sbox/strlist.h"

enum phase {
	PHASE_IDLE,    /* waits for a request's head */
	PHASE_BUSY,    /* a request, or its answer, isn't complete */
	PHASE_CLOSING, /* the last bytes for the client are being written */
	PHASE_LINGER,  /* what it still sends is thrown away */
};

enum step { STEP_MOVED, STEP_WAITS, STEP_GONE };

struct exchange {
	struct exchanges *all;
	const struct service *s;
	uint32_t id;
	struct bufferevent *client, *origin; /* the latter: NULL when closing */
	struct event timer;
	enum phase phase;
	size_t seen; /* of a head that isn't whole */
	struct body request, answer;
	bool has_answer; /* its final head has been passed on */
	bool is_head, closes;
	bool client_ended, origin_ended,
		origin_cut;    /* cut: without TLS's end */
	const char *failure;   /* there is no origin: static text */
	struct evbuffer *kept; /* of an answer: the end so far */
};

static void close_origin(struct exchange *x)
{
	if (!x->origin)
		return;
	/* close_notify, best effort: the connection ends anyway */
	(void)SSL_shutdown(bufferevent_openssl_get_ssl(x->origin));
	ERR_clear_error();
	bufferevent_free(x->origin);
	x->origin = NULL;
}

static enum step end(struct exchange *x, bool reset)
{
	static const struct linger now = {.l_onoff = 1, .l_linger = 0};

	if (reset) /* else it is closed the other way, which is no less closed
		    */
		(void)setsockopt(bufferevent_getfd(x->client), SOL_SOCKET,
				 SO_LINGER, &now, sizeof(now));
	close_origin(x);
	bufferevent_free(x->client);
	evbuffer_free(x->kept);
	(void)event_del(&x->timer);
	x->all->open--;
	free(x);
	return STEP_GONE;
}

static void arm(struct exchange *x, long ms)
{
	const struct timeval tv = {.tv_sec = ms / 1000,
				   .tv_usec = ms % 1000 * 1000};

	if (event_add(&x->timer, &tv) < 0)
		fatalx("timer: out of memory");
}

/* Why it was given up, for the log. */
static void say(const struct exchanges *all, uint32_t id,
		enum service_reason why)
{
	const struct service_said said = {id, why};

	/* a full queue loses a line's reason, not the line */
	(void)send(all->control, &said, sizeof(said),
		   MSG_NOSIGNAL | MSG_DONTWAIT);
}

/* What is in the client's output is the last that it gets. */
static enum step finish(struct exchange *x)
{
	struct evbuffer *in = bufferevent_get_input(x->client);

	(void)evbuffer_drain(in, evbuffer_get_length(in));
	close_origin(x);
	if (evbuffer_get_length(bufferevent_get_output(x->client)) > 0) {
		if (x->phase != PHASE_CLOSING)
			arm(x, EXCHANGE_CLOSE_MS);
		x->phase = PHASE_CLOSING;
		return STEP_WAITS;
	}
	if (x->client_ended)
		return end(x, false);
	/* closed with unread bytes it would be reset, and lose our last ones */
	x->phase = PHASE_LINGER;
	(void)shutdown(bufferevent_getfd(x->client), SHUT_WR);
	arm(x, EXCHANGE_LINGER_MS);
	return STEP_WAITS;
}

static enum step reply(struct exchange *x, unsigned status, const char *text)
{
	static const char who[] = "sbox: net.services: ";

	evbuffer_add_printf(
		bufferevent_get_output(x->client),
		"HTTP/1.1 %03u \r\ncontent-type: text/plain\r\n"
		"content-length: %zu\r\nconnection: close\r\n\r\n%s%s\n",
		status, sizeof(who) + strlen(text), who, text);
	return finish(x);
}

static bool is_full(struct bufferevent *b)
{
	return evbuffer_get_length(bufferevent_get_output(b)) >=
	       EXCHANGE_OUT_MAX;
}

static void put_content(struct bufferevent *to, bool chunked, const void *data,
			size_t len)
{
	struct evbuffer *out = bufferevent_get_output(to);

	if (len == 0)
		return;
	if (chunked)
		evbuffer_add_printf(out, "%zx\r\n", len);
	(void)evbuffer_add(out, data, len);
	if (chunked)
		(void)evbuffer_add(out, "\r\n", 2);
}

static void put_end(struct bufferevent *to)
{
	(void)evbuffer_add(bufferevent_get_output(to), "0\r\n\r\n", 5);
}

/* As body_take, of what an input holds: its first piece, or all of it. The
 * caller drains it. */
static ssize_t take(struct body *b, struct evbuffer *in, const char **data,
		    size_t *len, const char **why)
{
	size_t all = evbuffer_get_length(in);
	size_t first = evbuffer_get_contiguous_space(in);
	const void *buf = evbuffer_pullup(in, (ssize_t)first);
	ssize_t n = body_take(b, buf, first, data, len, why);

	if (n != 0 || first == all)
		return n;
	buf = evbuffer_pullup(in, -1);
	return body_take(b, buf, all, data, len, why);
}

/* --- the request -------------------------------------------------------------
 */

static enum step refuse(struct exchange *x, unsigned status, const char *why)
{
	say(x->all, x->id, SERVICE_REQUEST);
	return reply(x, status, why);
}

static enum step request_head(struct exchange *x)
{
	struct evbuffer *in = bufferevent_get_input(x->client);
	size_t len = evbuffer_get_length(in);
	const char *buf = (const char *)evbuffer_pullup(in, -1), *why;
	struct http_head h;
	unsigned status = len < HTTP_HEAD_MAX ? 400 : 431;
	int found = len ? http_head_scan(buf, len, &x->seen, &why) : 0;

	if (found == 0)
		return x->client_ended ? finish(x) : STEP_WAITS;
	if (found < 0 || http_head_parse(buf, x->seen, true, &h, &why) < 0)
		return refuse(x, status, why);
	why = message_request_check(&h, &x->request, &status);
	if (why)
		return refuse(x, status, why);
	if (x->failure)
		return reply(x, 502, x->failure);
	message_request_write(&h, &x->s->names, &x->request,
			      bufferevent_get_output(x->origin));
	x->is_head = http_is(h.method, h.method_len, "HEAD");
	x->closes = h.wants_close;
	x->has_answer = false;
	x->seen = 0;
	x->phase = PHASE_BUSY;
	(void)event_del(&x->timer);
	(void)evbuffer_drain(in, h.len);
	return STEP_MOVED;
}

static enum step request_body(struct exchange *x)
{
	struct evbuffer *in = bufferevent_get_input(x->client);
	const char *data, *why;
	size_t len;
	ssize_t n = 0;

	if (evbuffer_get_length(in) > 0)
		n = take(&x->request, in, &data, &len, &why);
	if (n < 0 && !x->has_answer)
		return refuse(x, 400, why);
	if (n < 0 || (n == 0 && x->client_ended))
		return end(x, true); /* the origin must not take it for whole */
	if (n == 0)
		return STEP_WAITS;
	put_content(x->origin, x->request.kind == BODY_CHUNKED, data, len);
	if (x->request.done && x->request.kind == BODY_CHUNKED)
		put_end(x->origin);
	(void)evbuffer_drain(in, (size_t)n);
	return STEP_MOVED;
}

static enum step request_step(struct exchange *x)
{
	struct evbuffer *in = bufferevent_get_input(x->client);

	switch (x->phase) {
	case PHASE_IDLE:
		return request_head(x);
	case PHASE_BUSY:
		if (x->request.done || is_full(x->origin))
			return STEP_WAITS;
		return request_body(x);
	case PHASE_CLOSING:
	case PHASE_LINGER:
		(void)evbuffer_drain(in, evbuffer_get_length(in));
		break;
	}
	return STEP_WAITS;
}

/* --- the answer --------------------------------------------------------------
 */

static enum step bad_answer(struct exchange *x, const char *why)
{
	say(x->all, x->id, SERVICE_ANSWER);
	return x->has_answer ? end(x, true) : reply(x, 502, why);
}

static enum step answer_done(struct exchange *x)
{
	size_t len = evbuffer_get_length(x->kept);
	char *buf = (char *)evbuffer_pullup(x->kept, -1);

	if (len > 0)
		(void)blank_out(&x->s->blank, buf, len, true);
	put_content(x->client, x->answer.kind != BODY_LENGTH, buf, len);
	(void)evbuffer_drain(x->kept, len);
	if (x->answer.kind != BODY_LENGTH)
		put_end(x->client);
	if (x->closes || !x->request.done ||
	    evbuffer_get_length(bufferevent_get_input(x->origin)) > 0)
		return finish(x); /* what is there is nobody's answer */
	x->phase = PHASE_IDLE;
	arm(x, EXCHANGE_HEAD_MS);
	return STEP_MOVED;
}

static enum step answer_head(struct exchange *x)
{
	struct evbuffer *in = bufferevent_get_input(x->origin);
	size_t len = evbuffer_get_length(in);
	char *buf = (char *)evbuffer_pullup(in, -1);
	const char *why;
	struct http_head h;
	int found = http_head_scan(buf, len, &x->seen, &why);

	if (found == 0)
		return x->origin_ended ? bad_answer(x, "the answer was cut off")
				       : STEP_WAITS;
	if (found > 0)
		(void)blank_out(&x->s->blank, buf, x->seen, true);
	if (found < 0 || http_head_parse(buf, x->seen, false, &h, &why) < 0 ||
	    (why = message_answer_check(&h, x->is_head, &x->answer)))
		return bad_answer(x, why);
	x->has_answer = h.status >= 200;
	if (x->has_answer)
		x->closes |= h.wants_close || !x->request.done ||
			     x->answer.kind == BODY_CLOSE;
	message_answer_write(&h, &x->s->names, &x->answer,
			     x->has_answer && x->closes,
			     bufferevent_get_output(x->client));
	x->seen = 0;
	(void)evbuffer_drain(in, h.len);
	if (x->has_answer && x->answer.done)
		return answer_done(x);
	return STEP_MOVED;
}

/* Content on its way to the client, without secrets. */
static void pass(struct exchange *x, const char *data, size_t len)
{
	size_t all, kept;
	char *buf;

	(void)evbuffer_add(x->kept, data, len);
	all = evbuffer_get_length(x->kept);
	buf = (char *)evbuffer_pullup(x->kept, -1);
	kept = blank_out(&x->s->blank, buf, all, false);
	put_content(x->client, x->answer.kind != BODY_LENGTH, buf, all - kept);
	(void)evbuffer_drain(x->kept, all - kept);
}

static enum step answer_body(struct exchange *x)
{
	struct evbuffer *in = bufferevent_get_input(x->origin);
	const char *data, *why;
	size_t len;
	ssize_t n = take(&x->answer, in, &data, &len, &why);

	if (n < 0)
		return bad_answer(x, why);
	if (n == 0)
		return x->origin_ended ? end(x, true) : STEP_WAITS;
	if (len > 0)
		pass(x, data, len);
	(void)evbuffer_drain(in, (size_t)n);
	return x->answer.done ? answer_done(x) : STEP_MOVED;
}

/* Nothing more comes from the origin. */
static enum step answer_end(struct exchange *x)
{
	if (x->phase == PHASE_IDLE)
		return x->failure ? STEP_WAITS : finish(x);
	if (!x->has_answer)
		return reply(x, 502,
			     x->failure ? x->failure
					: "the origin gave no answer");
	if (x->answer.kind == BODY_CLOSE && !x->origin_cut)
		return answer_done(x);
	return end(x, true);
}

static enum step answer_step(struct exchange *x)
{
	if (!x->origin)
		return STEP_WAITS;
	if (evbuffer_get_length(bufferevent_get_input(x->origin)) == 0)
		return x->origin_ended ? answer_end(x) : STEP_WAITS;
	if (x->phase == PHASE_IDLE)
		return finish(x); /* nobody asked: 408, say */
	if (is_full(x->client))
		return STEP_WAITS;
	return x->has_answer ? answer_body(x) : answer_head(x);
}

/* --- events ------------------------------------------------------------------
 */

/*
 * Not by a high watermark: at it libevent (2.1) calls on_bytes() without end,
 * and leaves the rest of a record within OpenSSL, where no event tells of it.
 */
static void set_reading(struct bufferevent *b, bool ended)
{
	size_t len = evbuffer_get_length(bufferevent_get_input(b));

	if (len >= HTTP_HEAD_MAX)
		(void)bufferevent_disable(b, EV_READ);
	else if (!ended && bufferevent_enable(b, EV_READ) < 0)
		fatalx("events");
}

static void pump(struct exchange *x)
{
	enum step request, answer;

	do {
		request = request_step(x);
		if (request == STEP_GONE)
			return;
		answer = answer_step(x);
		if (answer == STEP_GONE)
			return;
	} while (request == STEP_MOVED || answer == STEP_MOVED);
	set_reading(x->client, x->client_ended);
	if (x->origin)
		set_reading(x->origin, x->origin_ended);
}

static void on_bytes(struct bufferevent *b, void *arg)
{
	(void)b;
	pump(arg);
}

static void on_sent(struct bufferevent *b, void *arg)
{
	struct exchange *x = arg;

	if (x->phase != PHASE_CLOSING)
		pump(x);
	else if (b == x->client)
		(void)finish(x);
}

static void on_client(struct bufferevent *b, short what, void *arg)
{
	struct exchange *x = arg;

	(void)b;
	if (what & BEV_EVENT_ERROR || x->phase == PHASE_LINGER) {
		(void)end(x, false);
		return;
	}
	x->client_ended = true;
	if (x->phase == PHASE_CLOSING)
		(void)finish(x);
	else
		pump(x);
}

/* A handshake that failed: by more than an end before its first word? */
static bool was_reached(struct bufferevent *b, const SSL *ssl)
{
	unsigned long error;

	/* libevent's own codes are among them */
	while ((error = bufferevent_get_openssl_error(b)))
		if (ERR_GET_LIB(error) == ERR_LIB_SSL &&
		    ERR_GET_REASON(error) != SSL_R_UNEXPECTED_EOF_WHILE_READING)
			return true;
	return SSL_get_verify_result(ssl) != X509_V_OK;
}

static void on_origin(struct bufferevent *b, short what, void *arg)
{
	struct exchange *x = arg;
	SSL *ssl = bufferevent_openssl_get_ssl(b);

	if (what & BEV_EVENT_CONNECTED) {
		bufferevent_set_timeouts(b, NULL, NULL);
		return;
	}
	x->origin_ended = true;
	x->origin_cut = !(what & BEV_EVENT_EOF);
	if (!SSL_is_init_finished(ssl)) {
		/* if not, the gateway knows why, and says so */
		x->failure = "the origin can't be reached";
		if (what & BEV_EVENT_TIMEOUT || was_reached(b, ssl))
			say(x->all, x->id, origin_why(ssl, &x->failure));
	}
	ERR_clear_error();
	pump(x);
}

static void on_timer(evutil_socket_t fd, short what, void *arg)
{
	struct exchange *x = arg;

	(void)fd;
	(void)what;
	if (x->phase == PHASE_IDLE && x->seen > 0)
		(void)refuse(x, 408, "no whole request in time");
	else if (x->phase == PHASE_IDLE)
		(void)finish(x);
	else
		(void)end(x, false);
}

void exchange_refuse(const struct exchanges *all, uint32_t id)
{
	say(all, id, SERVICE_FULL);
}

void exchange_start(struct exchanges *all, const struct service *s, uint32_t id,
		    int client, int origin)
{
	static const struct timeval handshake = {.tv_sec = EXCHANGE_TLS_S};
	struct event_base *base = all->base;
	struct exchange *x;
	SSL *ssl;

	if (all->open == EXCHANGES_MAX) {
		exchange_refuse(all, id);
		(void)close(client); /* both are refused */
		(void)close(origin);
		return;
	}
	all->open++;
	x = xcalloc(1, sizeof(*x));
	ssl = origin_client(&s->origin);
	x->all = all;
	x->s = s;
	x->id = id;
	x->kept = evbuffer_new();
	x->client = bufferevent_socket_new(base, client, BEV_OPT_CLOSE_ON_FREE);
	x->origin = ssl ? bufferevent_openssl_socket_new(
				  base, origin, ssl, BUFFEREVENT_SSL_CONNECTING,
				  BEV_OPT_CLOSE_ON_FREE)
			: NULL;
	if (!x->kept || !x->client || !x->origin ||
	    evtimer_assign(&x->timer, base, on_timer, x) < 0)
		fatalx("out of memory");
	bufferevent_setcb(x->client, on_bytes, on_sent, on_client, x);
	bufferevent_setcb(x->origin, on_bytes, on_sent, on_origin, x);
	bufferevent_setwatermark(x->client, EV_WRITE, EXCHANGE_OUT_MAX / 2, 0);
	bufferevent_setwatermark(x->origin, EV_WRITE, EXCHANGE_OUT_MAX / 2, 0);
	if (bufferevent_enable(x->client, EV_READ | EV_WRITE) < 0 ||
	    bufferevent_enable(x->origin, EV_READ | EV_WRITE) < 0)
		fatalx("events");
	bufferevent_set_timeouts(x->origin, &handshake, NULL);
	arm(x, EXCHANGE_HEAD_MS);
}
