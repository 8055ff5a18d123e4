"""Tasks to arrays: a header and tasks of like length under it, with targets on completions only.

The stream is a function of the seed and a group's index alone, so that training resumes exactly.
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
from train.bundled.headers import Rendering, canonical, draw_header
from train.bundled.repair import broken
from train.bundled.task import Task

Ids = NDArray[np.int64]
LEARNED = frozenset({"route", "scaffold", "plan", "select", "implement", "review"})
POOL = 24
REPAIR_SHARE = 0.12


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


def task_ids(tokenizer: CompactTokenizer, task: Task, rendering: Rendering) -> tuple[list[int], list[int], list[int]]:
    """Tokens, marks and next-token targets of a task from `<question>` on.

    A section's end is learned as the tag that follows it. In a repair example the wrong program is not learned.
    """
    words = task.question.split()
    ids: list[int] = []
    marks: list[int] = []
    learned: list[bool] = []
    sections = task_sections(task, rendering)
    repairing = sections[-1][0] == "review"
    for i, (tag, text) in enumerate(sections):
        learns = tag in LEARNED and not (repairing and tag == "implement")
        body = tokenizer.section(tag, text, words)
        # The tag itself was learned as the end of the section before, if that was.
        before = sections[i - 1][0] if i else ""
        ids += [tag_id(tag), *body]
        marks += [0, *(tokenizer.question(text)[1] if tag == "question" else [0] * len(body))]
        learned += [before in LEARNED and tag != "traceback", *([learns] * len(body))]
    ids.append(END)
    learned.append(True)
    return ids[:-1], marks, [token if wanted else -1 for token, wanted in zip(ids[1:], learned[1:], strict=True)]


def group_of(tokenizer: CompactTokenizer, chosen: list[Task], rendering: Rendering) -> Group:
    """Tasks under one header, padded at the end."""
    rows = [task_ids(tokenizer, task, rendering) for task in chosen]
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
    """Groups by index; `n_tasks` in each, of like length so that little is padding."""

    def __init__(self, tokenizer: CompactTokenizer, seed: int, n_tasks: int = 24, canonical_share: float = 0.5) -> None:
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
        drawn: list[tuple[int, Task]] = []
        for world, task in islice(tasks(rng.randrange(2**60)), POOL * self.n_tasks):
            chosen = task
            if not task.beyond and rng.random() < REPAIR_SHARE:
                chosen = broken(task, world, rng) or task
            drawn.append((len(task_ids(self.tokenizer, chosen, canonical())[0]), chosen))
        drawn.sort(key=lambda pair: pair[0])
        groups = [
            group_of(
                self.tokenizer,
                [task for _, task in drawn[i : i + self.n_tasks]],
                draw_header(rng, self.canonical_share),
            )
            for i in range(0, len(drawn), self.n_tasks)
        ]
        rng.shuffle(groups)
        return groups
