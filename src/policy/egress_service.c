/* SPDX-License-Identifier: MIT */
/*
 * net.services: which HTTPS origin a plain-HTTP port inside stands for, and
 * which headers it gets outside. A header whose value frames the message or
 * belongs to one connection (RFC 9110 7.6.1) is the proxy's own and can't be
 * set; neither can Host, which is the origin's. What is written into a header
 * must stay in it: no control characters in the prefix, and the secret's own
 * bytes are checked by the process that reads them.
 */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "egress_internal.h"
#include "sbox/cleanup.h"
#include "sbox/diag.h"
#include "sbox/json.h"
#include "sbox/path.h"

#define SERVICES_MAX	64
#define HEADERS_MAX	16
#define HEADER_NAME_MAX 64
#define PREFIX_MAX	256
#define HTTPS_PORT	443
#define SHA256_BASE64	44

static int check_header_name(const char *name, struct diag *d)
{
	static const char *const own[] = {
		"host",	      "content-length", "transfer-encoding", "te",
		"connection", "keep-alive",	"trailer",	     "upgrade",
		"expect",     "content-type",	"proxy-connection",
	};
	static const char token[] = /* RFC 9110 5.6.2 */
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
		"0123456789!#$%&'*+-.^_`|~";

	if (!*name || strlen(name) > HEADER_NAME_MAX ||
	    name[strspn(name, token)])
		return diag_set(d, "not the name of a header");
	for (size_t i = 0; i < ARRAY_SIZE(own); i++)
		if (strcasecmp(name, own[i]) == 0)
			return diag_set(d, "a header that can't be set");
	return 0;
}

static int take_file(const cJSON *node, const struct member *m, struct diag *d)
{
	const char *text = node->valuestring;

	if (text[0] != '/')
		return diag_set(d, "%.*s: not an absolute path", EGRESS_SHOWN,
				text);
	return path_normalise(text, m->out, d);
}

static int take_env(const cJSON *node, const struct member *m, struct diag *d)
{
	char **to = m->out;
	const char *text = node->valuestring;

	if (strchr(text, '='))
		return diag_set(d, "%.*s: not the name of a variable",
				EGRESS_SHOWN, text);
	*to = xstrdup(text);
	return 0;
}

static int take_command(const cJSON *node, const struct member *m,
			struct diag *d)
{
	char **to = m->out;

	(void)d; /* sh says what is wrong with it */
	*to = xstrdup(node->valuestring);
	return 0;
}

/* It ends up in a header. */
static int take_prefix(const cJSON *node, const struct member *m,
		       struct diag *d)
{
	char **to = m->out;
	const char *text = node->valuestring;

	if (strlen(text) > PREFIX_MAX)
		return diag_set(d, "more than %d bytes", PREFIX_MAX);
	for (const char *s = text; *s; s++)
		if (*s < ' ' || *s > '~')
			return diag_set(d, "a byte that no header holds");
	*to = xstrdup(text);
	return 0;
}

static int parse_header(const cJSON *object, struct egress_header *h,
			struct diag *d)
{
	const struct member rows[] = {
		{"prefix", NULL, STRING, take_prefix, &h->prefix, 0},
		{"file", NULL, WORD, take_file, &h->secret.file, 0},
		{"env", NULL, WORD, take_env, &h->secret.env, 0},
		{"command", NULL, WORD, take_command, &h->secret.command, 0},
	};

	if (egress_object_parse(object, rows, ARRAY_SIZE(rows), d))
		return -1;
	if (!!h->secret.file + !!h->secret.env + !!h->secret.command != 1)
		return diag_set(d, "expected one of \"file\", \"env\" and "
				   "\"command\"");
	return 0;
}

static int add_header(const cJSON *node, const struct member *m, struct diag *d)
{
	struct egress_service *s = m->out;
	struct egress_header *h;

	if (s->nheaders == HEADERS_MAX)
		return diag_set(d, "more than %d headers", HEADERS_MAX);
	for (size_t i = 0; i < s->nheaders; i++)
		if (strcasecmp(s->headers[i].name, node->string) == 0)
			return diag_set(d, "given twice");
	if (check_header_name(node->string, d))
		return -1;
	s->headers =
		xreallocarray(s->headers, s->nheaders + 1, sizeof(*s->headers));
	h = &s->headers[s->nheaders++];
	*h = (struct egress_header){.name = xstrdup(node->string)};
	return parse_header(node, h, d);
}

static int take_headers(const cJSON *node, const struct member *m,
			struct diag *d)
{
	const struct member any = {NULL, NULL, ANY, add_header, m->out, 0};

	return egress_object_parse(node, &any, 1, d);
}

static int take_port(const cJSON *node, const struct member *m, struct diag *d)
{
	struct egress_service *s = m->out;
	uint64_t v;

	if (json_u64(node, &v) || v < 1 || v > UINT16_MAX)
		return diag_set(d, "expected a port's number");
	s->port = (uint16_t)v;
	return 0;
}

static int take_origin(const cJSON *node, const struct member *m,
		       struct diag *d)
{
	struct egress_service *s = m->out;
	static const char scheme[] = "https://";
	static const struct hostpat self = {HOSTPAT_WITHIN, "localhost"};
	const char *text = node->valuestring;

	if (strncmp(text, scheme, strlen(scheme)) != 0) {
		diag_set(d, "%.*s: not an HTTPS origin", EGRESS_SHOWN, text);
		return diag_hint(d, "write https://HOST or https://HOST:PORT");
	}
	s->origin_port = HTTPS_PORT;
	if (egress_endpoint_parse(text + strlen(scheme), false, &s->host,
				  &s->origin_port, d))
		return -1;
	if (!hostpat_match(&self, s->host))
		return 0;
	diag_set(d, "%.*s: the sandbox itself", EGRESS_SHOWN, s->host);
	return diag_hint(d, "--port PORT reaches the host's own "
			    "127.0.0.1:PORT, without net.services");
}

/* 32 bytes in base64: 43 digits, the last of which has two bits to spare, and
 * one "=". */
static int take_pin(const cJSON *node, const struct member *m, struct diag *d)
{
	struct egress_service *s = m->out;
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmn"
				     "opqrstuvwxyz0123456789+/";
	const char *text = node->valuestring;

	if (strlen(text) != SHA256_BASE64 ||
	    strspn(text, digits) != SHA256_BASE64 - 1 ||
	    text[SHA256_BASE64 - 1] != '=' ||
	    (strchr(digits, text[SHA256_BASE64 - 2]) - digits) % 4 != 0)
		return diag_set(d, "not a SHA-256 digest in base64");
	s->pin_sha256 = xstrdup(text);
	return 0;
}

static int parse_members(const cJSON *object, struct egress_service *s,
			 struct diag *d)
{
	const struct member rows[] = {
		{"port", NULL, ANY, take_port, s, 0},
		{"origin", NULL, WORD, take_origin, s, 0},
		{"ca", NULL, WORD, take_file, &s->ca_file, 0},
		{"pinSha256", NULL, WORD, take_pin, s, 0},
		{"headers", NULL, ANY, take_headers, s, 0},
	};

	if (egress_object_parse(object, rows, ARRAY_SIZE(rows), d))
		return -1;
	if (!s->port || !s->host)
		return diag_set(d, "\"port\" and \"origin\" are needed");
	return 0;
}

int egress_service_parse(const cJSON *object, const struct member *m,
			 struct diag *d)
{
	struct egress *e = m->out;
	struct egress_service *s;

	if (e->nservices == SERVICES_MAX)
		return diag_set(d, "more than %d", SERVICES_MAX);
	e->services = xreallocarray(e->services, e->nservices + 1,
				    sizeof(*e->services));
	s = &e->services[e->nservices++];
	*s = (struct egress_service){.port = 0};
	if (parse_members(object, s, d))
		return -1;
	for (size_t i = 0; i + 1 < e->nservices; i++)
		if (e->services[i].port == s->port)
			return diag_set(d, "port %u is another service's",
					s->port);
	return 0;
}

static void service_free(struct egress_service *s)
{
	for (size_t i = 0; i < s->nheaders; i++) {
		free(s->headers[i].name);
		free(s->headers[i].prefix);
		free(s->headers[i].secret.file);
		free(s->headers[i].secret.env);
		free(s->headers[i].secret.command);
	}
	free(s->headers);
	free(s->host);
	free(s->ca_file);
	free(s->pin_sha256);
}

void egress_services_free(struct egress *e)
{
	for (size_t i = 0; i < e->nservices; i++)
		service_free(&e->services[i]);
	free(e->services);
	e->services = NULL;
	e->nservices = 0;
}

/* "~/x" in the members that are files becomes an absolute path. What else is
 * wrong with them is said by their own check. */
static int expand_paths(cJSON *node, const char *home, struct diag *d)
{
	const char *name = node->string ? node->string : "";
	const char *text = cJSON_GetStringValue(node);
	cleanup_free char *path = NULL;
	cJSON *e;

	cJSON_ArrayForEach(e, node)
		if (expand_paths(e, home, d))
			return -1;
	if (!text || *text != '~' ||
	    (strcmp(name, "ca") != 0 && strcmp(name, "file") != 0))
		return 0;
	if (path_expand_home(text, home, &path, d))
		return diag_prefix(d, "%s", name);
	(void)xmust(cJSON_SetValuestring(node, path));
	return 0;
}

cJSON *egress_services_copy(const cJSON *services, const char *home,
			    struct diag *d)
{
	cJSON *copy = cJSON_Duplicate(services, true);
	struct egress e = {.nservices = 0};
	const struct member m = {EGRESS_SERVICES, &e, 0};
	bool ok = expand_paths(copy, home, d) == 0 &&
		  egress_member_parse(copy, &m, d) == 0;

	egress_services_free(&e);
	if (ok)
		return copy;
	cJSON_Delete(copy);
	return NULL;
}
