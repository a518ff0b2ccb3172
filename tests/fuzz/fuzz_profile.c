/* SPDX-License-Identifier: MIT */
/*
 * Bytes -> a profile's keys -> dump -> keys -> dump: whatever is accepted is
 * dumped as something that is accepted and dumps the same. Both as one's own
 * profile and as a project's file that may only tighten.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "policy/keys.h"
#include "sbox/cleanup.h"
#include "sbox/diag.h"
#include "sbox/host.h"
#include "sbox/json.h"
#include "sbox/policy.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char home[] = "/home/u", cwd[] = "/work";

/* The dump of a profile, or NULL if it is refused. */
static char *load_and_dump(const char *text, size_t len, bool tighten)
{
	const struct host host = {.home = home, .cwd = cwd};
	struct json_doc doc;
	struct policy policy;
	struct diag d = {0};
	struct key_sink sink = {
		.policy = &policy,
		.host = &host,
		.doc = &doc,
		.tighten = tighten,
		.null_seccomp_ok = !tighten,
		.d = &d,
	};
	char *dump = NULL;

	if (json_parse("fuzz", text, len, &doc, &d))
		return NULL;
	policy_init(&policy);
	if (keys_apply(&sink, "", doc.root) == 0) {
		dump = policy_dump(&policy);
	} else if (!diag_is_set(&d)) {
		abort();
	}
	policy_free(&policy);
	json_free(&doc);
	return dump;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	cleanup_free char *text = malloc(size + 1);
	cleanup_free char *one = NULL, *two = NULL, *three = NULL;

	if (!text)
		abort();
	memcpy(text, data, size);
	text[size] = '\0'; /* the length decides, not this */
	free(load_and_dump(text, size, true));
	one = load_and_dump(text, size, false);
	if (!one)
		return 0;
	two = load_and_dump(one, strlen(one), false);
	if (!two)
		abort();
	three = load_and_dump(two, strlen(two), false);
	if (!three || strcmp(two, three) != 0 || strcmp(one, two) != 0)
		abort();
	return 0;
}
