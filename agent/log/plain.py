"""An event's fields as JSON values, for any dataclass of `agent.events`: a new event needs no change here."""

from __future__ import annotations

import math
from asyncio import Future
from collections.abc import Mapping, Sequence, Set
from dataclasses import fields, is_dataclass
from enum import Enum
from typing import Any

MAX_DEPTH = 100
"""Deeper values are cut: JSON readers give up at some depth, and the broker lets nothing deeper through."""


def event_fields(event: Any) -> dict[str, Any]:
    """The event's fields as JSON values; futures (the front end's way to answer) are left out."""
    return {f.name: plain(value) for f in fields(event) if not isinstance(value := getattr(event, f.name), Future)}


def plain(value: Any, depth: int = 0) -> Any:
    """`value` made of dict, list, str, int, finite float, bool and None only; anything else becomes its `repr`."""
    if depth > MAX_DEPTH:
        return f"<nested deeper than {MAX_DEPTH} levels>"
    if isinstance(value, Enum):
        return plain(value.value, depth)
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str):
        return str(value)
    if isinstance(value, int):
        return int(value)
    if isinstance(value, float):
        return float(value) if math.isfinite(value) else repr(float(value))
    if is_dataclass(value) and not isinstance(value, type):
        return {f.name: plain(getattr(value, f.name), depth + 1) for f in fields(value)}
    if isinstance(value, Mapping):
        return {str(key): plain(item, depth + 1) for key, item in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, bytes | bytearray | memoryview):
        return [plain(item, depth + 1) for item in value]
    if isinstance(value, Set):
        return [plain(item, depth + 1) for item in sorted(value, key=repr)]
    return repr(value)
