"""The slash commands that change the session: another model or other tools, going on with another one, its name, its
log; and ratings of answers."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Literal

from tui.chat import session_changes
from tui.chat.commands import Command
from tui.plain import plain_line

if TYPE_CHECKING:
    from tui.chat.app import ChatApp
    from tui.session_request import SessionLike, SessionRequest

_TOLD = "rated"
"""The mark in the chat's folder that says: the person knows where ratings go."""


def switch(app: ChatApp, request: SessionRequest, what: str) -> None:
    """Close the session and go on with the same history under other flags; honest about what becomes of the kernel.

    A logged session is taken up again from its log: its variables are had back by running its programs again, without
    calling tools. One without a log begins anew.
    """
    if app.transcript.is_busy:
        app.notify("A question is being answered; Esc stops it.", severity="warning", markup=False)
        return
    session = app.session
    is_begun = app.accounts.n_questions > 0
    if is_begun and session is not None and session.session_id:
        request = replace(request, resume=session.session_id, continue_last=False)
        kept = (
            "the questions so far are kept; the kernel is a fresh one, in which earlier programs run again from the log"
        )
    elif is_begun:
        kept = "this session has no log, so the questions so far and the kernel's variables are gone"
    else:
        kept = ""
    app.transcript.say(plain_line(f"{what}{f'; {kept}' if kept else ''}", 400))
    session_changes.switch(app, request)


async def _model(app: ChatApp, name: str) -> None:
    if not name:
        app.run_worker(_choose_model(app), exclusive=True, group="model")
        return
    switch(app, replace(app.request, model=name), f"switching to the model {name}")


async def _choose_model(app: ChatApp) -> None:
    from tui.chat.screens.dialogs import Choose
    from tui.failures import explain
    from tui.model_names import model_names
    from tui.settings_load import load_settings

    app.notify("looking for models", markup=False, timeout=2)
    try:
        names = await asyncio.to_thread(lambda: model_names(load_settings().model))
    except Exception as error:  # noqa: BLE001  # settings that are wrong, an address that is none: said, and no more
        app.notify(plain_line(explain(error).message, 300), severity="warning", markup=False)
        return
    current = app.session.model if app.session is not None else ""
    rows = [(name, f"{name}{' (now)' if name == current else ''}  {where}") for name, where in names]
    if (name := await app.push_screen_wait(Choose("Which model answers from now on?", rows, now=current))) is not None:
        switch(app, replace(app.request, model=name), f"switching to the model {name}")


def switch_tools(app: ChatApp, sources: str) -> None:
    """`/tools ./mine.py catalogue`: these sources from now on."""
    names = tuple(sources.split())
    switch(app, replace(app.request, tools=names), f"switching to the tools of {', '.join(names)}")


def _resume(app: ChatApp, session: str) -> None:
    if not session:
        app.call_later(app.action_command, "sessions")
        return
    resume(app, session)


def resume(app: ChatApp, session: str) -> None:
    """Go on with another session, in place of the one that is open."""
    if app.transcript.is_busy:
        app.notify("A question is being answered; Esc stops it.", severity="warning", markup=False)
        return
    app.transcript.say(f"going on with session {plain_line(session, 60)}")
    # The flags of then hold again, not what was said for this chat; and what is resumed has a log.
    plain_request = replace(app.request, model=None, tools=(), work_folder=None, work_mode=None, log=True)
    session_changes.switch(app, replace(plain_request, resume=session, continue_last=False))


def _nolog(app: ChatApp, _: str) -> None:
    if not app.request.log:
        app.notify("This session has no log.", markup=False)
        return
    if app.transcript.is_busy:
        app.notify("A question is being answered; Esc stops it.", severity="warning", markup=False)
        return
    app.transcript.say(
        "from now on a session without a log: it does not know the questions so far, and its kernel is a fresh one. "
        "What was logged before stays; /sessions deletes it"
    )
    app.prompt.history.stop_writing()
    session_changes.switch(app, replace(app.request, log=False, resume=None, continue_last=False))


async def _rename(app: ChatApp, name: str) -> None:
    from tui.chat.screens.opening import desk_of

    async def work(session: SessionLike) -> None:
        desk_of(session).rename(name)

    if not name:
        app.notify("/rename NAME: what is it called? /sessions takes a name away.", severity="warning", markup=False)
        return
    if app.session is None or not app.session.session_id:
        app.notify("This session has no log that could have a name.", severity="warning", markup=False)
        return
    if await _done(app, work):
        app.notify("renamed", markup=False)


async def rate(app: ChatApp, rating: Literal["up", "down"], correction: str) -> None:
    """A verdict on the last answer; the first time it is said where it goes."""
    from tui.chat.screens.dialogs import AskText, Confirm

    is_logged = app.session is not None and bool(app.session.session_id)
    if is_logged and not app.marks.has(_TOLD):
        told = (
            "Ratings and corrections go into the session's log on this machine, from where they may be used for "
            "training, if you train on your sessions. /nolog goes on without a log. Rate this answer?"
        )
        if not await app.push_screen_wait(Confirm(told)):
            return
        app.marks.add(_TOLD)
    if rating == "down" and not correction:
        typed = await app.push_screen_wait(AskText("What would have been right? (may stay empty)"))
        if typed is None:
            return
        correction = typed.strip()

    async def work(session: SessionLike) -> None:
        from agent.loop.session import Session

        if isinstance(session, Session):
            await session.rate(rating, correction)

    if await _done(app, work):
        where = "" if is_logged else ", for the functions that it came from; this session has no log"
        app.transcript.say(
            f"rated {'good' if rating == 'up' else 'bad'}{', with your correction' if correction else ''}{where}"
        )


async def _done(app: ChatApp, work: Callable[[SessionLike], Awaitable[None]]) -> bool:
    """Run it in the session's loop; False where it could not be done, which was said."""
    from tui.failures import explain

    try:
        await app.bridge.call(work)
    except ValueError as error:
        app.notify(plain_line(str(error), 300), severity="warning", markup=False)
        return False
    except Exception as error:  # noqa: BLE001  # no session, a turn that runs, a full disk: said, and the chat goes on
        failure = explain(error)
        text = str(error) if isinstance(error, RuntimeError) else failure.message
        app.notify(plain_line(text, 300), severity="warning", markup=False)
        return False
    return True


def _rate(rating: Literal["up", "down"]) -> Callable[[ChatApp, str], None]:
    def run(app: ChatApp, correction: str) -> None:
        app.run_worker(rate(app, rating, correction), exclusive=True, group="rate")

    return run


def _models_at_hand(app: ChatApp) -> Sequence[str]:
    return ("bundled",)


CONTROL: tuple[Command, ...] = (
    Command("model", "answer with another model from now on", _model, "[NAME]", _models_at_hand),
    Command("resume", "go on with another session, by its id or name", _resume, "[SESSION]"),
    Command("rename", "name this session", _rename, "NAME"),
    Command("good", "the last answer is right; a correction may follow", _rate("up"), "[TEXT]"),
    Command("bad", "the last answer is wrong; what would be right may follow", _rate("down"), "[TEXT]"),
    Command("nolog", "go on in a session without a log", _nolog),
)
