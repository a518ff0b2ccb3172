/* SPDX-License-Identifier: MIT */
/*
 * The jail has no files, so all certificates are read at the start: the usual
 * bundles are tried in turn, since OpenSSL's own default is a directory that it
 * would look into later. Sessions are not resumed: each handshake verifies.
 */
#include "sbox-service/origin.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <string.h>

#include "sbox/cleanup.h"
#include "sbox/diag.h"
#include "sbox/egress.h"

/* Debian, Arch; Fedora; openSUSE; Alpine. */
static const char *const bundles[] = {
	"/etc/ssl/certs/ca-certificates.crt",
	"/etc/pki/tls/certs/ca-bundle.crt",
	"/etc/ssl/ca-bundle.pem",
	"/etc/ssl/cert.pem",
};

static int key_digest(const X509 *cert, unsigned char out[32])
{
	unsigned char *der = NULL;
	unsigned int n = 0;
	int len = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(cert), &der);
	int ok;

	if (len <= 0)
		return -1;
	ok = EVP_Digest(der, (size_t)len, out, &n, EVP_sha256(), NULL);
	OPENSSL_free(der);
	return ok == 1 && n == 32 ? 0 : -1;
}

/* Called for each certificate of the chain, the server's own last. */
static int on_verify(int ok, X509_STORE_CTX *store)
{
	const SSL *ssl = X509_STORE_CTX_get_ex_data(
		store, SSL_get_ex_data_X509_STORE_CTX_idx());
	const struct origin *o = SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl));
	unsigned char digest[32];

	if (!ok || !o->has_pin || X509_STORE_CTX_get_error_depth(store) != 0)
		return ok;
	if (key_digest(X509_STORE_CTX_get_current_cert(store), digest) == 0 &&
	    CRYPTO_memcmp(digest, o->pin, sizeof(digest)) == 0)
		return 1;
	X509_STORE_CTX_set_error(store, X509_V_ERR_APPLICATION_VERIFICATION);
	return 0;
}

static int load_authorities(SSL_CTX *ctx, const char *file, struct diag *d)
{
	if (file) {
		if (SSL_CTX_load_verify_locations(ctx, file, NULL) == 1)
			return 0;
		return diag_set(d, "%s: no certificates (PEM) to read", file);
	}
	for (size_t i = 0; i < ARRAY_SIZE(bundles); i++)
		if (SSL_CTX_load_verify_locations(ctx, bundles[i], NULL) == 1)
			return 0;
	diag_set(d, "no certificates of authorities are installed");
	return diag_hint(d, "install ca-certificates, or name a file: \"ca\"");
}

int origin_init(struct origin *o, const struct egress_service *s,
		struct diag *d)
{
	static const unsigned char http1[] = "\x08http/1.1";
	unsigned char pin[33]; /* 44 digits are decoded as 33 bytes */

	o->host = s->host;
	o->has_pin = s->pin_sha256 != NULL;
	if (o->has_pin) {
		/* its form has been checked (egress_service.c) */
		if (EVP_DecodeBlock(pin, (const unsigned char *)s->pin_sha256,
				    44) != 33)
			return diag_set(d, "pinSha256: not base64");
		memcpy(o->pin, pin, sizeof(o->pin));
	}
	o->ctx = SSL_CTX_new(TLS_client_method());
	if (!o->ctx ||
	    SSL_CTX_set_min_proto_version(o->ctx, TLS1_2_VERSION) != 1 ||
	    SSL_CTX_set_alpn_protos(o->ctx, http1, sizeof(http1) - 1) != 0)
		return diag_set(d, "TLS can't be set up");
	SSL_CTX_set_verify(o->ctx, SSL_VERIFY_PEER, on_verify);
	(void)SSL_CTX_set_session_cache_mode(o->ctx, SSL_SESS_CACHE_OFF);
	(void)SSL_CTX_set_mode(o->ctx, SSL_MODE_RELEASE_BUFFERS);
	(void)SSL_CTX_set_app_data(o->ctx, o);
	return load_authorities(o->ctx, s->ca_file, d);
}

SSL *origin_client(const struct origin *o)
{
	SSL *ssl = SSL_new(o->ctx);

	if (!ssl)
		return NULL;
	SSL_set_hostflags(ssl, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS |
				       X509_CHECK_FLAG_NEVER_CHECK_SUBJECT);
	if (SSL_set1_host(ssl, o->host) == 1 &&
	    SSL_set_tlsext_host_name(ssl, o->host) == 1)
		return ssl;
	SSL_free(ssl);
	return NULL;
}

enum service_reason origin_why(const SSL *ssl, const char **text)
{
	long result = SSL_get_verify_result(ssl);

	if (result == X509_V_OK) {
		*text = "no TLS with the origin";
		return SERVICE_TLS;
	}
	if (result == X509_V_ERR_APPLICATION_VERIFICATION) {
		*text = "the origin has another key than the pinned one";
		return SERVICE_PIN;
	}
	*text = X509_verify_cert_error_string(result);
	return SERVICE_UNTRUSTED;
}
