"""Greedy decoding over a network with a cache: reads documents, reuses what they share, keeps to the constraints."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

import numpy as np

from agent.models.bundled.constraints import Constraint
from agent.models.bundled.forward import Array, Network
from agent.prompts.compact import parse
from agent.prompts.compact_tokens import FIRST_POINTER, CompactTokenizer, tag_id

_CANDIDATES = 24
_SURE = 0.95
"""A token of at least this probability is not doubted."""


@dataclass(frozen=True)
class Token:
    """One step: the id and the probability the model gave it before any constraint; the same of the next best."""

    id: int
    probability: float
    next_id: int = -1
    next_probability: float = 0.0


@dataclass(frozen=True)
class Prompt:
    """A document that ends with the tag of the section to write."""

    text: str
    ids: list[int]
    marks: list[int]
    n_header: int
    words: list[str]
    header: str
    tag: str


def read_prompt(tokenizer: CompactTokenizer, text: str) -> Prompt:
    """Tokenise a document.

    Raises:
        ValueError: it is none: tools, question and at least one stage are needed.
    """
    sections = parse(text)
    if len(sections) < 3 or sections[0][0] != "tools" or sections[1][0] != "question" or sections[-1][1]:
        raise ValueError("not a document of the compact prompts")
    found = tokenizer.document(text)
    n_header = found.ids.index(tag_id("question"))
    return Prompt(text, found.ids, found.marks, n_header, found.words, sections[0][1], sections[-1][0])


class Decoder:
    """One conversation's cache at a time; not safe for use from two threads at once."""

    def __init__(self, network: Network, tokenizer: CompactTokenizer) -> None:
        self.network = network
        self.tokenizer = tokenizer
        self._cached: list[tuple[int, int]] = []

    def n_cached(self, prompt: Prompt) -> int:
        """How much of a prompt need not be fed: a beginning that holds the whole header, or nothing."""
        shared, limit = 0, min(len(prompt.ids) - 1, len(self._cached))
        while shared < limit and (prompt.ids[shared], prompt.marks[shared]) == self._cached[shared]:
            shared += 1
        return 0 if shared < prompt.n_header or self.network.n_header != prompt.n_header else shared

    def read(self, prompt: Prompt) -> Array:
        """Feed what the cache lacks of a prompt; returns the logits after it."""
        ids, shared = prompt.ids, self.n_cached(prompt)
        if not shared:
            self.network.rewind(0)
            self.network.feed(ids[: prompt.n_header], header=True)
            shared = prompt.n_header
        self.network.rewind(shared)
        self._cached = list(zip(ids, prompt.marks, strict=True))
        return self.network.feed(ids[shared:], prompt.marks[shared:])

    def write(self, prompt: Prompt, max_tokens: int, begin: Sequence[int] = ()) -> Iterator[Token]:
        """Yield tokens up to and with the tag that ends the section, or until `max_tokens` or the cache is full.

        The section goes on from the ids of `begin`, which are not yielded.
        """
        logits = self.read(prompt)
        constraint = Constraint(self.tokenizer, prompt.tag, prompt.header, prompt.words, prompt.text)
        for token in begin:
            constraint.note(token)
            self._cached.append((token, 0))
        if begin:
            logits = self.network.feed(list(begin))
        for _ in range(max_tokens - len(begin)):
            chosen = _choose(logits, constraint)
            yield chosen
            if chosen.id < FIRST_POINTER or self.network.n + 1 >= self.network.n_positions:
                return
            constraint.note(chosen.id)
            self._cached.append((chosen.id, 0))
            logits = self.network.feed([chosen.id])

    def write_best(self, prompt: Prompt, max_tokens: int, n_doubts: int = 3) -> list[Token]:
        """The most probable of a few sections: the greedy one, and those that turn off where it was least certain."""
        best = list(self.write(prompt, max_tokens))
        greedy = best
        doubts = [i for i, token in enumerate(greedy) if token.probability < _SURE and token.next_id >= 0]
        for i in sorted(doubts, key=lambda i: greedy[i].probability)[:n_doubts]:
            turned = [*greedy[:i], Token(greedy[i].next_id, greedy[i].next_probability)]
            section = turned
            if turned[-1].id >= FIRST_POINTER:  # not the tag that ends it
                section = [*turned, *self.write(prompt, max_tokens, [t.id for t in turned])]
            if _log_probability(section) > _log_probability(best):
                best = section
        return best


def _log_probability(section: list[Token]) -> float:
    return sum(math.log(max(token.probability, 1e-9)) for token in section)


def _choose(logits: Array, constraint: Constraint) -> Token:
    """The most probable token that is allowed, with the next one; the most probable of all where none is allowed."""
    best = int(logits.argmax())
    weights = np.exp(logits - logits[best])
    total = float(weights.sum())
    order = np.argpartition(-logits, _CANDIDATES)[:_CANDIDATES]
    ranked = [int(t) for t in order[np.argsort(-logits[order])]]
    allowed = list(islice((t for t in ranked if constraint.allows(t)), 2 if weights[best] < _SURE * total else 1))
    if not allowed:
        allowed = list(islice((int(t) for t in np.argsort(-logits) if constraint.allows(int(t))), 1)) or [best]
    first, second = allowed[0], allowed[1] if len(allowed) > 1 else -1
    return Token(first, float(weights[first]) / total, second, float(weights[second]) / total if second >= 0 else 0.0)
