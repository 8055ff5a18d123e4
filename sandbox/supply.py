"""Where a session's kernel processes come from: one that its dead client left, a spare, else a fresh one."""

from __future__ import annotations

import asyncio
from pathlib import Path

from sandbox.errors import SandboxError
from sandbox.events import Lease
from sandbox.launching import Launcher
from sandbox.lease import Card, forget, recall
from sandbox.pool import Pool
from sandbox.process import KernelProcess
from sandbox.rundir import RunDir
from sandbox.wire import log

_N_CLAIMS, _CLAIM_S = 5, 0.05


class Supply:
    """Of one kernel. `came_back` says whether the last process was there before, with its variables."""

    def __init__(self, launcher: Launcher, lease: Lease | None = None, pool: Pool | None = None) -> None:
        self.came_back = False
        self.launcher = launcher
        self._lease = lease if lease is not None and lease.seconds > 0 else None
        self._pool = pool
        self._is_first = True
        if pool is not None:
            pool.fill(launcher)

    def change(self, launcher: Launcher) -> None:
        """Later processes are of this kind."""
        self.launcher = launcher
        if self._pool is not None:
            self._pool.fill(launcher)

    async def process(self) -> KernelProcess:
        """A process that answers and that is nobody's yet.

        Raises:
            SandboxError: none can be started.
        """
        found = await self._left_behind() if self._is_first else None
        self._is_first = False
        self.came_back = found is not None
        if found is None and self._pool is not None:
            found = await self._pool.take(self.launcher)
        return found if found is not None else await KernelProcess.start(self.launcher)

    async def keep(self, process: KernelProcess) -> None:
        """The process is the session's now: should we die, it waits for us."""
        process.mark(Card())
        if self._lease is not None:
            await process.outlive_client(self._lease, self.launcher.key)

    def forget(self) -> None:
        """The session ended: there is nothing to come back to."""
        if self._lease is not None:
            forget(self._lease)

    async def _left_behind(self) -> KernelProcess | None:
        if self._lease is None:
            return None
        folder = await asyncio.to_thread(recall, self._lease, self.launcher.key)
        rundir = await _claim(folder) if folder is not None else None
        if rundir is None:
            return None
        try:
            return await KernelProcess.attach(self.launcher, rundir)
        except SandboxError as error:
            log.info("the session's former kernel is lost: %s", error)
            return None


async def _claim(folder: Path) -> RunDir | None:
    for _ in range(_N_CLAIMS):
        rundir = RunDir.claim(folder)
        if rundir is not None:
            return rundir
        await asyncio.sleep(_CLAIM_S)  # somebody may only be looking (`sandbox list`, a reaper)
    return None
