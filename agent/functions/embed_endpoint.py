"""Embeddings from an OpenAI-compatible endpoint (OpenAI, Ollama, vLLM, llama.cpp)."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from agent.errors import RepositoryError
from agent.functions.embed import EmbeddingEndpoint, unit_rows

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

TIMEOUT_S = 15.0
BATCH = 64


class EndpointEmbedder:
    """One POST per 64 texts. `httpx` alone: importing the `openai` client would cost a second for one request."""

    def __init__(self, endpoint: EmbeddingEndpoint, timeout_s: float = TIMEOUT_S) -> None:
        """Asks once, to learn whether it works and how long its vectors are.

        Raises:
            RepositoryError: it does not work.
        """
        self._endpoint = endpoint
        self._timeout_s = timeout_s
        place = hashlib.sha256(endpoint.base_url.rstrip("/").encode()).hexdigest()[:8]
        self.id = f"endpoint-{place}-{endpoint.model}"
        self.dim = len(self._ask(["probe"])[0])

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        import numpy as np

        rows = [row for i in range(0, len(texts), BATCH) for row in self._ask(list(texts[i : i + BATCH]))]
        if any(len(row) != self.dim for row in rows):
            raise self._error("it answered with vectors of another length than before")
        return unit_rows(np.asarray(rows, np.float32).reshape(len(texts), self.dim))

    def _ask(self, texts: list[str]) -> list[list[float]]:
        import httpx

        key = self._endpoint.api_key
        try:
            answer = httpx.post(
                f"{self._endpoint.base_url.rstrip('/')}/embeddings",
                json={"model": self._endpoint.model, "input": texts, "encoding_format": "float"},
                headers={"Authorization": f"Bearer {key}"} if key else {},
                timeout=self._timeout_s,
            )
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise self._error(f"{type(error).__name__}: {error}") from error
        if answer.status_code != 200:
            raise self._error(f"status {answer.status_code}")
        try:
            return _vectors(answer.json(), len(texts))
        except (ValueError, KeyError, TypeError, IndexError) as error:
            raise self._error("its answer is no list of embeddings") from error

    def _error(self, what: str) -> RepositoryError:
        return RepositoryError(
            f"embeddings of {self._endpoint.model} at {self._endpoint.base_url} failed: {what}",
            "Check the embedding model's name, address and key, or leave them out to use the local MiniLM.",
        )


def _vectors(body: Any, n_texts: int) -> list[list[float]]:
    by_index = {int(item["index"]): [float(x) for x in item["embedding"]] for item in body["data"]}
    rows = [by_index[i] for i in range(n_texts)]
    if not all(rows):
        raise ValueError("an empty vector")
    return rows
