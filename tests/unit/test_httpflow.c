/* SPDX-License-Identifier: MIT */
/*
 * The requests of one connection: what passes, and where it ends. Every row is
 * given at once, byte by byte and in pieces; the outcome must be the same.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "sbox-gateway/httpflow.h"
#include "sbox/cleanup.h"

#define GET  "GET / HTTP/1.1\r\n"
#define POST "POST /x HTTP/1.1\r\n"
#define HOST "Host: example.org\r\n"
#define END  "\r\n"
#define OK   GET HOST END
#define UP   "Connection: Upgrade\r\nUpgrade: "
#define CL   "Content-Length: "
#define TE   "Transfer-Encoding: "

#define ROW(bytes) bytes, sizeof(bytes) - 1

/* clang-format off */
/* passes: what goes out; why: NULL, or part of the refusal of the rest. */
static const struct {
	const char *label;
	const char *passes;
	size_t passes_len;
	const char *rest;
	size_t rest_len;
	enum httpflow_state state;
	const char *why;
} rows[] = {
	{ "nothing", ROW(""), ROW(""), HTTPFLOW_HEAD, NULL },
	{ "one request", ROW(OK), ROW(""), HTTPFLOW_HEAD, NULL },
	{ "HTTP/1.0", ROW("GET / HTTP/1.0\r\n" HOST END), ROW(""), HTTPFLOW_HEAD, NULL },
	{ "three in a row", ROW(OK OK OK), ROW(""), HTTPFLOW_HEAD, NULL },
	{ "a head that isn't whole waits", ROW(OK), ROW(GET HOST), HTTPFLOW_HEAD, NULL },
	{ "but its last byte", ROW(""), ROW(GET HOST "\r"), HTTPFLOW_HEAD, NULL },
	{ "many fields", ROW(GET "A: b\r\n" HOST "c:d\r\nE:\t f \t\r\nG:\r\n" END), ROW(""), HTTPFLOW_HEAD, NULL },
	{ "bytes above 0x7f in a value", ROW(GET HOST "X: \xc3\xa4\r\n" END), ROW(""), HTTPFLOW_HEAD, NULL },
	{ "bytes above 0x7f in a path", ROW("GET /\xc3\xa4 HTTP/1.1\r\n" HOST END), ROW(""), HTTPFLOW_HEAD, NULL },

	{ "Host in another case", ROW(GET "hOST: EXAMPLE.Org\r\n" END), ROW(""), HTTPFLOW_HEAD, NULL },
	{ "Host with the port", ROW(GET "Host: example.org:80\r\n" END), ROW(""), HTTPFLOW_HEAD, NULL },
	{ "Host with the root's dot", ROW(GET "Host: example.org.\r\n" END), ROW(""), HTTPFLOW_HEAD, NULL },
	{ "Host without a blank", ROW(GET "Host:example.org\r\n" END), ROW(""), HTTPFLOW_HEAD, NULL },
	{ "another Host", ROW(""), ROW(GET "Host: evil.net\r\n" END), HTTPFLOW_BAD, "another" },
	{ "another Host in the second request", ROW(OK), ROW(GET "Host: evil.net\r\n" END), HTTPFLOW_BAD, "another" },
	{ "Host beneath it", ROW(""), ROW(GET "Host: a.example.org\r\n" END), HTTPFLOW_BAD, "another" },
	{ "Host with another port", ROW(""), ROW(GET "Host: example.org:81\r\n" END), HTTPFLOW_BAD, "another" },
	{ "Host with an empty port", ROW(""), ROW(GET "Host: example.org:\r\n" END), HTTPFLOW_BAD, "another" },
	{ "Host with a port that wraps", ROW(""), ROW(GET "Host: example.org:65616\r\n" END), HTTPFLOW_BAD, "another" },
	{ "Host with a long port", ROW(""), ROW(GET "Host: example.org:4294967376\r\n" END), HTTPFLOW_BAD, "another" },
	{ "Host with two ports", ROW(""), ROW(GET "Host: example.org:80:80\r\n" END), HTTPFLOW_BAD, "another" },
	{ "Host with a signed port", ROW(""), ROW(GET "Host: example.org:+80\r\n" END), HTTPFLOW_BAD, "another" },
	{ "Host with userinfo", ROW(""), ROW(GET "Host: evil.net@example.org\r\n" END), HTTPFLOW_BAD, "another" },
	{ "Host with userinfo behind", ROW(""), ROW(GET "Host: example.org@evil.net\r\n" END), HTTPFLOW_BAD, "another" },
	{ "Host with userinfo and port", ROW(""), ROW(GET "Host: example.org:80@evil.net\r\n" END), HTTPFLOW_BAD, "another" },
	{ "Host with a path", ROW(""), ROW(GET "Host: example.org/\r\n" END), HTTPFLOW_BAD, "another" },
	{ "Host as a list", ROW(""), ROW(GET "Host: example.org, evil.net\r\n" END), HTTPFLOW_BAD, "another" },
	{ "Host with a scheme", ROW(""), ROW(GET "Host: http://example.org\r\n" END), HTTPFLOW_BAD, "another" },
	{ "an empty Host", ROW(""), ROW(GET "Host:\r\n" END), HTTPFLOW_BAD, "another" },
	{ "no Host", ROW(""), ROW(GET "A: b\r\n" END), HTTPFLOW_BAD, "without Host" },
	{ "no field", ROW(""), ROW(GET END), HTTPFLOW_BAD, "without Host" },
	{ "no Host in HTTP/1.0", ROW(""), ROW("GET / HTTP/1.0\r\n" END), HTTPFLOW_BAD, "without Host" },
	{ "two Hosts", ROW(""), ROW(GET HOST "Host: evil.net\r\n" END), HTTPFLOW_BAD, "several Hosts" },
	{ "the same Host twice", ROW(""), ROW(GET HOST HOST END), HTTPFLOW_BAD, "several Hosts" },
	{ "two Hosts, ours last", ROW(""), ROW(GET "host: evil.net\r\n" HOST END), HTTPFLOW_BAD, "several Hosts" },

	{ "absolute-form", ROW("GET http://example.org/x HTTP/1.1\r\n" HOST END), ROW(""), HTTPFLOW_HEAD, NULL },
	{ "absolute-form, port and query", ROW("GET HTTP://Example.org:80?x HTTP/1.1\r\n" HOST END), ROW(""), HTTPFLOW_HEAD, NULL },
	{ "absolute-form of another host", ROW(""), ROW("GET http://evil.net/ HTTP/1.1\r\n" HOST END), HTTPFLOW_BAD, "another host" },
	{ "absolute-form, another Host", ROW(""), ROW("GET http://example.org/ HTTP/1.1\r\nHost: evil.net\r\n" END), HTTPFLOW_BAD, "another" },
	{ "absolute-form, userinfo", ROW(""), ROW("GET http://example.org@evil.net/ HTTP/1.1\r\n" HOST END), HTTPFLOW_BAD, "another host" },
	{ "absolute-form, a backslash", ROW(""), ROW("GET http://example.org\\evil.net/ HTTP/1.1\r\n" HOST END), HTTPFLOW_BAD, "another host" },
	{ "absolute-form, a fragment", ROW(""), ROW("GET http://example.org#@evil.net/ HTTP/1.1\r\n" HOST END), HTTPFLOW_BAD, "another host" },
	{ "absolute-form without a host", ROW(""), ROW("GET http:///x HTTP/1.1\r\n" HOST END), HTTPFLOW_BAD, "another host" },
	{ "absolute-form, one slash", ROW(""), ROW("GET http:/example.org/x HTTP/1.1\r\n" HOST END), HTTPFLOW_BAD, "no path" },
	{ "https", ROW(""), ROW("GET https://example.org/ HTTP/1.1\r\n" HOST END), HTTPFLOW_BAD, "no path" },
	{ "a target without a slash", ROW(""), ROW("GET x HTTP/1.1\r\n" HOST END), HTTPFLOW_BAD, "no path" },
	{ "authority-form", ROW(""), ROW("GET example.org:80 HTTP/1.1\r\n" HOST END), HTTPFLOW_BAD, "no path" },
	{ "OPTIONS *", ROW("OPTIONS * HTTP/1.1\r\n" HOST END), ROW(""), HTTPFLOW_HEAD, NULL },
	{ "GET *", ROW(""), ROW("GET * HTTP/1.1\r\n" HOST END), HTTPFLOW_BAD, "no path" },
	{ "CONNECT", ROW(""), ROW("CONNECT example.org:80 HTTP/1.1\r\n" HOST END), HTTPFLOW_BAD, "CONNECT" },
	{ "CONNECT with a path", ROW(""), ROW("connect / HTTP/1.1\r\n" HOST END), HTTPFLOW_BAD, "CONNECT" },

	{ "HTTP/0.9", ROW(""), ROW("GET /\r\n"), HTTPFLOW_BAD, "not HTTP/1" },
	{ "HTTP/2's preface", ROW(""), ROW("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), HTTPFLOW_BAD, "not HTTP/1" },
	{ "HTTP/2's preface behind a request", ROW(OK), ROW("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), HTTPFLOW_BAD, "not HTTP/1" },
	{ "HTTP/1.2", ROW(""), ROW("GET / HTTP/1.2\r\n" HOST END), HTTPFLOW_BAD, "not HTTP/1" },
	{ "HTTP/1.10", ROW(""), ROW("GET / HTTP/1.10\r\n" HOST END), HTTPFLOW_BAD, "not HTTP/1" },
	{ "http/1.1", ROW(""), ROW("GET / http/1.1\r\n" HOST END), HTTPFLOW_BAD, "not HTTP/1" },
	{ "a blank behind the version", ROW(""), ROW("GET / HTTP/1.1 \r\n" HOST END), HTTPFLOW_BAD, "not HTTP/1" },
	{ "a blank in the target", ROW(""), ROW("GET /a b HTTP/1.1\r\n" HOST END), HTTPFLOW_BAD, "not HTTP/1" },
	{ "two blanks", ROW(""), ROW("GET  / HTTP/1.1\r\n" HOST END), HTTPFLOW_BAD, "without a target" },
	{ "a tab for a blank", ROW(""), ROW("GET\t/ HTTP/1.1\r\n" HOST END), HTTPFLOW_BAD, "not an HTTP request" },
	{ "a blank in front", ROW(""), ROW(" GET / HTTP/1.1\r\n" HOST END), HTTPFLOW_BAD, "not an HTTP request" },
	{ "a method that is no token", ROW(""), ROW("G(T / HTTP/1.1\r\n" HOST END), HTTPFLOW_BAD, "not an HTTP request" },
	{ "an empty line in front", ROW(""), ROW("\r\n" OK), HTTPFLOW_BAD, "empty line" },
	{ "an empty line between", ROW(OK), ROW("\r\n" OK), HTTPFLOW_BAD, "empty line" },
	{ "SSH, without waiting for more", ROW(""), ROW("SSH-2.0-x\r\n"), HTTPFLOW_BAD, "not an HTTP request" },
	{ "TLS, without waiting for more", ROW(""), ROW("\x16\3\1"), HTTPFLOW_BAD, "control character" },
	{ "an answer", ROW(""), ROW("HTTP/1.1 200 OK\r\n" END), HTTPFLOW_BAD, "not an HTTP request" },

	{ "lines without CR", ROW(""), ROW("GET / HTTP/1.1\nHost: example.org\n\n"), HTTPFLOW_BAD, "without CR" },
	{ "one line without CR", ROW(""), ROW(GET "A: b\n" HOST END), HTTPFLOW_BAD, "without CR" },
	{ "the last line without CR", ROW(""), ROW(GET HOST "\n"), HTTPFLOW_BAD, "without CR" },
	{ "a CR in a value", ROW(""), ROW(GET "A: b\rHost: evil.net\r\n" HOST END), HTTPFLOW_BAD, "CR within" },
	{ "two CRs", ROW(""), ROW(GET HOST "\r\r\n"), HTTPFLOW_BAD, "CR within" },
	{ "a NUL in a value", ROW(""), ROW(GET HOST "A: b\0c\r\n" END), HTTPFLOW_BAD, "control character" },
	{ "a NUL in Host", ROW(""), ROW(GET "Host: example.org\0.evil.net\r\n" END), HTTPFLOW_BAD, "control character" },
	{ "a vertical tab", ROW(""), ROW(GET HOST TE "\x0b" "chunked\r\n" END), HTTPFLOW_BAD, "control character" },
	{ "a DEL", ROW(""), ROW(GET HOST "A: \x7f\r\n" END), HTTPFLOW_BAD, "control character" },
	{ "a folded line", ROW(""), ROW(GET HOST "A: b\r\n c\r\n" END), HTTPFLOW_BAD, "folded" },
	{ "a folded first field", ROW(""), ROW(GET " Host: evil.net\r\n" HOST END), HTTPFLOW_BAD, "folded" },
	{ "a line of a tab", ROW(""), ROW(GET HOST "\t\r\n" END), HTTPFLOW_BAD, "folded" },
	{ "a blank before the colon", ROW(""), ROW(GET HOST TE "x\r\nTransfer-Encoding : chunked\r\n" END), HTTPFLOW_BAD, "no field" },
	{ "a tab before the colon", ROW(""), ROW(GET "Host\t: example.org\r\n" END), HTTPFLOW_BAD, "no field" },
	{ "a line without a colon", ROW(""), ROW(GET HOST "Ab\r\n" END), HTTPFLOW_BAD, "no field" },
	{ "a field without a name", ROW(""), ROW(GET HOST ": b\r\n" END), HTTPFLOW_BAD, "no field" },
	{ "a name that is no token", ROW(""), ROW(GET HOST "A[]: b\r\n" END), HTTPFLOW_BAD, "no field" },

	{ "a body", ROW(POST HOST CL "5\r\n" END "12345" OK), ROW(""), HTTPFLOW_HEAD, NULL },
	{ "half a body", ROW(POST HOST CL "5\r\n" END "123"), ROW(""), HTTPFLOW_BODY, NULL },
	{ "an empty body", ROW(POST HOST CL "0\r\n" END OK), ROW(""), HTTPFLOW_HEAD, NULL },
	{ "a body that looks like a request", ROW(POST HOST CL "18\r\n" END "GET / HTTP/1.1\r\n\r\n" OK), ROW(""), HTTPFLOW_HEAD, NULL },
	{ "a body any bytes", ROW(POST HOST CL "4\r\n" END "\0\n\r\x16" OK), ROW(""), HTTPFLOW_HEAD, NULL },
	{ "a body of GET", ROW(GET HOST CL "2\r\n" END "ab" OK), ROW(""), HTTPFLOW_HEAD, NULL },
	{ "Expect", ROW(POST HOST "Expect: 100-continue\r\n" CL "2\r\n" END "ab" OK), ROW(""), HTTPFLOW_HEAD, NULL },
	{ "a byte more than the body", ROW(POST HOST CL "2\r\n" END "ab"), ROW("{" OK), HTTPFLOW_BAD, "not an HTTP request" },
	{ "a length with zeros in front", ROW(POST HOST CL "002\r\n" END "ab"), ROW(""), HTTPFLOW_HEAD, NULL },
	{ "the greatest length", ROW(POST HOST CL "9223372036854775799\r\n" END "ab"), ROW(""), HTTPFLOW_BODY, NULL },
	{ "a length too large", ROW(""), ROW(POST HOST CL "9223372036854775808\r\n" END), HTTPFLOW_BAD, "too large" },
	{ "a length that wraps", ROW(""), ROW(POST HOST CL "18446744073709551618\r\n" END), HTTPFLOW_BAD, "too large" },
	{ "a signed length", ROW(""), ROW(POST HOST CL "+5\r\n" END), HTTPFLOW_BAD, "no number" },
	{ "a negative length", ROW(""), ROW(POST HOST CL "-1\r\n" END), HTTPFLOW_BAD, "no number" },
	{ "a hexadecimal length", ROW(""), ROW(POST HOST CL "0x5\r\n" END), HTTPFLOW_BAD, "no number" },
	{ "a list of lengths", ROW(""), ROW(POST HOST CL "5, 5\r\n" END), HTTPFLOW_BAD, "no number" },
	{ "an empty length", ROW(""), ROW(POST HOST CL "\r\n" END), HTTPFLOW_BAD, "no number" },
	{ "two lengths", ROW(""), ROW(POST HOST CL "5\r\n" CL "6\r\n" END), HTTPFLOW_BAD, "several Content-Lengths" },
	{ "the same length twice", ROW(""), ROW(POST HOST CL "5\r\ncontent-length: 5\r\n" END), HTTPFLOW_BAD, "several Content-Lengths" },
	{ "both lengths", ROW(""), ROW(POST HOST CL "5\r\n" TE "chunked\r\n" END), HTTPFLOW_BAD, "beside" },
	{ "both, the other way", ROW(""), ROW(POST HOST TE "chunked\r\n" CL "5\r\n" END), HTTPFLOW_BAD, "beside" },
	{ "both, length 0", ROW(""), ROW(POST HOST TE "chunked\r\n" CL "0\r\n" END), HTTPFLOW_BAD, "beside" },
	{ "gzip, chunked", ROW(""), ROW(POST HOST TE "gzip, chunked\r\n" END), HTTPFLOW_BAD, "other than" },
	{ "chunked, identity", ROW(""), ROW(POST HOST TE "chunked, identity\r\n" END), HTTPFLOW_BAD, "other than" },
	{ "identity", ROW(""), ROW(POST HOST TE "identity\r\n" END), HTTPFLOW_BAD, "other than" },
	{ "chunked with a parameter", ROW(""), ROW(POST HOST TE "chunked;a=b\r\n" END), HTTPFLOW_BAD, "other than" },
	{ "chunked with a comma", ROW(""), ROW(POST HOST TE ",chunked\r\n" END), HTTPFLOW_BAD, "other than" },
	{ "chunked in quotes", ROW(""), ROW(POST HOST TE "\"chunked\"\r\n" END), HTTPFLOW_BAD, "other than" },
	{ "chunked with a no-break space", ROW(""), ROW(POST HOST TE "\xa0" "chunked\r\n" END), HTTPFLOW_BAD, "other than" },
	{ "an empty coding", ROW(""), ROW(POST HOST TE "\r\n" END), HTTPFLOW_BAD, "other than" },
	{ "chunked twice", ROW(""), ROW(POST HOST TE "chunked\r\n" TE "chunked\r\n" END), HTTPFLOW_BAD, "several Transfer" },
	{ "chunked, then identity", ROW(""), ROW(POST HOST TE "chunked\r\n" TE "identity\r\n" END), HTTPFLOW_BAD, "several Transfer" },
	{ "chunked in HTTP/1.0", ROW(""), ROW("POST / HTTP/1.0\r\n" HOST TE "chunked\r\n" END), HTTPFLOW_BAD, "HTTP/1.0" },
	{ "Connection names the length", ROW(""), ROW(POST HOST CL "5\r\nConnection: close, Content-Length\r\n" END), HTTPFLOW_BAD, "must stay" },
	{ "Connection names Host", ROW(""), ROW(GET HOST "Connection: a\r\nconnection: , host ,b\r\n" END), HTTPFLOW_BAD, "must stay" },
	{ "Connection names the coding", ROW(""), ROW(POST HOST TE "chunked\r\nConnection: transfer-encoding\r\n" END), HTTPFLOW_BAD, "must stay" },

	{ "chunks", ROW(POST HOST TE "Chunked\r\n" END "5\r\n12345\r\n0A\r\n1234567890\r\n0\r\n\r\n" OK), ROW(""), HTTPFLOW_HEAD, NULL },
	{ "no chunk", ROW(POST HOST TE "chunked\r\n" END "0\r\n\r\n" OK), ROW(""), HTTPFLOW_HEAD, NULL },
	{ "chunks of any bytes", ROW(POST HOST TE "chunked\r\n" END "4\r\n\r\n0\r\r\n0\r\n\r\n" OK), ROW(""), HTTPFLOW_HEAD, NULL },
	{ "half a chunk", ROW(POST HOST TE "chunked\r\n" END "5\r\n123"), ROW(""), HTTPFLOW_CHUNKS, NULL },
	{ "half a size", ROW(POST HOST TE "chunked\r\n" END), ROW("1f"), HTTPFLOW_CHUNKS, NULL },
	{ "a size and CR", ROW(POST HOST TE "chunked\r\n" END), ROW("1f\r"), HTTPFLOW_CHUNKS, NULL },
	{ "half an end of a chunk", ROW(POST HOST TE "chunked\r\n" END "1\r\na"), ROW("\r"), HTTPFLOW_CHUNKS, NULL },
	{ "half a last chunk", ROW(POST HOST TE "chunked\r\n" END), ROW("0\r\n\r"), HTTPFLOW_CHUNKS, NULL },
	{ "the greatest chunk", ROW(POST HOST TE "chunked\r\n" END "7fffffffffffffff\r\nab"), ROW(""), HTTPFLOW_CHUNKS, NULL },
	{ "a chunk too large", ROW(POST HOST TE "chunked\r\n" END), ROW("8000000000000000\r\n"), HTTPFLOW_BAD, "size" },
	{ "a size that wraps", ROW(POST HOST TE "chunked\r\n" END), ROW("10000000000000005\r\n"), HTTPFLOW_BAD, "size" },
	{ "a size of many zeros", ROW(POST HOST TE "chunked\r\n" END), ROW("00000000000000005\r\n"), HTTPFLOW_BAD, "size" },
	{ "an extension", ROW(POST HOST TE "chunked\r\n" END), ROW("5;a=b\r\n12345\r\n"), HTTPFLOW_BAD, "size" },
	{ "an extension of the last chunk", ROW(POST HOST TE "chunked\r\n" END), ROW("0;a\r\n\r\n"), HTTPFLOW_BAD, "size" },
	{ "a blank behind a size", ROW(POST HOST TE "chunked\r\n" END), ROW("5 \r\n12345\r\n"), HTTPFLOW_BAD, "size" },
	{ "a blank before a size", ROW(POST HOST TE "chunked\r\n" END), ROW(" 5\r\n12345\r\n"), HTTPFLOW_BAD, "size" },
	{ "0x", ROW(POST HOST TE "chunked\r\n" END), ROW("0x5\r\n12345\r\n"), HTTPFLOW_BAD, "size" },
	{ "a signed size", ROW(POST HOST TE "chunked\r\n" END), ROW("+5\r\n12345\r\n"), HTTPFLOW_BAD, "size" },
	{ "a negative size", ROW(POST HOST TE "chunked\r\n" END), ROW("-1\r\n"), HTTPFLOW_BAD, "size" },
	{ "no size", ROW(POST HOST TE "chunked\r\n" END), ROW("\r\n\r\n"), HTTPFLOW_BAD, "size" },
	{ "a size and LF", ROW(POST HOST TE "chunked\r\n" END), ROW("5\n12345\r\n"), HTTPFLOW_BAD, "size" },
	{ "a size and a CR too many", ROW(POST HOST TE "chunked\r\n" END), ROW("5\r\r\n1234"), HTTPFLOW_BAD, "size" },
	{ "a chunk too long", ROW(POST HOST TE "chunked\r\n" END "2\r\nab"), ROW("c\r\n0\r\n\r\n"), HTTPFLOW_BAD, "longer" },
	{ "a chunk that ends with LF", ROW(POST HOST TE "chunked\r\n" END "2\r\nab"), ROW("\n0\r\n\r\n"), HTTPFLOW_BAD, "longer" },
	{ "a chunk that ends with CR", ROW(POST HOST TE "chunked\r\n" END "2\r\nab"), ROW("\r0\r\n\r\n"), HTTPFLOW_BAD, "longer" },
	{ "trailers", ROW(POST HOST TE "chunked\r\n" END "0\r\nA: b\r\nC: d\r\n\r\n" OK), ROW(""), HTTPFLOW_HEAD, NULL },
	{ "trailers wait", ROW(POST HOST TE "chunked\r\n" END), ROW("0\r\nA: b\r\n"), HTTPFLOW_CHUNKS, NULL },
	{ "Host as a trailer", ROW(POST HOST TE "chunked\r\n" END), ROW("0\r\nHost: evil.net\r\n\r\n"), HTTPFLOW_BAD, "trailer" },
	{ "a length as a trailer", ROW(POST HOST TE "chunked\r\n" END), ROW("0\r\n" CL "5\r\n\r\n"), HTTPFLOW_BAD, "trailer" },
	{ "a request as a trailer", ROW(POST HOST TE "chunked\r\n" END), ROW("0\r\n" OK), HTTPFLOW_BAD, "no field" },
	{ "a trailer without CR", ROW(POST HOST TE "chunked\r\n" END), ROW("0\r\nA: b\n\r\n"), HTTPFLOW_BAD, "without CR" },
	{ "a folded trailer", ROW(POST HOST TE "chunked\r\n" END), ROW("0\r\nA: b\r\n c\r\n\r\n"), HTTPFLOW_BAD, "folded" },

	{ "WebSocket", ROW(GET HOST UP "websocket\r\n" END), ROW("\x81\x05hello"), HTTPFLOW_UPGRADE, NULL },
	{ "WebSocket, a list in Connection", ROW(GET HOST "Connection: keep-alive, Upgrade\r\nUpgrade: WebSocket\r\n" END), ROW(""), HTTPFLOW_UPGRADE, NULL },
	{ "WebSocket, the next request waits", ROW(GET HOST UP "websocket\r\n" END), ROW(OK), HTTPFLOW_UPGRADE, NULL },
	{ "Upgrade without Connection", ROW(GET HOST "Upgrade: websocket\r\n" END OK), ROW(""), HTTPFLOW_HEAD, NULL },
	{ "WebSocket in HTTP/1.0", ROW("GET / HTTP/1.0\r\n" HOST UP "websocket\r\n" END OK), ROW(""), HTTPFLOW_HEAD, NULL },
	{ "WebSocket by POST", ROW(POST HOST UP "websocket\r\n" END OK), ROW(""), HTTPFLOW_HEAD, NULL },
	{ "WebSocket with a body", ROW(GET HOST UP "websocket\r\n" CL "2\r\n" END "ab" OK), ROW(""), HTTPFLOW_HEAD, NULL },
	{ "WebSocket or h2c", ROW(GET HOST UP "websocket, h2c\r\n" END), ROW("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), HTTPFLOW_BAD, "not HTTP/1" },
	{ "WebSocket or h2c in two fields", ROW(GET HOST UP "websocket\r\nUpgrade: h2c\r\n" END), ROW("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), HTTPFLOW_BAD, "not HTTP/1" },
	{ "h2c passes as HTTP/1", ROW(POST HOST "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAEAAEAA\r\n" CL "2\r\n" END "ab" OK), ROW(""), HTTPFLOW_HEAD, NULL },
	{ "h2c that takes place", ROW(GET HOST UP "h2c\r\n" END), ROW("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), HTTPFLOW_BAD, "not HTTP/1" },
	{ "an unknown protocol", ROW(GET HOST UP "tcp\r\n" END), ROW("\1\2\3"), HTTPFLOW_BAD, "control character" },
};
/* clang-format on */

/* As the caller does: what isn't taken is given again with step bytes more. */
static size_t feed(struct httpflow *f, const char *bytes, size_t len,
		   size_t step)
{
	size_t sent = 0, have = 0;

	while (have < len) {
		have = len - have < step ? len : have + step;
		for (;;) {
			char *copy = malloc(have - sent + 1);
			ptrdiff_t n;

			assert_non_null(copy);
			memcpy(copy, bytes + sent, have - sent);
			n = httpflow_take(f, copy, have - sent);
			free(copy);
			if (n < 0)
				return sent;
			assert_in_range(n, 0, have - sent);
			sent += (size_t)n;
			if (n == 0)
				break;
		}
	}
	return sent;
}

static void check(size_t i, size_t step)
{
	size_t len = rows[i].passes_len + rows[i].rest_len, sent;
	char *all = malloc(len + 1);
	struct httpflow f;

	assert_non_null(all);
	memcpy(all, rows[i].passes, rows[i].passes_len);
	memcpy(all + rows[i].passes_len, rows[i].rest, rows[i].rest_len);
	httpflow_init(&f, "example.org", 80);
	sent = feed(&f, all, len, step);
	free(all);
	if (sent != rows[i].passes_len || f.state != rows[i].state)
		fail_msg("%s: by %zu: %zu bytes, state %d", rows[i].label, step,
			 sent, (int)f.state);
	if ((f.why != NULL) != (rows[i].why != NULL) ||
	    (f.why && !strstr(f.why, rows[i].why)))
		fail_msg("%s: by %zu: %s", rows[i].label, step, f.why);
	if (f.state == HTTPFLOW_BAD)
		assert_int_equal(httpflow_take(&f, OK, sizeof(OK) - 1), -1);
}

static void test_rows(void **state)
{
	static const size_t steps[] = {SIZE_MAX, 1, 2, 7, 40};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		for (size_t k = 0; k < ARRAY_SIZE(steps); k++)
			check(i, steps[k]);
}

/* The caller says that no other protocol came of it. */
static void test_no_upgrade(void **state)
{
	static const char first[] = GET HOST UP "websocket\r\n" END;
	struct httpflow f;

	(void)state;
	httpflow_init(&f, "example.org", 80);
	assert_int_equal(feed(&f, first, sizeof(first) - 1, SIZE_MAX),
			 sizeof(first) - 1);
	assert_int_equal(httpflow_take(&f, OK, sizeof(OK) - 1), 0);
	f.state = HTTPFLOW_HEAD;
	assert_int_equal(httpflow_take(&f, OK, sizeof(OK) - 1), sizeof(OK) - 1);
	assert_int_equal(httpflow_take(&f, "\x81\x05", 2), -1);
}

static void test_other_port(void **state)
{
	static const char with[] = GET "Host: example.org:8080\r\n" END;
	struct httpflow f;

	(void)state;
	httpflow_init(&f, "example.org", 8080);
	assert_int_equal(httpflow_take(&f, with, sizeof(with) - 1),
			 sizeof(with) - 1);
	assert_int_equal(httpflow_take(&f, OK, sizeof(OK) - 1), -1);
}

/* A head of n bytes. */
static char *long_head(size_t n)
{
	static const char head[] = GET HOST "A: ";
	char *buf = malloc(n + 1);

	assert_non_null(buf);
	memset(buf, 'x', n);
	memcpy(buf, head, sizeof(head) - 1);
	memcpy(buf + n - 4, "\r\n\r\n", 5);
	return buf;
}

static void test_long(void **state)
{
	static const size_t steps[] = {SIZE_MAX, 4096};
	char *fits = long_head(HTTP_HEAD_MAX);
	char *more = long_head(HTTP_HEAD_MAX + 1);

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(steps); i++) {
		struct httpflow f;

		httpflow_init(&f, "example.org", 80);
		assert_int_equal(feed(&f, fits, HTTP_HEAD_MAX, steps[i]),
				 HTTP_HEAD_MAX);
		httpflow_init(&f, "example.org", 80);
		assert_int_equal(feed(&f, more, HTTP_HEAD_MAX + 1, steps[i]),
				 0);
		assert_int_equal(f.state, HTTPFLOW_BAD);
	}
	free(fits);
	free(more);
}

static void test_many_fields(void **state)
{
	static const char first[] = GET HOST;
	char buf[sizeof(first) + 6 * HTTP_HEADERS_MAX + 2];

	(void)state;
	for (size_t extra = HTTP_HEADERS_MAX - 1; extra <= HTTP_HEADERS_MAX;
	     extra++) {
		size_t n = sizeof(first) - 1;
		struct httpflow f;

		memcpy(buf, first, n);
		for (size_t i = 0; i < extra; i++, n += 6)
			memcpy(buf + n, "A: b\r\n", 6);
		memcpy(buf + n, "\r\n", 2);
		httpflow_init(&f, "example.org", 80);
		assert_int_equal(httpflow_take(&f, buf, n + 2),
				 extra < HTTP_HEADERS_MAX ? (ptrdiff_t)n + 2
							  : -1);
	}
}

/* clang-format off */
static const struct {
	const char *label, *head;
	int result;
	unsigned status;
	bool has_length, is_chunked, wants_close, wants_upgrade;
	uint64_t length;
} answers[] = {
	{ "200", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", 1, 200, true, false, false, false, 5 },
	{ "no reason", "HTTP/1.1 200\r\n\r\n", 1, 200, false, false, false, false, 0 },
	{ "an empty reason", "HTTP/1.0 204 \r\n\r\n", 1, 204, false, false, true, false, 0 },
	{ "chunked", "HTTP/1.1 404 Not Found\r\nTransfer-Encoding: chunked\r\nConnection: Close\r\n\r\n", 1, 404, false, true, true, false, 0 },
	{ "keep-alive in 1.0", "HTTP/1.0 200 OK\r\nConnection: keep-alive\r\n\r\n", 1, 200, false, false, false, false, 0 },
	{ "101", "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: upgrade\r\n\r\n", 1, 101, false, false, false, true, 0 },
	{ "not whole", "HTTP/1.1 200 OK\r\n", 0, 0, false, false, false, false, 0 },
	{ "a request", "GET / HTTP/1.1\r\n\r\n", -1, 0, false, false, false, false, 0 },
	{ "two digits", "HTTP/1.1 20 OK\r\n\r\n", -1, 0, false, false, false, false, 0 },
	{ "four digits", "HTTP/1.1 2000 OK\r\n\r\n", -1, 0, false, false, false, false, 0 },
	{ "status 099", "HTTP/1.1 099 X\r\n\r\n", -1, 0, false, false, false, false, 0 },
	{ "HTTP/2", "HTTP/2 200 OK\r\n\r\n", -1, 0, false, false, false, false, 0 },
	{ "HTTP/2.0", "HTTP/2.0 200 OK\r\n\r\n", -1, 0, false, false, false, false, 0 },
	{ "ICY", "ICY 200 OK\r\n\r\n", -1, 0, false, false, false, false, 0 },
	{ "both lengths", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n", -1, 0, false, false, false, false, 0 },
};
/* clang-format on */

static void test_answers(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(answers); i++) {
		const char *why = NULL;
		struct http_head h;
		int result = http_head_parse(answers[i].head,
					     strlen(answers[i].head), false, &h,
					     &why);

		if (result != answers[i].result)
			fail_msg("%s: %d", answers[i].label, result);
		assert_int_equal(why != NULL, result < 0);
		if (result < 1)
			continue;
		assert_int_equal(h.len, strlen(answers[i].head));
		assert_int_equal(h.status, answers[i].status);
		assert_int_equal(h.has_length, answers[i].has_length);
		assert_int_equal(h.is_chunked, answers[i].is_chunked);
		assert_int_equal(h.wants_close, answers[i].wants_close);
		assert_int_equal(h.wants_upgrade, answers[i].wants_upgrade);
		assert_int_equal(h.length, answers[i].length);
	}
}

static void test_head(void **state)
{
	static const char text[] = "PUT /a?b HTTP/1.1\r\nA:  x y\t\r\nB:\r\n"
				   "a: z\r\n\r\nrest";
	const struct http_field *f;
	const char *why = NULL;
	struct http_head h;

	(void)state;
	assert_int_equal(
		http_head_parse(text, sizeof(text) - 1, true, &h, &why), 1);
	assert_int_equal(h.len, sizeof(text) - 1 - 4);
	assert_true(http_is(h.method, h.method_len, "PUT"));
	assert_true(http_is(h.target, h.target_len, "/a?b"));
	assert_int_equal(h.minor, 1);
	assert_int_equal(h.nfields, 3);
	f = http_head_field(&h, "a");
	assert_non_null(f);
	assert_true(http_is(f->value, f->value_len, "x y"));
	f = http_head_field(&h, "B");
	assert_non_null(f);
	assert_int_equal(f->value_len, 0);
	assert_null(http_head_field(&h, "C"));
	assert_true(http_head_lists(&h, "A", "z"));
	assert_false(http_head_lists(&h, "A", "x"));
	assert_false(http_head_lists(&h, "B", ""));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_no_upgrade),
		cmocka_unit_test(test_other_port),
		cmocka_unit_test(test_long),
		cmocka_unit_test(test_many_fields),
		cmocka_unit_test(test_answers),
		cmocka_unit_test(test_head),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
