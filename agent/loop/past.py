"""What a session's log tells a process that takes the session up again: the talk, the cells, and how far it counted."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from agent.calls.categories import Category
from agent.errors import SessionLogError
from agent.events import Answered, Event, ToolChange
from agent.log.blobs import blob_folder, blob_path, load
from agent.log.events_back import event_of
from agent.log.reader import LoggedSession
from agent.log.redact import REDACTED
from agent.log.schema import LogRecord
from agent.loop.history import remembered
from agent.prompts.base import Exchange
from agent.tools.turn_record import as_call
from sandbox.kernel import ToolFailure, ToolValue
from sandbox.replay import RecordedCall, RecordedCell
from sandbox.shelf import Shelved

_NUMBERED = re.compile(r"(?:call|unknown|ask|changes|code)-(\d+)")


@dataclass(frozen=True)
class Past:
    """The earlier life of a session. `cells` ended well, in order; `unverified` is the code of those that did not.

    `n_ids`: the highest number that a call, a question to the person or a decision had; later ones go on counting.
    `touched`: per turn the functions that its answer came from. `asked_with`: the flags that it was opened with.
    """

    n_turns: int = 0
    n_cells: int = 0
    n_ids: int = 0
    exchanges: tuple[Exchange, ...] = ()
    cells: tuple[RecordedCell, ...] = ()
    unverified: tuple[str, ...] = ()
    touched: Mapping[int, tuple[str, ...]] = field(default_factory=dict)
    asked_with: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class LoggedValue(Shelved):
    """A large value that a tool returned, where the log keeps it. `load` checks it against its hash."""

    folder: Path
    digest: str

    def load(self) -> Any:
        """Raises OSError where it was changed meanwhile."""
        try:
            return load(self.folder, self.digest)
        except SessionLogError as error:
            raise OSError(str(error)) from error


def past_of(logged: LoggedSession) -> Past:
    """Read it. What is damaged or cut short counts as what never happened: its cells are not run again."""
    reading = _Reading(logged)
    for record in logged.records:
        reading.take(record)
    return reading.past()


class _Reading:
    """Goes through the records once."""

    def __init__(self, logged: LoggedSession) -> None:
        self._logged = logged
        self._n_turns = self._n_cells = self._n_ids = 0
        self._question = self._program = ""
        self._is_answered = False
        self._exchanges: list[Exchange] = []
        self._cells: list[RecordedCell] = []
        self._unverified: list[str] = []
        self._running: tuple[int, str] | None = None
        self._called: dict[str, tuple[str, dict[str, Any]]] = {}
        self._answered: list[RecordedCall] = []
        self._touched: dict[int, tuple[str, ...]] = {}
        self._asked_with: Mapping[str, Any] = {}
        self._writes: frozenset[str] = frozenset()
        self._changed: dict[str, ToolChange] = {}

    def past(self) -> Past:
        self._leave_cell()
        self._break_off()
        return Past(
            self._n_turns,
            self._n_cells,
            self._n_ids,
            tuple(self._exchanges),
            tuple(self._cells),
            tuple(self._unverified),
            self._touched,
            self._asked_with,
        )

    def take(self, record: LogRecord) -> None:
        """One record, in the log's order."""
        fields = record.fields
        self._count(fields.get("id"))
        match record.kind:
            case "session":
                if isinstance(with_ := fields.get("asked_with"), dict) and with_:
                    self._asked_with = with_
                listed = self._field(record, "tools")
                tools = [t for t in listed if isinstance(t, dict)] if isinstance(listed, list) else []
                self._writes = frozenset(str(t.get("name")) for t in tools if t.get("effect") == "write")
            case "question":
                self._break_off()
                self._n_turns += 1
                self._question, self._program, self._is_answered = self._text(record, "question"), "", False
            case "program":
                self._program = self._text(record, "source")
            case "cell_start":
                self._leave_cell()
                self._running = _int(fields.get("cell")), self._text(record, "source")
                self._n_cells = max(self._n_cells, self._running[0])
            case "tool_call" if isinstance(args := self._field(record, "args"), dict):
                call, name = str(fields.get("id")), str(fields.get("name"))
                self._called[call] = name, args
                if name in self._writes:
                    self._changed[call] = ToolChange(name, args, is_certain=False)
            case "tool_return":
                self._answered.extend(self._answers(record))
                self._change_returned(fields)
            case "cell_end":
                self._end_cell(record)
            case "kernel_restored":
                # What could not be had back then is not asked for again.
                self._cells = self._cells[: _int(fields.get("n_cells"))]
                self._unverified.clear()
            case "function_reused" | "function_stored":
                entry = str(fields.get("entry"))
                self._touched[self._n_turns] = (*self._touched.get(self._n_turns, ()), entry)
            case "answer_ready":
                # Its client may be killed before the turn's end; the person has read it.
                self._exchanges.append(Exchange(self._question, self._text(record, "answer"), self._program))
                self._is_answered = True
            case "answer" if fields.get("status") == "answered" and not self._is_answered:
                self._exchanges.append(Exchange(self._question, self._text(record, "answer"), self._program))
                self._is_answered = True
            case "answer" if not self._is_answered:
                self._remember(event_of(self._logged, record))
                self._is_answered = True

    def _change_returned(self, fields: Mapping[str, Any]) -> None:
        call = str(fields.get("id"))
        if call in self._changed and fields.get("category") == Category.ALL_RIGHT:
            self._changed[call] = replace(self._changed[call], is_certain=True)
        elif fields.get("category") != Category.TOOL_INSTABILITY:
            self._changed.pop(call, None)

    def _break_off(self) -> None:
        """A turn without an end: its process was killed. The same call of a repair was answered from the record."""
        made = {as_call(change.name, change.args): change for change in self._changed.values()}
        if made and not self._is_answered:
            self._remember(Answered("interrupted", error="the process ended", changed=tuple(made.values())))
        self._changed = {}

    def _remember(self, answered: Event | None) -> None:
        if isinstance(answered, Answered) and (exchange := remembered(self._question, answered, "")):
            self._exchanges.append(exchange)

    def _count(self, name: object) -> None:
        if isinstance(name, str) and (found := _NUMBERED.fullmatch(name)):
            self._n_ids = max(self._n_ids, int(found.group(1)))

    def _end_cell(self, record: LogRecord) -> None:
        if self._running is None or record.fields.get("status") != "ok" or REDACTED in self._running[1]:
            self._leave_cell()
            return
        result = self._text(record, "result")
        is_known = result and REDACTED not in result
        self._cells.append(RecordedCell(self._running[1], tuple(self._answered), result if is_known else None))
        self._running, self._answered = None, []

    def _leave_cell(self) -> None:
        """It did not end well, or nobody saw its end."""
        if self._running is not None:
            self._unverified.append(self._running[1])
        self._running, self._answered = None, []

    def _answers(self, record: LogRecord) -> Iterator[RecordedCall]:
        """The call with what the program got; none where it never left the kernel, or its value is lost."""
        fields = record.fields
        if self._running is None or (called := self._called.get(str(fields.get("id")))) is None:
            return
        name, args = called
        if raised := str(fields.get("raised") or ""):
            yield RecordedCall(name, args, ToolFailure(raised, self._text(record, "message")))
        elif digest := record.refs.get("value"):
            folder = blob_folder(self._logged.path)
            path = blob_path(folder, digest)
            if path.is_file():
                yield RecordedCall(name, args, ToolValue(LoggedValue(path, path.stat().st_size, folder, digest)))
        elif fields.get("value") is not None or fields.get("category") == Category.ALL_RIGHT:
            yield RecordedCall(name, args, ToolValue(fields.get("value")))

    def _field(self, record: LogRecord, name: str) -> Any:
        if digest := record.refs.get(name):
            try:
                return load(blob_folder(self._logged.path), digest)
            except SessionLogError:
                return None
        return record.fields.get(name)

    def _text(self, record: LogRecord, name: str) -> str:
        return str(self._field(record, name) or "")


def _int(value: object) -> int:
    return value if isinstance(value, int) else 0
