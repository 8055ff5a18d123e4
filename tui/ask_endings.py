"""How a turn of `ask` ends where it does not end by itself, and what is replied where nobody is there to be asked."""

from __future__ import annotations

import traceback
from typing import Literal

from agent.events import Answered, ApprovalAsked, Event, PersonAsked
from agent.file_events import DecisionAsked
from tui.exit_codes import ExitCode
from tui.failures import explain, is_debugging
from tui.interrupted import was_interrupted
from tui.plain import plain
from tui.standard_streams import narrate


def failed(error: Exception) -> Answered:
    """The turn's end by an exception; a usage error is raised again."""
    if was_interrupted(error):
        return interrupted()
    failure = explain(error)
    if failure.code is ExitCode.USAGE:
        raise error
    if is_debugging():
        narrate(plain("".join(traceback.format_exception(error))))
    fault: Literal["agent", "environment"] = "environment" if failure.code is ExitCode.NOT_READY else "agent"
    return Answered(status="failed", error=failure.message, hint=failure.hint, fault=fault)


def interrupted() -> Answered:
    """The turn's end by the person."""
    return Answered(status="interrupted", error="interrupted")


def decline(event: Event) -> None:
    """Reply for a person who is not there."""
    match event:
        case ApprovalAsked() | DecisionAsked() if not event.answer.done():
            event.answer.set_result(False)
        case PersonAsked() if not event.answer.done():
            event.answer.set_result(None)
