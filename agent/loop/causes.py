"""Why a program failed, and what may help: the one table of causes.

Each row says what the model is told (it may mend the program), what the person is told (they may mend the rest), how
many runs may fail by it before the turn ends, and whose fault it is. The first row that applies counts. A cause is
found from the host's record of the calls and from the traceback's exception, from words where nothing else is left.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from agent.calls.categories import Category
from agent.loop.outcome import Outcome
from agent.loop.packages import ONLINE_MODULES, missing_module
from agent.tools.turn_record import FailedCall

N_REVIEWS = 3
"""Rounds of code review (the paper's limit)."""
DEFAULT_HINT = "ask in other words, or choose a stronger model with --model"
NOT_THERE = "it may not exist there, or be spelled otherwise"

_KEY_VARIABLE = re.compile(r"\b[A-Z][A-Z0-9_]*_(?:API_?KEY|KEY|TOKEN|SECRET|PASSWORD)\b")
_KEY_WORDS = re.compile(
    r"\b401\b|unauthori[sz]ed|(?:invalid|wrong|missing|no) (?:api.?key|token|credentials?)", re.IGNORECASE
)
_OFFLINE_WORDS = re.compile(
    r"Temporary failure in name resolution|Name or service not known|Network is unreachable|"
    r"Could not resolve host|Failed to establish a new connection|nodename nor servname|No address associated|"
    r"No such file or directory: '(?:curl|wget|git|ping|ssh)'"
)
_INSTALLER = re.compile(r"No such file or directory: '(?:pip3?|uv|conda|apt|apt-get)'|No module named '?pip\b")
_OFFLINE_ERRORS = frozenset(
    "gaierror URLError ConnectionError ConnectionRefusedError ConnectError ConnectTimeout MaxRetryError "
    "NameResolutionError NewConnectionError ClientConnectorError ClientConnectorDNSError".split()
)


@dataclass(frozen=True)
class Cause:
    """`n_runs`: so many runs that failed by it end the turn. `may_repeat`: the same program may yet go well."""

    name: str
    advice: str = ""
    hint: str = ""
    n_runs: int = N_REVIEWS + 1
    fault: Literal["agent", "environment"] = "agent"
    status: Literal["failed", "refused"] = "failed"
    may_repeat: bool = False


def cause_of(outcome: Outcome) -> Cause:
    """The cause of a run that did not end well."""
    call = outcome.failed_call
    cause = cause_of_call(outcome, call) if call is not None else None
    return cause or next((found for row in _ROWS if (found := row(outcome)) is not None), Cause("program"))


def cause_of_call(outcome: Outcome, call: FailedCall) -> Cause | None:
    """The cause of one call's failure; None: none of those that calls have."""
    return next((found for row in _CALL_ROWS if (found := row(outcome, call)) is not None), None)


def _denied(_: Outcome, call: FailedCall) -> Cause | None:
    return _deny(call.name) if call.is_denied else None


def _deny(name: str) -> Cause:
    return Cause(
        "denied",
        f"The person's settings deny {name}(). Do not call it; where nothing else does the task, return a sentence "
        "that says so.",
        f"your rules deny {name}(): `[tools] policy` of the settings",
        n_runs=2,
        status="refused",
    )


def _spent(_: Outcome, call: FailedCall) -> Cause | None:
    if call.kind != "ToolBudgetExceeded":
        return None
    return Cause(
        "calls_spent",
        f"No further call of {call.name}() is answered for this question. Do without it, with what other tools give.",
        f"ask for less at a time, or allow more calls of {call.name}(): `[tools] n_calls` or `limits` of the settings",
        n_runs=2,
    )


def _key(_: Outcome, call: FailedCall) -> Cause | None:
    variable = _KEY_VARIABLE.search(call.message)
    in_words = call.status is None and call.kind == "ToolReported" and _KEY_WORDS.search(call.message)
    if call.status != 401 and call.kind != "CredentialProblem" and not variable and not in_words:
        return None
    advice = f"The service behind {call.name}() does not accept this person's key. Calling it again cannot help."
    hint = f"set the variable {variable[0]}, which {call.source} needs" if variable else _key_hint(call.source)
    is_certain = call.status == 401 or call.kind in ("CredentialProblem", "KeyError")
    return Cause("key", advice, hint, n_runs=1 if is_certain else 2, fault="environment")


def _key_hint(source: str) -> str:
    if source.startswith("openapi:") or re.match(r"mcp:https?:", source):
        named = re.search(r"[?&](?:key|token)(?:\.\w+)?=([^&\s]+)", source)
        if named:
            return f"its key is wrong or has expired: `toolcoder keys set {named[1]}` takes another one ({source})"
        with_key = f"{source}{'&' if '?' in source else '?'}key=NAME"
        return f"it wants a key: `toolcoder keys set NAME`, and name it in the source: {with_key}"
    if source.startswith("mcp:"):
        return f"give the server its key in a variable: `toolcoder keys set NAME`, then {_with_variable(source)}"
    return f"give {source} a key that the service accepts, in the variable or file where it looks for one"


def _with_variable(source: str) -> str:
    return f"'mcp:VARIABLE=${{keys:NAME}} {source.removeprefix('mcp:')}'"


def _forbidden(_: Outcome, call: FailedCall) -> Cause | None:
    if call.status != 403:
        return None
    return Cause(
        "forbidden",
        f"The service forbids this call of {call.name}(). Where another call or another object does what was asked, "
        "use that; the same call will be refused again.",
        f"the account or key of {call.source} is not allowed to do this: `toolcoder keys set NAME` takes another one",
        n_runs=2,
        fault="environment",
    )


def _rate(outcome: Outcome, call: FailedCall) -> Cause | None:
    if call.status != 429 and call.kind != "TooManyRequests":
        return None
    wait = f"in {call.retry_after_s:.0f} s" if call.retry_after_s else "in a while"
    n_calls = len(outcome.calls) + len(outcome.failures)
    return Cause(
        "rate",
        f"The service behind {call.name}() was called too often: this program made {n_calls} calls. Make far fewer: "
        "one that gives many things rather than one for each.",
        f"the service limits how often it is called: ask again {wait}, or ask for less at a time",
        n_runs=1 if n_calls < 5 else 2,  # with so few there is nothing to save
        fault="environment",
    )


def _unstable(_: Outcome, call: FailedCall) -> Cause | None:
    """A read was tried again already; a change that may have happened is not made again by guesswork."""
    if call.category is not Category.TOOL_INSTABILITY or (call.status is not None and call.status < 500):
        return None
    where = f"{call.name}() ({call.source})"
    if call.effect == "write" and not call.is_undone:
        hint = f"{where} failed while it changed something: look whether it happened before you ask again"
        return Cause("unknown_change", hint=hint, n_runs=1, fault="environment")
    advice = (
        f"The service behind {call.name}() fails, not the program. Only another tool or a smaller request could help."
    )
    if "Timeout" in call.kind:
        hint = f"{where} is slow or hangs: try it later, ask for less, or give it more time: `[tools] call_s`"
        return Cause("tool_timeout", advice, hint, n_runs=2, may_repeat=True)
    if call.status in (500, 501, 505):
        hint = f"the service behind {where} fails: try it later"
        return Cause("service", advice, hint, n_runs=2, may_repeat=True)
    hint = f"the service behind {where} cannot be reached: is its address right, is it running, is this machine online?"
    n_runs = 1 if call.kind == "ApiUnreachable" else 2  # its address is not the program's to choose
    return Cause("unreachable", advice, hint, n_runs=n_runs, fault="environment", may_repeat=True)


def _result(_: Outcome, call: FailedCall) -> Cause | None:
    if call.kind != "ResultError":
        return None
    advice = (
        f"What {call.name}() returned cannot be passed on. Ask it for less (a page, a limit, a filter) or use another."
    )
    hint = f"{call.name}() of {call.source} gives too much, or what is no JSON: ask for less, or `[tools] result_mb`"
    return Cause("result", advice, hint, n_runs=2)


def _unknown_denied(outcome: Outcome) -> Cause | None:
    return _deny(outcome.unknown_tool) if outcome.is_denied else None


def _memory(outcome: Outcome) -> Cause | None:
    if (outcome.end.died or {}).get("cause") != "out_of_memory" and outcome.cause[0] != "MemoryError":
        return None
    return Cause(
        "memory",
        "Use far less memory: work through the data in pieces, keep only what the result needs.",
        "ask for less at a time, or give programs more memory: `[sandbox] memory_mb` of the settings",
        n_runs=3,
    )


def _time(outcome: Outcome) -> Cause | None:
    if outcome.end.status != "timeout":
        return None
    return Cause(
        "time",
        "The same work would take as long again: use a better algorithm, numpy in place of loops, or fewer calls.",
        "ask for less at a time, or give programs more time: `[sandbox] cell_s` of the settings",
        n_runs=3,
    )


def _offline(outcome: Outcome) -> Cause | None:
    exception, message = outcome.cause
    module = missing_module(outcome.end.error)
    if exception == "ToolError" or not (
        exception in _OFFLINE_ERRORS
        or (module is not None and module.partition(".")[0] in ONLINE_MODULES)
        or _OFFLINE_WORDS.search(f"{message}\n{outcome.output}")
    ):
        return None
    return Cause(
        "offline",
        "The kernel has no network: no module and no command reaches any address from it. Facts come from the listed "
        "tools only. Where none gives what is needed, return a sentence that says so.",
        "programs have no network; what is online is reached by tools: `--tools` takes a Python file, "
        "`openapi:FILE_OR_URL` or `mcp:COMMAND_OR_URL`",
        n_runs=2,
    )


def _package(outcome: Outcome) -> Cause | None:
    if _INSTALLER.search(outcome.cause[1]):
        advice = "No program installs anything. Import the module: where it is missing, the person is asked to add it."
        return Cause("package", advice, "`toolcoder sandbox packages add NAME` adds a package", n_runs=2)
    if not outcome.package:
        return None
    advice = "Do the same with the standard library, numpy, pandas or matplotlib; other packages are not there."
    status: Literal["failed", "refused"] = "refused" if outcome.package_hint else "failed"
    return Cause("package", advice, outcome.package_hint or DEFAULT_HINT, n_runs=2, status=status)


def _no_input(outcome: Outcome) -> Cause | None:
    if outcome.cause[0] not in ("StdinNotImplementedError", "EOFError") or "input" not in outcome.cause[1]:
        return None
    return Cause(
        "no_input", "input() reaches nobody here. What only the person can say is asked by ask_user(question)."
    )


def _files(outcome: Outcome) -> Cause | None:
    message = outcome.cause[1]
    if "Read-only file system" in message:
        return Cause("read_only", "Files can be written under /tmp, and under /out for the person, nowhere else.")
    if "No space left on device" in message or (outcome.end.died or {}).get("cause") == "disk_full":
        hint = "ask for less at a time, or give programs more room: `[sandbox] disk_mb`, `[files] out_mb`"
        return Cause("disk", "There is little room for files: write less, remove what is no longer needed.", hint)
    return None


def _cell_calls(outcome: Outcome) -> Cause | None:
    """The sandbox's own limit: such a call never reached the host."""
    if "ToolBudgetExceeded" not in outcome.cause[1]:
        return None
    return Cause(
        "calls_spent",
        "A program may make only so many tool calls. Make fewer: one that gives much rather than one for each thing.",
        "ask for less at a time, or allow more calls: `[sandbox] n_tool_calls` of the settings",
    )


def _absent(outcome: Outcome) -> Cause | None:
    if outcome.not_found:
        return Cause("absent", hint=f"{NOT_THERE}; else ask in other words")
    if not outcome.empty:
        return None
    return Cause(
        "empty",
        "The program does not provide for a call that finds nothing. Where it asks for the wrong thing, correct that; "
        "where what the question names is not there, return a sentence that says what was not found.",
        f"{NOT_THERE}; else ask in other words",
    )


_CALL_ROWS: tuple[Callable[[Outcome, FailedCall], Cause | None], ...] = (
    _denied,
    _spent,
    _key,
    _forbidden,
    _rate,
    _unstable,
    _result,
)
_ROWS: tuple[Callable[[Outcome], Cause | None], ...] = (
    _unknown_denied,
    _memory,
    _time,
    _offline,
    _package,
    _no_input,
    _files,
    _cell_calls,
    _absent,
)
