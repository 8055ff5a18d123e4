"""The kinds of evaluation: single steps, work over several turns, the code view; each with a model or with answers."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

from train.errors import DataError
from train.evaluate.answers import Answer
from train.evaluate.benchmark import BENCHMARKS, CODE_VIEW
from train.evaluate.executable import executed
from train.evaluate.foreign_predictions import read_predictions
from train.evaluate.general import GENERAL, GeneralRequest, evaluate_general
from train.evaluate.heldout import code_rows, rows_file
from train.evaluate.run import (
    Execute,
    Questions,
    evaluate_answers,
    evaluate_episodes,
    evaluate_singles,
    evaluate_stages,
)
from train.evaluate.singles import gold_answers
from train.formats.problems import Problem
from train.templates import NAMES, template_named
from tui.failures import UsageProblem
from tui.train_eval.environments import environment_of
from tui.train_eval.models import first_token_of, predictor_of
from tui.train_eval.request import EvalRequest

if TYPE_CHECKING:
    from train.evaluate.answers import Predictor
    from train.evaluate.report import Report

GOLD = "gold"
Progress = Callable[[str, int], AbstractContextManager[Callable[[int], None]]]
Tell = Callable[[tuple[Problem, ...]], None]
Evaluated = tuple["Report", tuple[str, ...], Path | None]


def evaluated(request: EvalRequest, progress: Progress, tell: Tell) -> Evaluated:
    """The report, remarks, and the folder where there is one."""
    if request.benchmark == CODE_VIEW:
        return _code_view(request, progress, tell)
    if request.benchmark == GENERAL:
        return _general(request)
    benchmark = BENCHMARKS.get(request.benchmark)
    if benchmark is None:
        known = ", ".join((*BENCHMARKS, CODE_VIEW, GENERAL))
        raise UsageProblem(f"no benchmark is called {request.benchmark!r}", f"There are {known}.")
    data = _data(request)
    questions = Questions.load(benchmark, data, request.split or benchmark.splits[0], request.limit)
    tell(questions.problems)
    if benchmark.is_multi or request.multi:
        return _episodes(request, questions, progress)
    with ExitStack() as held:
        execute = _execute(request, held)
        if request.predictions is not None:
            answers = _answers(request, lambda: gold_answers(questions.items, benchmark), questions.ids())
            report, remarks = evaluate_answers(questions, answers, _name(request), request.out, execute)
            return report, remarks, request.out
        predictor = held.enter_context(closing(predictor_of(request)))
        out = request.out or default_out(questions.config(predictor.name, predictor.settings()))
        tokens = first_token_of(predictor)
        with progress(benchmark.title, len(questions.items)) as on_step:
            first_token = tokens.first_token if tokens else None
            report, remarks = evaluate_singles(questions, predictor, out, on_step, first_token, execute)
        return report, remarks, out


def _episodes(request: EvalRequest, questions: Questions, progress: Progress) -> Evaluated:
    if request.predictions is not None:
        raise UsageProblem("work over several turns needs a model", "Give --model; answers alone do not suffice.")
    environment = environment_of(request, questions.items)
    with closing(predictor_of(request)) as predictor:
        config = questions.config(predictor.name, predictor.settings()) | {"turns": "several"}
        out = request.out or default_out(config)
        with progress(questions.benchmark.title, len(questions.items)) as on_step:
            report, remarks = evaluate_episodes(questions, predictor, environment, out, on_step)
    return report, remarks, out


def _code_view(request: EvalRequest, progress: Progress, tell: Tell) -> Evaluated:
    split = request.split or "heldout"
    try:
        path = rows_file(_data(request), "code", split)
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
            answering = _answers(request, lambda: right, [row.id for row in rows])
            name, out = _name(request), request.out
        else:
            answering = held.enter_context(closing(predictor_of(request)))
            name = answering.name
            named = {"benchmark": CODE_VIEW, "split": split, "model_name": name}
            out = request.out or default_out(named | dict(answering.settings()))
        with progress("Held-out sessions", len(rows)) as on_step:
            report, remarks = evaluate_stages(path, split, rows, answering, name, out, on_step)
    return report, remarks, out


def _general(request: EvalRequest) -> Evaluated:
    """General ability; the sandbox is opened for HumanEval alone."""
    if request.predictions is not None:
        raise UsageProblem("general ability needs a model", "Give --model.")
    names = tuple(name.strip() for name in (request.split or "").split(",") if name.strip())
    asked = GeneralRequest(_data(request), names, request.limit, request.batch_size)
    kinds = asked.kinds()
    with ExitStack() as held:
        runner = None
        if any(kind.name == "humaneval" for kind in kinds):
            from tui.train_eval.sandboxed import SandboxedPrograms

            runner = held.enter_context(SandboxedPrograms())
        predictor = held.enter_context(closing(predictor_of(request)))
        named = {"benchmark": GENERAL, "split": "+".join(kind.name for kind in kinds), "model_name": predictor.name}
        out = request.out or default_out(named | {"limit": request.limit} | dict(predictor.settings()))
        report, remarks = evaluate_general(asked, predictor, runner, out)
    return report, remarks, out


def _answers(
    request: EvalRequest, gold: Callable[[], Mapping[str, Answer]], ids: Sequence[str]
) -> Mapping[str, Answer]:
    if request.predictions == GOLD:
        return gold()
    if request.template is not None and request.template not in NAMES:
        raise UsageProblem(f"no template is called {request.template!r}", f"There are {', '.join(NAMES)}.")
    parse = template_named(request.template).parse if request.template else None
    return read_predictions(Path(request.predictions or "").expanduser(), ids, parse)


def _name(request: EvalRequest) -> str:
    return GOLD if request.predictions == GOLD else Path(request.predictions or "").stem


def _data(request: EvalRequest) -> Path:
    return (request.data or Path()).expanduser()


def _execute(request: EvalRequest, held: ExitStack) -> Execute | None:
    """What runs the calls of BFCL's executable categories, where the file of functions is given."""
    if request.functions is None:
        return None
    from tui.train_eval.sandboxed import SandboxedPrograms

    functions = request.functions.expanduser().read_text(encoding="utf-8")
    runner = held.enter_context(SandboxedPrograms())
    return lambda judged: executed(judged, functions, runner)


def default_out(config: Mapping[str, Any]) -> Path:
    """`evals/rotbench-clean-NAME-...` in the state's home; the settings' hash is in the name, so that none collide."""
    from agent.home import private_folder, state_home

    text = json.dumps(config, sort_keys=True, default=str)
    name = f"{config['benchmark']}-{config['split']}-{config['model_name']}"
    slug = re.sub(r"[^\w.-]+", "_", name)[:80]
    return private_folder(state_home() / "evals") / f"{slug}-{hashlib.sha256(text.encode()).hexdigest()[:8]}"
