"""Which stored functions do the same, and which ones make room: decided by behaviour and by use, not by likeness."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from agent.functions.base import FunctionEntry, Summary
from agent.functions.entries import confirmed
from agent.functions.proof import Prover

MIN_TWIN_SIMILARITY = 0.75
"""Of two subtasks, before their functions are tried on each other's record."""
DEFAULT_LIMIT = 5000
"""Entries that a repository keeps; beyond it the least useful ones go."""
_KEEP_WITHDRAWN_DAYS = 30
"""So long a retired or quarantined entry stays listed, so that a person can see what happened to it."""


@dataclass(frozen=True)
class Eviction:
    """An entry that makes room, and why it is that one."""

    entry: Summary
    reason: str


def evictions(entries: Iterable[Summary], limit: int, today: datetime | None = None) -> list[Eviction]:
    """Withdrawn entries of some age, and beyond `limit` those that are worth least: never confirmed ones before others.

    Worth is uses that went well, halved for each 30 days since the last.
    """
    today = today or datetime.now(UTC)
    old = today - timedelta(days=_KEEP_WITHDRAWN_DAYS)
    entries = list(entries)
    gone = [
        Eviction(e, f"{e.state} since more than {_KEEP_WITHDRAWN_DAYS} days: {e.why}")
        for e in entries
        if e.state in ("retired", "quarantined") and _last_use(e, today) < old
    ]
    kept = {e.id for e in entries} - {eviction.entry.id for eviction in gone}
    left = sorted((e for e in entries if e.id in kept), key=lambda e: _worth(e, today))
    too_many = max(0, len(left) - limit)
    return gone + [Eviction(e, f"over the limit of {limit:,}, and little used") for e in left[:too_many]]


def may_be_twins(a: FunctionEntry, b: FunctionEntry) -> bool:
    """Both in use, with the same tools and as many parameters: worth a try on each other's record."""
    both = a.id != b.id and all(e.state in ("unconfirmed", "confirmed") and e.verifying_call for e in (a, b))
    same_tools = [name for name, _ in a.tools] == [name for name, _ in b.tools]
    return both and same_tools and len(_arguments(a)) == len(_arguments(b))


async def behave_alike(prover: Prover, a: FunctionEntry, b: FunctionEntry) -> bool:
    """Each gives the other's recorded value for the other's recorded arguments, from the other's tool results."""
    for one, other in ((a, b), (b, a)):
        call = f"{one.name}({', '.join(_arguments(other))})"
        tried = replace(one, verifying_call=call, calls=other.calls, result_json=other.result_json)
        if not (await prover.check(tried)).ok:
            return False
    return True


def united(kept: FunctionEntry, twin: FunctionEntry) -> FunctionEntry:
    """The one that stays, with the other's history."""
    whole = replace(
        kept,
        n_uses=kept.n_uses + twin.n_uses,
        n_successes=kept.n_successes + twin.n_successes,
        n_failures=kept.n_failures + twin.n_failures,
        used=max(kept.used, twin.used),
    )
    return confirmed(whole) if twin.state == "confirmed" else whole


def better_of(entries: Sequence[FunctionEntry]) -> FunctionEntry:
    """Which of twins stays: a confirmed one, else the more used, else the older."""
    return min(entries, key=lambda e: (e.state != "confirmed", -e.n_successes, e.created))


def _arguments(entry: FunctionEntry) -> list[str]:
    """The verifying call's arguments as source, in the order of the parameters."""
    try:
        node = ast.parse(entry.verifying_call, mode="eval").body
    except (SyntaxError, ValueError):
        return []
    if not isinstance(node, ast.Call):
        return []
    return [ast.unparse(value) for value in (*node.args, *(keyword.value for keyword in node.keywords))]


def _worth(entry: Summary, today: datetime) -> tuple[bool, float]:
    days = max(0.0, (today - _last_use(entry, today)).total_seconds() / 86400)
    return entry.state == "confirmed", max(entry.n_successes, 1) * 0.5 ** (days / 30)


def _last_use(entry: Summary, today: datetime) -> datetime:
    try:
        return datetime.fromisoformat(entry.used or entry.created)
    except ValueError:
        return today
