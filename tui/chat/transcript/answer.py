"""The answer of a turn, as it is written and as it stays."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tui.chat.transcript.blocks import Line
from tui.chat.transcript.growing import Growing
from tui.chat.transcript.pace import Pace

if TYPE_CHECKING:
    from textual.widgets import Markdown

    from tui.chat.transcript.markdown import AnswerMarkdown

LIMIT_CHARS = 60_000
"""A longer answer is cut here on the screen (each block of it is a widget); the whole is in the session's log."""

_STEP_CHARS = 1_500
"""At most so much more is drawn at once: a machine that is behind shows less of it, and keys still come through."""


class AnswerView(Growing):
    """Who calls this: the turn; `write` while the model writes, `finish` with what the answer is in the end."""

    def __init__(self) -> None:
        super().__init__("answer-view")
        self._text = ""
        self._markdown: AnswerMarkdown | None = None
        self._n_drawn = 0
        self._is_whole = False
        self._pace = Pace(self, self._step)

    def restart(self) -> None:
        """The model begins again: what it wrote was not usable."""
        self._text = ""
        self._n_drawn = 0

    def write(self, text: str) -> None:
        """More of the answer."""
        self._text += text
        self._pace.soon()

    def finish(self, answer: str) -> None:
        """The whole answer."""
        self._text = answer
        self._pace.stop()
        self._draw(LIMIT_CHARS)
        self._is_whole = True
        self.call_after_refresh(self._trim)
        if len(answer) > LIMIT_CHARS:
            self.add(Line(f"… {len(answer) - LIMIT_CHARS:,} characters more are in the session's log", "note"))

    def _step(self) -> None:
        self._n_drawn = min(len(self._text), self._n_drawn + _STEP_CHARS)
        self._draw(min(self._n_drawn, LIMIT_CHARS))
        if self._n_drawn < len(self._text):
            self._pace.soon()

    def _draw(self, n_chars: int) -> None:
        from tui.chat.transcript.markdown import AnswerMarkdown  # the parser is not needed before the first answer

        if self._markdown is None:
            if self._text:
                self._markdown = AnswerMarkdown(self._text[:n_chars])
                self.add(self._markdown)
        else:
            self._markdown.write(self._text[:n_chars])

    def on_markdown_table_of_contents_updated(self, event: Markdown.TableOfContentsUpdated) -> None:
        """Textual says so when a document was drawn whole."""
        event.stop()
        self._trim()

    def _trim(self) -> None:
        """No empty line below the last block. A rule with `:last-child` would cost the styles of all blocks each time
        that one more comes."""
        if self._is_whole and self._markdown is not None and self._markdown.children:
            last = self._markdown.children[-1].styles
            last.margin = (last.margin.top, last.margin.right, 0, last.margin.left)
