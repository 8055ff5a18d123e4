"""One evaluation from items to report: what `toolcoder train eval` calls, and what a promotion's gate calls.

Both give a predictor, or answers that are there already.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from agent.scoring.breakdown import FirstToken
from train.evaluate.answers import Answer, AnswerFile, Predictor
from train.evaluate.benchmark import Benchmark, load_items
from train.evaluate.folder import EvalFolder, Outcome, sha256
from train.evaluate.report import Report, single_report
from train.evaluate.singles import Judged, OnStep, ask_all, judge_all
from train.formats.item import Item
from train.formats.problems import Problem


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
    questions: Questions, predictor: Predictor, out: Path | None, on_step: OnStep, first_token: FirstToken | None = None
) -> tuple[Report, tuple[str, ...]]:
    """Ask, judge, report; with a folder resumable. Gives the report and remarks.

    Raises:
        TrainError: the predictor's or the folder's.
    """
    folder = EvalFolder.open(out, questions.config(predictor.name, predictor.settings())) if out else None
    kept = folder.answers() if folder else AnswerFile()
    answers = ask_all(questions.items, predictor, kept, on_step)
    return judged_report(questions, answers, predictor.name, folder, first_token)


def evaluate_answers(
    questions: Questions, answers: Mapping[str, Answer], name: str, out: Path | None
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
    return judged_report(questions, answers, name, folder)


def judged_report(
    questions: Questions,
    answers: Mapping[str, Answer],
    name: str,
    folder: EvalFolder | None,
    first_token: FirstToken | None = None,
) -> tuple[Report, tuple[str, ...]]:
    benchmark = questions.benchmark
    judged = judge_all(questions.items, answers, benchmark, first_token)
    report = single_report(benchmark.name, benchmark.title, questions.split, name, judged)
    remarks = folder.finish(report, map(_outcome, judged)) if folder else ()
    return report, remarks


def _outcome(found: Judged) -> Outcome:
    error = found.error
    told = "" if error is None else f"{error.aspect}: {', '.join(sorted(error.kinds))}" if error.kinds else error.aspect
    return Outcome(found.item.id, vars(found.verdict), told)
