"""A kernel that died is not a session that lost its state: good cells run again, their tool calls from the record.

Who calls it: the runner, before and after each cell. The person is told by an event, the model by `told`.
"""

from __future__ import annotations

from collections.abc import Callable

from agent.events import Event, KernelRestored
from sandbox.events import CellLimits
from sandbox.kernel import Kernel
from sandbox.replay import RecordedCell, RecordingHandler, ReplayReport, defined_names, replay

_N_NAMES = 20


class State:
    """What the session's cells did, in order; `calls` is the handler that the kernel was opened with."""

    def __init__(self, kernel: Kernel, calls: RecordingHandler, emit: Callable[[Event], None]) -> None:
        self._kernel = kernel
        self._calls = calls
        self._emit = emit
        self._good: list[RecordedCell] = []
        self._others: list[str] = []
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

    async def before(self) -> None:
        """Before a cell: see to it that the variables of earlier cells are there.

        Raises:
            sandbox.errors.SandboxError: the kernel does not start.
        """
        await self._kernel.start()
        if self._life is not None and self._kernel.life != self._life:
            await self._restore()
        self._life = self._kernel.life

    async def _restore(self) -> None:
        # Not what the last cell defined, where it was the one that took the kernel with it.
        earlier, self._others = self._others[: None if self._was_good else -1], []
        if not any(defined_names(code) for code in (*earlier, *(cell.code for cell in self._good))):
            self._good.clear()
            return
        report = await replay(self._kernel, self._calls, self._good, unverified=earlier, limits=CellLimits())
        self._calls.take_calls()
        # What could not be had back is gone for good: the next death does not ask for it again.
        self._good = self._good[: report.n_replayed]
        self.told = _told(report)
        self._emit(
            KernelRestored(
                report.n_replayed,
                report.restored,
                report.lost,
                tuple(f"cell {d.cell + 1}: {d.what}" for d in report.differences),
                report.reason,
            )
        )


def _told(report: ReplayReport) -> str:
    """What the model reads: it must not use what is not there."""
    text = "The kernel was replaced by a fresh one."
    if report.restored:
        text += f" These names of earlier programs were restored: {_listed(report.restored)}."
    if report.lost:
        text += f" These are lost, define them again where you need them: {_listed(report.lost)}."
    return text


def _listed(names: tuple[str, ...]) -> str:
    more = f" and {len(names) - _N_NAMES} more" if len(names) > _N_NAMES else ""
    return ", ".join(names[:_N_NAMES]) + more
