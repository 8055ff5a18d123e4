"""Blocks of text as the rows of a screen: wrapped, with what stands before each row (a bullet, a bar)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from textual.content import Content

_EMPTY = Content("")
_NARROWEST = 8
"""Columns that a text keeps, however deep it is nested."""


@dataclass(frozen=True)
class Row:
    """One line of the screen. `lead` stands before it, `gap` is the white space that wrapping took from before it."""

    content: Content
    lead: Content = _EMPTY
    fill: str = ""
    """The style of the whole row, to the right margin."""
    is_new: bool = True
    """False: it goes on with the line above it, which was too long."""
    gap: str = ""


class Block(Protocol):
    """What an answer is made of."""

    def rows(self, width: int) -> Sequence[Row]:
        """As it is drawn on so many columns."""
        ...


@dataclass(frozen=True)
class TextBlock:
    """Lines that wrap. `first` stands before the first row of all, `rest` before the others."""

    text: Content
    first: Content = _EMPTY
    rest: Content = _EMPTY
    fill: str = ""

    def rows(self, width: int) -> Sequence[Row]:
        """Long lines become several rows."""
        found: list[Row] = []
        room = max(width - max(self.first.cell_length, self.rest.cell_length), _NARROWEST)
        for line in self.text.split("\n", allow_blank=True) or [_EMPTY]:
            at, is_new = 0, True
            line = line.expand_tabs(8)
            for piece in line.wrap(room):
                start = line.plain.find(piece.plain, at)
                lead = self.rest if found else self.first
                found.append(Row(piece, lead, self.fill, is_new, line.plain[at:start]))
                at, is_new = start + len(piece.plain), False
        return found


@dataclass(frozen=True)
class TableBlock:
    """Cells in columns, each as wide as it needs to be and, where the screen is too narrow, as its share allows."""

    head: Sequence[Content]
    body: Sequence[Sequence[Content]]
    lead: Content = _EMPTY

    def rows(self, width: int) -> Sequence[Row]:
        """A head, a line, the rows; cells wrap."""
        n_columns = max((len(row) for row in (self.head, *self.body)), default=0)
        wanted = [0] * n_columns
        for row in (self.head, *self.body):
            for i, cell in enumerate(row):
                wanted[i] = max(wanted[i], cell.cell_length)
        widths = _shares(wanted, width - self.lead.cell_length - 3 * max(n_columns - 1, 0))
        rule = "─┼─".join("─" * n for n in widths)
        found = self._wrapped(self.head, widths, "bold $primary")
        found.append(Row(Content.styled(rule, "$foreground 30%"), self.lead))
        for row in self.body:
            found += self._wrapped(row, widths, "")
        return found

    def _wrapped(self, cells: Sequence[Content], widths: Sequence[int], style: str) -> list[Row]:
        columns = [cell.wrap(n) if cell else [_EMPTY] for cell, n in zip(cells, widths, strict=False)]
        columns += [[_EMPTY]] * (len(widths) - len(columns))
        rows = []
        for number in range(max((len(column) for column in columns), default=0)):
            pieces = [column[number] if number < len(column) else _EMPTY for column in columns]
            filled = [piece + " " * (n - piece.cell_length) for piece, n in zip(pieces, widths, strict=True)]
            row = Content.styled(" │ ", "$foreground 30%").join(piece.stylize_before(style) for piece in filled)
            rows.append(Row(row, self.lead))
        return rows


@dataclass(frozen=True)
class RuleBlock:
    """A line across."""

    lead: Content = _EMPTY

    def rows(self, width: int) -> Sequence[Row]:
        """As wide as there is room."""
        return [Row(Content.styled("─" * max(width - self.lead.cell_length, 1), "$secondary"), self.lead)]


def _shares(wanted: Sequence[int], room: int) -> list[int]:
    """How wide each column is: the narrow ones as they are, the others share what is left."""
    widths, left, n_left = [0] * len(wanted), max(room, len(wanted)), len(wanted)
    for i in sorted(range(len(wanted)), key=lambda i: wanted[i]):
        widths[i] = max(min(wanted[i], left // n_left), 1)
        left, n_left = left - widths[i], n_left - 1
    return widths
