"""TS, PI, CF: by hand, and for gold that is corrupted at known rates."""

import json
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.scoring.gold import GivenCall, Gold, GoldCall
from agent.scoring.rotbench_official import official_verdict
from agent.scoring.same import same_value
from agent.scoring.single import ALL_RIGHT, ALL_WRONG, Verdict, bound_by_position, judge, score
from tests.made_benchmarks import ROTBENCH, react, rotbench_item, write_rotbench
from train.formats import rotbench
from train.formats.react_text import read_react
from train.rows import CallsRow

OSLO = Gold(((GoldCall.of("weather", {"city": "Oslo", "days": 2}),), (GoldCall.of("forecast", {"city": "Oslo"}),)))
TS, PI = Verdict(ts=True), Verdict(ts=True, pi=True)


@pytest.mark.parametrize(
    ("calls", "verdict"),
    [
        ([("weather", {"city": "Oslo", "days": 2})], ALL_RIGHT),
        ([("weather", {"days": 2.0, "city": "Oslo"})], ALL_RIGHT),
        ([("forecast", {"city": "Oslo"})], ALL_RIGHT),
        ([("weather", {"city": "Oslo", "days": "2"})], PI),
        ([("weather", {"city": "Oslo", "days": True})], PI),
        ([("weather", {"city": "Oslo"})], TS),
        ([("weather", {"city": "Oslo", "days": 2, "unit": "C"})], TS),
        ([("climate", {"city": "Oslo", "days": 2})], ALL_WRONG),
        ([("forecast", {"city": "Oslo"}), ("forecast", {"city": "Oslo"})], ALL_WRONG),
        ([], ALL_WRONG),
        (None, ALL_WRONG),
    ],
)
def test_nested_as_in_the_benchmark(calls: list[tuple[str, dict[str, object]]] | None, verdict: Verdict) -> None:
    assert judge(None if calls is None else [GivenCall(*call) for call in calls], OSLO) == verdict


def test_calls_of_one_answer_come_in_any_order_and_all_of_them() -> None:
    both = Gold(((GoldCall.of("w", {"city": "A"}), GoldCall.of("w", {"city": "B"})),))
    a, b, c = (GivenCall("w", {"city": name}) for name in "ABC")
    assert judge([b, a], both) == ALL_RIGHT
    assert judge([a, c], both) == PI
    assert judge([a, a], both) == PI
    assert judge([a], both) == ALL_WRONG
    assert judge([a, b, b], both) == ALL_WRONG


def test_pairing_finds_the_one_way_that_fits() -> None:
    free = GoldCall("w", {"city": ("A", "B")})
    only_a = GoldCall("w", {"city": ("A",)})
    assert judge([GivenCall("w", {"city": "A"}), GivenCall("w", {"city": "B"})], Gold(((free, only_a),))) == ALL_RIGHT


def test_optional_and_free_parameters() -> None:
    gold = Gold(
        (
            (
                GoldCall(
                    "w", {"city": ("A",), "page": (1, "1"), "note": ("x",)}, frozenset({"page"}), frozenset({"note"})
                ),
            ),
        )
    )
    assert judge([GivenCall("w", {"city": "A", "note": "anything"})], gold) == ALL_RIGHT
    assert judge([GivenCall("w", {"city": "A", "note": 3, "page": "1"})], gold) == ALL_RIGHT
    assert judge([GivenCall("w", {"city": "A", "note": 3, "page": 2})], gold) == PI
    assert judge([GivenCall("w", {"city": "A"})], gold) == TS


def test_where_nothing_should_be_called_an_answer_in_words_is_right() -> None:
    nothing = Gold(())
    assert judge([], nothing) == ALL_RIGHT
    assert judge([GivenCall("w", {})], nothing) == ALL_WRONG
    assert judge(None, nothing) == ALL_WRONG


def test_every_prediction_counts() -> None:
    assert score([ALL_RIGHT, PI, TS, ALL_WRONG, ALL_WRONG, ALL_WRONG]).json() == {
        "n": 6,
        "ts": 50.0,
        "pi": 33.33,
        "cf": 16.67,
    }
    assert score([]).n == 0


def test_positional_arguments_take_the_tools_names() -> None:
    bound = bound_by_position(GivenCall("w", {"arg0": "A", "days": 2}), ("city", "days"))
    assert bound.args == {"city": "A", "days": 2}
    own = GivenCall("w", {"arg0": "A"})
    assert bound_by_position(own, ("arg0",)) is own


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(), lambda x: st.lists(x) | st.dictionaries(st.text(), x)
    )
)
def test_a_value_is_itself_also_through_json(value: object) -> None:
    assert same_value(value, value)
    assert same_value(json.loads(json.dumps(value)), value)


CORRUPTIONS = ("none", "tool", "parameters", "values")


@given(st.lists(st.sampled_from(CORRUPTIONS), min_size=1, max_size=40))
def test_corrupted_gold_scores_what_the_corruption_predicts(corruptions: Sequence[str]) -> None:
    n = len(corruptions)
    ours, theirs = [], []
    for i, corruption in enumerate(corruptions):
        name, args = "get_forecast", {"city": f"city {i}", "days": "3"}
        item = rotbench_item(f"q{i}", [(name, dict(args)), ("get_weather", {"city": "Elsewhere"})])
        if corruption == "tool":
            name = "now"
        elif corruption == "parameters":
            args["extra"] = "1"
        elif corruption == "values":
            args["city"] = "Nowhere"
        right = item["conversations"][-1]["value"]
        gold = Gold(tuple((GoldCall.of(turn.name, turn.args),) for turn in map(read_react, right)), first_only=True)
        ours.append(judge([GivenCall(name, args)], gold))
        theirs.append(official_verdict(react(name, args), right, ["now", "ask_to_user", "finish"]))
    tool, parameters, values = (corruptions.count(kind) for kind in CORRUPTIONS[1:])
    expected = {
        "n": n,
        "ts": round(100 * (n - tool) / n, 2),
        "pi": round(100 * (n - tool - parameters) / n, 2),
        "cf": round(100 * (n - tool - parameters - values) / n, 2),
    }
    assert score(ours).json() == expected
    assert score(theirs).json() == expected


class TestRoTBench:
    def items(self, tmp_path: Path) -> list[rotbench.Item]:
        return list(rotbench.items(rotbench.split_file(write_rotbench(tmp_path), "Clean")))

    def test_gold_is_all_right_and_the_released_script_denies_empty_arguments(self, tmp_path: Path) -> None:
        items = self.items(tmp_path)
        names = [[tool.name for tool in item.tools] for item in items]
        ours = [judge([read_react(item.official_gold[-1])], item.gold) for item in items]
        theirs = [official_verdict(i.official_gold[-1], i.official_gold, n) for i, n in zip(items, names, strict=True)]
        assert score(ours).cf == 100
        assert [verdict.cf for verdict in theirs] == [True, False, True, True, True, True]

    def test_its_rules(self, tmp_path: Path) -> None:
        _, _, either, none, ask, renamed = self.items(tmp_path)
        assert judge([GivenCall("get_weather", {"city": "Bari"})], either.gold).cf
        assert judge([GivenCall("get_forecast", {"city": "Oslo", "days": "2"})], none.gold).cf
        assert judge([GivenCall("get_forecast", {"city": "Oslo"})], none.gold) == TS
        assert judge([GivenCall("ask_to_user", {"question": "Where?"})], ask.gold).cf
        assert judge([GivenCall("finish", {"answer": "See you"})], renamed.gold).cf
        assert not judge([GivenCall("finish", {"answer": "See you"})], either.gold).ts

    def test_rows_end_with_the_first_answer_without_its_none(self, tmp_path: Path) -> None:
        rows = list(rotbench.load(rotbench.split_file(write_rotbench(tmp_path), "clean")))
        assert all(isinstance(row, CallsRow) for row in rows)
        assert rows[3].turns[-1].calls[0].args == {"city": "Oslo"}
        assert rows[0].turns[0].text == "Is it cold in Oslo?"
        assert len({row.id for row in rows}) == len(rows) == len(ROTBENCH)

    @pytest.mark.parametrize(
        "text",
        [
            "I do not know",
            "Action: \nAction Input: {}",
            "Action: now\nAction Input: [1]",
            "Action: now\nAction Input: 1",
            'Action: now\nAction Input: {"a": 1} and more',
            "Action:",
            "",
        ],
    )
    def test_no_text_breaks_the_official_count(self, text: str) -> None:
        assert not official_verdict(text, [react("now", {"a": 1})], ["now", "ask_to_user", "finish"]).pi

    def test_a_none_that_was_taken_out_stays_out(self) -> None:
        """The released script deletes the key from the prediction itself: a later answer that fits no longer does."""
        answers = [react("w", {"city": "A", "days": "None"}), react("w", {"city": "B", "days": "None"})]
        said = react("w", {"city": "B", "days": "3"})
        assert official_verdict(said, answers, ["w", "ask_to_user", "finish"]) == PI
        assert official_verdict(said, answers[::-1], ["w", "ask_to_user", "finish"]) == ALL_RIGHT
