"""Whole programs in real kernels, through the real broker: what the host recorded of each, and whether it ended well.

A program is one cell, as the agent runs it. Kernels are used again: before each program its names are those of a fresh
kernel, and its random numbers those of the seed. What a program changes inside of modules stays until its kernel is
replaced; it cannot make the host record a call that was not made.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from agent.calls.spec import ToolSpec
from agent.environments.base import MadeCall, shortened
from agent.environments.kernels import KernelDesks


@dataclass(frozen=True)
class Ended:
    """How a program ended. `ok`: without an exception, in time; `said`: its value, or the exception in a line."""

    ok: bool
    calls: tuple[MadeCall, ...] = ()
    said: str = ""


class Programs(Protocol):
    """Who calls it: the adapter for `train`, for many roll-outs at once, from one event loop."""

    @property
    def tools(self) -> Sequence[ToolSpec]:
        """What can be called."""

    async def run(self, program: str, seed: int) -> Ended:
        """One program.

        Raises:
            SandboxError: the sandbox itself failed; a time-out or a dead kernel is an end that is not ok.
        """

    async def close(self) -> None:
        """End everything; safe to call twice."""


# By the namespace's own identity, which is held: kernels that are threads share one `sys`.
_FRESH = """\
def _fresh(names, seed):
    import random, sys
    fresh = {k: v for k, v in names.items() if k != "_fresh"}
    _, kept = sys.__dict__.setdefault(f"_fresh_{id(names)}", (names, fresh))
    names.clear()
    names.update(kept)
    random.seed(seed)
_fresh(globals(), SEED)
"""


class KernelPrograms(KernelDesks):
    """Fulfils `Programs`."""

    async def run(self, program: str, seed: int) -> Ended:
        async with self.desk() as desk:
            await desk.cell(_FRESH.replace("SEED", str(seed)))
            outcome, made = await desk.cell(program)
            said = outcome.shown_result if outcome.ok else ": ".join(outcome.cause)
            return Ended(outcome.ok, tuple(call for call, _ in made), shortened(said))
