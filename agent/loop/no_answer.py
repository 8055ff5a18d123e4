"""How a turn ends whose program gave no answer."""

from __future__ import annotations

from agent.events import Answered
from agent.loop.causes import DEFAULT_HINT, cause_of, cause_of_call
from agent.loop.outcome import Outcome, shorten
from agent.tools.gate import NOBODY
from agent.tools.host import ToolHost


def refused(outcome: Outcome) -> Answered:
    """A person refused, or there was nobody to ask."""
    if outcome.question:
        question, choices = outcome.question
        text = question + "".join(f"\n- {choice}" for choice in choices)
        return Answered(
            "refused",
            text,
            error="the task needs a person's reply",
            hint="ask again with the reply in the question, or in the chat",
        )
    if NOBODY in (outcome.refused or ""):
        hint = "run it in a terminal to be asked, or allow changes with --yes"
    else:
        hint = "what was refused was not done; ask in other words, or ask again and allow it"
    return Answered("refused", error=outcome.refused, hint=hint)


def failed(outcome: Outcome, n_repairs: int, *, is_stuck: bool = False) -> Answered:
    """The program did not end well, also not after it was reviewed. `is_stuck`: the last review changed nothing."""
    end = outcome.end
    if end.status == "interrupted":
        return Answered("interrupted", error="interrupted while the program ran")
    cause = cause_of(outcome)
    n_run = n_repairs - is_stuck
    times = {0: "", 1: " after one repair"}.get(n_run, f" after {n_run} repairs")
    error = f"{_subject(outcome)} failed{times}: {shorten(_reason(outcome), 600)}"
    if is_stuck:
        error += "; the model gave the same program again"
    if cause.name in ("absent", "empty") and outcome.empty:
        error += f"; nothing was found by {shorten(', '.join(outcome.empty[:4]), 300)}"
    fault = cause.fault if cause.status == "failed" else "none"
    return Answered(cause.status, error=error, hint=cause.hint or DEFAULT_HINT, fault=fault)


def noted(outcome: Outcome, host: ToolHost) -> list[str]:
    """What stands below an answer: what was changed, and calls that failed by what only a person can mend, which the
    program passed over."""
    told: list[str] = []
    for call in outcome.failures:
        cause = cause_of_call(outcome, call)
        if cause is not None and cause.n_runs <= 2 and not any(call.name in line for line in told):
            told.append(f"A call failed: {call.name}: {shorten(call.message, 200)} ({cause.hint})")
    changes = host.changes_made
    return [*told, *([f"Changed: {changes}"] if changes else [])]


def _subject(outcome: Outcome) -> str:
    call = outcome.failed_call
    return f"{call.name}()" if call is not None else "the program"


def _reason(outcome: Outcome) -> str:
    call = outcome.failed_call
    if call is not None:
        return f"{call.kind}: {call.message}"
    if outcome.is_denied:
        return f"the settings deny {outcome.unknown_tool}()"
    if outcome.unknown_tool:
        return f"it calls {outcome.unknown_tool}(), which is no tool and nothing that it defines"
    kind, message = outcome.cause
    if kind == "ToolError":  # the sandbox's own refusal of a call, whose kind stands in the message
        return message
    return message if outcome.end.died or outcome.end.status == "timeout" else f"{kind}: {message}"
