"""The gate before a run becomes the default model: no worse than what it replaces, on two sets of questions.

The held-out sessions say whether it learned; the frozen set, which stays the same from promotion to promotion, says
whether it forgot. On both every figure (TS, PI, CF) must be at least as high. With few questions that is strict, and
meant so: a model that is worse by chance is not missed, one that is better shows it again with more sessions.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from train.errors import DataError
from train.evaluate.compare import Comparison

LEAST_ITEMS = 20
FROZEN_ITEMS = 200
"""Lines of held-out rows that the first promotion freezes."""
HELDOUT_FILE = "calls.heldout.jsonl"


@dataclass(frozen=True)
class Verdict:
    """`reasons`: why not, one for each failing figure; empty where it is promoted."""

    is_promoted: bool
    reasons: tuple[str, ...]


def judge(comparisons: Mapping[str, Comparison], least: int = LEAST_ITEMS) -> Verdict:
    """`comparisons`: by the set's name; `a` is the model in use, `b` the run."""
    reasons = []
    for name, found in comparisons.items():
        n_items = next(iter(found.figures.values())).n
        if n_items < least:
            reasons.append(f"{name}: {n_items} questions say too little, {least} are needed")
        for figure, pair in found.figures.items():
            if pair.b < pair.a:
                reasons.append(f"{name}: {figure.upper()} {pair.b:.2f} against {pair.a:.2f} of {found.a}")
    return Verdict(not reasons, tuple(reasons))


def freeze(heldout: Path, frozen: Path) -> Path:
    """The frozen set's folder: as it is, or made once from the first held-out rows.

    Raises:
        DataError: there are no held-out rows.
    """
    kept = frozen / HELDOUT_FILE
    if kept.is_file():
        return frozen
    source = heldout / HELDOUT_FILE
    if not source.is_file():
        raise DataError(f"no {HELDOUT_FILE} in {heldout}", "Make one with: toolcoder train data")
    frozen.mkdir(parents=True, exist_ok=True)
    scratch = frozen / f".{HELDOUT_FILE}"
    with source.open("rb") as lines, scratch.open("wb") as out:
        for number, line in enumerate(lines):
            if number == FROZEN_ITEMS:
                break
            out.write(line)
    shutil.move(scratch, kept)
    return frozen


def record(path: Path, run: Path, replaced: str, comparisons: Sequence[Comparison]) -> None:
    """Append to the list of promotions, so that a person can go back to the model before."""
    path.parent.mkdir(parents=True, exist_ok=True)
    line = {"run": str(run), "replaced": replaced, "comparisons": [found.json() for found in comparisons]}
    with path.open("a", encoding="utf-8") as file:
        file.write(json.dumps(line, ensure_ascii=False) + "\n")
