"""What a cell prints, as it comes, in its colours."""

from __future__ import annotations

from collections import deque

from textual.content import Content

from tui.chat.transcript.ansi import AnsiStream, Run
from tui.chat.transcript.pace import Pace
from tui.chat.transcript.sparing import SparingText

_HEAD_LINES = 12
_TAIL_LINES = 18
_LINE_CHARS = 2_000
_WHOLE_CHARS = 12 << 10
"""Of a longer piece only the beginning and the end are read: nothing else of it can be seen."""


class OutputBlock(SparingText):
    """The first lines stay, of the others the last ones; the rest is counted."""

    def __init__(self) -> None:
        super().__init__("", markup=False, classes="output")
        self._streams = {"stdout": AnsiStream(), "stderr": AnsiStream()}
        self._head: list[Content] = []
        self._tail: deque[Content] = deque()
        self._open: list[Run] = []
        self._n_open_chars = 0
        self._n_hidden = 0
        self._pace = Pace(self, self._draw)

    @property
    def n_lines(self) -> int:
        """All lines, also those that are not shown."""
        return len(self._head) + self._n_hidden + len(self._tail) + bool(self._open)

    def add(self, stream: str, text: str) -> None:
        """More of what the cell printed."""
        reader = self._streams[stream]
        if len(text) <= _WHOLE_CHARS:
            self._append(reader.feed(text))
        else:
            half = _WHOLE_CHARS // 2
            begin = 0 if len(self._head) == _HEAD_LINES else text.find("\n", half) + 1 or half
            end = max(text.find("\n", len(text) - half) + 1 or len(text) - half, begin)
            self._append(reader.feed(text[:begin]))
            reader.skip()
            self._end_line()
            self._n_hidden += len(self._tail) + text.count("\n", begin, end)
            self._tail.clear()
            self._append(reader.feed(text[end:]))
        self._pace.soon()

    def cut(self, n_lines: int) -> None:
        """Here text is missing: what follows is the end of the output."""
        for reader in self._streams.values():
            reader.skip()
        self._end_line()
        self._n_hidden += len(self._tail) + max(n_lines, 1)
        self._tail.clear()
        self._pace.soon()

    def finish(self) -> None:
        """The cell ended: show what was held back."""
        for reader in self._streams.values():
            self._append(reader.flush())
        self._pace.now()

    def _append(self, runs: list[Run]) -> None:
        for run in runs:
            *ended, rest = run.text.split("\n")
            for text in ended:
                self._extend(text, run)
                self._end_line(also_empty=True)
            self._extend(rest, run)

    def _extend(self, text: str, run: Run) -> None:
        if text := text[: max(_LINE_CHARS - self._n_open_chars, 0)]:
            self._open.append(Run(text, run.style))
            self._n_open_chars += len(text)

    def _end_line(self, *, also_empty: bool = False) -> None:
        if not self._open and not also_empty:
            return
        line, self._open, self._n_open_chars = _line(self._open), [], 0
        if len(self._head) < _HEAD_LINES:
            self._head.append(line)
            return
        self._tail.append(line)
        if len(self._tail) > _TAIL_LINES:
            self._tail.popleft()
            self._n_hidden += 1

    def _draw(self) -> None:
        hidden = [Content(f"… {self._n_hidden:,} lines are not shown here")] if self._n_hidden else []
        last = [_line(self._open)] if self._open else []
        self.show(Content("\n").join([*self._head, *hidden, *self._tail, *last]))


def _line(runs: list[Run]) -> Content:
    return Content.assemble(*(run.text if run.style is None else (run.text, run.style) for run in runs))
