"""One turn of a session's log, read into stages, programs and calls. Who calls it: `train.formats.session_log`."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from agent.calls.categories import Category
from agent.log.schema import LogRecord

_AUTHORS = {"implement": ("implement",), "review": ("review",), "reuse": ("recall",)}
"""Which stages' completions a program of this origin comes from."""
_MAX_FEEDBACK_CHARS = 4000


@dataclass
class Stage:
    """One completion. `failed`: why it is no target, '' where it is one."""

    name: str
    prompt: tuple[tuple[str, str], ...]
    completion: str
    product: str
    failed: str = ""


@dataclass
class LoggedCall:
    """One call by the broker's record. `cell`: of which program; None where it was seen in a plan."""

    name: str
    args: Mapping[str, Any]
    cell: int | None
    category: Category | None = None
    feedback: str = ""


@dataclass
class LoggedTurn:
    """A turn as `train` needs it. `status` is '' where the log ends before the answer."""

    question: str = ""
    number: int = 0
    stages: list[Stage] = field(default_factory=list)
    programs: list[str] = field(default_factory=list)
    calls: list[LoggedCall] = field(default_factory=list)
    entries: set[str] = field(default_factory=set)
    """Functions of the repository that were reused or stored."""
    status: str = ""
    answer: str = ""
    program: str = ""
    """The last program that ran to its end without an error."""
    n_repairs: int = 0


def read_turn(records: Iterable[LogRecord]) -> LoggedTurn:
    """The turn's records (with large values in their places), in order."""
    return _Reading().read(records)


class _Reading:
    def __init__(self) -> None:
        self._turn = LoggedTurn()
        self._open: dict[str, LoggedCall] = {}
        self._author: Stage | None = None
        self._source = ""

    def read(self, records: Iterable[LogRecord]) -> LoggedTurn:
        for record in records:
            self._take(record.kind, record.fields)
        return self._turn

    def _take(self, kind: str, fields: Mapping[str, Any]) -> None:
        turn = self._turn
        match kind:
            case "question":
                turn.question, turn.number = _text(fields, "question"), int(fields.get("turn") or 1)
            case "stage_end":
                self._stage_ended(fields)
            case "program":
                self._program(fields)
            case "cell_end":
                self._cell_ended(fields)
            case "tool_call":
                self._called(fields)
            case "tool_return":
                self._returned(fields)
            case "function_reused" | "function_stored":
                turn.entries.add(_text(fields, "entry"))
            case "repair":
                turn.n_repairs += 1
            case "answer":
                turn.status, turn.answer = _text(fields, "status"), _text(fields, "answer")

    def _stage_ended(self, fields: Mapping[str, Any]) -> None:
        prompt = fields.get("prompt")
        messages = tuple((str(role), str(content)) for role, content in prompt) if isinstance(prompt, list) else ()
        stage = Stage(_text(fields, "stage"), messages, _text(fields, "completion"), _text(fields, "product"))
        if fields.get("complaint"):
            stage.failed = "could not be read"
        elif not stage.completion or not messages:
            stage.failed = "was not kept"
        self._turn.stages.append(stage)

    def _program(self, fields: Mapping[str, Any]) -> None:
        self._source = _text(fields, "source")
        self._turn.programs.append(self._source)
        authors = _AUTHORS.get(_text(fields, "origin"), ())
        self._author = next((s for s in reversed(self._turn.stages) if s.name in authors and not _is_unread(s)), None)

    def _cell_ended(self, fields: Mapping[str, Any]) -> None:
        is_ok = fields.get("status") == "ok"
        if is_ok:
            self._turn.program = self._source
        if self._author is not None:  # a program that is run again (a package was added): the last run counts
            self._author.failed = "" if is_ok else "the program failed"

    def _called(self, fields: Mapping[str, Any]) -> None:
        args, cell = fields.get("args"), fields.get("cell")
        call = LoggedCall(_text(fields, "name"), args if isinstance(args, dict) else {}, cell)
        self._open[_text(fields, "id")] = call
        self._turn.calls.append(call)

    def _returned(self, fields: Mapping[str, Any]) -> None:
        call = self._open.pop(_text(fields, "id"), None)
        if call is None:
            return
        try:
            call.category = Category(str(fields.get("category")))
        except ValueError:
            return
        call.feedback = _feedback(fields)
        if call.category is Category.TOOL_HALLUCINATION and call.cell is None:
            # Seen in the pseudocode that was just written: what corrects it comes next.
            selecting = [s for s in self._turn.stages if s.name in ("select", "fused", "reselect")]
            if selecting:
                selecting[-1].failed = "named a tool that does not exist"


def _is_unread(stage: Stage) -> bool:
    return stage.failed in ("could not be read", "was not kept")


def _feedback(fields: Mapping[str, Any]) -> str:
    """What came back, as a text: the value as JSON, or the exception that the program saw."""
    if message := _text(fields, "message"):
        raised = _text(fields, "raised")
        return shortened(f"{raised}: {message}" if raised else message)
    return shortened(json.dumps(fields.get("value"), ensure_ascii=False))


def shortened(text: str, limit: int = _MAX_FEEDBACK_CHARS) -> str:
    """The beginning, and how much is left out: a result of megabytes is no example to learn from."""
    return text if len(text) <= limit else f"{text[:limit]}... ({len(text) - limit:,} characters left out)"


def _text(fields: Mapping[str, Any], name: str) -> str:
    return str(fields.get(name) or "")
