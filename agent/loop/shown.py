"""What a model gets to see of a cell: its output by head and tail, tables as text, the rest by name."""

from __future__ import annotations

import json
from typing import Any

from sandbox.artifacts import TABLE_MIME
from sandbox.events import CellDisplay, CellFile, CellResult

_N_ROWS = 20
_N_COLUMNS = 12
_CELL_CHARS = 60
_N_FILES = 20


class Shown:
    """Gathers what one cell wrote and showed; `limit` is in characters."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._pieces: list[str] = []
        self._n_gap_bytes = 0
        self._n_gap_lines = 0
        self._last: CellDisplay | None = None
        self._files: list[str] = []
        self.table = ""
        """The cell's value as a table, where it is one."""

    def text(self, text: str) -> None:
        self._last = None
        self._pieces.append(text)

    def gap(self, n_bytes: int, n_lines: int) -> None:
        """Text between the pieces that was not passed on."""
        self._n_gap_bytes += n_bytes
        self._n_gap_lines += n_lines

    def display(self, display: CellDisplay) -> None:
        self._last = display
        self._pieces.append(_display_text(display))

    def file(self, file: CellFile) -> None:
        """A file in /out, which is handed to the person, or is not."""
        if file.place != "out" or not file.last or file.kind == "deleted" or len(self._files) > _N_FILES:
            return
        told = f"not handed to the person: {file.path}: {file.why}" if file.kind == "refused" else None
        self._files.append(f"[{told or f'file for the person: {file.path}'}]\n")
        if len(self._files) > _N_FILES:
            self._files[-1] = "[and more files]\n"

    def result(self, result: CellResult) -> None:
        """The value of the cell; its own rich form came just before and is no output."""
        if self._last is not None and self._last.data.get("text/plain") == result.text:
            self._pieces.pop()
            self.table = table_text(self._last.data.get(TABLE_MIME, ""))

    @property
    def output(self) -> str:
        """All of it up to the limit; of more the beginning and, as it matters most, more of the end."""
        whole = "".join(self._pieces + self._files)
        if len(whole) <= self._limit and not self._n_gap_bytes:
            return whole
        n_head = min(self._limit, len(whole)) // 3
        n_tail = min(self._limit, len(whole)) - n_head
        cut = whole[n_head : len(whole) - n_tail]
        n_bytes = len(cut.encode("utf-8", "replace")) + self._n_gap_bytes
        n_lines = cut.count("\n") + self._n_gap_lines
        left_out = f"... {n_bytes:,} bytes ({n_lines:,} lines) left out ..."
        return f"{whole[:n_head]}\n{left_out}\n{whole[len(whole) - n_tail :]}"


def table_text(encoded: str) -> str:
    """A table (the JSON of `toolcoder_runtime.displays`) as lines of cells, capped; '' where it is none."""
    try:
        table = json.loads(encoded)
        columns, rows, names = list(table["columns"]), list(table["rows"]), table["index"]
        n_rows, n_columns = int(table["n_rows"]), int(table["n_columns"])
        lines = [" | ".join(_cell(name) for name in ([""] if names else []) + columns[:_N_COLUMNS])]
        for number, row in enumerate(rows[:_N_ROWS]):
            label = [names[number]] if names else []
            lines.append(" | ".join(_cell(item) for item in label + list(row)[:_N_COLUMNS]))
    except (ValueError, KeyError, TypeError, IndexError, RecursionError):  # it comes from inside the sandbox
        return ""
    if n_rows > _N_ROWS or n_columns > _N_COLUMNS:
        lines.append(f"({n_rows:,} rows, {n_columns:,} columns in all)")
    return "\n".join(lines)


def _cell(value: Any) -> str:
    text = "" if value is None else " ".join(str(value).split())
    return text if len(text) <= _CELL_CHARS else text[: _CELL_CHARS - 1] + "…"


def _display_text(display: CellDisplay) -> str:
    table = table_text(display.data.get(TABLE_MIME, ""))
    if table:
        return table + "\n"
    kept = [f"{artifact.mime}, {artifact.n_bytes:,} bytes" for artifact in display.artifacts]
    named = kept or [mime for mime in display.data if mime != "text/plain"]
    left_out = "".join(f"[not shown: {why}]\n" for why in display.left_out)
    if not named:
        return display.data.get("text/plain", "") + "\n" + left_out
    return f"[shown to the person: {'; '.join(named)}]\n{left_out}"
