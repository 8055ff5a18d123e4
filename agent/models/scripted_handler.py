"""Answers one client of the scripted server: routes, refusals, streams and failures."""

from __future__ import annotations

import json
import threading
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from agent.errors import ModelError
from agent.models import scripted_ollama, scripted_wire
from agent.models.script import Failure, Reply, Script


@dataclass
class Behaviour:
    """How the server differs from a perfect one; may be changed while it runs."""

    models: tuple[str, ...] = ("scripted",)
    api_key: str | None = None
    """When set, requests without it get 401."""
    failures: deque[Failure | None] = field(default_factory=deque)
    """One is taken per completion request; None is a good answer."""
    retry_after_s: float = 0.05
    token_delay_s: float = 0.0
    refuses: frozenset[str] = frozenset()
    """Parameters answered with 400: `temperature`, `max_tokens`, `stream_options`."""
    reports_usage: bool = True
    prompt_limit_tokens: int | None = None
    """Longer prompts are cut silently, as Ollama does: fewer prompt tokens are reported."""
    ignores_stream: bool = False
    has_model_list: bool = True
    caches: bool = False
    """Reports how much of a prompt earlier prompts began with, as providers with a prefix cache do."""
    ollama: scripted_ollama.OllamaBehaviour | None = None


@dataclass(frozen=True)
class Request:
    """What a client asked; kept in `State.requests`."""

    path: str
    body: dict[str, Any]
    authorization: str | None


@dataclass
class State:
    """What all connections of one server share."""

    script: Script
    behaviour: Behaviour
    requests: list[Request] = field(default_factory=list)
    client_left: threading.Event = field(default_factory=threading.Event)
    """Set when a client closed its connection before the answer was complete."""
    stopping: threading.Event = field(default_factory=threading.Event)
    prompts: list[str] = field(default_factory=list)
    """Those that a prefix cache holds."""


class StatefulServer(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    state: State

    def handle_error(self, request: object, client_address: object) -> None:
        """Clients that leave between two requests are normal here."""


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # header and body are two writes; together they would wait 40 ms for each other
    server: StatefulServer

    def do_GET(self) -> None:
        self._guard(self._get)

    def do_POST(self) -> None:
        self._guard(self._post)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class names it
        """Quiet: the terminal belongs to whoever runs the client."""

    def _guard(self, handle: Callable[[State], None]) -> None:
        scripted = self.server.state
        try:
            handle(scripted)
        except ConnectionError:
            scripted.client_left.set()
            self.close_connection = True

    def _get(self, scripted: State) -> None:
        behaviour = scripted.behaviour
        scripted.requests.append(Request(self.path, {}, self.headers.get("Authorization")))
        if self.path == "/v1/models" and behaviour.has_model_list:
            if not self._refuse_key(behaviour):
                self.send_json(200, scripted_wire.model_list(behaviour.models))
        elif behaviour.ollama is not None and (answer := scripted_ollama.answer_get(self.path, behaviour.models)):
            self.send_json(200, answer)
        else:
            self.send_json(404, {"detail": "Not Found"})

    def _post(self, scripted: State) -> None:
        body = json.loads(self.rfile.read(int(self.headers.get("Content-Length", "0"))))
        scripted.requests.append(Request(self.path, body, self.headers.get("Authorization")))
        behaviour = scripted.behaviour
        if self._refuse_key(behaviour):
            return
        if self.path == "/v1/chat/completions":
            self._chat(scripted, body)
        elif behaviour.ollama is not None and self.path == "/api/show":
            self.send_json(200, behaviour.ollama.show())
        elif behaviour.ollama is not None and self.path == "/api/chat":
            self._ollama_chat(scripted, behaviour.ollama, body)
        else:
            self.send_json(404, {"detail": "Not Found"})

    def _refuse_key(self, behaviour: Behaviour) -> bool:
        if behaviour.api_key is None or self.headers.get("Authorization") == f"Bearer {behaviour.api_key}":
            return False
        shown = str(self.headers.get("Authorization")).removeprefix("Bearer ")
        message = f"Incorrect API key provided: {shown}."  # real servers echo it, so clients must redact
        self.send_json(401, scripted_wire.error(message, "invalid_request_error", "invalid_api_key"))
        return True

    def _chat(self, scripted: State, body: dict[str, Any]) -> None:
        behaviour, model = scripted.behaviour, str(body.get("model"))
        refused = next((name for name in sorted(behaviour.refuses) if name in body), None)
        if refused is not None:
            message = f"Unsupported parameter: '{refused}' is not supported with this model."
            self.send_json(400, scripted_wire.error(message, "invalid_request_error", "unsupported_parameter", refused))
            return
        if model not in behaviour.models:
            message = f"The model `{model}` does not exist."
            self.send_json(404, scripted_wire.error(message, "invalid_request_error", "model_not_found"))
            return
        reply = self._reply(scripted, body)
        if reply is None or self._fail(reply.failure, scripted):
            return
        streams = bool(body.get("stream")) and not behaviour.ignores_stream
        with_usage = behaviour.reports_usage and (
            not streams or bool((body.get("stream_options") or {}).get("include_usage"))
        )
        count = scripted_wire.count(scripted_wire.parse_messages(body), reply, behaviour.prompt_limit_tokens)
        if behaviour.caches:
            count = scripted_wire.with_cache(count, scripted_wire.parse_messages(body), scripted.prompts)
        usage = count if with_usage else None
        if streams:
            self._stream(scripted, map(scripted_wire.event, scripted_wire.streamed(model, reply, usage)), reply)
        else:
            self.send_json(200, scripted_wire.whole(model, reply, usage))

    def _ollama_chat(self, scripted: State, ollama: scripted_ollama.OllamaBehaviour, body: dict[str, Any]) -> None:
        if str(body.get("model")) not in scripted.behaviour.models:
            self.send_json(404, {"error": f"model '{body.get('model')}' not found"})
            return
        if (refusal := ollama.refusal(body)) is not None:
            self.send_json(400, {"error": refusal})
            return
        reply = self._reply(scripted, body)
        if reply is not None and not self._fail(reply.failure, scripted):
            self._stream(scripted, scripted_ollama.streamed(body, reply, ollama), reply, "application/x-ndjson")

    def _reply(self, scripted: State, body: dict[str, Any]) -> Reply | None:
        """The script's reply, with the next queued failure put on it; None when an error was sent instead."""
        failures = scripted.behaviour.failures
        failure = failures.popleft() if failures else None
        if failure is not None:
            return Reply("half of this answer is never sent", failure=failure)
        try:
            return scripted.script.reply(scripted_wire.parse_messages(body))
        except ModelError as error:
            self.send_json(400, scripted_wire.error(str(error), "invalid_request_error"))
            return None

    def _fail(self, failure: Failure | None, scripted: State) -> bool:
        """Whether the request is over: the failure happened before the answer began."""
        match failure:
            case Failure.HANG:
                scripted.stopping.wait()
                self.close_connection = True
            case Failure.HTML:
                self._send(200, "text/html; charset=utf-8", scripted_wire.WEB_PAGE.encode())
            case Failure.GARBAGE:
                self._send(200, "text/event-stream", b"data: {not json\n\ndata: [DONE]\n\n")
            case Failure.EMPTY:
                done = scripted_wire.event(scripted_wire.no_choices("scripted")) + b"data: [DONE]\n\n"
                self._send(200, "text/event-stream", done)
            case Failure.KEY | Failure.FORBIDDEN:
                error = scripted_wire.error("Incorrect API key provided.", "invalid_request_error", "invalid_api_key")
                self.send_json(int(failure.value), error)
            case Failure.MODEL:
                error = scripted_wire.error("The model does not exist.", "invalid_request_error", "model_not_found")
                self.send_json(404, error)
            case Failure.BUSY:
                headers = {"Retry-After": f"{scripted.behaviour.retry_after_s:g}"}
                self.send_json(429, scripted_wire.error("Rate limit reached.", "requests"), headers)
            case Failure.BROKEN:
                self.send_json(500, scripted_wire.error("The server had an error.", "server_error"))
            case Failure.CONTEXT:
                message = "This model's maximum context length is 4096 tokens. However, your prompt has 9000 tokens."
                error = scripted_wire.error(message, "invalid_request_error", "context_length_exceeded", "messages")
                self.send_json(400, error)
            case Failure.CUT | Failure.STALL | Failure.UNFINISHED | None:
                return False
        return True

    def _stream(
        self, scripted: State, parts: Iterable[bytes], reply: Reply, content_type: str = "text/event-stream"
    ) -> None:
        self.send_response(200)
        self.send_header("Content-Type", content_type)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        whole = list(parts)
        for part in whole if reply.failure is None else whole[: len(whole) // 2]:
            if scripted.behaviour.token_delay_s:
                scripted.stopping.wait(scripted.behaviour.token_delay_s)
            self._write_chunk(part)
        if reply.failure is Failure.STALL:
            scripted.stopping.wait()
        if reply.failure in (Failure.CUT, Failure.STALL):
            self.close_connection = True  # without the closing chunk: the client sees a broken stream
            return
        if reply.failure is None and content_type == "text/event-stream":
            self._write_chunk(b"data: [DONE]\n\n")
        self._write_chunk(b"")

    def _write_chunk(self, data: bytes) -> None:
        self.wfile.write(f"{len(data):x}\r\n".encode() + data + b"\r\n")

    def send_json(self, status: int, body: dict[str, Any], headers: dict[str, str] | None = None) -> None:
        self._send(status, "application/json", json.dumps(body).encode(), headers)

    def _send(self, status: int, content_type: str, data: bytes, headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in {"Content-Type": content_type, "Content-Length": str(len(data)), **(headers or {})}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(data)
