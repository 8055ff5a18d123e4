"""Leaving in the same moment as something else happens: no message that is still under way breaks the end."""

from __future__ import annotations

from tests.chat_driver import chat
from tests.scripted_session import ScriptedSession, whole_turn


async def test_a_question_that_is_sent_while_leaving_is_no_crash() -> None:
    async with chat(ScriptedSession(whole_turn(), whole_turn())) as (app, pilot):
        app.prompt.text = "too late"
        await pilot.press("enter", "ctrl+q")
        await app.ask("much too late")
    assert app.crash is None
