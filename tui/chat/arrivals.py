"""An event of the running turn, to all who show something of it."""

from __future__ import annotations

import contextlib
from dataclasses import replace
from typing import TYPE_CHECKING

from agent.events import Answered, ApprovalAsked, Event, PersonAsked
from agent.file_events import DecisionAsked
from tui.chat import session_side
from tui.chat.bridge import NoSession

if TYPE_CHECKING:
    from tui.chat.app import ChatApp


async def arrived(app: ChatApp, event: Event) -> None:
    """Who calls this: the app, with each event in order."""
    if isinstance(event, Answered) and event.status == "interrupted":
        event = replace(event, error=f"interrupted: {app.status.stopped}")
    app.status.take(event)
    app.accounts.see(event)
    app.transcript.take(event)
    match event:
        case ApprovalAsked() | PersonAsked() | DecisionAsked():
            await app.inquiries.ask(event)
            app.terminal.show("waits for you")
            if len(app.screen_stack) > 1:
                app.notify("The program waits for you: Esc goes back to it.", severity="warning", markup=False)
        case Answered():
            await app.inquiries.dismiss()
            app.prompt.focus()
            app.be("ready" if app.session is not None else "not ready")
            app.terminal.turn_ended(event.seconds)
            app.prompt.turn_ended(event.status)
            app.run_worker(_learn_functions(app), exit_on_error=True)


async def _learn_functions(app: ChatApp) -> None:
    with contextlib.suppress(NoSession):
        app.prompt.at_hand.functions = await app.bridge.call(session_side.functions)
