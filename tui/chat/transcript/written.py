"""The widget of an answer: one for all of it, painted line by line, so that what grows costs no more than what is new.

A widget for each paragraph, as Textual's own Markdown has, is laid out again with every piece that comes.
"""

from __future__ import annotations

from rich.segment import Segment
from textual.app import RenderResult
from textual.content import Content
from textual.geometry import Region, Size
from textual.selection import Selection
from textual.strip import Strip
from textual.style import Style
from textual.widgets import Static

from tui.chat.transcript.document import Document
from tui.chat.transcript.rows import Block, Row

_BAR, _BAR_STYLE = "█", "$success"
_N_MARGINS = 3
"""Columns: the bar, and a space on both sides."""


class WrittenText(Static):
    """Who calls this: the answer's view. `add` text that is clean already; nothing in it is ever an action."""

    def __init__(self) -> None:
        super().__init__("", markup=False, classes="answer")
        self.document = Document()
        self._done = _Rows()
        self._last = _Rows()
        self._n_done = 0
        self._strips: dict[int, Strip] = {}

    def add(self, text: str, *, is_whole: bool = False) -> None:
        """More at the end. `is_whole`: and nothing will follow."""
        self.document.add(text, is_whole=is_whole)
        self._last = _Rows()
        if len(self.document.closed) < self._n_done:  # drawn anew, as a whole
            self._forget()
        self._strips = {y: strip for y, strip in self._strips.items() if y < len(self._done.rows)}
        self.refresh(layout=True)

    def clear(self) -> None:
        """Nothing is in it any more."""
        self.document.clear()
        self._forget()
        self.refresh(layout=True)

    # -- what Textual asks

    def render(self) -> RenderResult:
        """All of the text, unwrapped; what is on the screen comes by lines."""
        self._lay(self.size.width or 80)
        return Content("\n".join((*self._done.lines, *self._last.lines)))

    def get_content_width(self, container: Size, viewport: Size) -> int:
        return container.width

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        if not width:
            return 0
        self._lay(width)
        return len(self._done.rows) + len(self._last.rows)

    def render_lines(self, crop: Region) -> list[Strip]:
        """Also bar, margin and filters are ours: what was painted once is not painted again when more comes."""
        width = self.size.width
        self._lay(width)
        strips = []
        for y in crop.line_range:
            strip = self._strips.get(y)
            if strip is None:
                strip = self._strips[y] = self._strip(y, width)
            strips.append(strip.crop(*crop.column_span))
        return strips

    def get_selection(self, selection: Selection) -> tuple[str, str] | None:
        return selection.extract("\n".join((*self._done.lines, *self._last.lines))), "\n"

    def selection_updated(self, selection: Selection | None) -> None:
        self._strips.clear()
        super().selection_updated(selection)

    def notify_style_update(self) -> None:
        self._strips.clear()
        super().notify_style_update()

    # -- rows

    def _forget(self) -> None:
        self._done, self._last, self._n_done = _Rows(), _Rows(), 0
        self._strips.clear()

    def _lay(self, width: int) -> None:
        width = max(width - _N_MARGINS, 1)
        if width != self._done.width:
            self._forget()
            self._done.width = width
        closed = self.document.closed
        if len(closed) > self._n_done:
            self._done.add(closed[self._n_done :])
            self._n_done = len(closed)
        if self._last.width != width:
            self._last = _Rows(width, len(self._done.lines))
            self._last.add(self.document.growing)

    def _strip(self, y: int, width: int) -> Strip:
        base, parse = self.visual_style, self.app.stylesheet.parse_style
        bar = base + parse(_BAR_STYLE)
        segments = [Segment(_BAR, bar.rich_style), Segment(" ", base.rich_style)]
        strip = Strip(segments, 2) if not (row := self._row(y)) else self._text(*row, Strip(segments, 2), width - 1)
        strip = strip.adjust_cell_length(width, base.rich_style)
        for line_filter in self.get_line_filters():
            strip = strip.apply_filter(line_filter, self.background_colors[1])
        return strip

    def _row(self, y: int) -> tuple[Row, int, int] | None:
        """A row, and the line and column of the unwrapped text where it begins."""
        n_done = len(self._done.rows)
        rows, y = (self._done, y) if y < n_done else (self._last, y - n_done)
        return (rows.rows[y], *rows.places[y]) if y < len(rows.rows) else None

    def _text(self, row: Row, line: int, x: int, before: Strip, width: int) -> Strip:
        base, parse = self.visual_style, self.app.stylesheet.parse_style
        fill = base + parse(row.fill) if row.fill else base
        text = row.content
        if (selected := self._selected(line)) is not None:
            start, end = selected
            start, end = start - x, len(text) if end == -1 else end - x
            if end > 0 and start < len(text):
                text = text.stylize(self._selection_style, max(start, 0), max(end, 0))
        segments = list(before)
        for piece, style in row.lead.render(base, end="", parse_style=parse):
            segments.append(Segment(piece, style.rich_style))
        for piece, style in text.render(fill, end="", parse_style=parse):
            segments.append(Segment(piece, style.rich_style_with_offset(x, line)))
            x += len(piece)
        n_cells = before.cell_length + row.lead.cell_length + text.cell_length
        return Strip(segments, n_cells).adjust_cell_length(width, fill.rich_style)

    def _selected(self, line: int) -> tuple[int, int] | None:
        selection = self.text_selection
        return None if selection is None else selection.get_span(line)

    @property
    def _selection_style(self) -> Style:
        return Style.from_styles(self.screen.get_component_styles("screen--selection"))


class _Rows:
    """Rows at one width, where each begins in the unwrapped text, and the lines of that text."""

    def __init__(self, width: int = 0, first_line: int = 0) -> None:
        self.width = width
        self.rows: list[Row] = []
        self.places: list[tuple[int, int]] = []
        self.lines: list[str] = []
        self._first_line = first_line

    def add(self, blocks: list[Block]) -> None:
        """Blocks at the end."""
        for block in blocks:
            for row in block.rows(self.width):
                if row.is_new or not self.lines:
                    self.lines.append(row.lead.plain)
                else:
                    self.lines[-1] += row.gap
                self.rows.append(row)
                self.places.append((self._first_line + len(self.lines) - 1, len(self.lines[-1])))
                self.lines[-1] += row.content.plain
