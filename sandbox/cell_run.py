"""One run of one cell: messages to events until it ends, is stopped, or takes the kernel with it."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any, Literal

from sandbox.cell_files import CellFiles
from sandbox.clock import CellClock
from sandbox.collect import Collector
from sandbox.errors import EngineGone
from sandbox.events import CellEnd, CellFile, CellLimits, ContainerLimits, Death, KernelEvent
from sandbox.process import Crash, KernelProcess
from sandbox.watch import Exit, death_of
from sandbox.wire import Message, ends_request, log

StopReason = Literal["timeout", "interrupted"]
_KILL_S = 10.0
_LAST_WORDS_S = 0.05
_WAITING_BYTES = 16 << 20
"""Files that cells hand over are not capped like text: their pieces wait in the kernel while nobody takes them."""


class CellRun:
    """Made by the kernel for each cell. `events` is consumed once, `finish` is always called after it.

    What the kernel says is read as it comes, however slowly the events are consumed: output is counted, spooled and
    capped here, so that neither a slow reader stops the kernel nor a flood fills our memory.
    """

    def __init__(
        self,
        process: KernelProcess,
        code: str,
        limits: CellLimits,
        container: ContainerLimits | None,
        files: CellFiles | None = None,
    ) -> None:
        assert process.wire is not None
        self._process = process
        self._wire = process.wire
        self._code = code
        self._limits = limits
        self._container = container
        self._files = files
        self._events: asyncio.Queue[KernelEvent | None] = asyncio.Queue()
        self._n_waiting_bytes = 0
        self._taken = asyncio.Event()
        self._pumping: asyncio.Task[None] | None = None
        self._stopping: asyncio.Task[None] | None = None
        self._urgent = asyncio.Event()
        self._reason: StopReason | None = None
        self._seconds = 0.0
        self._ended = False
        self._crash: BaseException | None = None
        self._exit: Exit | None = None

    @property
    def lost_kernel(self) -> bool:
        """The kernel died, or nobody can say whether it did: the next cell needs a fresh one."""
        return self._exit is not None

    async def events(self) -> AsyncIterator[KernelEvent]:
        """The events of the cell, `CellEnd` last.

        Raises:
            EngineGone: the container engine went away meanwhile.
            Exception: whatever the handler of tool calls raised.
        """
        self._cell_id = self._wire.execute(self._code)
        self._collector = Collector(self._cell_id, self._limits.output_bytes, self._files)
        if self._process.broker is not None:
            self._process.broker.open_cell(self._cell_id, self._limits.n_tool_calls)
        self._pumping = asyncio.create_task(self._pump(), name="read-cell")
        try:
            while (event := await self._events.get()) is not None:
                self._n_waiting_bytes -= _size(event)
                self._taken.set()
                yield event
        finally:
            self._close_broker()
        await self.finish()
        self._pumping.result()
        if self._crash is not None:
            raise self._crash
        if self._exit is not None and self._exit.engine_gone:
            raise EngineGone("The container engine stopped answering.", "Start it again, then repeat the question.")
        yield self._end()

    async def _pump(self) -> None:
        """Task: all of the cell's messages, to its end."""
        started = time.monotonic()
        # A timer and not a time-out around `receive`: it also holds while messages keep coming.
        clock = CellClock(self._limits.wall_s, self._process.broker, lambda: self.stop("timeout"))
        try:
            async for message in self._messages():
                for event in self._collector.events(message):
                    self._n_waiting_bytes += _size(event)
                    self._events.put_nowait(event)
                while self._n_waiting_bytes > _WAITING_BYTES and self._stopping is None:
                    self._taken.clear()
                    await self._taken.wait()
        finally:
            self._seconds = time.monotonic() - started
            clock.cancel()
            self._close_broker()
            for event in self._collector.rest():
                self._events.put_nowait(event)
            self._events.put_nowait(None)

    async def _messages(self) -> AsyncIterator[Message]:
        """The kernel's messages until the cell ends or the kernel is dead."""
        while not self._ended:
            match await self._wire.receive():
                case Exit() as ended:
                    self._exit = ended
                    # What it said before it died may still be on its way.
                    with contextlib.suppress(TimeoutError):
                        while True:
                            async with asyncio.timeout(_LAST_WORDS_S):
                                item = await self._wire.receive()
                            if isinstance(item, dict):
                                yield item
                    for message in self._process.last_words(self._cell_id):
                        yield message
                    self._ended = True
                case Crash() as crash:
                    self._crash = crash.error
                    self.stop("interrupted")
                case dict() as message:
                    self._ended = ends_request(message) == self._cell_id
                    yield message

    def stop(self, reason: StopReason) -> None:
        """Interrupt the cell, kill the kernel when that does not help. The first reason stays."""
        if self._stopping is None and not self._ended:
            self._reason = reason
            self._taken.set()
            self._stopping = asyncio.create_task(self._escalate(), name="stop-cell")

    def interrupt(self) -> None:
        """The person wants it to stop; who asks again, or while it is being stopped already, gets it killed at once."""
        if self._stopping is not None:
            self._urgent.set()
        self.stop("interrupted")

    async def finish(self) -> None:
        """After the last event or instead of it: the cell is over when this returns, or the kernel is dead."""
        if self._pumping is None:
            return
        if not self._ended:
            self.stop("interrupted")
        await asyncio.wait([self._pumping])
        if self._stopping is not None:
            # An interrupt that is on its way must have arrived before the next cell starts.
            await asyncio.wait([self._stopping])

    async def _escalate(self) -> None:
        if await self._try(self._process.interrupt, self._limits.interrupt_grace_s, self._urgent):
            return
        if await self._try(self._process.kill, _KILL_S, asyncio.Event()):
            return
        # Neither the engine nor the kernel says anything any more.
        self._process.tell(Exit(None, engine_gone=True))

    async def _try(self, ask: Callable[[], Awaitable[None]], patience_s: float, hurry: asyncio.Event) -> bool:
        """Whether the cell ended within `patience_s`, and before somebody was in a hurry."""
        assert self._pumping is not None
        asked = asyncio.create_task(_quietly(ask))
        hurried = asyncio.create_task(hurry.wait())
        try:
            waiting: list[asyncio.Future[Any]] = [self._pumping, hurried]
            await asyncio.wait(waiting, timeout=patience_s, return_when=asyncio.FIRST_COMPLETED)
            return self._pumping.done()
        finally:
            hurried.cancel()
            await asyncio.wait([asked])

    def _close_broker(self) -> None:
        if self._process.broker is not None:
            self._process.broker.close_cell()

    def _end(self) -> CellEnd:
        collector = self._collector
        died = self._death(self._exit) if self._exit is not None else None
        status: Literal["ok", "error", "interrupted", "timeout", "died"]
        if self._reason is not None:
            status = self._reason
        elif died is not None:
            status = "died"
        else:
            status = "error" if collector.error is not None else "ok"
        n = collector.n_bytes
        return CellEnd(
            status,
            self._seconds,
            collector.error,
            died,
            n["stdout"],
            n["stderr"],
            collector.cut,
            collector.spooled,
        )

    def _death(self, ended: Exit) -> Death:
        if ended.out_of_memory or self._reason is None:
            return death_of(ended, self._container)
        if self._urgent.is_set():
            waited = "and was killed at once, as asked"
        else:
            grace = f"{self._limits.interrupt_grace_s:g} s"
            waited = f"and did not stop within {grace} of being interrupted, so it was killed"
        if self._reason == "timeout":
            return Death("timeout", f"The cell ran longer than {self._limits.wall_s:g} s {waited}. Do less at a time.")
        return Death("interrupted", f"The cell was interrupted by the person {waited}.")


def _size(event: KernelEvent) -> int:
    return len(event.piece) if isinstance(event, CellFile) else 0


async def _quietly(ask: Callable[[], Awaitable[None]]) -> None:
    try:
        await ask()
    except Exception as error:  # noqa: BLE001  whatever an engine answers, the cell must come to its end
        log.debug("stopping a cell failed: %s", error)
