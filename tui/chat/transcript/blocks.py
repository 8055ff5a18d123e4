"""The pieces that a turn is drawn with. All text from outside passes `plain`, and none is read as markup."""

from __future__ import annotations

import time
from collections import deque

from textual.content import Content
from textual.timer import Timer
from textual.widgets import Static

from tui.plain import PlainStream, plain, plain_line

_TICK_S = 0.1
_HEAD_LINES = 12
_TAIL_LINES = 18
_LINE_CHARS = 2_000


class Line(Static):
    """A short text: the question, a note, a repair, an error."""

    def __init__(self, text: str, classes: str) -> None:
        super().__init__(plain(text), markup=False, classes=classes)


class StageLine(Static):
    """A stage with its seconds, counting while it runs."""

    def __init__(self, stage: str) -> None:
        super().__init__("", markup=False, classes="stage")
        self._stage = plain_line(stage, 40)
        self._began = time.monotonic()
        self._n_characters = 0
        self._timer: Timer | None = None
        self._end = ""

    def on_mount(self) -> None:
        self._draw()
        if not self._end:
            self._timer = self.set_interval(_TICK_S, self._draw)

    def grow(self, n_characters: int) -> None:
        """The model wrote more; shown while the stage runs, so that one sees it work."""
        self._n_characters += n_characters

    def finish(self, seconds: float, note: str = "") -> None:
        """Stop counting."""
        if not self._end:
            self._end = f"{self._stage:<11}{seconds:6.1f} s  {plain_line(note)}".rstrip()
            if self._timer is not None:
                self._timer.stop()
            self._draw()

    def finish_unless_done(self) -> None:
        """The turn ended first."""
        self.finish(time.monotonic() - self._began, "stopped")

    def _draw(self) -> None:
        written = f"  {self._n_characters} characters" if self._n_characters else ""
        self.update(self._end or f"{self._stage:<11}{time.monotonic() - self._began:6.1f} s{written}")


class CodeBlock(Static):
    """A program, coloured as Python."""

    def __init__(self, source: str) -> None:
        super().__init__(_highlighted(plain(source).rstrip()), markup=False, classes="code")


class OutputBlock(Static):
    """What a cell prints, as it comes: the first lines stay, of the others the last ones; the rest is counted."""

    def __init__(self) -> None:
        super().__init__("", markup=False, classes="output")
        self._streams = {"stdout": PlainStream(), "stderr": PlainStream()}
        self._head: list[str] = []
        self._tail: deque[str] = deque()
        self._open = ""
        self._n_hidden = 0

    def add(self, stream: str, text: str) -> None:
        """More of what the cell printed."""
        self._append(self._streams[stream].feed(text))

    def cut(self, n_lines: int) -> None:
        """Here text is missing: what follows is the end of the output."""
        if self._open:
            self._append("\n")
        self._n_hidden += len(self._tail) + max(n_lines, 1)
        self._tail.clear()

    def finish(self) -> None:
        """The cell ended: show what was held back."""
        for stream in self._streams.values():
            self._append(stream.flush())

    def _append(self, text: str) -> None:
        if not text:
            return
        *lines, self._open = (self._open + text).split("\n")
        self._open = self._open[:_LINE_CHARS]
        for line in lines:
            self._take(line[:_LINE_CHARS])
        hidden = [f"… {self._n_hidden:,} lines are not shown here"] if self._n_hidden else []
        last = [self._open] if self._open else []
        self.update("\n".join([*self._head, *hidden, *self._tail, *last]))

    def _take(self, line: str) -> None:
        if len(self._head) < _HEAD_LINES:
            self._head.append(line)
            return
        self._tail.append(line)
        if len(self._tail) > _TAIL_LINES:
            self._tail.popleft()
            self._n_hidden += 1


def _highlighted(source: str) -> Content | str:
    from textual.highlight import highlight  # brings the lexers in; the first frame does not need them

    return highlight(source, language="python")
