"""What is remembered of each task while all are read: some 4 kB, whatever its rows weigh."""

from __future__ import annotations

import sys
from array import array
from collections.abc import Sequence
from dataclasses import dataclass

from train.data.groups import Groups
from train.data.minhash import NearIndex, signature
from train.data.normal import digest, entities, normal_program, normal_question, shingles
from train.data.split import Group, Shares, Split, assigned
from train.formats.task import Task

NEAR = 0.7
"""Same constants, same tools and operators, and as similar as this: one of the two is dropped."""
ASKED_ALIKE = 0.4
"""And as many words of the questions in common: one program may answer two questions."""
ALIKE = 0.7
"""As similar as this, whatever the entities: they stay in one split."""


@dataclass(frozen=True)
class Verdict:
    """What becomes of a task: its split and group, or why it is dropped."""

    split: Split | None = None
    group: str = ""
    dropped: str = ""


class TaskIndex:
    """`add` each task in order, then `verdicts`."""

    def __init__(self) -> None:
        self._groups = Groups()
        self._near = NearIndex(NEAR)
        self._alike = NearIndex(ALIKE)
        self._exact: dict[int, int] = {}
        self._ties: list[array[int]] = []
        self._quality = array("f")
        self._words: list[frozenset[str]] = []
        self._better: dict[int, tuple[int, str]] = {}
        """Of a dropped task: the one that is kept instead, and why."""

    def add(self, task: Task) -> None:
        """Note a task that has rows."""
        program = normal_program(task.program)
        question = normal_question(task.question)
        functions = [f"defines {function}" for function in program.functions]
        ties = [_number(tie) for tie in (*task.ties, *functions, f"asks {question}")]
        number = self._groups.add(ties)
        self._ties.append(array("Q", ties))
        self._quality.append(task.quality)
        self._words.append(frozenset(sys.intern(word) for word in question.split()))
        of = signature(shingles(task.question, program))
        about = (program.literals, program.does) if task.program else entities(task.question)
        alike = self._alike.add(number, of)
        if alike is not None:
            self._groups.join(number, alike)
        exact = self._exact.setdefault(_number(f"{question}\n{program.text}"), number)
        if exact != number:
            self._duplicate(number, exact, "the same question and program again")
            return
        near = self._near.add(number, of, salt=repr(about))
        if near is not None and _overlap(self._words[number], self._words[near]) >= ASKED_ALIKE:
            self._duplicate(number, near, "nearly the same as another")

    def _duplicate(self, number: int, other: int, why: str) -> None:
        """One of the two is dropped: the one of lower quality, else the later one."""
        kept = self._kept(other)
        if self._quality[number] > self._quality[kept]:
            self._better[kept] = (number, why)
        else:
            self._better[number] = (kept, why)

    def _kept(self, number: int) -> int:
        while number in self._better:
            number = self._better[number][0]
        return number

    def groups(self) -> dict[int, list[int]]:
        """The kept tasks of each group."""
        members: dict[int, list[int]] = {}
        for number in range(len(self._ties)):
            if number not in self._better:
                members.setdefault(self._groups.of(number), []).append(number)
        return members

    def verdicts(
        self, shares: Shares, seed: int, earlier: dict[int, Split]
    ) -> tuple[list[Verdict], dict[int, Split], Sequence[int]]:
        """Each task's verdict in order; where each tie goes; the sizes of the groups."""
        members = self.groups()
        keys = {root: f"{min(t for n in numbers for t in self._ties[n]):016x}" for root, numbers in members.items()}
        before = self._before(earlier)
        sized = {
            root: Group(keys[root], len(numbers), before.get(root, frozenset())) for root, numbers in members.items()
        }
        splits = assigned(sized, shares, seed)
        found = []
        ties: dict[int, Split] = {}
        for number, own in enumerate(self._ties):
            root = self._groups.of(number)
            ties.update(dict.fromkeys(own, splits[root]))
            if number in self._better:
                found.append(Verdict(dropped=self._better[number][1]))
            else:
                found.append(Verdict(splits[root], keys[root]))
        return found, ties, [group.n_tasks for group in sized.values()]

    def _before(self, earlier: dict[int, Split]) -> dict[int, frozenset[Split]]:
        """Where parts of each group were in the folder's earlier dataset."""
        if not earlier:
            return {}
        found: dict[int, set[Split]] = {}
        for number, own in enumerate(self._ties):
            for tie in own:
                if tie in earlier:
                    found.setdefault(self._groups.of(number), set()).add(earlier[tie])
        return {root: frozenset(splits) for root, splits in found.items()}


def _overlap(one: frozenset[str], other: frozenset[str]) -> float:
    return len(one & other) / (len(one | other) or 1)


def _number(text: str) -> int:
    return int(digest(text), 16)
