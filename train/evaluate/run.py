"""One evaluation from items to report: what `toolcoder train eval` calls, and what a promotion's gate calls.

Both give a predictor, or answers that are there already.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from agent.scoring.breakdown import FirstToken
from train.evaluate.answers import Answer, AnswerFile, Predictor
from train.evaluate.benchmark import Benchmark, load_items
from train.evaluate.episodes import play_all
from train.evaluate.folder import PREDICTIONS, EvalFolder, Outcome, sha256
from train.evaluate.heldout import records, turn_of
from train.evaluate.programs import ProgramRunner
from train.evaluate.replayed import Replay
from train.evaluate.report import Report, multi_report, single_report
from train.evaluate.singles import Judged, OnStep, ask_all, judge_all
from train.evaluate.stages import JudgedStage, ask_stages, judge_stage, stages_report
from train.formats.item import Item
from train.formats.problems import Problem
from train.rl.environment import Environment
from train.rows import CodeRow

Execute = Callable[[Sequence[Judged]], Mapping[str, bool]]
"""Runs the calls of judged items and says whose results are right (BFCL's executable categories)."""


@dataclass(frozen=True)
class Questions:
    """What is asked: the items of a split's file, and what of it could not be read."""

    benchmark: Benchmark
    split: str
    path: Path
    items: Sequence[Item]
    problems: tuple[Problem, ...]

    @classmethod
    def load(cls, benchmark: Benchmark, data: Path, split: str, limit: int | None = None) -> Questions:
        """
        Raises:
            DataError: there is nothing to ask.
        """
        path, items, problems = load_items(benchmark, data, split, limit)
        return cls(benchmark, split, path, items, tuple(problems))

    def ids(self) -> list[str]:
        return [item.id for item in self.items]

    def config(self, model_name: str, settings: Mapping[str, Any]) -> dict[str, Any]:
        """What an evaluation's folder is of."""
        return {
            "benchmark": self.benchmark.name,
            "split": self.split,
            "data_sha256": sha256(self.path),
            "model_name": model_name,
            "predictor": dict(settings),
        }


def evaluate_singles(
    questions: Questions,
    predictor: Predictor,
    out: Path | None,
    on_step: OnStep,
    first_token: FirstToken | None = None,
    execute: Execute | None = None,
) -> tuple[Report, tuple[str, ...]]:
    """Ask, judge, report; with a folder resumable. Gives the report and remarks.

    Raises:
        TrainError: the predictor's or the folder's.
    """
    folder = EvalFolder.open(out, questions.config(predictor.name, predictor.settings())) if out else None
    kept = folder.answers() if folder else AnswerFile()
    answers = ask_all(questions.items, predictor, kept, on_step)
    return judged_report(questions, answers, predictor.name, folder, first_token, execute)


def evaluate_answers(
    questions: Questions,
    answers: Mapping[str, Answer],
    name: str,
    out: Path | None,
    execute: Execute | None = None,
) -> tuple[Report, tuple[str, ...]]:
    """The same for answers that something else gave (a file's, the gold).

    Raises:
        DataError: the folder's.
    """
    folder = EvalFolder.open(out, questions.config(name, {})) if out else None
    if folder:
        kept = folder.answers()
        for item in questions.items:
            if item.id in answers and kept.known.get(item.id) != answers[item.id]:
                kept.add(item.id, answers[item.id])
    return judged_report(questions, answers, name, folder, None, execute)


def judged_report(
    questions: Questions,
    answers: Mapping[str, Answer],
    name: str,
    folder: EvalFolder | None,
    first_token: FirstToken | None = None,
    execute: Execute | None = None,
) -> tuple[Report, tuple[str, ...]]:
    """Verdicts, figures, and the folder's files."""
    benchmark = questions.benchmark
    judged = judge_all(questions.items, answers, benchmark, first_token)
    executed = execute(judged) if execute else {}
    report = single_report(benchmark.name, benchmark.title, questions.split, name, judged, executed)
    remarks = folder.finish(report, [_outcome(one, executed) for one in judged]) if folder else ()
    return report, remarks


def evaluate_episodes(
    questions: Questions, predictor: Predictor, environment: Environment, out: Path | None, on_step: OnStep
) -> tuple[Report, tuple[str, ...]]:
    """Work over several turns in an environment: DE, CE, VA.

    Raises:
        TrainError: the predictor's or the folder's.
    """
    config = questions.config(predictor.name, predictor.settings()) | {"turns": "several"}
    folder = EvalFolder.open(out, config) if out else None
    kept = folder.path / PREDICTIONS if folder else None
    episodes = play_all(questions.items, predictor, environment, kept, on_step)
    tagged = [(item.tags, episodes[item.id]) for item in questions.items]
    benchmark = questions.benchmark
    report = multi_report(benchmark.name, benchmark.title, questions.split, predictor.name, tagged)
    outcomes = [Outcome(item.id, {"va": episodes[item.id].is_valid}) for item in questions.items]
    return report, folder.finish(report, outcomes) if folder else ()


def evaluate_stages(
    path: Path,
    split: str,
    rows: Sequence[CodeRow],
    answering: Predictor | Mapping[str, Answer],
    name: str,
    out: Path | None,
    on_step: OnStep,
    runner: ProgramRunner | None = None,
) -> tuple[Report, tuple[str, ...]]:
    """The code view of held-out sessions, by a predictor or answers that are there. `runner` None: no program is run.

    Raises:
        TrainError: the predictor's or the folder's.
        SandboxError: the sandbox itself failed.
    """
    settings = {} if isinstance(answering, Mapping) else dict(answering.settings())
    config = {"benchmark": "heldout-code", "split": split, "data_sha256": sha256(path), "model_name": name}
    folder = EvalFolder.open(out, config | {"predictor": settings}) if out else None
    kept = folder.answers() if folder else AnswerFile()
    if isinstance(answering, Mapping):
        for key, answer in answering.items():
            if kept.known.get(key) != answer:
                kept.add(key, answer)
    else:
        ask_stages(rows, answering, kept, on_step)
    known = records(path.with_name(path.name.replace("code.", "calls.", 1)))
    replay = Replay(runner, known) if runner is not None else None
    judged = []
    for row in rows:
        given, turn = kept.known.get(row.id), turn_of(row)
        runs = replay.judge(row, turn, given.text if given is not None else None) if replay is not None else None
        judged.append(judge_stage(row, given, known.get(turn), runs))
    report = stages_report(split, name, judged)
    outcomes = [_stage_outcome(one) for one in judged]
    return report, folder.finish(report, outcomes) if folder else ()


def _stage_outcome(found: JudgedStage) -> Outcome:
    told = {"record": found.by_record, "runs": found.runs}
    beside = {name: right for name, right in told.items() if right is not None}
    return Outcome(found.row.id, {**vars(found.verdict), "same": found.is_same, **beside})


def _outcome(found: Judged, executed: Mapping[str, bool]) -> Outcome:
    error = found.error
    right = dict(vars(found.verdict))
    if found.item.id in executed:
        right["exec"] = executed[found.item.id]
    told = "" if error is None else f"{error.aspect}: {', '.join(sorted(error.kinds))}" if error.kinds else error.aspect
    return Outcome(found.item.id, right, told)
