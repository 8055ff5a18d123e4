"""The kernel of a session over Jupyter's protocol: one cell at a time, a fresh process after a death."""

from __future__ import annotations

import asyncio
import atexit
import contextlib
import itertools
from collections.abc import AsyncIterator
from types import TracebackType
from typing import Self

from sandbox.cell_files import CellFiler
from sandbox.cell_run import CellRun
from sandbox.errors import KernelClosed
from sandbox.events import CellLimits, KernelEvent, KernelOptions
from sandbox.kernel import ToolHandler
from sandbox.launching import Launcher
from sandbox.pool import Pool
from sandbox.process import KernelProcess
from sandbox.supply import Supply
from sandbox.uninterrupted import uninterrupted

_living: set[JupyterKernel] = set()


class JupyterKernel:
    """Fulfils `sandbox.kernel.Kernel` with any launcher."""

    def __init__(
        self, launcher: Launcher, handler: ToolHandler | None, options: KernelOptions, pool: Pool | None = None
    ) -> None:
        self.life = 0
        self.came_back = False
        self._supply = Supply(launcher, options.lease, pool)
        self._handler = handler
        self._stubs = options.stubs
        self._limits = options.limits if launcher.memory_bytes is not None else None
        self._files = CellFiler(options)
        self._process: KernelProcess | None = None
        # A fresh process goes on counting: no two calls of a session share an id.
        self._call_ids = itertools.count(options.first_call)
        self._starting = asyncio.Lock()
        self._cell: CellRun | None = None
        self._busy = False
        self._closed = False

    @property
    def description(self) -> str:
        return self._supply.launcher.description

    async def start(self) -> None:
        """Bring the kernel up, or a fresh one after a death (idempotent)."""
        async with self._starting:
            if self._closed:
                raise KernelClosed("The kernel was closed.")
            if self._process is not None and self._process.alive:
                return
            await self._drop_process()
            _living.add(self)
            process = await self._supply.process()
            try:
                await process.equip(self._handler, self._stubs, self._call_ids)
                await self._supply.keep(process)
            except BaseException:  # also a cancellation: no container stays
                await uninterrupted(process.close())
                raise
            self._process = process
            self.came_back = self._supply.came_back
            self.life += 1

    async def run(self, code: str, limits: CellLimits = CellLimits()) -> AsyncIterator[KernelEvent]:  # noqa: B008
        """Run one cell; the last event is `CellEnd`. Closing the iterator early interrupts the cell."""
        if self._busy:
            raise RuntimeError("this kernel is running a cell already")
        self._busy = True
        try:
            await self.start()
            assert self._process is not None
            self._cell = cell = CellRun(self._process, code, limits, self._limits, self._files.begin_cell())
            try:
                async for event in cell.events():
                    yield event
            finally:
                try:
                    await uninterrupted(self._ended(cell))
                finally:
                    self._cell = None
        finally:
            self._busy = False

    async def interrupt(self) -> None:
        """Ask the running cell to stop, and kill the kernel when it does not within the grace time; asked for a second
        time, kill it at once."""
        if self._cell is not None:
            self._cell.interrupt()

    async def restart(self) -> None:
        if self._busy:
            raise RuntimeError("this kernel is running a cell")
        async with self._starting:
            await uninterrupted(self._drop_process())

    async def _change_launcher(self, launcher: Launcher) -> None:
        async with self._starting:
            self._supply.change(launcher)
            await uninterrupted(self._drop_process())

    async def close(self) -> None:
        self._closed = True
        async with self._starting:
            await uninterrupted(self._drop_process())
        self._supply.forget()
        _living.discard(self)

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def _ended(self, cell: CellRun) -> None:
        await cell.finish()
        if cell.lost_kernel:
            await self._drop_process()

    async def _drop_process(self) -> None:
        process, self._process = self._process, None
        if process is not None:
            await process.close()

    def _close_now(self) -> None:
        if self._process is not None:
            self._process.close_now()


@atexit.register
def _close_all() -> None:
    # A program that ends without closing (an exception, sys.exit) still leaves no container behind.
    for kernel in list(_living):
        with contextlib.suppress(Exception):  # one that cannot be removed must not keep the others
            kernel._close_now()
