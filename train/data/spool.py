"""Tasks between reading and writing: on disk, since all of them together need not fit into memory."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from train.rows import Row, row_json


class Spool:
    """One line per task: its rows, each with its length. Use as a context manager; the file goes with it."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file = path.open("w", encoding="utf-8", errors="backslashreplace")

    def add(self, rows: Sequence[tuple[Row, int]]) -> None:
        """Append a task: rows and their tokens."""
        self._file.write(json.dumps([[row_json(row), n] for row, n in rows], ensure_ascii=False) + "\n")

    def tasks(self) -> Iterator[list[tuple[dict[str, Any], int]]]:
        """All tasks in the order in which they came: the objects of the rows' lines, and their tokens."""
        self._file.flush()
        with self._path.open("rb") as file:
            for line in file:
                yield json.loads(line)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()
        self._path.unlink(missing_ok=True)
