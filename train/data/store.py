"""What is remembered of the tasks while all are read, on disk: memory stays flat however many there are.

One SQLite file without a journal, beside the dataset that is being made; whoever is killed begins anew anyway. Its
cache holds the pages of some ten thousand tasks, so a person's own sessions never wait for the disk.
"""

from __future__ import annotations

import sqlite3
from array import array
from collections.abc import Iterator, Sequence
from pathlib import Path

_CACHE_KIB = 16_384
_HALF = 1 << 63
"""Digests are unsigned, SQLite's integers signed: moved by this their order stays."""


class IndexStore:
    """`path` None: a file of SQLite's own that nobody sees. `close` removes it.

    Raises:
        OSError: the disk is full, or the file cannot be made.
    """

    def __init__(self, path: Path | None = None) -> None:
        self._path = path
        try:
            self._rows = sqlite3.connect(path or "", isolation_level=None, cached_statements=32)
            for pragma in ("journal_mode=OFF", "synchronous=OFF", "locking_mode=EXCLUSIVE"):
                self._rows.execute(f"PRAGMA {pragma}")
            self._rows.execute(f"PRAGMA cache_size=-{_CACHE_KIB}")
            self._rows.execute("CREATE TABLE ties (tie INTEGER PRIMARY KEY, task INTEGER)")
            self._rows.execute("CREATE TABLE seen (key INTEGER PRIMARY KEY, task INTEGER)")
            self._rows.execute("CREATE TABLE tasks (task INTEGER PRIMARY KEY, ties BLOB, words TEXT, signature BLOB)")
            self._rows.execute("BEGIN")
        except sqlite3.Error as error:
            raise OSError(f"the index of tasks cannot be made: {error}") from error

    def close(self) -> None:
        """Remove it."""
        self._rows.close()
        if self._path is not None:
            self._path.unlink(missing_ok=True)

    def add(self, task: int, ties: Sequence[int], words: str, signature: bytes) -> None:
        """A new task, before anything is asked about it."""
        self._run("INSERT INTO tasks VALUES (?, ?, ?, ?)", task, array("Q", ties).tobytes(), words, signature)

    def setdefault(self, tie: int, task: int, /) -> int:
        """The first task with this tie."""
        self._run("INSERT OR IGNORE INTO ties VALUES (?, ?)", tie - _HALF, task)
        return int(self._run("SELECT task FROM ties WHERE tie = ?", tie - _HALF).fetchone()[0])

    def earlier(self, keys: Sequence[int], task: int) -> list[int]:
        """The other tasks that came first with one of these keys, in order; with the rest this one came first."""
        moved = [key - _HALF for key in keys]
        asked = (
            f"SELECT DISTINCT task FROM seen WHERE key IN ({','.join('?' * len(moved))}) AND task != ? ORDER BY task"
        )
        found = [int(row[0]) for row in self._run(asked, *moved, task)]
        try:
            self._rows.executemany("INSERT OR IGNORE INTO seen VALUES (?, ?)", [(key, task) for key in moved])
        except sqlite3.Error as error:
            raise OSError(f"the index of tasks cannot be written: {error}") from error
        return found

    def words(self, task: int) -> str:
        """Of its question."""
        return str(self._run("SELECT words FROM tasks WHERE task = ?", task).fetchone()[0])

    def signature(self, task: int) -> bytes:
        """As it was added."""
        return bytes(self._run("SELECT signature FROM tasks WHERE task = ?", task).fetchone()[0])

    def tasks(self) -> Iterator[tuple[int, array[int]]]:
        """Each task with its ties, in order."""
        for task, ties in self._run("SELECT task, ties FROM tasks ORDER BY task"):
            yield task, array("Q", ties)

    def ties(self) -> Iterator[tuple[int, int]]:
        """Each tie with its first task, in order of the ties."""
        for tie, task in self._run("SELECT tie, task FROM ties ORDER BY tie"):
            yield tie + _HALF, task

    def _run(self, statement: str, *values: object) -> sqlite3.Cursor:
        try:
            return self._rows.execute(statement, values)
        except sqlite3.Error as error:
            raise OSError(f"the index of tasks cannot be used: {error}") from error
