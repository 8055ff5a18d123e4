"""The answer of a turn, as it is written and as it stays."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tui.chat.transcript.growing import Growing
from tui.chat.transcript.pace import Pace
from tui.plain import PlainStream, plain

if TYPE_CHECKING:
    from tui.chat.transcript.written import WrittenText

_STEP_CHARS = 8_000
"""At most so much more is drawn at once: a machine that is behind shows less of it, and keys still come through."""


class AnswerView(Growing):
    """Who calls this: the turn; `write` while the model writes, `finish` with what the answer is in the end."""

    def __init__(self) -> None:
        super().__init__("answer-view")
        self._clean = PlainStream()
        self._written: WrittenText | None = None
        self._source = ""
        self._waiting = ""
        self._is_whole = False
        self._pace = Pace(self, self._step)

    def restart(self) -> None:
        """The model begins again: what it wrote was not usable."""
        self._clean = PlainStream()
        self._source = self._waiting = ""
        if self._written is not None:
            self._written.clear()

    def write(self, text: str) -> None:
        """More of the answer."""
        if not self._is_whole:
            self._more(self._clean.feed(text))
            self._pace.soon()

    def finish(self, answer: str) -> None:
        """The whole answer; told again, it changes nothing."""
        self._more(self._clean.flush())
        answer = plain(answer)
        if answer.strip() != self._source.strip():
            self.restart()
            self._more(answer)
        elif self._is_whole:
            return
        self._is_whole = True
        self._pace.now()

    def _more(self, text: str) -> None:
        self._source += text
        self._waiting += text

    def _step(self) -> None:
        from tui.chat.transcript.written import WrittenText  # the parser is not needed before the first answer

        text, self._waiting = self._waiting[:_STEP_CHARS], self._waiting[_STEP_CHARS:]
        if self._written is None:
            if not self._source.strip():
                return
            self._written = WrittenText()
            self.add(self._written)
        self._written.add(text, is_whole=self._is_whole and not self._waiting)
        if self._waiting:
            self._pace.soon()
