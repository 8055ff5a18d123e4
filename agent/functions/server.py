"""The repository of a team: a Chroma server by URL, which several people and processes write to at once.

Chroma has no locks and no transactions, so nobody changes what another wrote: of an entry every writer has a row of
their own, with their own share of its counts. What a reader sees is all rows of an entry put together; of what is no
count the row that was changed last speaks.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from agent.errors import RepositoryError
from agent.functions.base import Found, FunctionEntry, Summary
from agent.functions.chroma_client import close, collection_name, open_collection, open_server, unreachable
from agent.functions.embed import Embedder
from agent.functions.entries import (
    N_SUCCESSES_TO_CONFIRM,
    begun,
    from_json,
    is_bindable,
    is_described,
    is_offered,
    merged,
    now,
    summary_of,
    to_json,
    with_phrases,
)
from agent.functions.files import EntryFiles

if TYPE_CHECKING:
    from agent.functions.chroma_client import ClientAPI, Collection

T = TypeVar("T")
_PAGE = 1000


class _Row(NamedTuple):
    """What one writer says of an entry, and when they last changed more than its counts."""

    writer: str
    entry: FunctionEntry
    at: str


_Rows = list[_Row]


class ServerRepository:
    """Fulfils `FunctionRepository`. The processes of one home are one writer and take turns by its lock."""

    def __init__(self, url: str, home: Path, embedder: Embedder, token: str = "") -> None:
        """`home` is the state home: it holds the lock and this writer's name.

        Raises:
            RepositoryError: the home cannot be used. A server that does not answer is told at the first use.
        """
        self._url, self._token, self._embedder = url, token, embedder
        self._files = EntryFiles(home / "functions")  # for its lock: the entries themselves are the server's
        self._writer = self._files.own_name()
        self._client: ClientAPI | None = None
        self._index: Collection | None = None
        self._lock = threading.RLock()
        self._closed = False

    def add(self, entry: FunctionEntry) -> str:
        try:
            new = begun(entry)
        except ValueError as error:
            raise RepositoryError(f"{entry.name} cannot be stored: {error}") from error

        def work(index: Collection) -> str:
            rows = self._rows(index, [new.id]).get(new.id, [])
            mine = next((row.entry for row in rows if row.writer == self._writer), None)
            others = [row for row in rows if row.writer != self._writer]
            stored = merged(mine, new) if mine else new
            if others:  # its state is the team's
                whole = merged(_together(rows), new)
                stored = replace(stored, state=whole.state, why=whole.why)
            self._put(index, stored)
            return new.id

        return self._with_index(work)

    def search(self, subtask: str, k: int, tools: Mapping[str, str] | None) -> list[Found]:
        def work(index: Collection) -> list[Found]:
            n_rows = index.count()
            if k <= 0 or n_rows == 0:
                return []
            vector: Any = self._embedder.embed([subtask])[0].tolist()
            n_asked = 4 * k
            while True:
                answer = index.query(
                    query_embeddings=[vector], n_results=min(n_asked, n_rows), include=["metadatas", "distances"]
                )
                near: dict[str, float] = {}
                distances = (answer["distances"] or [[]])[0]
                for mark, distance in zip((answer["metadatas"] or [[]])[0], distances, strict=True):
                    near.setdefault(str(mark["entry"]), 1 - distance)
                rows = self._rows(index, list(near))
                entries = {i: _together(rows[i]) for i in near if i in rows}
                found = [Found(e, near[i]) for i, e in entries.items() if is_offered(e, tools)]
                if len(found) >= k or n_asked >= n_rows:
                    return found[:k]
                n_asked *= 4

        return self._with_index(work)

    def confirmed(self, tools: Mapping[str, str]) -> list[Summary]:
        def work(index: Collection) -> list[Summary]:
            rows = self._rows(index, None, {"state": "confirmed"})
            whole = map(_together, self._rows(index, list(rows)).values())
            return [summary_of(e) for e in whole if is_bindable(e, tools)]

        return self._with_index(work)

    def described(self, signature: str, docstring: str, tools: Mapping[str, str]) -> list[Summary]:
        def work(index: Collection) -> list[Summary]:
            rows = self._rows(index, None, saying={"$contains": f'"signature": {json.dumps(signature)}'})
            whole = [summary_of(_together(each)) for each in self._rows(index, list(rows)).values()]
            return [e for e in whole if is_offered(e, tools) and is_described(e, signature, docstring)]

        return self._with_index(work)

    def summaries(self) -> list[Summary]:
        return [summary_of(e) for e in self.list()]

    def change(self, entry_id: str, how: Callable[[FunctionEntry], FunctionEntry]) -> FunctionEntry:
        def work(index: Collection) -> FunctionEntry:
            rows = self._known(index, entry_id)
            whole = _together(rows)
            changed = replace(how(whole), id=entry_id)
            mine = next((row.entry for row in rows if row.writer == self._writer), _nothing(whole))
            share = {name: getattr(mine, name) + getattr(changed, name) - getattr(whole, name) for name in _COUNTS}
            self._put(index, replace(changed, **share))
            return changed

        return self._with_index(work)

    def delete(self, entry_id: str) -> None:
        def work(index: Collection) -> None:
            rows = self._known(index, entry_id)
            index.delete(ids=[_row_id(entry_id, row.writer) for row in rows])

        self._with_index(work)

    def get(self, entry_id: str) -> FunctionEntry:
        return self._with_index(lambda index: _together(self._known(index, entry_id)))

    def list(self) -> list[FunctionEntry]:
        entries = [_together(rows) for rows in self._with_index(lambda index: self._rows(index, None)).values()]
        return sorted(entries, key=lambda entry: (entry.created, entry.id))

    def told(self) -> Sequence[str]:
        return ()

    def close(self) -> None:
        with self._lock:
            close(self._client)
            self._client = self._index = None
            self._files.close()
            self._closed = True

    def _with_index(self, action: Callable[[Collection], T]) -> T:
        with self._lock:
            if self._closed:
                raise RepositoryError("the function repository is closed")
            with self._files.locked():
                try:
                    if self._index is None:
                        self._client = open_server(self._url, self._token)
                        self._index = open_collection(self._client, collection_name(self._embedder))
                    return action(self._index)
                except (RepositoryError, KeyError):
                    raise
                except Exception as error:
                    raise unreachable(self._url, error) from error

    def _put(self, index: Collection, entry: FunctionEntry) -> None:
        try:
            text = json.dumps(to_json(entry), ensure_ascii=True, allow_nan=False)
        except (TypeError, ValueError, RecursionError) as error:
            raise RepositoryError(f"{entry.name} cannot be stored: a recorded value is no JSON ({error})") from error
        index.upsert(
            ids=[_row_id(entry.id, self._writer)],
            embeddings=self._embedder.embed([entry.subtask]),
            documents=[text],
            metadatas=[{"entry": entry.id, "writer": self._writer, "at": now(), "state": entry.state}],
        )

    def _known(self, index: Collection, entry_id: str) -> Sequence[_Row]:
        rows = self._rows(index, [entry_id]).get(entry_id)
        if not rows:
            raise KeyError(f"no stored function has the id {entry_id}")
        return rows

    def _rows(
        self, index: Collection, ids: Sequence[str] | None, where: Any = None, saying: Any = None
    ) -> dict[str, _Rows]:
        """Rows by entry; where `ids` is None, those that `where` (of marks) and `saying` (of what they say) select. One
        that cannot be read is left out."""
        if ids is not None and not ids:
            return {}
        where = where if ids is None else {"entry": {"$in": list(ids)}}
        found: dict[str, _Rows] = {}
        offset = 0
        while True:
            page = index.get(
                where=where, where_document=saying, include=["documents", "metadatas"], limit=_PAGE, offset=offset
            )
            for text, mark in zip(page["documents"] or [], page["metadatas"] or [], strict=True):
                try:
                    entry = from_json(json.loads(text))
                    found.setdefault(entry.id, []).append(_Row(str(mark["writer"]), entry, str(mark["at"])))
                except (ValueError, KeyError, TypeError, RecursionError):
                    continue
            offset += _PAGE
            if len(page["ids"]) < _PAGE:
                return found


_COUNTS = ("n_uses", "n_successes", "n_failures")


def _row_id(entry_id: str, writer: str) -> str:
    return f"{entry_id}@{writer}"


def _nothing(entry: FunctionEntry) -> FunctionEntry:
    return replace(entry, n_uses=0, n_successes=0, n_failures=0)


def _together(rows: Sequence[_Row]) -> FunctionEntry:
    """An entry as all its writers know it."""
    latest = max(rows, key=lambda row: (row.at, row.writer)).entry
    sums: dict[str, Any] = {name: sum(getattr(row.entry, name) for row in rows) for name in _COUNTS}
    calls = tuple(dict.fromkeys(call for row in rows for call in row.entry.succeeded_with))
    return replace(
        latest,
        **sums,
        asked=with_phrases((), (phrase for row in rows for phrase in row.entry.asked)),
        succeeded_with=calls[:N_SUCCESSES_TO_CONFIRM] if latest.state != "quarantined" else (),
        created=min(row.entry.created for row in rows),
        used=max(row.entry.used for row in rows),
    )
