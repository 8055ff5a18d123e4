"""DE, CE and VA of multi-turn work (TL-Training 4.3).

DE: the share of calls that fail by not having read the tools' documentation (an unknown tool, an unknown parameter, a
missing one). CE: the share that fail in any other way. VA: the share of items that end with a valid answer within nine
turns. [inferred] The paper does not say of what DE and CE are shares: here of the calls made, so that a model which
calls more is not punished for it; the shares per item are given beside.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from agent.calls.categories import Category

MOST_TURNS = 9
DOCUMENTATION = frozenset({Category.TOOL_HALLUCINATION, Category.PARAMETER_HALLUCINATION, Category.PARAMETER_MISSING})
GIVING_UP = ("i cannot handle the task", "i can't handle the task", "give_up_and_restart")
"""What the benchmarks' prompts tell a model to say when it gives up: an answer, but no valid one."""


@dataclass(frozen=True)
class Episode:
    """One item worked through. `categories`: of the calls whose feedback is known, in order. `n_unobserved`: calls that
    nothing could answer (no observation was recorded): they are no failure of the model and count nowhere.

    `n_malformed`: turns that were neither a call nor an answer. `answer`: None where none came.
    """

    categories: tuple[Category, ...]
    n_turns: int
    answer: str | None
    n_malformed: int = 0
    n_unobserved: int = 0

    @property
    def is_valid(self) -> bool:
        """An answer of substance within the turns allowed."""
        said = (self.answer or "").strip().casefold()
        return bool(said) and self.n_turns <= MOST_TURNS and not any(words in said for words in GIVING_UP)


@dataclass(frozen=True)
class MultiScore:
    """Percentages, to two decimals. `de_items`, `ce_items`: items with at least one such call."""

    n: int
    n_calls: int
    de: float
    ce: float
    va: float
    de_items: float
    ce_items: float
    n_malformed: int
    n_unobserved: int

    def json(self) -> dict[str, float]:
        return dict(vars(self))


def score_episodes(episodes: Iterable[Episode]) -> MultiScore:
    """The table's row over all items."""
    listed = list(episodes)
    calls = [category for episode in listed for category in episode.categories]
    n_de = sum(map(is_documentation_error, calls))
    n_ce = sum(map(is_call_error, calls))
    return MultiScore(
        n=len(listed),
        n_calls=len(calls),
        de=_percent(n_de, len(calls)),
        ce=_percent(n_ce, len(calls)),
        va=_percent(sum(episode.is_valid for episode in listed), len(listed)),
        de_items=_percent(sum(any(map(is_documentation_error, e.categories)) for e in listed), len(listed)),
        ce_items=_percent(sum(any(map(is_call_error, e.categories)) for e in listed), len(listed)),
        n_malformed=sum(episode.n_malformed for episode in listed),
        n_unobserved=sum(episode.n_unobserved for episode in listed),
    )


def is_documentation_error(category: Category) -> bool:
    return category in DOCUMENTATION


def is_call_error(category: Category) -> bool:
    return category is not Category.ALL_RIGHT and category not in DOCUMENTATION


def _percent(part: int, whole: int) -> float:
    return round(100 * part / whole, 2) if whole else 0.0
