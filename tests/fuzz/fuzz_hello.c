/* SPDX-License-Identifier: MIT */
/*
 * The first bytes of a connection to port 443. A verdict once given stays,
 * whatever follows; the same message cut into other records has the same
 * verdict; and a name that is reported stands in the message as a host_name,
 * and once only.
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "sbox-gateway/hello.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(int holds)
{
	if (!holds)
		abort();
}

/* In a buffer of its own size, so that a sanitizer sees reading beyond it. */
static enum hello_result parse(const uint8_t *p, size_t len, char *name)
{
	uint8_t *copy = malloc(len ? len : 1);
	enum hello_result result;
	size_t used = 0, again;
	char other[HOSTNAME_MAX + 1];

	require(copy != NULL);
	memcpy(copy, p, len);
	result = hello_parse(copy, len, name, &used);
	if (result == HELLO_NAME) {
		/* it ends there, whatever comes behind */
		require(used <= len);
		require(hello_parse(copy, used - 1, other, &again) ==
			HELLO_MORE);
		require(hello_parse(copy, used, other, &again) == HELLO_NAME);
		require(again == used);
	}
	free(copy);
	return result;
}

/* Beginnings: all of a short one, some of a long one. */
static void check_beginnings(const uint8_t *p, size_t size,
			     enum hello_result whole, const char *name)
{
	size_t step = size / 64 + 1;
	bool is_said = false;

	for (size_t n = 0; n <= size; n += step) {
		char got[HOSTNAME_MAX + 1] = "";
		enum hello_result result = parse(p, n, got);

		if (result == HELLO_MORE) {
			require(!is_said);
			continue;
		}
		is_said = true;
		require(result == whole && strcmp(got, name) == 0);
	}
}

/* The contents of the records; they are handshake records if it is a hello. */
static size_t unwrap(const uint8_t *p, size_t size, uint8_t *out)
{
	size_t n = 0;

	while (size >= 5 && p[0] == 22) {
		size_t len = (size_t)p[3] << 8 | p[4];

		p += 5;
		size -= 5;
		if (len > size)
			break;
		memcpy(out + n, p, len);
		n += len;
		p += len;
		size -= len;
		if (n >= 4 && n >= 4 + ((size_t)out[1] << 16 |
					(size_t)out[2] << 8 | out[3]))
			break;
	}
	return n;
}

static void check_records(const uint8_t *message, size_t len, size_t each,
			  enum hello_result whole, const char *name)
{
	uint8_t *out = malloc(len * 6 + 1);
	char got[HOSTNAME_MAX + 1] = "";
	size_t n = 0, used;

	require(out != NULL);
	for (size_t at = 0; at < len; at += each) {
		size_t part = len - at < each ? len - at : each;

		memcpy(out + n, "\x16\3\3", 3);
		out[n + 3] = (uint8_t)(part >> 8);
		out[n + 4] = (uint8_t)part;
		memcpy(out + n + 5, message + at, part);
		n += 5 + part;
	}
	if (n <= HELLO_MAX) {
		require(hello_parse(out, n, got, &used) == whole);
		require(strcmp(got, name) == 0);
	}
	free(out);
}

static size_t get16(const uint8_t *p)
{
	return (size_t)p[0] << 8 | p[1];
}

/* One extension 0, and in it nothing but a list of that name. */
static void check_name(const uint8_t *message, size_t len, const char *name)
{
	size_t at = 4 + 2 + 32, n = strlen(name), found = 0;

	at += 1u + message[at];
	at += 2 + get16(message + at);
	at += 1u + message[at];
	require(at + 2 + get16(message + at) == len);
	for (at += 2; at < len; at += 4 + get16(message + at + 2)) {
		const uint8_t *p = message + at;
		size_t size;

		require(at + 4 <= len && at + 4 + get16(p + 2) <= len);
		if (get16(p) != 0)
			continue;
		size = get16(p + 2) - 5;
		require(++found == 1 && (size == n || size == n + 1));
		require(get16(p + 4) == size + 3 && p[6] == 0);
		require(get16(p + 7) == size);
		require(strncasecmp((const char *)p + 9, name, n) == 0);
		require(size == n || p[9 + n] == '.');
	}
	require(found == 1);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const size_t sizes[] = {1, 2, 33, 500, 16384};
	char name[HOSTNAME_MAX + 1] = "", again[HOSTNAME_MAX + 1];
	enum hello_result whole = parse(data, size, name);
	uint8_t *message;
	size_t len;

	require((name[0] != '\0') == (whole == HELLO_NAME));
	require(whole != HELLO_MORE || size < HELLO_MAX);
	check_beginnings(data, size, whole, name);
	if (whole != HELLO_NAME && whole != HELLO_NO_NAME)
		return 0;
	message = malloc(size);
	require(message != NULL);
	len = unwrap(data, size, message);
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++)
		check_records(message, len, sizes[i], whole, name);
	if (whole == HELLO_NAME) {
		check_name(message, len, name);
		require(hostname_normalise(name, strlen(name), again, NULL) ==
			0);
		require(strcmp(name, again) == 0);
	}
	free(message);
	return 0;
}
