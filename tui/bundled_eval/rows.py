"""The rows of the table: which tasks, in which arena, and the bar that each is measured against."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from random import Random

from train.bundled.generator import draw
from train.bundled.headers import renamed
from train.bundled.task import Task
from train.bundled.world import World
from tui.bundled_eval.arenas import Arena, CatalogueArena, CatalogueWorld, WorldArena
from tui.bundled_eval.plain import plain_questions

_SEED = 20_261_120
_PER_WORLD = 5


@dataclass(frozen=True)
class Item:
    """One question. `program` computes the gold over the arena's functions; None: the right thing is to decline."""

    key: str
    question: str
    program: str | None
    world: World | None = None


@dataclass(frozen=True)
class Row:
    """`bar` is the share that the first edition must reach, None where it is only reported."""

    name: str
    title: str
    bar: float | None


ROWS = (
    Row("names", "unseen names (invented world)", 0.85),
    Row("catalogue", "entities of the bundled catalogue", 0.80),
    Row("phrasings", "held-out phrasings", 0.75),
    Row("compositions", "held-out compositions", 0.60),
    Row("hand", "questions written by hand", 0.50),
    Row("beyond", "beyond it, declined (generated)", 0.60),
    Row("hand-beyond", "beyond it, declined (written by hand)", 0.60),
    Row("plain-quoted", "plain first questions, name in quotes", None),
    Row("plain-capitals", "the same, no quotes, short names", None),
    Row("plain-small", "the same, long names or small words inside", None),
    Row("plain-lower", "the same, all in lower case", None),
    Row("plain-missing", "names that nothing bears: said or declined", None),
    Row("plain-writes", "a playlist of so many songs by somebody", None),
    Row("renamed", "renamed tools and fields, known words", None),
    Row("nonsense", "renamed tools and fields, unseen words", None),
)


def arena_of(row: str) -> Arena:
    """Where the tasks of a row are asked."""
    match row:
        case "names":
            return WorldArena(World(Random(_SEED)))
        case "renamed" | "nonsense":
            return WorldArena(World(Random(_SEED)), renamed(Random(_SEED), 1.0 if row == "nonsense" else 0.0))
        case _:
            return CatalogueArena()


def items_of(row: str, arena: Arena, n: int, questions: Path | None = None, split: str = "report") -> Iterator[Item]:
    """The first `n` items of a row, always the same ones.

    Raises:
        FileNotFoundError: a row of questions written by hand without their file.
    """
    if row.startswith("hand"):
        if questions is None or not questions.is_file():
            raise FileNotFoundError("the questions written by hand lie in tests/data of the repository")
        yield from list(_by_hand(questions, "beyond" if row == "hand-beyond" else "answerable", split))[:n]
        return
    if row.startswith("plain"):
        for i, plain in enumerate(plain_questions(row, n, split), 1):
            yield Item(f"{row}-{i:04}", plain.question, plain.program)
        return
    kind = {"phrasings": "phrasings", "compositions": "compositions", "beyond": "beyond"}.get(row, "trained")
    rng = Random(f"{_SEED}-{row}")
    over_catalogue = isinstance(arena, CatalogueArena)
    world: World = CatalogueWorld(arena) if isinstance(arena, CatalogueArena) else World(rng)
    seen: set[str] = set()
    while len(seen) < n:
        if not over_catalogue and len(seen) % _PER_WORLD == 0:
            world = World(rng)
        task = draw(world, rng, kind)
        if task is None or task.question in seen or task.beyond != (row == "beyond"):
            continue
        seen.add(task.question)
        yield Item(f"{row}-{len(seen):04}", task.question, _gold(task), None if over_catalogue else world)


def _gold(task: Task) -> str | None:
    return None if task.beyond else task.program


def _by_hand(path: Path, kind: str, split: str) -> Iterator[Item]:
    for line in path.read_text("utf-8").splitlines():
        record = json.loads(line)
        if record["kind"] == kind and record["split"] == split:
            yield Item(f"hand-{record['id']:04}", record["question"], record.get("program"))
