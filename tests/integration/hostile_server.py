"""A server on loopback that answers as it is told to, byte by byte: for what no decent framework would send."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Seen:
    """A request as it came in."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes


Answer = Callable[[Seen, asyncio.StreamWriter], Awaitable[None]]


@dataclass
class Hostile:
    """`answers` maps the start of a path to what is done; the longest one counts."""

    url: str = ""
    answers: dict[str, Answer] = field(default_factory=dict)
    seen: list[Seen] = field(default_factory=list)

    def on(self, path: str, status: str = "200 OK", body: bytes | str = b"{}", **headers: str) -> None:
        """Answer with this; `content_type` and the like become headers."""
        content = body.encode() if isinstance(body, str) else body
        lines = [f"HTTP/1.1 {status}", f"content-length: {len(content)}"]
        headers.setdefault("content_type", "application/json")
        lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]

        async def answer(_: Seen, writer: asyncio.StreamWriter) -> None:
            writer.write("\r\n".join([*lines, "", ""]).encode() + content)

        self.answers[path] = answer


@asynccontextmanager
async def hostile() -> AsyncIterator[Hostile]:
    server = Hostile()
    tasks: set[asyncio.Task[None]] = set()

    async def one(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        tasks.add(task)
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
                method, target, _ = head[0].split(" ")
                headers = dict(line.split(": ", 1) for line in head[1:] if ": " in line)
                headers = {name.lower(): value for name, value in headers.items()}
                body = await reader.readexactly(int(headers.get("content-length", "0")))
                seen = Seen(method, target, headers, body)
                server.seen.append(seen)
                best = max((p for p in server.answers if target.startswith(p)), key=len)
                await server.answers[best](seen, writer)
                await writer.drain()
                if writer.is_closing():
                    break
        writer.close()

    listener = await asyncio.start_server(one, "127.0.0.1", 0, limit=1 << 20)
    server.url = f"http://127.0.0.1:{listener.sockets[0].getsockname()[1]}"
    try:
        yield server
    finally:
        listener.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
