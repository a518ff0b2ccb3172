#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""HTTPS origins for tests of net.services:

origin.py KEY LOG ADDRESS:PORT=CERT...

says "ready" when it listens. What it does depends on the path. Every request's head goes to LOG as it came,
each line in front with "> ", and a line "= N bytes" for its body."""
import hashlib
import socket
import ssl
import sys
import threading
import time

key = sys.argv[1]
log = open(sys.argv[2], "ab", buffering=0)


class Client:
    def __init__(self, sock):
        self.sock = sock
        self.buf = b""

    def more(self):
        data = self.sock.recv(65536)
        if not data:
            raise EOFError
        self.buf += data

    def until(self, end):
        while end not in self.buf:
            self.more()
        line, self.buf = self.buf.split(end, 1)
        return line

    def exactly(self, n):
        while len(self.buf) < n:
            self.more()
        data, self.buf = self.buf[:n], self.buf[n:]
        return data

    def body(self, fields):
        if fields.get("transfer-encoding") == "chunked":
            parts = []
            while True:
                size = int(self.until(b"\r\n"), 16)
                parts.append(self.exactly(size))
                self.exactly(2)
                if size == 0:
                    return b"".join(parts)
        return self.exactly(int(fields.get("content-length", 0)))

    def send(self, data):
        self.sock.sendall(data)

    def answer(self, body, status="200 OK", more=""):
        head = "HTTP/1.1 %s\r\nContent-Length: %d\r\n%s\r\n"
        self.send((head % (status, len(body), more)).encode() + body)

    def chunk(self, data):
        self.send(b"%x;some=extension\r\n%s\r\n" % (len(data), data))


def echo(c, head, body):
    c.answer(head + b"\n" + body, more="X-Repeated: %s\r\n" % secret_of(head))


def secret_of(head):
    for line in head.decode("latin-1").split("\r\n"):
        if line.lower().startswith("authorization:"):
            return line.split(": ", 1)[1]
    return "none"


def pieces(c, head, body):
    c.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    for i in range(0, len(head), 7):
        c.chunk(head[i:i + 7])
        time.sleep(0.002)
    c.send(b"0\r\nX-Trailer: 1\r\n\r\n")


def events(c, head, body):
    c.send(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"
           b"Transfer-Encoding: chunked\r\n\r\n")
    for i in range(4):
        c.chunk(b"data: %d\n\n" % i)
        time.sleep(0.5)
    c.send(b"0\r\n\r\n")


def late(c, head, body):
    time.sleep(3)
    c.answer(b"late\n")


def until_close(c, head, body):
    c.send(b"HTTP/1.1 200 OK\r\n\r\nall of it")
    c.sock.unwrap()
    raise EOFError


def cut_close(c, head, body):
    c.send(b"HTTP/1.1 200 OK\r\n\r\nnot all of it")
    raise EOFError


def cut_length(c, head, body):
    c.send(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nnot all of it")
    raise EOFError


def cut_chunk(c, head, body):
    c.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
           b"ff\r\nnot all")
    c.sock.unwrap()
    raise EOFError


def raw(text):
    return lambda c, head, body: c.send(text)


def wait_for_more(c, head, body):
    c.answer(b"first\n")
    c.send(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nsmuggled\n")


paths = {
    "/echo": echo,
    "/pieces": pieces,
    "/events": events,
    "/until-close": until_close,
    "/cut-close": cut_close,
    "/cut-length": cut_length,
    "/cut-chunk": cut_chunk,
    "/some": lambda c, h, b: c.answer(bytes(2000000)),
    "/late": late,
    "/big": lambda c, h, b: c.answer(b"x" * (20 << 20)),
    "/sum": lambda c, h, b: c.answer(
        hashlib.sha256(b).hexdigest().encode() + b"\n"),
    "/redirect": lambda c, h, b: c.answer(
        b"", "302 Found", "Location: https://api.lab.example/echo\r\n"),
    "/elsewhere": lambda c, h, b: c.answer(
        b"", "302 Found", "Location: https://api.lab.example.org/\r\n"),
    "/hop": lambda c, h, b: c.answer(
        b"hop\n", more="Connection: x-drop, keep-alive\r\nX-Drop: 1\r\n"
        "Keep-Alive: timeout=5\r\nAlt-Svc: h3=\":443\"\r\nX-Kept: 1\r\n"
        "Strict-Transport-Security: max-age=9\r\nUpgrade: h2c\r\n"),
    "/204": raw(b"HTTP/1.1 204 No Content\r\n\r\n"),
    "/304": raw(b"HTTP/1.1 304 Not Modified\r\nContent-Length: 99\r\n\r\n"),
    "/100": raw(b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n"
                b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nhints\n"),
    "/101": raw(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n"),
    "/both": raw(b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n"
                 b"Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n"),
    "/not-http": raw(b"SSH-2.0-x\r\n\r\n"),
    "/old": raw(b"HTTP/1.0 200 OK\r\nContent-Length: 4\r\n\r\nold\n"),
    "/two": wait_for_more,
}


def serve(tls, sock):
    try:
        c = Client(tls.wrap_socket(sock, server_side=True))
        while True:
            head = c.until(b"\r\n\r\n")
            lines = head.decode("latin-1").split("\r\n")
            fields = {}
            for line in lines[1:]:
                name, value = line.split(": ", 1)
                fields[name.lower()] = value
            path = lines[0].split(" ")[1].split("?")[0]
            note = "".join("> %s\n" % line for line in lines)
            if path == "/early":
                log.write(note.encode("latin-1"))
                c.answer(b"no\n", "401 Unauthorized")
                continue
            if fields.get("expect") == "100-continue":
                c.send(b"HTTP/1.1 100 Continue\r\n\r\n")
            body = c.body(fields)
            log.write(("%s= %d bytes\n" % (note, len(body))).encode("latin-1"))
            if lines[0].startswith("HEAD "):
                c.send(b"HTTP/1.1 200 OK\r\nContent-Length: 77\r\n\r\n")
            else:
                paths.get(path, lambda c, h, b: c.answer(
                    b"none\n", "404 Not Found"))(c, head, body)
    except (EOFError, OSError, ValueError):
        pass
    finally:
        sock.close()


def accept(tls, server):
    while True:
        client = server.accept()[0]
        threading.Thread(target=serve, args=(tls, client), daemon=True).start()


loops = []
for arg in sys.argv[3:]:
    where, cert = arg.split("=")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(cert, key)
    at = where.split(":")
    listener = socket.create_server((at[0], int(at[1])), backlog=256)
    loops.append(threading.Thread(target=accept, args=(context, listener)))
for loop in loops:
    loop.start()
print("ready", flush=True)
