/* SPDX-License-Identifier: MIT */
/*
 * The clock of limits and durations: the kernel's cheap one (it moves by a few
 * milliseconds at a time), read once or more for each event.
 */
#include "sbox-gateway/gateway.h"

#include <time.h>

uint64_t gateway_now_ms(void)
{
	struct timespec ts = {0};

	(void)clock_gettime(CLOCK_MONOTONIC_COARSE, &ts); /* can't fail */
	return (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
}
