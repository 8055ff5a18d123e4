"""What of the question the answering call has taken up: names are made whole, a number that was left out is noticed.

A person writes "Who directed Lost in Translation?" without quotes, and a pointer may stop after "Lost". Where a call
has one name only, the capitals of the question tell how far the name goes. Nothing here knows a name.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from agent.prompts.compact_pointers import number_text, strip_edges
from agent.prompts.compact_tokens import FIRST_POINTER, N_SPECIALS

_INSIDE = frozenset("a an and at for in into is my of on or the to with without & + - –".split())
"""Words in lower case that stand inside names. Not "by" and "from": behind them stands a maker, as a rule."""
_NO_NAMES = frozenset("i i'm i'd i've tv lp lps ep eps cd cds dvd".split())
_N_INSIDE = 3
_PLAIN_NUMBERS = frozenset("one once first two twice both second zero".split())
"""Number words that are said without asking for a number ("which one", "of the two")."""


@dataclass(frozen=True)
class Taken:
    """Where a scaffold's pointers stand among its ids: strings as (place, first word, last word), words of numbers."""

    strings: tuple[tuple[int, int, int], ...]
    numbers: frozenset[int]

    @property
    def words(self) -> frozenset[int]:
        """Every word of the question that the call stands for."""
        return self.numbers | {i for _, first, last in self.strings for i in range(first, last + 1)}


def taken(ids: Sequence[int], piece: Callable[[int], str]) -> Taken:
    """Read the pointers of a scaffold."""
    strings: list[tuple[int, int, int]] = []
    numbers: set[int] = set()
    text, at = "", 0
    while at < len(ids):
        if not FIRST_POINTER <= ids[at] < N_SPECIALS:
            text += piece(ids[at])
        elif text.endswith('"') and at + 1 < len(ids) and FIRST_POINTER <= ids[at + 1] < N_SPECIALS:
            strings.append((at, ids[at] - FIRST_POINTER, ids[at + 1] - FIRST_POINTER))
            text += "0"
            at += 1
        else:
            numbers.add(ids[at] - FIRST_POINTER)
        at += 1
    return Taken(tuple(strings), frozenset(numbers))


def with_whole_names(ids: Sequence[int], words: Sequence[str], piece: Callable[[int], str]) -> list[int]:
    """The scaffold with its one name as long as the capitals of the question say; unchanged where it has several."""
    found = taken(ids, piece)
    out = list(ids)
    if len(found.strings) != 1 or not any(_is_capital(words, i) for i in range(*_range(found.strings[0]))):
        return out
    place, first, last = found.strings[0]
    while (further := _next_capital(words, last, 1, found.numbers)) is not None:
        last = further
    while (further := _next_capital(words, first, -1, found.numbers)) is not None:
        first = further
    out[place], out[place + 1] = FIRST_POINTER + first, FIRST_POINTER + last
    return out


def leaves_a_number(ids: Sequence[int], words: Sequence[str], piece: Callable[[int], str]) -> bool:
    """Whether the question has a number, other than "one" and "two", that the call does not mention."""
    said = taken(ids, piece).words
    values = {number_text(words[i]) for i in said}
    return any(
        (value := number_text(word)) is not None
        and strip_edges(word).lower() not in _PLAIN_NUMBERS
        and i not in said
        and value not in values
        for i, word in enumerate(words)
    )


def _range(string: tuple[int, int, int]) -> tuple[int, int]:
    return string[1], string[2] + 1


def _is_capital(words: Sequence[str], at: int) -> bool:
    bare = strip_edges(words[at])
    return at > 0 and bare[:1].isupper() and bare.lower() not in _NO_NAMES


def _next_capital(words: Sequence[str], at: int, step: int, numbers: frozenset[int]) -> int | None:
    """The capital word next to a name in a direction, over a few small words; None where the name ends."""
    for _ in range(_N_INSIDE + 1):
        here, there = (at, at + step) if step > 0 else (at + step, at)
        if here < 0 or there >= len(words) or _ends(words[here]) or at + step in numbers or words[there][0] in "([":
            return None
        at += step
        if _is_capital(words, at):
            return at
        if words[at] not in _INSIDE:
            return None
    return None


def _ends(word: str) -> bool:
    """Whether a name cannot go on behind this word: a sentence's end, a comma, a closing quote, a possessive."""
    return word.endswith(("?", "!", '"', "”", "'s", "’s", "s'", "s’", ";", ",", ")")) or bool(
        re.search(r"\w{4,}\.$", word)
    )
