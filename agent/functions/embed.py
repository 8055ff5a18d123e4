"""Subtasks as vectors: the seam, the choice among what is there, and the last resort that needs nothing."""

from __future__ import annotations

import hashlib
import re
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from agent.errors import RepositoryError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


class Embedder(Protocol):
    """`id` names the vectors' space: entries embedded under one id are never compared with those of another."""

    @property
    def id(self) -> str: ...

    @property
    def dim(self) -> int: ...

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """(len(texts), dim), each row of length 1. Blocking: called off the event loop.

        Raises:
            agent.errors.RepositoryError: the endpoint or the weights cannot be used.
        """
        ...


@dataclass(frozen=True)
class EmbeddingEndpoint:
    """Embeddings of an OpenAI-compatible endpoint; `base_url` ends where `/embeddings` begins."""

    base_url: str
    model: str
    api_key: str = ""


@dataclass(frozen=True)
class ChosenEmbedder:
    """`reason` is a sentence for people; `weak` says that paraphrases will often be missed."""

    embedder: Embedder
    reason: str
    weak: bool = False


def choose_embedder(
    endpoint: EmbeddingEndpoint | None = None, *, onnx_folder: Path | None = None, packaged: bool = True
) -> ChosenEmbedder:
    """The first that works: the endpoint, Chroma's MiniLM on this disk, the packaged MiniLM, word hashes.

    Loads weights or asks the endpoint once (below half a second locally), so call it off the event loop. Downloads
    nothing. `onnx_folder` is where Chroma keeps its model (None: its usual place); `packaged=False` skips the package.
    """
    from agent.functions.embed_endpoint import EndpointEmbedder
    from agent.functions.embed_minilm import chroma_onnx_folder, open_onnx, open_packaged

    passed_over: list[str] = []
    if endpoint is not None:
        try:
            reason = f"embeddings of {endpoint.model} at {endpoint.base_url}, as configured"
            return ChosenEmbedder(EndpointEmbedder(endpoint), reason)
        except RepositoryError as error:
            passed_over.append(str(error))
    try:
        return ChosenEmbedder(
            open_onnx(onnx_folder or chroma_onnx_folder()), _why("Chroma's MiniLM on this disk", passed_over)
        )
    except RepositoryError as error:
        passed_over.append(str(error))
    if packaged:
        try:
            return ChosenEmbedder(open_packaged(), _why("the packaged MiniLM", passed_over[:-1]))
        except RepositoryError as error:
            passed_over.append(str(error))
    reason = _why("word hashes, which find the same words but few paraphrases", passed_over)
    return ChosenEmbedder(HashingEmbedder(), reason, weak=True)


def _why(what: str, passed_over: list[str]) -> str:
    return f"{what} ({'; '.join(passed_over)})" if passed_over else what


class LazyEmbedder:
    """Fulfils `Embedder`; chosen and loaded when it is first asked for anything. What loading raises comes then."""

    def __init__(self, choose: Callable[[], Embedder]) -> None:
        self._choose = choose
        self._chosen: Embedder | None = None
        self._lock = threading.Lock()

    @property
    def id(self) -> str:
        return self._embedder().id

    @property
    def dim(self) -> int:
        return self._embedder().dim

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        return self._embedder().embed(texts)

    def _embedder(self) -> Embedder:
        with self._lock:
            if self._chosen is None:
                self._chosen = self._choose()
            return self._chosen


class HashingEmbedder:
    """Words, pairs of neighbouring words and letter triples, hashed into a vector. No model, no files, deterministic.

    Weaker than MiniLM by far: it knows no synonyms. It keeps the repository usable where nothing else is installed.
    """

    id = "hashing-v1"
    dim = 1024

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        import numpy as np

        vectors = np.zeros((len(texts), self.dim), np.float32)
        for row, text in zip(vectors, texts, strict=True):
            for feature, weight in _features(text):
                digest = hashlib.blake2b(feature.encode("utf-8", "surrogatepass"), digest_size=8).digest()
                number = int.from_bytes(digest, "little")
                row[number % self.dim] += weight if number >> 63 else -weight
        return unit_rows(vectors)


def unit_rows(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    """Rows scaled to length 1; a row of zeros (a text without a word) stays zero and is similar to nothing."""
    import numpy as np

    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    scaled: NDArray[np.float32] = (vectors / np.where(lengths > 0, lengths, 1)).astype(np.float32)
    return scaled


def _features(text: str) -> list[tuple[str, float]]:
    words = re.findall(r"\w+", text.casefold())
    pairs = [f"{a} {b}" for a, b in pairwise(words)]
    triples = [f"#{word}#"[i : i + 3] for word in words for i in range(len(word))]
    return [(w, 1.0) for w in words] + [(p, 0.5) for p in pairs] + [(f"t{t}", 0.25) for t in triples]
