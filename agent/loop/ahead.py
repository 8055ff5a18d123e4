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

    def begin(self) -> None:
        """Bring one up in the background, if none is there."""
        if self._ready is None:
            self._ready = self._made_from(), asyncio.create_task(_started(self._make()))

    async def take(self) -> Prover:
        """The one that was made ready, else another; whoever takes it closes it.

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

    async def close(self) -> None:
        """End the one that nobody took; safe to call twice."""
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
