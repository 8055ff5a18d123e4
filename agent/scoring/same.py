"""When two argument values are the same. Strict: a number is no string, `True` is no 1, 2 equals 2.0."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def same_value(given: Any, gold: Any) -> bool:
    """Equal as JSON values; a tuple is a list."""
    match given, gold:
        case (bool(), _) | (_, bool()):
            return given is gold
        case ((int() | float()), (int() | float())):
            return bool(given == gold)
        case str(), str():
            return given == gold
        case ((list() | tuple()), (list() | tuple())):
            return len(given) == len(gold) and all(map(same_value, given, gold))
        case Mapping(), Mapping():
            return given.keys() == gold.keys() and all(same_value(given[key], gold[key]) for key in gold)
        case None, None:
            return True
    return False
