"""Which of thousands of tools a question may need: by words at once, and by meaning as soon as the vectors are there.

The two rankings are fused by rank, since their scores have nothing in common. Embedding three thousand tools takes half
a minute the first time; it happens in a thread of its own and nobody waits for it.
"""

from __future__ import annotations

import contextlib
import os
import sys
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from agent.calls.spec import ToolSpec
from agent.errors import RepositoryError
from agent.tools.retrieval_chains import Chains, has_name
from agent.tools.retrieval_vectors import vectors_of
from agent.tools.retrieval_words import Bm25

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from agent.functions.embed import Embedder

_RANK = 20.0
"""How fast a rank loses weight in the fusion."""
_POOL = 200
_NICENESS = 10
_N_HEAD, _N_SEARCHES = 5, 2


class ToolIndex:
    """Built once per session. `open_embedder` may load weights and is called in the thread, if at all."""

    def __init__(
        self,
        tools: Sequence[ToolSpec],
        open_embedder: Callable[[], Embedder] | None = None,
        folder: Path | None = None,
    ) -> None:
        self._tools = list(tools)
        self._words: Bm25 | None = None
        self._chained: Chains | None = None
        self._building = threading.Lock()
        self._open_embedder = open_embedder
        self._folder = folder
        self._embedder: Embedder | None = None
        self._vectors: NDArray[np.float32] | None = None
        self._stopped = threading.Event()
        self._thread: threading.Thread | None = None
        self.problem = ""
        """Why there is no search by meaning; '' while there is, or may soon be."""

    def start(self) -> None:
        """Begin to read and to embed, in the background. Safe to call twice."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._embed, name="tool vectors", daemon=True)
            self._thread.start()

    def wait(self, timeout_s: float | None = None) -> bool:
        """Until the vectors are there; for tests and measurements."""
        if self._thread is not None:
            self._thread.join(timeout_s)
        return self._vectors is not None

    def stop(self) -> None:
        """Give up embedding; what is done is kept for the next time."""
        self._stopped.set()

    def search(self, query: str, n: int) -> list[ToolSpec]:
        """The at most `n` tools that fit best, best first, each followed by those that give what it needs. Blocking for
        milliseconds."""
        words = self._word_index().scores(query)
        by_words = sorted(words, key=lambda i: (-words[i], self._tools[i].name))[:_POOL]
        fused: dict[int, float] = {}
        for ranking in (by_words, self._by_meaning(query)):
            for rank, number in enumerate(ranking):
                fused[number] = fused.get(number, 0.0) + 1.0 / (_RANK + rank)
        best = sorted(fused, key=lambda i: (-fused[i], self._tools[i].name))
        if has_name(query):
            best = self._with_searches(best)
        chosen: dict[int, None] = {}
        for number in best:
            if len(chosen) >= n:
                break
            chosen[number] = None
            chosen.update(dict.fromkeys(self._chains().providers(number, fused)))
        return [self._tools[i] for i in list(chosen)[:n]]

    def _with_searches(self, best: list[int]) -> list[int]:
        """Who names somebody or something needs a search for it, whatever else is asked."""
        searches = [i for i in best if self._chains().is_search(i)][:_N_SEARCHES]
        head = best[:_N_HEAD]
        rest = [i for i in best[_N_HEAD:] if i not in searches]
        return [*head, *(i for i in searches if i not in head), *rest]

    def _chains(self) -> Chains:
        self._word_index()
        assert self._chained is not None
        return self._chained

    def _word_index(self) -> Bm25:
        with self._building:
            if self._words is None:
                self._chained = Chains(self._tools)
                self._words = Bm25(self._tools)
            return self._words

    def _by_meaning(self, query: str) -> list[int]:
        if self._vectors is None or self._embedder is None:
            return []
        try:
            similarity = self._vectors @ self._embedder.embed([query])[0]
        except RepositoryError as error:
            self.problem = str(error)
            return []
        return [int(i) for i in (-similarity).argsort(kind="stable")[:_POOL]]

    def _embed(self) -> None:
        self._word_index()
        if self._open_embedder is None:
            return
        _step_back()
        try:
            embedder = self._open_embedder()
            vectors = vectors_of(self._tools, embedder, self._folder, self._stopped.is_set)
        except RepositoryError as error:
            self.problem = str(error)
            return
        self._embedder, self._vectors = embedder, vectors


def _step_back() -> None:
    """This thread gets the processor when the answer does not need it. On Linux a thread has a niceness of its own;
    elsewhere it would be the whole process's, and nothing is done."""
    if sys.platform == "linux":
        with contextlib.suppress(OSError):  # a sandbox may forbid it
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _NICENESS)
