"""Which tools give what another one needs: an operation over `person_id` is of no use without one that finds people.

No question says so, hence no ranking of tools one by one finds it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from agent.calls.spec import ToolSpec
from agent.tools.retrieval_words import words_of

_N_PROVIDERS = 2
_SEARCH_BONUS = 0.05
"""About what the first rank of one ranking is worth."""
_SEARCHES = frozenset(words_of("search find lookup"))
_ID = re.compile(r"(?:^|[^a-zA-Z])ids?$|[a-z]Ids?$|^ids?$")
_NAME = re.compile(r"(?<=[a-z,'] )[A-Z][a-z]+|['\"][^'\"]+['\"]|[A-Z][a-z]+ [A-Z][a-z]+")


def has_name(query: str) -> bool:
    """Whether a question names somebody or something: a capital within a sentence, or quotes."""
    return _NAME.search(query) is not None


class Chains:
    """Built once over all tools."""

    def __init__(self, tools: Sequence[ToolSpec]) -> None:
        self._tools = tools
        self._words = [frozenset(words_of(tool.name)) for tool in tools]
        self._needs = [
            tuple(_thing(p.name, tool) for p in tool.parameters if p.required and _is_id(p.name)) for tool in tools
        ]
        self._with: dict[str, list[int]] = {}
        for number, words in enumerate(self._words):
            if not self._needs[number]:  # what needs an id itself begins no chain
                for word in words:
                    self._with.setdefault(word, []).append(number)

    def is_search(self, number: int) -> bool:
        return not self._words[number].isdisjoint(_SEARCHES)

    def providers(self, number: int, scores: Mapping[int, float]) -> list[int]:
        """Tools that may give the ids that this one needs, by their own scores, searches first."""
        found: list[int] = []
        for thing in self._needs[number]:
            if not thing:
                continue
            rarest = min((self._with.get(word, []) for word in thing), key=len)
            fitting = [i for i in rarest if i != number and thing <= self._words[i]]
            fitting.sort(key=lambda i: (-scores.get(i, 0.0) - _SEARCH_BONUS * self.is_search(i), self._tools[i].name))
            found += fitting[:_N_PROVIDERS]
        return found


def _is_id(name: str) -> bool:
    return _ID.search(name) is not None


def _thing(name: str, tool: ToolSpec) -> frozenset[str]:
    """`person_id` is of a person; a bare `id` of the first thing that the tool's name has."""
    words = [w for w in words_of(name) if w not in ("id", "ids")]
    if words:
        return frozenset(words)
    verbs = set(words_of("get list create update delete add remove set put post patch check"))
    return frozenset([w for w in words_of(tool.name) if w not in verbs][:1])
