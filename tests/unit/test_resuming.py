"""A session that is taken up again from its log: its talk, its variables, its numbers; no tool is called again."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from agent.errors import SessionLogError
from agent.events import KernelRestored, QuestionAsked, SessionStarted, StageEnded, ToolCalled, ToolReturned
from agent.functions.embed import HashingEmbedder
from agent.functions.memory import MemoryRepository
from agent.log.reader import read_session
from agent.log.redact import Redactor
from agent.log.writer import SessionLog
from agent.loop.past import LoggedValue, Past, past_of
from agent.loop.session import Session
from agent.tools.python.in_process import FunctionTool
from agent.tools.sources import load_tools
from sandbox.kernel import ToolValue
from tests.unit.loop_script import GOOD, events_of, fenced, of, scripted, session
from tui.resuming import _taken_up, asked_with
from tui.session_request import SessionRequest

ID = "20261120-101500-k3f9"
CAUGHT = """try:
    films_directed_by(-1)
    missing = "found"
except Exception as error:
    missing = type(error).__name__ + ": " + str(error)
missing"""


@pytest.fixture
def logs(tmp_path: Path) -> Path:
    return tmp_path / "sessions"


def program(code: str) -> dict[str, str]:
    return {"implementation": fenced(code), "code_review": fenced(code)}


def past(logs: Path) -> Past:
    return past_of(read_session(logs / f"{ID}.jsonl"))


def resumed(logs: Path, **options: Any) -> Session:
    model = options.pop("model", None) or scripted(**program("8"))
    log = SessionLog(logs, ID)
    log.claim()
    return session(model, log=log, session_id=ID, past=past(logs), **options)


async def asked(logs: Path, *programs: str, **options: Any) -> None:
    """A session with a question for each program, and its end."""
    model = scripted(implementation=[fenced(code) for code in programs] or GOOD["implementation"])
    async with session(model, log=SessionLog(logs, ID), session_id=ID, **options) as talk:
        for _ in programs or ("",):
            answered, _ = await events_of(talk)
            assert answered.status == "answered", answered


def lines(logs: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (logs / f"{ID}.jsonl").read_text().splitlines()]


def rewrite(logs: Path, records: list[dict[str, Any]]) -> None:
    (logs / f"{ID}.jsonl").write_text("".join(json.dumps(record) + "\n" for record in records))


async def test_variables_come_back_and_numbers_go_on(logs: Path) -> None:
    await asked(logs, "people = search_people('Sofia Coppola')\nfilms = films_directed_by(people[0]['id'])\nlen(films)")
    model = scripted(**program("f'{len(films)} films, first {result_1}'"))
    async with resumed(logs, model=model) as talk:
        assert [e.answer for e in talk.history] == [GOOD["answer"]]
        answered, events = await events_of(talk, "And how many were they?")
    assert json.loads(answered.value_json or "") == "8 films, first 8"
    (restored,) = of(KernelRestored, events)
    assert restored.is_whole and restored.resumed and restored.restored == ("films", "people", "result_1"), restored
    assert not of(ToolCalled, events)
    assert [e.turn for e in of(QuestionAsked, events)] == [2]
    assert [e.resumed_from for e in of(SessionStarted, events)] == [ID]
    records = lines(logs)[1:]
    assert [r["id"] for r in records if r["kind"] == "tool_call"] == ["call-1", "call-2"]
    assert [r["cell"] for r in records if r["kind"] == "cell_start"] == [1, 2]
    route = of(StageEnded, events)[0]
    said = [text for _, text in route.prompt]
    assert any(text == GOOD["answer"] for text in said), "the earlier answer is not in the prompt"
    assert "films: list of 8 = [" in said[-1] and "result_1: int = 8" in said[-1]


async def test_a_third_life_replays_both_earlier_ones(logs: Path) -> None:
    await asked(logs, "a = 1")
    async with resumed(logs, model=scripted(**program("b = a + 1\nb"))) as talk:
        await events_of(talk)
    async with resumed(logs, model=scripted(**program("[a, b]"))) as talk:
        answered, _ = await events_of(talk)
    assert answered.value_json == "[1, 2]"
    assert past(logs).n_turns == 3 and len(past(logs).cells) == 3


async def test_an_exception_of_a_tool_is_raised_again(logs: Path) -> None:
    await asked(logs, CAUGHT)
    first = next(r for r in lines(logs)[1:] if r["kind"] == "tool_return")
    assert first["raised"]
    async with resumed(logs, model=scripted(**program("missing"))) as talk:
        answered, events = await events_of(talk)
    assert json.loads(answered.value_json or "").startswith(f"ToolError: {first['raised']}")
    assert of(KernelRestored, events)[0].is_whole and not of(ToolReturned, events)


async def test_a_call_that_the_log_lacks_stops_the_replay_and_is_never_made(logs: Path) -> None:
    await asked(logs, "kept = 1", "people = search_people('Sofia Coppola')", "late = 2")
    rewrite(logs, [r for r in lines(logs) if r.get("kind") != "tool_return"])
    async with resumed(logs, model=scripted(**program("kept"))) as talk:
        answered, events = await events_of(talk)
    assert answered.value_json == "1"
    (restored,) = of(KernelRestored, events)
    assert restored.restored == ("kept", "result_1")
    assert restored.lost == ("late", "people", "result_2", "result_3")
    assert "search_people" in restored.stopped and not of(ToolCalled, events)
    prompt = of(StageEnded, events)[0].prompt[-1][1]
    assert "These are lost" in prompt and "late, people" in prompt
    # What could not be had back is not asked for again.
    assert [cell.code.split("\n")[0] for cell in past(logs).cells] == ["kept = 1", "result_4 = kept"]


async def test_differences_are_told_to_person_and_model(logs: Path) -> None:
    await asked(logs, "import os\ntoken = os.urandom(8).hex()\ntoken")
    async with resumed(logs) as talk:
        _, events = await events_of(talk)
    (restored,) = of(KernelRestored, events)
    assert len(restored.differences) == 1 and "its result was" in restored.differences[0]
    assert "ran differently this time" in of(StageEnded, events)[0].prompt[-1][1]


def numbers(n: int) -> list[int]:
    """Numbers.

    Args:
        n: how many.
    """
    return list(range(n))


async def test_large_values_are_found_by_their_blob_and_damage_is_told(logs: Path) -> None:
    tools = [FunctionTool(numbers, source="here"), *load_tools().tools]
    await asked(logs, "many = numbers(200_000)\nlen(many)", tools=tools)
    (cell,) = past(logs).cells
    (call,) = cell.calls
    assert isinstance(call.answer, ToolValue) and isinstance(call.answer.value, LoggedValue)
    async with resumed(logs, model=scripted(**program("sum(many)")), tools=tools) as talk:
        answered, events = await events_of(talk)
    assert answered.value_json == "19999900000" and not of(ToolCalled, events)
    with call.answer.value.path.open("ab") as file:
        file.write(b" ")
    async with resumed(logs, model=scripted(**program("'over'")), tools=tools) as talk:
        _, events = await events_of(talk)
    assert "changed or damaged" in of(KernelRestored, events)[0].stopped and not of(ToolCalled, events)
    assert [cell.result for cell in past(logs).cells] == ["'over'"], "what was not had back is forgotten"


async def test_a_torn_line_is_ended_and_an_unfinished_turn_is_no_answer(logs: Path) -> None:
    await asked(logs, "a = 1")
    path = logs / f"{ID}.jsonl"
    whole = path.read_bytes()
    question = {"time": "2026-11-20T10:15:00.000000Z", "kind": "question", "question": "cut short", "turn": 2}
    cell = {"time": "2026-11-20T10:15:01.000000Z", "kind": "cell_start", "cell": 2, "source": "b = 2\nb"}
    path.write_bytes(whole + b"".join(json.dumps(r).encode() + b"\n" for r in (question, cell)) + b'{"time":"2026')
    async with resumed(logs, model=scripted(**program("a"))) as talk:
        assert len(talk.history) == 1
        answered, events = await events_of(talk)
    assert answered.value_json == "1" and of(QuestionAsked, events)[0].turn == 3
    assert of(KernelRestored, events)[0].lost == ("b",)
    logged = read_session(path)
    assert not logged.torn and len(logged.bad_lines) == 1


async def test_an_answer_that_was_shown_counts_where_the_turn_did_not_end(logs: Path) -> None:
    await asked(logs, "1", "2")
    records = lines(logs)
    assert len(past(logs).exchanges) == 2
    rewrite(logs, [r for r in records if r.get("kind") != "answer"])
    assert [e.answer for e in past(logs).exchanges] == [GOOD["answer"]] * 2
    rewrite(logs, [r for r in records if r.get("kind") != "answer_ready"])  # as older logs are
    assert len(past(logs).exchanges) == 2


async def test_two_processes_cannot_hold_one_session(logs: Path) -> None:
    await asked(logs, "1")
    first, second = SessionLog(logs, ID), SessionLog(logs, ID)
    first.claim()
    with pytest.raises(SessionLogError, match="open in another toolcoder"):
        second.claim()
    first.close()
    third = SessionLog(logs, ID)
    third.claim()
    third.close()
    with pytest.raises(SessionLogError, match="there is no session"):
        SessionLog(logs, "20200101-000000-aaaa").claim()


async def test_a_program_with_a_secret_in_it_is_not_run_again(logs: Path) -> None:
    await asked(logs, "a = 1", "key = 'sk-" + "a1B2" * 10 + "'")
    async with resumed(logs, model=scripted(**program("a"))) as talk:
        answered, events = await events_of(talk)
    assert answered.value_json == "1" and "key" in of(KernelRestored, events)[0].lost


async def test_an_answer_of_an_earlier_life_can_be_rated(logs: Path) -> None:
    repository = MemoryRepository(HashingEmbedder())
    await asked(logs, repository=repository, shares=True)
    assert {e.state for e in repository.list()} == {"unconfirmed"}
    async with resumed(logs, repository=repository, shares=True) as talk:
        await talk.rate("up", turn=1)
        assert {e.state for e in repository.list()} == {"confirmed"}
        with pytest.raises(ValueError, match="no turn 2"):
            await talk.rate("up", turn=2)


def test_variables_that_are_written_out_are_not_kept() -> None:
    source = "mcp:A=x TOKEN=${keys:w} B='a b' uvx foo --x=3"
    kept = asked_with(SessionRequest(tools=(source, "mcp:https://host/mcp?key=NAME")))["tools"]
    assert kept == ["mcp:A=[redacted] TOKEN=${keys:w} B=[redacted] uvx foo --x=3", "mcp:https://host/mcp?key=NAME"]


def test_the_name_of_a_key_outlives_the_log_and_its_value_would_not() -> None:
    source = "openapi:https://host/api.json?server=https://other&key=weather&token=w2"
    kept = asked_with(SessionRequest(tools=(source,)))
    logged = Redactor().value(kept)
    assert logged == kept
    assert _taken_up(SessionRequest(), logged).tools == (source,)
    assert Redactor().text("write &key=NAME; not ?key=abc123") == "write &key=NAME; not ?key=[redacted]"
