"""The breakdown of Table 1, DE, CE and VA, intervals and paired tests."""

import math
from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.calls.categories import Category
from agent.scoring.breakdown import error_of, first_word, folded, is_synonym, shares
from agent.scoring.gold import GivenCall, Gold, GoldCall
from agent.scoring.intervals import bootstrap, mcnemar, paired, wilson
from agent.scoring.multi import Episode, score_episodes
from agent.scoring.single import judge

DECLARED = {
    "getPapers": frozenset({"topic", "year", "page"}),
    "getPaperDetails": frozenset({"id"}),
    "finish": frozenset(),
}
GOLD = Gold(((GoldCall.of("getPapers", {"topic": "graph search", "year": "2019"}),),))


@pytest.mark.parametrize(
    ("name", "args", "aspect", "kinds"),
    [
        ("finish", {}, "Tool", {"First"}),
        ("getPaperDetails", {"id": 1}, "Tool", {"Prefix"}),
        ("getPapers", {"topic": "graph search", "year": "2019", "page": 1}, "Parameter", {"Redundancy"}),
        ("getPapers", {"topic": "graph search"}, "Parameter", {"Missing"}),
        ("getPapers", {"topic": "x", "sort": "x", "page": 1}, "Parameter", {"Redundancy", "Hallucination", "Missing"}),
        ("getPapers", {"topic": "Graph-Search", "year": 2019}, "Content", {"Synonyms"}),
        ("getPapers", {"topic": "Graph search", "year": "2020"}, "Content", {"Synonyms", "Others"}),
    ],
)  # fmt: skip
def test_the_kinds_of_table_1(name: str, args: Mapping[str, object], aspect: str, kinds: set[str]) -> None:
    error = error_of([GivenCall(name, args)], GOLD, DECLARED)
    assert error is not None
    assert (error.aspect, error.kinds) == (aspect, kinds)


def test_no_error_where_it_is_right_and_the_nearest_answer_else() -> None:
    two = Gold(((GoldCall.of("a", {"x": 1, "y": 2}),), (GoldCall.of("a", {"x": 1}),)), first_only=True)
    assert error_of([GivenCall("a", {"x": 1})], two, {}) is None
    near = error_of([GivenCall("a", {"x": 5})], two, {})
    assert near is not None
    assert near.aspect == "Content"
    assert error_of(None, two, {}).aspect == "Format"  # type: ignore[union-attr]
    assert error_of([], Gold(()), {}) is None


def test_right_calls_of_the_wrong_number_are_an_error_of_count() -> None:
    both = Gold(((GoldCall.of("a", {"x": 1}), GoldCall.of("a", {"x": 2})),))
    error = error_of([GivenCall("a", {"x": 1})], both, {})
    assert error is not None
    assert error.aspect == "Count"


CALLS = st.tuples(
    st.sampled_from(["getPapers", "finish"]),
    st.dictionaries(st.sampled_from(["topic", "year", "z"]), st.sampled_from(["graph search", "2019"])),
)


@given(st.lists(CALLS))
def test_an_error_exactly_where_cf_fails_and_of_the_aspect_that_failed(calls: list[tuple[str, dict[str, str]]]) -> None:
    for call in calls:
        verdict = judge([GivenCall(*call)], GOLD)
        error = error_of([GivenCall(*call)], GOLD, DECLARED)
        expected = None if verdict.cf else "Content" if verdict.pi else "Parameter" if verdict.ts else "Tool"
        assert (error.aspect if error else None) == expected


def test_shares_are_of_the_aspect() -> None:
    wrong = [
        GivenCall("finish", {}),
        GivenCall("getPaperDetails", {}),
        GivenCall("getPaperDetails", {}),
        GivenCall("getPapers", {}),
    ]
    table = shares([error_of([call], GOLD, DECLARED) for call in wrong])
    assert table["Tool"] == {"n": 3, "First": 33.33, "Prefix": 66.67}
    assert table["Parameter"]["Missing"] == 100
    assert table["Content"] == {"n": 0, "Synonyms": 0.0, "Others": 0.0}


@pytest.mark.parametrize(
    ("name", "word"),
    [("get_papers", "get"), ("getPapers", "get"), ("HTTPGet", "HTTP"), ("v2x", "v"), ("查询", "查询"), ("", "")],
)
def test_the_first_word_of_a_name(name: str, word: str) -> None:
    assert first_word(name) == word


@pytest.mark.parametrize(
    ("given_value", "gold", "close"),
    [
        ("1,000", 1000, True),
        ("New York City", "new york", True),
        ("Rome", "Bari", False),
        (["b", "A"], ["a", "b"], True),
        ("", "x", False),
        ("12", "13", False),
    ],
)
def test_synonyms_by_form(given_value: object, gold: object, close: bool) -> None:
    assert is_synonym(given_value, gold) is close


@given(st.text())
def test_folding_takes_any_text(text: str) -> None:
    assert isinstance(folded(text), str)


def test_de_ce_va() -> None:
    ok, missing, down = Category.ALL_RIGHT, Category.PARAMETER_MISSING, Category.TOOL_INSTABILITY
    score = score_episodes(
        [
            Episode((ok, missing, ok), 4, "It rains."),
            Episode((down, down), 9, "I cannot handle the task."),
            Episode((ok,), 10, "Too late."),
            Episode((), 9, None, n_malformed=1, n_unobserved=2),
        ]
    )
    assert (score.n, score.n_calls) == (4, 6)
    assert (score.de, score.ce, score.va) == (16.67, 33.33, 25.0)
    assert (score.de_items, score.ce_items) == (25.0, 25.0)
    assert (score.n_malformed, score.n_unobserved) == (1, 2)


def test_wilson_against_published_values() -> None:
    # Newcombe (1998), table I: 81 of 263 and 0 of 20 and 1 of 29.
    assert (wilson(81, 263).low, wilson(81, 263).high) == (25.53, 36.62)
    assert (wilson(0, 20).low, wilson(0, 20).high) == (0.0, 16.11)
    assert (wilson(1, 29).low, wilson(1, 29).high) == (0.61, 17.18)
    assert wilson(0, 0).high == 100


@given(st.integers(1, 500), st.data())
def test_wilson_holds_the_share(n: int, data: st.DataObject) -> None:
    k = data.draw(st.integers(0, n))
    found = wilson(k, n)
    assert 0 <= found.low <= 100 * k / n + 0.01
    assert found.high >= 100 * k / n - 0.01


def test_mcnemar_by_hand() -> None:
    assert mcnemar(0, 0) == 1
    assert mcnemar(0, 5) == 2 / 32
    assert mcnemar(1, 9) == pytest.approx(2 * (1 + 10) / 1024)
    assert math.isclose(mcnemar(600, 400), mcnemar(400, 600))


def test_paired_runs() -> None:
    same = paired([True] * 30, [True] * 30)
    assert (same.p, same.difference, same.verdict) == (1, 0, "no difference shown")
    better = paired([False] * 12 + [True] * 18, [True] * 30)
    assert (better.n_only_a, better.n_only_b, better.difference, better.verdict) == (0, 12, 40, "B is better")
    assert better.interval.low > 0
    with pytest.raises(ValueError, match="same items"):
        paired([True], [])


def test_the_bootstrap_of_a_ratio() -> None:
    assert (bootstrap([(1, 2)] * 10).low, bootstrap([(1, 2)] * 10).high) == (50.0, 50.0)
    spread = bootstrap([(0, 1), (4, 4)] * 20)
    assert spread.low < 80 < spread.high
    assert bootstrap([]).high == 100
