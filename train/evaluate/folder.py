"""The folder of one evaluation: what was asked of whom, every raw answer, every verdict, the report.

eval/
├── config.json        benchmark, split, the data's hash, what the predictor's answers depend on
├── predictions.jsonl  raw answers, appended as they come: what is there is not asked again
├── verdicts.jsonl     {"id", "right": {"ts", "pi", "cf"}, "error"}: what a comparison of two runs reads
├── report.json        the figures
├── README.md          the same as tables
└── plot.png
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from train.errors import DataError
from train.evaluate.answers import AnswerFile
from train.evaluate.plot import draw
from train.evaluate.report import Report, markdown
from train.runs.files import read_object, replace_json, replace_text

CONFIG, PREDICTIONS, VERDICTS, REPORT, CARD, PLOT = (
    "config.json",
    "predictions.jsonl",
    "verdicts.jsonl",
    "report.json",
    "README.md",
    "plot.png",
)


@dataclass(frozen=True)
class Outcome:
    """One item's verdict: a truth per figure (`ts`, `pi`, `cf`; `va`), and why it failed where it did."""

    id: str
    right: Mapping[str, bool]
    error: str = ""


@dataclass(frozen=True)
class EvalFolder:
    """Made by `open`."""

    path: Path

    @classmethod
    def open(cls, path: Path, config: Mapping[str, Any]) -> EvalFolder:
        """A new folder, or one that was begun under the same config and goes on.

        Raises:
            DataError: it holds an evaluation of something else.
        """
        kept = path / CONFIG
        wanted = json.loads(json.dumps(dict(config), default=str))
        if kept.is_file():
            found = _object(kept)
            differing = sorted(key for key in {*found, *wanted} if found.get(key) != wanted.get(key))
            if differing and (path / PREDICTIONS).is_file():
                what = f"{path} holds an evaluation with another {' and '.join(differing)}"
                raise DataError(what, "Choose another folder by --out, or remove that one.")
        elif path.exists() and (not path.is_dir() or any(path.iterdir())):
            raise DataError(f"{path} exists and is no evaluation", "Choose another folder by --out.")
        path.mkdir(parents=True, exist_ok=True)
        replace_json(kept, wanted)
        return cls(path)

    def answers(self) -> AnswerFile:
        return AnswerFile.open(self.path / PREDICTIONS)

    def finish(self, report: Report, outcomes: Iterable[Outcome]) -> tuple[str, ...]:
        """Write verdicts, figures, tables and the plot; what could not be made, in words."""
        lines = [json.dumps(vars(outcome), ensure_ascii=False) for outcome in outcomes]
        replace_text(self.path / VERDICTS, "".join(f"{line}\n" for line in lines))
        replace_json(self.path / REPORT, report.json())
        replace_text(self.path / CARD, markdown(report))
        return () if draw(report, self.path / PLOT) else ("no plot: matplotlib is not installed",)


def read_outcomes(path: Path) -> tuple[dict[str, Any], dict[str, Outcome]]:
    """Config and verdicts of a finished evaluation.

    Raises:
        DataError: it is none, or is not finished.
    """
    file = path / VERDICTS
    if not file.is_file():
        hint = "A folder that `toolcoder train eval --out` made, and finished."
        raise DataError(f"{path} has no {VERDICTS}: it is no finished evaluation", hint)
    found = {}
    for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1):
        try:
            data = json.loads(line)
            right = {str(name): bool(value) for name, value in data["right"].items()}
            found[str(data["id"])] = Outcome(str(data["id"]), right, str(data.get("error", "")))
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise DataError(f"{file}:{number}: no verdict: {error}", "Run that evaluation again.") from error
    return _object(path / CONFIG), found


def _object(path: Path) -> dict[str, Any]:
    return read_object(path, DataError, "Choose another folder by --out.")


def sha256(path: Path) -> str:
    """Of a file of data: so that answers to other questions are not taken for these."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while piece := file.read(1 << 20):
            digest.update(piece)
    return digest.hexdigest()
