"""What tools did in the current turn: what the loop reads after a cell, and what a repair must not do again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

Call = tuple[str, dict[str, Any], Any]
"""Name, arguments as the program gave them, value."""


@dataclass
class CallRecord:
    """One cell."""

    notices: list[str] = field(default_factory=list)
    calls: list[Call] = field(default_factory=list)
    """Calls rated All Right. A large value may have been put aside: `sandbox.shelf.loaded` gives it."""
    refused: str | None = None
    """Why the turn cannot go on without a person, or None."""
    question: tuple[str, tuple[str, ...]] | None = None

    def note(self, notice: str | None) -> None:
        """Keep a notice for the person, once."""
        if notice and notice not in self.notices:
            self.notices.append(notice)


class Changes:
    """The changes that the failed attempts of a turn made. `changes` says whether a tool of this name changes anything.

    A repair's same call is answered with what it returned then.
    """

    def __init__(self, changes: Callable[[str], bool]) -> None:
        self._changes = changes
        self._made: list[Call] = []

    def begin_cell(self, last: CallRecord, *, repair: bool) -> None:
        """Another cell begins after `last`; what was made counts on where it is a repair."""
        made = self.so_far(last)
        self._made = made if repair else []

    def take(self, name: str, args: dict[str, Any]) -> Call | None:
        """The change that this call would make again, once each; None: it is a new one."""
        for made in self._made:
            if made[:2] == (name, args):
                self._made.remove(made)
                return made
        return None

    def so_far(self, record: CallRecord) -> list[Call]:
        """All changes up to the running cell's."""
        return [*self._made, *(c for c in record.calls if c not in self._made and self._changes(c[0]))]


def as_call(name: str, args: dict[str, Any]) -> str:
    """`create_playlist(name='X')`."""
    return f"{name}({', '.join(f'{k}={v!r}' for k, v in args.items())})"
