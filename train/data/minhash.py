"""MinHash: near duplicates among many, without comparing each with each.

Sixty-four hash functions per set; the share of equal minima estimates the Jaccard similarity (standard error 0.04 near
0.9). Sixteen bands of four: a pair of similarity 0.7 meets in one with probability 0.99, one of 0.3 with 0.12; what
meets is then compared by its whole signature.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

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
    """Finds what is like something seen before. Keeps 256 bytes and sixteen entries of a dictionary for each."""

    def __init__(self, threshold: float) -> None:
        self._threshold = threshold
        self._signatures: list[Signature] = []
        self._numbers: list[int] = []
        self._buckets: dict[int, int] = {}

    def add(self, number: int, of: Signature, salt: str = "") -> int | None:
        """Add it; the number of one that is as similar as the threshold, or None.

        Only sets added with the same `salt` are compared. Each band remembers its first comer, so that a thousand
        copies of one task cost no more than two.
        """
        place = len(self._signatures)
        self._signatures.append(of)
        self._numbers.append(number)
        found: int | None = None
        best = self._threshold
        for band in bands(of):
            other = self._buckets.setdefault(hash((salt, band)), place)
            if other != place and (like := similarity(of, self._signatures[other])) >= best:
                found, best = self._numbers[other], like
        return found
