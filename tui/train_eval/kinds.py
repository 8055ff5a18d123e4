"""The kinds of evaluation: single steps, work over several turns, the code view; each with a model or with answers."""

from __future__ import annotations

from contextlib import ExitStack, closing

from train.evaluate.benchmark import BENCHMARKS, CODE_VIEW
from train.evaluate.executable import executed
from train.evaluate.general import GENERAL, GeneralRequest, evaluate_general
from train.evaluate.run import (
    Execute,
    Questions,
    evaluate_answers,
    evaluate_episodes,
    evaluate_singles,
)
from train.evaluate.singles import gold_answers
from tui.failures import UsageProblem
from tui.train_eval.environments import environment_of
from tui.train_eval.given import answers_given, data_of, default_out, name_of
from tui.train_eval.models import first_token_of, predictor_of
from tui.train_eval.request import EvalRequest
from tui.train_eval.sessions import SESSIONS, Evaluated, Progress, Tell, code_view


def evaluated(request: EvalRequest, progress: Progress, tell: Tell) -> Evaluated:
    """The report, remarks, and the folder where there is one."""
    if request.benchmark == CODE_VIEW:
        return code_view(request, progress, tell)
    if request.benchmark == GENERAL:
        return _general(request)
    benchmark = BENCHMARKS.get(request.benchmark)
    if benchmark is None:
        known = ", ".join((SESSIONS, *BENCHMARKS, CODE_VIEW, GENERAL))
        raise UsageProblem(f"no benchmark is called {request.benchmark!r}", f"There are {known}.")
    data = data_of(request)
    questions = Questions.load(benchmark, data, request.split or benchmark.splits[0], request.limit)
    tell(questions.problems)
    if benchmark.is_multi or request.multi:
        return _episodes(request, questions, progress)
    with ExitStack() as held:
        execute = _execute(request, held)
        if request.predictions is not None:
            answers = answers_given(request, lambda: gold_answers(questions.items, benchmark), questions.ids())
            report, remarks = evaluate_answers(questions, answers, name_of(request), request.out, execute)
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


def _general(request: EvalRequest) -> Evaluated:
    """General ability; the sandbox is opened for HumanEval alone."""
    if request.predictions is not None:
        raise UsageProblem("general ability needs a model", "Give --model.")
    names = tuple(name.strip() for name in (request.split or "").split(",") if name.strip())
    asked = GeneralRequest(data_of(request), names, request.limit, request.batch_size, request.n_new)
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


def _execute(request: EvalRequest, held: ExitStack) -> Execute | None:
    """What runs the calls of BFCL's executable categories, where the file of functions is given."""
    if request.functions is None:
        return None
    from tui.train_eval.sandboxed import SandboxedPrograms

    functions = request.functions.expanduser().read_text(encoding="utf-8")
    runner = held.enter_context(SandboxedPrograms())
    return lambda judged: executed(judged, functions, runner)
