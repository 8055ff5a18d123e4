"""Tables for dataframes and for lists of records: only the rows on the screen are drawn."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from rich.text import Text
from textual.widgets import DataTable

from tui.plain import plain_line, plain_value

_N_ROWS = 1_000
_N_COLUMNS = 40
_CELL_CHARS = 60
_READ_CHARS = 4 << 20


@dataclass(frozen=True)
class Table:
    """`rows` as they are shown; `n_rows`, `n_columns` of the whole."""

    columns: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]
    n_rows: int
    n_columns: int

    @property
    def left_out(self) -> str:
        """What is not shown of it, '' where all is."""
        if self.n_rows <= len(self.rows) and self.n_columns <= len(self.columns):
            return ""
        return f"{self.n_rows:,} rows and {self.n_columns:,} columns in all"


def from_frame(encoded: str) -> Table | None:
    """The table that a kernel describes as JSON (`toolcoder_runtime.displays.table`); None where it is none."""
    try:
        table = json.loads(encoded)
        names = table["index"]
        columns = [str(column) for column in table["columns"]]
        rows = [list(row) for row in table["rows"][:_N_ROWS]]
        if names is not None:
            columns = ["", *columns]
            rows = [[str(name), *row] for name, row in zip(names, rows, strict=False)]
        whole = int(table["n_rows"]), int(table["n_columns"]) + (names is not None)
    except (ValueError, KeyError, TypeError, RecursionError):  # it comes from inside the sandbox
        return None
    return _table(columns, rows, *whole)


def from_records(encoded: str) -> Table | None:
    """A list of at least two objects that have keys in common, as JSON; None for everything else."""
    if len(encoded) > _READ_CHARS or not encoded.lstrip().startswith("["):
        return None
    try:
        records = json.loads(encoded)
    except (ValueError, RecursionError):
        return None
    if len(records) < 2 or not all(isinstance(record, dict) and record for record in records):
        return None
    columns: dict[str, None] = {}
    for record in records[:_N_ROWS]:
        columns.update(dict.fromkeys(record))
    if len(columns) > 2 * min(len(record) for record in records):
        return None  # they have little in common
    names = list(columns)
    rows = [[record.get(name, "") for name in names] for record in records[:_N_ROWS]]
    return _table(names, rows, len(records), len(names))


def _table(columns: Sequence[str], rows: Sequence[Sequence[Any]], n_rows: int, n_columns: int) -> Table | None:
    if not columns:
        return None
    width = min(len(columns), _N_COLUMNS)
    padded = tuple((*row[:width], *[""] * (width - len(row))) for row in rows)
    return Table(tuple(columns[:width]), padded, max(n_rows, len(rows)), max(n_columns, len(columns)))


class TableBlock(DataTable[Text]):
    """Scrolls in itself; the cells' text is never read as markup."""

    def __init__(self, table: Table) -> None:
        super().__init__(zebra_stripes=True, show_cursor=False, classes="table")
        self._table = table

    def on_mount(self) -> None:
        rows = [[_cell(value) for value in row] for row in self._table.rows]
        # Measured here: Textual measures after it may have drawn, and keeps what it drew, cut to the headings.
        for number, column in enumerate(self._table.columns):
            label = Text(plain_line(column, _CELL_CHARS))
            width = max(label.cell_len, *(row[number].cell_len for row in rows), 0)
            self.add_column(label, width=width, key=str(number))
        for row in rows:
            self.add_row(*row)


def _cell(value: Any) -> Text:
    match value:
        case None:
            return Text("")
        case str():
            return Text(plain_line(value, _CELL_CHARS))
        case bool() | int() | float():
            return Text(plain_line(str(value), _CELL_CHARS), justify="right")
        case _:
            return Text(plain_value(value, _CELL_CHARS))
