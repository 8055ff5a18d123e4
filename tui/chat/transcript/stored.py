"""The events of a turn as text and back, in the log's own JSON: for the turns that are off the screen."""

from __future__ import annotations

import json
from collections.abc import Iterable

from agent.events import Event


def encode(turn: Iterable[Event]) -> str:
    """The events of a turn, on one line."""
    from agent.log.plain import event_fields

    return json.dumps([[event.kind, event_fields(event)] for event in turn], separators=(",", ":"))


def decode(text: str) -> list[Event]:
    """What `encode` was given, without events that carry a future: they happen once."""
    from agent.log.events_back import event_from

    return [event for kind, found in json.loads(text) if (event := event_from(kind, found)) is not None]
