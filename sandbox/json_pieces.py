"""JSON of values that may be large, encoded piece by piece.

`json.dumps` holds the interpreter for the whole of a value: in a thread it would stop the event loop all the same.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import islice
from typing import Any

_FEW = 8
_BATCH = 512
_DEPTH = 6
_SCALARS = (int, float, str, bool, type(None))


def encode(value: Any) -> bytes:
    """UTF-8 JSON without spaces; half a surrogate pair becomes the JSON escape that denotes it.

    Raises:
        TypeError, ValueError: the value holds what JSON cannot.
    """
    return b"".join(piece.encode("utf-8", "backslashreplace") for piece in _pieces(value, _DEPTH))


def is_larger(value: Any, limit_bytes: int) -> bool:
    """Whether a JSON value takes about that much or more; the cost is bounded by the limit, not by the value."""
    n_bytes, waiting = 0, [value]
    while waiting:
        match waiting.pop():
            case str() as text:
                n_bytes += len(text) + 2
            case dict() as items:
                n_bytes += sum(len(key) + 4 for key in islice(items, limit_bytes)) + 2
                waiting.extend(islice(items.values(), limit_bytes))
            case list() as items:
                n_bytes += len(items) + 2
                waiting.extend(islice(items, limit_bytes))
            case _:
                n_bytes += 4
        if n_bytes >= limit_bytes:
            return True
    return False


def _pieces(value: Any, depth: int) -> Iterator[str]:
    if depth and isinstance(value, dict) and value and all(isinstance(key, str) for key in value):
        yield from _object(value, depth)
    elif depth and isinstance(value, list) and len(value) > _FEW:
        yield from _array(value, depth)
    else:
        yield _dumps(value)


def _object(value: dict[str, Any], depth: int) -> Iterator[str]:
    before = "{"
    for key, item in value.items():
        yield f"{before}{_dumps(key)}:"
        yield from _pieces(item, depth - 1)
        before = ","
    yield "}"


def _array(value: list[Any], depth: int) -> Iterator[str]:
    before = "["
    for start in range(0, len(value), _BATCH):
        batch = value[start : start + _BATCH]
        if all(isinstance(item, _SCALARS) for item in batch):
            yield before + _dumps(batch)[1:-1]
        else:
            for item in batch:
                yield before
                yield from _pieces(item, depth - 1)
                before = ","
        before = ","
    yield "]"


def _dumps(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
