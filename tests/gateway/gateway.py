# SPDX-License-Identifier: MIT
"""The gateway's tests: servers outside, short programs inside, judged by what
arrived outside and by the log. Started by gateway.sh. Prints TAP.

A test is a function whose docstring is the sentence that fails."""
import collections
import contextlib
import ctypes
import json
import os
import re
import resource
import socket
import ssl
import struct
import subprocess
import sys
import threading
import time

BUILD, DIR = sys.argv[1:3]
ONLY = os.environ.get("ONLY", "")
BOX = BUILD + "/tests/gateway/box"
GATEWAY = BUILD + "/sbox-gateway"
PUBLIC, PUBLIC6 = "93.184.216.34", "2606:2800:220:1::34"
LIBC = ctypes.CDLL(None)

# What every program inside starts with.
PRELUDE = r'''
import os, socket, ssl, struct, sys, time, threading
def query(name, qtype=1, qclass=1, edns=False, ident=0x1234):
    q = struct.pack(">HHHHHH", ident, 0x100, 1, 0, 0, 1 if edns else 0)
    for label in name.rstrip(".").split("."):
        q += bytes([len(label)]) + label.encode()
    q += b"\0" + struct.pack(">HH", qtype, qclass)
    return q + (b"\0\0\x29\x10\0\0\0\0\0\0\0" if edns else b"")
def ask(name, qtype=1, tcp=False, **kw):
    q = query(name, qtype, **kw)
    if tcp:
        s = socket.create_connection(("198.18.0.1", 53), 5)
        s.sendall(struct.pack(">H", len(q)) + q)
        n = struct.unpack(">H", s.recv(2))[0]
        a = b""
        while len(a) < n: a += s.recv(n - len(a))
    else:
        s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        s.settimeout(2)
        for i in range(4):
            s.sendto(q, ("198.18.0.1", 53))
            try: a = s.recv(4096); break
            except TimeoutError:
                if i == 3: raise
    return a[3] & 15, struct.unpack(">H", a[6:8])[0], a
def address(name):
    rcode, n, a = ask(name)
    if rcode or not n: raise SystemExit("no address for " + name)
    return socket.inet_ntoa(a[-4:]) if a[-4-2:-4] == b"\0\4" else socket.inet_ntoa(
        a[a.index(b"\0\4\xc6")+2:][:4])
def connect(name, port, timeout=10):
    s = socket.create_connection(
        (name if name[0].isdigit() or ":" in name else address(name), port), timeout)
    s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return s
def outcome(f):
    try: return f()
    except ConnectionResetError: return "reset"
    except ConnectionRefusedError: return "refused"
    except OSError as e: return os.strerror(e.errno) if e.errno else str(e)
def everything(s):
    b = b""
    while True:
        c = s.recv(65536)
        if not c: return b
        b += c
def hello(name):
    c = ssl.create_default_context(); c.check_hostname = False; c.verify_mode = ssl.CERT_NONE
    i, o = ssl.MemoryBIO(), ssl.MemoryBIO()
    t = c.wrap_bio(i, o, server_hostname=name)
    try: t.do_handshake()
    except ssl.SSLWantReadError: pass
    return o.read()
'''


@contextlib.contextmanager
def world(there):
    """A socket that this thread makes is of the network behind the router."""
    here = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
    if there:
        fd = os.open("/proc/%s/ns/net" % os.environ["WORLD"], os.O_RDONLY)
        assert LIBC.setns(fd, 0) == 0
        os.close(fd)
    yield
    assert LIBC.setns(here, 0) == 0
    os.close(here)


class Server:
    """Accepts on one address; keeps what each connection sent."""

    def __init__(self, address, port, serve):
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        with world(address in (PUBLIC, PUBLIC6)):
            self.sock = socket.socket(family)
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.sock.bind((address, port))
        self.sock.listen(4096)
        self.port = self.sock.getsockname()[1]
        self.got, self.count = [], 0
        self.serve = serve
        threading.Thread(target=self.loop, daemon=True).start()

    def loop(self):
        while True:
            try:
                s, _ = self.sock.accept()
            except OSError:
                return
            self.count += 1
            threading.Thread(target=self.one, args=(s,), daemon=True).start()

    def one(self, s):
        try:
            self.serve(self, s)
        except OSError:
            pass
        finally:
            s.close()

    def close(self):
        self.sock.shutdown(socket.SHUT_RDWR)
        self.sock.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


def echo(server, s):
    while True:
        b = s.recv(65536)
        if not b:
            return
        server.got.append(b)
        s.sendall(b)


def banner(server, s):
    s.sendall(b"hello from outside")


def sink(server, s):
    """Everything until the end, then how much it was (a half-close)."""
    n = 0
    while True:
        b = s.recv(65536)
        if not b:
            break
        n += len(b)
    server.got.append(n)
    s.sendall(b"%d" % n)


Result = collections.namedtuple("Result", "status out report log err")


def log_dir():
    d = "%s/log%d" % (DIR, log_dir.n)
    log_dir.n += 1
    os.mkdir(d, 0o700)
    return d


log_dir.n = 0


def read_log(d):
    try:
        with open(d + "/network.jsonl") as f:
            return [json.loads(line) for line in f]
    except FileNotFoundError:
        return []


def inside(net, program, *args, env=None, nofile=None):
    d = log_dir()
    cmd = [BOX, GATEWAY, json.dumps(net), d, "python3", "-c", PRELUDE + program]
    if nofile:
        cmd = ["prlimit", "--nofile=%d:%d" % (nofile, nofile), "--"] + cmd
    p = subprocess.run(cmd + [str(a) for a in args], capture_output=True, text=True, timeout=120,
                       env=dict(os.environ, **(env or {})))
    out = [x for x in p.stdout.splitlines() if not x.startswith("report: ")]
    report = [x[8:] for x in p.stdout.splitlines() if x.startswith("report: ")]
    return Result(p.returncode, "\n".join(out), report, read_log(d), p.stderr)


def equal(got, want, r=None):
    if got != want:
        raise AssertionError("got %r, not %r%s" % (got, want, "\n%s" % (r,) if r else ""))


def holds(what, r=None):
    if not what:
        raise AssertionError("%s" % (r,))


def verdicts(r, name):
    return [(e["verdict"], e["port"]) for e in r.log if e["name"] == name]


# --- names ------------------------------------------------------------------

def test_dns():
    """an allowed name has an address of the pool, over UDP and TCP; another is NXDOMAIN and one line in the log"""
    r = inside({"allow": ["ok.test", "*.wild.test"]}, '''
print(ask("ok.test")[:2], ask("OK.tEst.", tcp=True)[:2], ask("ok.test", 28)[:2], ask("ok.test", 65)[:2])
print(address("ok.test") == address("OK.TEST"), address("a.wild.test"), ask("wild.test")[0])
print([ask("evil.test")[0] for _ in range(25)][-1], ask("evil.test", tcp=True)[0], ask("localhost")[2][-4:])
''')
    equal(r.out, "(0, 1) (0, 1) (0, 0) (0, 0)\nTrue 198.18.1.1 3\n3 3 b'\\x7f\\x00\\x00\\x01'", r)
    equal([e.get("count", 1) for e in r.log if e["name"] == "evil.test"], [1, 10], r)
    equal(r.log[0]["verdict"], "unlisted", r)
    holds([x for x in r.report if x.startswith("refused: evil.test") and "(26 times)" in x and "--allow evil.test" in x], r)


def test_dns_hostile():
    """hostile DNS bytes are survived, and at most 32 TCP clients are served at once"""
    r = inside({"allow": ["ok.test"]}, '''
import random
random.seed(1)
u = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
good = query("ok.test")
for i in range(3000):
    b = bytearray(good)
    for _ in range(random.randrange(1, 6)): b[random.randrange(len(b))] = random.randrange(256)
    u.sendto(bytes(b[:random.randrange(1, len(b) + 1)]), ("198.18.0.1", 53))
u.sendto(b"x" * 9000, ("198.18.0.1", 53))
t = [outcome(lambda: socket.create_connection(("198.18.0.1", 53), 5)) for _ in range(40)]
t = [s for s in t if s != "reset"] # a client sees some of them only later
time.sleep(.5)
def alive(s):
    s.sendall(struct.pack(">H", len(good)) + good)
    return len(s.recv(600)) > 0
print([outcome(lambda: alive(s)) for s in t].count(True))
for s in t: s.close()
time.sleep(.2)
s = socket.create_connection(("198.18.0.1", 53), 5)
s.sendall(b"\\xff\\xff" + b"z" * 100)
print(outcome(lambda: s.recv(10)), ask("ok.test")[0])
''')
    lines = r.out.splitlines() + ["", ""]
    equal(lines[0], "32", r)
    holds(lines[1] in ("b'' 0", "reset 0"), r)


# --- connections --------------------------------------------------------------

def test_name():
    """a connection to an allowed name reaches it, both ways, and is one line in the log"""
    with Server(PUBLIC, 0, echo) as s:
        r = inside({"allow": ["ok.test:%d" % s.port]}, '''
s = connect("ok.test", int(sys.argv[1]))
s.sendall(b"ping"); print(s.recv(10)); s.close()
''', s.port)
        equal(r.out, "b'ping'", r)
        e = [e for e in r.log if e["name"] == "ok.test"]
        equal([(x["verdict"], x["port"], x["bytes"], x["sent"], x["rule"]) for x in e],
              [("allowed", s.port, 8, 4, "ok.test:%d" % s.port)], r)
        equal(r.report, [], r)


def test_server_first():
    """a server that speaks first is heard, and the end of its stream arrives"""
    with Server(PUBLIC, 0, banner) as s:
        r = inside({"allow": ["ok.test:%d" % s.port]}, '''
print(everything(connect("ok.test", int(sys.argv[1]))))
''', s.port)
        equal(r.out, "b'hello from outside'", r)


def test_half_close():
    """a half-closed connection still gives the answer; 64 MiB arrive whole"""
    with Server(PUBLIC, 0, sink) as s:
        r = inside({"allow": ["ok.test:%d" % s.port]}, '''
s = connect("ok.test", int(sys.argv[1]))
b = os.urandom(1 << 20)
for _ in range(64): s.sendall(b)
s.shutdown(socket.SHUT_WR)
print(everything(s))
''', s.port)
        equal(r.out, "b'%d'" % (64 << 20), r)
        equal(s.got, [64 << 20], r)


def test_echo_bulk():
    """16 MiB come back byte for byte, however they are cut"""
    with Server(PUBLIC, 0, echo) as s:
        r = inside({"allow": ["ok.test:%d" % s.port]}, '''
import hashlib, random
s = connect("ok.test", int(sys.argv[1]))
b = os.urandom(16 << 20)
def send():
    i = 0
    random.seed(2)
    while i < len(b):
        n = random.choice((1, 100, 4000, 70000)); s.sendall(b[i:i+n]); i += n
    s.shutdown(socket.SHUT_WR)
t = threading.Thread(target=send); t.start()
g = everything(s); t.join()
print(len(g), hashlib.sha256(g).digest() == hashlib.sha256(b).digest())
''', s.port)
        equal(r.out, "%d True" % (16 << 20), r)


def test_reset():
    """a reset outside is a reset inside, and the other way round"""
    def resetter(server, s):
        s.recv(10)
        s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")

    def watcher(server, s):
        s.sendall(b"x")
        try:
            server.got.append(s.recv(10))
        except ConnectionResetError:
            server.got.append("reset")
    with Server(PUBLIC, 0, resetter) as a, Server(PUBLIC, 0, watcher) as b:
        r = inside({"allow": ["ok.test:%d,%d" % (a.port, b.port)]}, '''
s = connect("ok.test", int(sys.argv[1])); s.sendall(b"go")
print(outcome(lambda: s.recv(10)))
s = connect("ok.test", int(sys.argv[2])); s.recv(1)
s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\\1\\0\\0\\0\\0\\0\\0\\0"); s.close()
time.sleep(.5)
''', a.port, b.port)
        equal(r.out, "reset", r)
        equal(b.got, ["reset"], r)


def test_refused():
    """what isn't allowed is a reset at once: another port, a forged address, an upstream that refuses"""
    with Server(PUBLIC, 0, echo) as s, Server(PUBLIC, 0, echo) as t:
        r = inside({"allow": ["ok.test:%d" % s.port, "other.test:%d" % t.port, "dead.test:%d" % s.port]}, '''
a, b = int(sys.argv[1]), int(sys.argv[2])
start = time.time()
print(outcome(lambda: connect("ok.test", b).recv(1)))       # b is other.test's
print(outcome(lambda: connect("198.18.77.77", a).recv(1)))
print(outcome(lambda: connect("ok.test", a + 1 if a + 1 != b else a + 2).recv(1)))
print(outcome(lambda: connect("8.8.8.8", a)))
print(time.time() - start < 2)
''', s.port, t.port)
        equal(r.out, "reset\nreset\nrefused\nNetwork is unreachable\nTrue", r)
        equal((s.count, t.count), (0, 0), r)
        equal(verdicts(r, "ok.test"), [("unlisted", t.port)], r)
        equal(verdicts(r, "198.18.77.77"), [("refused", s.port)], r)
        holds([x for x in r.report if "--allow ok.test:%d" % t.port in x], r)


def test_upstream_refuses():
    """an upstream that refuses is a reset at once, and the log says so"""
    r = inside({"allow": ["ok.test:9", "gone.test:9"]}, '''
start = time.time()
print(outcome(lambda: connect("ok.test", 9).recv(1)), outcome(lambda: connect("gone.test", 9).recv(1)), time.time() - start < 3)
''')
    equal(r.out, "reset reset True", r)
    equal([e.get("reason") for e in r.log if e["name"] == "ok.test"], ["Connection refused"], r)
    holds([e for e in r.log if e["name"] == "gone.test"][0]["reason"], r)


def test_private():
    """a name with a private, loopback, metadata or the host's own address, or a neighbour's, is not connected to, unless the policy names the address"""
    with Server("0.0.0.0", 0, echo) as s, Server(PUBLIC, s.port, echo) as far:
        net = {"allow": ["%s.test:%d" % (n, s.port) for n in ("private", "metadata", "loop", "host", "near", "mixed")]}
        program = '''
for n in ("private", "metadata", "loop", "host", "near"): print(outcome(lambda: connect(n + ".test", int(sys.argv[1])).recv(1)))
s = connect("mixed.test", int(sys.argv[1])); s.sendall(b"m"); print(s.recv(1), outcome(lambda: s.close()))
'''
        r = inside(net, program, s.port)
        equal(r.out, 5 * "reset\n" + "b'm' None", r)
        equal((s.count, far.count), (0, 1), r)
        holds("private" in [e for e in r.log if e["name"] == "loop.test"][0]["reason"], r)
        holds("own network" in [e for e in r.log if e["name"] == "near.test"][0]["reason"], r)
        net["allow"] += ["10.1.2.3:%d" % s.port, "93.184.216.64/28:%d" % s.port]
        r = inside(net, '''
s = connect("private.test", int(sys.argv[1])); s.sendall(b"p"); print(s.recv(1))
s = connect("10.1.2.3", int(sys.argv[1])); s.sendall(b"p"); print(s.recv(1))
for n in ("host.test", "near.test"): s = connect(n, int(sys.argv[1])); s.sendall(b"h"); print(s.recv(1))
print(outcome(lambda: connect("loop.test", int(sys.argv[1])).recv(1)))
''', s.port)
        equal(r.out, "b'p'\nb'p'\nb'h'\nb'h'\nreset", r)


def test_deny():
    """a rule that denies wins, for names and for what they resolve to"""
    with Server(PUBLIC, 0, echo) as s:
        r = inside({"allow": ["*.test:%d" % s.port], "deny": ["other.test", "10.0.0.0/8"]}, '''
print(ask("other.test")[0], ask("ok.test")[0], outcome(lambda: connect("private.test", int(sys.argv[1])).recv(1)))
''', s.port)
        equal(r.out, "3 0 reset", r)
        equal(verdicts(r, "other.test"), [("denied", 0)], r)


def test_eyeballs():
    """of a name with both kinds of addresses the one that answers is used"""
    with Server(PUBLIC, 0, echo) as s:
        r = inside({"allow": ["dual.test:%d" % s.port]}, '''
s = connect("dual.test", int(sys.argv[1])); s.sendall(b"d"); print(s.recv(1))
''', s.port)
        equal(r.out, "b'd'", r)


# --- the first bytes ------------------------------------------------------------

def test_tls():
    """on 443 the ClientHello must name the host, in whatever pieces it comes"""
    with Server(PUBLIC, 443, echo) as s:
        r = inside({"allow": ["ok.test", "other.test"]}, '''
def tls(name, pieces=1, target="ok.test", raw=None):
    h = raw or hello(name); s = connect(target, 443)
    n = -(-len(h) // pieces)
    for i in range(0, len(h), n):
        s.sendall(h[i:i+n]); pieces > 1 and time.sleep(.002)
    got = b""
    while len(got) < len(h): 
        c = s.recv(65536)
        if not c: return "closed"
        got += c
    return got == h
print(tls("ok.test"), tls("ok.test", 40), tls("OK.test"))
for f in (lambda: tls("other.test"), lambda: tls(None), lambda: tls(0, raw=b"SSH-2.0-x\\r\\n"),
          lambda: tls(0, raw=b"GET / HTTP/1.1\\r\\nHost: ok.test\\r\\n\\r\\n")): print(outcome(f))
''')
        equal(r.out, "True True True\nreset\nreset\nreset\nreset", r)
        equal(s.count, 3, r)
        holds([x for x in r.report if "--allow tcp:ok.test:443" in x], r)


def exactly(s, n):
    b = b""
    while len(b) < n:
        c = s.recv(n - len(b))
        if not c:
            raise OSError("closed")
        b += c
    return b


RETRY = bytes.fromhex("cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a8339c")


def server_hello(random=RETRY):
    body = b"\x03\x03" + random + b"\0\x13\x01\0" + b"\0\x06\0\x2b\0\x02\x03\x04"
    return b"\x16\x03\x03\0" + bytes([len(body) + 4]) + b"\x02\0\0" + bytes([len(body)]) + body


def answers(*pieces):
    """A server that says these once the first hello is there, and then keeps what comes."""
    def serve(server, s):
        exactly(s, int.from_bytes(exactly(s, 5)[3:], "big"))
        s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for p in pieces:
            s.sendall(p)
            time.sleep(.005)
        b = b""
        while not b.endswith(b"END"):
            b += exactly(s, 1)
            server.got.append(b)
        s.sendall(b"seen")
    return serve


def test_tls_retry():
    """whoever is asked for a second ClientHello must name the host again"""
    program = '''
ccs, early = b"\\x14\\3\\3\\0\\1\\1", b"\\x17\\3\\3\\0\\3abc"
def say(*parts, read=1):
    s = connect("ok.test", 443)
    for i, p in enumerate(parts):
        s.sendall(p)
        if i == 0: s.recv(read)
    while True:
        b = s.recv(4096)
        if not b: return "closed"
        if b.endswith(b"seen"): return "seen"
ok, other = hello("ok.test"), hello("other.test")
'''
    refused = program + '''
for f in (lambda: say(ok, other + b"END"), lambda: say(ok, ccs + other + b"END"), lambda: say(ok + other + b"END", b""),
          lambda: say(ok + ccs + early + other, b"END"), lambda: say(ok, early + hello(None) + b"END"),
          lambda: say(ok, b"\\x18\\3\\3\\0\\0" + other + b"END"), lambda: say(ok, b"\\x16\\3\\3\\0\\4\\x10\\0\\0\\0" + other + b"END")):
    print(outcome(f))
'''
    passes = program + '''
for f in (lambda: say(ok, ok + b"END"), lambda: say(ok, ccs + early, ok, other + b"END"), lambda: say(ok + ccs + early + ok + other, b"END"),
          lambda: say(ok, *[(ccs + ok + b"END")[i:i+1] for i in range(len(ccs + ok) + 3)])):
    print(outcome(f))
'''
    retry = server_hello() + b"\x14\3\3\0\1\1"
    warned = b"\x15\3\3\0\2\1\x70" + retry
    for pieces in ([retry], [warned], [bytes([b]) for b in warned]):
        with Server(PUBLIC, 443, answers(*pieces)) as s:
            r = inside({"allow": ["ok.test"]}, refused)
            equal(r.out, "\n".join(["reset"] * 7), r)
            holds(not any(b"other.test" in b for b in s.got), (r, s.got))
            equal(s.count, 7, r)
            r = inside({"allow": ["ok.test"]}, passes)
            equal(r.out, "\n".join(["seen"] * 4), r)


def test_tls_answered():
    """behind another answer than that, nothing is checked any more: it is encrypted"""
    program = '''
def say(first, then):
    s = connect("ok.test", 443); s.sendall(first); got = s.recv(1); s.sendall(then)
    return got + everything(s)
print(outcome(lambda: say(hello("ok.test"), hello("other.test") + b"END"))[-4:])
print(outcome(lambda: say(hello("ok.test") + b"\\x17\\3\\3\\0\\1x", b"END"))[-4:])
'''
    whole = server_hello(b"r" * 32)
    for pieces, out in (([whole], "seen"), ([bytes([b]) for b in whole], "seen"), ([b"HTTP/1.1 400 No\r\n\r\n"], "seen"),
                        ([b"\x16\3\3\0\4\x0e\0\0\0"], None)):
        with Server(PUBLIC, 443, answers(*pieces)) as s:
            r = inside({"allow": ["ok.test"]}, program)
            equal(r.out, "b'%s'\nb'%s'" % (out, out) if out else "eset\neset", r)
    with Server(PUBLIC, 443, answers(whole)) as s:
        r = inside({"allow": ["ok.test"]}, '''
s = connect("ok.test", 443); s.sendall(hello("ok.test") + b"END"); s.shutdown(socket.SHUT_WR); print(everything(s)[-4:])
''')
        equal(r.out, "b'seen'", r)
    for last in (b"", b"\x15\3\3\0\2\2\x28", b"\x16\3\3"):
        def closes(server, s):
            exactly(s, int.from_bytes(exactly(s, 5)[3:], "big"))
            s.sendall(last)
        with Server(PUBLIC, 443, closes) as s:
            r = inside({"allow": ["ok.test"]}, '''
s = connect("ok.test", 443); s.sendall(hello("ok.test")); print(everything(s))
''')
            equal(r.out, repr(last), r)


def test_sendfile():
    """bytes that change after they were checked are not what is sent"""
    with Server(PUBLIC, 443, echo) as s:
        r = inside({"allow": ["ok.test"]}, '''
h = hello("ok.test"); bad = h.replace(b"ok.test", b"ev.test")
fd = os.memfd_create("h"); os.write(fd, h)
import mmap
m = mmap.mmap(fd, len(h))
s = connect("ok.test", 443)
os.sendfile(s.fileno(), fd, 0, len(h) - 5); time.sleep(.3)
m[:] = bad
s.sendall(h[-5:])
got = b""
while len(got) < len(h): got += s.recv(65536)
print(b"ok.test" in got, b"ev.test" in got)
''')
        equal(r.out, "True False", r)
        holds(not any(b"ev.test" in b for b in s.got), r)


def test_tcp_rule():
    """tcp: on 443 and 80 lets any protocol through, to that name only"""
    with Server(PUBLIC, 443, echo) as s:
        r = inside({"allow": ["tcp:ok.test:443", "other.test"]}, '''
s = connect("ok.test", 443); s.sendall(b"SSH"); print(s.recv(5))
s = connect("other.test", 443); s.sendall(b"SSH"); print(outcome(lambda: s.recv(5)))
''')
        equal(r.out, "b'SSH'\nreset", r)


def test_http():
    """on 80 every request of a connection must name the host"""
    with Server(PUBLIC, 80, echo) as s:
        r = inside({"allow": ["ok.test", "other.test"]}, '''
def req(host, extra=b""): return b"GET / HTTP/1.1\\r\\nHost: " + host + b"\\r\\n" + extra + b"\\r\\n"
s = connect("ok.test", 80)
a = req(b"ok.test")
for i in range(0, len(a), 7): s.sendall(a[i:i+7]); time.sleep(.002)
def read(n):
    b = b""
    while len(b) < n:
        c = s.recv(n - len(b))
        if not c: return "closed"
        b += c
    return b
print(read(len(a)) == a)
p = b"POST /p HTTP/1.1\\r\\nHost: ok.test:80\\r\\nContent-Length: 300000\\r\\n\\r\\n" + b"z" * 300000
t = threading.Thread(target=lambda: s.sendall(p)); t.start(); print(read(len(p)) == p); t.join()
s.sendall(req(b"ok.test") + req(b"other.test"))
print(outcome(lambda: everything(s)))
s = connect("ok.test", 80); s.sendall(req(b"other.test")); print(outcome(lambda: s.recv(1)))
s = connect("ok.test", 80); s.sendall(b"\\x16\\x03\\x01\\0\\5hello\\r\\n\\r\\n"); print(outcome(lambda: s.recv(1)))
''')
        lines = r.out.splitlines()
        equal(lines[:2] + lines[3:], ["True", "True", "reset", "reset"], r)
        holds(not any(b"other.test" in b for b in s.got), r)


def test_upgrade():
    """another protocol on 80 passes only after a 101, and only for a first request"""
    def upgrader(server, s):
        answer = b"HTTP/1.1 101 Switching\r\nUpgrade: x\r\n\r\n"
        while True:
            b = s.recv(65536)
            if not b:
                return
            server.got.append(b)
            if b"/none" in b:
                return
            if b"/no" in b:
                s.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
            elif b"/half" in b or b"/rst" in b:
                s.sendall(b"HTTP/1.1 101 Switching\r\nUpgr")
                if b"/rst" in b:
                    time.sleep(.1)
                    s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                return
            elif b"/early" in b:
                s.sendall(b"HTTP/1.1 103 Hints\r\n\r\n")
                time.sleep(.1)
                s.sendall(answer + b"first")
            elif b"HTTP" in b:
                s.sendall(answer)
            else:
                s.sendall(b)
    with Server(PUBLIC, 80, upgrader) as s:
        r = inside({"allow": ["ok.test"]}, '''
def req(path, extra=b"Upgrade: websocket\\r\\nConnection: Upgrade\\r\\n"): return b"GET " + path + b" HTTP/1.1\\r\\nHost: ok.test\\r\\n" + extra + b"\\r\\n"
def go(path, *more):
    s = connect("ok.test", 80); s.sendall(req(path)); time.sleep(.3)
    out = [s.recv(300)]
    for m in more: s.sendall(m); time.sleep(.1); out.append(s.recv(300))
    return out
print(go(b"/yes", b"\\0raw1", b"raw2"))
print(go(b"/early", b"\\0raw3")[-1])
print(outcome(lambda: go(b"/no", req(b"/no", b""), b"\\0bad")))
start = time.monotonic()
for cut in (b"/half", b"/rst", b"/none"): print(outcome(lambda: go(cut)))
print(time.monotonic() - start < 3)
s = connect("ok.test", 80); s.sendall(req(b"/no", b"")); s.recv(300); s.sendall(req(b"/yes")); s.recv(300)
s.sendall(b"\\0bad\\r\\n\\r\\n"); print(outcome(lambda: s.recv(300)))
''')
        lines = r.out.splitlines()
        holds("b'\\x00raw1', b'raw2'" in lines[0] and "101" in lines[0], r)
        equal(lines[1:], ["b'\\x00raw3'", "reset", "reset", "reset", "reset", "True", "reset"], r)
        equal(sum("no answer to" in (e.get("reason") or "") for e in r.log), 3, r)
        holds(not any(b"bad" in b for b in s.got), r)


# --- ports ------------------------------------------------------------------------

def test_port():
    """--port reaches that port of the host's loopback, over IPv4 and IPv6, and no other"""
    with Server("127.0.0.1", 0, echo) as s, Server("::1", 0, echo) as t, Server("127.0.0.1", 0, echo) as u:
        r = inside({"ports": ["7001:%d" % s.port, "7002:%d" % t.port]}, '''
for a, p in (("127.0.0.1", 7001), ("::1", 7001), ("127.0.0.1", 7002)):
    s = connect(a, p); s.sendall(b"x"); print(s.recv(1))
print(outcome(lambda: connect("127.0.0.1", int(sys.argv[1]))))
''', u.port)
        equal(r.out, "b'x'\nb'x'\nb'x'\nrefused", r)
        equal(u.count, 0, r)
        equal(sorted(verdicts(r, "127.0.0.1")), sorted([("allowed", s.port)] * 2 + [("allowed", t.port)]), r)


def test_publish():
    """--publish: the host's loopback reaches the sandbox's port; a port in use is an error, auto takes another"""
    program = '''
f = socket.AF_INET6 if sys.argv[1] == "6" else socket.AF_INET
l = socket.socket(f); l.bind(("::1" if f == socket.AF_INET6 else "127.0.0.1", 3000)); l.listen(5)
print(os.environ["SBOX_PUBLISH_3000"], flush=True)
for _ in range(3):
    c, _ = l.accept(); c.sendall(b"from inside " + c.recv(100)); c.close()
'''
    for family in "46":
        for host in ("127.0.0.1", "::1"):
            d = log_dir()
            p = subprocess.Popen([BOX, GATEWAY, json.dumps({"publish": ["auto:3000"]}), d, "python3", "-c",
                                  PRELUDE + program, family], stdout=subprocess.PIPE, text=True)
            port = int(p.stdout.readline())
            for i in range(3):
                c = socket.create_connection((host, port), 5)
                c.sendall(b"%d" % i)
                equal(c.recv(100), b"from inside %d" % i)
                c.close()
            equal(p.wait(10), 0)
            equal([e["verdict"] for e in read_log(d)], ["allowed"] * 3)
    with Server("127.0.0.1", 0, echo) as s:
        r = inside({"publish": ["%d:3000" % s.port]}, "print(1)")
        equal(r.status, 120, r)
        holds("in use" in r.report[0] and "auto:3000" in r.report[0], r)


def test_publish_refused():
    """a published port that nobody serves inside is a reset outside"""
    p = subprocess.Popen([BOX, GATEWAY, json.dumps({"publish": ["auto:3000"]}), log_dir(), "python3", "-c",
                          'import os, sys\nprint(os.environ["SBOX_PUBLISH_3000"], flush=True)\nsys.stdin.read()'],
                         stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        c = socket.create_connection(("127.0.0.1", int(p.stdout.readline())), 5)
        equal(c.recv(1), "a reset")
    except ConnectionResetError:
        pass
    p.stdin.close()
    equal(p.wait(10), 0)


def cpu_seconds(pid):
    with open("/proc/%d/stat" % pid) as f:
        return sum(map(int, f.read().rpartition(")")[2].split()[11:13])) / os.sysconf("SC_CLK_TCK")


def test_publish_files():
    """without a descriptor for it a visit waits, and the gateway sleeps"""
    p = subprocess.Popen([BOX, GATEWAY, json.dumps({"publish": ["auto:3000"]}), log_dir(), "python3", "-c",
                          PRELUDE + '''
l = socket.socket(); l.bind(("127.0.0.1", 3000)); l.listen(5)
print(os.environ["SBOX_PUBLISH_3000"], os.environ["BOX_GATEWAY"], flush=True)
c, _ = l.accept(); c.sendall(b"inside"); c.recv(1)
'''], stdout=subprocess.PIPE, text=True)
    port, gateway = map(int, p.stdout.readline().split())
    before = resource.prlimit(gateway, resource.RLIMIT_NOFILE)
    resource.prlimit(gateway, resource.RLIMIT_NOFILE, (3, before[1]))
    c = socket.create_connection(("127.0.0.1", port), 5)
    start = cpu_seconds(gateway)
    time.sleep(1)
    used = cpu_seconds(gateway) - start
    resource.prlimit(gateway, resource.RLIMIT_NOFILE, before)
    equal(c.recv(100), b"inside")
    c.close()
    equal(p.wait(10), 0)
    holds(used < .3, used)


# --- SOCKS --------------------------------------------------------------------------

def socks_server(server, s):
    """RFC 1928 and 1929; what it was asked is kept; answers like the host."""
    f = s.makefile("rb")
    _, n = f.read(2)
    f.read(n)
    s.sendall(b"\5\2")
    user = f.read(f.read(2)[1])
    password = f.read(f.read(1)[0])
    s.sendall(b"\1\0")
    kind = f.read(4)[3]
    host = f.read(f.read(1)[0]) if kind == 3 else f.read(4 if kind == 1 else 16)
    port = int.from_bytes(f.read(2), "big")
    server.got.append((host, port, user, password))
    if host == b"closed.test":
        s.sendall(b"\5\5\0\1\0\0\0\0\0\0")
        return
    s.sendall(b"\5\0\0\1\0\0\0\0\0\0banner")
    while True:
        b = s.recv(100)
        if not b:
            return
        s.sendall(b)


def test_socks():
    """via SOCKS every connection goes through it by name, with a token for each destination, and there is no resolver"""
    with Server("127.0.0.1", 0, socks_server) as s:
        r = inside({"allow": ["*.test:7000", "x.onion:7000"], "via": "tor://127.0.0.1:%d" % s.port}, '''
def go(n):
    s = connect(n, 7000); s.sendall(b"!"); b = b""
    while len(b) < 7: b += s.recv(10)
    return b
print(go("ok.test"), go("ok.test"), go("unheard.test"), go("x.onion"), outcome(lambda: connect("closed.test", 7000).recv(1)))
print(os.popen("ls /proc/*/cmdline | xargs -n1 cat 2>/dev/null | tr '\\\\0' ' ' | grep -c -e --resolver").read().strip() if 0 else "")
''')
        equal(r.out.strip(), "b'banner!' b'banner!' b'banner!' b'banner!' reset", r)
        equal([g[0] for g in s.got], [b"ok.test", b"ok.test", b"unheard.test", b"x.onion", b"closed.test"], r)
        tokens = [g[3] for g in s.got]
        holds(tokens[0] == tokens[1] and len(set(tokens)) == 4 and len(tokens[0]) == 32, s.got)


def test_socks_down():
    """without the SOCKS server nothing goes out: there is no fall-back"""
    with Server(PUBLIC, 0, echo) as s:
        r = inside({"allow": ["ok.test:%d" % s.port], "via": "socks5h://127.0.0.1:1"}, '''
print(outcome(lambda: connect("ok.test", int(sys.argv[1])).recv(1)))
''', s.port)
        equal(r.out, "reset", r)
        equal(s.count, 0, r)


def test_onion_direct():
    """.onion names don't exist without Tor"""
    r = inside({"allow": ["*:443"]}, 'print(ask("x.onion")[0], ask("ok.test")[0])')
    equal(r.out, "3 0", r)


# --- limits -------------------------------------------------------------------------

def pss(pid):
    try:
        with open("/proc/%d/smaps_rollup" % pid) as f:
            return int(re.search(r"^Pss:\s+(\d+)", f.read(), re.M).group(1))
    except (OSError, AttributeError):
        return None


def test_many():
    """10,000 idle connections (or as many as there are descriptors for) take less than 80 MB, and all work"""
    n = min(10000, resource.getrlimit(resource.RLIMIT_NOFILE)[1] // 2 - 500)
    resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)
    quiet = socket.socket()
    quiet.bind(("127.0.0.1", 0))
    quiet.listen(4096)
    taken = []

    def take():
        while True:
            try:
                taken.append(quiet.accept()[0])
            except OSError:
                return
    threading.Thread(target=take, daemon=True).start()
    net = {"ports": ["7000:%d" % quiet.getsockname()[1]], "limits": {"connections": 10500}}
    p = subprocess.Popen([BOX, GATEWAY, json.dumps(net), log_dir(), "python3", "-c", PRELUDE + '''
l = [socket.create_connection(("127.0.0.1", 7000), 30) for i in range(int(sys.argv[1]))]
print(os.environ["BOX_GATEWAY"], flush=True); sys.stdin.read()
l[7].sendall(b"here"); l[-1].sendall(b"here")
sys.stdin.close()
time.sleep(.5)
''', str(n)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    gateway = int(p.stdout.readline())
    for _ in range(100):
        if len(taken) == n:
            break
        time.sleep(.1)
    size = pss(gateway)
    print("# %d connections: PSS %s KiB, %d descriptors" % (n, size, len(os.listdir("/proc/%d/fd" % gateway))))
    p.stdin.close()
    p.wait(30)
    quiet.shutdown(socket.SHUT_RDWR)
    quiet.close()
    got = [c.recv(4) for c in taken]
    for c in taken:
        c.close()
    equal((len(taken), got.count(b"here")), (n, 2))
    holds(size < 80 << 10, size)


def test_ceiling():
    """at the limit connections are reset in order, one line says so, and afterwards there is room again"""
    with Server(PUBLIC, 0, echo) as s:
        r = inside({"allow": ["ok.test:%d" % s.port], "limits": {"connections": 20}}, '''
a, p = address("ok.test"), int(sys.argv[1])
l = [connect(a, p) for _ in range(20)]
def one(s): s.sendall(b"x"); return s.recv(1)
print(all(one(s) == b"x" for s in l))
print([outcome(lambda: one(connect(a, p))) for _ in range(5)])
l[0].close(); time.sleep(.3)
print(outcome(lambda: one(connect(a, p))))
''', s.port)
        lines = r.out.splitlines()
        equal((lines[0], lines[2]), ("True", "b'x'"), r)
        holds(lines[1].count("reset") + lines[1].count("Broken pipe") == 5, r)
        equal(len([e for e in r.log if e["name"] == "*"]), 1, r)


def test_few_files():
    """with 512 descriptors the ceiling is lower, and still no heap of half-open connections"""
    with Server(PUBLIC, 0, echo) as s:
        r = inside({"allow": ["ok.test:%d" % s.port]}, '''
a, p = address("ok.test"), int(sys.argv[1])
def one():
    s = connect(a, p); s.sendall(b"x"); keep.append(s); return s.recv(1)
keep = []
res = [outcome(one) for _ in range(200)]
print(res.count(b"x"), res.count("reset") + res.count("Broken pipe"))
''', s.port, nofile=512)
        good, bad = map(int, r.out.split())
        holds(good >= 20 and good + bad == 200, r)


def test_bytes():
    """beyond limits.bytes connections are reset and no more are made"""
    with Server(PUBLIC, 0, sink) as s:
        r = inside({"allow": ["ok.test:%d" % s.port], "limits": {"bytes": "1M"}}, '''
s = connect("ok.test", int(sys.argv[1]))
def flood():
    for _ in range(64): s.sendall(b"z" * (1 << 20))
    return s.recv(1)
print(outcome(flood) in ("reset", "Broken pipe"), outcome(lambda: connect("ok.test", int(sys.argv[1])).recv(1)))
''', s.port)
        equal(r.out, "True reset", r)
        holds([x for x in r.report if "limits.bytes" in x], r)


def test_idle():
    """a connection on which nothing moves is ended after limits.idle, one that moves isn't"""
    with Server(PUBLIC, 0, echo) as s:
        r = inside({"allow": ["ok.test:%d" % s.port], "limits": {"idle": "700ms"}}, '''
s = connect("ok.test", int(sys.argv[1]))
for i in range(6): time.sleep(.3 if i else 0); s.sendall(b"x"); s.recv(1)
start = time.time(); print(outcome(lambda: s.recv(1)), .6 < time.time() - start < 3)
''', s.port)
        equal(r.out, "reset True", r)
        equal([e["reason"] for e in r.log if "reason" in e], ["idle"], r)


def test_hello_deadline():
    """who says nothing on 443, or doesn't end a second hello, is reset after ten seconds"""
    with Server(PUBLIC, 443, answers(server_hello())) as s:
        r = inside({"allow": ["ok.test"]}, '''
s, t = connect("ok.test", 443, 30), connect("ok.test", 443, 30)
t.sendall(hello("ok.test")); t.recv(1000); t.sendall(hello("ok.test")[:50]); start = time.time()
print(outcome(lambda: s.recv(1)), outcome(lambda: t.recv(1)), 9 < time.time() - start < 14)
''')
    equal(r.out, "reset reset True", r)


def test_slow_readers():
    """slow readers block nobody else, with more of them than there are pipes"""
    def firehose(server, s):
        b = b"f" * 65536
        while True:
            s.sendall(b)
    with Server(PUBLIC, 0, firehose) as f, Server(PUBLIC, 0, echo) as s:
        r = inside({"allow": ["ok.test:%d,%d" % (f.port, s.port)]}, '''
a = address("ok.test"); keep = [connect(a, int(sys.argv[1])) for _ in range(300)]
time.sleep(1)
def one():
    s = connect(a, int(sys.argv[2])); start = time.time(); s.sendall(b"e" * 100000)
    n = 0
    while n < 100000: n += len(s.recv(65536))
    return time.time() - start
print(sum(one() for _ in range(5)) < 10)
print(len(keep[7].recv(1000)) > 0)
''', f.port, s.port)
        equal(r.out, "True\nTrue", r)


# --- the program ------------------------------------------------------------------------

def is_dead(pid):
    """Gone, or only waiting to be reaped by whoever runs this."""
    try:
        with open("/proc/%d/stat" % pid) as f:
            return f.read().rpartition(")")[2].split()[0] == "Z"
    except FileNotFoundError:
        return True


def test_jail():
    """before its first byte the gateway has no new privileges, a filter and no way to be traced; its resolver too"""
    p = subprocess.Popen([BOX, GATEWAY, json.dumps({"allow": ["ok.test"]}), log_dir(), "python3", "-c",
                          'import os, sys\nprint(os.environ["BOX_GATEWAY"], flush=True)\nsys.stdin.read()'],
                         stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    gateway = int(p.stdout.readline())
    with open("/proc/%d/task/%d/children" % (gateway, gateway)) as f:
        pids = [gateway] + [int(x) for x in f.read().split()]
    equal(len(pids), 2)
    for pid in pids:
        with open("/proc/%d/status" % pid) as f:
            st = dict(line.split(":\t", 1) for line in f.read().splitlines() if ":\t" in line)
        equal((st["NoNewPrivs"].strip(), st["Seccomp"].strip()), ("1", "2"))
    p.stdin.close()
    equal(p.wait(10), 0)
    time.sleep(.1)
    for pid in pids:
        holds(is_dead(pid), pid)


def test_killed():
    """a gateway killed in mid-stream: connections close, nothing falls back"""
    with Server(PUBLIC, 0, echo) as s:
        p = subprocess.Popen([BOX, GATEWAY, json.dumps({"allow": ["ok.test:%d" % s.port]}), log_dir(), "python3", "-c",
                              PRELUDE + '''
a = address("ok.test"); s = connect(a, int(sys.argv[1])); s.sendall(b"x"); s.recv(1)
print(os.environ["BOX_GATEWAY"], flush=True); sys.stdin.read()
print(outcome(lambda: s.recv(1)), outcome(lambda: connect(a, int(sys.argv[1]))), outcome(lambda: ask("ok.test")))
''', str(s.port)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        os.kill(int(p.stdout.readline()), 9)
        time.sleep(.2)
        p.stdin.close()
        out = p.stdout.read()
        p.wait(10)
        first = out.splitlines()[0]
        holds(re.match("(b''|reset) refused (refused|timed out)$", first), out)


def test_unsealed():
    """a policy that could still change is refused"""
    r = inside({"allow": ["ok.test"]}, "print(1)", env={"BOX_UNSEALED": "1"})
    equal(r.status, 120, r)
    holds("sealed" in r.report[0], r)


def test_log_planted():
    """a symlink in the log's place is not followed"""
    d = log_dir()
    target = d + "/../target%d" % log_dir.n
    os.symlink(target, d + "/network.jsonl")
    p = subprocess.run([BOX, GATEWAY, json.dumps({"allow": ["ok.test"]}), d, "true"], capture_output=True, text=True)
    equal(p.returncode, 120)
    holds(not os.path.exists(target))


def test_log_full():
    """where the log can't grow it is said how much was lost, and what comes later is whole"""
    d = log_dir()
    with Server(PUBLIC, 0, banner) as s:
        p = subprocess.Popen(["prlimit", "--fsize=300:unlimited", "--", BOX, GATEWAY,
                              json.dumps({"allow": ["ok.test:%d" % s.port]}), d, "python3", "-c", PRELUDE + '''
a, p = address("ok.test"), int(sys.argv[1])
def visit():
    with connect(a, p) as c: everything(c)
for _ in range(5): visit()
time.sleep(.3)
print(os.environ["BOX_GATEWAY"], flush=True); sys.stdin.read()
visit()
''', str(s.port)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        gateway = int(p.stdout.readline())
        holds(os.path.getsize(d + "/network.jsonl") == 300)
        resource.prlimit(gateway, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY,) * 2)
        _, err = p.communicate(timeout=20)
    with open(d + "/network.jsonl") as f:
        lines = f.read().splitlines()
    equal(len(lines), 3)
    equal([json.loads(x)["verdict"] for x in (lines[0], lines[2])], ["allowed"] * 2)
    holds("4 lines were lost" in err, err)


def test_log_rotates():
    """at 10 MiB the log is rotated, and three old ones are kept"""
    d = log_dir()
    for i, name in enumerate(("network.jsonl", "network.jsonl.1", "network.jsonl.2", "network.jsonl.3")):
        with open(d + "/" + name, "w") as f:
            f.write("%d\n" % i)
            f.truncate(10 << 20)
    with Server(PUBLIC, 0, echo) as s:
        subprocess.run([BOX, GATEWAY, json.dumps({"allow": ["ok.test:%d" % s.port]}), d, "python3", "-c", PRELUDE + '''
a = address("ok.test")
for _ in range(600):
    with connect(a, int(sys.argv[1])) as c:
        c.sendall(b"x")
        c.recv(1)  # it has been through, and will have a line
''', str(s.port)], check=True, capture_output=True)
    # what comes after it is in the new file, and only there
    holds(1000 < os.path.getsize(d + "/network.jsonl") < 1 << 20)
    holds(os.path.getsize(d + "/network.jsonl.1") < (10 << 20) + (1 << 17))
    for i in range(3):
        with open(d + "/network.jsonl.%d" % (i + 1)) as f:
            equal(f.readline(), "%d\n" % i)
    equal(sorted(os.listdir(d)), ["network.jsonl"] + ["network.jsonl.%d" % i for i in (1, 2, 3)])


def test_memory():
    """idle, gateway and resolver take less than 6 MB"""
    p = subprocess.Popen([BOX, GATEWAY, json.dumps({"allow": ["ok.test"]}), log_dir(), "python3", "-c",
                          PRELUDE + 'address("ok.test")\nprint(os.environ["BOX_GATEWAY"], flush=True)\nsys.stdin.read()'],
                         stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    gateway = int(p.stdout.readline())
    with open("/proc/%d/task/%d/children" % (gateway, gateway)) as f:
        pids = [gateway] + [int(x) for x in f.read().split()]
    sizes = [pss(pid) for pid in pids]
    p.stdin.close()
    p.wait(10)
    print("# PSS KiB: %s" % sizes)
    holds(None not in sizes and sum(sizes) < 6 << 10, sizes)


def main():
    tests = [(n, f) for n, f in list(globals().items()) if n.startswith("test_") and re.search(ONLY, n)]
    print("1..%d" % len(tests))
    failed = 0
    for i, (name, f) in enumerate(tests, 1):
        try:
            f()
            print("ok %d - %s" % (i, f.__doc__), flush=True)
        except Exception as e:
            failed = 1
            print("not ok %d - %s" % (i, f.__doc__))
            for line in ("%s: %s: %s" % (name, type(e).__name__, e)).splitlines():
                print("# " + line, flush=True)
    sys.exit(failed)


if __name__ == "__main__":
    main()
