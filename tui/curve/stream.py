"""The stream of tasks: intents recur by Zipf's law, names and wordings are new each time, and some of the last quarter
are compositions that were never seen before. In an invented world, by the bundled model's own generator."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

from train.bundled.generator import draw
from train.bundled.task import Task
from train.bundled.world import World

N_TASKS, N_INTENTS = 200, 64
SHARE_NEW = 0.32
"""Of the last quarter: compositions never seen before (besides intents that happen to come late)."""
_SEED = 20_261_121
_N_DRAWS = 60_000


@dataclass(frozen=True)
class StreamTask:
    """`program` computes the gold; no agent sees it, nor the intent."""

    key: str
    intent: str
    question: str
    program: str


@dataclass(frozen=True)
class Stream:
    """Tasks in the fixed order, and the world that they are asked in."""

    tasks: tuple[StreamTask, ...]
    world: World

    def order(self, number: int) -> list[StreamTask]:
        """0: the fixed order; others shuffle the first three quarters and the last one, each in itself."""
        first, last = list(self.tasks[: self.n_before]), list(self.tasks[self.n_before :])
        if number:
            rng = Random(f"{_SEED}-{number}")
            rng.shuffle(first)
            rng.shuffle(last)
        return first + last

    @property
    def n_before(self) -> int:
        """How many come before the last quarter."""
        return len(self.tasks) - len(self.tasks) // 4


def recurring(tasks: Sequence[StreamTask]) -> list[bool]:
    """For each task in its order, whether its intent was asked before."""
    seen: set[str] = set()
    found = []
    for task in tasks:
        found.append(task.intent in seen)
        seen.add(task.intent)
    return found


def make_stream(n_tasks: int = N_TASKS, n_intents: int = N_INTENTS, seed: int = _SEED) -> Stream:
    """The same stream for the same arguments.

    Raises:
        ValueError: the generator's world has not enough tasks of so many intents.
    """
    rng = Random(seed)
    world = World(rng)
    n_last = n_tasks // 4
    n_new = round(SHARE_NEW * n_last)
    wanted = _zipf(n_tasks - n_new, n_intents, rng)
    pools = _pools(world, rng, wanted)
    ranked = sorted(pools, key=lambda intent: -len(pools[intent]))[: len(wanted)]
    if len(ranked) < len(wanted):
        raise ValueError(f"{len(ranked)} intents were drawn, {len(wanted)} are wanted")
    # An intent with a rank that its pool cannot serve trades places with the next that can: the law stays as it is.
    tasks = [task for intent, n in zip(ranked, wanted, strict=True) for task in pools[intent][:n]]
    rng.shuffle(tasks)
    n_old_last = n_last - n_new
    last = tasks[:n_old_last] + _new_ones(world, rng, n_new)
    rng.shuffle(last)
    whole = tasks[n_old_last:] + last
    named = (StreamTask(f"{i:04}", t.intent, t.question, t.program) for i, t in enumerate(whole))
    return Stream(tuple(named), world)


def _zipf(n_tasks: int, n_intents: int, rng: Random) -> list[int]:
    """How often each intent is asked, the most frequent first: drawn with chances 1, 1/2, 1/3, ..."""
    chances = [1 / rank for rank in range(1, n_intents + 1)]
    drawn = Counter(rng.choices(range(n_intents), chances, k=n_tasks))
    return sorted((drawn[i] for i in range(n_intents) if drawn[i]), reverse=True)


def _pools(world: World, rng: Random, wanted: Sequence[int]) -> dict[str, list[Task]]:
    """Different questions by intent, enough for the most frequent."""
    pools: defaultdict[str, list[Task]] = defaultdict(list)
    asked: set[str] = set()
    for _ in range(_N_DRAWS):
        task = draw(world, rng, "trained")
        if task is not None and not task.beyond and task.question not in asked and len(pools[task.intent]) < wanted[0]:
            asked.add(task.question)
            pools[task.intent].append(task)
        sizes = sorted(map(len, pools.values()), reverse=True)[: len(wanted)]
        if len(sizes) == len(wanted) and all(size >= n for size, n in zip(sizes, wanted, strict=True)):
            break
    return dict(pools)


def _new_ones(world: World, rng: Random, n: int) -> list[Task]:
    """Held-out compositions, each of an intent of its own."""
    found: dict[str, Task] = {}
    for _ in range(_N_DRAWS):
        if len(found) == n:
            break
        task = draw(world, rng, "compositions")
        if task is not None and not task.beyond:
            found.setdefault(task.intent, task)
    return list(found.values())
