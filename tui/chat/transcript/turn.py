"""One turn of the conversation on the screen: events in, lines and blocks out."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widget import Widget

from agent.events import (
    Answered,
    ApprovalGiven,
    CellDisplayed,
    CellEnded,
    CellStarted,
    CellText,
    CellTextCut,
    ErrorSeen,
    Event,
    FunctionReused,
    FunctionStored,
    KernelRestored,
    ModelDelta,
    ProgramWritten,
    RepairStarted,
    SessionStarted,
    StageEnded,
    StageStarted,
)
from agent.file_events import ChangesSettled, DecisionMade, FileMade, FolderCopied, PackagesAdded
from tui.cell_notes import cell_notes
from tui.chat.transcript.blocks import CodeBlock, Line, OutputBlock, StageLine
from tui.file_notes import notes
from tui.plain import plain_line


class TurnView(Vertical):
    """The question and all that follows, down to the answer."""

    def __init__(self, question: str) -> None:
        super().__init__(classes="turn")
        self._question = question
        self._stage: StageLine | None = None
        self._output: OutputBlock | None = None
        self._warning: tuple[str, Line] | None = None
        self._session: str | None = None
        self.is_done = False

    def compose(self) -> ComposeResult:
        yield Line(self._question, "question")

    def take(self, event: Event) -> None:
        """Draw one event."""
        match event:
            case StageStarted():
                self._start_stage(event.stage)
            case ModelDelta() if self._stage is not None:
                self._stage.grow(len(event.text))
            case StageEnded():
                self._end_stage(event.seconds, event.complaint and f"not usable: {event.complaint}")
            case ProgramWritten():
                self._add(CodeBlock(event.source))
            case CellStarted():
                self._start_stage("run")
            case CellText():
                self._print(event)
            case CellTextCut() if self._output is not None:
                self._output.cut(event.n_lines)
            case CellDisplayed() | KernelRestored():
                self._add_notes(event)
            case CellEnded():
                self._end_cell(event)
            case RepairStarted():
                at = "" if event.line is None else f" at line {event.line}"
                self._add(
                    Line(f"repair {event.round}: {plain_line(f'{event.exception}: {event.message}')}{at}", "repair")
                )
            case ApprovalGiven():
                verdict = "allowed" if event.allowed else "refused"
                self._add(Line(f"{verdict}: {plain_line(event.tool)} (by {event.by})", "note"))
            case FunctionReused():
                self._add(Line(f"reused the function {plain_line(event.name)}", "note"))
            case FunctionStored():
                self._add(Line(f"kept the function {plain_line(event.name)}", "note"))
            case SessionStarted():
                self._session = event.session
            case FolderCopied() | FileMade() | ChangesSettled() | PackagesAdded() | DecisionMade():
                for note in notes(event, self._session):
                    self._add(Line(note, "note"))
            case ErrorSeen():
                line = Line(f"warning: {plain_line(event.message, 400)}", "warning")
                self._warning = (event.message, line)
                self._add(line)
            case Answered():
                self._finish(event)

    def _finish(self, answered: Answered) -> None:
        self.is_done = True
        if self._stage is not None:
            self._stage.finish_unless_done()
        match answered.status:
            case "answered":
                self._add(Line(answered.answer, "answer"))
            case "interrupted":
                self._add(Line("interrupted", "warning"))
            case _:
                if self._warning and self._warning[0] == answered.error:
                    self._warning[1].remove()  # the turn ended by it: said once, as the error that it is
                self._add(Line(f"{answered.status}: {answered.error or answered.status}", "error"))
                if answered.answer:
                    self._add(Line(answered.answer, "note"))
                if answered.hint:
                    self._add(Line(answered.hint, "note"))

    def _start_stage(self, name: str) -> None:
        if self._stage is not None:
            self._stage.finish_unless_done()
        self._stage = StageLine(name)
        self._add(self._stage)

    def _end_stage(self, seconds: float, note: str = "") -> None:
        if self._stage is not None:
            self._stage.finish(seconds, note)
            self._stage = None

    def _print(self, event: CellText) -> None:
        if self._output is None:
            self._output = OutputBlock()
            self._add(self._output)
        self._output.add(event.stream, event.text)

    def _end_cell(self, event: CellEnded) -> None:
        if self._output is not None:
            self._output.finish()
            self._output = None
        note: str = event.status
        if event.error:
            note = f"{event.error.get('exception')}: {event.error.get('message')}"
        elif event.died:
            note = event.died.get("message", note)
        self._end_stage(event.seconds, note)
        self._add_notes(event)

    def _add_notes(self, event: Event) -> None:
        for note in cell_notes(event):
            self._add(Line(note, "note"))

    def _add(self, widget: Widget) -> None:
        self.mount(widget)
