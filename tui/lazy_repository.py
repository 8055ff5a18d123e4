"""A function repository that is opened when it is first used: loading an index and an embedder takes a second or more,
and a turn that never looks a function up should not wait for it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence

from agent.functions.base import Found, FunctionEntry, FunctionRepository, Summary


class LazyRepository:
    """Fulfils `FunctionRepository`; every method may raise what opening raises (`RepositoryError`), each time anew."""

    def __init__(self, open_repository: Callable[[], FunctionRepository]) -> None:
        self._open = open_repository
        self._opened: FunctionRepository | None = None
        self._lock = threading.Lock()

    def add(self, entry: FunctionEntry) -> str:
        return self._repository().add(entry)

    def search(self, subtask: str, k: int, tools: Mapping[str, str] | None) -> list[Found]:
        return self._repository().search(subtask, k, tools)

    def confirmed(self, tools: Mapping[str, str]) -> list[Summary]:
        return self._repository().confirmed(tools)

    def described(self, signature: str, docstring: str, tools: Mapping[str, str]) -> list[Summary]:
        return self._repository().described(signature, docstring, tools)

    def summaries(self) -> list[Summary]:
        return self._repository().summaries()

    def change(self, entry_id: str, how: Callable[[FunctionEntry], FunctionEntry]) -> FunctionEntry:
        return self._repository().change(entry_id, how)

    def delete(self, entry_id: str) -> None:
        self._repository().delete(entry_id)

    def get(self, entry_id: str) -> FunctionEntry:
        return self._repository().get(entry_id)

    def list(self) -> list[FunctionEntry]:
        return self._repository().list()

    def told(self) -> Sequence[str]:
        with self._lock:
            return self._opened.told() if self._opened is not None else ()

    def close(self) -> None:
        """Close what was opened; nothing is opened for it."""
        with self._lock:
            if self._opened is not None:
                self._opened.close()

    def _repository(self) -> FunctionRepository:
        with self._lock:
            if self._opened is None:
                self._opened = self._open()
            return self._opened
