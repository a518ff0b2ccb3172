/* SPDX-License-Identifier: MIT */
/*
 * Host names, normalised byte by byte before anything compares them. What is
 * accepted is what every resolver and every TLS library reads in the same way:
 * letters, digits, hyphens within a label, and the underscore that some names
 * have although RFC 952 hasn't. A name is refused rather than repaired, but
 * for case and one trailing dot. Not even an address in dotted-decimal is a
 * name: inet_aton(3) and the WHATWG URL parser take "127.1", "0x7f.1" and
 * "2130706433" for addresses, and they decide by the last label.
 */
#include "sbox/hostpat.h"

#include <string.h>
#include <sys/param.h>

#include "sbox/diag.h"

#define LABEL_MAX 63
#define SHOWN	  100 /* bytes of a bad name in a message */

/* Digits, or 0x and hexadecimal digits, also none ("0x" is 0 to WHATWG). */
static bool is_number(const char *label)
{
	if (strncmp(label, "0x", 2) == 0)
		return !label[2 + strspn(label + 2, "0123456789abcdef")];
	return !label[strspn(label, "0123456789")];
}

/* One byte of a name: its normalised form, or 0 and the diag. */
static char take_byte(char c, struct diag *d)
{
	if (c >= 'A' && c <= 'Z')
		return (char)(c - 'A' + 'a');
	if (c && strchr("abcdefghijklmnopqrstuvwxyz0123456789-_.", c))
		return c;
	if ((unsigned char)c >= 0x80) {
		diag_set(d, "not ASCII");
		diag_hint(d, "write such a name in its xn-- form, as "
			     "idn2(1) prints it");
	} else if (c == '*') {
		diag_set(d, "\"*\" stands for whole labels, in front only");
		diag_hint(d, "\"*.example.org\" is every name beneath "
			     "example.org, \"*\" every name");
	} else if (strchr("/@:?#", c)) { /* a NUL, too */
		diag_set(d, "not a host name");
		diag_hint(d, "give the name alone: no https://, no "
			     "user, no path");
	} else {
		diag_set(d, "a byte that no host name holds");
	}
	return 0;
}

/* Every label, and the last of them says what the whole is. */
static int check_labels(const char *label, struct diag *d)
{
	size_t len = strcspn(label, ".");

	if (len == 0)
		return diag_set(d, "an empty label");
	if (len > LABEL_MAX)
		return diag_set(d, "a label of more than 63 bytes");
	if (label[0] == '-' || label[len - 1] == '-')
		return diag_set(d, "a label that begins or ends with a hyphen");
	if (label[len])
		return check_labels(label + len + 1, d);
	if (is_number(label))
		return diag_set(d, "an address to some programs, not a name");
	return 0;
}

static int normalise(const char *in, size_t len, char *name, struct diag *d)
{
	if (len > 0 && in[len - 1] == '.')
		len--; /* the root */
	if (len == 0)
		return diag_set(d, "an empty name");
	if (len > HOSTNAME_MAX)
		return diag_set(d, "a name of more than 253 bytes");
	for (size_t i = 0; i < len; i++) {
		name[i] = take_byte(in[i], d);
		if (!name[i])
			return -1;
	}
	name[len] = '\0';
	return check_labels(name, d);
}

int hostname_normalise(const char *in, size_t len, char out[HOSTNAME_MAX + 1],
		       struct diag *d)
{
	char name[HOSTNAME_MAX + 1];

	if (normalise(in, len, name, d))
		return diag_prefix(d, "%.*s", (int)MIN(len, SHOWN), in);
	memcpy(out, name, strlen(name) + 1);
	return 0;
}

int hostpat_parse(const char *text, struct hostpat *out, struct diag *d)
{
	struct hostpat pat = {.kind = HOSTPAT_EXACT};

	if (strcmp(text, "*") == 0) {
		*out = (struct hostpat){.kind = HOSTPAT_ANY};
		return 0;
	}
	if (strncmp(text, "*.", 2) == 0) {
		pat.kind = HOSTPAT_BENEATH;
		text += 2;
	} else if (text[0] == '.') {
		pat.kind = HOSTPAT_WITHIN;
		text++;
	}
	if (hostname_normalise(text, strlen(text), pat.name, d))
		return -1;
	*out = pat;
	return 0;
}

bool hostpat_match(const struct hostpat *pat, const char *name)
{
	size_t len = strlen(name), tail = strlen(pat->name);

	if (pat->kind == HOSTPAT_ANY)
		return true;
	if (len < tail || strcmp(name + len - tail, pat->name) != 0)
		return false;
	if (len == tail)
		return pat->kind != HOSTPAT_BENEATH;
	return pat->kind != HOSTPAT_EXACT && len > tail + 1 &&
	       name[len - tail - 1] == '.';
}
