"""What the status line counts: what goes on, what this turn and the session have used."""

from __future__ import annotations

from typing import TYPE_CHECKING

from agent.events import Answered, Event, QuestionAsked, SessionStarted, StageEnded, TokenUsage
from tui.activity import Activity

if TYPE_CHECKING:
    from agent.loop.budget import Budget


class Counts:
    """Takes every event of the session in order."""

    def __init__(self) -> None:
        self.model = ""
        self.sandbox = ""
        self.activity = Activity()
        self._turn = TokenUsage()
        self._session = TokenUsage()
        self._seconds = 0.0

    def take(self, event: Event) -> bool:
        """Count one more; whether anything changed."""
        before = self.activity.brief
        self.activity.take(event)
        match event:
            case SessionStarted():
                self.model, self.sandbox = event.model, event.sandbox
            case QuestionAsked():
                self._turn = TokenUsage()
            case StageEnded():
                self._turn = _sum(self._turn, event.usage)
            case Answered():
                self._turn = event.usage
                self._session = _sum(self._session, event.usage)
                self._seconds += event.seconds
            case _:
                return self.activity.brief != before
        return True

    def of_limits(self, budget: Budget) -> str:
        """This turn against its budgets; '' where there are none."""
        turn = self._turn
        texts = []
        if budget.max_tokens is not None:
            texts.append(f"{turn.prompt_tokens + turn.completion_tokens:,}/{budget.max_tokens:,} tokens")
        if budget.max_cost is not None:
            texts.append(f"{turn.cost or 0.0:.4f}/{budget.max_cost:g} money")
        if budget.max_seconds is not None:
            texts.append(f"at most {budget.max_seconds:g} s")
        return ", ".join(texts)

    def used(self, *, is_busy: bool) -> str:
        """The whole session so far, the running turn included."""
        total = _sum(self._session, self._turn) if is_busy else self._session
        n_tokens = total.prompt_tokens + total.completion_tokens
        if not n_tokens and not self._seconds:
            return ""
        cost = "" if total.cost is None else f"  {total.cost:.4f}"
        return f"{n_tokens:,} tokens  {self._seconds:.1f} s{cost}"


def _sum(a: TokenUsage, b: TokenUsage) -> TokenUsage:
    cost = None if a.cost is None and b.cost is None else (a.cost or 0.0) + (b.cost or 0.0)
    return TokenUsage(
        a.prompt_tokens + b.prompt_tokens, a.completion_tokens + b.completion_tokens, cost, a.estimated or b.estimated
    )
