/* SPDX-License-Identifier: MIT */
/*
 * All that a SOCKS server says. Given at once and byte by byte the conversation
 * takes the same course; it ends well only with the three answers that RFC
 * 1928 and 1929 know, and not a byte beyond them is taken.
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "sbox-gateway/socks.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(int holds)
{
	if (!holds)
		abort();
}

static void start(struct socks *s, bool with_password)
{
	static const uint8_t key[SOCKS_KEY_SIZE] = {1, 2, 3};
	struct in6_addr any = IN6ADDR_ANY_INIT;

	socks_init(s, key, "example.org", &any, 443);
	if (!with_password)
		s->password[0] = '\0';
}

/* Returns the bytes that were taken; *is_over: refused. */
static size_t converse(struct socks *s, const uint8_t *p, size_t size,
		       size_t step, bool *is_over)
{
	size_t taken = 0, have = 0;

	*is_over = false;
	while (have < size && s->step != SOCKS_DONE) {
		have = size - have < step ? size : have + step;
		while (s->step != SOCKS_DONE) {
			enum socks_step before = s->step;
			uint8_t out[SOCKS_SEND_MAX];
			size_t n = socks_send(s, out);
			int used = socks_take(s, p + taken, have - taken);

			require(n > 0 && n < SOCKS_SEND_MAX);
			if (used < 0)
				*is_over = true;
			if (used <= 0)
				require(s->step == before);
			if (used < 0)
				return taken;
			if (used == 0)
				break;
			require(s->step > before);
			require((size_t)used <= have - taken);
			taken += (size_t)used;
		}
	}
	return taken;
}

/* How long three good answers are, read anew. */
static size_t good_length(const uint8_t *p, bool with_password)
{
	size_t n = with_password ? 4 : 2;

	require(p[0] == 5 && p[1] == (with_password ? 2 : 0));
	require(!with_password || (p[2] == 1 && p[3] == 0));
	p += n;
	require(p[0] == 5 && p[1] == 0 && p[2] == 0);
	if (p[3] == 1)
		return n + 10;
	if (p[3] == 4)
		return n + 22;
	require(p[3] == 3);
	return n + 7 + p[4];
}

static void check(const uint8_t *p, size_t size, bool with_password)
{
	struct socks s, t;
	bool s_over, t_over;
	size_t taken;

	start(&s, with_password);
	start(&t, with_password);
	taken = converse(&s, p, size, size + 1, &s_over);
	require(converse(&t, p, size, 1, &t_over) == taken);
	require(s.step == t.step && s.reply == t.reply && s_over == t_over);
	require(socks_reply_text(s.reply) != NULL);
	require(s.reply == 0 || s_over);
	if (s.step == SOCKS_DONE)
		require(taken == good_length(p, with_password));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	check(data, size, true);
	check(data, size, false);
	return 0;
}
