"""Tasks for an evaluation of the whole agent: questions with reference programs over a world's tools."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

from train.bundled.generator import KINDS, draw
from train.bundled.world import World


@dataclass(frozen=True)
class EvalTask:
    """`gold_program` gives the value when run over the world's tools; it is empty where the right answer is to refuse.

    `writes` says that the program changes playlists: compare their state too, from the same start.
    """

    question: str
    gold_program: str
    kind: str
    intent: str
    writes: bool = False


def make_eval_tasks(kind: str, n: int, seed: int, world: World) -> list[EvalTask]:
    """Draw n different questions of a kind (`trained` phrasings, held-out `phrasings` or `compositions`, `beyond`).

    Over a fresh `World` the names are invented and unseen; over a `GivenWorld` they are the given ones.
    """
    if kind not in KINDS:
        raise ValueError(f"no kind {kind!r}; there are {', '.join(KINDS)}")
    rng = Random(seed)
    found: dict[str, EvalTask] = {}
    while len(found) < n:
        task = draw(world, rng, kind)
        if task is None or task.beyond != (kind == "beyond"):
            continue
        writes = "add_to_playlist(" in task.program or "create_playlist(" in task.program
        writes = not task.beyond and (writes or "remove_from_playlist(" in task.program)
        found[task.question] = EvalTask(task.question, "" if task.beyond else task.program, kind, task.intent, writes)
    return list(found.values())
