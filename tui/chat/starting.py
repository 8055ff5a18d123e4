"""What the chat does once its first frame is drawn, and not before: the session's imports compete for the processor."""

from __future__ import annotations

import asyncio
import gc
import signal
import threading
from typing import TYPE_CHECKING

from tui.chat.welcome import LINES, WELCOMED, look_around
from tui.exit_codes import ExitCode

if TYPE_CHECKING:
    from collections.abc import Callable

    from tui.chat.app import ChatApp


def start(app: ChatApp, typed: str) -> None:
    """The app is mounted. `typed`: what came from the keyboard before."""
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
        loop.add_signal_handler(number, app.exit, int(ExitCode.INTERRUPTED))
    app.prompt.focus()
    app.call_after_refresh(app.bridge.start)
    app.call_after_refresh(let_be)
    app.call_after_refresh(_load_cards)
    if typed:
        app.prompt.type_ahead(typed)
    if app.has_home and not app.marks.has(WELCOMED):
        _welcome(app)


def let_be() -> None:
    """What is there now (modules, mostly) stays: the garbage collector need not look through it again and again, which
    takes a tenth of a second each time, in the middle of a key."""
    gc.freeze()
    gc.set_threshold(5_000, 10, 10)


def _load_cards() -> None:
    """What the first question needs, in a thread: it would stall the screen for the tenth of a second that it takes."""

    def load() -> None:
        from tui.chat import arrivals  # noqa: F401
        from tui.chat.transcript import turn, written  # noqa: F401

    threading.Thread(target=load, name="cards", daemon=True).start()


def _welcome(app: ChatApp) -> None:
    app.marks.add(WELCOMED)
    for line in LINES:
        app.transcript.say(line)

    def say(text: str, kind: str) -> None:
        _from_thread(app, app.transcript.say, text, kind)

    look_around(say, has_chosen=app.request.model is not None)


def _from_thread(app: ChatApp, function: Callable[..., object], *args: object) -> None:
    """Have a helper thread's call made in the app's loop; too late is no error."""
    if app.is_running:
        app.call_later(function, *args)
