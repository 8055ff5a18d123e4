"""The repository of one process: a dict, and cosines over all embeddings."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from agent.errors import RepositoryError
from agent.functions.base import Found, FunctionEntry, Summary
from agent.functions.embed import Embedder
from agent.functions.entries import begun, is_bindable, is_described, is_offered, merged, summary_of

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


class MemoryRepository:
    """Fulfils `FunctionRepository`; for tests, benchmarks and `--no-log` sessions. Forgets everything at `close`."""

    def __init__(self, embedder: Embedder) -> None:
        self._embedder = embedder
        self._entries: dict[str, FunctionEntry] = {}
        self._vectors: dict[str, NDArray[np.float32]] = {}
        self._lock = threading.RLock()
        self._closed = False

    def add(self, entry: FunctionEntry) -> str:
        try:
            new = begun(entry)
        except ValueError as error:
            raise RepositoryError(f"{entry.name} cannot be stored: {error}") from error
        vector = self._embedder.embed([new.subtask])[0]
        with self._lock:
            self._check_open()
            old = self._entries.get(new.id)
            self._entries[new.id] = merged(old, new) if old else new
            if old is None:
                self._vectors[new.id] = vector
            return new.id

    def search(self, subtask: str, k: int, tools: Mapping[str, str] | None) -> list[Found]:
        import numpy as np

        with self._lock:
            self._check_open()
            offered = [e for e in self._entries.values() if is_offered(e, tools)]
            if not offered or k <= 0:
                return []
            matrix = np.stack([self._vectors[e.id] for e in offered])
        cosines = matrix @ self._embedder.embed([subtask])[0]
        best = np.argsort(-cosines, kind="stable")[:k]
        return [Found(offered[i], float(cosines[i])) for i in best]

    def confirmed(self, tools: Mapping[str, str]) -> list[Summary]:
        return [e for e in self.summaries() if is_bindable(e, tools)]

    def described(self, signature: str, docstring: str, tools: Mapping[str, str]) -> list[Summary]:
        return [e for e in self.summaries() if is_offered(e, tools) and is_described(e, signature, docstring)]

    def summaries(self) -> list[Summary]:
        with self._lock:
            self._check_open()
            return [summary_of(e) for e in self._entries.values()]

    def change(self, entry_id: str, how: Callable[[FunctionEntry], FunctionEntry]) -> FunctionEntry:
        with self._lock:
            self._entries[entry_id] = changed = how(self.get(entry_id))
            return changed

    def delete(self, entry_id: str) -> None:
        with self._lock:
            self.get(entry_id)
            del self._entries[entry_id], self._vectors[entry_id]

    def get(self, entry_id: str) -> FunctionEntry:
        with self._lock:
            self._check_open()
            try:
                return self._entries[entry_id]
            except KeyError:
                raise KeyError(f"no stored function has the id {entry_id}") from None

    def list(self) -> list[FunctionEntry]:
        with self._lock:
            self._check_open()
            return sorted(self._entries.values(), key=lambda entry: (entry.created, entry.id))

    def told(self) -> Sequence[str]:
        return ()

    def close(self) -> None:
        with self._lock:
            self._closed = True
            self._entries, self._vectors = {}, {}

    def _check_open(self) -> None:
        if self._closed:
            raise RepositoryError("the function repository is closed")
