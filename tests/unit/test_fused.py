"""Scaffold, plan and selection in one completion: what is read from it, and that the checks are the same."""

from __future__ import annotations

import pytest

from agent.events import Answered, StageEnded, StageStarted, ToolReturned
from agent.models.bundled.model import BundledModel
from agent.prompts.base import Malformed
from agent.prompts.fused import check_fused, parts_of, plan_of, scaffold_of
from agent.prompts.reading import check_plan, check_scaffold
from tests.unit.loop_script import PLAN, PSEUDO, QUESTION, SCAFFOLD, ask, events_of, fenced, of, scripted, session

FUSED = "scaffold, plan and tool selection"


def test_its_parts_are_what_the_stages_would_have_given() -> None:
    assert check_scaffold(scaffold_of(PSEUDO)) == SCAFFOLD.replace('"Sofia Coppola"', "'Sofia Coppola'")
    plan = check_plan(plan_of(PSEUDO))
    assert plan.replace("'", '"') == PLAN.replace("'", '"')
    assert [name for name, _ in parts_of(PSEUDO)] == ["scaffold", "plan", "select"]


def test_a_head_over_several_lines_and_steps_after_the_last_statement() -> None:
    source = '''def f(
    name: str,
) -> int:
    """Say it.

    At length.
    """
    # Step 1. find
    x = search_people(name)
    if x:
        # step 2: count
        return len(x)
    # Step 3. nothing to do

f("Ada")'''
    assert scaffold_of(source).splitlines()[-4:] == ['    """', "    ...", "", "f('Ada')"]
    steps = [line for line in plan_of(source).splitlines() if "tep" in line]
    assert steps == ["    # Step 1. find", "    # step 2: count", "    # Step 3. nothing to do"]
    check_plan(plan_of(source))


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        (("    # Step", "    # Thing"), "Step 1"),
        (('count_films("Sofia Coppola")', ""), "last line"),
        (('    """How many films a person directed."""\n', ""), "docstring"),
        (("people = ", "people = = "), "no valid Python"),
    ],
)
def test_what_is_missing_goes_back_to_the_model(change: tuple[str, str], complaint: str) -> None:
    with pytest.raises(Malformed, match=complaint):
        check_fused(PSEUDO.replace(*change))


async def test_a_turn_in_the_fused_mode_takes_fewer_calls_and_tokens() -> None:
    staged, before = await ask(scripted())
    fused, events = await ask(scripted(**{FUSED: fenced(PSEUDO)}), mode="fused")
    assert (fused.status, fused.value_json) == (staged.status, staged.value_json) == ("answered", "8")
    stages = [e.stage for e in of(StageStarted, events)]
    assert stages == ["route", "fused", "implement", "answer"] and len(of(StageStarted, before)) == 6
    (ended,) = [e for e in of(StageEnded, events) if e.stage == "fused"]
    assert dict(ended.parts) == {"scaffold": scaffold_of(PSEUDO), "plan": plan_of(PSEUDO), "select": PSEUDO}
    assert _tokens(fused) < 0.75 * _tokens(staged)


async def test_unknown_tools_are_reconstructed_there_too() -> None:
    invented = PSEUDO.replace("films_directed_by(", "get_filmography(")
    model = scripted(**{FUSED: fenced(invented), "planning reconstruction": fenced(PSEUDO)})
    answered, events = await ask(model, mode="fused")
    assert answered.value_json == "8"
    assert "reselect" in [e.stage for e in of(StageStarted, events)]
    assert any("get_filmography" in e.message for e in of(ToolReturned, events))


async def test_a_reply_that_lacks_a_part_is_asked_for_again() -> None:
    model = scripted(**{FUSED: [fenced(SCAFFOLD), fenced(PSEUDO)]})
    answered, events = await ask(model, mode="fused")
    assert answered.status == "answered"
    first, second = (e for e in of(StageEnded, events) if e.stage == "fused")
    assert "Step 1" in first.complaint and first.parts == () and second.complaint == ""


async def test_the_bundled_model_is_always_staged() -> None:
    async with session(BundledModel.load(), mode="fused") as talk:  # type: ignore[arg-type]
        answered, events = await events_of(talk, QUESTION)
    assert answered.status == "answered" and "plan" in [e.stage for e in of(StageStarted, events)]
    route = of(StageEnded, events)[0]
    assert [name for name, _ in route.parts] == ["route", "scaffold"] and "def " in dict(route.parts)["scaffold"]


def _tokens(answered: Answered) -> int:
    return answered.usage.prompt_tokens + answered.usage.completion_tokens
