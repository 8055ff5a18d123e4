"""A real OpenAI-compatible server on loopback whose answers a function gives: for evaluations that call tools."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Mind = Callable[[Mapping[str, Any]], "Mapping[str, Any] | str | int"]
"""A request's body -> an assistant's message, the text of a completion, or the status of a refusal."""


def tool_message(name: str, args: Mapping[str, Any]) -> dict[str, Any]:
    function = {"name": name, "arguments": json.dumps(dict(args))}
    return {"role": "assistant", "content": None, "tool_calls": [{"id": "1", "type": "function", "function": function}]}


def words_message(text: str) -> dict[str, Any]:
    return {"role": "assistant", "content": text}


@dataclass
class ChatEndpoint:
    """`url` ends in `/v1`; `bodies` are all requests so far."""

    mind: Mind
    url: str = ""
    bodies: list[dict[str, Any]] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)


@contextmanager
def chat_endpoint(mind: Mind) -> Iterator[ChatEndpoint]:
    """Serve until the block ends."""
    endpoint = ChatEndpoint(mind)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            with endpoint.lock:
                endpoint.bodies.append(body)
                said = endpoint.mind(body)
            if isinstance(said, int):
                self.reply(said, {"error": {"message": f"refused with {said}"}})
                return
            usage = {"prompt_tokens": 10, "completion_tokens": 3, "total_tokens": 13}
            part: dict[str, Any] = {"text": said} if isinstance(said, str) else {"message": dict(said)}
            choice = {"index": 0, "finish_reason": "stop", **part}
            self.reply(200, {"id": "x", "object": "x", "created": 0, "model": "m", "choices": [choice], "usage": usage})

        def reply(self, status: int, value: Mapping[str, Any]) -> None:
            data = json.dumps(value).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  # the base class names it so
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    endpoint.url = f"http://127.0.0.1:{server.server_address[1]}/v1"
    try:
        yield endpoint
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
