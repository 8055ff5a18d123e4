"""The clean kernel for functions that may be kept, brought up while their program is still being written."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable

from agent.functions.proof import Prover
from sandbox.errors import SandboxError


class Ahead:
    """Of one session. Who calls it: the keeper. `made_from` says what a prover is made from now (its image)."""

    def __init__(self, make: Callable[[], Prover], made_from: Callable[[], object]) -> None:
        self._make = make
        self._made_from = made_from
        self._ready: tuple[object, asyncio.Task[Prover]] | None = None
        self._closing: set[asyncio.Task[None]] = set()

    def begin(self) -> None:
        """Bring one up in the background, if none is there."""
        if self._ready is None:
            self._ready = self._made_from(), asyncio.create_task(_started(self._make()))

    async def take(self) -> Prover:
        """The one that was made ready, else another; `give_back` follows.

        Raises:
            SandboxError: it did not come up.
        """
        ready, self._ready = self._ready, None
        if ready is None:
            return self._make()
        prover = await ready[1]
        if ready[0] == self._made_from():
            return prover
        await prover.close()  # packages were added meanwhile
        return self._make()

    def give_back(self, prover: Prover) -> None:
        """It is closed in the background: nobody waits for that but `close`."""
        task = asyncio.create_task(prover.close())
        self._closing.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._closing.discard(task)
        if not task.cancelled():
            task.exception()  # looked at: a kernel that cannot be removed now is removed by the next start's reaper

    async def close(self) -> None:
        """End the one that nobody took, and see those end that were given back; safe to call twice."""
        if self._closing:
            await asyncio.wait(self._closing)
        ready, self._ready = self._ready, None
        if ready is not None:
            ready[1].cancel()
            with contextlib.suppress(asyncio.CancelledError, SandboxError):
                await (await ready[1]).close()


async def _started(prover: Prover) -> Prover:
    try:
        await prover.start()
    except BaseException:  # also a cancellation: no kernel stays
        await prover.close()
        raise
    return prover
