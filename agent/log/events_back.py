"""From the lines of a log back to the events that they were, for whoever draws a session again. What a later or damaged
log holds that is no event of ours is passed over."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from enum import Enum
from functools import cache
from types import UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

from agent import events, file_events
from agent.errors import SessionLogError
from agent.log.reader import LoggedSession
from agent.log.schema import LogRecord

_LARGE = frozenset({"prompt", "value", "result_json", "value_json"})
"""Kept beside the log where they are large; no card shows them whole, so they are not read back."""


def turns_back(logged: LoggedSession) -> Iterator[tuple[str, list[events.Event]]]:
    """Each turn as its question and the events after it."""
    for turn in logged.turns:
        question = _text(logged, turn[0], "question")
        yield question, [event for record in turn[1:] if (event := event_of(logged, record)) is not None]


def event_of(logged: LoggedSession, record: LogRecord) -> events.Event | None:
    """The event of a record; None where it is none, or one that cannot come back (a question to the person)."""
    if record.kind not in _kinds():
        return None
    found = dict(record.fields)
    for name in record.refs:
        found[name] = None if name in _LARGE else _text(logged, record, name)
    return event_from(record.kind, found)


def event_from(name: str, found: Mapping[str, Any]) -> events.Event | None:
    """The event of this kind with these fields as JSON values; None where it is none."""
    kind = _kinds().get(name)
    if kind is None:
        return None
    hints = _hints(name)
    try:
        return kind(**{name: _typed(hints[name], value) for name, value in found.items() if name in hints})
    except (TypeError, ValueError):
        return None


@cache
def _kinds() -> dict[str, type[events.Event]]:
    known = (events.__name__, file_events.__name__)
    kinds = [cls for cls in events.Event.__subclasses__() if cls.__module__ in known]
    return {cls.kind: cls for cls in kinds if not any("Future" in str(field.type) for field in fields(cls))}


@cache
def _hints(name: str) -> dict[str, Any]:
    kind = _kinds()[name]
    hints = get_type_hints(kind)
    return {field.name: hints[field.name] for field in fields(kind)}


@cache
def _hints_of(kind: type) -> dict[str, Any]:
    return get_type_hints(kind)


def _typed(hint: Any, value: Any) -> Any:
    """JSON's value as the type that the event has: lists are tuples there, some objects dataclasses or enums.

    Raises:
        ValueError, TypeError: it is none.
    """
    origin = get_origin(hint)
    if origin in (Union, UnionType):
        if value is None:
            return None
        return _typed(next(part for part in get_args(hint) if part is not type(None)), value)
    if origin is tuple:
        inner = get_args(hint)
        if not isinstance(value, list):
            raise ValueError("no list")
        if len(inner) == 2 and inner[1] is Ellipsis:
            return tuple(_typed(inner[0], item) for item in value)
        return tuple(_typed(part, item) for part, item in zip(inner, value, strict=True))
    if isinstance(hint, type) and is_dataclass(hint) and isinstance(value, Mapping):
        known = _hints_of(hint)
        return hint(**{name: _typed(known[name], item) for name, item in value.items() if name in known})
    if isinstance(hint, type) and issubclass(hint, Enum):
        return hint(value)
    if hint is str and not isinstance(value, str | None):
        raise ValueError("no text")
    return "" if hint is str and value is None else value


def _text(logged: LoggedSession, record: LogRecord, name: str) -> str:
    try:
        return str(logged.resolved(record).fields.get(name) or "")
    except SessionLogError as error:
        return str(error)
