"""A table of an answer as rows of a screen: in columns while they stay readable, else as a list of records.

A column is readable while its words are whole, up to a limit. A table that is too wide for that is not squeezed into
columns of three letters, nor cut: each of its rows becomes a few lines, one for each column that has something in it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from textual.content import Content

from tui.chat.transcript.rows import EMPTY, NARROWEST, Row

Side = Literal["left", "center", "right"]

_WORD_CELLS = 16
"""Words up to this length are kept whole."""
_GAP = " │ "
_LINES = "$foreground 30%"
_HEAD = "bold $primary"
_NAME_SHARE = 0.4
"""Of the width: at most so much is for the columns' names in front of a record's values."""


@dataclass(frozen=True)
class TableBlock:
    """`sides`: of each column, where its cells stand; those without are left."""

    head: Sequence[Content]
    body: Sequence[Sequence[Content]]
    lead: Content = EMPTY
    sides: Sequence[Side] = ()

    def rows(self, width: int) -> Sequence[Row]:
        """As it is drawn on so many columns."""
        n_columns = max((len(row) for row in (self.head, *self.body)), default=0)
        room = max(width - self.lead.cell_length, NARROWEST)
        widths = _widths((self.head, *self.body), n_columns, room - len(_GAP) * max(n_columns - 1, 0))
        if widths is not None:
            return self._columns(widths)
        return self._records(room) if self.body else TableBlock((), (self.head,), self.lead).rows(width)

    def _columns(self, widths: Sequence[int]) -> list[Row]:
        rule = Row(Content.styled("─┼─".join("─" * n for n in widths), _LINES), self.lead)
        body = [self._wrapped(row, widths, "") for row in self.body]
        # Where a row takes several lines, a line says where the next one begins.
        between = [rule] if any(len(lines) > 1 for lines in body) else []
        found = [*self._wrapped(self.head, widths, _HEAD), rule]
        for number, lines in enumerate(body):
            found += [*(between if number else ()), *lines]
        return found

    def _wrapped(self, cells: Sequence[Content], widths: Sequence[int], style: str) -> list[Row]:
        columns = [cell.wrap(n) if cell else [EMPTY] for cell, n in zip(cells, widths, strict=False)]
        columns += [[EMPTY]] * (len(widths) - len(columns))
        rows = []
        for number in range(max((len(column) for column in columns), default=0)):
            pieces = [column[number] if number < len(column) else EMPTY for column in columns]
            filled = [self._placed(piece, i, n) for i, (piece, n) in enumerate(zip(pieces, widths, strict=True))]
            row = Content.styled(_GAP, _LINES).join(piece.stylize_before(style) for piece in filled)
            rows.append(Row(row, self.lead))
        return rows

    def _placed(self, piece: Content, column: int, width: int) -> Content:
        n_left = max(width - piece.cell_length, 0)
        side = self.sides[column] if column < len(self.sides) else "left"
        before = {"left": 0, "center": n_left // 2, "right": n_left}[side]
        return Content(" " * before) + piece + " " * (n_left - before)

    def _records(self, room: int) -> list[Row]:
        """Name and value on a line each, the values below each other."""
        longest = max((cell.cell_length for cell in self.head), default=0)
        n_name = min(longest, max(int(room * _NAME_SHARE), NARROWEST))
        n_value = max(room - n_name - 2, NARROWEST)
        found: list[Row] = []
        for number, cells in enumerate(self.body):
            rule = f"─── {number + 1} "
            found.append(Row(Content.styled(rule + "─" * max(room - len(rule), 0), _LINES), self.lead))
            for i, cell in enumerate(cells):
                if not cell:
                    continue
                names = self.head[i].wrap(n_name) if i < len(self.head) and self.head[i] else [EMPTY]
                values = cell.wrap(n_value)
                for line in range(max(len(names), len(values))):
                    name = names[line] if line < len(names) else EMPTY
                    value = values[line] if line < len(values) else EMPTY
                    head = (name + " " * max(n_name - name.cell_length, 0)).stylize_before(_HEAD)
                    found.append(Row(head + "  " + value, self.lead))
        return found


def _widths(table: Sequence[Sequence[Content]], n_columns: int, room: int) -> list[int] | None:
    """How wide each column is: the narrow ones as they need to be, the others share what is left, and none is narrower
    than its longest word. None: there is no room for that."""
    wanted, least = [1] * n_columns, [1] * n_columns
    for row in table:
        for i, cell in enumerate(row):
            wanted[i] = max(wanted[i], cell.cell_length)
            if cell.cell_length > least[i]:
                longest = max((Content(word).cell_length for word in cell.plain.split()), default=0)
                least[i] = max(least[i], min(longest, _WORD_CELLS))
    left = room - sum(least)
    if left < 0:
        return None
    widths, open_columns = least, [i for i in range(n_columns) if wanted[i] > least[i]]
    while left > 0 and open_columns:
        share = max(left // len(open_columns), 1)
        for i in open_columns[: left if share == 1 else None]:
            more = min(share, wanted[i] - widths[i])
            widths[i] += more
            left -= more
        open_columns = [i for i in open_columns if wanted[i] > widths[i]]
    return widths
