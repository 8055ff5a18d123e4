"""The gate before a run becomes the default model: no worse than what it replaces, on two sets of questions.

The held-out sessions say whether it learned; the frozen set, which stays the same from promotion to promotion, says
whether it forgot. On both, in both views, every figure of `GATED` must be at least as high. With few questions that
is strict, and meant so: a model that is worse by chance is not missed, one that is better shows it again with more
sessions. A run that gets nothing right is no worse than another such, and no model to ask.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from train.errors import DataError
from train.evaluate.compare import Comparison
from train.evaluate.heldout import turn_of
from train.rows import BadRow, parse_row

LEAST_ITEMS = 20
FROZEN_ITEMS = 200
"""Lines of held-out rows that the first promotion freezes."""
HELDOUT_FILES = {"calls": "calls.heldout.jsonl", "code": "code.heldout.jsonl"}
GATED = {"heldout": ("ts", "pi", "cf"), "heldout-code": ("cf", "record", "runs")}
"""Of each view. In the code view: the calls of all stages that write code, the calls of whole programs, and whether
they end as the right ones do. The same words are not asked for: a program may be written otherwise."""


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
        gated = {name: found.figures[name] for name in GATED.get(found.benchmark, ()) if name in found.figures}
        if not any(pair.b for pair in gated.values()):
            reasons.append(f"{name}: it gets nothing right")
        for figure, pair in gated.items():
            if pair.b < pair.a:
                reasons.append(f"{name}: {figure.upper()} {pair.b:.2f} against {pair.a:.2f} of {found.a}")
    return Verdict(not reasons, tuple(reasons))


def freeze(heldout: Path, frozen: Path) -> Path:
    """The frozen set's folder: as it is, or made once from the first held-out rows, of both views.

    Raises:
        DataError: there are no held-out rows.
    """
    if any((frozen / name).is_file() for name in HELDOUT_FILES.values()):
        return frozen
    kept: set[str] = set()  # the turns of the first view: the other view is of the same
    for name in HELDOUT_FILES.values():
        source = heldout / name
        if not source.is_file() or not source.stat().st_size:
            continue
        frozen.mkdir(parents=True, exist_ok=True)
        scratch = frozen / f".{name}"
        with source.open("rb") as lines, scratch.open("wb") as out:
            chosen = (line for line in lines if not kept or _turn(line) in kept)
            out.writelines(islice(chosen, FROZEN_ITEMS))
        kept = kept or set(map(_turn, scratch.read_bytes().splitlines()))
        shutil.move(scratch, frozen / name)
    if not frozen.is_dir():
        raise DataError(f"nothing is held out in {heldout}", "Make a dataset with: toolcoder train data")
    return frozen


def _turn(line: bytes) -> str:
    try:
        return turn_of(parse_row(line))
    except BadRow:
        return ""


def record(path: Path, run: Path, replaced: str, comparisons: Sequence[Comparison]) -> None:
    """Append to the list of promotions, so that a person can go back to the model before."""
    path.parent.mkdir(parents=True, exist_ok=True)
    line = {"run": str(run), "replaced": replaced, "comparisons": [found.json() for found in comparisons]}
    with path.open("a", encoding="utf-8") as file:
        file.write(json.dumps(line, ensure_ascii=False) + "\n")
