"""Spare kernels: started ahead, at rest until a session takes one. A spare is used once and by one session.

A spare is of this process and ends with it, as every kernel does; at rest its process is stopped by the guard inside,
so it costs memory and no CPU. Spares of one key stand in for one another: the key is all that a container is made from,
and what the image's name means now is asked again when a spare is taken.
"""

from __future__ import annotations

import asyncio
import atexit
import contextlib
import itertools
from pathlib import Path

from sandbox.launching import Launcher
from sandbox.lease import Card
from sandbox.process import KernelProcess
from sandbox.uninterrupted import uninterrupted
from sandbox.wire import log

_MEMINFO = Path("/proc/meminfo")
_PAUSE_S = 1.0
"""After a spare was taken: whoever took it has work to do now, and starting another one costs half a second of CPU."""
_LOOK_S = 5.0
_START_BYTES = 512 << 20
"""As much memory must be available for a spare to be started ..."""
_KEEP_BYTES = 256 << 20
"""... and as much to keep it: memory that somebody needs now is worth more than a start that may come."""

_WARM_UP = "pass"
"""The first cell of a kernel takes longer than the later ones."""

_living: set[Pool] = set()


class Pool:
    """Keeps `n_spares` kernels of the kind that was asked for last; use as `async with`, in one event loop.

    Nothing here fails for its caller: where there is no spare, a kernel is started as if there were no pool.
    """

    def __init__(self, n_spares: int) -> None:
        self._n_spares = n_spares
        self._spares: list[tuple[str, KernelProcess]] = []
        self._wanted: Launcher | None = None
        self._under_way = ""
        """The key of the spare that is starting now."""
        self._arrived = asyncio.Event()
        self._filling: asyncio.Task[None] | None = None
        self._watching: asyncio.Task[None] | None = None
        self._closed = False

    def fill(self, launcher: Launcher) -> None:
        """Begin to make spares of this kind, in the background."""
        self._begin(launcher, 0.0)

    def _begin(self, launcher: Launcher, pause_s: float) -> None:
        if self._closed or self._n_spares <= 0:
            return
        self._wanted = launcher
        _living.add(self)
        if self._filling is None or self._filling.done():
            if not pause_s and not self._of(launcher.key):
                self._expect(launcher.key)  # at once: who asks in the same moment waits for this one
            self._filling = asyncio.create_task(self._fill(pause_s), name="spare-kernels")
        if self._watching is None:
            self._watching = asyncio.create_task(self._watch(), name="spare-kernels-memory")

    async def filled(self) -> int:
        """Wait until the spares that were asked for are there, or cannot be; how many there are."""
        while self._filling is not None and not self._filling.done():
            await asyncio.wait([self._filling])
        return len(self._spares)

    async def take(self, launcher: Launcher) -> KernelProcess | None:
        """A kernel of this kind that answers and that nobody used; None where there is none. Another is begun."""
        while self._under_way == launcher.key and not self._of(launcher.key):
            await self._arrived.wait()  # it will be there before one that is started now
        try:
            for process in self._of(launcher.key):
                self._spares.remove((launcher.key, process))
                try:
                    process.wake()
                    if await process.is_fit():
                        return process
                except BaseException:  # also a cancellation: no container stays
                    await uninterrupted(process.close())
                    raise
                await uninterrupted(process.close())
            return None
        finally:
            self._begin(launcher, _PAUSE_S)

    async def close(self) -> None:
        """End all spares; safe to call twice."""
        self._closed = True
        await uninterrupted(self._close())

    async def _close(self) -> None:
        for task in (self._filling, self._watching):
            if task is not None:
                task.cancel()
                await asyncio.wait([task])
        self._expect("")
        await self._drop(len(self._spares))
        _living.discard(self)

    async def __aenter__(self) -> Pool:
        return self

    async def __aexit__(self, *exception: object) -> None:
        await self.close()

    def _of(self, key: str) -> list[KernelProcess]:
        return [process for of, process in self._spares if of == key]

    async def _fill(self, pause_s: float) -> None:
        try:
            await asyncio.sleep(pause_s)
            while (launcher := self._wanted) is not None and len(self._of(launcher.key)) < self._n_spares:
                if available_bytes() < _START_BYTES:
                    log.debug("no spare kernel is started: the memory is short")
                    return
                self._expect(launcher.key)
                self._spares.append((launcher.key, await _spare(launcher)))
                self._expect("")
                await self._drop(len(self._spares) - self._n_spares)
        except Exception as error:  # noqa: BLE001  the session's own start meets the same and tells of it
            log.debug("no spare kernel: %s", error)
        finally:
            self._expect("")

    def _expect(self, key: str) -> None:
        """A spare of this key is starting; empty: none is."""
        self._under_way = key
        (self._arrived.clear if key else self._arrived.set)()

    async def _drop(self, n: int) -> None:
        """End the `n` oldest."""
        for _ in range(min(n, len(self._spares))):
            _, process = self._spares.pop(0)
            await uninterrupted(process.close())

    async def _watch(self) -> None:
        while True:
            await asyncio.sleep(_LOOK_S)
            if self._spares and available_bytes() < _KEEP_BYTES:
                log.debug("spare kernels are ended: the memory is short")
                await self._drop(len(self._spares))

    def _close_now(self) -> None:
        for _, process in self._spares:
            process.close_now()


async def _spare(launcher: Launcher) -> KernelProcess:
    process = await KernelProcess.start(launcher)
    try:
        await process.equip(None, _WARM_UP, itertools.count(1))
        process.mark(Card(is_spare=True))
        process.rest()
    except BaseException:  # also a cancellation: no container stays
        await uninterrupted(process.close())
        raise
    return process


def available_bytes() -> int:
    """Memory that can be had without swapping; very much where the system does not say."""
    with contextlib.suppress(OSError, ValueError, IndexError):
        for line in _MEMINFO.read_text().splitlines():
            if line.startswith("MemAvailable:"):
                return int(line.split()[1]) << 10
    return 1 << 62


@atexit.register
def _close_all() -> None:
    for pool in list(_living):
        with contextlib.suppress(Exception):  # one that cannot be removed must not keep the others
            pool._close_now()
