"""Earlier questions of a session as prompts show them: within a budget of tokens, however long the session.

The newest stand there as they were. Where all of them are more than the budget, the oldest are shortened to a line
each, then left out. Shortening goes well below the budget at once, so that it happens every few turns only: between
them a prompt begins as the one before it did, and a provider's prefix cache works.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from agent.events import Answered
from agent.loop.outcome import shorten
from agent.models.token_estimate import TOKENS_PER_MESSAGE, estimate_tokens
from agent.prompts.base import Exchange
from agent.tools.turn_record import changed_line

DEFAULT_TOKENS = 2000
_DOWN_TO = 0.6
"""Of the budget, once it is exceeded."""
REMEMBERED_CHARS = 4000
"""Of an answer that later questions of the session are asked with."""
_QUESTION_CHARS, _ANSWER_CHARS = 120, 200
_N_WHOLE = 1
"""The newest are what "and the latest of them?" is about: never shortened to a line, cut to the budget at most."""


def remembered(question: str, answered: Answered, program: str) -> Exchange | None:
    """What later questions are asked with; None: nothing. Of a turn without an answer it is what was changed, or "try
    again" would make those changes once more."""
    if answered.status == "answered":
        return Exchange(question, shorten(answered.answer, REMEMBERED_CHARS), program)
    if not answered.changed:
        return None
    told = f"This was not answered ({answered.status}: {line(answered.error or '', 300)}), but it stays what was done."
    return Exchange(question, shorten(f"{told} {changed_line(answered.changed)}", REMEMBERED_CHARS))


def fitted(exchanges: Iterable[Exchange], limit_tokens: int) -> tuple[Exchange, ...]:
    """What of a session's exchanges a prompt shows: at most `limit_tokens` by estimate, the same for the same session.

    Built exchange by exchange, as the session went: a resumed session shows what it would have shown.
    """
    shown: tuple[Exchange, ...] = ()
    for exchange in exchanges:
        shown = with_newest(shown, exchange, limit_tokens)
    return shown


def with_newest(shown: Sequence[Exchange], newest: Exchange, limit_tokens: int) -> tuple[Exchange, ...]:
    """What is shown after one more exchange, from what was shown before it."""
    more = (*shown, newest)
    return more if n_tokens(more) <= limit_tokens else tuple(_lighter(more, int(limit_tokens * _DOWN_TO)))


def n_tokens(exchanges: Sequence[Exchange]) -> int:
    """What they take in a prompt, by estimate."""
    return sum(
        estimate_tokens(exchange.question) + estimate_tokens(exchange.answer) + 2 * TOKENS_PER_MESSAGE
        for exchange in exchanges
    )


def _lighter(exchanges: Sequence[Exchange], target: int) -> list[Exchange]:
    """The oldest shortened, one by one, then left out, until all are at most `target` tokens."""
    shown = list(exchanges)
    for i in range(len(shown) - _N_WHOLE):
        if n_tokens(shown) <= target:
            return shown
        shown[i] = replace(
            shown[i],
            question=line(shown[i].question, _QUESTION_CHARS),
            answer=line(shown[i].answer, _ANSWER_CHARS),
            program="",
        )
    while len(shown) > _N_WHOLE and n_tokens(shown) > target:
        del shown[0]
    if shown and n_tokens(shown) > target:
        shown[-1] = _cut(shown[-1], target)
    return shown


def _cut(exchange: Exchange, target: int) -> Exchange:
    """One that is more than the budget by itself: the question's beginning, then as much of the answer as fits."""
    exchange = replace(exchange, question=line(exchange.question, max(_QUESTION_CHARS, target)))
    n_chars = len(exchange.answer)
    while n_chars > _ANSWER_CHARS and n_tokens([exchange]) > target:
        n_chars = n_chars * 2 // 3
        exchange = replace(exchange, answer=shorten(exchange.answer, n_chars))
    return exchange


def line(text: str, limit: int) -> str:
    """The text's beginning, on one line."""
    flat = " ".join(text.split())
    return flat if len(flat) <= limit else flat[: limit - 1] + "…"
