"""Ctrl-C does one thing at a time and leaves at the second press only; leaving in the same moment as something else
happens breaks nothing."""

from __future__ import annotations

import threading

import pytest
from textual.widgets import Input

from agent.events import Answered, StageStarted
from tests.chat_driver import chat, send, texts, until
from tests.scripted_session import ScriptedSession, whole_turn
from tui.chat import leaving


async def test_a_question_that_is_sent_while_leaving_is_no_crash() -> None:
    async with chat(ScriptedSession(whole_turn(), whole_turn())) as (app, pilot):
        app.prompt.text = "too late"
        await pilot.press("enter", "ctrl+q")
        await app.ask("much too late")
    assert app.crash is None


async def test_ctrl_c_clears_then_stops_then_asks_then_leaves(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(leaving, "AGAIN_S", 600.0)  # a busy machine must not make the second press a first one
    goes_on = threading.Event()
    session = ScriptedSession([StageStarted("plan"), goes_on])
    async with chat(session) as (app, pilot):
        await send(pilot, "first")
        await until(pilot, lambda: "plan" in texts(pilot))
        app.prompt.text = "half a question"
        await pilot.press("ctrl+c")
        assert app.prompt.text == "" and session.n_interrupts == 0 and app.return_value is None
        await pilot.press("up")
        assert app.prompt.text == "half a question", "it is one step up"
        await pilot.press("ctrl+c", "ctrl+z")
        assert app.prompt.text == "half a question", "undo brings it back, too"
        await pilot.press("ctrl+c", "ctrl+c")
        await until(pilot, lambda: not app.transcript.is_busy)
        assert session.n_interrupts == 1 and app.return_value is None and session.questions == ["first"]
        await pilot.press("ctrl+c")
        assert app.return_value is None and "again to leave" in [*app._notifications][-1].message
        await pilot.press("x", "ctrl+c")
        assert app.prompt.text == "", "a key between them: it cleared, and did not leave"
        await pilot.press("ctrl+c")
        assert app.return_value is None
        await pilot.press("ctrl+c")
        await pilot.pause()
        assert app.return_value == 0
    assert session.closed


async def test_a_turn_that_does_not_stop_can_be_left() -> None:
    session = ScriptedSession([StageStarted("plan"), 600.0, Answered("answered", "never")])
    async with chat(session) as (app, pilot):
        await send(pilot, "first")
        await until(pilot, lambda: "plan" in texts(pilot))
        app.bridge.interrupt = lambda: None  # type: ignore[method-assign]  # as a program deep in C
        app.leaving.ctrl_c()
        assert app.status.state == "stopping"
        app.leaving.ctrl_c()
        assert app.return_value is None
        app.leaving.ctrl_c()
        assert app.return_value == 0


async def test_ctrl_c_copies_what_is_selected_and_clears_the_line_that_has_the_focus() -> None:
    async with chat(ScriptedSession()) as (app, pilot):
        app.prompt.text = "kept"
        await pilot.press("shift+home")
        await pilot.press("ctrl+c")
        assert app.clipboard == "kept" and app.prompt.text == "kept"
        await pilot.press("ctrl+f")
        await until(pilot, lambda: isinstance(app.focused, Input))
        await pilot.press("z", "ctrl+c")
        assert isinstance(app.focused, Input) and app.focused.value == "" and app.prompt.text == "kept"
