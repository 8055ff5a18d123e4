"""The stored functions nearest to a subtask: by comparing all vectors, or by Chroma's index once that is open.

Comparing takes no time for some thousand functions. A process that lives, or searches much, opens the index beside its
work; what came since is compared one by one even then.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from agent.functions.chroma_client import collection_name
from agent.functions.chroma_index import ChromaIndex
from agent.functions.embed import Embedder
from agent.functions.entries import is_offered
from agent.functions.files import Stamp
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


class Nearest:
    """Of one repository, which brings the lock and the table that knows all files."""

    def __init__(self, folder: Path, table_file: Path, embedder: Embedder, say: Callable[[str], None]) -> None:
        """`folder` is the index's; `say` is told what a person should know."""
        self._folder, self._table_file = folder, table_file
        self._embedder = embedder
        self._say = say
        self._index: ChromaIndex | None = None
        self._vectors: Vectors | None = None
        self._vectors_of: tuple[int, ChromaIndex | None] = (0, None)
        """The table that `_vectors` are of, and the index that they complete; None: they are all that there is."""
        self._recent: dict[str, NDArray[np.float32]] = {}
        self._scans_s = 0.0
        self._searched_at = 0.0

    def embedded(self, texts: Sequence[str]) -> Sequence[NDArray[np.float32]]:
        """What was just searched for is often what is stored next, and the other way round."""
        known = {text: vector for text in texts if (vector := self._recent.get(text)) is not None}
        new = [text for text in dict.fromkeys(texts) if text not in known]
        if new:
            known.update(zip(new, self._embedder.embed(new), strict=True))
        if len(self._recent) + len(new) > _N_RECENT:
            self._recent = {}
        self._recent.update((text, known[text]) for text in new[-_N_RECENT:])
        return [known[text] for text in texts]

    def begin(self, table: EntryTable) -> ChromaIndex:
        """Open the index in the background, if nobody did."""
        if self._index is None:
            self._fill(table)
            self._index = ChromaIndex(self._folder, self._table_file, self._space, self._space, self._say)
            self._index.begin()
        return self._index

    def search(
        self, table: EntryTable, vector: NDArray[np.float32], k: int, tools: Mapping[str, str] | None
    ) -> Sequence[tuple[str, float, Stamp]]:
        """Ids, cosines and files' stamps of those that may be offered, best first: `k` of them or more.

        It asks for more and more neighbours until there are enough.

        Chroma's graph is approximate and may never reach some entries, however many are asked for (seen with two
        outliers beside sixty that are much alike): where it gives too few, all are compared.
        """
        self._searched_at = self._searched_at or time.monotonic()
        self._fill(table)
        if self._index is not None and self._vectors_of[0] not in (0, table.born):
            self.close()  # the table was made again, and its numbers begin anew
        index = self._ready_index()
        n_asked = 4 * k
        while True:
            near = self._near(table, index, vector, n_asked)
            offers = table.offers([entry_id for entry_id, _ in near])
            wanted = [(i, s, offers[i].stamp) for i, s in near if i in offers and is_offered(offers[i], tools)]
            is_all = len(near) < n_asked
            if len(wanted) >= k or (is_all and index is None):
                break
            if index is not None and (is_all or n_asked >= _MUCH):
                index, n_asked = None, 4 * k
                continue
            n_asked *= 4
        if self._index_pays():
            self.begin(table)
        return wanted

    def close(self) -> None:
        """End the index; safe to call twice. The next search compares all, and another index is opened in time."""
        index, self._index = self._index, None
        self._scans_s = 0.0
        if index is not None:
            index.close()

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
            vectors = self.embedded([subtask for *_, subtask in some])
            with table.writing():
                table.put_vectors(self._space, [(i, mark, v) for (i, mark, _), v in zip(some, vectors, strict=True)])
        with table.writing():
            table.set_number(key, n_texts)

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
            self.close()
            return self._near(table, None, vector, n)
        newer = self._vectors
        merged = near + [(i, s) for i, s in by_index if i not in newer]
        return sorted(merged, key=lambda pair: -pair[1])

    def _index_pays(self) -> bool:
        if self._index is not None:
            return False
        return self._scans_s > _INDEX_AFTER_SCANS_S or time.monotonic() - self._searched_at > _INDEX_AFTER_S

    def _ready_index(self) -> ChromaIndex | None:
        return self._index if self._index is not None and self._index.is_ready else None
