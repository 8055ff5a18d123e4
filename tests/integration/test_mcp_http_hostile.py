"""MCP servers over HTTP that hang, redirect, never end, or answer what the protocol does not allow."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest

from agent.calls.categories import Category
from agent.errors import ToolSourceError
from agent.tools.mcp import web
from agent.tools.sources import SourceOptions, load_tools
from agent.tools.vault import Vault
from sandbox.kernel import ToolFailure, ToolValue
from tests.integration.hostile_server import Hostile, Seen, hostile
from tests.integration.test_mcp import SECRET, Bench, opened

pytestmark = pytest.mark.timeout(120)
TOOL = {"name": "act", "inputSchema": {"type": "object"}, "annotations": {"readOnlyHint": True}}
Call = Callable[[Any, asyncio.StreamWriter], None]


def respond(writer: asyncio.StreamWriter, body: object, status: str = "200 OK", **headers: str) -> None:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    lines = {"content-type": "application/json", "content-length": str(len(content))} | {
        name.replace("_", "-"): value for name, value in headers.items()
    }
    head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
    writer.write(f"HTTP/1.1 {status}\r\n{head}\r\n".encode() + content)


def well(number: Any, writer: asyncio.StreamWriter) -> None:
    result = {"content": [{"type": "text", "text": "fine"}]}
    respond(writer, {"jsonrpc": "2.0", "id": number, "result": result})


class Server:
    """Shakes hands and lists one tool as it should; what a call gets is the test's."""

    def __init__(self, http: Hostile) -> None:
        self.http = http
        self.call: Call = well
        http.answers["/mcp"] = self._answer

    @property
    def source(self) -> str:
        return f"mcp:{self.http.url}/mcp?key=bearer"

    async def _answer(self, seen: Seen, writer: asyncio.StreamWriter) -> None:
        if seen.method != "POST":
            respond(writer, b"", "405 Method Not Allowed")
            return
        request = json.loads(seen.body)
        number = request.get("id")
        match request.get("method"):
            case "initialize":
                info = {"name": "hostile", "version": "1"}
                result = {"protocolVersion": "2025-06-18", "capabilities": {"tools": {}}, "serverInfo": info}
                respond(writer, {"jsonrpc": "2.0", "id": number, "result": result})
            case "tools/list":
                respond(writer, {"jsonrpc": "2.0", "id": number, "result": {"tools": [TOOL]}})
            case "tools/call":
                self.call(number, writer)
                await writer.drain()
            case _ if number is None:
                respond(writer, b"", "202 Accepted")
            case _:
                error = {"code": -32601, "message": "unknown"}
                respond(writer, {"jsonrpc": "2.0", "id": number, "error": error})


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    async with hostile() as http:
        yield Server(http)


def vault() -> SourceOptions:
    return SourceOptions(vault=Vault({"bearer": SECRET}.get), start_s=60.0)


def hangs(number: Any, writer: asyncio.StreamWriter) -> None:
    """Not a byte."""


def page(number: Any, writer: asyncio.StreamWriter) -> None:
    respond(writer, b"<html>log in</html>", content_type="text/html")


def no_json(number: Any, writer: asyncio.StreamWriter) -> None:
    respond(writer, b"{this is none")


def other_number(number: Any, writer: asyncio.StreamWriter) -> None:
    well(77, writer)


def no_result(number: Any, writer: asyncio.StreamWriter) -> None:
    respond(writer, {"jsonrpc": "2.0", "id": number, "result": {"content": 5}})


def refuses(number: Any, writer: asyncio.StreamWriter) -> None:
    respond(writer, {"error": "not with that"}, "401 Unauthorized")


def breaks(number: Any, writer: asyncio.StreamWriter) -> None:
    respond(writer, b"oops", "500 Internal Server Error", content_type="text/plain")


def cut_off(number: Any, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 1000\r\n\r\n{")
    writer.close()


@pytest.mark.parametrize("call", [hangs, page, no_json, other_number, no_result, refuses, breaks, cut_off])
async def test_a_bad_answer_is_a_failure_and_the_next_call_works(call: Call, server: Server, tmp_path: Path) -> None:
    async with opened(server.source, tmp_path, server.source) as loaded:
        server.call = call
        bench = Bench(loaded, call_s=1.5 if call in (hangs, other_number) else 60)
        reply = await bench.call("act")
        assert isinstance(reply, ToolFailure), reply
        wrong = call in (page, no_json, no_result)
        assert bench.category is (Category.TOOL_CALL_FAILURE if wrong else Category.TOOL_INSTABILITY), reply
        assert call is not breaks or "HTTP 500 Internal Server Error: oops" in reply.message
        assert SECRET not in repr(bench.events)
        server.call = well
        assert await Bench(loaded).call("act") == ToolValue("fine")


async def test_an_answer_without_an_end(server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(web, "RESPONSE_BYTES", 1 << 20)
    pieces = asyncio.Event()

    async def endless(seen: Seen, writer: asyncio.StreamWriter) -> None:
        if json.loads(seen.body or b"{}").get("method") != "tools/call":
            await server._answer(seen, writer)
            return
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\n")
        try:
            while not writer.is_closing():
                writer.write(b": x\n" * 16_384)
                await writer.drain()
        finally:
            pieces.set()

    server.http.answers["/mcp"] = endless
    async with opened(server.source, tmp_path, server.source) as loaded:
        reply = await Bench(loaded, call_s=60).call("act")
        assert isinstance(reply, ToolFailure), reply
        async with asyncio.timeout(60):
            await pieces.wait()


async def test_the_token_does_not_follow_a_redirect(server: Server, tmp_path: Path) -> None:
    async with hostile() as elsewhere, opened(server.source, tmp_path, server.source) as loaded:
        elsewhere.on("/")

        def away(number: Any, writer: asyncio.StreamWriter) -> None:
            respond(writer, b"", "307 Temporary Redirect", location=f"{elsewhere.url}/mcp")

        server.call = away
        assert isinstance(await Bench(loaded, call_s=3).call("act"), ToolFailure)
        assert not any("authorization" in seen.headers or SECRET.encode() in seen.body for seen in elsewhere.seen)
        assert all(seen.headers.get("authorization") == f"Bearer {SECRET}" for seen in server.http.seen)


@pytest.mark.parametrize(
    ("status", "body"), [("200 OK", "<html></html>"), ("404 Not Found", "none"), ("401 Unauthorized", "{}")]
)
async def test_an_address_that_is_no_server_is_said_at_the_start(status: str, body: str) -> None:
    async with hostile() as http:
        http.on("/", status, body, content_type="text/html")
        with pytest.raises(ToolSourceError) as told:
            await asyncio.to_thread(load_tools, [f"mcp:{http.url}/mcp?key=bearer"], vault())
        assert http.url in str(told.value) and SECRET not in str(told.value) + told.value.hint


def test_nobody_listens() -> None:
    with pytest.raises(ToolSourceError, match=r"127\.0\.0\.1:9"):
        load_tools(["mcp:http://127.0.0.1:9/mcp"], vault())
