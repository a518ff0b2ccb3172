#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Both ends of tests/net/load.bats.

load.py serve ADDRESS PORT LOG    outside: echo; a line in LOG for each connection
                                  that began, "+", and ended, "- BYTES"
load.py NAME ARG...               inside: one of the functions below

What happens inside is told on stdout, and judged outside."""
import os
import resource
import select
import socket
import sys
import threading
import time

HOST, PORT = "load.lab.example", 7000
WEB = "web.lab.example"  # 80 and 443
BURST = 64


def files():
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def serve(address, port, log):
    files()
    log = open(log, "ab", buffering=0)
    server = socket.create_server((address, int(port)), backlog=4096)
    server.setblocking(False)
    poll = select.epoll()
    poll.register(server, select.EPOLLIN)
    clients, got = {}, {}
    print("ready", flush=True)
    while True:
        for fd, _ in poll.poll():
            if fd == server.fileno():
                for _ in range(BURST):
                    try:
                        s = server.accept()[0]
                    except BlockingIOError:
                        break
                    log.write(b"+\n")
                    clients[s.fileno()] = s
                    poll.register(s, select.EPOLLIN)
                continue
            s = clients[fd]
            try:
                data = s.recv(65536)
                got[fd] = got.get(fd, 0) + len(data)
                if data:
                    s.sendall(data)
                    continue
            except OSError:
                pass
            log.write(b"- %d\n" % got.pop(fd, 0))
            poll.unregister(fd)
            clients.pop(fd).close()


def connect(port=PORT, host=None):
    """Without any limit of its own: what hangs is the test's to end."""
    s = socket.socket()
    s.connect((host or (HOST if port == PORT else WEB), int(port)))
    return s


def echoes(s, text=b"x"):
    """Does the connection work?"""
    try:
        s.sendall(text)
        return s.recv(len(text)) == text
    except OSError:
        return False


def another(host=HOST, text=b"x"):
    """A new connection if it works."""
    try:
        s = connect(host=host)
    except OSError:
        return None
    if echoes(s, text):
        return s
    s.close()
    return None


def mark(path):
    """Tell the outside that this far was come; "go-PATH" is its answer."""
    open(path, "w").close()
    while not os.path.exists("go-" + path):
        time.sleep(0.02)


def address(name=HOST):
    return socket.gethostbyname(name)


def ceiling(n):
    """One after the other; those that work are kept."""
    files()
    host, kept, slowest, order = address(), [], 0, ""
    for i in range(int(n)):
        start = time.monotonic()
        s = another(host, b"%08d" % i)
        if s:
            kept.append(s)
        else:
            slowest = max(slowest, time.monotonic() - start)
        sign = "+" if s else "-"
        order += "" if order.endswith(sign) else sign
    print("kept", len(kept), "order", order, "slowest", slowest < 1)
    # all at once, none waited for
    heap = []
    for i in range(1000):
        s = socket.socket()
        s.setblocking(False)
        s.connect_ex((host, PORT))
        heap.append(s)
        if len(heap) == 300:
            time.sleep(0.2)
            heap = [s.close() for s in heap][:0]
    for s in heap:
        s.close()
    print("still", sum(echoes(s) for s in kept))
    for s in kept[:10]:
        s.close()
    time.sleep(0.5)
    more = [another(host) for _ in range(12)]
    print("again", len([s for s in more if s]))
    print("still", sum(echoes(s) for s in kept[10:]))


def hello():
    """A ClientHello, as a TLS library writes it."""
    import ssl
    out = ssl.MemoryBIO()
    tls = ssl.create_default_context().wrap_bio(
        ssl.MemoryBIO(), out, server_hostname=WEB)
    try:
        tls.do_handshake()
    except ssl.SSLWantReadError:
        pass
    return out.read()


def drip(port, text, n, result, first=b""):
    """n connections, a byte a second on each; how long do they live?"""
    open_, ages = [], []
    for _ in range(n):
        s = connect(port)
        if first:
            s.sendall(first)
            s.recv(65536)
        open_.append((s, time.monotonic()))
    for i in range(15):
        if not open_:
            break
        for pair in list(open_):
            try:
                pair[0].send(text[i:i + 1])
                pair[0].setblocking(False)
                pair[0].recv(1)
            except BlockingIOError:
                continue
            except OSError:
                pass
            open_.remove(pair)
            ages.append(time.monotonic() - pair[1])
        time.sleep(1)
    ages.sort()
    result.append("%s %d %s" % (port, len(ages), bool(ages) and
                                ages[0] > 9 and ages[-1] < 13))


def slow(n):
    """Readers that don't read, senders that hardly send, heads that are long
    and never end; another has work to do."""
    head = b"GET /huge HTTP/1.1\r\nHost: " + WEB.encode() + b"\r\n\r\n"
    readers = [connect(80) for _ in range(int(n))]
    for s in readers:
        s.sendall(head)
    hoard, said = [connect(80) for _ in range(200)], []
    for s in hoard:
        s.sendall(head[:-2] + b"X: " + 60000 * b"x")
    drips = [threading.Thread(target=drip, args=(p, t, 50, said))
             for p, t in ((443, hello()), (80, head))]
    drips.append(threading.Thread(target=drip, args=(
        80, head, 20, said, head.replace(b"/huge", b"/"))))
    for t in drips:
        t.start()
    fast, worst = connect(), 0
    end = time.monotonic() + 5
    while time.monotonic() < end:
        start = time.monotonic()
        if not echoes(fast, b"ping"):
            print("the fast one broke")
        worst = max(worst, time.monotonic() - start)
        time.sleep(0.01)
    print("fast", worst < 1)
    start, got, want = time.monotonic(), 0, 64 << 20
    reader = connect(80)
    reader.sendall(head)
    while got < want:
        got += len(reader.recv(1 << 20))
    print("bulk", time.monotonic() - start < 10)
    mark("slow")
    print("hoarded", sum(ended(s) is not None for s in hoard))
    for t in drips:
        t.join()
    print("\n".join(sorted(said)))
    mark("after")
    for s in readers:
        s.settimeout(5)
    print("readers", sum(s.recv(12) == b"HTTP/1.1 200" for s in readers))


def ended(s):
    """Seconds until the connection's end; None: it lives on."""
    start = time.monotonic()
    s.settimeout(15)
    try:
        while s.recv(1 << 20):
            pass
    except socket.timeout:
        return None
    except OSError:
        pass
    return time.monotonic() - start


def outcome(f):
    start = time.monotonic()
    try:
        f()
        return "worked"
    except OSError as e:
        took = time.monotonic() - start
        return type(e).__name__ + ("" if took < 2 else " late")


def settled(f):
    """The outcome, once there is none but an error: the kernel closes the
    descriptors of a killed process one after another."""
    for _ in range(50):
        result = outcome(f)
        if str(result).endswith(("Error", "gaierror")):
            break
        time.sleep(0.1)
    return result


def killed(published):
    """Flows in every state; then the gateway is killed."""
    server = socket.create_server(("127.0.0.1", int(published)))
    head = b"GET /huge HTTP/1.1\r\nHost: " + WEB.encode() + b"\r\n\r\n"
    host, flows = address(), []
    for _ in range(20):
        flows += [connect(), connect(443), connect(80), connect(80),
                  connect(53, "198.18.0.1")]
        echoes(flows[-5])
        flows[-4].sendall(hello()[:50])
        flows[-3].sendall(head[:10])
        flows[-2].sendall(head)
    flows = flows[:5] + [s for s in flows[5:] if s.getpeername()[1] != 53]
    flows.append(server.accept()[0])
    mark("up")
    start = time.monotonic()
    late = [t for t in map(ended, flows) if t is None]
    print("flows", len(flows), "late", len(late),
          time.monotonic() - start < 3)
    print("known", settled(lambda: connect(host=host)))
    print("name", settled(address))
    print("other", settled(lambda: address("other.lab.example")))
    print("dns", settled(lambda: connect(53, "198.18.0.1")))
    print("direct", outcome(lambda: connect(80, "45.80.1.1")))


def visit(port):
    """Outside: a published port; then again, when the gateway is gone."""
    s = connect(port, "127.0.0.1")
    print("visit", ended(s) is not None)
    print("another", settled(lambda: connect(port, "127.0.0.1")))


def crowded(published):
    """As many descriptors in flight as the kernel lets a user have; then none."""
    server = socket.create_server(("127.0.0.1", int(published)))
    files()
    some = [os.open("/dev/null", os.O_RDONLY) for _ in range(250)]
    pairs, n = [], 0
    try:
        while True:
            pairs.append(socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM))
            for _ in range(8):
                socket.send_fds(pairs[-1][0], [b"x"], some)
                n += len(some)
    except OSError as e:
        print(type(e).__name__, n > 1000)
    mark("full")
    for pair in pairs:
        for s in pair:
            s.close()
    mark("empty")
    server.settimeout(5)
    for _ in range(2):
        s = server.accept()[0]
        s.sendall(b"hello")
        s.close()


def greeted(port):
    """Outside: what a published port says, by its end."""
    s = connect(port, "127.0.0.1")
    s.settimeout(5)
    try:
        print(s.recv(100) or "nothing")
    except OSError as e:
        print(type(e).__name__)


def edge(n):
    """The first n work, no more."""
    kept = [connect() for _ in range(int(n))]
    print("kept", sum(echoes(s) for s in kept))
    print("more", [another() for _ in range(5)])
    kept.pop().close()
    time.sleep(0.3)
    kept.append(another())
    print("again", kept[-1] is not None, another())
    print("kept", sum(echoes(s) for s in kept))


def exactly(n):
    """n bytes both ways, which is the limit; then one more."""
    s, spare, left = connect(), connect(), int(n) // 2
    while left:
        part = min(left, 10000)
        s.sendall(b"x" * part)
        while part:
            got = len(s.recv(part))
            part, left = part - got, left - got
    print("passed", int(n))
    print("one more", echoes(s))
    print("another", echoes(spare))
    print("new", another())


def flood(n):
    """n connections that send as much as they can, all at once."""
    flows, got = [connect() for _ in range(int(n))], 0
    print("open", sum(echoes(s) for s in flows))
    text = b"x" * 65536
    for s in flows:
        s.setblocking(False)
    while flows:
        for s in list(flows):
            try:
                s.send(text)
            except BlockingIOError:
                pass
            except OSError:
                flows.remove(s)
                continue
            try:
                got += len(s.recv(65536))
            except BlockingIOError:
                pass
            except OSError:
                flows.remove(s)
    print("received", got + int(n))


def idle(n):
    """n connections on which nothing happens; all work afterwards."""
    files()
    host, kept = address(), [another()]
    mark("nothing")
    for _ in range(int(n) - 1):
        kept.append(connect(host=host))
        if len(kept) % 500 == 0:
            echoes(kept[-1])
    print("open", sum(echoes(s) for s in kept), flush=True)
    mark("idle")
    print("still", sum(echoes(s) for s in kept))


def names(n):
    """Connections that wait for a look-up when the resolver dies."""
    mark("begin")
    flows = [connect() for _ in range(int(n))]
    mark("asked")
    start = time.monotonic()
    late = [t for t in map(ended, flows) if t is None]
    print("late", len(late), time.monotonic() - start < 1)
    start = time.monotonic()
    print("new", another(), time.monotonic() - start < 1)
    print("address", another("45.80.2.1") is not None)


def busy(n):
    """At the end the gateway has heads of n connections to read, and the first
    connection is still open."""
    files()
    host = address(WEB)
    first = connect(80, host)
    head = b"%%s HTTP/1.1\r\nHost: %s\r\n" % WEB.encode()
    first.sendall(head % b"POST /first" + b"Content-Length: 300000\r\n\r\n" +
                  bytes(300000))
    first.recv(100)
    try:
        address("refused.example")
    except OSError:
        pass
    kept = [connect(80, host) for _ in range(int(n))]
    for s in kept:
        s.send(head % b"GET /" + b"\r\n")
    time.sleep(1)
    text = head % b"GET /" + b"a:\r\n" * 190 + b"\r\n"
    text *= 600000 // len(text)
    for s in kept:
        s.setblocking(False)
        try:
            s.send(text)
        except OSError:
            pass
    os._exit(0)


if __name__ == "__main__":
    globals()[sys.argv[1]](*sys.argv[2:])
