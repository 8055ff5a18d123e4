"""Events as JSON and back: for the turns that are off the screen, and for those that a session's log remembers."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from agent import events, file_events
from agent.events import Event

if TYPE_CHECKING:
    from pydantic import TypeAdapter

_ASKED = ("approval_asked", "person_asked", "decision_asked")
"""These carry a future: they happen once."""


def encode(turn: Iterable[Event]) -> str:
    """The events of a turn, without those that carry a future."""
    return json.dumps(
        [
            [event.kind, _adapter(event.kind).dump_python(event, mode="json")]
            for event in turn
            if event.kind not in _ASKED
        ],
        ensure_ascii=True,
        separators=(",", ":"),
    )


def decode(text: str) -> list[Event]:
    """What `encode` was given."""
    return [event for kind, fields in json.loads(text) if (event := event_of(kind, fields)) is not None]


def event_of(kind: str, fields: Mapping[str, Any]) -> Event | None:
    """The event that a log's record tells of; None where this version knows no such event, or not so."""
    if kind in _ASKED or kind not in _kinds():
        return None
    try:
        event = _adapter(kind).validate_python(dict(fields))
    except ValueError:  # pydantic's ValidationError is one
        return None
    return event if isinstance(event, Event) else None


@lru_cache(maxsize=1)
def _kinds() -> dict[str, type[Event]]:
    found = (value for module in (events, file_events) for value in vars(module).values())
    return {value.kind: value for value in found if isinstance(value, type) and issubclass(value, Event)}


@lru_cache(maxsize=64)
def _adapter(kind: str) -> TypeAdapter[Event]:
    from pydantic import TypeAdapter

    return TypeAdapter(_kinds()[kind])
