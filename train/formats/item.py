"""What an evaluation asks and what is right: the seam between formats and `train.evaluate`."""

from __future__ import annotations

from dataclasses import dataclass

from agent.scoring.gold import Gold
from train.rows import Called, Said, ToolDoc


@dataclass(frozen=True)
class Item:
    """One question: the conversation until a model has to go on, and all right answers.

    `tags`: what the table groups by (a scenario, a category). `topic`: whose recorded observations serve this item
    (ToolAlpaca's API). `official_gold`: the answers as the benchmark's own script reads them, where it has one.
    `match`: how the results of its gold calls are compared where calls are executed (BFCL).
    """

    id: str
    tools: tuple[ToolDoc, ...]
    turns: tuple[Said | Called, ...]
    gold: Gold
    tags: tuple[str, ...] = ()
    topic: str = ""
    official_gold: tuple[str, ...] = ()
    match: tuple[str, ...] = ()
