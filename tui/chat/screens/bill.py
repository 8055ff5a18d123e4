"""The bill: calls, tokens, seconds and money, per turn and per stage, of this session so far."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import ClassVar

from agent.bill import SANDBOX, Bill, Item
from agent.loop.budget import Budget
from tui.chat.accounts import Account, Accounts
from tui.chat.screens.list_panel import ListPanel
from tui.plain import plain_line


class BillPanel(ListPanel[Account]):
    """`accounts` are the running ones; `budget` the limits of each question."""

    heading = "Bill"
    about = """
What each question took: calls of the model, tokens, seconds and money per stage; `sandbox` is the time that programs
ran. Tokens that the endpoint did not count are estimated and marked with ~. Money needs the model's prices
([model] price_prompt and price_completion in the settings). F5 counts again."""
    columns = ("question", "status", "calls", "tokens", "seconds", "money")
    nothing = "nothing was asked yet"
    BINDINGS: ClassVar = []
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (140, "-wide")]  # noqa: RUF012  # a table beside a table needs room

    def __init__(self, accounts: Accounts, budget: Callable[[], Budget]) -> None:
        super().__init__()
        self._accounts = accounts
        self._budget = budget

    async def fetch(self) -> Sequence[Account]:
        self.say(_limits(self._budget()))
        return [self._accounts.all, *reversed(self._accounts.turns)] if self._accounts.turns else []

    def row(self, item: Account) -> Sequence[str]:
        total = item.bill.total
        seconds = item.seconds or total.seconds
        return (
            plain_line(item.title, 36),
            item.status,
            str(_n_calls(item.bill)),
            _tokens(total),
            f"{seconds:.1f}",
            _money(total),
        )

    async def detail(self, item: Account) -> str:
        rows = [("stage", "calls", "prompt", "cached", "written", "seconds", "money")]
        for stage, part in [*item.bill.items.items(), ("together", item.bill.total)]:
            usage = part.usage
            told = ("", "", "") if stage == SANDBOX else (
                f"{usage.prompt_tokens:,}", f"{usage.cached_tokens:,}", f"{usage.completion_tokens:,}"
            )  # fmt: skip
            n_calls = _n_calls(item.bill) if stage == "together" else part.n_calls
            rows.append((plain_line(stage, 24), str(n_calls), *told, f"{part.seconds:.1f}", _money(part)))
        widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
        lines = [
            "  ".join(
                text.ljust(w) if i == 0 else text.rjust(w) for i, (text, w) in enumerate(zip(row, widths, strict=True))
            )
            for row in rows
        ]
        waited = item.seconds - item.bill.total.seconds
        rest = (
            [f"besides the stages {max(waited, 0):.1f} s: waiting for the kernel, for you, for files"]
            if item.seconds
            else []
        )
        return "\n".join([item.title, "", *lines, "", *rest])


def _n_calls(bill: Bill) -> int:
    return sum(part.n_calls for stage, part in bill.items.items() if stage != SANDBOX)


def _tokens(item: Item) -> str:
    n_tokens = item.usage.prompt_tokens + item.usage.completion_tokens
    return f"{'~' if item.usage.estimated else ''}{n_tokens:,}"


def _money(item: Item) -> str:
    return "-" if item.usage.cost is None else f"{item.usage.cost:.4f}"


def _limits(budget: Budget) -> str:
    limits = [
        f"{budget.max_tokens:,} tokens" if budget.max_tokens is not None else "",
        f"{budget.max_seconds:g} s" if budget.max_seconds is not None else "",
        f"{budget.max_cost:g} money" if budget.max_cost is not None else "",
    ]
    told = ", ".join(limit for limit in limits if limit)
    return f"each question ends at {told}" if told else "questions have no limits ([budget] in the settings)"
