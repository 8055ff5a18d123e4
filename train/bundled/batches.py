"""Tasks to arrays: a header and tasks of like length under it, with targets on completions only.

Most tasks end with their scaffold: understanding the question is the hard part (of 74 failures that were looked into,
none had the right scaffold), and such a task costs a third of a whole one. The stream is a function of the seed and a
group's index alone, so that training resumes exactly.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice
from random import Random

import numpy as np
from numpy.typing import NDArray

from agent.prompts.compact_tokens import END, CompactTokenizer, tag_id
from train.bundled.documents import task_sections
from train.bundled.generator import tasks
from train.bundled.headers import Rendering, draw_header
from train.bundled.repair import broken
from train.bundled.task import Task

Ids = NDArray[np.int64]
LEARNED = frozenset({"route", "scaffold", "plan", "select", "implement", "review"})
POOL_WHOLE = 6
POOL_SHORT = 12
POOL = POOL_WHOLE + POOL_SHORT
"""Groups that are drawn at once, so that each can hold tasks of like length; their kinds are shuffled."""
SHORT_PER_WHOLE = 3
"""A group of short tasks has this many times the tasks of a group of whole ones, and about as many tokens."""
REPAIR_SHARE = 0.12
_SHORT = 3
"""Sections of a short task: question, route, scaffold."""


@dataclass(frozen=True)
class Group:
    """header [n], tokens [k, length], their marks [k, length] and targets [k, length] (-1 where nothing is learned)."""

    header: Ids
    tokens: Ids
    marks: Ids
    targets: Ids

    @property
    def n_tokens(self) -> int:
        return int(self.header.size + self.tokens.size)

    @property
    def n_learned(self) -> int:
        return int((self.targets >= 0).sum())


def header_ids(tokenizer: CompactTokenizer, rendering: Rendering) -> list[int]:
    """The header's section with its tag."""
    return [tag_id("tools"), *tokenizer.plain(rendering.text)]


def task_ids(
    tokenizer: CompactTokenizer, task: Task, rendering: Rendering, whole: bool = True
) -> tuple[list[int], list[int], list[int]]:
    """Tokens, marks and next-token targets of a task from `<question>` on; to the end of its scaffold if not `whole`.

    A section's end is learned as the tag that follows it. In a repair example the wrong program is not learned.
    """
    words = task.question.split()
    ids: list[int] = []
    marks: list[int] = []
    learned: list[bool] = []
    sections = task_sections(task, rendering)
    repairing = sections[-1][0] == "review"
    end = END
    if not whole and len(sections) > _SHORT:
        end = tag_id(sections[_SHORT][0])
        sections = sections[:_SHORT]
    for i, (tag, text) in enumerate(sections):
        learns = tag in LEARNED and not (repairing and tag == "implement")
        body = tokenizer.section(tag, text, words)
        # The tag itself was learned as the end of the section before, if that was.
        before = sections[i - 1][0] if i else ""
        ids += [tag_id(tag), *body]
        marks += [0, *(tokenizer.question(text)[1] if tag == "question" else [0] * len(body))]
        learned += [before in LEARNED and tag != "traceback", *([learns] * len(body))]
    ids.append(end)
    learned.append(True)
    return ids[:-1], marks, [token if wanted else -1 for token, wanted in zip(ids[1:], learned[1:], strict=True)]


def group_of(tokenizer: CompactTokenizer, chosen: list[Task], rendering: Rendering, whole: bool = True) -> Group:
    """Tasks under one header, padded at the end."""
    rows = [task_ids(tokenizer, task, rendering, whole) for task in chosen]
    length = max(len(ids) for ids, _, _ in rows)
    tokens = np.zeros((len(rows), length), np.int64)
    marks = np.zeros((len(rows), length), np.int64)
    targets = np.full((len(rows), length), -1, np.int64)
    for i, (ids, marked, wanted) in enumerate(rows):
        tokens[i, : len(ids)] = ids
        marks[i, : len(ids)] = marked
        targets[i, : len(wanted)] = wanted
    return Group(np.array(header_ids(tokenizer, rendering), np.int64), tokens, marks, targets)


class Stream:
    """Groups by index: of `n_tasks` whole tasks or `SHORT_PER_WHOLE` times as many short ones, of like length."""

    def __init__(self, tokenizer: CompactTokenizer, seed: int, n_tasks: int = 10, canonical_share: float = 0.8) -> None:
        self.tokenizer = tokenizer
        self.seed = seed
        self.n_tasks = n_tasks
        self.canonical_share = canonical_share
        self._pool: list[Group] = []
        self._pool_index = -1

    def group(self, index: int) -> Group:
        """The group of an index, the same on every call."""
        pool, at = divmod(index, POOL)
        if pool != self._pool_index:
            self._pool, self._pool_index = self._make(pool), pool
        return self._pool[at]

    def _make(self, pool: int) -> list[Group]:
        rng = Random(self.seed * 1_000_003 + pool)
        source = tasks(rng.randrange(2**60))
        whole = []
        for world, task in islice(source, POOL_WHOLE * self.n_tasks):
            repaired = broken(task, world, rng) if not task.beyond and rng.random() < REPAIR_SHARE else None
            whole.append(repaired or task)
        short = [task for _, task in islice(source, POOL_SHORT * self.n_tasks * SHORT_PER_WHOLE)]
        groups = [
            *self._groups(whole, self.n_tasks, rng, whole=True),
            *self._groups(short, self.n_tasks * SHORT_PER_WHOLE, rng, whole=False),
        ]
        # The same order in every stream, so that groups of one step are of like size and no worker waits for another.
        Random(pool).shuffle(groups)
        return groups

    def _groups(self, drawn: list[Task], n: int, rng: Random, whole: bool) -> list[Group]:
        drawn = sorted(drawn, key=_length)
        return [
            group_of(self.tokenizer, drawn[i : i + n], draw_header(rng, self.canonical_share), whole)
            for i in range(0, len(drawn), n)
        ]


def _length(task: Task) -> int:
    """Letters, which is near enough to tokens for sorting."""
    return len(task.question) + (len(task.program) + len(task.broken) + len(task.traceback) if not task.beyond else 0)
