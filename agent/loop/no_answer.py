"""How a turn ends whose program gave no answer."""

from __future__ import annotations

from agent.events import Answered
from agent.loop.execution import Outcome, shorten
from agent.tools.gate import NOBODY


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


def failed(outcome: Outcome, n_repairs: int) -> Answered:
    """The program did not end well, also not after it was reviewed."""
    end = outcome.end
    if end.status == "interrupted":
        return Answered("interrupted", error="interrupted while the program ran")
    kind, message = outcome.cause
    cause = message if end.died or end.status == "timeout" else f"{kind}: {message}"
    times = {0: "", 1: " after one repair"}.get(n_repairs, f" after {n_repairs} repairs")
    return Answered(
        "failed",
        error=f"the program failed{times}: {shorten(cause, 600)}",
        hint="ask in other words, or choose a stronger model with --model",
        fault="agent",
    )
