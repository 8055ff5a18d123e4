"""The card of a dataset: what is in it, what went wrong in it, what was left out and why."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from agent.calls.categories import Category
from train.data.lengths import Lengths
from train.data.split import SPLITS, Split

PAPER_TASKS = 1217
"""Trajectories that the paper's SFT was trained on."""
ENOUGH_HELDOUT = 30
"""Held-out tasks below which a difference of ten points is within chance."""


@dataclass
class Kept:
    """What one view has in one split. `n_targets`: rows that the loss sees; the others are failed attempts."""

    n_rows: int = 0
    n_targets: int = 0


@dataclass
class Card:
    """Filled while a dataset is made; `as_object` is `card.json`."""

    n_files: int = 0
    n_read: int = 0
    """Tasks that were read."""
    n_tasks: dict[Split, int] = field(default_factory=lambda: dict.fromkeys(SPLITS, 0))
    n_groups: int = 0
    largest_group: int = 0
    views: dict[str, dict[Split, Kept]] = field(
        default_factory=lambda: {view: {split: Kept() for split in SPLITS} for view in ("calls", "code")}
    )
    stages: Counter[str] = field(default_factory=Counter)
    sources: Counter[str] = field(default_factory=Counter)
    categories: Counter[Category] = field(default_factory=Counter)
    n_tasks_with_error: int = 0
    n_tasks_with_call: int = 0
    dropped: Counter[str] = field(default_factory=Counter)
    notes: Counter[str] = field(default_factory=Counter)
    scrubbed: Counter[str] = field(default_factory=Counter)
    problems: list[str] = field(default_factory=list)
    n_problems: int = 0
    lengths: dict[str, Lengths] = field(default_factory=lambda: {"calls": Lengths(), "code": Lengths()})
    counted: str = ""
    max_tokens: int | None = None
    enough_tasks: int = 200
    seed: int = 0

    @property
    def n_missing(self) -> int:
        """Tasks that are missing to train on."""
        return max(0, self.enough_tasks - self.n_tasks["train"])

    def as_object(self) -> dict[str, Any]:
        """As JSON."""
        n_kept = sum(self.n_tasks.values())
        return {
            "n_files": self.n_files,
            "n_tasks_read": self.n_read,
            "n_tasks": {**self.n_tasks, "all": n_kept},
            "n_groups": self.n_groups,
            "largest_group": self.largest_group,
            "rows": {view: {split: asdict(kept) for split, kept in of.items()} for view, of in self.views.items()},
            "stages": dict(self.stages.most_common()),
            "sources": dict(self.sources.most_common()),
            "categories": {category.value: self.categories[category] for category in Category},
            "n_tasks_with_call": self.n_tasks_with_call,
            "n_tasks_with_error": self.n_tasks_with_error,
            "tokens": {view: lengths.summary() for view, lengths in self.lengths.items()},
            "tokens_are": self.counted,
            "dropped": dict(self.dropped.most_common()),
            "notes": {name: n for name, n in self.notes.most_common() if n},
            "scrubbed": dict(self.scrubbed.most_common()),
            "n_problems": self.n_problems,
            "problems": self.problems,
            "enough": {
                "n_tasks": self.n_tasks["train"],
                "n_wanted": self.enough_tasks,
                "n_missing": self.n_missing,
                "n_heldout_missing": max(0, ENOUGH_HELDOUT - self.n_tasks["heldout"]),
            },
            "seed": self.seed,
        }


def shares(categories: Mapping[Category, int]) -> dict[Category, float]:
    """Each category's part of all calls; zeros where there are none."""
    total = sum(categories.values())
    return {category: (categories.get(category, 0) / total if total else 0.0) for category in Category}
