/* SPDX-License-Identifier: MIT */
/*
 * SHA-256 over several buffers. Each is preceded by its length as 64 bits,
 * little-endian, so that ("ab", "c") and ("a", "bc") differ.
 */
#include "sbox/sha256.h"

#include <sha2.h>
#include <stdint.h>

void sha256_hex(const void *const bufs[], const size_t lens[], size_t n,
		char hex[SHA256_HEX_SIZE])
{
	static const char digits[] = "0123456789abcdef";
	uint8_t digest[SHA256_DIGEST_LENGTH];
	uint8_t head[8];
	SHA2_CTX ctx;

	SHA256Init(&ctx);
	for (size_t i = 0; i < n; i++) {
		for (unsigned b = 0; b < sizeof(head); b++)
			head[b] = (uint8_t)((uint64_t)lens[i] >> (8 * b));
		SHA256Update(&ctx, head, sizeof(head));
		if (lens[i] > 0)
			SHA256Update(&ctx, bufs[i], lens[i]);
	}
	SHA256Final(digest, &ctx);
	for (size_t i = 0; i < sizeof(digest); i++) {
		hex[2 * i] = digits[digest[i] >> 4];
		hex[2 * i + 1] = digits[digest[i] & 15];
	}
	hex[2 * sizeof(digest)] = '\0';
}
