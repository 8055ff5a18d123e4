"""Session logs as tasks: per turn a trajectory of calls and the completions of the stages.

Targets. Calls: those rated All Right, in turns that were answered and not rejected. Completions: those that could be
read, whose program ran to its end without an error, whose pseudocode named real tools; what failed is kept as a row
that is no target, and the repair that followed is one. A turn that was not answered, or that a person rejected, gives
no rows. A correction takes the answer's place where it can (see `train.formats.correction`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from agent.calls.categories import Category
from agent.log.reader import LoggedSession, read_session
from agent.log.schema import LogRecord, SessionLogError
from train.formats.logged_turn import LoggedTurn, read_turn
from train.formats.problems import OnProblem, Problem, no_matter
from train.formats.session_rows import Exchange, Verdict, calls_row, code_rows
from train.formats.session_tools import tool_docs
from train.formats.task import Task
from train.rows import Row, ToolDoc

_N_HISTORY = 6
"""Earlier exchanges that a turn's trajectory begins with; the agent's own prompts show as many."""
_UP_WEIGHT = 2.0
_ENDS = {
    "failed": "the agent failed",
    "refused": "refused: an approval or a person was missing",
    "budget": "a budget ended it",
    "interrupted": "interrupted",
    "": "unfinished",
}


@dataclass(frozen=True)
class Chosen:
    """Which sessions are read. `models`: those answered by one of them; empty for all. `since`: begun then or later."""

    models: frozenset[str] = frozenset()
    since: datetime | None = None


def load(path: Path, on_problem: OnProblem = no_matter, chosen: Chosen | None = None) -> Iterator[Task]:
    """The tasks of one log, in order. What cannot be read is reported by line, and nothing else is lost."""
    try:
        logged = read_session(path)
    except SessionLogError as error:
        on_problem(Problem(path, 0 if "cannot read" in str(error) else 1, f"{error}"))
        return
    for number, why in logged.bad_lines:
        on_problem(Problem(path, number, why))
    if logged.torn:
        on_problem(Problem(path, 0, "the last line is torn (the writer was killed); it is left out"))
    yield from _Session(logged, on_problem, chosen or Chosen()).tasks()


class _Session:
    def __init__(self, logged: LoggedSession, on_problem: OnProblem, chosen: Chosen) -> None:
        self._logged = logged
        self._on_problem = on_problem
        self._chosen = chosen
        self._history: list[Exchange] = []

    def tasks(self) -> Iterator[Task]:
        since = self._chosen.since
        if since is not None and self._logged.header.created < since:
            return
        verdicts = _verdicts(self._logged)
        seen: set[int] = set()
        for records in self._logged.turns:
            header = self._header_before(records[0])
            model = str(header.fields.get("model", "")) if header is not None else ""
            if self._chosen.models and model not in self._chosen.models:
                continue
            turn = read_turn(self._whole(records))
            verdict = verdicts.get(turn.number, Verdict()) if turn.number not in seen else Verdict()
            seen.add(turn.number)
            yield self._task(turn, verdict, header)

    def _task(self, turn: LoggedTurn, verdict: Verdict, header: LogRecord | None) -> Task:
        tools = tool_docs(header.fields.get("tools")) if header is not None else ()
        style = str(header.fields.get("prompts", "")) if header is not None else ""
        model = str(header.fields.get("model", "")) if header is not None else ""
        task = Task(
            id=f"{self._logged.id}/{turn.number}",
            source=f"session log, {model or 'unknown model'}, {style or 'unknown'} prompts",
            question=turn.question,
            program=turn.program,
            ties=(f"session {self._logged.id}", *(f"function {entry}" for entry in sorted(turn.entries))),
            n_calls=Counter(call.category for call in turn.calls if call.category is not None),
        )
        if turn.status != "answered":
            return replace(task, dropped=_ENDS.get(turn.status, turn.status))
        history = self._history[-_N_HISTORY:]
        rows = _rows(task, turn, tools, history, verdict)
        if not rows and verdict.rating == "up":  # good as it is, and the correction can be no target
            verdict = Verdict("up")
            rows = _rows(task, turn, tools, history, verdict)
        if verdict.rating != "down" or verdict.correction:
            self._history.append(Exchange(turn.question, verdict.correction or turn.answer))
        notes = _notes(turn, verdict, corrected=bool(rows))
        if not rows:
            why = "rejected by a person" if not verdict.correction else "rejected; the correction can be no target"
            return replace(task, dropped=why, notes=notes)
        weight = _UP_WEIGHT if verdict.rating == "up" or verdict.correction else 1.0
        quality = (10.0 if weight > 1 else 0.0) - turn.n_repairs
        return replace(task, rows=tuple(replace(r, weight=weight) for r in rows), notes=notes, quality=quality)

    def _header_before(self, question: LogRecord) -> LogRecord | None:
        """The record `session` that the question belongs to: the last one before it (a resumed log has several)."""
        found = None
        for record in self._logged.records:
            if record is question:
                break
            if record.kind == "session":
                found = record
        return next(self._whole([found])) if found is not None else None

    def _whole(self, records: Sequence[LogRecord]) -> Iterator[LogRecord]:
        for record in records:
            try:
                yield self._logged.resolved(record)
            except SessionLogError as error:
                self._on_problem(Problem(self._logged.path, 0, f"{record.kind}: {error}"))
                yield record


def _rows(
    task: Task, turn: LoggedTurn, tools: Sequence[ToolDoc], history: Sequence[Exchange], verdict: Verdict
) -> tuple[Row, ...]:
    """Of both views."""
    made = calls_row(task, turn, tools, history, verdict)
    return (*((made,) if made is not None else ()), *code_rows(task, turn, tools, verdict))


def _verdicts(logged: LoggedSession) -> dict[int, Verdict]:
    """What a person said of each turn; the last word counts."""
    return {
        int(record.fields.get("turn") or 0): Verdict(
            str(record.fields.get("rating") or ""), str(record.fields.get("correction") or "").strip()
        )
        for record in logged.records
        if record.kind == "feedback"
    }


def _notes(turn: LoggedTurn, verdict: Verdict, *, corrected: bool) -> Counter[str]:
    notes: Counter[str] = Counter()
    notes["calls masked (MAE)"] = sum(c.category not in (None, Category.ALL_RIGHT) for c in turn.calls)
    notes["completions masked"] = sum(bool(stage.failed) for stage in turn.stages)
    notes["repairs kept"] = sum(stage.name == "review" and not stage.failed for stage in turn.stages)
    notes["thumbs up"] = int(verdict.rating == "up")
    notes["thumbs down"] = int(verdict.rating == "down")
    notes["corrections used"] = int(bool(verdict.correction) and corrected)
    return notes
