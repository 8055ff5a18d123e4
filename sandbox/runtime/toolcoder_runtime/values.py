"""The value of a cell's last expression: its repr, cut to size, and its JSON where it is made of JSON types only."""

from __future__ import annotations

import json
import math
from typing import Any

from .displays import escaped

REPR_LIMIT_CHARS = 200_000
JSON_LIMIT_BYTES = 1 << 20
_N_NODES = 200_000
_DEPTH = 60


class _NotJson(Exception):
    pass


def to_json(value: object) -> str | None:
    """JSON text, or None where the value holds anything but JSON types and numpy scalars, or is too large.

    Tuples become lists. Keys must be strings and numbers finite: what JSON would change silently is refused.
    """
    try:
        text = json.dumps(_plain(value, _DEPTH, [_N_NODES]), ensure_ascii=False, allow_nan=False)
    except (_NotJson, ValueError, TypeError):
        return None
    # Half a surrogate pair, which no encoding has, becomes the escape that denotes it in JSON.
    data = text.encode("utf-8", "backslashreplace")
    return data.decode("utf-8") if len(data) <= JSON_LIMIT_BYTES else None


def _plain(value: Any, depth: int, n_left: list[int]) -> Any:
    n_left[0] -= 1
    if depth < 0 or n_left[0] < 0:
        raise _NotJson
    if value is None or isinstance(value, bool | str):
        return value if not isinstance(value, str) else str(value)
    if isinstance(value, int):
        return int(value)
    if isinstance(value, float):
        if not math.isfinite(value):
            raise _NotJson
        return float(value)
    if isinstance(value, dict):
        if not all(isinstance(key, str) for key in value):
            raise _NotJson
        return {str(key): _plain(item, depth - 1, n_left) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item, depth - 1, n_left) for item in value]
    if type(value).__module__ == "numpy" and getattr(value, "shape", None) == ():
        return _plain(value.item(), depth - 1, n_left)
    raise _NotJson


def to_text(value: object) -> tuple[str, bool]:
    """The repr and whether it was cut. A repr that raises is named instead."""
    try:
        text = repr(value)
    except Exception as error:  # noqa: BLE001  any class may have a broken __repr__; the cell itself was fine
        return f"<{type(value).__name__} object; its repr raised {type(error).__name__}>", False
    is_cut = len(text) > REPR_LIMIT_CHARS
    return escaped(text[:REPR_LIMIT_CHARS]), is_cut
