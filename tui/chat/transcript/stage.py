"""One stage of a turn: a line with seconds, tokens and outcome, and what it holds, folded away once it ended."""

from __future__ import annotations

import time
from collections.abc import Callable

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.timer import Timer
from textual.widget import Widget

from agent.events import TokenUsage
from tui.chat.transcript.bare import Bare
from tui.chat.transcript.fold import FoldHead
from tui.chat.transcript.growing import Growing
from tui.chat.transcript.pace import Pace
from tui.chat.transcript.sparing import SparingText
from tui.plain import plain, plain_line

_TICK_S = 0.2
_DRAFT_LINES = 6
_DRAFT_CHARS = 2_000


class StageView(Vertical, Bare):
    """Who calls this: the turn. `add` puts widgets into the body, which is hidden while the stage is folded."""

    def __init__(self, stage: str, *, is_live: bool = True) -> None:
        super().__init__(classes="stage")
        self.stage = plain_line(stage, 40)
        self._head = FoldHead(self, "stage-head")
        self._body = Growing("stage-body")
        self._later: list[Callable[[], Widget]] = []
        self._draft: SparingText | None = None
        self._draft_text = ""
        self._n_characters = 0
        self._pace = Pace(self, self._draw_draft)
        self._began = time.monotonic()
        self._timer: Timer | None = None
        self._end: str | None = None
        self._outcome_class = ""
        self._is_live = is_live
        self._n_parts = 0
        self.is_open = is_live
        self.was_folded_by_person = False

    def compose(self) -> ComposeResult:
        yield self._head
        yield self._body

    def on_mount(self) -> None:
        self._draw()
        if self._is_live and self._end is None:
            self._timer = self.set_interval(_TICK_S, self._draw)

    @property
    def is_done(self) -> bool:
        """Whether it ended."""
        return self._end is not None

    def add(self, make: Callable[[], Widget]) -> None:
        """One more thing in the body; it is made when it is first seen."""
        self._n_parts += 1
        if self.is_open:
            self._body.add(make())
        else:
            self._later.append(make)
        self._draw()

    def write(self, text: str, *, is_shown: bool = True) -> None:
        """The model wrote more: its last lines are shown until the stage ends, unless they are seen elsewhere."""
        self._n_characters += len(text)
        self._draft_text = (self._draft_text + text)[-_DRAFT_CHARS:]
        if not (self._is_live and is_shown) or self._end is not None:
            return
        if self._draft is None:
            self._draft = SparingText("", markup=False, classes="draft")
            self._body.add(self._draft)
        self._pace.soon()

    def finish(self, seconds: float, outcome: str = "", usage: TokenUsage | None = None, kind: str = "") -> None:
        """Stop counting, drop the draft, fold. `kind`: '' or the class of an outcome that is to be seen (bad)."""
        if self._end is not None:
            return
        tokens = usage.prompt_tokens + usage.completion_tokens if usage else 0
        counted = f"{'≈' if usage and usage.estimated else ''}{tokens:,} tokens" if tokens else ""
        self._end = f"{seconds:6.1f} s  {counted:>14}  {plain_line(outcome)}".rstrip()
        if self._timer is not None:
            self._timer.stop()
        if self._draft is not None:
            self._draft.remove()
            self._draft = None
        if kind:
            self._head.add_class(kind)
        self._draw()

    def finish_unless_done(self, outcome: str = "stopped") -> None:
        """The turn ended first."""
        self.finish(time.monotonic() - self._began, outcome)

    def unfold(self, is_open: bool, *, by_person: bool = True) -> None:
        """Show or hide the body."""
        self.was_folded_by_person = self.was_folded_by_person or by_person
        self.is_open = is_open
        if is_open and self._later:
            self._body.add(*(make() for make in self._later))
            self._later.clear()
        self._draw()

    def _draw_draft(self) -> None:
        if self._draft is not None:
            lines = plain(self._draft_text).rstrip("\n").split("\n")[-_DRAFT_LINES:]
            self._draft.show(Content("\n".join(lines)))

    def _draw(self) -> None:
        if self._body.display != self.is_open:
            self._body.display = self.is_open
        mark = " " if not self._n_parts and self._draft is None else "▾" if self.is_open else "▸"
        written = f"  {self._n_characters:,} characters" if self._n_characters else ""
        told = self._end if self._end is not None else f"{time.monotonic() - self._began:6.1f} s{written}"
        self._head.update(f"{mark} {self.stage:<10} {told}", layout=False)
