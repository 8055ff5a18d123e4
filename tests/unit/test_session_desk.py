"""What a person does with a session besides asking: looking, restarting, trying tools, naming; approving programs."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from agent.events import Answered, ApprovalAsked, ApprovalReply, CellStarted, Event, ProgramWritten
from agent.file_events import DecisionAsked, DecisionMade
from agent.log.reader import read_session
from agent.log.writer import SessionLog
from agent.loop.desk import SessionBusy
from agent.loop.session import Session
from sandbox.kernel import ToolFailure, ToolValue
from tests.unit.loop_script import QUESTION, scripted, session


def make(**changes: Any) -> Session:
    return session(scripted(), **{"interactive": True, "approve": "ask", **changes})


async def turn(talk: Session, reply: Callable[[Event], Any] = lambda _: None) -> list[Event]:
    events = []
    async for event in talk.ask(QUESTION):
        events.append(event)
        if isinstance(event, DecisionAsked | ApprovalAsked) and (said := reply(event)) is not None:
            event.answer.set_result(said)
    return events


async def test_looking_starts_nothing_and_shows_what_programs_left() -> None:
    async with make() as talk:
        before = await talk.desk.look()
        assert before.life == 0 and before.variables == ()
        await turn(talk)
        view = await talk.desk.look()
        assert view.life == 1
        held = {v.name: v for v in view.variables}
        assert held["count_films"].kind == "function" and held["result_1"].shown == "8"


async def test_a_look_defines_nothing_and_is_no_program_of_the_session(tmp_path: Path) -> None:
    log = SessionLog(tmp_path, "desk")
    async with make(log=log, session_id="desk") as talk:
        await turn(talk)
        names = [v.name for v in (await talk.desk.look()).variables]
        assert [v.name for v in (await talk.desk.look()).variables] == names
    kinds = [record.kind for record in read_session(log.path).records]
    assert kinds.count("program") == kinds.count("cell_start") == 1


async def test_restarting_has_the_variables_back_or_not_as_one_wishes() -> None:
    async with make() as talk:
        await turn(talk)
        events = await talk.desk.restart(keep=True)
        view = await talk.desk.look()
        assert view.life == 2 and "count_films" in {v.name for v in view.variables}
        assert [e.kind for e in events] == ["kernel_restored"]
        assert await talk.desk.restart(keep=False) == []
        view = await talk.desk.look()
        assert view.life == 3 and not {v.name for v in view.variables} & {"count_films", "result_1"}


async def test_nothing_is_done_beside_a_question_and_the_question_waits_for_what_is_done() -> None:
    async with make() as talk:
        asked = talk.ask(QUESTION)
        while (await anext(asked)).kind != "stage_start":  # it has begun, and waits for us to take what it tells
            pass
        with pytest.raises(SessionBusy):
            await talk.desk.look()
        with pytest.raises(SessionBusy):
            await talk.desk.restart(keep=True)
        async for _ in asked:
            pass
        look, events = await asyncio.gather(talk.desk.look(), turn(talk))
        assert look.life and isinstance(events[-1], Answered) and events[-1].status == "answered"


async def test_a_tool_is_tried_through_the_gate_and_is_no_call_of_the_agent(tmp_path: Path) -> None:
    log = SessionLog(tmp_path, "desk")
    async with make(log=log, session_id="desk") as talk:
        views = {view.tool.spec.name: view for view in await talk.desk.tools()}
        assert (views["search_people"].decision, views["create_playlist"].decision) == ("allow", "ask")
        shown: list[Event] = []

        def show(event: Event) -> None:
            shown.append(event)
            if isinstance(event, ApprovalAsked):
                event.answer.set_result(ApprovalReply(event.args["name"] == "mine", "session"))

        found = await talk.desk.try_tool("search_people", {"name": "Sofia Coppola"}, show)
        assert isinstance(found, ToolValue) and found.value and shown == []
        wrong = await talk.desk.try_tool("search_people", {"nam": 3}, show)
        assert isinstance(wrong, ToolFailure) and "nam" in wrong.message
        refused = await talk.desk.try_tool("create_playlist", {"name": "theirs"}, show)
        assert isinstance(refused, ToolFailure) and "did not approve" in refused.message
        made = await talk.desk.try_tool("create_playlist", {"name": "mine"}, show)
        again = await talk.desk.try_tool("create_playlist", {"name": "mine too"}, show)
        assert isinstance(made, ToolValue) and isinstance(again, ToolValue)
        assert [e.kind for e in shown].count("approval_asked") == 2, "the yes held for the session"
        assert await talk.desk.withdraw("create_playlist") and not await talk.desk.withdraw("create_playlist")
        refused = await talk.desk.try_tool("create_playlist", {"name": "theirs"}, show)
        assert isinstance(refused, ToolFailure), "it asked again"
    records = read_session(log.path).records
    assert [r.fields["ok"] for r in records if r.kind == "tool_tried"] == [True, False, False, True, True, False]
    assert not [r for r in records if r.kind in ("tool_call", "tool_return")]


async def test_programs_wait_for_a_yes_where_the_setting_wants_it() -> None:
    async with make(approve_code="ask") as talk:
        events = await turn(talk, lambda _: ApprovalReply(True, "session"))
        (asked,) = [e for e in events if isinstance(e, DecisionAsked)]
        (program,) = [e for e in events if isinstance(e, ProgramWritten)]
        assert asked.what == "code" and asked.details == program.source
        kinds = [e.kind for e in events]
        assert kinds.index("program") < kinds.index("decision") < kinds.index("cell_start")
        events = await turn(talk)
        assert [e.by for e in events if isinstance(e, DecisionMade)] == ["policy"], "the session's yes holds"


@pytest.mark.parametrize(("approve", "by"), [("ask", "person"), ("no", "nobody")])
async def test_a_program_that_is_refused_never_runs(approve: Any, by: str) -> None:
    async with make(approve_code=approve) as talk:
        events = await turn(talk, lambda _: False)
        assert not [e for e in events if isinstance(e, CellStarted)]
        assert [(e.allowed, e.by) for e in events if isinstance(e, DecisionMade)] == [(False, by)]
        assert isinstance(events[-1], Answered) and events[-1].status == "refused"
