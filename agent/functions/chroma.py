"""The repository that stays: entries as files, vectors of their subtasks in an embedded Chroma.

The files are the truth, Chroma is an index over those that are not retired: whatever it lacks is added, what it has too
much is removed, and a damaged one is thrown away and made again.
"""

from __future__ import annotations

import hashlib
import re
import shutil
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from agent.errors import RepositoryError
from agent.functions.base import Found, FunctionEntry
from agent.functions.chroma_client import (
    close,
    collection_name,
    forget_failures,
    open_collection,
    open_embedded,
    preload,
)
from agent.functions.embed import Embedder
from agent.functions.entries import is_bindable, is_offered
from agent.functions.files import EntryFiles

if TYPE_CHECKING:
    from agent.functions.chroma_client import ClientAPI, Collection

T = TypeVar("T")
_BATCH = 1000
_PAGE = 10_000
_NOT_DAMAGE = re.compile(r"database is locked|disk is full|no space|readonly|permission", re.IGNORECASE)


class ChromaRepository:
    """Fulfils `FunctionRepository`. Chroma is imported and opened when there is first something to search.

    Several processes may use one home at once: they take turns by the lock of the entries' folder.
    """

    def __init__(self, home: Path, embedder: Embedder) -> None:
        """`home` is the state home; entries go to `functions/`, the index to `chroma/`.

        Raises:
            RepositoryError: the folder of entries cannot be used.
        """
        self._embedder = embedder
        self._files = EntryFiles(home / "functions")
        self._index = home / "chroma"
        self._client: ClientAPI | None = None
        self._collection: Collection | None = None
        self._indexed: dict[str, str] = {}
        self._synced_at = -1
        self._lock = threading.RLock()
        self.notices: list[str] = []
        """What a person should know: an index that was made again, files that could not be read."""

    def add(self, entry: FunctionEntry) -> str:
        with self._exclusive():
            return self._files.add(entry).id

    def search(self, subtask: str, k: int, tools: Mapping[str, str] | None) -> list[Found]:
        with self._exclusive():
            entries = self._files.all()
            if k <= 0 or not any(is_offered(entry, tools) for entry in entries.values()):
                return []
            vector = self._embedder.embed([subtask])[0].tolist()
            return self._with_index(lambda index: self._nearest(index, vector, k, tools))

    def confirmed(self, tools: Mapping[str, str]) -> list[FunctionEntry]:
        with self._exclusive():
            return [e for e in self._files.all().values() if is_bindable(e, tools)]

    def warm(self) -> None:
        """Outside of the lock: a search that finds nothing to look through needs no index."""
        preload()

    def change(self, entry_id: str, how: Callable[[FunctionEntry], FunctionEntry]) -> FunctionEntry:
        with self._exclusive():
            return self._files.change(entry_id, how)

    def delete(self, entry_id: str) -> None:
        with self._exclusive():
            self._files.delete(entry_id)

    def get(self, entry_id: str) -> FunctionEntry:
        with self._exclusive():
            return self._files.get(entry_id)

    def close(self) -> None:
        with self._lock:
            self._close_client()
            self._files.close()

    @contextmanager
    def _exclusive(self) -> Iterator[None]:
        with self._lock, self._files.locked():
            yield

    def _say(self, notice: str) -> None:
        if notice not in self.notices:
            self.notices.append(notice)

    def _nearest(self, index: Collection, vector: Any, k: int, tools: Mapping[str, str] | None) -> list[Found]:
        """Asks for more and more neighbours until `k` of them may be offered; whether one may, only its file knows.

        The graph behind it is approximate and may never reach some entries, however many are asked for (seen with two
        outliers beside sixty that are much alike): where it gives too few, the rest is compared one by one.
        """
        import numpy as np

        entries, n_indexed, n_asked = self._files.all(), len(self._indexed), 4 * k
        while True:
            answer = index.query(query_embeddings=[vector], n_results=min(n_asked, n_indexed), include=["distances"])
            distances = answer["distances"]
            near = dict(zip(answer["ids"][0], distances[0] if distances else [], strict=True))
            found = [
                Found(entries[i], 1 - d) for i, d in near.items() if i in entries and is_offered(entries[i], tools)
            ]
            if len(found) >= k:
                return found[:k]
            if n_asked >= min(n_indexed, _PAGE):  # for more, the same limit as in `_read_indexed`
                break
            n_asked *= 4
        missed = [i for i in self._indexed if i not in near and i in entries and is_offered(entries[i], tools)]
        for start in range(0, len(missed), _BATCH):
            rows = index.get(ids=missed[start : start + _BATCH], include=["embeddings"])
            cosines = np.asarray(rows["embeddings"], np.float32) @ np.asarray(vector, np.float32)
            found += [Found(entries[i], float(c)) for i, c in zip(rows["ids"], cosines, strict=True)]
        return sorted(found, key=lambda f: -f.similarity)[:k]

    def _with_index(self, action: Callable[[Collection], T]) -> T:
        """Run `action` on an index that holds what the files hold; a damaged one is made again, once."""
        try:
            return action(self._synced(self._open()))
        except BaseException as error:  # Chroma's Rust core panics with a BaseException
            if isinstance(error, RepositoryError | KeyboardInterrupt | SystemExit):
                raise
            if _NOT_DAMAGE.search(str(error)):
                raise self._error(error) from error
        self._close_client()
        try:
            self._forget_index()
            result = action(self._synced(self._open()))
        except BaseException as error:  # as above
            if isinstance(error, RepositoryError | KeyboardInterrupt | SystemExit):
                raise
            raise self._error(error) from error
        self._say(f"the index of stored functions was damaged; it was made again from {len(self._indexed)} files")
        return result

    def _error(self, error: BaseException) -> RepositoryError:
        return RepositoryError(
            f"the index of stored functions cannot be used: {error}",
            f"Look at {self._index} (space, permissions); it may be deleted: the functions are files of their own.",
        )

    def _open(self) -> Collection:
        if self._collection is not None:
            return self._collection
        self._client = open_embedded(self._index)
        self._collection = open_collection(self._client, collection_name(self._embedder))
        self._indexed = self._read_indexed(self._collection)
        return self._collection

    def _close_client(self) -> None:
        client, self._client, self._collection = self._client, None, None
        self._indexed, self._synced_at = {}, -1
        close(client)

    def _forget_index(self) -> None:
        """Delete the index, and Chroma's memory of having failed to open it."""
        forget_failures()
        if self._index.exists():
            shutil.rmtree(self._index)

    def _synced(self, index: Collection) -> Collection:
        entries = self._files.all()
        if self._synced_at == self._files.n_looks:
            return index
        wanted = {i: _fingerprint(e.subtask) for i, e in entries.items() if e.state != "retired"}
        if wanted == self._indexed:
            self._synced_at = self._files.n_looks
            return index
        if self._read_indexed(index) != self._indexed:
            # Another process wrote to the index. Chroma's vectors here do not notice: open it again to load them.
            self._close_client()
            index = self._open()
        missing = [i for i, mark in wanted.items() if self._indexed.get(i) != mark]
        surplus = [i for i in self._indexed if i not in wanted]
        for start in range(0, len(missing), _BATCH):
            ids = missing[start : start + _BATCH]
            vectors = self._embedder.embed([entries[i].subtask for i in ids])
            index.upsert(ids=ids, embeddings=vectors, metadatas=[{"subtask": wanted[i]} for i in ids])
        for start in range(0, len(surplus), _BATCH):
            index.delete(ids=surplus[start : start + _BATCH])
        self._indexed, self._synced_at = wanted, self._files.n_looks
        return index

    @staticmethod
    def _read_indexed(index: Collection) -> dict[str, str]:
        found: dict[str, str] = {}
        while True:  # all at once is refused from 32,766 on: "too many SQL variables"
            rows = index.get(include=["metadatas"], limit=_PAGE, offset=len(found))
            marks = rows["metadatas"] or []
            found.update((i, str((mark or {}).get("subtask", ""))) for i, mark in zip(rows["ids"], marks, strict=True))
            if len(rows["ids"]) < _PAGE:
                return found

    def list(self) -> list[FunctionEntry]:
        with self._exclusive():
            entries = sorted(self._files.all().values(), key=lambda entry: (entry.created, entry.id))
            if self._files.damaged:
                self._say(f"stored functions that cannot be read: {', '.join(self._files.damaged)}")
            return entries


def _fingerprint(subtask: str) -> str:
    return hashlib.sha256(subtask.encode("utf-8", "surrogatepass")).hexdigest()[:16]
