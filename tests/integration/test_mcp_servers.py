"""MCP servers that others wrote, started as a person would start them."""

from __future__ import annotations

import asyncio
import http.server
import shlex
import sys
import threading
from collections.abc import Iterator

import pytest

from agent.tools.base import LoadedSource, Tool
from agent.tools.host import ToolHost
from agent.tools.sources import SourceOptions, load_tools
from sandbox.kernel import ToolReply, ToolRequest, ToolValue

PAGE = b"Tides\nHigh at noon.\n"  # plain text: of HTML the server makes Markdown with programs that need not be here
pytestmark = pytest.mark.timeout(180)


def started(module: str, *arguments: str) -> Iterator[LoadedSource]:
    source = f"mcp:{shlex.quote(sys.executable)} -m {module} {shlex.join(arguments)}".strip()
    loaded = load_tools([source], SourceOptions(trusted=frozenset([source]), say=lambda text: None))
    yield loaded
    asyncio.run(loaded.close())


@pytest.fixture(scope="module")
def time_server() -> Iterator[LoadedSource]:
    yield from started("mcp_server_time", "--local-timezone=UTC")


@pytest.fixture(scope="module")
def fetch_server() -> Iterator[LoadedSource]:
    yield from started("mcp_server_fetch", "--allow-private-ips")


@pytest.fixture(scope="module")
def page() -> Iterator[str]:
    class Page(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            is_robots = self.path == "/robots.txt"
            body = b"User-agent: *\nAllow: /\n" if is_robots else PAGE
            self.send_response(200)
            self.send_header("Content-Type", "text/plain")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args: object) -> None:
            return None

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Page)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}/tides"
    server.shutdown()
    server.server_close()


async def called(loaded: LoadedSource, name: str, **args: object) -> ToolReply:
    host = ToolHost(loaded.tools, lambda event: None, approve="yes")
    host.begin_cell(1)
    return await host.call(ToolRequest("c1", name, dict(args)))


def tool(loaded: LoadedSource, name: str) -> Tool:
    return next(t for t in loaded.tools if t.spec.name == name)


async def test_mcp_server_time(time_server: LoadedSource) -> None:
    spec = tool(time_server, "convert_time").spec
    assert {p.name for p in spec.parameters} == {"source_timezone", "time", "target_timezone"}
    args = {"source_timezone": "Europe/Rome", "time": "16:30", "target_timezone": "UTC"}
    reply = await called(time_server, "convert_time", **args)
    assert isinstance(reply, ToolValue) and reply.value["source"]["datetime"][11:16] == "16:30"
    assert reply.value["target"]["timezone"] == "UTC"
    assert not isinstance(await called(time_server, "convert_time", **args | {"target_timezone": "Nowhere"}), ToolValue)


async def test_mcp_server_fetch(fetch_server: LoadedSource, page: str) -> None:
    reply = await called(fetch_server, "fetch", url=page)
    assert isinstance(reply, ToolValue), reply
    assert "Tides" in reply.value and "High at noon." in reply.value
