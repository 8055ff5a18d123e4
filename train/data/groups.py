"""Groups: rows that would leak into each other stay together (union-find over what ties tasks)."""

from __future__ import annotations

from array import array
from collections.abc import Iterable
from typing import Protocol


class First(Protocol):
    """Remembers the first task with each tie; a dictionary does, and so does a store on disk."""

    def setdefault(self, tie: int, task: int, /) -> int: ...


class Groups:
    """Tasks by number, joined by common ties. A task costs four bytes, a tie what `first` takes."""

    def __init__(self, first: First | None = None) -> None:
        self._parent = array("I")
        self._first: First = {} if first is None else first

    def __len__(self) -> int:
        return len(self._parent)

    def add(self, ties: Iterable[int]) -> int:
        """A new task with these ties (64-bit digests); its number."""
        number = len(self._parent)
        self._parent.append(number)
        for tie in ties:
            self.join(number, self._first.setdefault(tie, number))
        return number

    def join(self, one: int, other: int) -> None:
        """These two and all that is tied to them are one group; the lowest number stands for it."""
        a, b = self.of(one), self.of(other)
        if a != b:
            self._parent[max(a, b)] = min(a, b)

    def of(self, number: int) -> int:
        """The number that stands for the task's group."""
        root = number
        while self._parent[root] != root:
            root = self._parent[root]
        while self._parent[number] != root:
            self._parent[number], number = root, self._parent[number]
        return root
