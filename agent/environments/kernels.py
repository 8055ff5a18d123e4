"""Kernels for training, several at once, each used by one roll-out at a time; and calls in them, by the real broker.

A turn takes whichever kernel is free: a call is one expression of literals, so nothing of it stays behind, and which
kernel ran it cannot matter. A kernel that died or was stopped is replaced by its own `run`, for the next turn.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Sequence

from agent.calls.categories import Category
from agent.calls.spec import ToolSpec
from agent.calls.syntax import BadCall, parse_call
from agent.environments.base import MadeCall, Reply, made_calls, shortened
from agent.events import Event
from agent.loop.execution import Runner
from agent.loop.outcome import Outcome
from agent.tools.base import Tool
from agent.tools.gate import Approve
from agent.tools.host import HostRules, ToolHost
from sandbox.events import CellLimits
from sandbox.kernel import Kernel, ToolHandler


class KernelDesks:
    """Kernels at once. `open_kernel` makes one whose calls go to the handler; it starts with its first cell."""

    def __init__(
        self,
        tools: Sequence[Tool],
        open_kernel: Callable[[ToolHandler], Kernel],
        *,
        n_kernels: int = 4,
        limits: CellLimits | None = None,
        approve: Approve = "no",
        rules: HostRules | None = None,
    ) -> None:
        self._all = tuple(tools)
        self._open, self._n_kernels = open_kernel, n_kernels
        self._limits = limits or CellLimits(wall_s=30.0)
        self._approve, self._rules = approve, rules
        self._made: list[Desk] = []
        self._free: asyncio.Queue[Desk] = asyncio.Queue()

    @property
    def tools(self) -> Sequence[ToolSpec]:
        return tuple(tool.spec for tool in self._all)

    async def close(self) -> None:
        desks, self._made = self._made, []
        await asyncio.gather(*(desk.kernel.close() for desk in desks))

    @contextlib.asynccontextmanager
    async def desk(self) -> AsyncIterator[Desk]:
        """A kernel for this block alone, as soon as one is free."""
        desk = await self._take()
        try:
            yield desk
        finally:
            self._free.put_nowait(desk)

    async def _take(self) -> Desk:
        if self._free.empty() and len(self._made) < self._n_kernels:
            desk = Desk(self._all, self._open, self._limits, self._approve, self._rules)
            self._made.append(desk)
            return desk
        return await self._free.get()


class Desk:
    """A kernel with a host of its own, whose events are of the call that is under way."""

    def __init__(
        self,
        tools: Sequence[Tool],
        open_kernel: Callable[[ToolHandler], Kernel],
        limits: CellLimits,
        approve: Approve,
        rules: HostRules | None,
    ) -> None:
        self._events: list[Event] = []
        host = ToolHost(tools, self._events.append, approve=approve, interactive=False, rules=rules)
        self.kernel = open_kernel(host)
        self._host = host
        self._runner = Runner(self.kernel, host, self._events.append, limits)

    async def cell(self, source: str) -> tuple[Outcome, tuple[tuple[MadeCall, str], ...]]:
        """One cell: its outcome, and the calls that the host recorded of it, each with what came back."""
        self._events.clear()
        self._host.begin_question()
        outcome = await self._runner.run(source, "implement")
        return outcome, made_calls(self._events)


class KernelTurns(KernelDesks):
    """Fulfils `Turns`: each call is one cell."""

    async def act(self, sources: Sequence[str], seed: int) -> Reply:
        async with self.desk() as desk:
            calls: list[MadeCall] = []
            feedback: list[str] = []
            for number, source in enumerate(sources):
                made, said = await _called(desk, source, seed * 101 + number)
                calls += made
                feedback.append(said)
            return Reply(tuple(calls), tuple(feedback))


async def _called(desk: Desk, source: str, seed: int) -> tuple[list[MadeCall], str]:
    """One call in one cell, with Python's random numbers as the seed says."""
    try:
        call = parse_call(source)
    except BadCall as error:
        return [], shortened(f"SyntaxError: {error.what}")
    outcome, made = await desk.cell(f"__import__('random').seed({seed})\n{source[call.start : call.end]}")
    if made:
        return [call for call, _ in made], made[-1][1]
    return [MadeCall(call.name, dict(call.kwargs), _category(outcome))], shortened(_said(outcome))


def _category(outcome: Outcome) -> Category:
    """Of a call that the host never saw return: it was cut off, or its arguments raised in the kernel."""
    stopped = outcome.end.status in ("timeout", "died", "interrupted")
    return Category.TOOL_INSTABILITY if stopped else Category.TOOL_CALL_FAILURE


def _said(outcome: Outcome) -> str:
    if outcome.ok:
        return outcome.shown_result
    kind, message = outcome.cause
    return f"{kind}: {message}"
