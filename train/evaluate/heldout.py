"""A person's held-out sessions, as `toolcoder train data` wrote them: both views.

Calls: every turn of a trajectory that calls tools rightly becomes a question, with what went before as its context; the
calls of that turn are the gold. Code: every right completion of a stage becomes a question; see `code_view`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from agent.calls.categories import Category
from agent.scoring.gold import Gold, GoldCall
from train.formats.item import Item
from train.formats.problems import OnProblem, Problem, no_matter
from train.rows import BadRow, Call, Called, CallsRow, CodeRow, parse_row


def rows_file(folder: Path, view: str, split: str) -> Path:
    """`calls.heldout.jsonl` and its like.

    Raises:
        FileNotFoundError: there is none.
    """
    path = folder if folder.is_file() else folder / f"{view}.{split}.jsonl"
    if not path.is_file():
        raise FileNotFoundError(f"no {path.name} in {folder}")
    return path


def items(path: Path, on_problem: OnProblem = no_matter) -> Iterator[Item]:
    """The questions of a file of calls rows; where rows share an id, theirs are made unique."""
    seen: dict[str, int] = {}
    for row in _rows(path, on_problem):
        if not isinstance(row, CallsRow):
            continue
        n_same = seen[row.id] = seen.get(row.id, -1) + 1
        row_id = f"{row.id}/{n_same}" if n_same else row.id
        for n, turn in enumerate(row.turns):
            if not isinstance(turn, Called) or not turn.is_target:
                continue
            right = tuple(GoldCall.of(call.name, call.args) for call in turn.calls if call.is_target)
            if right:
                tags = (row.source,) if row.source else ()
                yield Item(f"{row_id}#{n}", row.tools, row.turns[:n], Gold((right,)), tags)


@dataclass(frozen=True)
class Returned:
    """What a call gave back: its value; where it was not `ok`, the kind and the message of the error."""

    name: str
    args: Mapping[str, Any]
    ok: bool
    value: Any


@dataclass(frozen=True)
class Record:
    """What the broker saw of one answered turn: the calls that were right, and each tool's parameters in order.

    `returned`: of all calls whose result is whole (long ones are shortened in a dataset). `defaults`: of parameters.
    """

    calls: tuple[Call, ...]
    parameters: Mapping[str, tuple[str, ...]]
    returned: tuple[Returned, ...] = ()
    defaults: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)


def records(path: Path) -> dict[str, Record]:
    """The record of each turn (`SESSION/TURN`) from the calls rows that lie beside the code rows; {} without them."""
    found: dict[str, Record] = {}
    for row in _rows(path, no_matter) if path.is_file() else ():
        if isinstance(row, CallsRow):
            made = [call for turn in row.turns if isinstance(turn, Called) for call in turn.calls]
            right = tuple(call for call in made if call.category is Category.ALL_RIGHT)
            schemas = {tool.name: tool.parameters.get("properties") or {} for tool in row.tools}
            defaults = {
                name: {key: of["default"] for key, of in schema.items() if isinstance(of, Mapping) and "default" in of}
                for name, schema in schemas.items()
            }
            parameters = {name: tuple(schema) for name, schema in schemas.items()}
            found[turn_of(row)] = Record(right, parameters, tuple(_returned(row)), defaults)
    return found


def _returned(row: CallsRow) -> Iterator[Returned]:
    """Results follow their calls, in order."""
    waiting: list[Call] = []
    for turn in row.turns:
        if isinstance(turn, Called):
            waiting = list(turn.calls)
        elif turn.role == "tool" and waiting:
            call = waiting.pop(0)
            if call.category is not Category.ALL_RIGHT:
                kind, _, message = turn.text.partition(": ")
                yield Returned(call.name, call.args, False, [kind, message])
                continue
            try:
                yield Returned(call.name, call.args, True, json.loads(turn.text))
            except ValueError:
                continue


def turn_of(row: CallsRow | CodeRow) -> str:
    """`SESSION/TURN` of a row's id (`SESSION/TURN/calls`, `SESSION/TURN/5-implement`)."""
    return row.id.rpartition("/")[0]


def code_rows(path: Path, on_problem: OnProblem = no_matter) -> Iterator[CodeRow]:
    """The right completions of a file of code rows; their ids are made unique."""
    seen: dict[str, int] = {}
    for row in _rows(path, on_problem):
        if isinstance(row, CodeRow) and row.is_target:
            n = seen[row.id] = seen.get(row.id, -1) + 1
            yield replace(row, id=f"{row.id}#{n}") if n else row


def _rows(path: Path, on_problem: OnProblem) -> Iterator[CallsRow | CodeRow]:
    with path.open("rb") as file:
        for number, line in enumerate(file, 1):
            if not line.strip():
                continue
            try:
                yield parse_row(line)
            except BadRow as error:
                on_problem(Problem(path, number, str(error)))
