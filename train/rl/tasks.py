"""Rows of a dataset as tasks: every right call of a trajectory is one question, what came before it is its prompt."""

from __future__ import annotations

import json
import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from train.errors import DataError
from train.rl.environment import Task
from train.rows import BadRow, Called, CallsRow, parse_row


@dataclass
class TaskReport:
    """What became of the rows; `left_out` counts by reason."""

    n_rows: int = 0
    n_tasks: int = 0
    left_out: dict[str, int] = field(default_factory=dict)

    def leave(self, why: str) -> None:
        self.left_out[why] = self.left_out.get(why, 0) + 1


def tasks_of(rows: Iterable[CallsRow], report: TaskReport, *, from_start: bool = False) -> tuple[Task, ...]:
    """Tasks against gold: the target calls of each assistant's turn. Masked calls are context and never gold.

    `from_start`: one task a row, for roll-outs in an environment; its gold are all right calls, any of which counts.
    """
    tasks: list[Task] = []
    for row in rows:
        report.n_rows += 1
        names = {tool.name for tool in row.tools}
        turns = [(k, turn) for k, turn in enumerate(row.turns) if isinstance(turn, Called) and turn.is_target]
        golds = [(k, tuple(call for call in turn.calls if call.is_target)) for k, turn in turns]
        golds = [(k, calls) for k, calls in golds if calls]
        if not golds:
            report.leave("no right call")
        elif any(call.name not in names for _, calls in golds for call in calls):
            report.leave("its gold calls a tool that it does not declare")
        elif from_start:
            every = tuple((call,) for _, calls in golds for call in calls)
            tasks.append(Task(row.id, row.tools, row.turns[: golds[0][0]], every))
        else:
            tasks += [Task(f"{row.id}#{k}", row.tools, row.turns[:k], (calls,)) for k, calls in golds]
    report.n_tasks = len(tasks)
    return tuple(tasks)


def read_calls_rows(path: Path) -> tuple[CallsRow, ...]:
    """The rows of a file, or of `calls.train.jsonl` in a folder that `train data` wrote.

    Raises:
        DataError: there is no such file, or a line of it is no row of calls.
    """
    file = path / "calls.train.jsonl" if path.is_dir() else path
    rows: list[CallsRow] = []
    number = 0
    try:
        with file.open("rb") as lines:
            for line in lines:
                number += 1
                if not line.strip():
                    continue
                row = parse_row(line)
                if not isinstance(row, CallsRow):
                    raise BadRow("a row of the code view; this needs the calls view")
                rows.append(row)
    except OSError as error:
        hint = "Name a folder that `toolcoder train data` wrote, or a file of rows of calls."
        raise DataError(f"cannot read {file}: {error.strerror}", hint) from error
    except BadRow as error:
        raise DataError(f"{file}, line {number}: {error}", "Write the data anew, or take the line out.") from error
    if not rows:
        raise DataError(f"{file} is empty", "Record sessions, or import trajectories, by `toolcoder train data`.")
    return tuple(rows)


def order_of(n_tasks: int, batch_size: int, step: int, seed: int) -> list[int]:
    """Which tasks step `step` (from 0) takes: each pass over the tasks has an order of its own, known without state.

    A last batch that is not full is filled from the next pass, so that every step is of one size.
    """
    chosen: list[int] = []
    for at in range(step * batch_size, (step + 1) * batch_size):
        epoch, within = divmod(at, n_tasks)
        order = list(range(n_tasks))
        random.Random(f"{seed}/{epoch}").shuffle(order)
        chosen.append(order[within])
    return chosen


def n_steps_of(n_tasks: int, batch_size: int, n_epochs: int) -> int:
    """Steps that go over all tasks `n_epochs` times."""
    return -(-n_tasks * n_epochs // batch_size)


def signature(tasks: Sequence[Task]) -> str:
    """A short text that differs where the tasks do: a resumed run must meet the same ones."""
    import hashlib

    ids = json.dumps([task.id for task in tasks])
    return f"{len(tasks)} tasks, {hashlib.sha256(ids.encode()).hexdigest()[:12]}"
