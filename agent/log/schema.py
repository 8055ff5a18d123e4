"""The session log's format: what a line is, and how it is read. Knows nothing of the loop; `train` builds on this file.

A log is JSON Lines in UTF-8. The first line is the header, every other line one record:

    {"schema":1,"toolcoder":"0.1.0","session":"20261120-101500-k3f9","created":"2026-11-20T10:15:00.000000Z"}
    {"time":"2026-11-20T10:15:00.012000Z","kind":"question","question":"...","turn":1}

`kind` is one of `agent.events`; the other keys are that event's fields. `refs`, where present, maps names of fields
that are null here to the sha256 under which their JSON lies in the folder `<session>.d` beside the log.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from agent.errors import SessionLogError as SessionLogError  # noqa: PLC0414  # train catches it, by the log alone

SCHEMA_VERSION = 1
RESERVED = frozenset({"time", "kind", "refs"})
"""Keys of a line that no event may use as a field."""
SUFFIX = ".jsonl"
_SHA256 = re.compile(r"[0-9a-f]{64}")


class BadLine(ValueError):
    """A line that is no record; the message says why."""


@dataclass(frozen=True)
class LogHeader:
    """The first line: `schema` is the format's version, `toolcoder` the version of the writer."""

    schema: int
    toolcoder: str
    session: str
    created: datetime


@dataclass(frozen=True)
class LogRecord:
    """One line after the header. `refs`: field name to the sha256 of a value kept beside the log."""

    time: datetime
    kind: str
    fields: Mapping[str, Any]
    refs: Mapping[str, str] = field(default_factory=dict)


def format_time(moment: datetime) -> str:
    """UTC, ISO 8601 with microseconds and a Z: the strings sort as the moments do."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def header_line(header: LogHeader) -> dict[str, Any]:
    return {
        "schema": header.schema,
        "toolcoder": header.toolcoder,
        "session": header.session,
        "created": format_time(header.created),
    }


def record_line(record: LogRecord) -> dict[str, Any]:
    """The record as the object of its line; `time` and `kind` come first (listing sessions relies on it)."""
    line: dict[str, Any] = {"time": format_time(record.time), "kind": record.kind, **record.fields}
    if record.refs:
        line["refs"] = dict(record.refs)
    return line


def encode_line(line: Mapping[str, Any]) -> bytes:
    """One line with its newline. A lone surrogate becomes the JSON escape that denotes it, so it survives the trip."""
    text = json.dumps(line, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return text.encode("utf-8", "backslashreplace") + b"\n"


def parse_header(raw: bytes) -> LogHeader:
    """Read the first line.

    Raises:
        SessionLogError: it is no header, or of a version that this toolcoder does not know.
    """
    try:
        line = _json_object(raw)
        schema = line["schema"]
        if isinstance(schema, int) and schema != SCHEMA_VERSION:
            raise SessionLogError(
                f"this session log has format {schema}; this toolcoder reads format {SCHEMA_VERSION}",
                f"It was written by toolcoder {line.get('toolcoder', '?')}: open it with that version or a newer one.",
            )
        return LogHeader(int(schema), str(line["toolcoder"]), str(line["session"]), _time(line["created"]))
    except (BadLine, KeyError, TypeError, ValueError) as error:
        raise SessionLogError(
            "the first line is not the header of a session log", "The file is damaged, or it is something else."
        ) from error


def parse_record(raw: bytes) -> LogRecord:
    """Read a line after the header.

    Raises:
        BadLine: it is no JSON object, or lacks `time` or `kind`.
    """
    line = _json_object(raw)
    kind = line.pop("kind", None)
    if not isinstance(kind, str):
        raise BadLine("no kind")
    moment = _time(line.pop("time", None))
    refs = line.pop("refs", {})
    if not isinstance(refs, dict) or not all(isinstance(v, str) and _SHA256.fullmatch(v) for v in refs.values()):
        raise BadLine("refs are no sha256 sums")
    return LogRecord(moment, kind, line, refs)


def _json_object(raw: bytes) -> dict[str, Any]:
    try:
        line = json.loads(raw)
    except (ValueError, RecursionError) as error:
        raise BadLine(f"no JSON: {error}") from error
    if not isinstance(line, dict):
        raise BadLine("not a JSON object")
    return line


def _time(text: object) -> datetime:
    if not isinstance(text, str):
        raise BadLine("no time")
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise BadLine(f"no time: {text!r}") from error
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
