/* SPDX-License-Identifier: MIT */
/*
 * The terminal filter, judged without itself: any split gives the same output;
 * the output passes a second time unchanged; it never needs more than the room
 * it asks for; and it holds no byte or introducer that nothing may pass: ENQ,
 * raw C1 controls, APC, PM, SOS, ESC k, OSC 52, other control bytes.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "sbox/vtfilter.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(int holds)
{
	if (!holds)
		abort();
}

static size_t filter(const uint8_t *in, size_t n, size_t step, uint8_t *out)
{
	struct vtfilter f = {0};
	size_t got = 0;

	for (size_t i = 0; i < n; i += step) {
		size_t k = n - i < step ? n - i : step;

		got += vtfilter_run(&f, in + i, k, out + got);
	}
	return got + vtfilter_end(&f, out + got);
}

static void check_bytes(const uint8_t *out, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		uint8_t c = out[i], next = i + 1 < n ? out[i + 1] : 0;

		require(c >= 0x20 || c == 0x1b || (c >= 7 && c <= 15));
		require(c != 0x7f);
		require(c != 0xc0 && c != 0xc1 && c <= 0xf4);
		require(c != 0xc2 || next >= 0xa0);
		if (c != 0x1b)
			continue;
		require(next >= 0x20 && next < 0x7f);
		require(!strchr("X^_k", next));
		require(i + 4 >= n || memcmp(out + i, "\033]52", 4) != 0);
		require(i + 4 >= n || memcmp(out + i, "\033P$q", 4) != 0);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	size_t room = VTFILTER_ROOM(size) + 2;
	uint8_t *whole = malloc(room), *other = malloc(VTFILTER_ROOM(room));
	size_t n;

	require(whole && other);
	n = filter(data, size, size ? size : 1, whole);
	require(n <= 2 * size + 2);
	check_bytes(whole, n);
	for (size_t step = 1; step < 8; step += 2) {
		require(filter(data, size, step, other) == n);
		require(memcmp(whole, other, n) == 0);
	}
	require(filter(whole, n, n ? n : 1, other) == n);
	require(memcmp(whole, other, n) == 0);
	free(whole);
	free(other);
	return 0;
}
