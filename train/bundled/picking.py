"""Choosing phrase pieces, with a rule that keeps some of them out of training for the test of held-out phrasings."""

from __future__ import annotations

import zlib
from functools import cache
from random import Random


@cache
def pieces(pool: str) -> tuple[str, ...]:
    """A pool is written `one|two|three`; spaces at the ends of a piece count, line breaks do not."""
    return tuple(p for line in pool.split("\n") for p in line.split("|") if p.strip())


@cache
def _split(pool: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Pieces to train on and pieces held out: about one in seven of every pool that has six or more."""
    found = pieces(pool)
    if len(found) < 6:
        return found, ()
    held = tuple(p for p in found if zlib.crc32(p.strip().encode()) % 7 == 3)[: len(found) // 3]
    return tuple(p for p in found if p not in held), held


def is_held_composition(key: str) -> bool:
    """Whether the (source, filter, operation) of this key is never trained on: about one in eight, by its hash."""
    return zlib.crc32(key.encode()) % 8 == 5


class Picker:
    """Draws for one question. With `held`, prefers held-out pieces and notes whether one was used."""

    def __init__(self, rng: Random, held: bool = False) -> None:
        self.rng = rng
        self.held = held
        self.used_held = False

    def __call__(self, pool: str) -> str:
        trained, held = _split(pool)
        if self.held and held and self.rng.random() < 0.7:
            self.used_held = True
            return self.rng.choice(held)
        return self.rng.choice(trained)
