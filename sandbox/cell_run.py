"""One run of one cell: messages to events until it ends, is stopped, or takes the kernel with it."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator
from typing import Any, Literal

from sandbox.clock import CellClock
from sandbox.collect import Collector
from sandbox.errors import EngineGone
from sandbox.events import CellEnd, CellLimits, Death, KernelEvent
from sandbox.process import Crash, KernelProcess
from sandbox.watch import Exit, death_of
from sandbox.wire import Message, ends_request, log

StopReason = Literal["timeout", "interrupted"]
_KILL_S = 10.0
_LAST_WORDS_S = 0.05
_FIRST = asyncio.FIRST_COMPLETED


class CellRun:
    """Made by the kernel for each cell. `events` is consumed once, `finish` is always called after it."""

    def __init__(self, process: KernelProcess, code: str, limits: CellLimits, memory_bytes: int | None) -> None:
        assert process.wire is not None
        self._process = process
        self._wire = process.wire
        self._code = code
        self._limits = limits
        self._memory_bytes = memory_bytes
        self._stopping: asyncio.Task[None] | None = None
        self._reason: StopReason | None = None
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
        started = time.monotonic()
        self._cell_id = self._wire.execute(self._code)
        self._collector = collector = Collector(self._cell_id, self._limits.output_bytes)
        if self._process.broker is not None:
            self._process.broker.open_cell(self._cell_id, self._limits.n_tool_calls)
        # A timer and not a time-out around `receive`: it also holds while the reader of the events is busy elsewhere.
        clock = CellClock(self._limits.wall_s, self._process.broker, lambda: self.stop("timeout"))
        try:
            async for message in self._messages():
                for event in collector.events(message):
                    yield event
        finally:
            clock.cancel()
            if self._process.broker is not None:
                self._process.broker.close_cell()
        await self.finish()
        if self._crash is not None:
            raise self._crash
        if self._exit is not None and self._exit.engine_gone:
            raise EngineGone("The container engine stopped answering.", "Start it again, then repeat the question.")
        yield self._end(time.monotonic() - started)

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
            self._stopping = asyncio.create_task(self._escalate(), name="stop-cell")

    async def finish(self) -> None:
        """After the last event or instead of it: the cell is over when this returns, or the kernel is dead."""
        if not self._ended:
            self.stop("interrupted")
            async for _ in self._messages():
                pass
        if self._stopping is not None:
            # An interrupt that is on its way must have arrived before the next cell starts.
            await asyncio.wait([self._stopping])

    async def _escalate(self) -> None:
        self._wire.hurry()
        steps = ((self._process.interrupt, self._limits.interrupt_grace_s), (self._process.kill, _KILL_S))
        for ask, patience_s in steps:
            try:
                await ask()
            except Exception as error:  # noqa: BLE001  whatever an engine answers, the cell must come to its end
                log.debug("stopping a cell failed: %s", error)
            if await self._ends_within(patience_s):
                return
        # Neither the engine nor the kernel says anything any more.
        self._process.tell(Exit(None, engine_gone=True))

    async def _ends_within(self, seconds: float) -> bool:
        over = asyncio.create_task(self._wire.over.wait())
        try:
            waiting: list[asyncio.Future[Any]] = [over, self._process.exited]
            await asyncio.wait(waiting, timeout=seconds, return_when=_FIRST)
            return over.done() or self._process.exited.done()
        finally:
            over.cancel()

    def _end(self, seconds: float) -> CellEnd:
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
        return CellEnd(status, seconds, collector.error, died, n["stdout"], n["stderr"], collector.cut)

    def _death(self, ended: Exit) -> Death:
        if ended.out_of_memory or self._reason is None:
            return death_of(ended, self._memory_bytes)
        waited = f"and did not stop within {self._limits.interrupt_grace_s:g} s of being interrupted, so it was killed"
        if self._reason == "timeout":
            return Death("timeout", f"The cell ran longer than {self._limits.wall_s:g} s {waited}.")
        return Death("interrupted", f"The cell was interrupted by the person {waited}.")
