"""Room is made by use and age; twins are found by what they do."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

import sandbox
from agent.calls.spec import Parameter, ToolSpec
from agent.calls.stubs import stub_module
from agent.functions.base import FunctionEntry, RecordedCall
from agent.functions.proof import Prover
from agent.functions.upkeep import behave_alike, better_of, evictions, may_be_twins, united
from sandbox.events import KernelOptions

TODAY = datetime(2026, 11, 20, tzinfo=UTC)
FILMS = [{"title": "A", "year": 1999}, {"title": "B", "year": 2001}]


def entry(name: str, days: float = 0, **more: Any) -> FunctionEntry:
    used = (TODAY - timedelta(days=days)).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    made = FunctionEntry(name, f"{name}()", "", "", name, created="2026-01-01T00:00:00.000000Z", used=used, id=name)
    return replace(made, **more)


def test_the_limit_spares_what_is_used_and_what_is_confirmed() -> None:
    entries = [
        entry("fresh", 1),
        entry("old", 200),
        entry("old_but_used", 200, n_successes=500),
        entry("confirmed", 900, state="confirmed"),
        entry("often", 5, n_successes=40),
    ]
    # 500 uses of 200 days ago count as 4.9 now, 40 of 5 days ago as 36, one of yesterday as 0.98.
    assert [e.entry.name for e in evictions(entries, 1, TODAY)] == ["old", "fresh", "old_but_used", "often"]
    assert [e.entry.name for e in evictions(entries, 3, TODAY)] == ["old", "fresh"]
    assert evictions(entries, 5, TODAY) == []


def test_what_was_withdrawn_long_ago_goes_first() -> None:
    entries = [entry("gone", 31, state="retired", why="wrong"), entry("lately", 3, state="retired"), entry("used")]
    (eviction,) = evictions(entries, 10, TODAY)
    assert eviction.entry.name == "gone" and "wrong" in eviction.reason


def films_entry(name: str, parameter: str, body: str, value: str, person: int, films: list[Any]) -> FunctionEntry:
    return FunctionEntry(
        name=name,
        signature=f"{name}({parameter}: int) -> str",
        docstring="",
        source=f"def {name}({parameter}: int) -> str:\n    {body}\n",
        subtask="The oldest film.",
        tools=(("films_of", "h"),),
        calls=(RecordedCall("films_of", {"person_id": person}, films),),
        verifying_call=f"{name}({parameter}={person})",
        result_json=value,
        id=name,
    )


OLDEST = films_entry(
    "oldest", "person_id", "return min(films_of(person_id), key=lambda f: f.year).title", '"A"', 7, FILMS
)
FIRST = films_entry(
    "first_film",
    "who",
    'return sorted(films_of(who), key=lambda f: f["year"])[0]["title"]',
    '"C"',
    9,
    [{"title": "D", "year": 5}, {"title": "C", "year": 2}],
)
NEWEST = films_entry(
    "newest", "person_id", "return max(films_of(person_id), key=lambda f: f.year).title", '"B"', 7, FILMS
)
LISTED = films_entry("listed", "person_id", "return films_of(person_id)[0].title", '"A"', 7, FILMS)


@pytest.fixture
async def prover() -> AsyncIterator[Prover]:
    stubs = stub_module([ToolSpec("films_of", "Films.", parameters=(Parameter("person_id", "int"),))])
    async with Prover(lambda h: sandbox.open_kernel(KernelOptions(stubs=stubs), h, "fake"), ["films_of"]) as opened:
        yield opened


async def test_twins_do_the_same_on_each_others_record(prover: Prover) -> None:
    assert may_be_twins(OLDEST, FIRST) and await behave_alike(prover, OLDEST, FIRST)
    for other in (NEWEST, LISTED):
        # LISTED gives the same on its own record and on that of OLDEST, but not on that of FIRST.
        assert may_be_twins(FIRST, other) and not await behave_alike(prover, FIRST, other)
    assert not may_be_twins(OLDEST, OLDEST) and not may_be_twins(OLDEST, replace(FIRST, state="retired"))
    assert not may_be_twins(OLDEST, replace(FIRST, tools=())) and not may_be_twins(
        OLDEST, replace(FIRST, verifying_call="")
    )


def test_the_better_twin_stays_with_both_histories() -> None:
    assert better_of([OLDEST, replace(FIRST, state="confirmed")]).name == "first_film"
    assert better_of([OLDEST, replace(FIRST, n_successes=3)]).name == "first_film"
    older, newer = replace(OLDEST, created="2025"), replace(FIRST, created="2026")
    assert better_of([newer, older]).name == "oldest"
    whole = united(OLDEST, replace(FIRST, state="confirmed", n_uses=4, n_successes=3, n_failures=1))
    assert (whole.n_uses, whole.n_successes, whole.n_failures, whole.state) == (5, 4, 1, "confirmed")
