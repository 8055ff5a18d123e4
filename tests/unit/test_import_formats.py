"""Trajectories of other programs become tasks; what is torn is told by line and nothing else is lost."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from atif.trajectory import Trajectory

from agent.calls.categories import Category
from agent.log.exports import atif as export_atif
from agent.log.exports import chat_messages as export_chat
from agent.log.reader import read_session
from tests.logged import log_session
from tests.unit.loop_script import PROGRAM, QUESTION, fenced
from train.data.sources import find, kind_of, tasks
from train.formats import atif, chat_messages
from train.formats.problems import Problem
from train.formats.session_log import Chosen
from train.formats.task import Task
from train.rows import Called, CallsRow, Said, ToolDoc

CITY = {"type": "object", "properties": {"city": {"type": "string"}}}
TOOL = {"type": "function", "function": {"name": "weather", "description": "The weather.", "parameters": CITY}}


def one_row(task: Task) -> CallsRow:
    [row] = task.rows
    assert isinstance(row, CallsRow)
    return row


def chat(*messages: dict[str, Any], **more: Any) -> str:
    return json.dumps({"messages": list(messages), **more})


def call(name: str, arguments: str, id_: str = "c1") -> dict[str, Any]:
    return {"id": id_, "type": "function", "function": {"name": name, "arguments": arguments}}


def test_chat_messages_with_tool_calls(tmp_path: Path) -> None:
    file = tmp_path / "chats.jsonl"
    file.write_text(
        chat(
            {"role": "system", "content": "Be brief."},
            {"role": "user", "content": [{"type": "text", "text": "Rome?"}, {"type": "image_url", "image_url": {}}]},
            {"role": "assistant", "content": None, "tool_calls": [call("weather", '{"town": "Rome"}')]},
            {"role": "tool", "tool_call_id": "c1", "content": "weather() got an unexpected keyword argument 'town'"},
            {"role": "assistant", "content": "Again.", "tool_calls": [call("weather", '{"city": "Rome"}', "c2")]},
            {"role": "tool", "tool_call_id": "c2", "content": '{"t": 21}'},
            {"role": "assistant", "content": "21 degrees."},
            tools=[TOOL],
        )
        + "\n"
    )
    [task] = chat_messages.load(file)
    row = one_row(task)
    assert row.tools == (ToolDoc("weather", "The weather.", CITY),)
    assert row.turns[:2] == (Said("system", "Be brief."), Said("user", "Rome?\n[image_url]"))
    wrong, right = (turn for turn in row.turns if isinstance(turn, Called))
    assert wrong.calls[0].category is Category.PARAMETER_HALLUCINATION and not wrong.is_target
    assert right.calls[0].is_target and right.thought == "Again."
    assert [t.name for t in row.turns if isinstance(t, Said) and t.role == "tool"] == ["weather", "weather"]
    assert task.question == "Rome?\n[image_url]" and task.program == "weather(city='Rome')"
    assert task.n_calls == {Category.PARAMETER_HALLUCINATION: 1, Category.ALL_RIGHT: 1}


def test_messages_that_say_so_are_no_targets(tmp_path: Path) -> None:
    file = tmp_path / "chats.jsonl"
    said = {"role": "assistant", "content": "a"}
    file.write_text(
        chat({"role": "user", "content": "q"}, {**said, "weight": 0}, {**said, "train": False}, said) + "\n"
    )
    [task] = chat_messages.load(file)
    assert [t.is_target for t in one_row(task).turns] == [True, False, False, True]
    file.write_text(chat({"role": "user", "content": "q"}, {**said, "weight": 0}) + "\n")
    [task] = chat_messages.load(file)
    assert task.dropped == "nothing in it to learn from"


def test_sharegpt(tmp_path: Path) -> None:
    file = tmp_path / "s.jsonl"
    turns = [
        ("human", "Rome?"),
        ("function_call", '{"name": "weather", "arguments": {"city": "Rome"}}'),
        ("observation", "21"),
        ("gpt", "21."),
    ]
    file.write_text(
        json.dumps({"conversations": [{"from": f, "value": v} for f, v in turns], "tools": json.dumps([TOOL])})
    )
    [task] = chat_messages.load(file)
    assert task.program == "weather(city='Rome')" and one_row(task).turns[-1] == Said("assistant", "21.")


BAD_LINES = [
    "{torn",
    "[1, 2]",
    '{"messages": []}',
    '{"messages": [{"role": "wizard", "content": "x"}]}',
    '{"messages": [{"role": "assistant", "tool_calls": [{"function": {"arguments": "{}"}}]}]}',
    '{"messages": [{"role": "assistant", "tool_calls": [{"function": {"name": "f", "arguments": "{torn"}}]}]}',
    '{"messages": [{"role": "assistant", "tool_calls": [{"function": {"name": "f", "arguments": [1]}}]}]}',
    '{"messages": [{"role": "user", "content": 7}]}',
    '{"messages": ["x"]}',
    '{"messages": [{"role": "user", "content": "q"}], "tools": [{"function": {}}]}',
]


@pytest.mark.parametrize("bad", BAD_LINES)
def test_a_bad_line_is_told_and_the_others_are_read(tmp_path: Path, bad: str) -> None:
    good = chat({"role": "user", "content": "q"}, {"role": "assistant", "content": "a"})
    file = tmp_path / "chats.jsonl"
    file.write_text(f"{good}\n{bad}\n{good}\n")
    problems: list[Problem] = []
    assert len(list(chat_messages.load(file, problems.append))) == 2
    assert [(p.path, p.line) for p in problems] == [(file, 2)] and problems[0].why


async def test_our_own_exports_come_back(tmp_path: Path) -> None:
    miscalled = PROGRAM.replace("search_people(name)", "search_people(person=name)")
    path = await log_session(
        tmp_path, "20261120-101500-k3f9", implementation=fenced(miscalled), code_review=fenced(PROGRAM)
    )
    logged = read_session(path)
    exported = export_atif(logged)
    Trajectory.model_validate(exported)  # the format's own models
    (tmp_path / "t.json").write_text(json.dumps(exported, indent=2))
    [task] = atif.load(tmp_path / "t.json")
    row = one_row(task)
    assert task.question == QUESTION and row.turns[-1] == Said("assistant", "Sofia Coppola directed 8 films.")
    called = [(c.name, c.category, c.is_target) for t in row.turns if isinstance(t, Called) for c in t.calls]
    assert called == [
        ("search_people", Category.PARAMETER_HALLUCINATION, False),
        ("search_people", Category.ALL_RIGHT, True),
        ("films_directed_by", Category.ALL_RIGHT, True),
    ]
    assert next(t for t in row.tools if t.name == "search_people").parameters["required"] == ["name"]
    (tmp_path / "c.jsonl").write_text(json.dumps(export_chat(logged)) + "\n")
    [chatted] = chat_messages.load(tmp_path / "c.jsonl")
    assert chatted.question == QUESTION and not chatted.dropped


def trajectory(*steps: dict[str, Any], **more: Any) -> dict[str, Any]:
    numbered = [{"step_id": n, **step} for n, step in enumerate(steps, start=1)]
    agent = {"name": "other", "version": "1", "tool_definitions": [TOOL]}
    return {"schema_version": "ATIF-v1.6", "session_id": "s1", "agent": agent, "steps": numbered, **more}


def test_atif_copied_context_is_no_target_and_each_question_is_a_task(tmp_path: Path) -> None:
    step = {"tool_call_id": "c1", "function_name": "weather", "arguments": {"city": "Rome"}}
    seen = {"results": [{"source_call_id": "c1", "content": "21"}]}
    inside = {"source": "user", "message": "inner"}, {"source": "agent", "message": "x"}
    object_ = trajectory(
        {"source": "system", "message": "Be brief."},
        {"source": "user", "message": "Rome?"},
        {"source": "agent", "message": "", "tool_calls": [step], "observation": seen, "is_copied_context": True},
        {"source": "agent", "message": "21."},
        {"source": "user", "message": "Thanks"},
        {"source": "agent", "message": "Gladly."},
        subagent_trajectories=[trajectory(*inside, trajectory_id="sub")],
    )
    Trajectory.model_validate(object_)
    file = tmp_path / "t.json"
    file.write_text(json.dumps(object_))
    first, second, inner = atif.load(file)
    called = next(t for t in one_row(first).turns if isinstance(t, Called))
    assert not called.is_target and one_row(first).turns[-1] == Said("assistant", "21.")
    assert [t.is_target for t in one_row(second).turns if isinstance(t, Said) and t.role == "assistant"] == [
        False,
        True,
    ]
    assert set(first.ties) == set(second.ties) and inner.question == "inner" and inner.ties != first.ties


@pytest.mark.parametrize(
    "bad",
    [
        {"schema_version": "ATIF-v1.8"},
        trajectory({"source": "wizard", "message": "x"}),
        trajectory({"message": "x"}),
        trajectory({"source": "agent", "message": "x", "tool_calls": [{"arguments": {}}]}),
        trajectory({"source": "agent", "message": "x", "tool_calls": [{"function_name": "f", "arguments": "x"}]}),
        trajectory({"source": "agent", "message": {"no": "text"}}),
    ],
)
def test_a_bad_trajectory_is_told(tmp_path: Path, bad: dict[str, Any]) -> None:
    file = tmp_path / "t.jsonl"
    good = trajectory({"source": "user", "message": "q"}, {"source": "agent", "message": "a"})
    file.write_text("\n".join(map(json.dumps, (bad, good))))
    problems: list[Problem] = []
    assert len(list(atif.load(file, problems.append))) == 1 and [p.line for p in problems] == [1]


async def test_each_file_is_read_as_what_it_is(tmp_path: Path) -> None:
    log = await log_session(tmp_path, "20261120-101500-k3f9")
    (tmp_path / "20261120-101500-k3f9.d").mkdir(exist_ok=True)
    (tmp_path / "20261120-101500-k3f9.d" / "value.json").write_text("{}")
    (tmp_path / "a.json").write_text(json.dumps(trajectory({"source": "user", "message": "q"}), indent=1))
    (tmp_path / "c.jsonl").write_text(chat({"role": "user", "content": "q"}))
    (tmp_path / "rot.json").write_text('[{"id": 1, "conversations": [], "scenario": "TG"}]')
    (tmp_path / "alpaca.json").write_text('[{"Name": "x", "Instances": []}]')
    (tmp_path / "empty.jsonl").write_text("")
    (tmp_path / "binary.jsonl").write_bytes(b"\x89PNG\x00\x01")
    (tmp_path / "other.json").write_text('{"hello": 1}')
    problems: list[Problem] = []
    found = {source.path.name: source.kind for source in find([tmp_path, tmp_path / "no"], None, problems.append)}
    assert found == {
        log.name: "session",
        "a.json": "atif",
        "c.jsonl": "chat",
        "rot.json": "rotbench",
        "alpaca.json": "toolalpaca",
    }
    assert {p.path.name: p.why.split(":")[0] for p in problems} == {
        "empty.jsonl": "the file is empty",
        "binary.jsonl": "a binary file",
        "other.json": "neither a session log nor ATIF, chat messages, RoTBench or ToolAlpaca",
        "no": "there is no such file or folder",
    }
    assert kind_of(log, problems.append) == "session"
    [source] = find([log], None, problems.append)
    assert len(list(tasks(source, problems.append, Chosen()))) == 1
