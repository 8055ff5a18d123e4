"""Ids that stay and figures that are invented, both from a hash of what a row is called."""

import hashlib
from collections.abc import Iterable

_FIRST_ID, _LAST_ID = 1_000, 999_999


def _hash(*key: str) -> int:
    return int.from_bytes(hashlib.sha256("\t".join(key).encode()).digest()[:8], "big")


def demo_rating(*key: str) -> float:
    """An invented rating, 1.0 to 9.9, the same for the same key."""
    return (10 + _hash("rating", *key) % 90) / 10


def demo_plays(*key: str) -> int:
    """An invented number of plays, 1,000 to 5,000,000, the same for the same key."""
    return 1_000 + _hash("plays", *key) % 4_999_001


def assign_ids(kind: str, keys: Iterable[tuple[str, ...]]) -> dict[tuple[str, ...], int]:
    """A number for each key, from its hash; where two meet, the later key in sorted order takes the next free one."""
    ids: dict[tuple[str, ...], int] = {}
    taken: set[int] = set()
    for key in sorted(set(keys)):
        identifier = _FIRST_ID + _hash(kind, *key) % (_LAST_ID - _FIRST_ID + 1)
        while identifier in taken:
            identifier = identifier + 1 if identifier < _LAST_ID else _FIRST_ID
        taken.add(identifier)
        ids[key] = identifier
    return ids
