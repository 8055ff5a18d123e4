"""The session is there, could not be opened, or gives way to another one."""

from __future__ import annotations

import contextlib
from dataclasses import replace
from typing import TYPE_CHECKING

from tui.chat import session_side
from tui.chat.accounts import Accounts
from tui.chat.bridge import NoSession
from tui.chat.messages import Opened
from tui.chat.transcript.transcript import Transcript
from tui.session_request import SessionRequest

if TYPE_CHECKING:
    from tui.chat.app import ChatApp


def switch(app: ChatApp, request: SessionRequest) -> None:
    """Go on with a session made from other flags (another model, other tools), after the running turn; where it cannot
    be opened, with what was before."""
    app.before_switch, app.request = app.request, request
    app.status.be("loading")
    app.bridge.reopen(lambda: app.opener(request))


async def opened(app: ChatApp, session: Opened) -> None:
    """Show what it did before, where it is not on the screen, and learn what can be completed."""
    if session.turns and (app.session is None or app.session.session_id != session.session_id):
        await _show_past(app, session)
    app.session, app.before_switch = session, None
    app.status.opened(session.model, session.budget)
    app.be("working" if app.transcript.is_busy else "ready")  # it may have been asked before it was open
    app.run_worker(_learn_names(app), exit_on_error=True)


def not_opened(app: ChatApp, message: str, hint: str) -> None:
    """Say why, and go back to what was before."""
    app.status.be("not ready")
    app.transcript.say(f"not ready: {message}", "error")
    if hint:
        app.transcript.say(hint)
    before, app.before_switch = app.before_switch, None
    if before is not None:
        if app.session is not None and app.session.session_id and app.accounts.n_questions:
            before = replace(before, resume=app.session.session_id, continue_last=False)
        app.transcript.say("going back to what was before")
        switch(app, before)
        app.before_switch = None  # once: where that fails too, the next question tries again


async def _show_past(app: ChatApp, session: Opened) -> None:
    """The turns of the session that was taken up again, in a transcript of its own. At the chat's start what was said
    till then stays below them: it may be what is missing on this machine."""
    if app.transcript.n_turns or app.session is not None:
        await app.transcript.remove()
        app.transcript = Transcript()
        await app.screen_stack[0].mount(app.transcript, before=0)
        app.accounts = Accounts()
    app.transcript.remember(session.turns)


async def _learn_names(app: ChatApp) -> None:
    with contextlib.suppress(NoSession):
        known = await app.bridge.call(session_side.names)
        app.prompt.at_hand.tools, app.prompt.at_hand.folder = known.tools, known.work
