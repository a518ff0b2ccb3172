#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""A scripted model on 127.0.0.1:PORT that speaks what agents speak: Anthropic
Messages, OpenAI Chat Completions and Responses, plain or streamed. Its first answer to a request
with tools calls the one that writes files; when a result has come back it says
that it is done. usage: model.py PORT FILE TEXT"""

import http.server
import json
import sys

PORT, FILE, TEXT = int(sys.argv[1]), sys.argv[2], sys.argv[3]
DONE = "All done."


def write_call(tools):
    """The name and arguments that write FILE with one of these tools."""
    for tool in tools or []:
        f = tool.get("function", tool)
        name = f.get("name", "")
        schema = f.get("input_schema") or f.get("parameters") or {}
        keys = schema.get("properties", {})
        if name.lower() not in ("write", "write_file"):
            continue
        path = next((k for k in keys if "path" in k.lower()), "file_path")
        text = next((k for k in keys if "content" in k.lower()), "content")
        return name, {path: FILE, text: TEXT + "\n"}
    return None


def has_result(messages):
    return any(
        m.get("role") == "tool"
        or (isinstance(m.get("content"), list)
            and any(c.get("type") == "tool_result" for c in m["content"]
                    if isinstance(c, dict)))
        for m in messages)


def anthropic(q):
    call = None if has_result(q["messages"]) else write_call(q.get("tools"))
    if call:
        block = {"type": "tool_use", "id": "toolu_1", "name": call[0], "input": call[1]}
    else:
        block = {"type": "text", "text": DONE}
    usage = {"input_tokens": 1, "output_tokens": 1}
    message = {"id": "msg_1", "type": "message", "role": "assistant",
               "model": q.get("model"), "content": [block], "usage": usage,
               "stop_reason": "tool_use" if call else "end_turn",
               "stop_sequence": None}
    if not q.get("stream"):
        return message, None
    start = dict(message, content=[], stop_reason=None)
    if call:
        first = dict(block, input={})
        delta = {"type": "input_json_delta", "partial_json": json.dumps(call[1])}
    else:
        first = {"type": "text", "text": ""}
        delta = {"type": "text_delta", "text": DONE}
    events = [
        {"type": "message_start", "message": start},
        {"type": "content_block_start", "index": 0, "content_block": first},
        {"type": "content_block_delta", "index": 0, "delta": delta},
        {"type": "content_block_stop", "index": 0},
        {"type": "message_delta", "usage": {"output_tokens": 1},
         "delta": {"stop_reason": message["stop_reason"], "stop_sequence": None}},
        {"type": "message_stop"}]
    return None, [("event: %s\n" % e["type"], e) for e in events]


def chat(q):
    call = None if has_result(q["messages"]) else write_call(q.get("tools"))
    if call:
        delta = {"role": "assistant", "content": None, "tool_calls": [
            {"index": 0, "id": "call_1", "type": "function",
             "function": {"name": call[0], "arguments": json.dumps(call[1])}}]}
    else:
        delta = {"role": "assistant", "content": DONE}
    reason = "tool_calls" if call else "stop"
    usage = {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2}
    head = {"id": "c1", "created": 1, "model": q.get("model")}
    if not q.get("stream"):
        return dict(head, object="chat.completion", usage=usage, choices=[
            {"index": 0, "message": delta, "finish_reason": reason}]), None
    head["object"] = "chat.completion.chunk"
    return None, [
        ("", dict(head, choices=[{"index": 0, "delta": delta, "finish_reason": None}])),
        ("", dict(head, choices=[{"index": 0, "delta": {}, "finish_reason": reason}])),
        ("", dict(head, choices=[], usage=usage))]


class Model(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def answer(self, kind, body):
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        self.answer("application/json", b'{"data":[],"object":"list"}')

    do_HEAD = do_GET

    def do_POST(self):
        q = json.loads(self.rfile.read(int(self.headers.get("Content-Length", 0))) or b"{}")
        path = self.path.split("?")[0]
        if path.endswith("/messages"):
            plain, events = anthropic(q)
        elif path.endswith("/chat/completions"):
            plain, events = chat(q)
        elif path.endswith("/count_tokens"):
            plain, events = {"input_tokens": 1}, None
        else:
            plain, events = {}, None
        if events is None:
            self.answer("application/json", json.dumps(plain).encode())
            return
        body = "".join("%sdata: %s\n\n" % (e, json.dumps(d)) for e, d in events)
        if not path.endswith("/messages"):
            body += "data: [DONE]\n\n"
        self.answer("text/event-stream", body.encode())

    def log_message(self, *args):
        pass


http.server.ThreadingHTTPServer(("127.0.0.1", PORT), Model).serve_forever()
