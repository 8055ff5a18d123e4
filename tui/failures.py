"""How a failure is shown: one `error:` line, one `hint:` line, the right exit status; never a traceback of ours.

`TOOLCODER_DEBUG=1` adds the traceback, for those who work on toolcoder.
"""

from __future__ import annotations

import errno
import os
import traceback
from dataclasses import dataclass

from agent.errors import AgentError, ToolSourceError
from sandbox.errors import SandboxError
from train.errors import ConfigError, DataError, Refused, RunError, RunStopped, TrainError
from tui.exit_codes import ExitCode
from tui.plain import plain
from tui.standard_streams import narrate

DEBUG_VARIABLE = "TOOLCODER_DEBUG"


class UsageProblem(Exception):
    """The command was called in a way that cannot work; `hint` says how to call it."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint


class PersonNeeded(Exception):
    """Something had to be confirmed and nobody could, or nobody did."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint


@dataclass(frozen=True)
class Failure:
    """What a person is told about an exception."""

    message: str
    hint: str
    code: ExitCode


def explain(error: Exception) -> Failure:
    """Turn any exception into what a person is told."""
    match error:
        case UsageProblem() | ToolSourceError() | ConfigError() | DataError() | RunError():
            return Failure(str(error), error.hint, ExitCode.USAGE)
        case RunStopped():
            return Failure(str(error), error.hint, ExitCode.AGENT_FAILED)
        case PersonNeeded() | Refused():
            return Failure(str(error), error.hint, ExitCode.REFUSED)
        case AgentError() | SandboxError() | TrainError():
            return Failure(str(error), error.hint, ExitCode.NOT_READY)
        case OSError():
            where = f"{error.filename}: " if error.filename else ""
            return Failure(f"{where}{error.strerror or error}", _hint_of(error), ExitCode.NOT_READY)
        case _:
            hint = f"this is a fault in toolcoder; {DEBUG_VARIABLE}=1 shows where, please report it"
            return Failure(f"unexpected {type(error).__name__}: {error}", hint, ExitCode.AGENT_FAILED)


def _hint_of(error: OSError) -> str:
    match error.errno:
        case errno.ENOSPC | errno.EDQUOT | errno.EFBIG:
            return "free some space there, or choose another place (TOOLCODER_HOME, TMPDIR, --output)"
        case errno.EMFILE | errno.ENFILE:
            return "too many files are open: raise the limit (ulimit -n)"
        case errno.EACCES | errno.EPERM | errno.EROFS | errno.ENOTDIR | errno.EEXIST:
            return "choose a place that you may write to (TOOLCODER_HOME, TMPDIR, --output)"
        case _:
            return ""


def show(message: str, hint: str = "", label: str = "error") -> None:
    """Write a message to stderr, whatever it was made of."""
    narrate(f"{label}: {plain(message).strip()}\n")
    show_hint(hint)


def show_hint(hint: str) -> None:
    """Write what to do about it, where there is something."""
    if hint:
        narrate(f"hint: {plain(hint).strip()}\n")


def show_exception(error: Exception) -> ExitCode:
    """Show an exception; the exit status of the command."""
    if is_debugging():
        narrate(plain("".join(traceback.format_exception(error))))
    failure = explain(error)
    show(failure.message, failure.hint)
    return failure.code


def is_debugging() -> bool:
    return os.environ.get(DEBUG_VARIABLE, "") not in ("", "0")
