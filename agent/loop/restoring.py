"""A kernel that died is not a session that lost its state: good cells run again, their tool calls from the record.

So does a session that is resumed: it comes back to its kernel where that still lives, else a fresh one runs the cells
of the log. Who calls it: the runner, before and after each cell, and the session before a question. The person is told
by an event, the model by `told` and `held`.
"""

from __future__ import annotations

from collections.abc import Callable

from agent.events import Event, KernelReattached, KernelRestored
from agent.loop.held import newest_first, told
from agent.loop.past import Past
from sandbox.events import CellLimits
from sandbox.kernel import Kernel
from sandbox.replay import RecordedCell, RecordingHandler, ReplayReport, defined_names, replay
from sandbox.variables import variables

_N_NAMES = 20
_N_ASKED = 60
"""Names, the newest, of as many cells, whose values are looked at for the model."""


class State:
    """What the session's cells did, in order; `calls` is the handler that the kernel was opened with."""

    def __init__(
        self, kernel: Kernel, calls: RecordingHandler, emit: Callable[[Event], None], past: Past | None = None
    ) -> None:
        self._kernel = kernel
        self._calls = calls
        self._emit = emit
        self._good: list[RecordedCell] = list(past.cells) if past else []
        self._others: list[str] = list(past.unverified) if past else []
        self._is_resumed = past is not None
        self._was_good = True
        self._life: int | None = None
        self.told = ""
        """What a model must know of the last replacement; '' after a cell that went well."""

    def ran(self, code: str, *, ok: bool, result: str | None) -> None:
        """A cell ended; only what ended well is ever run again."""
        calls = self._calls.take_calls()
        self._was_good = ok
        if ok:
            self._good.append(RecordedCell(code, calls, result))
            self.told = ""
        else:
            self._others.append(code)

    @property
    def is_empty(self) -> bool:
        """Nothing ran yet: there is nothing to have back, and nothing to tell."""
        return not self._good and not self._others

    def forget(self) -> None:
        """A person wants a kernel without what earlier programs defined: nothing of it comes back."""
        self._good.clear()
        self._others.clear()
        self._is_resumed = False
        self._life = None
        self.told = "The person had the kernel replaced by a fresh one: no name of an earlier program is there."

    async def before(self) -> None:
        """Before a cell: see to it that the variables of earlier cells are there.

        Raises:
            sandbox.errors.SandboxError: the kernel does not start.
        """
        await self._kernel.start()
        if self._life is None and self._is_resumed:
            await self._resume()
        elif self._life is not None and self._kernel.life != self._life:
            await self._restore()
        self._life = self._kernel.life

    async def held(self, limit_tokens: int) -> tuple[str, ...]:
        """Lines about what the kernel holds, the newest names first, after `before`.

        Raises:
            sandbox.errors.SandboxError: the sandbox itself failed.
        """
        codes = [*self._others[-_N_ASKED:], *(cell.code for cell in self._good[-_N_ASKED:])]
        names = newest_first(defined_names(code) for code in codes)[:_N_ASKED]
        return told(await variables(self._kernel, names), limit_tokens) if names else ()

    async def _resume(self) -> None:
        if self._kernel.came_back:
            self._emit(KernelReattached(len(self._good)))
        else:
            await self._restore(resumed=True)

    async def _restore(self, *, resumed: bool = False) -> None:
        # Not what the last cell defined, where it was the one that took the kernel with it.
        earlier, self._others = self._others[: None if self._was_good else -1], []
        if not any(defined_names(code) for code in (*earlier, *(cell.code for cell in self._good))):
            self._good.clear()
            return
        report = await replay(self._kernel, self._calls, self._good, unverified=earlier, limits=CellLimits())
        self._calls.take_calls()
        # What could not be had back is gone for good: the next death does not ask for it again.
        self._good = self._good[: report.n_replayed]
        restored = KernelRestored(
            report.n_replayed,
            report.restored,
            report.lost,
            tuple(f"cell {d.cell + 1}: {d.what}" for d in report.differences),
            report.reason,
            resumed,
        )
        self.told = "" if restored.is_whole and resumed else _told(report)
        self._emit(restored)


def _told(report: ReplayReport) -> str:
    """What the model reads: it must not use what is not there."""
    text = "The kernel was replaced by a fresh one."
    if report.restored:
        text += f" These names of earlier programs were restored: {_listed(report.restored)}."
    if report.lost:
        text += f" These are lost, define them again where you need them: {_listed(report.lost)}."
    for difference in report.differences[:_N_NAMES]:
        text += f" Earlier cell {difference.cell + 1} ran differently this time: {difference.what}."
    return text


def _listed(names: tuple[str, ...]) -> str:
    more = f" and {len(names) - _N_NAMES} more" if len(names) > _N_NAMES else ""
    return ", ".join(names[:_N_NAMES]) + more
