"""The answer of a turn, as it is written and as it stays."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tui.chat.transcript.blocks import Line
from tui.chat.transcript.growing import Growing
from tui.chat.transcript.pace import Pace

if TYPE_CHECKING:
    from tui.chat.transcript.markdown import AnswerMarkdown

LIMIT_CHARS = 60_000
"""A longer answer is cut here on the screen (each block of it is a widget); the whole is in the session's log."""


class AnswerView(Growing):
    """Who calls this: the turn; `write` while the model writes, `finish` with what the answer is in the end."""

    def __init__(self) -> None:
        super().__init__("answer-view")
        self._text = ""
        self._markdown: AnswerMarkdown | None = None
        self._pace = Pace(self, self._flush)

    def restart(self) -> None:
        """The model begins again: what it wrote was not usable."""
        self._text = ""

    def write(self, text: str) -> None:
        """More of the answer."""
        self._text += text
        self._pace.soon()

    def finish(self, answer: str) -> None:
        """The whole answer."""
        self._text = answer
        self._pace.now()
        if len(answer) > LIMIT_CHARS:
            self.add(Line(f"… {len(answer) - LIMIT_CHARS:,} characters more are in the session's log", "note"))

    def _flush(self) -> None:
        from tui.chat.transcript.markdown import AnswerMarkdown  # the parser is not needed before the first answer

        if self._markdown is None:
            if self._text:
                self._markdown = AnswerMarkdown(self._text[:LIMIT_CHARS])
                self.add(self._markdown)
        else:
            self._markdown.write(self._text[:LIMIT_CHARS])
