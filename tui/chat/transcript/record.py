"""What is kept of a turn so that its card can be drawn again: its events, without what only the moment needs.

Bounded: of what a cell prints no more is kept than a card shows, of tool results no more than a line says.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from agent.events import (
    Answered,
    AnswerReady,
    ApprovalAsked,
    CellDisplayed,
    CellEnded,
    CellText,
    CellTextCut,
    Event,
    ModelDelta,
    PersonAsked,
    ProgramWritten,
    RepairStarted,
    StageEnded,
    StageStarted,
    ToolCalled,
    ToolReturned,
)
from agent.file_events import DecisionAsked
from tui.plain import plain_value

_OUTPUT_CHARS = 32 << 10
_TAIL_CHARS = 4 << 10
_TEXT_CHARS = 64 << 10
_N_CALLS = 50
_N_EVENTS = 2_000
_INLINE_CHARS = 256 << 10


class TurnRecord:
    """Takes every event once; `events` can be drawn again at any time."""

    def __init__(self, question: str, number: int = 0) -> None:
        self.question = question
        self.number = number
        self.events: list[Event] = []
        self.answered: Answered | None = None
        self.n_stages = 0
        self.n_repairs = 0
        self.n_calls = 0
        self._n_output_chars = 0

    def add(self, event: Event) -> None:
        """One more event."""
        self._count(event)
        if len(self.events) >= _N_EVENTS and not isinstance(event, Answered):
            return
        if isinstance(event, CellText):
            self._add_text(event)
        elif (kept := self._kept(event)) is not None:
            self.events.append(kept)

    @property
    def summary(self) -> str:
        """`4 stages, 3.2 s, 1,240 tokens, 1 repair, 3 calls`: what a folded turn says of itself."""
        parts = [_counted(self.n_stages, "stage")] if self.n_stages else []
        if (answered := self.answered) is not None:
            parts.append(f"{answered.seconds:.1f} s")
            if tokens := answered.usage.prompt_tokens + answered.usage.completion_tokens:
                parts.append(f"{'≈' if answered.usage.estimated else ''}{tokens:,} tokens")
            if answered.usage.cost is not None:
                parts.append(f"{answered.usage.cost:.4f} spent")
        if self.n_repairs:
            parts.append(_counted(self.n_repairs, "repair"))
        if self.n_calls:
            parts.append(_counted(self.n_calls, "call"))
        return ", ".join(parts)

    @property
    def text(self) -> str:
        """What a search looks at: question, programs and answer."""
        programs = [event.source for event in self.events if isinstance(event, ProgramWritten)]
        answer = (self.answered.answer, self.answered.error or "") if self.answered is not None else ()
        return "\n".join((self.question, *programs, *answer))

    def _count(self, event: Event) -> None:
        match event:
            case StageStarted() | ProgramWritten():
                self.n_stages += 1
            case RepairStarted():
                self.n_repairs += 1
            case ToolCalled():
                self.n_calls += 1
            case Answered():
                self.answered = event

    def _kept(self, event: Event) -> Event | None:
        match event:
            case ModelDelta() | AnswerReady() | ApprovalAsked() | PersonAsked() | DecisionAsked():
                return None  # whole texts come with `StageEnded` and `Answered`; a reply is no use any more
            case StageEnded():
                product = event.product[:_TEXT_CHARS]
                return replace(
                    event,
                    prompt=(),
                    product=product,
                    completion="" if product else event.completion[:_TEXT_CHARS],
                    thinking=event.thinking[:_TEXT_CHARS],
                )
            case ToolReturned():
                if self.n_calls > _N_CALLS:
                    return None
                return replace(event, value=_small(event.value), value_ref=None)
            case ToolCalled():
                if self.n_calls > _N_CALLS:
                    return None
                return replace(event, args={name: _small(value) for name, value in event.args.items()})
            case CellEnded():
                return replace(event, result="", result_json=None)
            case CellDisplayed():
                return replace(event, data={k: v for k, v in event.data.items() if len(v) <= _INLINE_CHARS})
            case _:
                return event

    def _add_text(self, event: CellText) -> None:
        """All of it up to a limit; then the newest, with a `CellTextCut` before it that counts what gave way."""
        self._n_output_chars += len(event.text)
        last = self.events[-1] if self.events else None
        before = last.text if isinstance(last, CellText) and _is_same(last, event) else None
        if self._n_output_chars <= _OUTPUT_CHARS:
            if before is not None:
                self.events[-1] = replace(event, text=before + event.text)
            else:
                self.events.append(event)
            return
        if before is None or not isinstance(self.events[-2], CellTextCut):
            self.events += [CellTextCut(event.cell, event.stream, 0, 0), replace(event, text="")]
        cut, tail = self.events[-2:]
        assert isinstance(cut, CellTextCut)
        assert isinstance(tail, CellText)
        text = tail.text + event.text
        n_lines = text.count("\n", 0, max(len(text) - _TAIL_CHARS, 0))
        self.events[-2:] = [replace(cut, n_lines=cut.n_lines + n_lines), replace(event, text=text[-_TAIL_CHARS:])]


def _is_same(one: CellText, other: CellText) -> bool:
    return (one.cell, one.stream) == (other.cell, other.stream)


def _small(value: Any) -> Any:
    """The value, or what a line shows of a large one."""
    shown = plain_value(value, 200)
    return value if len(shown) < 200 else shown


def _counted(n: int, noun: str) -> str:
    return f"{n:,} {noun}" if n == 1 else f"{n:,} {noun}s"
