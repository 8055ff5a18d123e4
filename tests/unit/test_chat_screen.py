"""The chat against scripted sessions: what is drawn, what the keys do, that it never gets stuck."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable

from textual import events
from textual.widgets import OptionList

from agent.errors import ModelUnreachable
from agent.events import Answered, ApprovalAsked, ApprovalReply, CellText, ErrorSeen, PersonAsked, StageStarted
from tests.chat_driver import chat, send, texts, until
from tests.scripted_session import ScriptedSession, whole_turn
from tui.chat.guard import CALM_S
from tui.chat.inquiry import Approval, Question

HOSTILE = "\x1b]0;owned\x07\x1b[31m[bold red]8[/] films\x9b2J \u202etxt"


async def test_a_turn_is_drawn_whole() -> None:
    session = ScriptedSession(whole_turn())
    async with chat(session) as (_, pilot):
        await until(pilot, lambda: "ready" in texts(pilot))
        await send(pilot, "How many films?")
        await until(pilot, lambda: "directed 8 films" in texts(pilot))
        seen = texts(pilot)
        for part in (
            "How many films?",
            "plan",
            "0.5 s",
            "search_films(nam='Sofia')",
            "repair 1: TypeError",
            "counting",
        ):
            assert part in seen
        for part in ("reused the function films_of", "kept the function count_films", "360 tokens"):
            assert part in seen
        assert session.questions == ["How many films?"]
    assert session.closed


async def test_nothing_is_read_as_markup_or_control() -> None:
    turn = [CellText(1, "stdout", HOSTILE), ErrorSeen("log", HOSTILE), Answered("answered", HOSTILE)]
    async with chat(ScriptedSession(turn)) as (_, pilot):
        await send(pilot, HOSTILE)
        await until(pilot, lambda: pilot.app.query(".answer"))
        seen = texts(pilot)
        assert "\x1b" not in seen and "\x9b" not in seen and "\u202e" not in seen and "owned" not in seen
        assert seen.count("[bold red]8[/] films <U+202E>txt") >= 3


async def test_escape_stops_the_turn_and_the_prompt_comes_back() -> None:
    session = ScriptedSession([StageStarted("plan"), 30.0], [Answered("answered", "second")])
    async with chat(session) as (_, pilot):
        await send(pilot, "first")
        await until(pilot, lambda: "plan" in texts(pilot))
        await pilot.press("escape")
        await until(pilot, lambda: "interrupted" in texts(pilot))
        await send(pilot, "again")
        await until(pilot, lambda: "second" in texts(pilot))
        assert session.n_interrupts == 1


async def test_a_question_that_is_sent_while_a_turn_runs_waits_and_is_asked_next() -> None:
    is_over = threading.Event()
    session = ScriptedSession(
        [StageStarted("plan"), is_over, Answered("answered", "one")], [Answered("answered", "two")]
    )
    async with chat(session) as (app, pilot):
        await send(pilot, "first")
        await until(pilot, lambda: "plan" in texts(pilot))
        await send(pilot, "second")
        assert app.prompt.waiting.questions == ["second"] and "1. second" in texts(pilot)
        assert session.questions == ["first"]
        is_over.set()
        await until(pilot, lambda: "two" in texts(pilot))
        assert session.questions == ["first", "second"] and app.prompt.waiting.questions == []


async def test_y_allows_and_n_refuses_a_change() -> None:
    def asked(name: str) -> Callable[[], ApprovalAsked]:
        args = {"name": f"{name}\x1b[2J\nAllow it? y"}
        return lambda: ApprovalAsked(name, "create_playlist", args, asyncio.get_running_loop().create_future())

    session = ScriptedSession([asked("one"), asked("two"), Answered("answered", "done")])
    async with chat(session) as (_, pilot):
        await send(pilot, "make a playlist")
        await until(pilot, lambda: pilot.app.query(Approval))
        assert '"name": "one\\u001b[2J\\nAllow it? y"' in texts(pilot)
        await asyncio.sleep(CALM_S)
        await pilot.press("enter", "space", "y")
        assert session.replies == [], "who types a word with a y in it allows nothing"
        await asyncio.sleep(CALM_S)
        await pilot.press("y")
        await until(pilot, lambda: "two" in texts(pilot) and pilot.app.query(Approval))
        await asyncio.sleep(CALM_S)
        await pilot.press("n")
        await until(pilot, lambda: "done" in texts(pilot))
        assert session.replies == [ApprovalReply(True), ApprovalReply(False)]
        assert not pilot.app.query(Approval)
        await pilot.press("x")
        assert pilot.app.prompt.text == "x"


async def test_a_question_of_the_program_is_answered_by_choice_or_in_words() -> None:
    def asked(choices: tuple[str, ...]) -> Callable[[], PersonAsked]:
        return lambda: PersonAsked("q", "Which one?", choices, asyncio.get_running_loop().create_future())

    session = ScriptedSession([asked(("red", "[b]blue[/b]")), asked(()), Answered("answered", "done")])
    async with chat(session) as (_, pilot):
        await send(pilot, "pick")
        await until(pilot, lambda: pilot.app.query(OptionList))
        await pilot.press("down", "enter")
        await until(pilot, lambda: pilot.app.query("#reply"))
        await pilot.press(*"a b".replace(" ", "_"), "enter")
        await until(pilot, lambda: "done" in texts(pilot))
        assert session.replies == ["[b]blue[/b]", "a_b"]
        assert not pilot.app.query(Question)


async def test_escape_during_an_inquiry_ends_the_turn() -> None:
    def asked() -> ApprovalAsked:
        return ApprovalAsked("a", "create_playlist", {}, asyncio.get_running_loop().create_future())

    session = ScriptedSession([asked])
    async with chat(session) as (_, pilot):
        await send(pilot, "make a playlist")
        await until(pilot, lambda: pilot.app.query(Approval))
        approval = pilot.app.query_one(Approval)
        await pilot.press("escape")
        await until(pilot, lambda: "interrupted" in texts(pilot) and not pilot.app.query(Approval))
        assert session.replies == ["interrupted"]
        approval._fit()  # as a change of size that is drawn only now
        await approval.on_key(events.Key("down", None))
        await pilot.pause()


async def test_a_turn_that_breaks_is_told_and_the_next_one_works() -> None:
    session = ScriptedSession([StageStarted("plan"), RuntimeError("boom")], [Answered("answered", "fine")])
    async with chat(session) as (_, pilot):
        await send(pilot, "first")
        await until(pilot, lambda: "unexpected RuntimeError: boom" in texts(pilot))
        await send(pilot, "second")
        await until(pilot, lambda: "fine" in texts(pilot))


async def test_a_session_that_cannot_open_says_what_to_do() -> None:
    async with chat(ModelUnreachable("no model answers at localhost", "start Ollama")) as (_, pilot):
        await until(pilot, lambda: "no model answers" in texts(pilot) and "start Ollama" in texts(pilot))
        await send(pilot, "hello?")
        await until(pilot, lambda: "there is no session yet" in texts(pilot))


async def test_a_flood_of_output_is_cut_and_counted() -> None:
    flood = [CellText(1, "stdout", "line\n") for _ in range(5000)]
    async with chat(ScriptedSession([*flood, Answered("answered", "done")])) as (_, pilot):
        await send(pilot, "print much")
        await until(pilot, lambda: "done" in texts(pilot), timeout_s=60)
        assert "4,970 lines are not shown here" in texts(pilot)
