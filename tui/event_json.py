"""Events as JSON lines for `ask --events`: the names of the session log, plus what the log leaves out (deltas)."""

from __future__ import annotations

from agent.events import Event
from agent.log.plain import event_fields
from tui.plain import plain_json


def event_line(event: Event, at_s: float) -> str:
    """One line: the event's kind, the seconds since the command began, and its fields; futures are left out."""
    return plain_json({"kind": event.kind, "at_s": round(at_s, 3), **event_fields(event)}) + "\n"
