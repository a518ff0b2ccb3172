/* SPDX-License-Identifier: MIT */
/*
 * HMAC-SHA256: H(key ^ opad, H(key ^ ipad, text)), the key filled up to a block
 * or hashed if it is longer (RFC 2104 2). The digest is libmd's.
 */
#include "sbox-gateway/hmac.h"

#include <sha2.h>
#include <string.h>

static void digest(const uint8_t block[SHA256_BLOCK_LENGTH], uint8_t pad,
		   const void *text, size_t len, uint8_t out[HMAC_SIZE])
{
	uint8_t padded[SHA256_BLOCK_LENGTH];
	SHA2_CTX ctx;

	for (size_t i = 0; i < sizeof(padded); i++)
		padded[i] = block[i] ^ pad;
	SHA256Init(&ctx);
	SHA256Update(&ctx, padded, sizeof(padded));
	if (len > 0)
		SHA256Update(&ctx, text, len);
	SHA256Final(out, &ctx);
	explicit_bzero(padded, sizeof(padded));
}

void hmac_sha256(const uint8_t *key, size_t key_len, const void *text,
		 size_t len, uint8_t out[HMAC_SIZE])
{
	uint8_t block[SHA256_BLOCK_LENGTH] = {0};
	uint8_t inner[HMAC_SIZE];

	_Static_assert(HMAC_SIZE == SHA256_DIGEST_LENGTH, "SHA-256");
	if (key_len > sizeof(block)) {
		SHA2_CTX ctx;

		SHA256Init(&ctx);
		SHA256Update(&ctx, key, key_len);
		SHA256Final(block, &ctx);
	} else if (key_len > 0) {
		memcpy(block, key, key_len);
	}
	digest(block, 0x36, text, len, inner);
	digest(block, 0x5c, inner, sizeof(inner), out);
	explicit_bzero(block, sizeof(block));
}
