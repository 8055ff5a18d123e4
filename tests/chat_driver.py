"""The chat in a virtual terminal with a scripted session: what tests of the screen share."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from textual.pilot import Pilot
from textual.widgets import Static

from tests.scripted_session import ScriptedSession
from tui.chat.app import ChatApp
from tui.chat.messages import Opened
from tui.session_request import SessionRequest


@asynccontextmanager
async def chat(
    session: ScriptedSession | Exception,
    *,
    home: Path | None = None,
    size: tuple[int, int] = (100, 40),
    request: SessionRequest | None = None,
) -> AsyncIterator[tuple[ChatApp, Pilot[int]]]:
    """The app with its session's thread; closed like the real one."""

    def open_session(_: SessionRequest) -> Opened:
        if isinstance(session, Exception):
            raise session
        return Opened(session, "scripted")

    app = ChatApp(open_session, request, home)
    try:
        async with app.run_test(size=size) as pilot:
            yield app, pilot
    finally:
        assert await asyncio.to_thread(app.bridge.close, 5)


async def until(pilot: Pilot[int], condition: Callable[[], object], timeout_s: float = 60.0) -> None:
    """Wait for what the screen is to show."""
    end = asyncio.get_running_loop().time() + timeout_s
    while not condition():
        assert asyncio.get_running_loop().time() < end, "it did not happen:\n" + texts(pilot)
        await pilot.pause(0.02)


async def send(pilot: Pilot[int], text: str) -> None:
    """Type a question and press Enter."""
    pilot.app.prompt.text = text
    await pilot.press("enter")


def texts(pilot: Pilot[int]) -> str:
    """All that stands anywhere in the app, also where it is scrolled or folded away."""
    return "\n".join(str(widget.render()) for widget in pilot.app.query(Static))
