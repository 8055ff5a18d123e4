"""Templates: Appendix D's prompts to the letter, and what holds for every family."""

from __future__ import annotations

from keyword import iskeyword
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from train.rows import Call, Called, CallsRow, Said, ToolDoc
from train.templates import NAMES, Template, UnknownTemplate, openai_tools, template_named
from train.templates.base import Segment, is_target, one_call_a_turn, talk, text_of, up_to

GOLDEN = Path(__file__).parents[1] / "data" / "templates"
ADVICE = ToolDoc(
    "random_advice",
    "Returns a random advice slip as a slip object.",
    {"type": "object", "properties": {}, "required": []},
)
SEARCH = ToolDoc(
    "search_films",
    "Searches films.\nSlowly.",
    {
        "type": "object",
        "properties": {
            "limit": {"type": "integer", "description": "how many"},
            "query": {"type": "string", "description": "words"},
        },
        "required": ["query"],
    },
)
ASKED = Said("user", "Can you fetch some random advice for me?")
ONE = CallsRow("1", "g", (ADVICE,), (ASKED,))
WRONG, RIGHT = Call("search", {"q": "x"}, is_target=False), Call("search_films", {"query": 'it\'s "so"', "limit": 3})
TALK = CallsRow(
    "2",
    "g",
    (ADVICE, SEARCH),
    (
        Said("system", "Be kind."),
        ASKED,
        Called((WRONG,), "Perhaps a search."),
        Said("tool", "name 'search' is not defined", "search"),
        Called((RIGHT, Call("random_advice", {})), "Then so."),
        Said("tool", '[{"title": "Heat"}]', "search_films"),
        Said("tool", '{"slip": 52}', "random_advice"),
        Said("assistant", "Heat. Do not promise."),
        Said("user", "Once more?"),
        Called((Call("random_advice", {}),)),
    ),
)


@pytest.fixture(params=NAMES)
def template(request: pytest.FixtureRequest) -> Template:
    return template_named(request.param)


def test_the_prompt_is_the_papers(template: Template) -> None:
    assert template.prompt(ONE) == (GOLDEN / f"{template.name}.txt").read_text(encoding="utf-8")


def test_every_family_of_the_paper_is_there() -> None:
    assert set(NAMES) == {"toolllama", "nexusraven", "chatglm4", "qwen2", "llama3.1", "qwen2.5", "tl-codellama"}
    with pytest.raises(UnknownTemplate, match=r"qwen2\.5"):
        template_named("gpt-5")


def test_a_prompt_is_how_the_text_with_the_answer_begins(template: Template) -> None:
    row = CallsRow("3", "g", TALK.tools, one_call_a_turn(TALK.turns))
    for number, turn in enumerate(row.turns):
        if isinstance(turn, Called) or turn.role == "assistant":
            whole = text_of(template.render(up_to(row, number + 1)))
            assert whole.startswith(template.prompt(up_to(row, number)))


def test_what_is_a_target_is_what_the_model_writes(template: Template) -> None:
    row = CallsRow("3", "g", TALK.tools, one_call_a_turn(TALK.turns))
    for number, turn in enumerate(row.turns):
        if is_target(turn):
            whole = up_to(row, number + 1)
            targets = _new_targets(template, whole)
            said = text_of(template.render(whole))[len(template.prompt(up_to(row, number))) :]
            assert said.rstrip("\n") == targets.rstrip("\n")
            assert template.parse(targets) == _unmasked(turn)


def test_masked_calls_stay_in_the_text_and_are_no_target(template: Template) -> None:
    segments = template.render(TALK)
    assert "search" in [span.name for segment in segments for span in segment.calls]
    for segment in segments:
        if segment.is_target:
            assert "search" not in [span.name for span in segment.calls]
    assert "name 'search' is not defined" in text_of(segments)
    assert not any("not defined" in segment.text for segment in segments if segment.is_target)


def test_spans_are_where_the_calls_are(template: Template) -> None:
    found = [
        (segment.text[span.name_start : span.name_end], [segment.text[a:b] for a, b in span.values])
        for segment in template.render(TALK)
        for span in segment.calls
    ]
    assert [name for name, _ in found] == ["search", "search_films", "random_advice", "random_advice"]
    written = found[1][1]
    assert written[1] == "3"
    assert written[0] in ('it\'s "so"', 'it\\\'s "so"', 'it\'s \\"so\\"')


NAME = st.from_regex(r"[a-z][a-z_]{0,12}", fullmatch=True).filter(lambda name: name != "name")
VALUE = st.recursive(
    st.none() | st.booleans() | st.integers(-99, 99) | st.text(st.characters(codec="utf-8", exclude_categories=["Cs"])),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("abc ", max_size=3), inner, max_size=3),
    max_leaves=5,
)


@given(name=NAME.filter(lambda name: not iskeyword(name)), args=st.dictionaries(NAME, VALUE, max_size=3))
def test_a_written_call_is_read_back(name: str, args: dict[str, object]) -> None:
    turn = Called((Call(name, args),))
    for family in NAMES:
        template = template_named(family)
        if any(stop in str(args) for stop in template.stop):
            continue
        written = "".join(s.text for s in template.render(CallsRow("1", "g", (ADVICE,), (ASKED, turn))) if s.is_target)
        assert template.parse(written) == turn, family


@pytest.mark.parametrize(
    ("family", "broken"),
    [
        ("tl-codellama", " search_films(query='Hea"),
        ("toolllama", "Thought: so\nAction: search_films\nAction Input: {query: Heat"),
        ("nexusraven", "Call: search_films(query="),
        ("chatglm4", 'search_films\n{"query": "Hea'),
        ("qwen2", "Action: search_films\nAction Input: Heat"),
        ("llama3.1", '{"name": "search_films", "parameters": {"query"'),
        ("qwen2.5", '<tool_call>\n{"name": "search_films", "arguments": {"query"\n</tool_call>'),
    ],
)
def test_a_broken_call_is_no_answer(family: str, broken: str) -> None:
    assert template_named(family).parse(broken) is None


def test_the_tools_field_for_gpt() -> None:
    assert openai_tools.request(ONE) == {
        "messages": [{"role": "user", "content": "Can you fetch some random advice for me?"}],
        "tools": [
            {
                "type": "function",
                "function": {
                    "name": "random_advice",
                    "description": "Returns a random advice slip as a slip object.",
                    "parameters": {"type": "object", "properties": {}, "required": []},
                },
            }
        ],
    }
    messages = openai_tools.request(TALK)["messages"]
    asked = [call["id"] for message in messages for call in message.get("tool_calls", ())]
    answered = [message["tool_call_id"] for message in messages if message["role"] == "tool"]
    assert answered == asked[:3]
    assert openai_tools.read_message(messages[4]) == _unmasked(TALK.turns[4])
    assert openai_tools.read_message({"content": "Hello"}) == Said("assistant", "Hello")
    assert openai_tools.read_message({"tool_calls": [{"function": {"name": "f", "arguments": "{"}}]}) is None


def _new_targets(template: Template, row: CallsRow) -> str:
    """The target text of the last turn."""
    before = sum(s.is_target for s in template.render(up_to(row, len(row.turns) - 1)))
    targets: list[Segment] = [s for s in template.render(row) if s.is_target]
    assert len(targets) > before
    return text_of(targets[before:])


def _unmasked(turn: Called | Said) -> Called | Said:
    assert talk(CallsRow("", "", (), (turn,))) == (turn,)
    if isinstance(turn, Said):
        return turn
    return Called(tuple(Call(c.name, c.args) for c in turn.calls), turn.thought)
