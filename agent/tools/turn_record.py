"""What tools did for one question: what the loop reads after a cell, what a repair must not do again, and what was
changed in the world, which a person is told whatever the model says."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

from agent.calls.categories import Category
from agent.events import ToolChange
from agent.tools.base import Tool
from agent.tools.feedback import (
    ResultRefused,
    category_of_exception,
    is_surely_undone,
    kind_of,
    retry_after_of,
    status_of,
)

Call = tuple[str, dict[str, Any], Any]
"""Name, arguments as the program gave them, value."""

_ARGUMENT_CHARS = 80
_N_SHOWN = 8
_PAGES = frozenset({"results", "items", "data", "hits", "entries", "records", "matches", "values", "rows"})
"""Under which names services put the list that was asked for."""


@dataclass(frozen=True)
class FailedCall:
    """A call that raised on the host. `kind` and `message` are what the program saw; `status` is that of HTTP and
    `retry_after_s` what the service asked for, where they are known; `effect` is the tool's."""

    name: str
    args: dict[str, Any]
    kind: str
    message: str
    category: Category
    source: str = ""
    effect: str = "read"
    status: int | None = None
    retry_after_s: float | None = None
    is_undone: bool = False
    """It is certain that it changed nothing."""
    is_denied: bool = False
    """The person's rules deny the tool."""

    @classmethod
    def of(cls, name: str, args: dict[str, Any], error: Exception, message: str, tool: Tool | None) -> FailedCall:
        """`message` is the error's text as it may be shown."""
        failed = cls(name, args, kind_of(error), message, category_of_exception(error))
        wait_s, is_undone = retry_after_of(error), is_surely_undone(error)
        failed = replace(failed, status=status_of(error), retry_after_s=wait_s, is_undone=is_undone)
        return failed if tool is None else replace(failed, source=tool.source, effect=tool.spec.effect)


@dataclass
class CallRecord:
    """One cell."""

    notices: list[str] = field(default_factory=list)
    calls: list[Call] = field(default_factory=list)
    """Calls rated All Right. A large value may have been put aside: `sandbox.shelf.loaded` gives it."""
    failures: list[FailedCall] = field(default_factory=list)
    empty: list[str] = field(default_factory=list)
    """Reads that found nothing, as calls."""
    refused: str | None = None
    """Why the turn cannot go on without a person, or None."""
    question: tuple[str, tuple[str, ...]] | None = None

    def note(self, notice: str | None) -> None:
        """Keep a notice for the person, once."""
        if notice and notice not in self.notices:
            self.notices.append(notice)

    def note_empty(self, name: str, args: Mapping[str, Any]) -> None:
        """Keep a call that found nothing, once."""
        if (call := as_call(name, args)) not in self.empty:
            self.empty.append(call)


@dataclass
class Change:
    """A call of a tool that changes something, from when it was made on. `args` are those it was made with."""

    name: str
    asked: dict[str, Any]
    """The arguments as the program gave them; the person may have edited them."""
    args: dict[str, Any]
    value: Any = None
    is_made: bool = False
    """False: it did not return, so nobody knows."""
    is_free: bool = False
    """It stands for the same call of a repair."""


class Changes:
    """Of one question, with all its attempts. A repair's same call is answered with what it returned then."""

    def __init__(self) -> None:
        self._all: list[Change] = []

    def begin_question(self) -> None:
        self._all = []

    def begin_cell(self) -> None:
        """Another attempt: what was made by those before it is not made again."""
        for change in self._all:
            change.is_free = change.is_made

    @contextmanager
    def call(self, name: str, asked: dict[str, Any], args: dict[str, Any]) -> Iterator[Change]:
        """Around the call itself. Cut short, or failed so that nobody knows, it stays as a change that may be."""
        change = Change(name, asked, args)
        self._all.append(change)
        try:
            yield change
        except ResultRefused:  # it did return
            change.is_made = True
            raise
        except Exception as error:
            if is_surely_undone(error):
                self.withdraw(change)
            raise
        change.is_made = True

    def withdraw(self, change: Change) -> None:
        """It is certain that nothing was changed."""
        self._all = [other for other in self._all if other is not change]

    def take(self, name: str, args: dict[str, Any]) -> Change | None:
        """The change that this call would make again, once each; None: it is a new one."""
        for change in self._all:
            if change.is_free and (change.name, change.asked) == (name, args):
                change.is_free = False
                return change
        return None

    @property
    def so_far(self) -> tuple[ToolChange, ...]:
        """All of them, in order."""
        return tuple(ToolChange(c.name, c.args, c.is_made) for c in self._all)


def as_call(name: str, args: Mapping[str, Any]) -> str:
    """`create_playlist(name='X')`; what is long is cut."""
    return f"{name}({', '.join(f'{key}={_shown(value)}' for key, value in args.items())})"


def changes_text(changes: Iterable[ToolChange]) -> str:
    """`create_playlist(name='X'); add_to_playlist(playlist_id=1, track_id=2) (2 times)`; '' where there are none."""
    counts: dict[str, int] = {}
    for change in changes:
        call = as_call(change.name, change.args) + ("" if change.is_certain else " (not known whether it happened)")
        counts[call] = counts.get(call, 0) + 1
    told = [f"{call} ({n} times)" if n > 1 else call for call, n in counts.items()]
    rest = [f"and {len(told) - _N_SHOWN} more"] if len(told) > _N_SHOWN else []
    return "; ".join([*told[:_N_SHOWN], *rest])


def changed_line(changes: Sequence[ToolChange]) -> str:
    """The line that stands below an answer or an error; '' where nothing was changed."""
    return f"Changed: {changes_text(changes)}" if changes else ""


def is_empty(value: Any) -> bool:
    """Nothing was found: None, an empty text, list or object, or a page without entries."""
    if value is None or value in ("", [], {}):
        return True
    if not isinstance(value, dict) or "id" in value:  # a thing that was found may well have nothing in it
        return False
    return any(_is_empty_page(v) for v in (value, *value.values()))


def _is_empty_page(value: Any) -> bool:
    return isinstance(value, dict) and any(value.get(name) == [] for name in _PAGES)


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= _ARGUMENT_CHARS else f"{text[: _ARGUMENT_CHARS - 20]}...{text[-10:]}"
