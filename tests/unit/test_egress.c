/* SPDX-License-Identifier: MIT */
/* The network policy: its grammar, what it decides, what follows for pid 1. */
#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "sbox/cleanup.h"
#include "sbox/diag.h"
#include "sbox/egress.h"
#include "sbox/json.h"

static const char *const verdicts[] = {
	[EGRESS_ALLOWED] = "allowed",
	[EGRESS_DENIED] = "denied",
	[EGRESS_UNLISTED] = "unlisted",
	[EGRESS_ASKED] = "asked",
};
_Static_assert(ARRAY_SIZE(verdicts) == EGRESS_VERDICT__COUNT, "all");

static int parse(const char *text, struct egress *e, struct diag *d)
{
	struct json_doc doc;
	int rc;

	if (json_parse("net", text, strlen(text), &doc, d))
		fail_msg("%s: %s", text, d->text);
	rc = egress_parse(doc.root, e, d);
	json_free(&doc);
	return rc;
}

static struct egress must_parse(const char *text)
{
	struct diag d = {.text = ""};
	struct egress e;

	if (parse(text, &e, &d))
		fail_msg("%s: %s", text, d.text);
	return e;
}

static struct in6_addr address(const char *text)
{
	struct in6_addr a = {.s6_addr = {[10] = 0xff, [11] = 0xff}};

	if (inet_pton(AF_INET, text, &a.s6_addr[12]) == 1)
		return a;
	if (inet_pton(AF_INET6, text, &a) != 1)
		fail_msg("%s: no address", text);
	return a;
}

/* clang-format off */
static const struct {
	const char *label, *text;
	const char *expected; /* as show_rule() writes it; NULL: refused */
	const char *why;      /* part of the message or the hint then */
} rule_rows[] = {
	{ "name", "api.example.org", "port api.example.org 443 80", NULL },
	{ "beneath", "*.Example.org", "port *.example.org 443 80", NULL },
	{ "within", ".Example.org", "port .example.org 443 80", NULL },
	{ "within, a port", ".example.org:22", "port .example.org 22", NULL },
	{ "within an address", ".1.2.3.4", NULL, "not an IPv4 address" },
	{ "any", "*", "port * 443 80", NULL },
	{ "port", "db.example.org:5432", "port db.example.org 5432", NULL },
	{ "ports", "a.org:1,22,65535", "port a.org 1 22 65535", NULL },
	{ "ranges", "a.org:8000-8010,9", "port a.org 8000-8010 9", NULL },
	{ "any, a port", "*:22", "port * 22", NULL },
	{ "trailing dot and port", "a.org.:22", "port a.org 22", NULL },
	{ "unchecked", "tcp:a.org:443", "none a.org 443", NULL },
	{ "a host called tcp", "tcp", "port tcp 443 80", NULL },
	{ "IPv4", "192.0.2.7", "none ::ffff:192.0.2.7/128 443 80", NULL },
	{ "IPv4, port", "192.0.2.7:25", "none ::ffff:192.0.2.7/128 25", NULL },
	{ "IPv4 network", "192.168.0.0/16:22", "none ::ffff:192.168.0.0/112 22", NULL },
	{ "unchecked IPv4", "tcp:192.0.2.7:25", "none ::ffff:192.0.2.7/128 25", NULL },
	{ "IPv6", "[2001:db8::1]", "none 2001:db8::1/128 443 80", NULL },
	{ "IPv6, port", "[2001:DB8::1]:22", "none 2001:db8::1/128 22", NULL },
	{ "IPv6 network", "[2001:db8::]/32:22", "none 2001:db8::/32 22", NULL },
	{ "empty", "", NULL, "an empty name" },
	{ "port alone", ":443", NULL, "an empty name" },
	{ "empty port", "a.org:", NULL, "port" },
	{ "port 0", "a.org:0", NULL, "port" },
	{ "port 65536", "a.org:65536", NULL, "port" },
	{ "signed port", "a.org:+1", NULL, "port" },
	{ "blank before the port", "a.org: 1", NULL, "port" },
	{ "hexadecimal port", "a.org:0x50", NULL, "port" },
	{ "service's name", "a.org:https", NULL, "port" },
	{ "trailing comma", "a.org:443,", NULL, "port" },
	{ "two commas", "a.org:443,,80", NULL, "port" },
	{ "backward range", "a.org:90-80", NULL, "the greater" },
	{ "open range", "a.org:90-", NULL, "port" },
	{ "range to the left", "a.org:-90", NULL, "port" },
	{ "three ends", "a.org:1-2-3", NULL, "port" },
	{ "tcp without a port", "tcp:a.org", NULL, "needs a port" },
	{ "tcp alone", "tcp:", NULL, "an empty name" },
	{ "TCP", "TCP:a.org:22", NULL, "more than one colon" },
	{ "udp", "udp:a.org:53", NULL, "more than one colon" },
	{ "URL", "https://a.org", NULL, "no https://" },
	{ "URL with a port", "https://a.org:443/x", NULL, "no https://" },
	{ "path", "a.org/x", NULL, "no path" },
	{ "path behind a port", "a.org:443/x", NULL, "port" },
	{ "userinfo", "u@a.org", NULL, "no user" },
	{ "userinfo with password", "u:p@a.org", NULL, "port" },
	{ "bare IPv6", "2001:db8::1", NULL, "brackets" },
	{ "bare ::1", "::1", NULL, "brackets" },
	{ "name in brackets", "[a.org]:443", NULL, "not an IPv6 address" },
	{ "IPv4 in brackets", "[192.0.2.1]", NULL, "not an IPv6 address" },
	{ "zone", "[fe80::1%eth0]", NULL, "not an IPv6 address" },
	{ "no closing bracket", "[2001:db8::1", NULL, "no \"]\"" },
	{ "text behind the bracket", "[2001:db8::1]x", NULL, "neither" },
	{ "prefix in the brackets", "[2001:db8::/32]", NULL, "not an IPv6 address" },
	{ "mapped", "[::ffff:10.0.0.1]", NULL, "in disguise" },
	{ "mapped, in hexadecimal", "[::ffff:a00:1]", NULL, "in disguise" },
	{ "octal", "0177.0.0.1", NULL, "no zeros" },
	{ "shortened", "127.1", NULL, "not an IPv4 address" },
	{ "one number", "2130706433", NULL, "not an IPv4 address" },
	{ "hexadecimal", "0x7f000001", NULL, "an address" },
	{ "five parts", "1.2.3.4.5", NULL, "not an IPv4 address" },
	{ "address with a dot", "192.0.2.7.", NULL, "not an IPv4 address" },
	{ "too many bits", "192.0.2.0/33", NULL, "prefix" },
	{ "too many IPv6 bits", "[2001:db8::]/129", NULL, "prefix" },
	{ "no bits", "192.0.2.0/", NULL, "prefix" },
	{ "a mask", "192.0.2.0/255.255.255.0", NULL, "prefix" },
	{ "bits behind the prefix", "192.0.2.1/24", NULL, "behind its prefix" },
	{ "IPv6 bits behind it", "[2001:db8::1]/64", NULL, "behind its prefix" },
	{ "star in a port", "a.org:*", NULL, "port" },
	{ "newline", "a.org\n", NULL, "no host name holds" },
	{ "NUL's escape", "a.org%00", NULL, "no host name holds" },
};

static const struct {
	const char *label, *net;
	const char *why; /* NULL: fine */
} net_rows[] = {
	{ "nothing", "{}", NULL },
	{ "everything", "{\"allow\":[\"a.org\"],\"deny\":[\"b.org\"],\"ports\":[1,\"2:3\"],"
	  "\"publish\":[4,\"5:6\",\"auto:7\"],\"via\":\"direct\",\"services\":[],\"limits\":{}}", NULL },
	{ "not an object", "[]", "expected an object" },
	{ "unknown key", "{\"alow\":[]}", "alow: unknown key" },
	{ "the mode isn't the gateway's", "{\"mode\":\"filtered\"}", "unknown key" },
	{ "case", "{\"Allow\":[]}", "unknown key" },
	{ "allow isn't a list", "{\"allow\":\"a.org\"}", "allow: expected a list" },
	{ "allow null", "{\"allow\":null}", "allow: expected a list" },
	{ "a number to allow", "{\"allow\":[443]}", "allow: [0]: expected a string" },
	{ "the second entry", "{\"allow\":[\"a.org\",\"b..org\"]}", "allow: [1]: b..org" },
	{ "localhost", "{\"allow\":[\"localhost:80\"]}", "never looked up" },
	{ "beneath localhost", "{\"allow\":[\"a.localhost\"]}", "never looked up" },
	{ "*.localhost", "{\"allow\":[\"*.localhost\"]}", "never looked up" },
	{ ".localhost", "{\"allow\":[\".localhost\"]}", "never looked up" },
	{ "mDNS", "{\"allow\":[\"printer.local\"]}", "never looked up" },
	{ "metadata by name", "{\"allow\":[\"metadata.google.internal\"]}", "never looked up" },
	{ "a name that ends alike", "{\"allow\":[\"mylocal\",\"a.notlocal\"]}", NULL },
	{ "onion without Tor", "{\"allow\":[\"abc.onion\"]}", "only Tor" },
	{ "onion by another proxy", "{\"allow\":[\"abc.onion\"],\"via\":\"socks5h://127.0.0.1:9050\"}", "only Tor" },
	{ "onion", "{\"allow\":[\"abc.onion\"],\"via\":\"tor\"}", NULL },
	{ "onion, Tor said first", "{\"via\":\"tor\",\"allow\":[\"*.onion\"]}", NULL },
	{ "an address denied where none is seen", "{\"allow\":[\"a.org\"],\"deny\":[\"10.0.0.0/8\"],\"via\":\"socks5h://127.0.0.1:9050\"}", "could lead there" },
	{ "a service's address", "{\"via\":\"tor\",\"deny\":[\"[fc00::]/7\"],\"services\":[{\"port\":1,\"origin\":\"https://a.org\"}]}", "could lead there" },
	{ "the same by Tor", "{\"via\":\"tor\",\"deny\":[\"[fc00::]/7\"],\"allow\":[\"*\"]}", "could lead there" },
	{ "a name denied by SOCKS", "{\"allow\":[\"*\"],\"deny\":[\"a.org\"],\"via\":\"tor\"}", NULL },
	{ "addresses alone by SOCKS", "{\"allow\":[\"10.0.0.0/8\"],\"deny\":[\"10.0.0.1\"],\"via\":\"socks5h://127.0.0.1:9050\"}", NULL },
	{ "an address denied, direct", "{\"allow\":[\"a.org\"],\"deny\":[\"10.0.0.0/8\"]}", NULL },
	{ "localhost by Tor", "{\"via\":\"tor\",\"allow\":[\"localhost\"]}", "never looked up" },
	{ "loopback", "{\"allow\":[\"127.0.0.1:80\"]}", "loopback" },
	{ "within loopback", "{\"allow\":[\"127.9.0.0/16\"]}", "loopback" },
	{ "IPv6 loopback", "{\"allow\":[\"[::1]\"]}", "loopback" },
	{ "around IPv6 loopback", "{\"allow\":[\"[::]/64\"]}", "loopback" },
	{ "unspecified", "{\"allow\":[\"0.0.0.0\"]}", "this network" },
	{ "everywhere", "{\"allow\":[\"0.0.0.0/0\"]}", "never allowed" },
	{ "IPv6 everywhere", "{\"allow\":[\"[::]/0\"]}", "never allowed" },
	{ "half of everything", "{\"allow\":[\"64.0.0.0/2\"]}", "never allowed" },
	{ "too wide", "{\"allow\":[\"8.0.0.0/7\"]}", "wider than /8" },
	{ "wide", "{\"allow\":[\"10.0.0.0/8\"]}", NULL },
	{ "IPv6 too wide", "{\"allow\":[\"[2000::]/3\"]}", "wider than /32" },
	{ "IPv6 wide", "{\"allow\":[\"[2001:db8::]/32\"]}", NULL },
	{ "our pool", "{\"allow\":[\"198.19.0.1\"]}", "put inside" },
	{ "around our pool", "{\"allow\":[\"198.0.0.0/8\"]}", "put inside" },
	{ "multicast", "{\"allow\":[\"224.0.0.1\"]}", "multicast" },
	{ "IPv6 multicast", "{\"allow\":[\"[ff02::1]\"]}", "multicast" },
	{ "broadcast", "{\"allow\":[\"255.255.255.255\"]}", "reserved" },
	{ "IPv6 link-local", "{\"allow\":[\"[fe80::1]\"]}", "an interface" },
	{ "deny everywhere", "{\"deny\":[\"0.0.0.0/0\",\"[::]/0\",\"*\",\"localhost\"]}", NULL },
	{ "deny with tcp", "{\"deny\":[\"tcp:a.org:22\"]}", "denies" },
	{ "port 0", "{\"ports\":[0]}", "ports: [0]: 0" },
	{ "port 70000", "{\"ports\":[70000]}", "ports: [0]: 70000" },
	{ "port 1.5", "{\"ports\":[1.5]}", "ports: [0]: expected a string" },
	{ "negative port", "{\"ports\":[-1]}", "ports: [0]: expected a string" },
	{ "no port inside", "{\"ports\":[\":80\"]}", "ports: [0]: :80" },
	{ "three ports", "{\"ports\":[\"1:2:3\"]}", "ports: [0]: 1:2:3" },
	{ "auto is to publish", "{\"ports\":[\"auto:80\"]}", "ports: [0]: auto:80" },
	{ "an address to publish on", "{\"publish\":[\"0.0.0.0:80\"]}", "publish: [0]: 0.0.0.0:80" },
	{ "auto alone", "{\"publish\":[\"auto\"]}", "publish: [0]: auto" },
	{ "auto and nothing", "{\"publish\":[\"auto:\"]}", "publish: [0]: auto:" },
	{ "AUTO", "{\"publish\":[\"AUTO:3000\"]}", "publish: [0]: AUTO:3000" },
	{ "published twice", "{\"publish\":[3000,\"3000:4000\"]}", "published twice" },
	{ "the same twice", "{\"publish\":[3000,\"3000:3000\"],\"ports\":[1,1]}", NULL },
	{ "auto several times", "{\"publish\":[\"auto:3000\",\"auto:3001\"]}", NULL },
	{ "via nothing", "{\"via\":\"\"}", "no such way out" },
	{ "via SOCKS with names looked up here", "{\"via\":\"socks5://127.0.0.1:9050\"}", "no such way out" },
	{ "via HTTP", "{\"via\":\"http://127.0.0.1:3128\"}", "no such way out" },
	{ "via without a port", "{\"via\":\"socks5h://127.0.0.1\"}", "expected HOST:PORT" },
	{ "via with a path", "{\"via\":\"socks5h://127.0.0.1:9050/\"}", "port" },
	{ "via with a user", "{\"via\":\"socks5h://u:p@127.0.0.1:9050\"}", "via: " },
	{ "via bare IPv6", "{\"via\":\"socks5h://::1:9050\"}", "via: " },
	{ "via a network", "{\"via\":\"socks5h://10.0.0.0/8:9050\"}", "expected HOST:PORT" },
	{ "via a number", "{\"via\":\"socks5h://2130706433:9050\"}", "not an IPv4 address" },
	{ "limits", "{\"limits\":{\"connections\":5,\"bytes\":\"2G\",\"idle\":\"1h\",\"connect\":10}}", NULL },
	{ "no limits", "{\"limits\":{\"connections\":null,\"bytes\":null,\"idle\":null,\"connect\":null}}", NULL },
	{ "zero connections", "{\"limits\":{\"connections\":0}}", "limits: connections: " },
	{ "zero bytes", "{\"limits\":{\"bytes\":0}}", "limits: bytes: zero" },
	{ "zero idle", "{\"limits\":{\"idle\":0}}", "limits: idle: " },
	{ "a limit's unknown key", "{\"limits\":{\"conections\":1}}", "limits: conections: unknown" },
	{ "a limit that is true", "{\"limits\":{\"bytes\":true}}", "limits: bytes: expected" },
};

#define SERVICE(rest) "{\"services\":[{\"port\":8081,\"origin\":\"https://a.org\"" rest "}]}"
#define HEADER(name, rest) SERVICE(",\"headers\":{\"" name "\":{" rest "}}")

static const struct {
	const char *label, *net, *why;
} service_rows[] = {
	{ "plain", SERVICE(""), NULL },
	{ "header from a file", HEADER("authorization", "\"prefix\":\"Bearer \",\"file\":\"/k\""), NULL },
	{ "from a variable", HEADER("x-api-key", "\"env\":\"KEY\""), NULL },
	{ "from a command", HEADER("x-api-key", "\"command\":\"pass show key\""), NULL },
	{ "pin", SERVICE(",\"pinSha256\":\"47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\""), NULL },
	{ "CA", SERVICE(",\"ca\":\"/etc/ssl/x.pem\""), NULL },
	{ "not a list", "{\"services\":{}}", "services: expected a list" },
	{ "not an object", "{\"services\":[1]}", "services: [0]: expected an object" },
	{ "no port", "{\"services\":[{\"origin\":\"https://a.org\"}]}", "are needed" },
	{ "no origin", "{\"services\":[{\"port\":1}]}", "are needed" },
	{ "port as text", "{\"services\":[{\"port\":\"1\"}]}", "port: expected" },
	{ "port 0", "{\"services\":[{\"port\":0}]}", "port: expected" },
	{ "the same port twice", "{\"services\":[{\"port\":1,\"origin\":\"https://a.org\"},"
	  "{\"port\":1,\"origin\":\"https://b.org\"}]}", "another service's" },
	{ "an onion without Tor", "{\"services\":[{\"port\":1,\"origin\":\"https://a.onion\"}]}", "services: a.onion: only Tor" },
	{ "localhost", "{\"services\":[{\"port\":1,\"origin\":\"https://localhost:8443\"}]}", "localhost: the sandbox itself" },
	{ "plain HTTP", "{\"services\":[{\"port\":1,\"origin\":\"http://a.org\"}]}", "not an HTTPS origin" },
	{ "a path", "{\"services\":[{\"port\":1,\"origin\":\"https://a.org/\"}]}", "not a host name" },
	{ "an address", "{\"services\":[{\"port\":1,\"origin\":\"https://10.0.0.1\"}]}", "an address" },
	{ "a user", "{\"services\":[{\"port\":1,\"origin\":\"https://u@a.org\"}]}", "not a host name" },
	{ "a pattern", "{\"services\":[{\"port\":1,\"origin\":\"https://*.a.org\"}]}", "in front only" },
	{ "unknown key", SERVICE(",\"pin\":\"x\""), "pin: unknown key" },
	{ "relative CA", SERVICE(",\"ca\":\"x.pem\""), "not an absolute path" },
	{ "CA with dots", SERVICE(",\"ca\":\"/a/../x.pem\""), "\"..\"" },
	{ "short pin", SERVICE(",\"pinSha256\":\"AAAA\""), "pinSha256: not a SHA-256" },
	{ "pin with bits to spare", SERVICE(",\"pinSha256\":\"47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFV=\""), "not a SHA-256" },
	{ "pin in hexadecimal", SERVICE(",\"pinSha256\":\"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b\""), "not a SHA-256" },
	{ "no secret", HEADER("x-api-key", ""), "expected one of" },
	{ "two secrets", HEADER("x-api-key", "\"env\":\"A\",\"file\":\"/k\""), "expected one of" },
	{ "header isn't an object", SERVICE(",\"headers\":{\"x\":\"secret\"}"), "x: expected an object" },
	{ "header's unknown key", HEADER("x", "\"value\":\"secret\""), "value: unknown key" },
	{ "relative file", HEADER("x", "\"file\":\"k\""), "not an absolute path" },
	{ "empty variable", HEADER("x", "\"env\":\"\""), "env: expected a string" },
	{ "newline in a prefix", HEADER("x", "\"prefix\":\"a\\n\",\"env\":\"A\""), "prefix: " },
	{ "UTF-8 in a prefix", HEADER("x", "\"prefix\":\"\xc3\xbc\",\"env\":\"A\""), "prefix: " },
	{ "empty name", HEADER("", "\"env\":\"A\""), "not the name of a header" },
	{ "name with a colon", HEADER("x:y", "\"env\":\"A\""), "not the name of a header" },
	{ "name with a blank", HEADER("x y", "\"env\":\"A\""), "not the name of a header" },
	{ "Host", HEADER("Host", "\"env\":\"A\""), "can't be set" },
	{ "framing", HEADER("Content-Length", "\"env\":\"A\""), "can't be set" },
	{ "framing, otherwise", HEADER("transfer-encoding", "\"env\":\"A\""), "can't be set" },
	{ "hop by hop", HEADER("Connection", "\"env\":\"A\""), "can't be set" },
	{ "twice, in another case", SERVICE(",\"headers\":{\"x\":{\"env\":\"A\"},\"X\":{\"env\":\"A\"}}"), "given twice" },
};

static const struct {
	const char *label, *text, *host;
	unsigned port;
	bool tor;
} via_rows[] = {
	{ "tor", "tor", "127.0.0.1", 9050, true },
	{ "tor elsewhere", "tor://[::1]:9150", "::1", 9150, true },
	{ "name", "socks5h://Proxy.Example:1080", "proxy.example", 1080, false },
	{ "localhost", "socks5h://localhost:1080", "localhost", 1080, false },
	{ "IPv4", "socks5h://10.0.0.1:1080", "10.0.0.1", 1080, false },
	{ "IPv6", "socks5h://[2001:DB8::1]:1080", "2001:db8::1", 1080, false },
};

#define NET_NAMES "{\"allow\":[\"a.org\",\"*.b.org\",\"tcp:git.b.org:443\",\"c.org:22,8000-8002\"," \
	"\"*:8443\",\"host:1\"],\"deny\":[\"bad.b.org\",\"a.org:80\",\"*.bad.org\"]}"
#define NET_WITHIN "{\"allow\":[\".a.org\",\".b.org\"],\"deny\":[\".b.org\"]}"
#define NET_ANY "{\"allow\":[\"*\"]}"
#define NET_TOR "{\"allow\":[\"*\"],\"via\":\"tor\"}"

static const struct {
	const char *label, *net, *name;
	uint16_t port; /* 0: the look-up */
	enum egress_verdict expected;
	const char *rule; /* NULL: none decided */
	enum egress_check check;
} name_rows[] = {
	{ "nothing listed", "{}", "a.org", 443, EGRESS_UNLISTED, NULL, 0 },
	{ "nothing listed, look-up", "{}", "a.org", 0, EGRESS_UNLISTED, NULL, 0 },
	{ "empty list", "{\"allow\":[]}", "a.org", 443, EGRESS_UNLISTED, NULL, 0 },
	{ "allowed", NET_NAMES, "a.org", 443, EGRESS_ALLOWED, "a.org", EGRESS_CHECK_PORT },
	{ "allowed, look-up", NET_NAMES, "a.org", 0, EGRESS_ALLOWED, "a.org", 0 },
	{ "another port", NET_NAMES, "a.org", 22, EGRESS_UNLISTED, NULL, 0 },
	{ "denied port", NET_NAMES, "a.org", 80, EGRESS_DENIED, "a.org:80", 0 },
	{ "beneath", NET_NAMES, "x.y.b.org", 443, EGRESS_ALLOWED, "*.b.org", EGRESS_CHECK_PORT },
	{ "the apex", NET_NAMES, "b.org", 443, EGRESS_UNLISTED, NULL, 0 },
	{ "the apex by *", NET_NAMES, "b.org", 8443, EGRESS_ALLOWED, "*:8443", EGRESS_CHECK_PORT },
	{ "within", NET_WITHIN, "x.a.org", 443, EGRESS_ALLOWED, ".a.org", EGRESS_CHECK_PORT },
	{ "within, the apex", NET_WITHIN, "a.org", 443, EGRESS_ALLOWED, ".a.org", EGRESS_CHECK_PORT },
	{ "deny within", NET_WITHIN, "x.b.org", 443, EGRESS_DENIED, ".b.org", 0 },
	{ "deny within, the apex", NET_WITHIN, "b.org", 443, EGRESS_DENIED, ".b.org", 0 },
	{ "deny wins", NET_NAMES, "bad.b.org", 443, EGRESS_DENIED, "bad.b.org", 0 },
	{ "deny without ports is all of them", NET_NAMES, "bad.b.org", 8443, EGRESS_DENIED, "bad.b.org", 0 },
	{ "denied, look-up", NET_NAMES, "bad.b.org", 0, EGRESS_DENIED, "bad.b.org", 0 },
	{ "deny beneath", NET_NAMES, "x.bad.org", 8443, EGRESS_DENIED, "*.bad.org", 0 },
	{ "tcp decides about the check", NET_NAMES, "git.b.org", 443, EGRESS_ALLOWED, "tcp:git.b.org:443", EGRESS_CHECK_NONE },
	{ "tcp, another port", NET_NAMES, "git.b.org", 80, EGRESS_ALLOWED, "*.b.org", EGRESS_CHECK_PORT },
	{ "end of a range", NET_NAMES, "c.org", 8002, EGRESS_ALLOWED, "c.org:22,8000-8002", EGRESS_CHECK_PORT },
	{ "behind a range", NET_NAMES, "c.org", 8003, EGRESS_UNLISTED, NULL, 0 },
	{ "no default beside ports", NET_NAMES, "c.org", 443, EGRESS_UNLISTED, NULL, 0 },
	{ "one label, exact", NET_NAMES, "host", 1, EGRESS_ALLOWED, "host:1", EGRESS_CHECK_PORT },
	{ "one label, any", NET_ANY, "wpad", 80, EGRESS_UNLISTED, NULL, 0 },
	{ "one label, look-up", NET_ANY, "wpad", 0, EGRESS_UNLISTED, NULL, 0 },
	{ "any", NET_ANY, "x.org", 443, EGRESS_ALLOWED, "*", EGRESS_CHECK_PORT },
	{ "any isn't any port", NET_ANY, "x.org", 22, EGRESS_UNLISTED, NULL, 0 },
	{ "localhost by any", NET_ANY, "localhost", 80, EGRESS_UNLISTED, NULL, 0 },
	{ "beneath localhost", NET_ANY, "a.localhost", 80, EGRESS_UNLISTED, NULL, 0 },
	{ "denied, though local", "{\"deny\":[\"api.internal\"]}", "api.internal", 443, EGRESS_DENIED, "api.internal", 0 },
	{ "mDNS by any", NET_ANY, "printer.local", 80, EGRESS_UNLISTED, NULL, 0 },
	{ "metadata by any", NET_ANY, "metadata.google.internal", 80, EGRESS_UNLISTED, NULL, 0 },
	{ "onion without Tor", NET_ANY, "abc.onion", 80, EGRESS_UNLISTED, NULL, 0 },
	{ "onion", NET_TOR, "abc.onion", 80, EGRESS_ALLOWED, "*", EGRESS_CHECK_PORT },
	{ "internal by Tor", NET_TOR, "a.internal", 80, EGRESS_UNLISTED, NULL, 0 },
};

#define NET_PREFIX "{\"allow\":[\"*\",\"10.0.0.0/8:22\",\"192.0.2.1\",\"[2001:db8::]/32:22\"," \
	"\"[64:ff9b::]/96:22\",\"[2002:a00:1::1]:23\"],\"deny\":[\"10.6.6.0/24\",\"8.8.8.8\"]}"

static const struct {
	const char *label, *net, *addr;
	uint16_t port;
	enum egress_verdict expected;
} address_rows[] = {
	{ "a name's rule is no address's", NET_ANY, "93.184.216.34", 443, EGRESS_UNLISTED },
	{ "within", NET_PREFIX, "10.1.2.3", 22, EGRESS_ALLOWED },
	{ "within, another port", NET_PREFIX, "10.1.2.3", 443, EGRESS_UNLISTED },
	{ "beside", NET_PREFIX, "11.0.0.0", 22, EGRESS_UNLISTED },
	{ "exact", NET_PREFIX, "192.0.2.1", 443, EGRESS_ALLOWED },
	{ "next to it", NET_PREFIX, "192.0.2.0", 443, EGRESS_UNLISTED },
	{ "denied", NET_PREFIX, "10.6.6.1", 22, EGRESS_DENIED },
	{ "IPv6", NET_PREFIX, "2001:db8:ffff::1", 22, EGRESS_ALLOWED },
	{ "IPv6 beside", NET_PREFIX, "2001:db9::1", 22, EGRESS_UNLISTED },
	{ "NAT64 of something public", NET_PREFIX, "64:ff9b::101:101", 22, EGRESS_ALLOWED },
	{ "NAT64 of something allowed", NET_PREFIX, "64:ff9b::a01:101", 22, EGRESS_ALLOWED },
	{ "NAT64 of something denied", NET_PREFIX, "64:ff9b::808:808", 22, EGRESS_DENIED },
	{ "NAT64 of something denied, privately", NET_PREFIX, "64:ff9b::a06:601", 22, EGRESS_DENIED },
	{ "NAT64 of loopback", NET_PREFIX, "64:ff9b::7f00:1", 22, EGRESS_UNLISTED },
	{ "NAT64 of metadata", NET_PREFIX, "64:ff9b::a9fe:a9fe", 22, EGRESS_UNLISTED },
	{ "6to4 of something private", NET_PREFIX, "2002:a00:1::1", 23, EGRESS_UNLISTED },
};

#define NET_DENY "{\"allow\":[\"*\"],\"deny\":[\"8.8.8.0/24\",\"[2606:4700::]/32\",\"1.1.1.1:80\"]}"

static const struct {
	const char *label, *net, *addr;
	bool expected; /* on port 443 */
} resolved_rows[] = {
	{ "public", NET_ANY, "93.184.216.34", true },
	{ "public IPv6", NET_ANY, "2606:2800:220:1::1", true },
	{ "just above 0/8", NET_ANY, "1.0.0.0", true },
	{ "0/8", NET_ANY, "0.0.0.0", false },
	{ "0/8, its end", NET_ANY, "0.255.255.255", false },
	{ "10/8", NET_ANY, "10.0.0.0", false },
	{ "10/8, its end", NET_ANY, "10.255.255.255", false },
	{ "after 10/8", NET_ANY, "11.0.0.0", true },
	{ "before 100.64/10", NET_ANY, "100.63.255.255", true },
	{ "100.64/10", NET_ANY, "100.64.0.0", false },
	{ "Alibaba's metadata", NET_ANY, "100.100.100.200", false },
	{ "100.64/10, its end", NET_ANY, "100.127.255.255", false },
	{ "after 100.64/10", NET_ANY, "100.128.0.0", true },
	{ "127/8", NET_ANY, "127.0.0.1", false },
	{ "127/8, its end", NET_ANY, "127.255.255.255", false },
	{ "Azure's metadata", NET_ANY, "168.63.129.16", false },
	{ "after Azure's", NET_ANY, "168.63.129.17", true },
	{ "metadata", NET_ANY, "169.254.169.254", false },
	{ "link-local, its start", NET_ANY, "169.254.0.0", false },
	{ "after link-local", NET_ANY, "169.255.0.0", true },
	{ "before 172.16/12", NET_ANY, "172.15.255.255", true },
	{ "172.16/12", NET_ANY, "172.16.0.0", false },
	{ "172.16/12, its end", NET_ANY, "172.31.255.255", false },
	{ "after 172.16/12", NET_ANY, "172.32.0.0", true },
	{ "192.0.0/24", NET_ANY, "192.0.0.8", false },
	{ "Oracle's metadata", NET_ANY, "192.0.0.192", false },
	{ "192.0.1/24", NET_ANY, "192.0.1.1", true },
	{ "192.0.2/24", NET_ANY, "192.0.2.1", false },
	{ "AS112", NET_ANY, "192.31.196.1", false },
	{ "AMT", NET_ANY, "192.52.193.1", false },
	{ "6to4 relays", NET_ANY, "192.88.99.1", false },
	{ "192.168/16", NET_ANY, "192.168.0.1", false },
	{ "after 192.168/16", NET_ANY, "192.169.0.0", true },
	{ "AS112 again", NET_ANY, "192.175.48.1", false },
	{ "the pool", NET_ANY, "198.18.0.1", false },
	{ "the pool, its end", NET_ANY, "198.19.255.255", false },
	{ "after the pool", NET_ANY, "198.20.0.0", true },
	{ "198.51.100/24", NET_ANY, "198.51.100.1", false },
	{ "203.0.113/24", NET_ANY, "203.0.113.1", false },
	{ "before multicast", NET_ANY, "223.255.255.255", true },
	{ "multicast", NET_ANY, "224.0.0.1", false },
	{ "reserved", NET_ANY, "240.0.0.1", false },
	{ "broadcast", NET_ANY, "255.255.255.255", false },
	{ "::", NET_ANY, "::", false },
	{ "::1", NET_ANY, "::1", false },
	{ "mapped public", NET_ANY, "::ffff:93.184.216.34", true },
	{ "mapped loopback", NET_ANY, "::ffff:127.0.0.1", false },
	{ "mapped metadata", NET_ANY, "::ffff:169.254.169.254", false },
	{ "compatible public", NET_ANY, "::93.184.216.34", false },
	{ "compatible loopback", NET_ANY, "::127.0.0.1", false },
	{ "translated", NET_ANY, "::ffff:0:127.0.0.1", false },
	{ "NAT64 public", NET_ANY, "64:ff9b::5db8:d822", true },
	{ "NAT64 private", NET_ANY, "64:ff9b::a00:1", false },
	{ "NAT64 metadata", NET_ANY, "64:ff9b::a9fe:a9fe", false },
	{ "local NAT64", NET_ANY, "64:ff9b:1::5db8:d822", false },
	{ "behind the NAT64 prefix", NET_ANY, "64:ff9b::1:0:0", false },
	{ "6to4 public", NET_ANY, "2002:5db8:d822::1", true },
	{ "6to4 private", NET_ANY, "2002:c0a8:101::1", false },
	{ "6to4 loopback", NET_ANY, "2002:7f00:1::1", false },
	{ "Teredo", NET_ANY, "2001:0:4136:e378:8000:63bf:3fff:fdd2", false },
	{ "IETF", NET_ANY, "2001:1::1", false },
	{ "benchmarks", NET_ANY, "2001:2::1", false },
	{ "AMT IPv6", NET_ANY, "2001:3::1", false },
	{ "AS112 IPv6", NET_ANY, "2001:4:112::1", false },
	{ "ORCHID", NET_ANY, "2001:10::1", false },
	{ "ORCHIDv2", NET_ANY, "2001:20::1", false },
	{ "drone tags", NET_ANY, "2001:30::1", false },
	{ "IETF, its end", NET_ANY, "2001:1ff:ffff::1", false },
	{ "after IETF", NET_ANY, "2001:200::1", true },
	{ "documentation", NET_ANY, "2001:db8::1", false },
	{ "after documentation", NET_ANY, "2001:db9::1", true },
	{ "AS112 at a site", NET_ANY, "2620:4f:8000::1", false },
	{ "new documentation", NET_ANY, "3fff:fff::1", false },
	{ "after it", NET_ANY, "3fff:1000::1", true },
	{ "last of 2000::/3", NET_ANY, "3ffe::1", true },
	{ "discard", NET_ANY, "100::1", false },
	{ "dummy", NET_ANY, "100:0:0:1::1", false },
	{ "before 2000::/3", NET_ANY, "1fff::1", false },
	{ "after 2000::/3", NET_ANY, "4000::1", false },
	{ "SRv6", NET_ANY, "5f00::1", false },
	{ "unique local", NET_ANY, "fd00::1", false },
	{ "Amazon's metadata", NET_ANY, "fd00:ec2::254", false },
	{ "Google's metadata", NET_ANY, "fd20:ce::254", false },
	{ "link-local IPv6", NET_ANY, "fe80::1", false },
	{ "site-local", NET_ANY, "fec0::1", false },
	{ "multicast IPv6", NET_ANY, "ff02::1", false },
	{ "private, named", "{\"allow\":[\"*\",\"10.0.0.0/8\"]}", "10.1.1.1", true },
	{ "private, another named", "{\"allow\":[\"*\",\"10.0.0.0/24\"]}", "10.1.1.1", false },
	{ "private, named on another port", "{\"allow\":[\"*\",\"10.0.0.0/8:22\"]}", "10.1.1.1", false },
	{ "private, by a name", "{\"allow\":[\"db.corp.example\"]}", "10.1.1.1", false },
	{ "mapped private, named", "{\"allow\":[\"*\",\"10.0.0.0/8\"]}", "::ffff:10.1.1.1", true },
	{ "6to4 of what is named", "{\"allow\":[\"*\",\"10.0.0.0/8\"]}", "2002:a01:101::1", true },
	{ "compatible, IPv4 named", "{\"allow\":[\"*\",\"10.0.0.0/8\"]}", "::10.1.1.1", false },
	{ "metadata, named", "{\"allow\":[\"*\",\"169.254.169.254\"]}", "169.254.169.254", true },
	{ "unique local, named", "{\"allow\":[\"*\",\"[fd00:ec2::]/32\"]}", "fd00:ec2::254", true },
	{ "public, denied", NET_DENY, "8.8.8.8", false },
	{ "public, beside", NET_DENY, "8.8.9.8", true },
	{ "mapped, denied", NET_DENY, "::ffff:8.8.8.8", false },
	{ "NAT64, denied", NET_DENY, "64:ff9b::808:808", false },
	{ "IPv6, denied", NET_DENY, "2606:4700::1111", false },
	{ "denied on another port", NET_DENY, "1.1.1.1", true },
	{ "everything IPv6 denied", "{\"allow\":[\"*\"],\"deny\":[\"[::]/0\"]}", "2606:2800::1", false },
	{ "which isn't IPv4", "{\"allow\":[\"*\"],\"deny\":[\"[::]/0\"]}", "93.184.216.34", true },
	{ "everything IPv4 denied", "{\"allow\":[\"*\"],\"deny\":[\"0.0.0.0/0\"]}", "93.184.216.34", false },
	{ "deny wins over naming", "{\"allow\":[\"10.0.0.1\"],\"deny\":[\"10.0.0.0/8\"]}", "10.0.0.1", false },
};

#define DNS "dns 53, dns-tcp 53, "

static const struct {
	const char *label, *net;
	const char *expected; /* NULL: refused */
	const char *why;
} listener_rows[] = {
	{ "nothing", "{}", "dns 53, dns-tcp 53", NULL },
	{ "the default ports", "{\"allow\":[\"a.org\",\"b.org\"]}", DNS "names 80, names 443", NULL },
	{ "deny listens on nothing", "{\"deny\":[\"a.org:99\"]}", "dns 53, dns-tcp 53", NULL },
	{ "a range", "{\"allow\":[\"a.org:7-8\"]}", DNS "names 7, names 8", NULL },
	{ "IPv4 literal", "{\"allow\":[\"10.0.0.1:22\"]}", DNS "names 22", NULL },
	{ "IPv6 literal", "{\"allow\":[\"[2001:db8::1]:22\",\"a.org:22,23\"]}", DNS "names 22, names6 22, names 23", NULL },
	{ "IPv6 literal, later", "{\"allow\":[\"a.org:22,23\",\"[2001:db8::1]:22\"]}", DNS "names 22, names6 22, names 23", NULL },
	{ "ports", "{\"ports\":[6000,\"8080:11434\"]}", DNS "port 6000/0, port6 6000/0, port 8080/1, port6 8080/1", NULL },
	{ "service", SERVICE(""), DNS "service 8081/0", NULL },
	{ "published needs none", "{\"publish\":[3000]}", "dns 53, dns-tcp 53", NULL },
	{ "one inside, two outside", "{\"publish\":[3000,\"3001:3000\"]}", "dns 53, dns-tcp 53", NULL },
	{ "DNS elsewhere", "{\"allow\":[\"1.1.1.1:53\"]}", NULL, "the name server" },
	{ "DNS's port here", "{\"ports\":[53]}", NULL, "the name server" },
	{ "a port and a name", "{\"allow\":[\"a.org\"],\"ports\":[443]}", NULL, "port 443 inside" },
	{ "renamed", "{\"allow\":[\"a.org\"],\"ports\":[\"10443:443\"]}", DNS "names 80, names 443, port 10443/0, port6 10443/0", NULL },
	{ "two ports alike inside", "{\"ports\":[\"80:1\",\"80:2\"]}", NULL, "port 80 inside" },
	{ "two ports alike outside", "{\"ports\":[\"1:80\",\"2:80\"]}", DNS "port 1/0, port6 1/0, port 2/1, port6 2/1", NULL },
	{ "a service and a port", "{\"ports\":[8081]," "\"services\":[{\"port\":8081,\"origin\":\"https://a.org\"}]}", NULL, "port 8081 inside" },
	{ "published and a name", "{\"allow\":[\"a.org:3000\"],\"publish\":[\"auto:3000\"]}", NULL, "port 3000 inside" },
	{ "too many", "{\"allow\":[\"*:1000-3000\"]}", NULL, "too many" },
	{ "all of them", "{\"allow\":[\"*:1-65535\"]}", NULL, "port 53 inside" },
};
/* clang-format on */

static const char *show_rule(const struct egress_rule *r, char *out, size_t len)
{
	static const char *const heads[] = {[HOSTPAT_EXACT] = "",
					    [HOSTPAT_BENEATH] = "*.",
					    [HOSTPAT_WITHIN] = ".",
					    [HOSTPAT_ANY] = "*"};
	char addr[INET6_ADDRSTRLEN];
	int n;

	n = snprintf(out, len, "%s ",
		     r->check == EGRESS_CHECK_NONE ? "none" : "port");
	if (r->is_prefix)
		n += snprintf(out + n, len - (size_t)n, "%s/%u",
			      inet_ntop(AF_INET6, &r->prefix.addr, addr,
					sizeof(addr)),
			      r->prefix.bits);
	else
		n += snprintf(out + n, len - (size_t)n, "%s%s",
			      heads[r->pat.kind], r->pat.name);
	for (size_t i = 0; i < r->nports; i++) {
		n += snprintf(out + n, len - (size_t)n, " %u",
			      r->ports[i].first);
		if (r->ports[i].last != r->ports[i].first)
			n += snprintf(out + n, len - (size_t)n, "-%u",
				      r->ports[i].last);
	}
	return out;
}

static void test_rules(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rule_rows); i++) {
		struct diag d = {.text = ""};
		struct egress_rule r;
		char shown[200];
		int rc = egress_rule_parse(rule_rows[i].text, EGRESS_ALLOW, &r,
					   &d);

		if (rc != (rule_rows[i].expected ? 0 : -1))
			fail_msg("%s: %d (%s)", rule_rows[i].label, rc, d.text);
		if (rc && !strstr(d.text, rule_rows[i].why) &&
		    !strstr(d.hint, rule_rows[i].why))
			fail_msg("%s: \"%s\" \"%s\"", rule_rows[i].label,
				 d.text, d.hint);
		if (rc)
			continue;
		assert_string_equal(show_rule(&r, shown, sizeof(shown)),
				    rule_rows[i].expected);
		assert_string_equal(r.text, rule_rows[i].text);
		egress_rule_free(&r);
	}
}

static void check_net(const char *label, const char *net, const char *why)
{
	struct diag d = {.text = ""};
	struct egress e;
	int rc = parse(net, &e, &d);

	if (rc != (why ? -1 : 0))
		fail_msg("%s: %d (%s)", label, rc, d.text);
	if (why && !strstr(d.text, why))
		fail_msg("%s: \"%s\"", label, d.text);
	if (rc == 0)
		egress_free(&e);
}

static void test_nets(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(net_rows); i++)
		check_net(net_rows[i].label, net_rows[i].net, net_rows[i].why);
	for (size_t i = 0; i < ARRAY_SIZE(service_rows); i++)
		check_net(service_rows[i].label, service_rows[i].net,
			  service_rows[i].why);
}

static void test_values(void **state)
{
	struct egress e = must_parse(
		"{\"ports\":[6000,\"8080:11434\"],\"publish\":[3000,"
		"\"8080:4000\",\"auto:5000\"],\"limits\":{\"bytes\":\"2K\","
		"\"idle\":5,\"connect\":\"1500ms\",\"connections\":7},"
		"\"services\":[{\"port\":8081,\"origin\":\"https://"
		"A.org:8443\","
		"\"headers\":{\"Authorization\":{\"prefix\":\"Bearer \","
		"\"file\":\"/a//k\"}}}]}");
	struct egress none = must_parse("{\"limits\":{\"idle\":null}}");

	(void)state;
	assert_int_equal(e.ports.v[0].in, 6000);
	assert_int_equal(e.ports.v[0].out, 6000);
	assert_int_equal(e.ports.v[1].in, 8080);
	assert_int_equal(e.ports.v[1].out, 11434);
	assert_int_equal(e.publish.v[1].in, 4000);
	assert_int_equal(e.publish.v[1].out, 8080);
	assert_int_equal(e.publish.v[2].in, 5000);
	assert_int_equal(e.publish.v[2].out, 0);
	assert_int_equal(e.limits.bytes, 2048);
	assert_int_equal(e.limits.idle_ms, 5000);
	assert_int_equal(e.limits.connect_ms, 1500);
	assert_int_equal(e.limits.connections, 7);
	assert_string_equal(e.services[0].host, "a.org");
	assert_int_equal(e.services[0].origin_port, 8443);
	assert_string_equal(e.services[0].headers[0].name, "Authorization");
	assert_string_equal(e.services[0].headers[0].prefix, "Bearer ");
	assert_string_equal(e.services[0].headers[0].secret.file, "/a/k");
	assert_true(none.limits.idle_ms == EGRESS_LIMIT_NONE);
	assert_true(none.limits.bytes == EGRESS_LIMIT_NONE);
	assert_true(none.limits.connect_ms == EGRESS_CONNECT_DEFAULT_MS);
	egress_free(&e);
	egress_free(&none);
}

static void test_via(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(via_rows); i++) {
		cleanup_free char *net =
			xasprintf("{\"via\":\"%s\"}", via_rows[i].text);
		struct egress e = must_parse(net);

		assert_int_equal(e.via, EGRESS_SOCKS);
		assert_string_equal(e.socks_host, via_rows[i].host);
		assert_int_equal(e.socks_port, via_rows[i].port);
		assert_int_equal(e.tor, via_rows[i].tor);
		egress_free(&e);
	}
}

static void test_names(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(name_rows); i++) {
		struct egress e = must_parse(name_rows[i].net);
		const char *name = name_rows[i].name;
		const char *rule = name_rows[i].rule;
		struct egress_decision got =
			name_rows[i].port
				? egress_connect(&e, name, name_rows[i].port)
				: egress_name(&e, name);

		if (got.verdict != name_rows[i].expected)
			fail_msg("%s: %s", name_rows[i].label,
				 verdicts[got.verdict]);
		if (!rule != !got.rule ||
		    (rule && strcmp(rule, got.rule->text) != 0))
			fail_msg("%s: %s", name_rows[i].label,
				 got.rule ? got.rule->text : "no rule");
		if (got.verdict == EGRESS_ALLOWED)
			assert_int_equal(got.check, name_rows[i].check);
		egress_free(&e);
	}
}

static void test_addresses(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(address_rows); i++) {
		struct egress e = must_parse(address_rows[i].net);
		struct in6_addr a = address(address_rows[i].addr);
		struct egress_decision got =
			egress_address(&e, &a, address_rows[i].port);

		if (got.verdict != address_rows[i].expected)
			fail_msg("%s: %s", address_rows[i].label,
				 verdicts[got.verdict]);
		if (got.verdict == EGRESS_ALLOWED)
			assert_int_equal(got.check, EGRESS_CHECK_NONE);
		egress_free(&e);
	}
}

static void test_resolved(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(resolved_rows); i++) {
		struct egress e = must_parse(resolved_rows[i].net);
		struct in6_addr a = address(resolved_rows[i].addr);

		if (egress_resolved_ok(&e, &a, 443, false) !=
		    resolved_rows[i].expected)
			fail_msg("%s", resolved_rows[i].label);
		/* near: only what is named */
		if (egress_resolved_ok(&e, &a, 443, true) !=
		    (egress_address(&e, &a, 443).verdict == EGRESS_ALLOWED))
			fail_msg("%s, on the host's network",
				 resolved_rows[i].label);
		egress_free(&e);
	}
}

static char *show_listeners(const struct listeners *l)
{
	static const char *const kinds[] = {
		[LISTENER_DNS_UDP] = "dns",	[LISTENER_DNS_TCP] = "dns-tcp",
		[LISTENER_NAMES] = "names",	[LISTENER_NAMES_6] = "names6",
		[LISTENER_PORT] = "port",	[LISTENER_PORT_6] = "port6",
		[LISTENER_SERVICE] = "service",
	};
	char *out = xstrdup("");

	for (size_t i = 0; i < l->n; i++) {
		const struct listener *v = &l->v[i];
		cleanup_free char *before = out;
		cleanup_free char *index = v->kind >= LISTENER_PORT
						   ? xasprintf("/%zu", v->index)
						   : xstrdup("");

		out = xasprintf("%s%s%s %u%s", before, i ? ", " : "",
				kinds[v->kind], v->port, index);
	}
	return out;
}

static void test_listeners(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(listener_rows); i++) {
		struct egress e = must_parse(listener_rows[i].net);
		struct listeners l = {.v = NULL};
		struct diag d = {.text = ""};
		int rc = egress_listeners(&e, &l, &d);
		cleanup_free char *shown = show_listeners(&l);

		if (rc != (listener_rows[i].expected ? 0 : -1))
			fail_msg("%s: %d (%s)", listener_rows[i].label, rc,
				 d.text);
		if (rc && !strstr(d.text, listener_rows[i].why))
			fail_msg("%s: \"%s\"", listener_rows[i].label, d.text);
		if (rc == 0 && strcmp(shown, listener_rows[i].expected) != 0)
			fail_msg("%s: %s", listener_rows[i].label, shown);
		free(l.v);
		egress_free(&e);
	}
}

static void test_routes(void **state)
{
	struct egress e = must_parse(
		"{\"allow\":[\"a.org\",\"10.0.0.0/8\",\"10.0.0.0/8:22\","
		"\"[2001:db8::]/32\"],\"deny\":[\"9.9.9.9\"]}");
	static const struct {
		const char *addr;
		unsigned bits;
	} expected[] = {
		{"198.18.0.0", 111}, {"10.0.0.0", 104}, {"2001:db8::", 32}};
	size_t n;
	struct ip_prefix *v = egress_routes(&e, &n);

	(void)state;
	assert_int_equal(n, ARRAY_SIZE(expected));
	for (size_t i = 0; i < n; i++) {
		struct in6_addr a = address(expected[i].addr);

		assert_memory_equal(&v[i].addr, &a, sizeof(a));
		assert_int_equal(v[i].bits, expected[i].bits);
	}
	free(v);
	egress_free(&e);
}

static void test_every_name(void **state)
{
	struct egress any = must_parse("{\"allow\":[\"a.org\",\"*:22\"]}");
	struct egress some = must_parse(
		"{\"allow\":[\"*.org\",\"10.0.0.0/8\"],\"deny\":[\"*\"]}");

	(void)state;
	assert_true(egress_allows_every_name(&any));
	assert_false(egress_allows_every_name(&some));
	egress_free(&any);
	egress_free(&some);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rules),
		cmocka_unit_test(test_nets),
		cmocka_unit_test(test_values),
		cmocka_unit_test(test_via),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_addresses),
		cmocka_unit_test(test_resolved),
		cmocka_unit_test(test_listeners),
		cmocka_unit_test(test_routes),
		cmocka_unit_test(test_every_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
