"""The kernel for functions that may be kept: brought up while their program is still being written, and kept for the
next one. What is tried in it leaves nothing behind (see `agent.functions.proving`), so one serves many questions.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable

from agent.functions.proof import Prover
from sandbox.errors import KernelStartFailed, SandboxError

KEEP_S = 120.0
"""So long an unused one is kept: at rest it costs no CPU, but some 50 MB of memory."""

PATIENCE_S = 10.0
_HINT = "The function was not kept; it may be next time. `toolcoder doctor` says whether the engine is well."


class Ahead:
    """Of one session. Who calls it: the keeper. `made_from` says what a prover is made from now (its image)."""

    def __init__(self, make: Callable[[], Prover], made_from: Callable[[], object], keep_s: float = KEEP_S) -> None:
        self._make = make
        self._made_from = made_from
        self._keep_s = keep_s
        self._starting: tuple[object, asyncio.Task[Prover]] | None = None
        self._kept: tuple[object, Prover] | None = None
        self._leaving: asyncio.TimerHandle | None = None
        self._taken: dict[Prover, object] = {}
        self._closing: set[asyncio.Task[None]] = set()
        self._closed = False

    def begin(self) -> None:
        """Bring one up in the background, if none is there."""
        if self._starting is None and self._kept is None and not self._closed:
            self._starting = self._made_from(), asyncio.create_task(_started(self._make()))

    async def take(self) -> Prover:
        """The one that is there, else another; `give_back` follows.

        Raises:
            SandboxError: it did not come up.
        """
        made_from, prover = self._made_from(), await self._there()
        if prover is None:
            prover = self._make()
        self._taken[prover] = made_from
        return prover

    async def _there(self) -> Prover | None:
        self.begin()  # where nobody expected it
        kept, starting = self._unset(), self._starting
        if kept is None and starting is not None:
            self._starting = None
            kept = starting[0], await self._up(starting[1])
        if kept is None or kept[0] == self._made_from():
            return kept[1] if kept is not None else None
        self._end(kept[1])  # packages were added meanwhile
        return None

    async def _up(self, starting: asyncio.Task[Prover]) -> Prover:
        """Not longer than somebody who has the answer can be kept waiting; an engine that hangs would take a minute."""
        try:
            await asyncio.wait([starting], timeout=PATIENCE_S)
        except asyncio.CancelledError:
            self._stop(starting)
            raise
        if starting.done():
            return starting.result()
        self._stop(starting)
        raise KernelStartFailed(f"the kernel for it was not there {PATIENCE_S:.0f} s after the answer", _HINT)

    def _stop(self, starting: asyncio.Task[Prover]) -> None:
        """Its kernel goes in the background."""
        starting.cancel()
        self._closing.add(ended := asyncio.create_task(_ended(starting)))
        ended.add_done_callback(self._ended)

    def give_back(self, prover: Prover, *, is_fit: bool) -> None:
        """It waits for the next, or is closed in the background where it failed or another is there already."""
        made_from = self._taken.pop(prover)
        if not is_fit or self._closed or self._kept is not None:
            self._end(prover)
            return
        self._kept = made_from, prover
        self._leaving = asyncio.get_running_loop().call_later(self._keep_s, self._leave)

    def _leave(self) -> None:
        kept = self._unset()
        if kept is not None:
            self._end(kept[1])

    def _unset(self) -> tuple[object, Prover] | None:
        kept, self._kept = self._kept, None
        if self._leaving is not None:
            self._leaving.cancel()
            self._leaving = None
        return kept

    def _end(self, prover: Prover) -> None:
        """Nobody waits for that but `close`."""
        task = asyncio.create_task(prover.close())
        self._closing.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._closing.discard(task)
        if not task.cancelled():
            task.exception()  # looked at: a kernel that cannot be removed now is removed by the next start's reaper

    async def close(self) -> None:
        """End all that is there, and see those end that were given back; safe to call twice."""
        self._closed = True
        self._leave()
        starting, self._starting = self._starting, None
        if starting is not None:
            self._stop(starting[1])
        if self._closing:
            await asyncio.wait(self._closing)


async def _started(prover: Prover) -> Prover:
    try:
        await prover.start()
    except BaseException:  # also a cancellation: no kernel stays
        await prover.close()
        raise
    return prover


async def _ended(starting: asyncio.Task[Prover]) -> None:
    """What was cancelled may have come up all the same."""
    with contextlib.suppress(asyncio.CancelledError, SandboxError):
        await (await starting).close()
