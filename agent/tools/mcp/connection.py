"""One server: connected when needed, connected again after it ended, and watched for tools that change.

All of it runs on the background loop; `start`, `call` and `close` are what others use. The SDK's client is entered and
left by one task (its scopes belong to a task), and calls come from others.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from agent.errors import ToolSourceError
from agent.tools.feedback import ToolFault, ToolUnstable, UnknownTool
from agent.tools.mcp.background import BACKGROUND
from agent.tools.mcp.failures import failure_of, is_connection_lost, reason_of
from agent.version import version

if TYPE_CHECKING:
    from mcp import Client
    from mcp.client._transport import Transport

    OpenTransport = Callable[[Callable[[str], None], Callable[[str], None]], Transport]
    """Makes a transport. What it is given: to be called at its end, with what the server did wrong or '', and for what
    the server says beside."""

_MAX_PAGES = 200
_N_DEATHS, _DEATHS_WITHIN_S = 3, 60.0
_PROGRESS_S = 1.0
_WORDS_CHARS = 600
_LAST_WORDS_S = 3.0


class Connection:
    """`shown` names the server in messages; `say` gets how far a call has come."""

    def __init__(
        self, shown: str, transport: OpenTransport, say: Callable[[str], None], start_s: float, *, is_process: bool
    ) -> None:
        self._shown = shown
        self._is_process = is_process
        self._transport = transport
        self._say = say
        self._start_s = start_s
        self._ready: asyncio.Future[Client] | None = None
        self._keeper: asyncio.Task[None] | None = None
        self._over = asyncio.Event()
        self._opening = asyncio.Lock()
        self._tools: dict[str, Any] | None = None
        self._deaths: deque[float] = deque(maxlen=_N_DEATHS)
        self._why = ""
        self._last_words: deque[str] = deque(maxlen=16)
        self._misbehaved = ""
        self._is_closed = False

    def start(self) -> Sequence[Any]:
        """Connect and list the tools (the SDK's `Tool`). Blocking.

        Raises:
            ToolSourceError: the server cannot be started or reached, or is none.
        """
        return BACKGROUND.submit(self._start()).result()

    async def call(self, name: str, args: Mapping[str, Any], is_same: Callable[[Any], bool]) -> Any:
        """The SDK's `CallToolResult`. `is_same` says whether a tool is still what it was when the session began.

        Raises:
            ToolUnstable: the server ended, cannot be reached, or has changed the tool.
            ToolFault: it answers with an error of the protocol.
        """
        return await asyncio.wrap_future(BACKGROUND.submit(self._call(name, dict(args), is_same)))

    async def close(self) -> None:
        """Disconnect and end the process. Safe to call twice."""
        self._is_closed = True
        await asyncio.wrap_future(BACKGROUND.submit(self._disconnect()))

    def close_now(self) -> None:
        """The same, blocking."""
        self._is_closed = True
        BACKGROUND.submit(self._disconnect()).result()

    async def _start(self) -> Sequence[Any]:
        try:
            async with asyncio.timeout(self._start_s):
                client = await self._connected()
                return list((await self._listed(client)).values())
        except TimeoutError as error:
            await self._disconnect()
            raise ToolSourceError(
                f"{self._shown} did not answer within {self._start_s:g} s",
                "see whether it works by itself, or raise start_s in [tools] of the settings",
            ) from error
        except ToolFault as error:
            await self._disconnect()
            raise ToolSourceError(str(error), "see whether the server works by itself") from error

    async def _call(self, name: str, args: dict[str, Any], is_same: Callable[[Any], bool]) -> Any:
        client = await self._connected()
        tool = (await self._listed(client)).get(name)
        if tool is None:
            raise UnknownTool(f"{self._shown} has no tool {name!r} any more: it changed its tools")
        if not is_same(tool):
            raise ToolUnstable(
                f"{self._shown} changed its tool {name!r} since this session began; begin a new session",
                kind="ToolChanged",
            )
        return await self._answered(client.call_tool(name, args, progress_callback=self._progress(name)))

    async def _answered(self, request: Any) -> Any:
        """The answer to a request, or the failure that it ends by."""
        try:
            return await request
        except Exception as error:  # the SDK's, pydantic's, httpx2's, groups of them: one of ours for each
            if is_connection_lost(error):
                self._over.set()
                if self._keeper is not None:  # it knows why, and takes a moment to find out
                    await asyncio.wait([self._keeper], timeout=_LAST_WORDS_S)
            raise failure_of(error, self._shown, self._misbehaved or self._why, bool(self._misbehaved)) from error

    async def _connected(self) -> Client:
        """The client; a connection that is being made is waited for, one that is over is made anew."""
        async with self._opening:
            if self._keeper is None or self._over.is_set():
                await self._left()
                self._open()
            ready, keeper = self._ready, self._keeper
        assert ready is not None and keeper is not None
        either: list[asyncio.Future[Any]] = [ready, keeper]
        await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
        if not ready.done():
            raise ToolUnstable(f"{self._shown} cannot be used: {self._why}")
        return ready.result()

    def _open(self) -> None:
        if self._is_closed:
            raise ToolUnstable(f"{self._shown} was closed")
        if self._misbehaved:
            raise ToolUnstable(f"{self._shown} {self._misbehaved}; it is not started again", kind="ServerGone")
        if len(self._deaths) == _N_DEATHS and time.monotonic() - self._deaths[0] < _DEATHS_WITHIN_S:
            raise ToolUnstable(f"{self._shown} keeps ending; it is not started again for a minute. {self._why}")
        self._over = asyncio.Event()
        self._tools = None
        self._ready = asyncio.get_running_loop().create_future()
        self._keeper = asyncio.create_task(self._keep(self._ready, self._over))

    async def _keep(self, ready: asyncio.Future[Client], over: asyncio.Event) -> None:
        """Hold the connection open until it is over."""
        from mcp import Client
        from mcp.types import Implementation

        why = ""
        try:
            async with Client(
                self._transport(partial(self._end, over), self._last_words.append),
                message_handler=self._take_note,
                client_info=Implementation(name="toolcoder", version=version()),
                cache=None,
            ) as client:
                ready.set_result(client)
                watch = asyncio.create_task(self._watch(client))
                try:
                    await over.wait()
                finally:
                    watch.cancel()
        except Exception as error:  # noqa: BLE001  whatever the server, the SDK or the transport fails by is the reason
            why = reason_of(error)
        finally:
            over.set()
            said = " ".join("".join(self._last_words)[-_WORDS_CHARS:].split())
            self._last_words.clear()
            self._why = "; ".join(part for part in (why, said and f"the last it said: {said}") if part)
            if self._is_process and not self._is_closed:  # a broken response is no reason to leave a service alone
                self._deaths.append(time.monotonic())

    def _end(self, over: asyncio.Event, misbehaved: str) -> None:
        """The transport is over. A server that misbehaved is not started again."""
        self._misbehaved = self._misbehaved or misbehaved
        over.set()

    async def _watch(self, client: Client) -> None:
        """Hear of changed tools where the protocol is new enough to have subscriptions for it."""
        with contextlib.suppress(Exception):  # then a changed tool is seen at the next connection, or by its failure
            async with client.listen(tools_list_changed=True) as changes:
                async for _ in changes:
                    self._tools = None

    async def _take_note(self, message: Any) -> None:
        if type(message).__name__ == "ToolListChangedNotification":
            self._tools = None

    async def _listed(self, client: Client) -> dict[str, Any]:
        """The server's tools by name; asked again after it said that they changed."""
        tools = self._tools
        if tools is None:
            tools, cursor = {}, None
            for _ in range(_MAX_PAGES):
                page = await self._answered(client.list_tools(cursor=cursor))
                for tool in page.tools:
                    tools.setdefault(tool.name, tool)
                cursor = page.next_cursor
                if not cursor:
                    break
            self._tools = tools
        return tools

    def _progress(self, name: str) -> Any:
        told_at = time.monotonic()

        async def tell(progress: float, total: float | None, message: str | None) -> None:
            nonlocal told_at
            if time.monotonic() - told_at >= _PROGRESS_S:
                told_at = time.monotonic()
                whole = f" of {total:g}" if total else ""
                self._say(f"{name}: {progress:g}{whole} {(message or '')[:200]}\n")

        return tell

    async def _disconnect(self) -> None:
        async with self._opening:
            await self._left()

    async def _left(self) -> None:
        """Let the keeper leave the connection, and wait until it has."""
        self._over.set()
        if self._keeper is not None:
            _, running = await asyncio.wait([self._keeper], timeout=5.0)
            if running:
                self._keeper.cancel()
                await asyncio.wait([self._keeper], timeout=5.0)
            self._keeper = None
