"""Control in the chat: what Esc says, approvals that nobody gives by accident, other models, ratings, comfort."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest
from textual import events
from textual.widgets import TextArea

from agent.events import Answered, ApprovalAsked, ApprovalReply, CellStarted, ModelDelta, StageStarted, ToolCalled
from agent.log.reader import read_session
from agent.loop.budget import Budget
from tests.chat_driver import chat, send, texts, until
from tests.real_chat import real_chat, seen
from tests.scripted_session import ScriptedSession
from tests.unit.loop_script import QUESTION
from tests.unit.test_chat_panels import ask, saw
from tui.chat import guard
from tui.chat.app import ChatApp
from tui.chat.decision import Decision
from tui.chat.inquiry import Approval, ArgumentsEditor
from tui.chat.screens.dialogs import AskText, Choose, Confirm

HOSTILE = {"name": "one\x1b[2J \u202eeno", "n": 1, "text": "line\n" * 60}


def asked(args: dict[str, object], complaint: str = "") -> Callable[[], ApprovalAsked]:
    def make() -> ApprovalAsked:
        future = asyncio.get_running_loop().create_future()
        return ApprovalAsked("a", "create_playlist", dict(args), future, complaint=complaint)

    return make


@pytest.fixture(autouse=True)
def _shorter_calm(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guard, "CALM_S", 0.3)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("TOOLCODER_HOME", str(tmp_path))
    monkeypatch.setenv("TOOLCODER_CONFIG", str(tmp_path / "config.toml"))
    (tmp_path / "config.toml").write_text("# mine\n")
    return tmp_path


@pytest.mark.parametrize(
    ("before", "told"),
    [
        ([StageStarted("plan"), ModelDelta("plan", "x" * 1234)], "the stage plan"),
        ([CellStarted(2, "...")], "program 2"),
        ([CellStarted(2, "..."), ToolCalled("c", "search_films", {}, 2)], "which waited for search_films()"),
        (
            [CellStarted(1, "..."), asked({})],
            "the question to you of program 1, whether create_playlist() may be called",
        ),
    ],
)
async def test_esc_says_what_it_stopped(before: list[object], told: str) -> None:
    session = ScriptedSession([*before, 30.0])  # type: ignore[list-item]
    async with chat(session) as (_, pilot):
        await send(pilot, "go")
        await until(pilot, lambda: session.questions)
        await pilot.pause(0.15)
        await pilot.press("escape")
        await until(pilot, lambda: "interrupted: " in texts(pilot) and told in texts(pilot).split("interrupted: ")[1])


async def test_all_arguments_are_shown_scrolled_and_no_key_decides_that_came_too_soon() -> None:
    session = ScriptedSession([asked(HOSTILE), Answered("answered", "done")])
    async with chat(session) as (app, pilot):
        await pilot.press(*"half a")
        await send(pilot, "make it")
        await until(pilot, lambda: pilot.app.query(Approval))
        await pilot.press("y", "s", "a", "y")
        await pilot.pause(0.05)
        assert session.replies == [], "keys of who was typing already"
        assert app.prompt.text == "ysay", "they go on where they were meant for"
        shown = texts(pilot)
        assert r"one\u001b[2J \u202eeno" in shown and shown.count("line\\n") == 60 and "\x1b" not in shown
        await pilot.press("end", "v", "down")
        await asyncio.sleep(guard.CALM_S + 0.05)
        await pilot.press("v")
        assert app.query_one(Approval).has_class("tall")
        await pilot.press("y")
        await pilot.pause(0.05)
        assert session.replies == [], "the next key too soon after the last"
        await asyncio.sleep(guard.CALM_S + 0.05)
        await pilot.press("s")
        await until(pilot, lambda: session.replies == [ApprovalReply(True, "session")])


async def test_arguments_are_edited_as_json_until_they_fit() -> None:
    session = ScriptedSession(
        [asked({"name": "x"}), asked({"nam": 1}, "nam: unexpected"), Answered("answered", "done")]
    )
    async with chat(session) as (app, pilot):
        await send(pilot, "make it")
        await until(pilot, lambda: pilot.app.query(Approval))
        await asyncio.sleep(guard.CALM_S + 0.05)
        await pilot.press("e")
        editor = app.query_one(ArgumentsEditor)
        assert editor.text == '{\n  "name": "x"\n}'
        editor.text = "{"
        await pilot.press("ctrl+s")
        await until(pilot, lambda: "that is no JSON" in texts(pilot))
        await pilot.press("escape")
        assert not app.query(ArgumentsEditor) and app.query(Approval), "Esc leaves the editor, not the turn"
        await asyncio.sleep(guard.CALM_S + 0.05)
        await pilot.press("e")
        app.query_one(ArgumentsEditor).text = '{"nam": 1}'
        await pilot.press("ctrl+s")
        await until(pilot, lambda: "nam: unexpected" in texts(pilot) and app.query(ArgumentsEditor))
        app.query_one(ArgumentsEditor).text = '{"name": "y"}'
        await pilot.press("ctrl+s")
        await until(pilot, lambda: "done" in texts(pilot))
        assert session.replies == [ApprovalReply(True, "once", {"nam": 1}), ApprovalReply(True, "once", {"name": "y"})]


async def test_programs_are_approved_for_the_session_where_the_setting_wants_it(home: Path) -> None:
    async with real_chat(home, approve_code="ask") as (app, pilot, _):
        await send(pilot, QUESTION)
        await until(pilot, lambda: app.query(Decision), 60)
        assert "films_of_director" in seen(pilot) and "Run the program?" in seen(pilot)
        await asyncio.sleep(guard.CALM_S + 0.05)
        await pilot.press("s")
        await until(pilot, lambda: app.accounts.turns[-1].status == "answered", 60)
        await ask(app, pilot, "Again?")


async def test_limits_stand_in_the_status_line_and_give_way_last(home: Path) -> None:
    async with real_chat(home, size=(60, 24), budget=Budget(max_tokens=90_000, max_seconds=100)) as (app, pilot, _):
        await ask(app, pilot)
        line = str(app.status.render())
        assert "/90,000 tokens, at most 100 s" in line and len(line) <= 60, line


async def test_another_model_and_other_tools_with_the_same_history(home: Path) -> None:
    async with real_chat(home) as (app, pilot, sessions):
        await ask(app, pilot)
        assert app.session is not None
        first = app.session.session_id
        await send(pilot, "/model other")
        await until(pilot, lambda: app.session and app.session.model == "other", 60)
        assert sessions.requests[-1].resume == first and app.session.session_id == first
        assert app.transcript.n_turns == 1 and "earlier programs run again" in seen(pilot)
        await send(pilot, "/tools ./mine.py catalogue")
        await until(pilot, lambda: sessions.requests[-1].tools == ("./mine.py", "catalogue"), 60)
        await until(pilot, lambda: app.status.state == "ready", 60)
        await send(pilot, "/model gone")
        await until(pilot, lambda: "going back to what was before" in texts(pilot), 60)
        await until(pilot, lambda: app.status.state == "ready" and app.session and app.session.model == "other", 60)
        await ask(app, pilot, "And now?")
    kinds = [r.kind for r in read_session(home / "sessions" / f"{first}.jsonl").records]
    assert kinds.count("question") == 2 and kinds.count("session") == 2


async def test_a_rating_says_where_it_goes_once_and_takes_a_correction(home: Path) -> None:
    async with real_chat(home) as (app, pilot, _):
        await until(pilot, lambda: app.session)
        await send(pilot, "/good")
        await until(pilot, lambda: isinstance(app.screen, Confirm))
        assert "used for" in seen(pilot) and "training" in seen(pilot)
        for key in "none":  # somebody types on: the box closes, and the chat under it stays
            app.screen.post_message(events.Key(key, key))
        await until(pilot, lambda: len(app.screen_stack) == 1)
        await send(pilot, "/good")
        await until(pilot, lambda: isinstance(app.screen, Confirm))
        await pilot.press("y")
        await until(pilot, lambda: len(app.screen_stack) == 1)
        await ask(app, pilot)
        await send(pilot, "/bad")
        await until(pilot, lambda: isinstance(app.screen, AskText))
        app.screen.query_one(TextArea).text = "it is 9"
        await pilot.press("ctrl+s")
        await saw(pilot, "rated bad, with your correction")
        assert app.session is not None
        path = home / "sessions" / f"{app.session.session_id}.jsonl"
    (rated,) = [r.fields for r in read_session(path).records if r.kind == "feedback"]
    assert (rated["rating"], rated["correction"], rated["turn"]) == ("down", "it is 9", 1)


def copied(app: ChatApp) -> str:
    return app.clipboard


async def test_find_copy_theme_palette_and_help(home: Path) -> None:
    turns = [
        [Answered("answered", f"answer {n} \x1b]52;c;eA==\x07 of {'nine' if n == 9 else 'some'}")] for n in range(12)
    ]
    async with chat(ScriptedSession(*turns), home=home) as (app, pilot):
        for number in range(12):
            await send(pilot, f"question {number}")
            await until(
                pilot, lambda number=number: app.transcript.n_turns == number + 1 and not app.transcript.is_busy
            )
        await pilot.press("alt+c")
        assert copied(app) == "answer 11  of some", "plain text only"
        await send(pilot, "/copy question")
        await until(pilot, lambda: copied(app) == "question 11")
        await pilot.press("ctrl+f", *"NINE", "enter")
        await until(pilot, lambda: "1 of 1" in texts(pilot))
        await pilot.press("escape")
        assert app.focused is not None and app.focused.id != "find-words"
        await send(pilot, "/theme dracula")
        await until(pilot, lambda: app.theme == "dracula")
        await until(pilot, lambda: 'theme = "dracula"' in (home / "config.toml").read_text())
        await pilot.press("ctrl+p")
        await pilot.pause(0.3)
        await pilot.press(*"what was ask")
        await pilot.pause(0.5)
        await pilot.press("enter")
        await until(pilot, lambda: type(app.screen).__name__ == "SessionsPanel")
        await pilot.press("escape")
        await until(pilot, lambda: len(app.screen_stack) == 1)
        await pilot.press("f1")
        await until(pilot, lambda: type(app.screen).__name__ == "HelpScreen")
        assert all(f"/{command.name}" in seen(pilot) for command in app.commands)


async def test_models_are_offered_by_name(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tui.model_names.model_names", lambda _: [("bundled", "small"), ("big[red]", "offered")])
    async with real_chat(home) as (app, pilot, sessions):
        await until(pilot, lambda: app.session)
        await send(pilot, "/model")
        await until(pilot, lambda: isinstance(app.screen, Choose))
        await pilot.press("down", "enter")
        await until(pilot, lambda: sessions.requests[-1].model == "big[red]")


async def test_the_bell_rings_for_a_turn_that_took_long_and_for_no_other() -> None:
    turns = [[Answered("answered", "a", seconds=1.0)], [Answered("answered", "b", seconds=30.0)]]
    rung: list[int] = []
    async with chat(ScriptedSession(*turns)) as (app, pilot):
        app.bell = lambda: rung.append(app.transcript.n_turns)  # type: ignore[method-assign]
        for number in (1, 2):
            await send(pilot, "go")
            await until(pilot, lambda number=number: app.transcript.n_turns == number and not app.transcript.is_busy)
        await pilot.pause(0.05)
    assert rung == [2]
