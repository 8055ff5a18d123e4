"""The body of `toolcoder train eval`: which evaluation it is, its progress, what is printed."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from train.evaluate.benchmark import CODE_VIEW
from train.evaluate.compare import compare, comparison_markdown
from train.evaluate.report import Report, markdown
from train.formats.problems import Problem
from tui.failures import UsageProblem
from tui.plain import plain, plain_json
from tui.standard_streams import emit, narrate
from tui.train_data import default_folder
from tui.train_eval.given import name_of
from tui.train_eval.kinds import evaluated
from tui.train_eval.request import EvalRequest
from tui.train_eval.sessions import SESSIONS, views_of

_MOST_PROBLEMS = 5
_BETWEEN_S = 0.3


def run_eval(request: EvalRequest) -> None:
    """Evaluate or compare, and print.

    Raises:
        UsageProblem, AgentError, SandboxError, TrainError: told by the command line.
    """
    if request.compare is not None:
        _compare(*request.compare, as_json=request.as_json)
        return
    if (request.model is None) == (request.predictions is None):
        raise UsageProblem("what is to be evaluated?", "Give --model, or --predictions FILE, or --predictions gold.")
    if request.benchmark in ("", SESSIONS):
        _sessions(replace(request, benchmark=SESSIONS, data=request.data or default_folder()))
        return
    if request.data is None:
        raise UsageProblem("where are the benchmark's files?", "Give --data DIR; nothing is ever downloaded.")
    found = _told(*evaluated(request, progress, tell), as_json=request.as_json)
    if request.as_json:
        emit(plain_json(found, indent=2) + "\n")


def _sessions(request: EvalRequest) -> None:
    """Both views, as far as the dataset has them."""
    found: dict[str, Any] = {"benchmark": SESSIONS, "model": request.model or name_of(request)}
    for view in views_of(request):
        key = "code" if view.benchmark == CODE_VIEW else "calls"
        found[key] = _told(*evaluated(view, progress, tell), as_json=request.as_json)
    if request.as_json:
        emit(plain_json(found, indent=2) + "\n")


def _compare(a: Path, b: Path, *, as_json: bool) -> None:
    """Two evaluations; of sessions view by view."""
    views = [view for view in ("calls", "code") if all((folder / view).is_dir() for folder in (a, b))]
    found = {view: compare(a / view, b / view) for view in views} or {"": compare(a, b)}
    if as_json:
        told = {view: one.json() for view, one in found.items()}
        emit(plain_json(told.get("", {"benchmark": SESSIONS, **told}), indent=2) + "\n")
    else:
        emit(plain("\n".join(map(comparison_markdown, found.values()))))


def tell(problems: tuple[Problem, ...]) -> None:
    """What of the data could not be read."""
    for problem in problems[:_MOST_PROBLEMS]:
        narrate(f"left out: {plain(str(problem))}\n")
    if len(problems) > _MOST_PROBLEMS:
        narrate(f"left out: {len(problems) - _MOST_PROBLEMS} more\n")


@contextmanager
def progress(title: str, n_items: int) -> Iterator[Callable[[int], None]]:
    """A bar on stderr; gives what to call with the number of items done."""
    from train.runs.progress import RunProgress

    began = told = time.monotonic()
    n_before: int | None = None
    with RunProgress(title, n_items) as bar:

        def on_step(n_done: int) -> None:
            nonlocal n_before, told
            now = time.monotonic()
            is_first, n_before = n_before is None, n_done if n_before is None else n_before
            if is_first:
                bar.goes_on(n_done)
            # The answers of a batch come at once: told one by one, they would look like a speed of thousands.
            if is_first or n_done >= n_items or now - told >= _BETWEEN_S:
                told = now
                bar.step(n_done, {"samples_per_s": (n_done - n_before) / max(now - began, 1e-6)})

        yield on_step


def _told(report: Report, remarks: tuple[str, ...], out: Path | None, *, as_json: bool) -> dict[str, Any]:
    """The report's object; as words it is printed at once."""
    for remark in remarks:
        narrate(f"{remark}\n")
    if out is not None:
        narrate(f"kept in {plain(str(out))}\n")
    if not as_json:
        emit(plain(markdown(report)))
    return report.json() | {"folder": str(out) if out else None}
