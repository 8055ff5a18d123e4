"""Which tasks are duplicates, which must stay together, and where each group goes, once all are read.

In memory: some 15 bytes a task, and a few hundred more for each group while the groups are divided. All else is in the
store, on disk.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from train.data.groups import Groups
from train.data.minhash import NearIndex, signature
from train.data.normal import digest, entities, normal_program, normal_question, shingles
from train.data.split import SPLITS, Group, Shares, Split, assigned
from train.data.store import IndexStore
from train.formats.task import Task

NEAR = 0.7
"""Same constants, same tools and operators, and as similar as this: one of the two is dropped."""
ASKED_ALIKE = 0.4
"""And as many words of the questions in common: one program may answer two questions."""
ALIKE = 0.7
"""As similar as this, whatever the entities: they stay in one split."""
_WHYS = ("", "the same question and program again", "nearly the same as another")
_SAME, _NEARLY = 1, 2
_NONE = 0xFF


@dataclass(frozen=True)
class Verdict:
    """What becomes of a task: its split and group, or why it is dropped."""

    split: Split | None = None
    group: str = ""
    dropped: str = ""


class TaskIndex:
    """`add` each task in order, then `divide`, then read `verdicts` and `ties`. Use as a context manager.

    `path`: of the file that holds what is remembered; None: one that nobody sees.
    """

    def __init__(self, path: Path | None = None) -> None:
        self._store = IndexStore(path)
        self._groups = Groups(self._store)
        self._near = NearIndex(NEAR, self._store, "near")
        self._alike = NearIndex(ALIKE, self._store, "alike")
        self._quality = array("f")
        self._better = array("I")
        """Of a dropped task: the one that is kept instead; of a kept one its own number."""
        self._why = bytearray()
        self._keys, self._sizes, self._splits = array("Q"), array("I"), bytearray()
        """Of the group that a number stands for: the least tie of what is kept of it, how many, where they go."""

    def add(self, task: Task) -> None:
        """Note a task that has rows.

        Raises:
            OSError: the store cannot be written.
        """
        program = normal_program(task.program)
        question = normal_question(task.question)
        functions = [f"defines {function}" for function in program.functions]
        ties = [_number(tie) for tie in (*task.ties, *functions, f"asks {question}")]
        number = self._groups.add(ties)
        of = signature(shingles(task.question, program))
        self._store.add(number, ties, question, of.tobytes())
        self._quality.append(task.quality)
        self._better.append(number)
        self._why.append(0)
        about = (program.literals, program.does) if task.program else entities(task.question)
        alike = self._alike.add(number, of)
        if alike is not None:
            self._groups.join(number, alike)
        exact = self._store.earlier([_number(f"exactly {question}\n{program.text}")], number)
        if exact:
            self._duplicate(number, exact[0], _SAME)
            return
        near = self._near.add(number, of, salt=repr(about))
        if near is not None and _overlap(question, self._store.words(near)) >= ASKED_ALIKE:
            self._duplicate(number, near, _NEARLY)

    def _duplicate(self, number: int, other: int, why: int) -> None:
        """One of the two is dropped: the one of lower quality, else the later one."""
        self._groups.join(number, other)
        kept = self._kept(other)
        left, stays = (kept, number) if self._quality[number] > self._quality[kept] else (number, kept)
        self._better[left], self._why[left] = stays, why

    def _kept(self, number: int) -> int:
        while self._better[number] != number:
            number = self._better[number]
        return number

    def divide(self, shares: Shares, seed: int, earlier: Mapping[int, Split]) -> tuple[int, int]:
        """Give each group its split; how many groups there are, and the size of the largest.

        `earlier`: where ties were put in the folder's earlier dataset.
        """
        n = len(self._groups)
        self._keys = array("Q", [0xFFFF_FFFF_FFFF_FFFF]) * n
        self._sizes, self._splits = array("I", [0]) * n, bytearray([_NONE]) * n
        before: dict[int, set[Split]] = {}
        for number, ties in self._store.tasks():
            root = self._groups.of(number)
            if self._better[number] == number:
                self._sizes[root] += 1
                self._keys[root] = min(self._keys[root], *ties)
            for tie in ties if earlier else ():
                if tie in earlier:
                    before.setdefault(root, set()).add(earlier[tie])
        sized = {
            root: Group(f"{self._keys[root]:016x}", size, frozenset(before.get(root, ())))
            for root, size in enumerate(self._sizes)
            if size
        }
        for root, split in assigned(sized, shares, seed).items():
            self._splits[root] = SPLITS.index(split)
        return len(sized), max(self._sizes, default=0)

    def verdicts(self) -> Iterator[Verdict]:
        """Each task's verdict in order."""
        for number in range(len(self._groups)):
            if self._better[number] != number:
                yield Verdict(dropped=_WHYS[self._why[number]])
            else:
                root = self._groups.of(number)
                yield Verdict(SPLITS[self._splits[root]], f"{self._keys[root]:016x}")

    def ties(self) -> Iterator[tuple[int, Split]]:
        """Where each tie goes, in order of the ties."""
        for tie, number in self._store.ties():
            yield tie, SPLITS[self._splits[self._groups.of(number)]]

    def close(self) -> None:
        """Remove the store."""
        self._store.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _overlap(one: str, other: str) -> float:
    a, b = set(one.split()), set(other.split())
    return len(a & b) / (len(a | b) or 1)


def _number(text: str) -> int:
    return int(digest(text), 16)
