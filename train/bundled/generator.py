"""Draws tasks. Every reference program is run against the world it was drawn from before it is handed out."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from dataclasses import dataclass
from random import Random
from typing import Any

from agent.prompts.compact_pointers import N_POINTERS, find_number, find_span, question_words
from train.bundled.beyond import beyond
from train.bundled.compose import composed
from train.bundled.direct import Row, direct
from train.bundled.filters import GENRE_WORDS
from train.bundled.mentions import Cast
from train.bundled.picking import Picker
from train.bundled.rows_actions import ACTIONS
from train.bundled.rows_facts import FACTS
from train.bundled.rows_pairs import PAIRS
from train.bundled.surface import dressed
from train.bundled.task import Task
from train.bundled.world import World

GROUPS: tuple[tuple[tuple[Row, ...], float], ...] = ((FACTS, 0.27), (PAIRS, 0.24), (ACTIONS, 0.09))
BEYOND_SHARE = 0.10
LOWER_SHARE = 0.36
"""Questions all in lower case: what people type at a prompt."""
KINDS = ("trained", "phrasings", "compositions", "beyond")


@dataclass(frozen=True)
class Outcome:
    """What a program did: its value as JSON-like data, what it changed, or the exception."""

    value: Any = None
    changed: Any = None
    error: BaseException | None = None


def run(program: str, world: World) -> Outcome:
    """Run a program against a world and put the world back. The last line is the call that gives the value.

    Only the generator's own programs and a model's attempts at them run here, in this process: development only.
    """
    before = world.playlists_state()
    functions, _, call = program.rstrip().rpartition("\n")
    scope: dict[str, Any] = dict(world.namespace())
    try:
        exec(compile(functions, "<cell>", "exec"), scope)
        value = eval(compile(call, "<cell>", "eval"), scope)
    except Exception as error:  # noqa: BLE001 - a program under test may raise anything
        return Outcome(error=error)
    finally:
        after = world.playlists_state()
        world.restore(before)
    return Outcome(value, after if after != before else None)


def pointed(task: Task) -> bool:
    """Whether every literal of the call can be read off the question, or is a genre or a small formula."""
    words = question_words(task.question)
    if len(task.question.split()) > N_POINTERS:
        return False
    for literal in task.arguments:
        if literal.startswith('"'):
            text = literal[1:-1].replace('\\"', '"').replace("\\\\", "\\")
            if find_span(words, text) is None and text not in GENRE_WORDS:
                return False
        elif find_number(words, literal.split()[0]) is None:
            return False
    return True


def draw(world: World, rng: Random, kind: str = "trained") -> Task | None:
    """One task of a kind, or None where the draw led nowhere; call again."""
    pick = Picker(rng, held=kind == "phrasings")
    lower = rng.random() < LOWER_SHARE
    cast = Cast(world, rng, lower)
    share = rng.random()
    if kind == "beyond" or (kind == "trained" and share < BEYOND_SHARE):
        pick.held = kind == "beyond"
        task: Task | None = beyond(cast, pick)
    elif kind == "compositions":
        task = composed(cast, pick, held=True)
    else:
        share = rng.random()
        for rows, part in GROUPS:
            if share < part:
                task = direct(rng.choices(rows, [r.weight for r in rows])[0], cast, pick)
                break
            share -= part
        else:
            task = composed(cast, pick, held=False)
    if task is None or (kind in ("phrasings", "beyond") and not pick.used_held):
        return None
    pick.held = False
    task = dataclasses.replace(task, question=dressed(task.question, pick, lower), held_phrase=pick.used_held)
    if task.beyond:
        return task
    if not pointed(task):
        return None
    outcome = run(task.program, world)
    if outcome.error is not None or (outcome.value == [] and rng.random() < 0.7):
        return None
    return task


def tasks(seed: int, kind: str = "trained", per_world: int = 60) -> Iterator[tuple[World, Task]]:
    """An endless stream of tasks with their worlds."""
    rng = Random(seed)
    while True:
        world = World(rng)
        n = 0
        while n < per_world:
            task = draw(world, rng, kind)
            if task is not None:
                n += 1
                yield world, task
