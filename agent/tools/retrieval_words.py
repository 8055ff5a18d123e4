"""Words of a tool and of a question, and how well they fit: BM25 over name, purpose, description and parameters."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Sequence

from agent.calls.spec import ToolSpec

_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+|[^\W\d_a-zA-Z]+")
_STOP = frozenset(
    "a an and are as at be by for from has have how i in is it its me my of on or s t that the their them they this to "
    "was were what when where which who whose will with you your give tell show please can could would".split()
)
_K1, _B = 1.2, 0.6
_WEIGHTS = {"name": 3, "purpose": 2, "parameters": 1, "description": 1, "fields": 1}
"""How often a word counts by where it stands. A field of the result counts once, however often it is there."""
_EVERYDAY = """
director directed directs filmmaker cast crew > person credits cast crew
actor actress starring acted role lead star played > person credits cast crew
birthday born birthplace biography age died > person people details
film movie > movie
show series sitcom > tv show series
logo poster picture photo image cover artwork look looks like > image images
song songs music tune single > track tracks
album record > album
singer band musician artist > artist
my me mine i > current user me
pc phone laptop speaker computer > device devices
buy order purchase > order payment
mail message > message send
repo repository code > repository
earlier later older newer when released release premiere date > release date details
rating rated score higher best > vote average rating details top
homepage website headquarters country > details company
"""
"""What people say > what services call it."""
_DESCRIPTION_CHARS = 600


def words_of(text: str) -> list[str]:
    """Small words without endings: `topRatedMovies` is `top rat movi`, as `movie` and `rated` are."""
    return [_stem(word) for word in (w.lower() for w in _WORD.findall(text)) if word not in _STOP]


def _stem(word: str) -> str:
    """The commonest English endings; both sides go through the same, so that a wrong one costs little."""
    for ending in ("ings", "ing", "ies", "edly", "ers", "ed", "es", "er", "or", "s", "y", "e"):
        if word.endswith(ending) and len(word) - len(ending) >= 3:
            return word[: -len(ending)]
    return word


def _everyday() -> dict[str, frozenset[str]]:
    found: dict[str, frozenset[str]] = {}
    for line in _EVERYDAY.strip().splitlines():
        said, _, meant = line.partition(" > ")
        for word in said.split():
            found[_stem(word)] = found.get(_stem(word), frozenset()) | frozenset(words_of(meant))
    return found


_MEANT = _everyday()


def asked_words(query: str) -> set[str]:
    """The query's words, and what services call the things that it names."""
    meant = (_MEANT.get(_stem(word.lower()), frozenset()) for word in _WORD.findall(query))
    return set(words_of(query)).union(*meant)


class Bm25:
    """Built once over all tools; a query costs what its words' tools cost."""

    def __init__(self, tools: Sequence[ToolSpec]) -> None:
        self._n = len(tools)
        self._postings: dict[str, list[tuple[int, float]]] = {}
        counts = [_counted(tool) for tool in tools]
        lengths = [sum(count.values()) for count in counts]
        mean = (sum(lengths) / len(lengths) if lengths else 0.0) or 1.0
        for number, (count, length) in enumerate(zip(counts, lengths, strict=True)):
            for word, n in count.items():
                weight = n * (_K1 + 1) / (n + _K1 * (1 - _B + _B * length / mean))
                self._postings.setdefault(word, []).append((number, weight))

    def scores(self, query: str) -> dict[int, float]:
        """Number of the tool to its score, for the tools that share a word with the query."""
        found: dict[int, float] = {}
        for word in asked_words(query):
            postings = self._postings.get(word, ())
            rarity = math.log(1 + (self._n - len(postings) + 0.5) / (len(postings) + 0.5)) if postings else 0.0
            for number, weight in postings:
                found[number] = found.get(number, 0.0) + rarity * weight
        return found


def _counted(tool: ToolSpec) -> Counter[str]:
    parts: Iterable[tuple[str, str]] = (
        ("name", tool.name),
        ("purpose", tool.purpose),
        ("parameters", " ".join(p.name for p in tool.parameters)),
        ("description", tool.description[:_DESCRIPTION_CHARS]),
    )
    count: Counter[str] = Counter()
    for part, text in parts:
        for word in words_of(text):
            count[word] += _WEIGHTS[part]
    fields = {word for record in tool.records for name, _ in record.fields for word in words_of(name)}
    count.update(dict.fromkeys(fields, _WEIGHTS["fields"]))
    return count
