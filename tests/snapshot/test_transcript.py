"""How turns and the prompt look: a repair unfolded, an answer with all that it can have, a busy prompt."""

from __future__ import annotations

import json

import pytest

from agent.events import Answered, CellDisplayed, FunctionReused, ModelDelta, StageEnded, StageStarted, TokenUsage
from tests.chat_driver import chat, send, texts, until
from tests.pictures import plot
from tests.scripted_session import ScriptedSession
from tests.snapshot.snapshots import check
from tests.unit.test_chat_transcript import repaired
from tui.chat.transcript import stage
from tui.chat.transcript.stage import StageView

ANSWER = """Sofia Coppola directed **8 films**, of which two are *short*; see [the list](http://192.0.2.1/list).

1. The Virgin Suicides, `1999`
2. Lost in Translation: a line that is long enough to be wrapped on a screen of eighty columns, and with a hang

> quoted, with 漢字 and שלום

```python
def count(films: list) -> int:
    return len(films)
```
"""
RECORDS = [{"title": "The Virgin Suicides", "year": 1999, "score": 7.2}, {"title": "[b]Somewhere[/b]", "year": 2010}]


async def test_a_repaired_turn_unfolded() -> None:
    async with chat(ScriptedSession(repaired())) as (app, pilot):
        await until(pilot, lambda: app.session)
        await send(pilot, "How many films did Sofia Coppola direct?")
        await until(pilot, lambda: app.transcript.n_turns and not app.transcript.is_busy)
        for view in app.query(StageView):
            view.unfold(True)
        app.query(".stage-head").first().focus()
        await check(pilot, "repair")


async def test_an_answer_with_markdown_a_table_and_a_picture() -> None:
    turn = [
        StageStarted("answer"),
        StageEnded("answer", product=ANSWER, seconds=0.4, usage=TokenUsage(90, 30)),
        CellDisplayed(1, {"image/png": plot()}),
        FunctionReused("films_of", "e0"),
        Answered("answered", ANSWER, json.dumps(RECORDS), seconds=1.5, usage=TokenUsage(90, 30, 0.002)),
    ]
    async with chat(ScriptedSession(turn)) as (app, pilot):
        await until(pilot, lambda: app.session)
        await send(pilot, "Which films?")
        await until(pilot, lambda: app.query("HalfcellImage") and not app.transcript.is_busy)
        await check(pilot, "answer")


async def test_a_running_turn_with_questions_that_wait_and_a_list_of_completions(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class Stopped:
        """A clock that stands still."""

        @staticmethod
        def monotonic() -> float:
            return 12.5

    monkeypatch.setattr(stage, "time", Stopped)
    running = [StageStarted("plan"), ModelDelta("plan", "def plan():\n    # look for the films\n    ..."), 60.0]
    async with chat(ScriptedSession(running)) as (app, pilot):
        await until(pilot, lambda: app.session)
        await send(pilot, "How many films\ndid Sofia Coppola direct?")
        await until(pilot, lambda: "look for the films" in texts(pilot))
        await send(pilot, "and which of them is the latest?")
        await send(pilot, "who wrote it?")
        await pilot.press("/", "s", "t")
        await check(pilot, "prompt")
        await pilot.press("escape", "escape")
        await until(pilot, lambda: not app.transcript.is_busy)
