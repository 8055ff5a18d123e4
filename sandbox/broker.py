"""Answers the tool calls of one kernel: a Unix server on the host, behind which the tools and their secrets stay.

What arrives is the sandbox's claim; what is passed to the handler is the record. A call is answered only while the
cell runs that it belongs to: code that a cell left behind (a thread, a process) is refused.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from sandbox.framing import LIMIT_BYTES, BadFrame, frame, parse, read_size, skip
from sandbox.json_pieces import is_larger
from sandbox.kernel import BindFailure, ToolFailure, ToolHandler, ToolReply, ToolRequest, ToolValue

SOCKET = "tools.sock"
_LEFT_BEHIND = ToolFailure(
    "CellEnded", "this call comes from code that an earlier cell left behind; tools answer only while their cell runs"
)
_N_CONNECTIONS = 256
"""A kernel has fewer threads than this, and each has one. More would use up the descriptors of this process."""
_LARGE_BYTES = 1 << 20
"""Requests of this size are received one at a time: 256 at once would fill the memory of the host."""
_CELL_BYTES = LIMIT_BYTES
"""What the requests of one cell may have in all; as Python objects they take up to twenty times as much."""
_PATIENCE_S = 30.0
"""For a request to arrive: the others wait for a large one."""
_NAME_CHARS = 200
_MESSAGE_CHARS = 20_000
_TOO_MUCH = ToolFailure(
    "ToolBudgetExceeded", f"the arguments of this cell's calls take more than {_CELL_BYTES} bytes; send less at a time"
)
_NO_TOOLS = ToolFailure("NoTools", "this kernel was opened without tools")


class Broker:
    """Listens from `start` to `close`; answers between `open_cell` and `close_cell`.

    `on_failure` is told of an exception that the handler raised: a failure of our machinery, which ends the cell.
    """

    def __init__(
        self,
        folder: Path,
        handler: ToolHandler | None,
        on_failure: Callable[[BaseException], None],
    ) -> None:
        self.path = folder / SOCKET
        self._handler = handler
        self._on_failure = on_failure
        self._socket: socket.socket | None = None
        self._server: asyncio.Server | None = None
        self._cell: str | None = None
        self._n_calls = 0
        self._limit = 0
        self._n_bytes = 0
        self._call_ids: Iterator[int] = itertools.count(1)
        self._large = asyncio.Lock()
        self._calls: set[asyncio.Task[ToolReply]] = set()
        self._connections: set[asyncio.Task[None]] = set()
        self._holders: dict[asyncio.StreamWriter, bool] = {}
        self.held = asyncio.Event()
        """Set when somebody inside has come who ends the kernel when we are gone."""

    async def start(self) -> None:
        """Listen. The folder keeps others out, not the socket's mode: the kernel's user is another one."""
        # Our own socket first: a start that is cancelled half-way then still has something to close.
        self.path.unlink(missing_ok=True)  # of a client that died and whose kernel we go on with
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._socket.bind(str(self.path))
        self.path.chmod(0o666)
        self._server = await asyncio.start_unix_server(self._serve, sock=self._socket)

    def serve(self, handler: ToolHandler | None, call_ids: Iterator[int]) -> None:
        """From now on calls are answered by `handler`; `call_ids` numbers them."""
        self._handler, self._call_ids = handler, call_ids

    @property
    def person_s(self) -> float:
        """See `ToolHandler.person_s`."""
        return self._handler.person_s if self._handler is not None else 0.0

    def open_cell(self, cell_id: str, n_calls: int) -> None:
        """Answer calls of this cell, `n_calls` at most."""
        self._cell, self._limit, self._n_calls, self._n_bytes = cell_id, n_calls, 0, 0

    def close_cell(self) -> None:
        """The cell is over: calls that are still under way are cancelled, later ones refused."""
        self._cell = None
        for call in list(self._calls):
            call.cancel()

    @property
    def has_guard(self) -> bool:
        """Whether process 1 of the kernel's container is there, which does what it is told."""
        return any(self._holders.values())

    def order(self, words: str) -> bool:
        """Tell the guard inside (`toolcoder_runtime/guard.py`): `rest`, `wake`, `interrupt`, `lease SECONDS`, `end`.

        False where there is no guard. Never fails. Code that poses as the guard hears it too; it is of no use to it.
        """
        for holder in self._holders:
            with contextlib.suppress(Exception):  # also without a running loop, at the interpreter's exit
                holder.write(f"{words}\n".encode())
        return self.has_guard

    async def close(self) -> None:
        """Stop listening and drop all connections, which tells the kernel to end. Safe to call twice."""
        self.order("end")
        self.close_cell()
        if self._server is not None:
            self._server.close()
        if self._socket is not None:
            self._socket.close()
        for connection in list(self._connections):
            connection.cancel()
        await asyncio.gather(*self._connections, return_exceptions=True)
        self.path.unlink(missing_ok=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        if len(self._connections) >= _N_CONNECTIONS:
            writer.close()
            return
        self._connections.add(task)
        try:
            while await self._exchange(reader, writer):
                pass
        except (asyncio.IncompleteReadError, ConnectionError, TimeoutError, asyncio.CancelledError):
            # The kernel is gone or we are closing. Ending a task of the server by an exception would only be logged.
            return
        finally:
            self._connections.discard(task)
            writer.close()

    async def _exchange(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        """One request and its reply; False where the connection is over."""
        try:
            size = await read_size(reader)
            cell = self._cell  # while it waits for its turn, another may have begun, which does not pay for it
            async with self._large if size > _LARGE_BYTES else contextlib.nullcontext():
                request = await self._receive(reader, size, cell)
        except BadFrame as error:
            await self._reply(writer, ToolFailure("BadRequest", str(error)))
            return False
        if isinstance(request, ToolFailure):
            await self._reply(writer, request)
        elif request.get("op") == "hold":
            self._holders[writer] = request.get("guard") is True
            self.held.set()
            try:
                while await reader.read(_LARGE_BYTES):  # until the kernel's end; ours ends it from the other side
                    pass
            finally:
                del self._holders[writer]
            return False
        else:
            await self._reply(writer, await self.answer(request))
        return True

    async def _receive(self, reader: asyncio.StreamReader, size: int, cell: str | None) -> dict[str, Any] | ToolFailure:
        """A request that came in `cell`, or why it was passed over unread."""
        is_current = cell is not None and cell == self._cell
        if is_current:
            self._n_bytes += size
        async with asyncio.timeout(_PATIENCE_S):
            if not is_current and size > _LARGE_BYTES:
                await skip(reader, size)
                return _LEFT_BEHIND
            if is_current and self._n_bytes > _CELL_BYTES:
                await skip(reader, size)
                return _TOO_MUCH
            return parse(await reader.readexactly(size))

    async def _reply(self, writer: asyncio.StreamWriter, reply: ToolReply) -> None:
        is_large = isinstance(reply, ToolValue) and is_larger(reply.value, _LARGE_BYTES)
        writer.write(await asyncio.to_thread(encode_reply, reply) if is_large else encode_reply(reply))
        await writer.drain()

    async def answer(self, request: dict[str, Any]) -> ToolReply:
        """Answer one request, whatever it holds. Called per frame, and by the fake kernel, which has no socket."""
        if self._handler is None:
            return _NO_TOOLS
        if self._cell is None or request.get("cell") != self._cell:
            return _LEFT_BEHIND
        self._n_calls += 1
        if self._n_calls > self._limit:
            return ToolFailure(
                "ToolBudgetExceeded", f"this cell made its {self._limit} tool calls; no more are answered"
            )
        call_id = f"call-{next(self._call_ids)}"
        match request:
            case {"name": str(name)} if len(name) > _NAME_CHARS:
                return ToolFailure("BadRequest", f"no tool has a name of {len(name)} characters")
            case {"op": "call", "name": str(name), "args": dict(args)}:
                return await self._call(self._handler, ToolRequest(call_id, name, args))
            case {
                "op": "bind_failed",
                "name": str(name),
                "args": list(args),
                "kwargs": dict(kwargs),
                "message": str(text),
            }:
                try:
                    self._handler.bind_failed(BindFailure(call_id, name, args, kwargs, text[:_MESSAGE_CHARS]))
                except Exception as error:  # noqa: BLE001  the handler's failure must end the cell, not this connection alone
                    self._on_failure(error)
                return ToolValue(None)
            case _:
                return ToolFailure("BadRequest", "an unknown kind of request")

    async def _call(self, handler: ToolHandler, request: ToolRequest) -> ToolReply:
        call = asyncio.ensure_future(handler.call(request))
        self._calls.add(call)
        try:
            await asyncio.wait([call])
        except asyncio.CancelledError:
            call.cancel()
            with contextlib.suppress(BaseException):  # its own end is of no interest any more, only that it ended
                await call
            raise
        finally:
            self._calls.discard(call)
        if call.cancelled():
            return _LEFT_BEHIND
        if error := call.exception():
            self._on_failure(error)
            return ToolFailure("ToolUnavailable", "the host could not make this call")
        return call.result()


def encode_reply(reply: ToolReply) -> bytes:
    """The frame of a reply; a value that cannot be sent becomes a failure that says why."""
    match reply:
        case ToolValue(value):
            try:
                return frame({"value": value})
            except BadFrame as error:
                return frame({"kind": "ResultTooLarge", "message": str(error)})
            except (TypeError, ValueError, RecursionError) as error:
                return frame({"kind": "ResultNotJson", "message": f"the tool's result cannot be sent: {error}"})
        case ToolFailure(kind, message):
            return frame({"kind": kind, "message": message[:1_000_000]})
