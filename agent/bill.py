"""The bill: calls, tokens, seconds and money per stage, of a turn or of a session. Front ends add up the events."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from agent.events import CellEnded, Event, StageEnded, TokenUsage

SANDBOX = "sandbox"
"""Where programs ran: it takes seconds and no tokens."""


@dataclass(frozen=True)
class Item:
    """One stage: completions of the model (or cells, for the sandbox), what they used, and how long they took."""

    n_calls: int = 0
    seconds: float = 0.0
    usage: TokenUsage = field(default_factory=TokenUsage)

    def plus(self, seconds: float, usage: TokenUsage) -> Item:
        return Item(self.n_calls + 1, self.seconds + seconds, added(self.usage, usage))


@dataclass
class Bill:
    """Stages in the order in which they first appeared."""

    items: dict[str, Item] = field(default_factory=dict)

    def see(self, event: Event) -> None:
        """Count a stage or a cell that ended; other events cost nothing."""
        match event:
            case StageEnded():
                self._add(event.stage, event.seconds, event.usage)
            case CellEnded():
                self._add(SANDBOX, event.seconds, TokenUsage())

    def see_record(self, kind: str, fields: Mapping[str, Any]) -> None:
        """The same for a line of the session log, whatever a damaged one holds."""
        seconds = fields.get("seconds")
        seconds = float(seconds) if isinstance(seconds, int | float) else 0.0
        if kind == "stage_end":
            self._add(str(fields.get("stage")), seconds, _usage_of(fields.get("usage")))
        elif kind == "cell_end":
            self._add(SANDBOX, seconds, TokenUsage())

    def _add(self, stage: str, seconds: float, usage: TokenUsage) -> None:
        self.items[stage] = self.items.get(stage, Item()).plus(seconds, usage)

    @property
    def total(self) -> Item:
        whole = Item()
        for item in self.items.values():
            whole = Item(whole.n_calls + item.n_calls, whole.seconds + item.seconds, added(whole.usage, item.usage))
        return whole

    def as_object(self) -> dict[str, Any]:
        """Stage to `n_calls`, `seconds` and the tokens; of the sandbox no tokens."""
        return {
            stage: {"n_calls": item.n_calls, "seconds": round(item.seconds, 3)}
            | ({} if stage == SANDBOX else asdict(item.usage))
            for stage, item in self.items.items()
        }


def added(a: TokenUsage, b: TokenUsage) -> TokenUsage:
    """Both together. Where no price is known there is no cost; where one is, what had none counts as nothing."""
    known = [usage.cost for usage in (a, b) if usage.cost is not None]
    return TokenUsage(
        a.prompt_tokens + b.prompt_tokens,
        a.completion_tokens + b.completion_tokens,
        sum(known) if known else None,
        a.estimated or b.estimated,
        a.cached_tokens + b.cached_tokens,
    )


def _usage_of(fields: Any) -> TokenUsage:
    if not isinstance(fields, Mapping):
        return TokenUsage()

    def number(name: str) -> int:
        value = fields.get(name)
        return value if isinstance(value, int) else 0

    cost = fields.get("cost")
    return TokenUsage(
        number("prompt_tokens"),
        number("completion_tokens"),
        float(cost) if isinstance(cost, int | float) else None,
        fields.get("estimated") is True,
        number("cached_tokens"),
    )
