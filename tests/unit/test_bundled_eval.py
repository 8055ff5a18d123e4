"""The bundled model's table: what counts as right, how sure a share is, and that the items are always the same."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from agent.catalogue import tools as bundled
from tui.bundled_eval.judging import agrees, run_gold, same
from tui.bundled_eval.reporting import interval
from tui.bundled_eval.rows import arena_of, items_of
from tui.bundled_eval.running import says_nothing_found

QUESTIONS = Path(__file__).parents[1] / "data" / "hand_questions.jsonl"


@pytest.mark.parametrize(
    ("value", "gold", "by_hand", "right"),
    [
        ("[1, 2]", [1, 2], False, True),
        ("[2, 1]", [1, 2], False, False),
        ("[2, 1]", [1, 2], True, True),
        ('{"title": "Heat", "id": 3}', "heat", True, True),
        ('"Running: 7 tracks"', 7, True, False),
        ("true", 1, False, False),
        ("93.001", 93, True, True),
        ("93.001", 93, False, False),
        (None, None, True, False),
    ],
)
def test_what_meets_the_gold(value: str | None, gold: object, by_hand: bool, right: bool) -> None:
    assert agrees(value, gold, by_hand=by_hand) is right


def test_true_is_not_one_inside_lists_either() -> None:
    assert not same([True], [1])
    assert same([1.0], [1])


def test_the_interval_of_a_share() -> None:
    low, high = interval(52, 97)  # Wilson's, as tables give it
    assert low == pytest.approx(0.437, abs=0.002)
    assert high == pytest.approx(0.632, abs=0.002)
    assert interval(0, 0) == (0.0, 1.0)


def test_items_are_the_same_each_time_and_their_gold_runs() -> None:
    items = list(items_of("names", arena_of("names"), 6))
    again = list(items_of("names", arena_of("names"), 6))
    assert [(i.key, i.question, i.program) for i in items] == [(i.key, i.question, i.program) for i in again]
    for item in items:
        assert item.program is not None
        assert item.world is not None
        run_gold(item.program, item.world.namespace())


def test_the_halves_of_the_questions_by_hand_are_apart() -> None:
    halves = [
        {item.question for item in items_of("hand", arena_of("names"), 300, QUESTIONS, split)}
        for split in ("report", "improve")
    ]
    assert halves[0].isdisjoint(halves[1])
    assert min(map(len, halves)) > 90


@pytest.mark.parametrize("row", ["plain-small", "plain-lower"])
def test_plain_questions_name_what_their_gold_names(row: str) -> None:
    halves = [list(items_of(row, arena_of("names"), 25, split=split)) for split in ("report", "improve")]
    assert {i.question for i in halves[0]}.isdisjoint(i.question for i in halves[1])
    tools = {name: getattr(bundled, name) for name in bundled.__all__}
    for item in halves[0]:
        assert item.program is not None
        assert run_gold(item.program, tools) is not None
        assert row != "plain-lower" or item.question == item.question.lower()


def test_that_nothing_was_found_misleads_nobody() -> None:
    assert says_nothing_found(json.dumps('No film or series called "Zzyzx" was found.'))
    assert not says_nothing_found('"No Country for Old Men"')
    assert not says_nothing_found("null")
    assert not says_nothing_found(None)
