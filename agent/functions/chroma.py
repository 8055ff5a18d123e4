"""The repository that stays: entries as files, a table of what they say, vectors of their subtasks in a Chroma.

The files are the truth; how a search finds the nearest of them is in `nearest`.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from agent.functions.base import Found, FunctionEntry, Summary
from agent.functions.catalogue import Catalogue
from agent.functions.embed import Embedder
from agent.functions.entries import is_offered
from agent.functions.nearest import Nearest
from agent.functions.table import EntryTable


class ChromaRepository:
    """Fulfils `FunctionRepository`. Several processes may use one home: they take turns by the lock of the files."""

    def __init__(self, home: Path, embedder: Embedder) -> None:
        """`home` is the state home; entries go to `functions/`, their table to `functions-table/`, the index to
        `chroma/`. The embedder is not touched before there is something to search.

        Raises:
            RepositoryError: the folder of entries cannot be used.
        """
        self._catalogue = Catalogue(home)
        self._nearest = Nearest(home / "chroma", self._catalogue.table_file, embedder, self._say)
        self._lock = threading.RLock()
        self._n_told = 0
        self.notices: list[str] = []
        """What a person should know: an index that was made again, files that could not be read."""

    def add(self, entry: FunctionEntry) -> str:
        with self._exclusive():
            return self._catalogue.add(entry).id

    def confirmed(self, tools: Mapping[str, str]) -> list[Summary]:
        with self._exclusive():
            return self._catalogue.confirmed(tools)

    def described(self, signature: str, docstring: str, tools: Mapping[str, str]) -> list[Summary]:
        with self._exclusive():
            return self._catalogue.described(signature, docstring, tools)

    def summaries(self) -> list[Summary]:
        with self._exclusive():
            return self._catalogue.summaries()

    def change(self, entry_id: str, how: Callable[[FunctionEntry], FunctionEntry]) -> FunctionEntry:
        with self._exclusive():
            return self._catalogue.change(entry_id, how)

    def delete(self, entry_id: str) -> None:
        with self._exclusive():
            self._catalogue.delete(entry_id)

    def get(self, entry_id: str) -> FunctionEntry:
        with self._exclusive():
            return self._catalogue.get(entry_id)

    def search(self, subtask: str, k: int, tools: Mapping[str, str] | None) -> list[Found]:
        with self._exclusive():
            if k <= 0 or self._catalogue.seen(lambda table: table.is_empty):
                return []
        vector = self._nearest.embedded([subtask])[0]  # may ask an endpoint: nobody waits for that

        def work(table: EntryTable) -> Sequence[Found]:
            found = []
            for entry_id, similarity, stamp in self._nearest.search(table, vector, k, tools):
                try:
                    entry = self._catalogue.read(table, entry_id, stamp)
                except KeyError:  # its file was damaged meanwhile
                    continue
                if is_offered(entry, tools):  # it may have been changed in place
                    found.append(Found(entry, similarity))
                if len(found) == k:
                    break
            return found

        with self._exclusive():
            return [*self._catalogue.seen(work)]

    def open_index(self, timeout_s: float | None = None) -> bool:
        """Open the index now and wait for it; whether it is there. For those who have time: the benchmark, a test."""
        with self._exclusive():
            index = self._catalogue.seen(self._nearest.begin)
        return index.wait(timeout_s)

    def told(self) -> Sequence[str]:
        news = self.notices[self._n_told :]
        self._n_told += len(news)
        return news

    def close(self) -> None:
        with self._lock:
            self._nearest.close()
            self._catalogue.close()

    @contextmanager
    def _exclusive(self) -> Iterator[None]:
        with self._lock, self._catalogue.files.locked():
            yield

    def _say(self, notice: str) -> None:
        if notice not in self.notices:
            self.notices.append(notice)

    def list(self) -> list[FunctionEntry]:
        with self._exclusive():
            entries, damaged = self._catalogue.all()
        if damaged:
            self._say(f"stored functions that cannot be read: {', '.join(damaged)}")
        return sorted(entries, key=lambda entry: (entry.created, entry.id))
