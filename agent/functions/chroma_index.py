"""The index of the stored functions' vectors: an embedded Chroma, opened and brought up to date in the background.

Loading Chroma takes a second, and its graph of 100,000 vectors half a second more: no question waits for that. What
came after an index was opened is not in it; whoever asks it compares with those vectors one by one.
"""

from __future__ import annotations

import fcntl
import re
import shutil
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from agent.functions.chroma_client import (
    close,
    forget_failures,
    open_collection,
    open_embedded,
    preload,
)
from agent.functions.table import EntryTable

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from agent.functions.chroma_client import ClientAPI, Collection

_BATCH = 1000
_PAGE = 10_000
_NOT_DAMAGE = re.compile(r"locked|disk is full|no space|readonly|permission", re.IGNORECASE)


_NOTHING: Any = {"ids": [[]], "distances": [[]]}


class IndexStopped(Exception):
    """`close` was called meanwhile."""


class ChromaIndex:
    """Of one space of vectors. `begin` starts a thread; `nearest` may be called when `is_ready`.

    Several processes may have it open. They take turns to write; one that reads does not see what others wrote since.
    """

    def __init__(self, folder: Path, table_file: Path, collection: str, space: str, say: Callable[[str], None]) -> None:
        """`table_file` has the vectors of `space`; `say` is told what a person should know, in any thread."""
        self._folder, self._table_file = folder, table_file
        self._name, self._space = collection, space
        self._say = say
        self._client: ClientAPI | None = None
        self._collection: Collection | None = None
        self._thread: threading.Thread | None = None
        self._stopped = threading.Event()
        self._n = 0
        self.is_ready = False
        self.seq = -1
        """The number of the newest change that is in the index."""

    def begin(self) -> None:
        """Open it in the background. One that cannot be opened is told of and never ready."""
        self._thread = threading.Thread(target=self._work, name="index-of-functions")
        self._thread.start()

    def wait(self, timeout_s: float | None = None) -> bool:
        """Until it is ready or cannot be; whether it is."""
        if self._thread is not None:
            self._thread.join(timeout_s)
        return self.is_ready

    def close(self) -> None:
        """Safe to call twice; waits for the thread, which stops between two batches."""
        self._stopped.set()
        self.wait()
        self.is_ready = False
        client, self._client, self._collection = self._client, None, None
        close(client)

    def nearest(self, vector: NDArray[np.float32], n: int) -> list[tuple[str, float]]:
        """About the `n` most similar ones, best first; the graph is approximate. Raises whatever Chroma raises."""
        assert self._collection is not None
        asked: Any = [vector]
        n = min(n, self._n)
        answer = self._collection.query(query_embeddings=asked, n_results=n, include=["distances"]) if n else _NOTHING
        distances = (answer["distances"] or [[]])[0]
        return [(entry_id, 1 - d) for entry_id, d in zip(answer["ids"][0], distances, strict=True)]

    def _work(self) -> None:
        try:
            preload()
            with self._turn():
                try:
                    self._open()
                except BaseException as error:  # Chroma's Rust core panics with a BaseException
                    if isinstance(error, IndexStopped) or _NOT_DAMAGE.search(str(error)):
                        raise
                    self._open_anew()
            self.is_ready = True
        except IndexStopped:
            pass
        except BaseException as error:  # noqa: BLE001  as above; functions are found without it too
            self._say(
                f"the index of stored functions cannot be used: {error}. Look at {self._folder} (space, permissions);"
                " it may be deleted: the functions are files of their own"
            )

    def _open_anew(self) -> None:
        client, self._client = self._client, None
        close(client)
        forget_failures()
        if self._folder.exists():
            shutil.rmtree(self._folder)
        n = self._open()
        self._say(f"the index of stored functions was damaged; it was made again with {n} of them")

    def _open(self) -> int:
        """Open it and give it what it lacks; the number of its vectors."""
        self._go_on()
        self._client = open_embedded(self._folder)
        self._collection = index = open_collection(self._client, self._name)
        table = EntryTable(self._table_file)
        try:
            self._bring_up_to_date(index, table)
            self._n = n = index.count()
            if n:
                self._go_on()
                # Loads the graph; a damaged one fails here.
                some = next(data for *_, data in table.vectors(self._space) if data)
                index.query(query_embeddings=[_array(some)], n_results=1, include=["distances"])
        finally:
            table.close()
        return n

    def _bring_up_to_date(self, index: Collection, table: EntryTable) -> None:
        seq_key, n_key = f"chroma seq {self._name}", f"chroma n {self._name}"
        done = table.number(seq_key)
        if not done or done > table.number("seq") or index.count() != table.number(n_key):
            done = 0  # of another table, or left in the middle: compare all
            self._remove_surplus(index, table)
        rows = table.vectors(self._space, after=done)
        while some := list(islice(rows, _BATCH)):
            self._go_on()
            if gone := [entry_id for entry_id, _, data in some if data is None]:
                index.delete(ids=gone)
            if there := [(entry_id, _array(data)) for entry_id, _, data in some if data is not None]:
                index.upsert(ids=[i for i, _ in there], embeddings=[v for _, v in there])
            done = some[-1][1]
            self._note(table, {seq_key: done, n_key: index.count()})
        self.seq = done

    def _remove_surplus(self, index: Collection, table: EntryTable) -> None:
        wanted = {entry_id for entry_id, _, data in table.vectors(self._space) if data is not None}
        there: list[str] = []
        while True:  # all at once is refused from 32,766 on: "too many SQL variables"
            self._go_on()
            page = index.get(include=[], limit=_PAGE, offset=len(there))["ids"]
            there += page
            if len(page) < _PAGE:
                break
        surplus = [entry_id for entry_id in there if entry_id not in wanted]
        for start in range(0, len(surplus), _BATCH):
            index.delete(ids=surplus[start : start + _BATCH])

    def _note(self, table: EntryTable, numbers: dict[str, int]) -> None:
        try:
            with table.writing():
                for key, value in numbers.items():
                    table.set_number(key, value)
        except sqlite3.Error:  # then all is compared at the next opening
            return

    def _go_on(self) -> None:
        if self._stopped.is_set():
            raise IndexStopped

    @contextmanager
    def _turn(self) -> Iterator[None]:
        """One process at a time opens and writes."""
        with (self._table_file.parent / ".index-lock").open("w") as lock:
            while True:
                self._go_on()
                try:
                    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    break
                except BlockingIOError:
                    time.sleep(0.05)
            yield


def _array(data: bytes) -> Any:
    import numpy as np

    return np.frombuffer(data, np.float32)
