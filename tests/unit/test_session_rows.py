"""Session logs become rows: real turns of the loop in the fake kernel, read back."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from agent.calls.categories import Category
from tests.logged import log_session
from tests.unit.loop_script import PROGRAM, PSEUDO, QUESTION, events_of, fenced, scripted, session
from train.formats.problems import Problem
from train.formats.session_log import Chosen, load
from train.formats.session_tools import named_arguments, tool_docs
from train.formats.task import Task
from train.rows import Called, CallsRow, CodeRow, Said, ToolDoc, parse_row, row_json

ID = "20261120-101500-k3f9"
BROKEN = PROGRAM.replace('people[0]["id"]', 'people[0]["nr"]')
MISCALLED = PROGRAM.replace("search_people(name)", "search_people(person=name)")


def tasks(path: Path, chosen: Chosen | None = None) -> list[Task]:
    problems: list[Problem] = []
    found = list(load(path, problems.append, chosen))
    assert not problems
    return found


def calls_of(task: Task) -> CallsRow:
    [row] = [row for row in task.rows if isinstance(row, CallsRow)]
    return row


def codes_of(task: Task) -> list[CodeRow]:
    return [row for row in task.rows if isinstance(row, CodeRow)]


async def test_an_answered_turn_gives_a_trajectory_and_a_row_per_stage(tmp_path: Path) -> None:
    [task] = tasks(await log_session(tmp_path, ID))
    row = calls_of(task)
    assert [type(turn).__name__ for turn in row.turns] == ["Said", "Called", "Said", "Called", "Said", "Said"]
    assert row.turns[0] == Said("user", QUESTION)
    assert row.turns[-1] == Said("assistant", "Sofia Coppola directed 8 films.")
    first = row.turns[1]
    assert isinstance(first, Called) and first.calls[0].name == "search_people"
    assert first.calls[0].args == {"name": "Sofia Coppola"} and first.calls[0].is_target
    feedback = row.turns[2]
    assert isinstance(feedback, Said) and json.loads(feedback.text)[0]["name"] == "Sofia Coppola"
    tool = next(tool for tool in row.tools if tool.name == "search_people")
    assert tool.parameters["required"] == ["name"] and "name:" in tool.description
    assert [(r.stage, r.is_target) for r in codes_of(task)] == [
        (stage, True) for stage in ("route", "scaffold", "plan", "select", "implement", "answer")
    ]
    implement = next(r for r in codes_of(task) if r.stage == "implement")
    assert implement.completion == fenced(PROGRAM) and implement.messages[0][0] == "system"
    assert {"search_people", "films_directed_by"} <= set(implement.tools)
    assert task.program == PROGRAM and task.n_calls == {Category.ALL_RIGHT: 2}
    for each in task.rows:
        assert parse_row(json.dumps(row_json(each))) == each


async def test_a_failed_program_is_masked_and_its_repair_kept(tmp_path: Path) -> None:
    [task] = tasks(await log_session(tmp_path, ID, implementation=fenced(BROKEN), code_review=fenced(PROGRAM)))
    by_stage = {row.stage: row for row in codes_of(task)}
    assert not by_stage["implement"].is_target and by_stage["review"].is_target
    assert "KeyError" in by_stage["review"].messages[-1][1]
    names = [c.name for turn in calls_of(task).turns if isinstance(turn, Called) for c in turn.calls]
    assert names == ["search_people", "films_directed_by"]  # the repair's repetition of the first is left out
    assert task.notes["repairs kept"] == 1 and task.notes["completions masked"] == 1


async def test_a_call_that_does_not_bind_is_context_and_no_target(tmp_path: Path) -> None:
    [task] = tasks(await log_session(tmp_path, ID, implementation=fenced(MISCALLED), code_review=fenced(PROGRAM)))
    called = [turn for turn in calls_of(task).turns if isinstance(turn, Called)]
    assert [(c.calls[0].category, c.calls[0].is_target, c.is_target) for c in called] == [
        (Category.PARAMETER_HALLUCINATION, False, False),
        (Category.ALL_RIGHT, True, True),
        (Category.ALL_RIGHT, True, True),
    ]
    feedback = calls_of(task).turns[2]
    assert isinstance(feedback, Said) and "unexpected keyword argument 'person'" in feedback.text


async def test_pseudocode_with_an_invented_tool_is_masked_and_its_correction_kept(tmp_path: Path) -> None:
    invented = PSEUDO.replace("search_people", "find_person")
    [task] = tasks(
        await log_session(tmp_path, ID, tool_selection=fenced(invented), planning_reconstruction=fenced(PSEUDO))
    )
    by_stage = {row.stage: row.is_target for row in codes_of(task)}
    assert by_stage["select"] is False and by_stage["reselect"] is True
    assert task.n_calls[Category.TOOL_HALLUCINATION] == 1


async def test_a_completion_that_could_not_be_read_is_masked_and_the_next_try_kept(tmp_path: Path) -> None:
    [task] = tasks(
        await log_session(
            tmp_path,
            ID,
            scaffold=["no code at all", fenced(PSEUDO.split("    # Step")[0] + "    ...\n\ncount_films('x')")],
        )
    )
    scaffolds = [row for row in codes_of(task) if row.stage == "scaffold"]
    assert [row.is_target for row in scaffolds] == [False, True]
    assert "no code at all" in "".join(content for _, content in scaffolds[1].messages)


@pytest.mark.parametrize(
    ("replies", "why"),
    [
        ({"implementation": fenced(BROKEN), "code_review": fenced(BROKEN)}, "the agent failed"),
        ({"scaffold": "nothing"}, "the agent failed"),
    ],
)
async def test_a_turn_without_an_answer_gives_no_rows(tmp_path: Path, replies: dict[str, str], why: str) -> None:
    [task] = tasks(await log_session(tmp_path, ID, **replies))
    assert task.dropped == why and not task.rows


async def test_thumbs_and_corrections_count(tmp_path: Path) -> None:
    [liked] = tasks(await log_session(tmp_path / "up", ID, rating="up"))
    assert {row.weight for row in liked.rows} == {2.0} and liked.quality > 0
    [rejected] = tasks(await log_session(tmp_path / "down", ID, rating="down"))
    assert rejected.dropped == "rejected by a person" and not rejected.rows
    words = "Seven, not eight."
    [unused] = tasks(await log_session(tmp_path / "words", ID, rating="down", correction=words))
    assert not unused.rows and "correction can be no target" in unused.dropped


async def test_a_liked_answer_is_kept_where_its_correction_can_be_no_target(tmp_path: Path) -> None:
    [task] = tasks(await log_session(tmp_path, ID, rating="up", correction="Nicer words, please."))
    assert len(task.rows) == 7 and {row.weight for row in task.rows} == {2.0}
    assert task.notes["thumbs up"] == 1 and not task.notes["corrections used"]


async def test_a_program_as_correction_becomes_the_target_of_its_stage(tmp_path: Path) -> None:
    better = "len(films_directed_by(search_people('Sofia Coppola')[0]['id']))"
    [task] = tasks(await log_session(tmp_path, ID, rating="down", correction=f"```python\n{better}\n```"))
    [row] = task.rows
    assert isinstance(row, CodeRow) and row.stage == "implement" and row.completion == f"```python\n{better}\n```"
    assert row.is_target and row.weight == 2.0


async def test_words_that_the_tools_gave_back_end_the_trajectory(tmp_path: Path) -> None:
    path = await log_session(tmp_path, ID, rating="down", correction="The films are of Sofia Coppola")
    told = tasks(path)[0]
    assert not told.rows  # "films" stands in no feedback
    path = await log_session(tmp_path / "told", ID, rating="down", correction="Sofia Coppola: Lost in Translation")
    row = calls_of(tasks(path)[0])
    assert row.turns[-1] == Said("assistant", "Sofia Coppola: Lost in Translation")


async def test_a_corrected_direct_answer_is_what_the_router_should_have_said(tmp_path: Path) -> None:
    path = await log_session(
        tmp_path, ID, question="Hello!", route="I am busy.", rating="down", correction="Hello! What can I do for you?"
    )
    [task] = tasks(path)
    assert [(r.stage, r.completion) for r in codes_of(task)] == [("route", "Hello! What can I do for you?")]
    assert calls_of(task).turns == (Said("user", "Hello!"), Said("assistant", "Hello! What can I do for you?"))


async def test_later_turns_begin_with_the_earlier_ones_as_context(tmp_path: Path) -> None:
    from agent.log.writer import SessionLog

    async with session(scripted(), log=SessionLog(tmp_path, ID), session_id=ID) as talk:
        await events_of(talk)
        await events_of(talk, "And how many has she written?")
    one, two = tasks(tmp_path / f"{ID}.jsonl")
    assert calls_of(two).turns[:3] == (
        Said("user", QUESTION),
        Said("assistant", "Sofia Coppola directed 8 films.", is_target=False),
        Said("user", "And how many has she written?"),
    )
    assert set(one.ties) & set(two.ties)


async def test_sessions_are_chosen_by_model_and_time(tmp_path: Path) -> None:
    path = await log_session(tmp_path, ID)
    assert len(tasks(path, Chosen(frozenset({"scripted"})))) == 1
    assert not tasks(path, Chosen(frozenset({"other"})))
    [task] = tasks(path)
    later = path.read_text().split('"created":"', 1)[1][:4]
    from datetime import UTC, datetime

    assert not tasks(path, Chosen(since=datetime(int(later) + 1, 1, 1, tzinfo=UTC)))
    assert task.source == "session log, scripted, full prompts"


def test_a_header_of_before_the_schemas_is_read_by_its_signatures() -> None:
    [doc] = tool_docs([{"name": "f", "signature": "f(a: int, b: str = 'x') -> list[Film]", "purpose": "Does f."}])
    assert doc.description == "Does f." and doc.parameters["required"] == ["a"]
    assert doc.parameters["properties"] == {"a": {"type": "integer"}, "b": {"type": "string"}}
    assert tool_docs([{"name": "f", "signature": "f(((("}]) == (ToolDoc("f", "", {}),)
    assert tool_docs(None) == ()


def test_positional_arguments_get_their_names() -> None:
    tool = ToolDoc("f", "", {"properties": {"a": {}, "b": {}}})
    assert named_arguments({"[0]": 1, "[1]": 2, "[2]": 3}, tool) == {"a": 1, "b": 2, "arg3": 3}
    assert named_arguments({"[0]": 1, "a": 2}, tool) == {"arg1": 1, "a": 2}
