"""Random events in random order never crash the screen, whatever is in them; keys between them neither."""

from __future__ import annotations

import asyncio

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from agent.events import Answered, Event
from tests.any_events import any_answer, any_event
from tests.chat_driver import chat
from tests.scripted_session import ScriptedSession

KEYS = st.sampled_from(
    [
        "up",
        "down",
        "tab",
        "shift+tab",
        "enter",
        "space",
        "left",
        "right",
        "ctrl+o",
        "pageup",
        "ctrl+r",
        "a",
        "/",
        "@",
        "escape",
    ]
)


# No shrinking: each try is a whole app; run it by hand with shrinking where it fails.
@settings(
    max_examples=12,
    deadline=None,
    derandomize=True,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
@given(turns=st.lists(st.tuples(st.lists(any_event() | KEYS, max_size=25), any_answer()), min_size=1, max_size=3))
def test_random_events_and_keys_never_crash_the_screen(turns: list[tuple[list[Event | str], Answered]]) -> None:
    asyncio.run(play(turns))


async def play(turns: list[tuple[list[Event | str], Answered]]) -> None:
    async with chat(ScriptedSession(*[[Answered("answered", "ok")]] * 50), size=(60, 20)) as (app, pilot):
        for steps, answer in turns:
            await app.transcript.begin("what?")
            for step in steps:
                if isinstance(step, str):
                    await pilot.press(step)
                else:
                    app.transcript.take(step)
            app.transcript.take(answer)
            await pilot.pause()
            app.transcript.unfold_last()
            await pilot.pause()
        assert app.crash is None
