"""Limits of one turn: tokens, seconds, money. Reaching one ends the turn cleanly, with what was used."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Literal

from agent.bill import added
from agent.events import TokenUsage
from agent.models.base import Usage

_NO_ROOM = "leaves no room for the next step"


@dataclass(frozen=True)
class Budget:
    """None means no limit. Prices are per million tokens, in the currency of the limit."""

    max_tokens: int | None = None
    max_seconds: float | None = None
    max_cost: float | None = None
    price_prompt: float | None = None
    price_completion: float | None = None
    price_cached: float | None = None
    """Of prompt tokens that the endpoint had in its cache; None: as other prompt tokens."""

    def cost(self, usage: Usage) -> float | None:
        """Money for a completion, None where no price is known."""
        if self.price_prompt is None or self.price_completion is None:
            return None
        price_cached = self.price_prompt if self.price_cached is None else self.price_cached
        n_new = usage.prompt_tokens - usage.cached_tokens
        prompt = n_new * self.price_prompt + usage.cached_tokens * price_cached
        return (prompt + usage.completion_tokens * self.price_completion) / 1e6


class BudgetExceeded(Exception):
    """Ends the turn from wherever it is."""

    def __init__(self, what: Literal["tokens", "seconds", "cost"], limit: float, used: float, why: str = "") -> None:
        super().__init__(f"the budget of {limit:g} {what} {why or 'is used up'} ({used:g} used)")
        self.what, self.limit, self.used = what, limit, used


@dataclass
class Meter:
    """Counts one turn against its budget."""

    budget: Budget
    began: float = field(default_factory=time.monotonic)
    total: TokenUsage = field(default_factory=TokenUsage)

    @property
    def seconds(self) -> float:
        return time.monotonic() - self.began

    @property
    def seconds_left(self) -> float | None:
        return None if self.budget.max_seconds is None else max(0.0, self.budget.max_seconds - self.seconds)

    def add(self, usage: Usage) -> TokenUsage:
        """Count a completion and return it with its cost."""
        cost = self.budget.cost(usage)
        spent = TokenUsage(usage.prompt_tokens, usage.completion_tokens, cost, usage.estimated, usage.cached_tokens)
        self.total = added(self.total, spent)
        return spent

    @property
    def counts_tokens(self) -> bool:
        """Whether a completion can end this turn's budget while it is written."""
        return self.budget.max_tokens is not None or self.budget.max_cost is not None

    def check(self, prompt_tokens: int = 0) -> None:
        """Before each stage, whose prompt is about that long: what is sure to exceed a limit is not begun.

        The seconds also end a stage or a run in the middle (the session sees to that).

        Raises:
            BudgetExceeded: a limit is reached.
        """
        budget = self.budget
        if budget.max_seconds is not None and self.seconds >= budget.max_seconds:
            raise BudgetExceeded("seconds", budget.max_seconds, round(self.seconds, 1))
        self._check(TokenUsage(), "")
        if prompt_tokens:
            self._check(TokenUsage(prompt_tokens, cost=budget.cost(Usage(prompt_tokens, 0))), _NO_ROOM)

    def room(self, prompt_tokens: int, cap: int) -> int:
        """The longest completion that such a prompt leaves room for, `cap` at most: what the endpoint is told, since
        its first answer may be held back until it is whole."""
        budget, left = self.budget, [cap]
        if budget.max_tokens is not None:
            left.append(budget.max_tokens - self.total.prompt_tokens - self.total.completion_tokens - prompt_tokens)
        prompt_cost = budget.cost(Usage(prompt_tokens, 0))
        if budget.max_cost is not None and prompt_cost is not None and budget.price_completion:
            money = budget.max_cost - (self.total.cost or 0.0) - prompt_cost
            left.append(int(money * 1e6 / budget.price_completion))
        return max(1, min(left))

    def check_running(self, prompt_tokens: int, completion_tokens: int) -> None:
        """While a completion is written, with what it took until now, about. Raises `BudgetExceeded`."""
        running = Usage(prompt_tokens, completion_tokens)
        self._check(TokenUsage(prompt_tokens, completion_tokens, self.budget.cost(running)), "ended in mid-reply")

    def _check(self, more: TokenUsage, why: str) -> None:
        budget, would = self.budget, added(self.total, more)
        n_used = self.total.prompt_tokens + self.total.completion_tokens
        n_would = would.prompt_tokens + would.completion_tokens
        if budget.max_tokens is not None and n_would >= budget.max_tokens:
            raise BudgetExceeded("tokens", budget.max_tokens, n_used if why == _NO_ROOM else n_would, why)
        if budget.max_cost is not None and would.cost is not None and would.cost >= budget.max_cost:
            used = self.total.cost or 0.0 if why == _NO_ROOM else would.cost
            raise BudgetExceeded("cost", budget.max_cost, used, why)
