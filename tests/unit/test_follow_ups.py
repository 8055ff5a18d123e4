"""Follow-up questions: what the kernel still holds, a history that fits its budget, and a model that cannot."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.events import Answered, StageEnded, ToolReturned
from agent.loop.held import N_RESULTS, newest_first, told, with_result
from agent.loop.history import fitted, n_tokens
from agent.prompts.base import Exchange, PromptContext, Routed, Stage
from agent.prompts.compact import NO_FOLLOW_UP, CompactPrompts
from agent.prompts.follow_up import refers_back
from sandbox.variables import Variable
from tests.unit.loop_script import PROGRAM, events_of, fenced, of, scripted, session

FOLLOW_UP = "And the latest of them?"
FILMS = PROGRAM.replace("len(films_of_director(name))", "films_of_director(name)").replace("-> int", "-> list[dict]")
LATEST = '''def latest(films: list[dict]) -> str:
    """The title of the latest film."""
    return max(films, key=lambda film: film["year"])["title"]


latest(result_1)'''
AGAIN = "len(films_of_director('Wes Anderson'))"


async def test_a_follow_up_uses_what_the_kernel_holds() -> None:
    model = scripted(implementation=[fenced(FILMS), fenced(LATEST)])
    async with session(model) as talk:
        await events_of(talk, "Which films did Sofia Coppola direct?")
        answered, events = await events_of(talk, FOLLOW_UP)
    assert json.loads(answered.value_json or "") == "Priscilla"
    assert not of(ToolReturned, events), "no tool is called: the films are there"
    stages = {e.stage: e for e in of(StageEnded, events)}
    for stage in ("route", "scaffold", "select", "implement"):
        prompt = stages[stage].prompt[-1][1]
        assert "films_of_director(name: str) -> list[dict] # The films that a person directed." in prompt, stage
        assert "result_1: list of 8 = [{'id'" in prompt and "the value of question 1" in prompt
    assert "result_1" not in "".join(text for _, text in stages["answer"].prompt[:-1])


async def test_a_function_that_the_kernel_holds_is_no_unknown_tool() -> None:
    pseudo = 'def count(name: str) -> int:\n    """Count."""\n    return len(films_of_director(name))'
    model = scripted(
        implementation=[fenced(PROGRAM), fenced(AGAIN)],
        tool_selection=[fenced(PROGRAM), fenced(f'{pseudo}\n\ncount("Wes Anderson")')],
    )
    async with session(model) as talk:
        await events_of(talk)
        answered, events = await events_of(talk, "And Wes Anderson?")
    assert answered.value_json == "11"
    assert "reselect" not in [e.stage for e in of(StageEnded, events)]
    assert all(e.category == "All Right" for e in of(ToolReturned, events))


async def test_two_hundred_turns_do_not_grow_the_prompt() -> None:
    model = scripted(implementation=fenced("1 + 1"), answer="It is two. " * 20)
    sizes: list[int] = []
    kept = 0
    async with session(model, history_tokens=600) as talk:
        last: list[tuple[str, str]] = []
        for turn in range(1, 201):
            answered, events = await events_of(talk, f"What is one and one, for the {turn}th time?")
            assert answered.status == "answered"
            prompt = next(list(e.prompt) for e in of(StageEnded, events) if e.stage == "scaffold")
            sizes.append(sum(len(text) for _, text in prompt))
            kept += prompt[: len(last) - 1] == last[:-1]
            last = prompt
        lines = [line for line in prompt[-1][1].splitlines() if line.startswith("result_")]
    assert max(sizes[20:]) <= max(sizes[:20]) * 1.1, "the prompt grows"
    assert f"for the {turn - 1}th time?" in prompt[-3][1] and prompt[-2][1].startswith("It is two. It is two.")
    assert len(lines) <= N_RESULTS and lines[0].startswith("result_199: int = 2")
    assert kept > 150, "earlier messages change in most turns: no prefix cache can work"


@given(
    st.lists(st.tuples(st.text("ab \n", max_size=400), st.text("cd \n", max_size=3000)), max_size=30),
    st.integers(200, 3000),
)
def test_the_history_is_within_its_budget_and_the_newest_is_there(said: list[tuple[str, str]], limit: int) -> None:
    exchanges = [Exchange(question, answer) for question, answer in said]
    shown = fitted(exchanges, limit)
    assert n_tokens(shown) <= limit and shown == fitted(exchanges, limit)
    if exchanges:
        assert shown and shown[-1].answer[:50] == exchanges[-1].answer[:50]
    if n_tokens(exchanges) <= limit:
        assert list(shown) == exchanges


@pytest.mark.parametrize(
    ("program", "kept"),
    [
        ("f(1)", "result_3 = f(1)\nresult_3"),
        ("x = 1; (x +\n  2)\n# end", "x = 1; result_3 = (x +\n  2)\n# end\nresult_3"),
        ("é = 1; é", "é = 1; result_3 = é\nresult_3"),
        ("x = 1", "x = 1"),
        ("plot();", "plot();"),
        ("(y := 2)", "(y := 2)"),
        ("def f(:", "def f(:"),
        ("", ""),
    ],
)
def test_the_value_of_a_program_keeps_a_name(program: str, kept: str) -> None:
    assert with_result(program, 3) == kept


def test_old_values_make_room_in_the_kernel() -> None:
    assert with_result("f()", N_RESULTS + 2) == f"result_{N_RESULTS + 2} = f()\nresult_2 = None\nresult_{N_RESULTS + 2}"


def test_names_are_told_within_a_budget_the_newest_first() -> None:
    assert newest_first([["a", "b"], ["c"], ["a"]]) == ["a", "c", "b"]
    variables = [Variable(f"v{i}", "str", "40", "'" + "x" * 40 + "'") for i in range(50)]
    lines = told(variables, 200)
    assert lines[0].startswith("v0: str of 40 = 'x") and lines[-1] == f"(and {50 - len(lines) + 1} older names)"
    assert told([Variable("result_1", "NoneType")], 200) == ()


def test_the_bundled_model_says_that_it_cannot_follow_up() -> None:
    read = CompactPrompts().read
    history = (Exchange("Which films did Wes Anderson direct?", "Rushmore"),)
    for question in (
        FOLLOW_UP,
        "When was he born?",
        "And Wes Anderson?",
        "How many of those are over two hours?",
    ):
        assert read(Stage.ROUTE, "code", PromptContext(question, history=history)) == Routed("beyond", NO_FOLLOW_UP)
        assert read(Stage.ROUTE, "code", PromptContext(question)) == Routed("code")
    whole = "Which film of Sofia Coppola's is her longest?"
    assert read(Stage.ROUTE, "code", PromptContext(whole, history=history)) == Routed("code")


def test_questions_of_people_stand_for_themselves() -> None:
    with open("tests/data/hand_questions.jsonl", encoding="utf-8") as file:  # noqa: PTH123
        rows = [json.loads(line) for line in file]
    assert [r["question"] for r in rows if r["kind"] == "answerable" and refers_back(r["question"])] == []


async def test_the_value_is_shown_as_before() -> None:
    """The name under which it stays changes neither the result nor its form."""
    for code, value in (("[1, 2]", "[1, 2]"), ("x = {'a': 1}", '{"a": 1}'), ("print('hi')", None)):
        answered, _ = await _one(code)
        assert answered.value_json == value, code


async def _one(code: str) -> tuple[Answered, list[object]]:
    async with session(scripted(implementation=fenced(code))) as talk:
        answered, events = await events_of(talk)
        return answered, list(events)
