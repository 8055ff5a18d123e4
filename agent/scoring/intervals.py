"""How sure a figure is: intervals of one share, of a mean, and paired tests of two runs over the same items."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from random import Random
from statistics import NormalDist, fmean

N_RESAMPLES = 2000


@dataclass(frozen=True)
class Interval:
    """`low` and `high`, in the unit of what they are of."""

    low: float
    high: float


def wilson(n_right: int, n: int, confidence: float = 0.95) -> Interval:
    """Wilson's score interval of a share, in percent; 0 to 100 where nothing was counted.

    It keeps its coverage for few items and for shares near 0 and 100 (Brown, Cai and DasGupta, 2001).
    """
    if n == 0:
        return Interval(0.0, 100.0)
    z = NormalDist().inv_cdf(0.5 + confidence / 2)
    share, z2 = n_right / n, z * z
    middle = (share + z2 / (2 * n)) / (1 + z2 / n)
    half = z / (1 + z2 / n) * math.sqrt(share * (1 - share) / n + z2 / (4 * n * n))
    return Interval(round(100 * max(0.0, middle - half), 2), round(100 * min(1.0, middle + half), 2))


def bootstrap(pairs: Sequence[tuple[float, float]], confidence: float = 0.95, seed: int = 0) -> Interval:
    """Percentile interval of 100 * sum(a) / sum(b) over resampled (a, b), each an item's: for shares of calls, which
    come in clusters of one item and are not independent. 0 to 100 without items."""
    if not pairs or not sum(b for _, b in pairs):
        return Interval(0.0, 100.0)
    rng = Random(seed)
    found = []
    for _ in range(N_RESAMPLES):
        drawn = rng.choices(pairs, k=len(pairs))
        below = sum(b for _, b in drawn)
        if below:
            found.append(100 * sum(a for a, _ in drawn) / below)
    return _percentiles(found, confidence)


@dataclass(frozen=True)
class Paired:
    """Two runs over the same items: percentages, `b - a`, its interval, and the exact two-sided p of McNemar's test.

    `n_only_a`, `n_only_b`: items that one run alone has right.
    """

    n: int
    a: float
    b: float
    difference: float
    interval: Interval
    n_only_a: int
    n_only_b: int
    p: float

    @property
    def verdict(self) -> str:
        """In a word, at 5 %."""
        if self.p >= 0.05:
            return "no difference shown"
        return "B is better" if self.difference > 0 else "A is better"


def paired(a: Sequence[bool], b: Sequence[bool], seed: int = 0) -> Paired:
    """Compare item by item.

    Raises:
        ValueError: the two have not the same number of items, or none.
    """
    if len(a) != len(b) or not a:
        raise ValueError(f"paired runs need the same items, at least one: {len(a)} and {len(b)}")
    n_only_a = sum(x and not y for x, y in zip(a, b, strict=True))
    n_only_b = sum(y and not x for x, y in zip(a, b, strict=True))
    gains = [int(y) - int(x) for x, y in zip(a, b, strict=True)]
    rng = Random(seed)
    found = [100 * fmean(rng.choices(gains, k=len(gains))) for _ in range(N_RESAMPLES)]
    return Paired(
        n=len(a),
        a=round(100 * fmean(a), 2),
        b=round(100 * fmean(b), 2),
        difference=round(100 * fmean(gains), 2),
        interval=_percentiles(found, 0.95),
        n_only_a=n_only_a,
        n_only_b=n_only_b,
        p=mcnemar(n_only_a, n_only_b),
    )


def mcnemar(n_only_a: int, n_only_b: int) -> float:
    """The exact two-sided p: of the items on which two runs differ, how unlikely is so uneven a split by chance."""
    n, k = n_only_a + n_only_b, min(n_only_a, n_only_b)
    n_ways = sum(math.comb(n, i) for i in range(k + 1))
    return float(min(1.0, 2 * n_ways / 2**n))


def _percentiles(values: list[float], confidence: float) -> Interval:
    ordered = sorted(values)
    last = len(ordered) - 1
    low, high = (1 - confidence) / 2, (1 + confidence) / 2
    return Interval(round(ordered[round(low * last)], 2), round(ordered[round(high * last)], 2))
