"""A session as a person calls it: by its id, the beginning of it, its name, or words of its name or first question."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from tui.failures import UsageProblem
from tui.plain import plain_line

if TYPE_CHECKING:
    from agent.log.reader import SessionSummary

_N_LISTED = 8


def find_session(folder: Path, wanted: str, *, is_exact: bool = False) -> SessionSummary:
    """The one session that is meant. What fits better wins: a whole id, a whole name, the beginning of an id, a part
    of a name, a part of a first question; upper and lower case are the same.

    `is_exact`: only a whole id or name, or the beginning of an id, where a mistake cannot be taken back.

    Raises:
        UsageProblem: none fits, or several fit equally well; it lists them.
    """
    from agent.log.reader import list_sessions, summary_of
    from agent.log.schema import SUFFIX

    if (path := folder / f"{wanted}{SUFFIX}").parent == folder and path.is_file():
        return summary_of(path)
    sessions = list_sessions(folder)
    text = _folded(wanted)
    ways = _ways(text)[: 3 if is_exact else None] if text else ()
    for fits in ways:
        found = [session for session in sessions if fits(session)]
        if len(found) == 1:
            return found[0]
        if found:
            raise UsageProblem(
                f"{len(found)} sessions fit {wanted!r}:\n{_listed(found)}",
                "name one by its id, or by more of its name",
            )
    latest = f"the latest are:\n{_listed(sessions[:5])}" if sessions else "no session was logged yet"
    raise UsageProblem(f"no session has the id or the name {wanted!r}", latest)


def described(session: SessionSummary) -> str:
    """A session in one line, as lists show it."""
    started = session.started.astimezone().strftime("%Y-%m-%d %H:%M")
    return f"{plain_line(session.id):<22} {started}  {plain_line(session.status):<12} {plain_line(session.title, 70)}"


def _ways(text: str) -> Sequence[Callable[[SessionSummary], bool]]:
    return (
        lambda s: _folded(s.id) == text,
        lambda s: _folded(s.name) == text,
        lambda s: _folded(s.id).startswith(text),
        lambda s: text in _folded(s.name),
        lambda s: text in _folded(s.question),
    )


def _folded(text: str) -> str:
    return " ".join(text.split()).casefold()


def _listed(sessions: Sequence[SessionSummary]) -> str:
    lines = [f"  {described(session)}" for session in sessions[:_N_LISTED]]
    n_more = len(sessions) - len(lines)
    return "\n".join([*lines, *([f"  and {n_more} more: toolcoder sessions search WORDS"] if n_more else [])])
