"""What a command's exit status means; scripts rely on it, so the numbers never change."""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING, assert_never

if TYPE_CHECKING:
    from agent.events import Answered  # the first frame of the chat does without


class ExitCode(IntEnum):
    DONE = 0
    AGENT_FAILED = 1
    USAGE = 2
    NOT_READY = 3
    REFUSED = 4
    BUDGET = 5
    INTERRUPTED = 130


_SEVERITY = (
    ExitCode.DONE,
    ExitCode.REFUSED,
    ExitCode.BUDGET,
    ExitCode.AGENT_FAILED,
    ExitCode.NOT_READY,
    ExitCode.USAGE,
    ExitCode.INTERRUPTED,
)


def worst(*codes: ExitCode) -> ExitCode:
    """Of several questions: what a script should look at first."""
    return max(codes, key=_SEVERITY.index, default=ExitCode.DONE)


def code_of(answered: Answered) -> ExitCode:
    """The exit status of a turn."""
    match answered.status:
        case "answered":
            return ExitCode.DONE
        case "failed":
            return ExitCode.NOT_READY if answered.fault == "environment" else ExitCode.AGENT_FAILED
        case "refused":
            return ExitCode.REFUSED
        case "budget":
            return ExitCode.BUDGET
        case "interrupted":
            return ExitCode.INTERRUPTED
    assert_never(answered.status)
