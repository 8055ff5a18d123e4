"""`python -m tests.perf.mae_report [--improve]`: precision and recall of the MAE classifier on labelled feedback.

tests/data/feedback_labels.jsonl was written by somebody who had not seen the classifier. A line belongs to one half by
the hash of its feedback: the half `improve` may be looked at while working on the classifier (`--improve` prints what
it got wrong there), the half `report` may not, and only its figures are published.
"""

from __future__ import annotations

import hashlib
import json
import sys
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from agent.calls.categories import Category
from train.mae.classify import classify

LABELS = Path(__file__).parents[1] / "data" / "feedback_labels.jsonl"
Half = Literal["improve", "report"]


@dataclass(frozen=True)
class Labelled:
    """One line of the file."""

    feedback: str
    category: Category
    kind: str

    @property
    def half(self) -> Half:
        return "improve" if hashlib.sha256(self.feedback.encode()).digest()[0] % 2 else "report"


@dataclass(frozen=True)
class Score:
    """Of one category: lines of it, lines said to be of it, and both."""

    n_gold: int
    n_said: int
    n_right: int

    @property
    def precision(self) -> float:
        return self.n_right / self.n_said if self.n_said else 0.0

    @property
    def recall(self) -> float:
        return self.n_right / self.n_gold if self.n_gold else 0.0


def labelled(path: Path = LABELS) -> list[Labelled]:
    """All lines of the file."""
    rows = (json.loads(line) for line in path.read_text("utf-8").splitlines() if line.strip())
    return [Labelled(row["feedback"], Category(row["category"]), str(row.get("kind", ""))) for row in rows]


def scores(rows: Iterable[Labelled]) -> dict[Category, Score]:
    """Precision and recall per category."""
    pairs = Counter((row.category, classify(row.feedback)) for row in rows)
    return {
        category: Score(
            sum(n for (gold, _), n in pairs.items() if gold is category),
            sum(n for (_, said), n in pairs.items() if said is category),
            pairs[category, category],
        )
        for category in Category
    }


def erroneous(rows: Iterable[Labelled]) -> Score:
    """The one question that masks: is it anything but All Right?"""
    right = Category.ALL_RIGHT
    pairs = Counter((row.category is not right, classify(row.feedback) is not right) for row in rows)
    return Score(pairs[True, True] + pairs[True, False], pairs[True, True] + pairs[False, True], pairs[True, True])


def table(rows: list[Labelled]) -> str:
    """Markdown."""
    lines = ["| category | lines | precision | recall |", "|---|---|---|---|"]
    by_category = scores(rows)
    lines += [f"| {c.value} | {s.n_gold} | {s.precision:.3f} | {s.recall:.3f} |" for c, s in by_category.items()]
    n_right = sum(s.n_right for s in by_category.values())
    masked = erroneous(rows)
    lines.append(f"| *any error (what masks)* | {masked.n_gold} | {masked.precision:.3f} | {masked.recall:.3f} |")
    return "\n".join([*lines, "", f"{n_right} of {len(rows)} right ({n_right / len(rows):.1%})"])


def main() -> None:
    half: Half = "improve" if "--improve" in sys.argv[1:] else "report"
    rows = [row for row in labelled() if row.half == half]
    sys.stdout.write(f"{half} half: {len(rows)} lines\n\n{table(rows)}\n")
    if half == "improve":
        for row in rows:
            if (said := classify(row.feedback)) is not row.category:
                sys.stdout.write(
                    f"\n[{row.kind}] {row.category.value} -> said {said.value}\n    {row.feedback[:400]!r}\n"
                )


if __name__ == "__main__":
    main()
