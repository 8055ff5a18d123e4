"""One turn of the conversation: the question, its stages, what it made, the answer. Events in, a card out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from textual.app import ComposeResult
from textual.containers import Vertical

from agent.events import (
    Answered,
    AnswerReady,
    CellDisplayed,
    ErrorSeen,
    Event,
    FunctionLeft,
    FunctionReused,
    FunctionStored,
    ModelDelta,
    RepairStarted,
    SessionStarted,
    StageStarted,
)
from agent.file_events import ChangesSettled, DecisionMade, FileMade, FolderCopied, PackagesAdded
from agent.tools.turn_record import changed_line
from tui.chat.transcript.answer import AnswerView
from tui.chat.transcript.bare import Bare
from tui.chat.transcript.blocks import FunctionLink, Line, QuestionLine
from tui.chat.transcript.fold import FoldHead
from tui.chat.transcript.growing import Growing
from tui.chat.transcript.record import TurnRecord
from tui.chat.transcript.results import Results
from tui.chat.transcript.stages import StageList
from tui.file_notes import notes
from tui.plain import plain_line

_Section = TypeVar("_Section", bound=Growing)


class TurnView(Vertical, Bare):
    """The card. `past`: what happened in a turn that is over, to be drawn folded; else events come by `take`."""

    def __init__(self, question: str, *, past: Sequence[Event] | None = None, number: int = 0) -> None:
        super().__init__(classes="turn")
        self.record = TurnRecord(question, number)
        self._past = past
        self._summary = FoldHead(self, "summary")
        self._stages: StageList | None = None
        self._results = Results()
        self._notes = Growing("notes")
        self._answer = AnswerView()
        self._end = Growing("end")
        self._warning: tuple[str, Line] | None = None
        self._session: str | None = None
        self.is_done = False
        self.is_open = past is None

    def compose(self) -> ComposeResult:
        yield QuestionLine(self.record.question)
        yield self._summary
        if self._past is None:
            self._stages = StageList(is_live=True)
            yield self._stages

    def on_mount(self) -> None:
        self._summary.display = False
        for event in self._past or ():
            self.record.add(event)
            self._draw(event)
        if self._past is not None:
            self.is_done = True
            self._fold()

    def take(self, event: Event) -> None:
        """Draw one event of the running turn."""
        if self._stages is not None:
            self._stages.take(event)
        self.record.add(event)
        self._draw(event)

    def note(self, text: str) -> None:
        """A line of the chat's own about this turn; it is no event, so it goes where the card does."""
        self._note(plain_line(text, 400))

    def unfold(self, is_open: bool) -> None:
        """Show the stages, or the line that stands for them."""
        if not self.is_done:
            return
        self.styles.min_height = None
        if is_open and self._stages is None:
            self._stages = StageList(is_live=False)
            self.mount(self._stages, after=self._summary)
            self.call_after_refresh(self._replay)
        self.is_open = is_open
        if self._stages is not None:
            self._stages.display = is_open
        self._draw_summary()

    def unfold_all(self, is_open: bool) -> None:
        """The same with what the stages hold."""
        if self.is_done:
            self.unfold(is_open)
        for view in self._stages.views if self._stages is not None else ():
            view.unfold(is_open)

    def _replay(self) -> None:
        assert self._stages is not None
        for event in self.record.events:
            self._stages.take(event)
        self._stages.end(is_good=True)

    def _fold(self) -> None:
        """After the end: one line instead of the stages, until somebody wants to see them."""
        self.unfold(False)

    def _draw(self, event: Event) -> None:
        match event:
            case StageStarted(stage="answer"):
                self._answer.restart()
            case ModelDelta(stage="answer", thinking=False):
                self._shown(self._answer).write(event.text)
            case AnswerReady():  # the rest of the turn only looks at what may be kept
                self._say(event.answer)
            case CellDisplayed():
                self._shown(self._results).take(event)
            case RepairStarted():
                self._results.forget()
            case FunctionReused():
                self._shown(self._notes).add(FunctionLink("reused the function", event.name))
            case FunctionStored():
                self._shown(self._notes).add(FunctionLink("kept the function", event.name))
            case FunctionLeft():
                self._note(f"did not keep the function {plain_line(event.name)}: {plain_line(event.reason, 200)}")
            case SessionStarted():
                self._session = event.session
            case FolderCopied() | FileMade() | ChangesSettled() | PackagesAdded() | DecisionMade():
                for note in notes(event, self._session):
                    self._note(note)
            case ErrorSeen():
                line = Line(f"warning: {plain_line(event.message, 400)}", "warning")
                self._warning = (event.message, line)
                self._shown(self._notes).add(line)
            case Answered():
                self._finish(event)

    def _say(self, answer: str) -> None:
        if not self._results.says(answer):
            self._shown(self._answer).finish(answer)

    def _finish(self, answered: Answered) -> None:
        self.is_done = True
        is_good = answered.status == "answered"
        if self._stages is not None:
            self._stages.end(is_good=is_good)
        match answered.status:
            case "answered":
                self._results.finish(answered)
                if not self._results.is_empty:
                    self._shown(self._results)
                self._say(answered.answer)
            case "interrupted":
                self._answer.discard()
                self._shown(self._end).add(Line(answered.error or "interrupted", "warning"))
            case _:
                self._answer.discard()
                if self._warning and self._warning[0] == answered.error:
                    self._warning[1].remove()  # the turn ended by it: said once, as the error that it is
                self._shown(self._end).add(Line(f"{answered.status}: {answered.error or answered.status}", "error"))
                if answered.answer:
                    self._shown(self._end).add(Line(answered.answer, "note"))
                if answered.hint:
                    self._shown(self._end).add(Line(answered.hint, "note"))
        if not is_good and answered.changed:  # an answer has it in its text
            self._shown(self._end).add(Line(changed_line(answered.changed), "warning"))
        self._draw_summary()

    def _draw_summary(self) -> None:
        self._summary.display = self.is_done and bool(self.record.n_stages)
        self._summary.update(f"{'▾' if self.is_open else '▸'} {self.record.summary}")

    def _shown(self, section: _Section) -> _Section:
        """The section, on the screen at its place from now on: most turns lack some of them."""
        if section.parent is None and self.is_attached:
            order = (self._results, self._notes, self._answer, self._end)
            later = [other for other in order[order.index(section) + 1 :] if other.parent is self]
            self.mount(section, before=later[0] if later else None)
        return section

    def _note(self, text: str) -> None:
        self._shown(self._notes).add(Line(text, "note"))
