"""A person's held-out sessions: the code view, its programs run in the sandbox; and both views together."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, closing
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from train.errors import DataError
from train.evaluate.answers import Answer
from train.evaluate.benchmark import CODE_VIEW
from train.evaluate.folder import sha256
from train.evaluate.heldout import code_rows, items, rows_file
from train.evaluate.replayed import PROGRAM_STAGES
from train.evaluate.run import evaluate_stages
from train.formats.problems import Problem
from tui.train_eval.given import answers_given, data_of, default_out, name_of
from tui.train_eval.models import predictor_of
from tui.train_eval.request import EvalRequest

if TYPE_CHECKING:
    from train.evaluate.answers import Predictor
    from train.evaluate.programs import ProgramRunner
    from train.evaluate.report import Report
    from train.rows import CodeRow

SESSIONS = "sessions"
"""Both views, one after the other."""
Progress = Callable[[str, int], AbstractContextManager[Callable[[int], None]]]
Tell = Callable[[tuple[Problem, ...]], None]
Evaluated = tuple["Report", tuple[str, ...], Path | None]


def code_view(request: EvalRequest, progress: Progress, tell: Tell) -> Evaluated:
    """The code view of one split.

    Raises:
        DataError: there is nothing to ask.
        TrainError, AgentError, SandboxError: told by the command line.
    """
    split = request.split or "heldout"
    try:
        path = rows_file(data_of(request), "code", split)
    except FileNotFoundError as error:
        raise DataError(str(error), "--data is the folder that toolcoder train data wrote.") from None
    problems: list[Problem] = []
    rows = list(code_rows(path, problems.append))[: request.limit]
    tell(tuple(problems))
    if not rows:
        raise DataError(f"no completion to ask again in {path}", "Is it a file of toolcoder train data?")
    with ExitStack() as held:
        answering: Predictor | Mapping[str, Answer]
        if request.predictions is not None:
            right = {row.id: Answer(row.completion, ()) for row in rows}
            answering = answers_given(request, lambda: right, [row.id for row in rows])
            name, out = name_of(request), request.out
        else:
            answering = held.enter_context(closing(predictor_of(request)))
            name, out = answering.name, request.out or folder_of(answering, path, split)
        runner = _runner_for(rows, held, run=request.run)
        with progress("Held-out sessions, code", len(rows)) as on_step:
            report, remarks = evaluate_stages(path, split, rows, answering, name, out, on_step, runner)
    return report, remarks, out


def code_view_by(
    predictor: Predictor, path: Path, split: str, rows: Sequence[CodeRow], title: str, progress: Progress, *, run: bool
) -> Path:
    """The code view by a predictor that is there already; the folder of the evaluation.

    Raises:
        TrainError, SandboxError: told by the command line.
    """
    out = folder_of(predictor, path, split)
    with ExitStack() as held, progress(title, len(rows)) as on_step:
        runner = _runner_for(rows, held, run=run)
        evaluate_stages(path, split, rows, predictor, predictor.name, out, on_step, runner)
    return out


def folder_of(predictor: Predictor, path: Path, split: str) -> Path:
    """Where the evaluation of a predictor's code view is kept, where no place is named."""
    named = {"benchmark": CODE_VIEW, "split": split, "model_name": predictor.name, "data_sha256": sha256(path)}
    return default_out(named | dict(predictor.settings()))


def _runner_for(rows: Sequence[CodeRow], held: ExitStack, *, run: bool) -> ProgramRunner | None:
    """The sandbox, where there is a program to run and that is wanted; its kernel starts with the first one."""
    if not run or not any(row.stage in PROGRAM_STAGES for row in rows):
        return None
    from tui.train_eval.sandboxed import SandboxedPrograms

    return held.enter_context(SandboxedPrograms())


def views_of(request: EvalRequest) -> list[EvalRequest]:
    """A request for each view that the dataset has held out; where no tool was called, that is the code alone.

    Raises:
        DataError: it has none.
    """
    found = []
    for benchmark, view in (("heldout", "calls"), (CODE_VIEW, "code")):
        path = data_of(request) / f"{view}.{request.split or 'heldout'}.jsonl"
        if path.is_file() and path.stat().st_size and (view == "code" or next(items(path), None) is not None):
            found.append(replace(request, benchmark=benchmark, out=request.out / view if request.out else None))
    if not found:
        what = f"nothing is held out in {data_of(request)}"
        raise DataError(what, "--data is the folder that toolcoder train data wrote; it needs some more sessions.")
    return found
