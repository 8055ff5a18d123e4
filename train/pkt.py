"""PKT, prioritising key tokens: which tokens of a call decide the tool, and what they weigh.

Key tokens of a call [paper, Figure 2 and the released code]: the first token of the tool's name, and for every other
tool of the prompt whose name shares a non-empty prefix of tokens with it, the first token after that prefix. Where the
gold name is wholly a prefix of another (`get`, `get_all`), that is the token after the name: it decides as well.
A key token weighs `clip(|NK| / |K|, 1, w_max)`, every other token 1.

Differs from the released code, which knows one tokenizer and one template by the numbers and texts of their tokens:
names are found by character offsets, and a competing name is tokenized where the gold name stands, between the same
neighbours, so that the tokens compared are those that the model would have written. Its other habit, to count the last
token of each argument's value neither as key nor as non-key and the end token as non-key, is `counting="released"`.
Not covered: calls whose names the model writes in two pieces (none of the families does).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal

from train.templates.base import CallSpan

Counting = Literal["paper", "released"]
_N_CONTEXT_TOKENS = 4
_N_RIGHT_CHARS = 2
Offsets = Sequence[tuple[int, int]]


@dataclass(frozen=True)
class PktOptions:
    """`w_max`: the paper's is 9. `is_on` False gives every token weight 1."""

    is_on: bool = True
    w_max: float = 9.0
    counting: Counting = "paper"


def key_positions(gold: Sequence[int], others: Iterable[Sequence[int]]) -> tuple[int, ...]:
    """Positions of key tokens, ascending; `gold` and `others` begin with the names' first tokens.

    Sequences may go on behind the names; a position is at most `len(gold) - 1`.
    """
    keys = {0}
    for other in others:
        n_shared = shared_prefix(gold, other)
        if 0 < n_shared < len(gold):
            keys.add(n_shared)
    return tuple(sorted(keys))


def shared_prefix(one: Sequence[int], other: Sequence[int]) -> int:
    """How many tokens two sequences begin with in common."""
    for number, (a, b) in enumerate(zip(one, other, strict=False)):
        if a != b:
            return number
    return min(len(one), len(other))


def key_weight(n_keys: int, n_others: int, w_max: float) -> float:
    """`clip(|NK| / |K|, 1, w_max)`; 1 where there is no key."""
    return min(max(n_others / n_keys, 1.0), w_max) if n_keys else 1.0


class KeyTokens:
    """Finds the key tokens of calls in tokenized texts. One for each tokenizer: it remembers names in their places.

    `tokenizer` is a fast tokenizer of transformers; it gives offsets.
    """

    def __init__(self, tokenizer: Any) -> None:
        self._tokenizer = tokenizer
        self._in_place = lru_cache(maxsize=50_000)(self._tokenize)

    def of_call(
        self, text: str, ids: Sequence[int], offsets: Offsets, call: CallSpan, tools: Iterable[str]
    ) -> tuple[int, ...]:
        """Indices into `ids` of the call's key tokens. `call` counts in `text`, `tools` are the prompt's names."""
        first = first_overlapping(offsets, call.name_start, call.name_end)
        if first is None:
            return ()  # cut off by the length limit
        left_at = offsets[max(0, first - _N_CONTEXT_TOKENS)][0]
        left = text[left_at : call.name_start]
        right = text[call.name_end : call.name_end + _N_RIGHT_CHARS]
        gold, starts = self._in_place(left, call.name, right)
        others = [self._in_place(left, name, right)[0] for name in dict.fromkeys(tools) if name != call.name]
        keys = []
        for position in key_positions(gold, others):
            if tuple(ids[first : first + position + 1]) == gold[: position + 1]:
                keys.append(first + position)
            elif position < len(starts):  # the window was cut into other tokens than the text: go by characters
                at = max(left_at + starts[position], call.name_start)
                found = first_overlapping(offsets, at, at + 1)
                keys += [] if found is None else [found]
        return tuple(dict.fromkeys(keys))

    def _tokenize(self, left: str, name: str, right: str) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """Tokens from the name's first on, and where they begin (characters from the window's beginning)."""
        window = self._tokenizer(left + name + right, add_special_tokens=False, return_offsets_mapping=True)
        offsets = window["offset_mapping"]
        first = first_overlapping(offsets, len(left), len(left) + len(name)) or 0
        return tuple(window["input_ids"][first:]), tuple(start for start, _ in offsets[first:])


def weights_of(
    offsets: Offsets,
    is_target: Sequence[bool],
    calls: Sequence[tuple[CallSpan, tuple[int, ...]]],
    options: PktOptions,
) -> list[float]:
    """A weight for each token: 0 where it is no target. `calls`: spans with their key tokens.

    `is_target` has one entry for each token, as `offsets` has.
    """
    weights = [1.0 if target else 0.0 for target in is_target]
    if not options.is_on:
        return weights
    every_key = {key for _, keys in calls for key in keys}
    for call, keys in calls:
        targets = [key for key in keys if is_target[key]]
        whole = overlapping(offsets, call.start, call.end)
        others = [index for index in whole if is_target[index] and index not in every_key]
        n_others = len(others)
        if options.counting == "released":
            n_others += _n_until_the_end(is_target, whole) - len(_value_ends(offsets, call) & set(others))
        weight = key_weight(len(targets), n_others, options.w_max)
        for key in targets:
            weights[key] = max(weights[key], weight)
    return weights


def first_overlapping(offsets: Offsets, start: int, end: int) -> int | None:
    """The first token that has a character of `[start, end)`."""
    found = overlapping(offsets, start, end)
    return found.start if found else None


def overlapping(offsets: Offsets, start: int, end: int) -> range:
    """The tokens that have characters of `[start, end)`. Offsets ascend; special tokens outside the text are (0, 0)."""
    low, high = 0, len(offsets)
    while low < high:  # the first token that ends behind `start`
        middle = (low + high) // 2
        if offsets[middle][1] <= start:
            low = middle + 1
        else:
            high = middle
    last = low
    while last < len(offsets) and offsets[last][0] < end:
        last += 1
    return range(low, last)


def _value_ends(offsets: Offsets, call: CallSpan) -> set[int]:
    ends = {tokens[-1] for start, end in call.values if (tokens := overlapping(offsets, start, end))}
    if not call.values:  # the code looks before the closing `()`, which is the name's last token
        ends |= set(overlapping(offsets, call.name_start, call.name_end)[-1:])
    return ends


def _n_until_the_end(is_target: Sequence[bool], call: range) -> int:
    """Target tokens that follow the call directly: the end token."""
    n_more = 0
    while call and call[-1] + 1 + n_more < len(is_target) and is_target[call[-1] + 1 + n_more]:
        n_more += 1
    return n_more
