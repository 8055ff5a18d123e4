"""The body of `toolcoder train eval`: which evaluation it is, its progress, what is printed."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from train.evaluate.benchmark import BENCHMARKS, Benchmark
from train.evaluate.compare import compare, comparison_markdown
from train.evaluate.foreign_predictions import read_predictions
from train.evaluate.report import Report, markdown
from train.evaluate.run import Questions, evaluate_answers, evaluate_singles
from train.evaluate.singles import gold_answers
from train.templates import NAMES, template_named
from tui.failures import UsageProblem
from tui.plain import plain, plain_json
from tui.standard_streams import emit, narrate
from tui.train_eval.models import first_token_of, predictor_of
from tui.train_eval.request import EvalRequest

if TYPE_CHECKING:
    from train.evaluate.answers import Predictor

GOLD = "gold"
_MOST_PROBLEMS = 5


def run_eval(request: EvalRequest) -> None:
    """Evaluate or compare, and print.

    Raises:
        UsageProblem, AgentError, TrainError: told by the command line.
    """
    if request.compare is not None:
        _compare(request)
        return
    if (request.model is None) == (request.predictions is None):
        raise UsageProblem("what is to be evaluated?", "Give --model, or --predictions FILE, or --predictions gold.")
    benchmark = _benchmark(request)
    if request.data is None:
        raise UsageProblem("where are the benchmark's files?", "Give --data DIR; nothing is ever downloaded.")
    questions = Questions.load(benchmark, request.data, request.split or benchmark.splits[0], request.limit)
    for problem in questions.problems[:_MOST_PROBLEMS]:
        narrate(f"left out: {plain(str(problem))}\n")
    if len(questions.problems) > _MOST_PROBLEMS:
        narrate(f"and {len(questions.problems) - _MOST_PROBLEMS} more\n")
    if request.predictions is not None:
        report, remarks = _of_answers(request, questions)
        _print(report, remarks, request.out, as_json=request.as_json)
        return
    predictor = predictor_of(request)
    out = request.out or default_out(questions, predictor)
    with progress(questions.benchmark.title, len(questions.items)) as on_step:
        tokens = first_token_of(predictor)
        report, remarks = evaluate_singles(questions, predictor, out, on_step, tokens.first_token if tokens else None)
    _print(report, remarks, out, as_json=request.as_json)


def _benchmark(request: EvalRequest) -> Benchmark:
    found = BENCHMARKS.get(request.benchmark)
    if found is None:
        raise UsageProblem(f"no benchmark is called {request.benchmark!r}", f"There are {', '.join(BENCHMARKS)}.")
    return found


def _of_answers(request: EvalRequest, questions: Questions) -> tuple[Report, tuple[str, ...]]:
    if request.predictions == GOLD:
        return evaluate_answers(questions, gold_answers(questions.items, questions.benchmark), GOLD, request.out)
    if request.template is not None and request.template not in NAMES:
        raise UsageProblem(f"no template is called {request.template!r}", f"There are {', '.join(NAMES)}.")
    path = Path(request.predictions or "").expanduser()
    parse = template_named(request.template).parse if request.template else None
    answers = read_predictions(path, [item.id for item in questions.items], parse)
    return evaluate_answers(questions, answers, path.stem, request.out)


def default_out(questions: Questions, predictor: Predictor) -> Path:
    """`evals/rotbench-clean-NAME-...` in the state's home: the settings are part of the name, so that none collide."""
    import hashlib
    import json

    from agent.home import private_folder, state_home

    config = json.dumps(questions.config(predictor.name, predictor.settings()), sort_keys=True, default=str)
    name = f"{questions.benchmark.name}-{questions.split}-{predictor.name}"
    slug = re.sub(r"[^\w.-]+", "_", name)[:80]
    return private_folder(state_home() / "evals") / f"{slug}-{hashlib.sha256(config.encode()).hexdigest()[:8]}"


@contextmanager
def progress(title: str, n_items: int) -> Iterator[Callable[[int], None]]:
    """A bar on stderr; gives what to call with the number of items done."""
    import time

    from train.runs.progress import RunProgress

    began, first = time.monotonic(), [-1]

    with RunProgress(title, n_items) as bar:

        def on_step(n_done: int) -> None:
            first[0] = n_done if first[0] < 0 else first[0]
            speed = (n_done - first[0]) / max(time.monotonic() - began, 1e-6)
            bar.step(n_done, {"samples_per_s": speed})

        yield on_step


def _print(report: Report, remarks: tuple[str, ...], out: Path | None, *, as_json: bool) -> None:
    for remark in remarks:
        narrate(f"{remark}\n")
    if out is not None:
        narrate(f"kept in {plain(str(out))}\n")
    found: dict[str, Any] = report.json() | {"folder": str(out) if out else None}
    emit(plain_json(found, indent=2) + "\n" if as_json else plain(markdown(report)))


def _compare(request: EvalRequest) -> None:
    assert request.compare is not None
    found = compare(*request.compare)
    emit(plain_json(found.json(), indent=2) + "\n" if request.as_json else plain(comparison_markdown(found)))
