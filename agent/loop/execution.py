"""Running a program in the kernel and turning what happens into events and one outcome."""

from __future__ import annotations

import contextlib
import re
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from typing import Any

from agent.events import (
    CellDisplayed,
    CellEnded,
    CellStarted,
    CellText,
    CellTextCut,
    Event,
    ProgramWritten,
)
from agent.loop.code_gate import CodeGate
from agent.loop.held import with_result
from agent.loop.names import called_names, ends_in_value
from agent.loop.outcome import Outcome
from agent.loop.restoring import State
from agent.loop.session_files import SessionFiles
from agent.loop.shown import Shown
from agent.tools.host import ToolHost
from sandbox.errors import EngineGone, ImageMissing, SandboxError
from sandbox.events import (
    CellDisplay,
    CellEnd,
    CellFile,
    CellLimits,
    CellOutput,
    CellOutputGap,
    CellResult,
)
from sandbox.kernel import Kernel

_KEPT = 4000
"""Characters of printed output that a model gets to see: head and tail."""


@dataclass
class Runner:
    """Runs programs of one session; counts its cells."""

    kernel: Kernel
    host: ToolHost
    emit: Callable[[Event], None]
    limits: CellLimits = field(default_factory=CellLimits)
    files: SessionFiles | None = None
    state: State | None = None
    n_cells: int = 0
    turn: int = 0
    """The question's number; the program's value stays in the kernel under it. 0: under no name."""
    code_gate: CodeGate | None = None

    async def run(self, program: str, origin: Any) -> Outcome:
        """Run a program as one cell. Changes that the question's earlier programs made are not made again.

        Raises:
            sandbox.errors.SandboxError: the sandbox itself failed.
        """
        self.emit(ProgramWritten(program, origin))
        if self.code_gate is not None and (why := await self.code_gate.refusal(program, origin)):
            return Outcome(CellEnded(self.n_cells, "error", 0.0), refused=why)
        if self.state is not None:
            await self.state.before()
        self.n_cells += 1
        cell, source = self.n_cells, ends_in_value(program)
        source = with_result(source, self.turn) if self.turn else source
        self.emit(CellStarted(cell, source))
        self.host.begin_cell(cell)
        shown = Shown(_KEPT)
        result: CellResult | None = None
        end: CellEnd | None = None
        begun = time.monotonic()
        try:
            async for event in self.kernel.run(source, self.limits):
                match event:
                    case CellOutput(stream, text):
                        shown.text(text)
                        self.emit(CellText(cell, stream, text))
                    case CellOutputGap(stream, n_bytes, n_lines):
                        shown.gap(n_bytes, n_lines)
                        self.emit(CellTextCut(cell, stream, n_bytes, n_lines))
                    case CellDisplay():
                        shown.display(event)
                        self.emit(_displayed(cell, event))
                    case CellResult():
                        shown.result(event)
                        result = event
                    case CellFile() if self.files is not None:
                        shown.file(event)
                        self.files.take(cell, event)
                    case CellEnd():
                        end = event
        except BaseException as error:
            if self.state is not None:
                self.state.ran(source, ok=False, result=None)
            # Interrupted, or the sandbox failed: whoever reads the events or the log must not wait for this cell's end.
            self.emit(_broken_off(cell, error, time.monotonic() - begun))
            raise
        if end is None:
            raise RuntimeError("the kernel ended a run without CellEnd")
        ended = _ended(cell, end, result)
        self.emit(ended)
        if self.files is not None:
            await self.files.cell_ended()
        unknown = self._note_unknown_tool(cell, source, end)
        record = self.host.record
        return Outcome(
            ended,
            shown.output,
            tuple(record.notices),
            tuple(record.calls),
            record.refused,
            record.question,
            shown.table,
            unknown,
            await self._noted(source, end, result),
            failures=tuple(record.failures),
            empty=tuple(record.empty),
            is_denied=bool(unknown) and self.host.denies(unknown),
        )

    async def _noted(self, source: str, end: CellEnd, result: CellResult | None) -> str:
        """Note the cell, for a later replay; after a death, what became of the variables."""
        if self.state is None:
            return ""
        self.state.ran(source, ok=end.status == "ok", result=result.text if result and not result.cut else None)
        if end.died is not None:
            with contextlib.suppress(SandboxError):  # the next cell says so, if there is one
                await self.state.before()
        return self.state.told

    def _note_unknown_tool(self, cell: int, source: str, end: CellEnd) -> str:
        """A `NameError` on a called name is a hallucinated tool: training must see it. The name, or ''."""
        if end.error is None or end.error.exception != "NameError":
            return ""
        found = re.match(r"name '(\w+)' is not defined", end.error.message)
        if found is None or found.group(1) not in called_names(source):
            return ""
        self.host.note_unknown(found.group(1), end.error.message, cell)
        return found.group(1)


def _broken_off(cell: int, error: BaseException, seconds: float) -> CellEnded:
    if not isinstance(error, SandboxError):
        return CellEnded(cell, "interrupted", seconds)
    cause = "engine_gone" if isinstance(error, EngineGone) else "unknown"
    cause = "image_gone" if isinstance(error, ImageMissing) else cause
    return CellEnded(cell, "died", seconds, died={"cause": cause, "message": str(error)})


def _displayed(cell: int, display: CellDisplay) -> CellDisplayed:
    artifacts = tuple(asdict(artifact) for artifact in display.artifacts)
    return CellDisplayed(cell, display.data, artifacts, display.left_out)


def _ended(cell: int, end: CellEnd, result: CellResult | None) -> CellEnded:
    return CellEnded(
        cell,
        end.status,
        end.seconds,
        result=result.text if result else "",
        result_json=result.json if result else None,
        error=asdict(end.error) if end.error else None,
        died=asdict(end.died) if end.died else None,
        n_stdout_bytes=end.n_stdout_bytes,
        n_stderr_bytes=end.n_stderr_bytes,
        output_cut=end.output_cut,
        spooled=asdict(end.spooled) if end.spooled else None,
    )
