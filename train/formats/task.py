"""What every format is read as: one question of a person with all rows that came of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from agent.calls.categories import Category
from train.rows import Row


@dataclass(frozen=True)
class Task:
    """One question. `program`: what answered it, as Python (the final program, or the calls in order); '' for none.

    `ties`: tasks that have one in common never part in a split (the session, a function that was reused).
    `n_calls`: all calls by category, also those whose rows were left out. `dropped`: why there are no rows, '' where
    there are. `quality`: which of two duplicates is kept, the larger one.
    """

    id: str
    source: str
    question: str
    program: str = ""
    rows: tuple[Row, ...] = ()
    ties: tuple[str, ...] = ()
    n_calls: Mapping[Category, int] = field(default_factory=dict)
    notes: Mapping[str, int] = field(default_factory=dict)
    """What was done to it, counted for the card: masked calls, kept repairs, corrections."""
    dropped: str = ""
    quality: float = 0.0
