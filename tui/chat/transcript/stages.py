"""The stages of one turn as they happen: events in, foldable stages out."""

from __future__ import annotations

from functools import partial

from agent.events import (
    ApprovalGiven,
    BudgetReached,
    CellEnded,
    CellStarted,
    CellText,
    CellTextCut,
    Event,
    FunctionsRecalled,
    KernelRestored,
    ModelDelta,
    ProgramWritten,
    RepairStarted,
    StageEnded,
    StageStarted,
    ToolCalled,
    ToolReturned,
)
from tui.cell_notes import cell_notes
from tui.chat.transcript.blocks import Line
from tui.chat.transcript.calls import CallsBlock
from tui.chat.transcript.failure import FailureBlock, failed_line
from tui.chat.transcript.growing import Growing
from tui.chat.transcript.output import OutputBlock
from tui.chat.transcript.program import CodeBlock, DiffBlock, ProductBlock
from tui.chat.transcript.stage import StageView
from tui.plain import plain_line


class StageList(Growing):
    """Who calls this: the turn, with each of its events in order. `is_live`: they happen now."""

    def __init__(self, *, is_live: bool) -> None:
        super().__init__("stages")
        self._is_live = is_live
        self._stage: StageView | None = None
        self._all: list[StageView] = []
        self._code: CodeBlock | None = None
        self._output: OutputBlock | None = None
        self._calls: CallsBlock | None = None
        self._program = ""
        self._failed_program = ""

    @property
    def views(self) -> tuple[StageView, ...]:
        """All stages, in order."""
        return tuple(self._all)

    def take(self, event: Event) -> None:
        """Draw one event; those about other things are left alone."""
        match event:
            case StageStarted():
                self._begin(event.stage if event.attempt == 1 else f"{event.stage} {event.attempt}")
            case ModelDelta() if self._stage is not None:
                self._stage.write(event.text, is_shown=event.stage != "answer" or event.thinking)
            case StageEnded():
                self._end_stage(event)
            case ProgramWritten():
                self._program = event.source
            case CellStarted():
                self._begin_cell(event)
            case CellText():
                self._print(event)
            case CellTextCut() if self._output is not None:
                self._output.cut(event.n_lines)
            case CellEnded():
                self._end_cell(event)
            case ToolCalled():
                self._called(event)
            case ToolReturned() if self._calls is not None:
                self._calls.returned(event)
            case _:
                self._note(event)

    def end(self, *, is_good: bool) -> None:
        """The turn is over. After a good one all is folded; of another one the last stage stays to be seen."""
        self._finish_cell()
        if self._stage is not None:
            self._stage.finish_unless_done()
            self._stage = None
        for view in self._all if is_good else self._all[:-1]:
            if not view.was_folded_by_person:
                view.unfold(False, by_person=False)

    def _begin(self, name: str) -> StageView:
        if self._stage is not None:
            self._stage.finish_unless_done()
        self._stage = StageView(name, is_live=self._is_live)
        self._all.append(self._stage)
        self.add(self._stage)
        return self._stage

    def _end_stage(self, event: StageEnded) -> None:
        stage = self._stage
        if stage is None:
            return
        complaint = f"not usable: {event.complaint}" if event.complaint else ""
        stage.finish(event.seconds, complaint, event.usage, kind="bad" if complaint else "")
        stage.unfold(False, by_person=False)
        if event.thinking:
            stage.add(partial(Line, event.thinking, "thinking"))
        if text := event.product or event.completion:
            stage.add(partial(ProductBlock, text))
        self._stage = None

    def _begin_cell(self, event: CellStarted) -> None:
        program = self._program or event.source
        run = self._begin("run")
        if self._failed_program and self._failed_program != program:
            run.add(partial(DiffBlock, self._failed_program, program))
        self._failed_program = ""
        self._code = code = CodeBlock(program)
        self._output = self._calls = None
        run.add(lambda: code)

    def _print(self, event: CellText) -> None:
        if self._output is None:
            self._output = output = OutputBlock()
            self._last("run").add(lambda: output)
        self._output.add(event.stream, event.text)

    def _called(self, event: ToolCalled) -> None:
        if self._calls is None:
            self._calls = calls = CallsBlock()
            self._last("run").add(lambda: calls)
        self._calls.called(event)

    def _finish_cell(self) -> None:
        """Show what was held back; also of a cell that was stopped in the middle."""
        if self._output is not None:
            self._output.finish()
        if self._calls is not None:
            self._calls.finish()

    def _end_cell(self, event: CellEnded) -> None:
        run = self._last("run")
        outcome: list[str] = [event.status if event.status != "ok" else ""]
        self._finish_cell()
        if self._output is not None:
            n_lines = self._output.n_lines
            outcome.append(f"{n_lines:,} {'line' if n_lines == 1 else 'lines'} printed")
        if self._calls is not None:
            outcome.append(f"{self._calls.n_calls:,} {'call' if self._calls.n_calls == 1 else 'calls'}")
        if event.error:
            outcome[0] = plain_line(f"{event.error.get('exception')}: {event.error.get('message')}", 100)
            line = failed_line(event.error)
            if line is not None and self._code is not None:
                self._code.mark(line)
            run.add(partial(FailureBlock, event.error))
        elif event.died:
            outcome[0] = plain_line(event.died.get("message", event.status), 200)
        for note in cell_notes(event):
            run.add(partial(Line, note, "note"))
        if event.status == "error":
            self._failed_program = self._program
        said = ", ".join(part for part in outcome if part)
        run.finish(event.seconds, said, kind="" if event.status == "ok" else "bad")
        self._stage = self._output = self._calls = None

    def _note(self, event: Event) -> None:
        match event:
            case RepairStarted():
                at = "" if event.line is None else f" at line {event.line}"
                said = plain_line(f"{event.exception}: {event.message}")
                self._say(f"repair {event.round}: {said}{at}", "repair")
            case FunctionsRecalled():
                n = len(event.candidates)
                took = f", taken: {plain_line(event.taken, 100)}" if event.taken else ""
                self._say(f"recalled {n} {'function' if n == 1 else 'functions'}{took}" if n else "")
            case ApprovalGiven():
                self._say(f"{'allowed' if event.allowed else 'refused'}: {plain_line(event.tool)} (by {event.by})")
            case KernelRestored():
                for note in cell_notes(event):
                    self._say(note)
            case BudgetReached():
                self._say(f"the limit on {event.what} was reached: {event.used:g} of {event.limit:g}", "warning")

    def _say(self, text: str, classes: str = "note") -> None:
        """A line where the turn is now: inside the running stage, else between two."""
        if not text:
            return
        if self._stage is not None and not self._stage.is_done:
            self._stage.add(partial(Line, text, classes))
        else:
            self.add(Line(text, classes))

    def _last(self, name: str) -> StageView:
        """The stage that goes on; a new one where events come that no stage was begun for."""
        if self._stage is not None:
            return self._stage
        return self._begin(name)
