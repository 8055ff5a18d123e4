"""What the files of entries say, in one SQLite file: whether an entry may be offered, how it is called, its vector.

A look-up need not read the files then, nor list their folder. The table can be deleted at any time: it is made again.
"""

from __future__ import annotations

import json
import secrets
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from agent.functions.base import FunctionEntry, Summary
from agent.functions.entries import subtask_mark, summary_of
from agent.functions.files import Stamp
from agent.home import private_folder

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_BUSY_S = 30.0
_BATCH = 500
_VERSION = 1
_NOT_FOUND = ("damaged", "retired")
"""States of entries that no search finds."""
_DROP = "DROP TABLE IF EXISTS meta; DROP TABLE IF EXISTS entries; DROP TABLE IF EXISTS vectors;"
"""What another version made: all of it is in the files."""
_MAKE = """
CREATE TABLE IF NOT EXISTS meta (key TEXT PRIMARY KEY, value INTEGER);
CREATE TABLE IF NOT EXISTS entries (
    id TEXT PRIMARY KEY, mtime_ns INTEGER, size INTEGER, inode INTEGER,
    state TEXT, tools TEXT, subtask TEXT, mark TEXT, summary TEXT);
CREATE INDEX IF NOT EXISTS by_state ON entries (state);
CREATE INDEX IF NOT EXISTS by_signature ON entries (json_extract(summary, '$.signature'));
CREATE TABLE IF NOT EXISTS vectors (space TEXT, id TEXT, mark TEXT, seq INTEGER, vector BLOB, UNIQUE (space, id));
CREATE INDEX IF NOT EXISTS by_seq ON vectors (space, seq);
"""


class Offer(NamedTuple):
    """What decides whether an entry is offered: its state, and its tools with their schemas' hashes."""

    state: str
    tools: tuple[tuple[str, str], ...]
    stamp: Stamp
    """Of the file that says so."""


class EntryTable:
    """One connection. Callers that share it between threads bring their own lock; processes take turns by theirs.

    Every method raises `sqlite3.Error` where the file is damaged or cannot be used.
    """

    def __init__(self, file: Path) -> None:
        self.file = file
        private_folder(file.parent)
        self._db = sqlite3.connect(file, timeout=_BUSY_S, isolation_level=None, check_same_thread=False)
        self._numbers: dict[str, int] = {}
        try:
            self._db.execute("PRAGMA page_size = 8192")  # a vector of MiniLM's takes 1.5 KB: five to a page
            self._db.execute("PRAGMA journal_mode = WAL")
            self._db.execute("PRAGMA synchronous = NORMAL")  # nothing is lost that the files do not have
            if self._db.execute("PRAGMA user_version").fetchone()[0] != _VERSION:
                self._db.executescript(f"{_DROP} {_MAKE} PRAGMA user_version = {_VERSION};")
            self.look()
            if not self.number("born"):
                self.set_number("born", secrets.randbits(60) + 1)
        except BaseException:  # also Ctrl-C: no half-open table stays
            self.close()
            raise

    @property
    def born(self) -> int:
        """Another number for each table: those of changes begin anew with it."""
        return self.number("born")

    @property
    def is_empty(self) -> bool:
        return self._db.execute("SELECT 1 FROM entries LIMIT 1").fetchone() is None

    @property
    def n_entries(self) -> int:
        return int(self._db.execute("SELECT count(*) FROM entries").fetchone()[0])

    def close(self) -> None:
        with suppress(sqlite3.Error):
            self._db.close()

    @contextmanager
    def writing(self) -> Iterator[None]:
        """One transaction; not nested."""
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:  # also Ctrl-C: all of it or nothing
            self._db.execute("ROLLBACK")
            self.look()
            raise
        self._db.execute("COMMIT")

    def look(self) -> None:
        """Others may have written since: read the numbers anew. A statement costs more than what it reads."""
        self._numbers = dict(self._db.execute("SELECT key, value FROM meta"))

    def number(self, key: str) -> int:
        """A number kept beside the rows, 0 at first; as it was at the last `look`, or was set here since."""
        return self._numbers.get(key, 0)

    def set_number(self, key: str, value: int) -> None:
        self._db.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (key, value))
        self._numbers[key] = value

    def next_number(self, key: str) -> int:
        self.set_number(key, value := self.number(key) + 1)
        return value

    def stamps(self) -> dict[str, Stamp]:
        rows = self._db.execute("SELECT id, mtime_ns, size, inode FROM entries")
        return {row[0]: Stamp(*row[1:]) for row in rows}

    def stamp(self, entry_id: str) -> Stamp | None:
        row = self._db.execute("SELECT mtime_ns, size, inode FROM entries WHERE id = ?", (entry_id,)).fetchone()
        return Stamp(*row) if row else None

    def put(self, entry_id: str, stamp: Stamp, entry: FunctionEntry | None) -> None:
        """What a file says now; None where it cannot be read."""
        self.next_number("changes")
        if entry is None:
            values: tuple[str, ...] = ("damaged", "[]", "", "", "{}")
        else:
            mark, summary = subtask_mark(entry.subtask), json.dumps(asdict(summary_of(entry)))
            values = (entry.state, json.dumps(entry.tools), json.dumps(entry.subtask), mark, summary)
        known = self._db.execute("SELECT state, mark FROM entries WHERE id = ?", (entry_id,)).fetchone()
        if known is None or known[1] != values[3] or known[0] in _NOT_FOUND:
            self.next_number("texts")
        self._db.execute(
            "INSERT OR REPLACE INTO entries VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", (entry_id, *stamp, *values)
        )
        if values[0] in _NOT_FOUND:
            self._drop_vectors(entry_id)

    def remove(self, entry_id: str) -> None:
        self.next_number("changes")
        self._db.execute("DELETE FROM entries WHERE id = ?", (entry_id,))
        self._drop_vectors(entry_id)

    def _drop_vectors(self, entry_id: str) -> None:
        """The rows stay, so that an index of them learns of it."""
        if self._db.execute("SELECT 1 FROM vectors WHERE id = ? AND vector NOT NULL", (entry_id,)).fetchone():
            seq = self.next_number("seq")
            self._db.execute("UPDATE vectors SET vector = NULL, mark = '', seq = ? WHERE id = ?", (seq, entry_id))

    def ids(self, state: str) -> list[str]:
        return [row[0] for row in self._db.execute("SELECT id FROM entries WHERE state = ?", (state,))]

    def summaries(self, state: str | None = None) -> list[Summary]:
        """All that can be read, or those of one state."""
        where, given = ("state = ?", (state,)) if state else ("state != 'damaged'", ())
        found = self._db.execute(f"SELECT summary FROM entries WHERE {where}", given)
        return [_summary(json.loads(row[0])) for row in found]

    def of_signature(self, signature: str) -> list[Summary]:
        found = self._db.execute(
            "SELECT summary FROM entries WHERE json_extract(summary, '$.signature') = ?", (signature,)
        )
        return [_summary(json.loads(row[0])) for row in found]

    def offers(self, entry_ids: Sequence[str]) -> dict[str, Offer]:
        """Those of the entries that are there."""
        found: dict[str, Offer] = {}
        for start in range(0, len(entry_ids), _BATCH):
            some = entry_ids[start : start + _BATCH]
            marks = ", ".join("?" * len(some))
            columns = "id, state, tools, mtime_ns, size, inode"
            for row in self._db.execute(f"SELECT {columns} FROM entries WHERE id IN ({marks})", some):
                found[row[0]] = Offer(row[1], _pairs(row[2]), Stamp(*row[3:]))
        return found

    def without_vector(self, space: str) -> list[tuple[str, str, str]]:
        """Of the entries that may be found: id, mark and subtask of those whose vector is missing or another text's."""
        rows = self._db.execute(
            "SELECT e.id, e.mark, e.subtask FROM entries e LEFT JOIN vectors v ON v.space = ? AND v.id = e.id"
            " WHERE e.state NOT IN ('damaged', 'retired') AND (v.mark IS NULL OR v.mark != e.mark)",
            (space,),
        )
        return [(entry_id, mark, json.loads(subtask)) for entry_id, mark, subtask in rows]

    @property
    def n_vectors_at_most(self) -> int:
        return int(self._db.execute("SELECT coalesce(max(rowid), 0) FROM vectors").fetchone()[0])

    def put_vectors(self, space: str, rows: Iterable[tuple[str, str, NDArray[np.float32]]]) -> None:
        """Ids, marks and vectors."""
        for entry_id, mark, vector in rows:
            seq = self.next_number("seq")
            values = (space, entry_id, mark, seq, vector.tobytes())
            self._db.execute("INSERT OR REPLACE INTO vectors VALUES (?, ?, ?, ?, ?)", values)

    def vectors(self, space: str, after: int = -1) -> Iterator[tuple[str, int, bytes | None]]:
        """Id, number and vector of each row that was changed after that number; no vector: it is gone."""
        # All of them in the order in which they lie on the disk, the newer ones in the order in which they came.
        by, order = ("NOT INDEXED", "") if after < 0 else ("", "ORDER BY seq")
        yield from self._db.execute(
            f"SELECT id, seq, vector FROM vectors {by} WHERE space = ? AND seq > ? {order}", (space, after)
        )


@lru_cache(1000)
def _pairs(text: str) -> tuple[tuple[str, str], ...]:
    """Of tools and schemas; few sets of them make up most of a repository."""
    return tuple((name, schema) for name, schema in json.loads(text))


def _summary(data: Mapping[str, Any]) -> Summary:
    pairs: dict[str, Sequence[Any]] = {name: data[name] for name in ("tools", "asked")}
    return Summary(**{**data, **{name: tuple((a, b) for a, b in given) for name, given in pairs.items()}})
