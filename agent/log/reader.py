"""Reading logs back: one session as a whole, or the list of all of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from agent.errors import SessionLogError
from agent.log.blobs import blob_folder, load
from agent.log.schema import SUFFIX, BadLine, LogHeader, LogRecord, parse_header, parse_record

_LISTED = (b'"kind":"question"', b'"kind":"answer"', b'"kind":"named"')
_TEXTS: dict[str, tuple[Literal["question", "answer", "program", "name"], str]] = {
    "question": ("question", "question"),
    "answer": ("answer", "answer"),
    "program": ("program", "source"),
    "named": ("name", "name"),
}
_KIND_WITHIN_BYTES = 64  # `time` and `kind` are the first two keys of a line


@dataclass(frozen=True)
class LoggedSession:
    """A log as read. `bad_lines` are (line number from 1, why); `torn`: the last line was cut short by a crash."""

    path: Path
    header: LogHeader
    records: tuple[LogRecord, ...]
    bad_lines: tuple[tuple[int, str], ...] = ()
    torn: bool = False

    @property
    def id(self) -> str:
        return self.header.session

    @property
    def turns(self) -> tuple[tuple[LogRecord, ...], ...]:
        """The records of each turn, from its question to the record before the next question."""
        starts = [i for i, record in enumerate(self.records) if record.kind == "question"]
        return tuple(self.records[a:b] for a, b in zip(starts, [*starts[1:], None], strict=False))

    def resolved(self, record: LogRecord) -> LogRecord:
        """The record with the values that are kept beside the log put in their places.

        Raises:
            SessionLogError: such a value is missing or damaged.
        """
        if not record.refs:
            return record
        kept: dict[str, Any] = {name: load(blob_folder(self.path), digest) for name, digest in record.refs.items()}
        return replace(record, fields={**record.fields, **kept}, refs={})


@dataclass(frozen=True)
class SessionSummary:
    """One row of the list. `status` is that of the last turn, or `unfinished`, `empty` (no question), `unreadable`."""

    id: str
    path: Path
    started: datetime
    question: str
    status: str
    n_turns: int
    name: str = ""
    """What a person called it; '' where nobody did."""

    @property
    def title(self) -> str:
        """The name, else the first question."""
        return self.name or self.question


def read_session(path: Path) -> LoggedSession:
    """Read a log. Lines that are no records are reported and skipped; a torn last line is normal after a crash.

    Raises:
        SessionLogError: no such file, no header, or a version of the format that this toolcoder does not know.
    """
    lines = _lines(path)
    header = _header(path, lines)
    records: list[LogRecord] = []
    bad: list[tuple[int, str]] = []
    torn = False
    for number, line in enumerate(lines, start=2):
        if not line.strip():
            continue
        try:
            records.append(parse_record(line))
        except BadLine as error:
            if line.endswith(b"\n"):
                bad.append((number, str(error)))
            else:
                torn = True
    return LoggedSession(path, header, tuple(records), tuple(bad), torn)


def list_sessions(folder: Path) -> list[SessionSummary]:
    """All sessions of a folder, the newest first; a log that cannot be read is listed as `unreadable`."""
    if not folder.is_dir():
        return []
    paths = sorted(folder.glob(f"*{SUFFIX}"), reverse=True)
    return [summary_of(path) for path in paths]


def texts(path: Path) -> Iterator[tuple[Literal["question", "answer", "program", "name"], str]]:
    """What a person may remember of a session: its questions, answers, programs and names, in the log's order.

    Raises:
        SessionLogError: the log, or a large text beside it, cannot be read.
    """
    lines = _lines(path)
    _header(path, lines)
    marks = {f'"kind":"{kind}"'.encode(): kind for kind in _TEXTS}
    for line in lines:
        start = line[:_KIND_WITHIN_BYTES]
        if (kind := next((kind for mark, kind in marks.items() if mark in start), None)) is None:
            continue
        try:
            record = parse_record(line)
        except BadLine:
            continue
        where, field = _TEXTS[kind]
        yield where, _text(path, record, field)


def _lines(path: Path) -> Iterator[bytes]:
    try:
        with path.open("rb") as file:
            yield from file  # splits at \n alone, which JSON never holds inside a line
    except OSError as error:
        raise SessionLogError(f"cannot read {path.name}: {error.strerror}", f"Look at {path}.") from error


def _header(path: Path, lines: Iterator[bytes]) -> LogHeader:
    first = next(lines, None)
    if first is None:
        raise SessionLogError(f"{path.name} is empty", "Nothing was logged there; the file can be deleted.")
    return parse_header(first)


def summary_of(path: Path) -> SessionSummary:
    """One row of the list; a log that cannot be read is `unreadable`."""
    try:
        lines = _lines(path)
        header = _header(path, lines)
        question, status, n_turns, name = "", "empty", 0, ""
        for line in lines:
            if not any(mark in line[:_KIND_WITHIN_BYTES] for mark in _LISTED):
                continue
            try:
                record = parse_record(line)
            except BadLine:
                continue
            if record.kind == "named":
                name = str(record.fields.get("name") or "")
            elif record.kind == "question":
                n_turns, status = n_turns + 1, "unfinished"
                question = question or _text(path, record, "question")
            else:
                status = str(record.fields.get("status", "unfinished"))
    except SessionLogError:
        changed = datetime.fromtimestamp(path.stat().st_mtime, UTC) if path.exists() else datetime.now(UTC)
        return SessionSummary(path.stem, path, changed, "", "unreadable", 0)
    return SessionSummary(header.session, path, header.created, question, status, n_turns, name)


def _text(path: Path, record: LogRecord, field: str) -> str:
    if digest := record.refs.get(field):
        return str(load(blob_folder(path), digest))
    return str(record.fields.get(field) or "")
