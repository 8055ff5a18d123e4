"""The chat over real sessions: fake kernel, scripted model, memory repository, a home of the test's own."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from textual.pilot import Pilot
from textual.widgets import DataTable, Static

from agent.errors import ModelUnreachable
from agent.functions.embed import HashingEmbedder
from agent.functions.memory import MemoryRepository
from agent.log.ids import new_session_id
from agent.log.reader import read_session
from agent.log.writer import SessionLog
from agent.loop.past import past_of
from tests.unit.loop_script import scripted, session
from tui.chat.app import ChatApp
from tui.chat.launch import turns_of
from tui.chat.messages import Opened
from tui.session_request import SessionRequest


class Sessions:
    """Opens sessions as the factory does: a new one, or one taken up again; a model called `gone` cannot be."""

    def __init__(self, home: Path, **options: Any) -> None:
        self.folder = home / "sessions"
        self.options = options
        self.requests: list[SessionRequest] = []
        self.repository = MemoryRepository(HashingEmbedder())

    def __call__(self, request: SessionRequest) -> Opened:
        self.requests.append(request)
        if request.model == "gone":
            raise ModelUnreachable("no model answers there", "choose another")
        name = request.resume or new_session_id()
        log = SessionLog(self.folder, name) if request.log else None
        past = past_of(read_session(log.path)) if request.resume and log is not None else None
        talk = session(
            scripted(),
            interactive=True,
            approve="ask",
            log=log,
            session_id=name,
            past=past,
            repository=self.repository,
            **self.options,
        )
        turns = turns_of(log.path) if past is not None and log is not None else ()
        shown = request.model or "scripted"
        return Opened(talk, shown, name if log is not None else "", talk.options.budget, turns)


@asynccontextmanager
async def real_chat(
    home: Path, *, size: tuple[int, int] = (100, 40), **options: Any
) -> AsyncIterator[tuple[ChatApp, Pilot[int], Sessions]]:
    """The app with its home; closed like the real one."""
    sessions = Sessions(home, **options)
    app = ChatApp(sessions)
    try:
        async with app.run_test(size=size) as pilot:
            yield app, pilot, sessions
    finally:
        assert await asyncio.to_thread(app.bridge.close, 10)


def seen(pilot: Pilot[int]) -> str:
    """What the screen on top says, its table included."""
    screen = pilot.app.screen
    rows = [str(cell) for table in screen.query(DataTable) for row in _rows(table) for cell in row]
    return "\n".join([*rows, *(str(widget.render()) for widget in screen.query(Static))])


def _rows(table: DataTable[Any]) -> list[list[Any]]:
    return [table.get_row_at(number) for number in range(table.row_count)]
