"""The reward by error category: the paper's table, the released parser's mistakes, programs, live calls, TRL."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.calls.categories import Category
from agent.calls.syntax import parse_call, write_call
from agent.log.schema import LogRecord
from train.reward.live import live_reward
from train.reward.program import REJECTED_CAP, RecordedCall, gold_calls, recorded_calls, reward_of_program
from train.reward.table import PAPER, ErrorKind, Rewarded, reward_of_answer, reward_of_call
from train.reward.trl import columns, trl_reward
from train.rows import Call, ToolDoc
from train.templates import template_named

TEMPLATE = template_named("tl-codellama", eos="</s>")


def _doc(name: str, *parameters: str) -> ToolDoc:
    return ToolDoc(name, "", {"type": "object", "properties": {p: {} for p in parameters}})


TOOLS = (_doc("forecast", "city", "days", "units"), _doc("news", "topic"), _doc("now"))
GOLD = Call("forecast", {"city": "London", "days": 7})


def _reward(text: str, gold: Call = GOLD) -> Rewarded:
    read = TEMPLATE.parse(text)
    return reward_of_answer(getattr(read, "calls", None), [[gold]], TOOLS)


@pytest.mark.parametrize(
    ("text", "value", "kind"),
    [
        ("forecast(city='London', days=7)", 1.0, ErrorKind.ALL_RIGHT),
        ('forecast(days=7.0, city="London")', 1.0, ErrorKind.ALL_RIGHT),
        ("forecast('London', 7)", 1.0, ErrorKind.ALL_RIGHT),
        ("I do not know.", -2.0, ErrorKind.FORMAT),
        ("", -2.0, ErrorKind.FORMAT),
        ("forecast(city='London', days=7", -2.0, ErrorKind.FORMAT),
        ("weather(city='London', days=7)", -2.0, ErrorKind.TOOL_HALLUCINATION),
        ("news(topic='London')", -1.5, ErrorKind.WRONG_TOOL),
        ("now()", -1.5, ErrorKind.WRONG_TOOL),
        ("forecast(town='London', units='C')", -1.8, ErrorKind.PARAMETERS),
        ("forecast(town='London', days=7)", -1.3, ErrorKind.PARAMETERS),
        ("forecast(city='London', days=7, zip='N1', units='C')", -1.3, ErrorKind.PARAMETERS),
        ("forecast(units='C', days=7)", -1.0, ErrorKind.PARAMETERS),
        ("forecast(city='London', days=7, zip='N1')", -0.8, ErrorKind.PARAMETERS),
        ("forecast(city='London', days=7, units='C')", -0.5, ErrorKind.PARAMETERS),
        ("forecast()", -0.5, ErrorKind.PARAMETERS),
        ("forecast('London', 7, 'C', 1)", -1.3, ErrorKind.PARAMETERS),
        ("forecast(city='Paris', days=7)", -0.25, ErrorKind.VALUE),
    ],
)
def test_the_papers_table(text: str, value: float, kind: ErrorKind) -> None:
    rewarded = _reward(text)
    assert rewarded.value == pytest.approx(value)
    assert rewarded.kind is kind


@pytest.mark.parametrize(
    "text",
    [
        "forecast(city='London', days=70)",  # the released parser reads strings only: a wrong number scored +1 there
        'forecast(city="Paris", days=7)',  # and so did any double-quoted argument
        "forecast(city='London', days='7')",
        "forecast(city='London', days=True)",
        "forecast(city=London, days=7)",
        "forecast(city=['London'], days=7)",
    ],
)
def test_what_the_released_parser_takes_for_right(text: str) -> None:
    assert _reward(text) == Rewarded(PAPER.value, ErrorKind.VALUE, why=_reward(text).why)


def test_figure_2s_second_example_misses_a_parameter_too() -> None:
    tools = [_doc("get_news_headlines", "country", "category")]
    gold = Call("get_news_headlines", {"country": "us"})
    assert reward_of_call(parse_call_as_call("get_news_headlines(q='us')"), gold, tools).value == pytest.approx(-1.3)


def parse_call_as_call(text: str) -> Call:
    call = parse_call(text)
    return Call(call.name, call.bound([]))


def test_hallucination_comes_before_the_wrong_tool_and_parameters_after_it() -> None:
    assert _reward("nowhere(x=1)").kind is ErrorKind.TOOL_HALLUCINATION
    assert _reward("news(nothing=1)").kind is ErrorKind.WRONG_TOOL


def test_any_right_answer_counts_and_too_many_calls_do_not_pay() -> None:
    one, two = Call("forecast", {"city": "London", "days": 7}), Call("news", {"topic": "rain"})
    assert reward_of_answer([two], [[one], [two]], TOOLS).value == 1
    assert reward_of_answer([two, one], [[one, two]], TOOLS).value == 1
    assert reward_of_answer([one, two], [[one]], TOOLS).value == pytest.approx((1 - 1.5) / 2)
    assert reward_of_answer([one], [[one, two]], TOOLS).value == pytest.approx((1 - 1.5) / 2)
    spam = [one, two, Call("now", {}), Call("no_such", {})]
    assert reward_of_answer(spam, [[one]], TOOLS).value == pytest.approx((1 - 1.5 - 1.5 - 2) / 4)


VALUES = st.none() | st.booleans() | st.integers(-3, 3) | st.text("ab'\"\\\n", max_size=3) | st.lists(st.integers(0, 2))
ARGS = st.dictionaries(st.sampled_from(["city", "days", "units"]), VALUES)
POSSIBLE = {-2.0, -1.8, -1.5, -1.3, -1.0, -0.8, -0.5, -0.25, 1.0}


@given(
    ARGS, st.sampled_from(["forecast", "news", "now", "wether"]), st.dictionaries(st.text("abcdeyist"), VALUES) | ARGS
)
def test_every_reward_is_one_of_the_tables_and_right_means_equal(
    gold: dict[str, Any], name: str, args: dict[str, Any]
) -> None:
    rewarded = reward_of_call(Call(name, args), Call("forecast", gold), TOOLS)
    assert round(rewarded.value, 6) in POSSIBLE
    as_json = json.dumps([name, args], sort_keys=True) == json.dumps(["forecast", gold], sort_keys=True)
    assert (rewarded.kind is ErrorKind.ALL_RIGHT) == as_json == (rewarded.value == 1)


@given(ARGS, st.randoms())
def test_neither_quotes_nor_order_matter(args: dict[str, Any], random: Any) -> None:
    shuffled = list(args.items())
    random.shuffle(shuffled)
    text = write_call("forecast", dict(shuffled))
    assert reward_of_answer(TEMPLATE.parse(text).calls, [[Call("forecast", args)]], TOOLS).value == 1  # type: ignore[union-attr]


@given(ARGS, ARGS, st.sampled_from(["units", "days", "city"]))
def test_taking_a_fault_away_never_lowers_the_reward(args: dict[str, Any], gold: dict[str, Any], key: str) -> None:
    worse = reward_of_call(Call("forecast", {**args, "invented": 1}), Call("forecast", gold), TOOLS).value
    as_it_was = reward_of_call(Call("forecast", args), Call("forecast", gold), TOOLS).value
    right = {**args, key: gold[key]} if key in gold else {k: v for k, v in args.items() if k != key}
    mended = reward_of_call(Call("forecast", right), Call("forecast", gold), TOOLS).value
    assert worse < as_it_was <= mended


def _said(name: str, category: Category = Category.ALL_RIGHT, **args: Any) -> RecordedCall:
    return RecordedCall(name, args, category)


def _program(
    calls: list[RecordedCall], gold: list[RecordedCall], *, rejected: bool = False, source: str = "f()"
) -> float:
    return reward_of_program(source, calls, gold, TOOLS, rejected=rejected).value


def test_a_programs_reward_is_the_mean_of_its_calls() -> None:
    right, wrong = _said("forecast", city="London", days=7), _said("news", topic="x")
    assert _program([right], [right]) == 1
    assert _program([right, wrong], [right]) == pytest.approx(-0.25)
    assert _program([right, right, right, wrong], [right]) == pytest.approx(-0.25)  # repeating does not pay
    assert _program([], [right]) == -1.5
    assert _program([], []) == 1


def test_a_rejected_result_caps_and_a_program_that_does_not_parse_is_a_format_error() -> None:
    right = _said("now")
    assert _program([right], [right], rejected=True) == REJECTED_CAP
    assert _program([_said("news", topic="x")], [right], rejected=True) == -1.5
    assert _program([], [], rejected=True) == REJECTED_CAP
    assert _program([right], [right], source="def f(:") == -2
    assert _program([right], [right], source="") == -2


def test_without_gold_the_feedback_decides_and_an_unstable_service_counts_for_nothing() -> None:
    calls = [_said("now"), _said("nope", Category.TOOL_HALLUCINATION), _said("now", Category.TOOL_INSTABILITY)]
    assert _program(calls, []) == pytest.approx((1 - 2) / 2)
    values = {category: getattr(live_reward(category), "value", None) for category in Category}
    assert values == {
        Category.ALL_RIGHT: 1.0,
        Category.TOOL_INSTABILITY: None,
        Category.TOOL_CALL_FAILURE: -0.25,
        Category.TOOL_HALLUCINATION: -2.0,
        Category.PARAMETER_HALLUCINATION: -0.8,
        Category.PARAMETER_MISSING: -0.5,
        Category.OTHERS: -0.25,
    }


def test_the_record_is_the_brokers() -> None:
    def record(kind: str, **fields: Any) -> LogRecord:
        return LogRecord(datetime.now(UTC), kind, fields)

    calls = recorded_calls(
        [
            record("cell_output", cell=1, text="forecast(city='London', days=7) -> All Right"),
            record("tool_call", id="1", name="forecast", args={"city": "London", "days": 7}, cell=1),
            record("tool_call", id="2", name="forecast", args={"[0]": "Rome", "[1]": 1, "x": 2}, cell=1),
            record("tool_return", id="2", name="forecast", category="Parameter Hallucination"),
            record("tool_call", id="3", name="now", args={}, cell=1),
            record("tool_return", id="1", name="forecast", category="All Right", value=3),
        ]
    )
    assert [(c.name, dict(c.args), c.category) for c in calls] == [
        ("forecast", {"city": "London", "days": 7}, Category.ALL_RIGHT),
        ("forecast", {"arg0": "Rome", "arg1": 1, "x": 2}, Category.PARAMETER_HALLUCINATION),
    ]
    assert gold_calls(calls, rejected=False) == calls[:1]
    assert gold_calls(calls, rejected=True) == ()
    assert _program(list(calls), list(calls[:1])) == pytest.approx((1 - 0.8) / 2)


def test_trl_gets_the_same_reward() -> None:
    reward = trl_reward(TEMPLATE)
    column = columns([[GOLD]], TOOLS)
    texts = ["forecast(city='London', days=7)</s>", "news(topic='x')", "hm"]
    given = [texts[0], [{"role": "assistant", "content": texts[1]}], texts[2]]
    n = len(texts)
    got = reward(
        completions=given, gold=[column["gold"]] * n, tools_json=[column["tools_json"]] * n, prompts=[""] * n, ids=None
    )
    assert got == [_reward(text).value for text in texts] == [1, -1.5, -2]
