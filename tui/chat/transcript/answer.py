"""The answer of a turn, as it is written and as it stays."""

from __future__ import annotations

from tui.chat.transcript.blocks import Line
from tui.chat.transcript.growing import Growing
from tui.chat.transcript.markdown import LIMIT_CHARS, AnswerMarkdown
from tui.chat.transcript.pace import Pace


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
        if self._markdown is None:
            if self._text:
                self._markdown = AnswerMarkdown(self._text)
                self.add(self._markdown)
        else:
            self._markdown.write(self._text)
