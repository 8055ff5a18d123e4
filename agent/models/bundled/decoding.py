"""Greedy decoding over a network with a cache: reads documents, reuses what they share, keeps to the constraints."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from agent.models.bundled.constraints import Constraint
from agent.models.bundled.forward import Array, Network
from agent.prompts.compact import parse
from agent.prompts.compact_tokens import FIRST_POINTER, CompactTokenizer, tag_id

_CANDIDATES = 24


@dataclass(frozen=True)
class Token:
    """One step: the id and the probability the model gave it before any constraint."""

    id: int
    probability: float


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

    def read(self, prompt: Prompt) -> Array:
        """Feed what the cache lacks of a prompt; returns the logits after it."""
        ids = prompt.ids
        wanted = list(zip(ids, prompt.marks, strict=True))
        shared = 0
        limit = min(len(ids) - 1, len(self._cached))
        while shared < limit and wanted[shared] == self._cached[shared]:
            shared += 1
        if shared < prompt.n_header or self.network.n_header != prompt.n_header:
            self.network.rewind(0)
            self.network.feed(ids[: prompt.n_header], header=True)
            shared = prompt.n_header
        self.network.rewind(shared)
        self._cached = wanted
        return self.network.feed(ids[shared:], prompt.marks[shared:])

    def write(self, prompt: Prompt, max_tokens: int) -> Iterator[Token]:
        """Yield tokens up to and with the tag that ends the section, or until `max_tokens` or the cache is full."""
        logits = self.read(prompt)
        constraint = Constraint(self.tokenizer, prompt.tag, prompt.header, prompt.words, prompt.text)
        for _ in range(max_tokens):
            token = _choose(logits, constraint)
            yield token
            if token.id < FIRST_POINTER or self.network.n + 1 >= self.network.n_positions:
                return
            constraint.note(token.id)
            self._cached.append((token.id, 0))
            logits = self.network.feed([token.id])


def _choose(logits: Array, constraint: Constraint) -> Token:
    """The most probable token that is allowed; the most probable of all where none of the best is."""
    best = int(logits.argmax())
    weights = np.exp(logits - logits[best])
    total = float(weights.sum())
    if not constraint.allows(best):
        order = np.argpartition(-logits, _CANDIDATES)[:_CANDIDATES]
        for token in order[np.argsort(-logits[order])]:
            if constraint.allows(int(token)):
                best = int(token)
                break
        else:
            every = (int(t) for t in np.argsort(-logits) if constraint.allows(int(t)))
            best = next(every, best)
    return Token(best, float(weights[best]) / total)
