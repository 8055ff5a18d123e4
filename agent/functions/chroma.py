"""The repository that stays: entries as files, a table of what they say, vectors of their subtasks in a Chroma.

The files are the truth. A search compares all vectors one by one, which takes no time for some thousand functions, and
in a process that lives or searches much it asks Chroma's index as soon as that is open.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from agent.functions.base import Found, FunctionEntry, Summary
from agent.functions.catalogue import Catalogue
from agent.functions.chroma_client import collection_name
from agent.functions.chroma_index import ChromaIndex
from agent.functions.embed import Embedder
from agent.functions.entries import is_offered
from agent.functions.table import EntryTable
from agent.functions.vectors import Vectors

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_INDEX_AFTER_S = 15.0
"""After the first search: a process that lives so long may search for hours, a single question has ended."""
_INDEX_AFTER_SCANS_S = 0.5
"""Of comparing one by one, all searches together: then opening the index is the cheaper."""
_EMBED_BATCH = 500
_N_RECENT = 200
_MUCH = 1000
"""Neighbours that the index is asked for at most, before all are compared."""


class ChromaRepository:
    """Fulfils `FunctionRepository`. Several processes may use one home: they take turns by the lock of the files."""

    def __init__(self, home: Path, embedder: Embedder) -> None:
        """`home` is the state home; entries go to `functions/`, their table to `functions-table/`, the index to
        `chroma/`. The embedder is not touched before there is something to search.

        Raises:
            RepositoryError: the folder of entries cannot be used.
        """
        self._embedder = embedder
        self._catalogue = Catalogue(home)
        self._folder = home / "chroma"
        self._index: ChromaIndex | None = None
        self._vectors: Vectors | None = None
        self._vectors_of: tuple[int, ChromaIndex | None] = (0, None)
        """The table that `_vectors` are of, and the index that they complete; None: they are all that there is."""
        self._recent: dict[str, NDArray[np.float32]] = {}
        self._scans_s = 0.0
        self._searched_at = 0.0
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
            if k <= 0 or not self._catalogue.seen(lambda table: table.n_entries):
                return []
        vector = self._embedded([subtask])[0]  # may ask an endpoint: nobody waits for that
        with self._exclusive():
            self._searched_at = self._searched_at or time.monotonic()
            return self._catalogue.seen(lambda table: self._nearest(table, vector, k, tools))

    def open_index(self, timeout_s: float | None = None) -> bool:
        """Open the index now and wait for it; whether it is there. For those who have time: the benchmark, a test."""
        with self._exclusive():
            self._catalogue.seen(self._fill)
            index = self._begun()
        return index.wait(timeout_s)

    def told(self) -> Sequence[str]:
        news = self.notices[self._n_told :]
        self._n_told += len(news)
        return news

    def close(self) -> None:
        with self._lock:
            self._drop_index()
            self._catalogue.close()

    @contextmanager
    def _exclusive(self) -> Iterator[None]:
        with self._lock, self._catalogue.files.locked():
            yield

    def _say(self, notice: str) -> None:
        if notice not in self.notices:
            self.notices.append(notice)

    def _embedded(self, texts: Sequence[str]) -> Sequence[NDArray[np.float32]]:
        """What was just searched for is often what is stored next, and the other way round."""
        known = {text: vector for text in texts if (vector := self._recent.get(text)) is not None}
        new = [text for text in dict.fromkeys(texts) if text not in known]
        if new:
            known.update(zip(new, self._embedder.embed(new), strict=True))
        if len(self._recent) + len(new) > _N_RECENT:
            self._recent = {}
        self._recent.update((text, known[text]) for text in new[-_N_RECENT:])
        return [known[text] for text in texts]

    @property
    def _space(self) -> str:
        return collection_name(self._embedder)

    def _fill(self, table: EntryTable) -> None:
        """Give the table the vectors that it lacks: of new entries, or all where the embedder is another one."""
        key = f"texts {self._space}"
        if table.number(key) == (n_texts := table.number("texts")):
            return
        missing = table.without_vector(self._space)
        for start in range(0, len(missing), _EMBED_BATCH):
            some = missing[start : start + _EMBED_BATCH]
            vectors = self._embedded([subtask for *_, subtask in some])
            with table.writing():
                table.put_vectors(self._space, [(i, mark, v) for (i, mark, _), v in zip(some, vectors, strict=True)])
        with table.writing():
            table.set_number(key, n_texts)

    def _nearest(
        self, table: EntryTable, vector: NDArray[np.float32], k: int, tools: Mapping[str, str] | None
    ) -> list[Found]:
        """Asks for more and more neighbours until `k` of them may be offered.

        Chroma's graph is approximate and may never reach some entries, however many are asked for (seen with two
        outliers beside sixty that are much alike): where it gives too few, all are compared.
        """
        self._fill(table)
        if self._index is not None and self._vectors_of[0] not in (0, table.born):
            self._drop_index()  # the table was made again, and its numbers begin anew
        index = self._ready_index()
        n_asked = 4 * k
        while True:
            near = self._near(table, index, vector, n_asked)
            offers = table.offers([entry_id for entry_id, _ in near])
            wanted = [(i, s) for i, s in near if i in offers and is_offered(offers[i], tools)]
            is_all = len(near) < n_asked
            if len(wanted) >= k or (is_all and index is None):
                break
            if index is not None and (is_all or n_asked >= _MUCH):
                index, n_asked = None, 4 * k
                continue
            n_asked *= 4
        if self._index_pays():
            self._begun()
        found: list[Found] = []
        for entry_id, similarity in wanted:
            try:
                entry = self._catalogue.read(table, entry_id)
            except KeyError:  # its file was damaged meanwhile
                continue
            if is_offered(entry, tools):  # it may have been changed in place
                found.append(Found(entry, similarity))
            if len(found) == k:
                break
        return found

    def _near(
        self, table: EntryTable, index: ChromaIndex | None, vector: NDArray[np.float32], n: int
    ) -> list[tuple[str, float]]:
        """Neighbours by the index and by comparing what it lacks; without one by comparing all."""
        whose = table.born, index
        if self._vectors is None or self._vectors_of != whose:
            room = table.n_vectors_at_most if index is None else 0
            self._vectors, self._vectors_of = Vectors(self._embedder.dim, max(64, room)), whose
            self._vectors.seq = index.seq if index is not None else -1
        if self._vectors.seq != table.number("seq"):
            self._vectors.take_in(table.vectors(self._space, self._vectors.seq))
            self._vectors.seq = table.number("seq")  # also where the newest are of another space
        begun = time.perf_counter()
        near = self._vectors.nearest(vector, n)
        if index is None:
            self._scans_s += time.perf_counter() - begun
            return near
        try:
            by_index = index.nearest(vector, n)
        except BaseException as error:  # Chroma's Rust core panics with a BaseException
            if isinstance(error, KeyboardInterrupt | SystemExit):
                raise
            self._say(f"the index of stored functions is damaged: {error}; it is made again")
            self._drop_index()
            return self._near(table, None, vector, n)
        newer = self._vectors
        merged = near + [(i, s) for i, s in by_index if i not in newer]
        return sorted(merged, key=lambda pair: -pair[1])

    def _index_pays(self) -> bool:
        if self._index is not None:
            return False
        return self._scans_s > _INDEX_AFTER_SCANS_S or time.monotonic() - self._searched_at > _INDEX_AFTER_S

    def _begun(self) -> ChromaIndex:
        if self._index is None:
            table_file = self._catalogue.table_file
            self._index = ChromaIndex(self._folder, table_file, self._space, self._space, self._say)
            self._index.begin()
        return self._index

    def _ready_index(self) -> ChromaIndex | None:
        return self._index if self._index is not None and self._index.is_ready else None

    def _drop_index(self) -> None:
        index, self._index = self._index, None
        self._scans_s = 0.0
        if index is not None:
            index.close()

    def list(self) -> list[FunctionEntry]:
        with self._exclusive():
            entries, damaged = self._catalogue.all()
        if damaged:
            self._say(f"stored functions that cannot be read: {', '.join(damaged)}")
        return sorted(entries, key=lambda entry: (entry.created, entry.id))
