"""Limits of one turn: tokens, seconds, money. Reaching one ends the turn cleanly, with what was used."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Literal

from agent.events import TokenUsage
from agent.models.base import Usage


@dataclass(frozen=True)
class Budget:
    """None means no limit. Prices are per million tokens, in the currency of the limit."""

    max_tokens: int | None = None
    max_seconds: float | None = None
    max_cost: float | None = None
    price_prompt: float | None = None
    price_completion: float | None = None

    def cost(self, usage: Usage) -> float | None:
        """Money for a completion, None where no price is known."""
        if self.price_prompt is None or self.price_completion is None:
            return None
        return (usage.prompt_tokens * self.price_prompt + usage.completion_tokens * self.price_completion) / 1e6


class BudgetExceeded(Exception):
    """Ends the turn from wherever it is."""

    def __init__(self, what: Literal["tokens", "seconds", "cost"], limit: float, used: float) -> None:
        super().__init__(f"the budget of {limit:g} {what} is used up ({used:g})")
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
        spent = TokenUsage(usage.prompt_tokens, usage.completion_tokens, cost, usage.estimated)
        self.total = TokenUsage(
            self.total.prompt_tokens + spent.prompt_tokens,
            self.total.completion_tokens + spent.completion_tokens,
            None if cost is None else (self.total.cost or 0.0) + cost,
            self.total.estimated or spent.estimated,
        )
        return spent

    def check(self) -> None:
        """Before each stage; the seconds also end a stage or a run in the middle (the session sees to that).

        Raises:
            BudgetExceeded: a limit is reached.
        """
        budget, used = self.budget, self.total.prompt_tokens + self.total.completion_tokens
        if budget.max_tokens is not None and used >= budget.max_tokens:
            raise BudgetExceeded("tokens", budget.max_tokens, used)
        if budget.max_cost is not None and self.total.cost is not None and self.total.cost >= budget.max_cost:
            raise BudgetExceeded("cost", budget.max_cost, self.total.cost)
        if budget.max_seconds is not None and self.seconds >= budget.max_seconds:
            raise BudgetExceeded("seconds", budget.max_seconds, round(self.seconds, 1))
