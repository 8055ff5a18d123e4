"""MinHash: near duplicates among many, without comparing each with each.

Sixty-four hash functions per set; the share of equal minima estimates the Jaccard similarity (standard error 0.04 near
0.9). Sixteen bands of four: a pair of similarity 0.7 meets in one with probability 0.99, one of 0.3 with 0.12; what
meets is then compared by its whole signature.
"""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import blake2b

import numpy as np
from numpy.typing import NDArray

from train.data.store import IndexStore

N_HASHES = 64
N_BANDS = 16
_PRIME = (1 << 61) - 1
_RANDOM = np.random.default_rng(20241215)
_A = _RANDOM.integers(1, 1 << 31, N_HASHES, dtype=np.uint64)
_B = _RANDOM.integers(0, 1 << 31, N_HASHES, dtype=np.uint64)

Signature = NDArray[np.uint32]


def signature(shingles: Iterable[int]) -> Signature:
    """Shape (64,). Of the empty set: all ones."""
    values = np.fromiter((s & 0xFFFFFFFF for s in shingles), dtype=np.uint64)
    if not values.size:
        return np.full(N_HASHES, 0xFFFFFFFF, dtype=np.uint32)
    hashed = (values[:, None] * _A[None, :] + _B[None, :]) % np.uint64(_PRIME)
    return (hashed & np.uint64(0xFFFFFFFF)).min(axis=0).astype(np.uint32)


def similarity(one: Signature, other: Signature) -> float:
    """The estimate of the Jaccard similarity of the two sets."""
    return float((one == other).mean())


def bands(of: Signature) -> list[bytes]:
    """Sixteen keys: sets that share one are worth comparing."""
    rows = N_HASHES // N_BANDS
    return [bytes([i]) + of[i * rows : (i + 1) * rows].tobytes() for i in range(N_BANDS)]


class NearIndex:
    """Finds what is like something seen before. What it remembers is in `store`: sixteen keys for each set."""

    def __init__(self, threshold: float, store: IndexStore, name: str = "") -> None:
        """`name`: of this index, where several share a store."""
        self._threshold, self._store, self._name = threshold, store, name

    def add(self, number: int, of: Signature, salt: str = "") -> int | None:
        """Add it (its signature is in the store already); the number of one that is as similar as the threshold.

        Only sets added with the same `salt` are compared. Each band remembers its first comer, so that a thousand
        copies of one task cost no more than two.
        """
        key = blake2b(f"{self._name}\n{salt}".encode("utf-8", "surrogatepass"), digest_size=16).digest()
        keys = [int.from_bytes(blake2b(band, digest_size=8, key=key).digest(), "big") for band in bands(of)]
        found: int | None = None
        best = self._threshold
        for other in self._store.earlier(keys, number):
            like = similarity(of, np.frombuffer(self._store.signature(other), dtype=np.uint32))
            if like > best or (found is None and like == best):
                found, best = other, like
        return found
