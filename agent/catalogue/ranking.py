"""Finding names that people type: case, accents, punctuation, a leading article and typos do not matter."""

import difflib
import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

_ARTICLES = ("the ", "a ", "an ")
_CLOSE = 0.78
"""Below this similarity a name is another name. Measured on the catalogue: one or two typos in a title stay above."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A name to search: ``year`` helps a query such as "Dune (1984)", ``order`` (small first) breaks ties."""

    id: int
    name: str
    year: int | None
    order: tuple[int | str, ...]


def fold(text: str) -> str:
    """``text`` without case, accents, punctuation and doubled spaces: "Amélie: Part-2" gives "amelie part 2"."""
    decomposed = unicodedata.normalize(
        "NFKD", text.casefold().replace("&", " and ").replace("ø", "o").replace("ł", "l")
    )
    kept = (" " if not c.isalnum() else c for c in decomposed if not unicodedata.combining(c) and c not in "'’")
    return " ".join("".join(kept).split())


def _without_article(folded: str) -> str:
    for article in _ARTICLES:
        if folded.startswith(article) and len(folded) > len(article):
            return folded[len(article) :]
    return folded


def _tier(query: str, name: str) -> int | None:
    """How well ``name`` answers ``query`` (both folded and without article), 0 best; None when only a typo could."""
    if name == query:
        return 1
    if name.startswith(query):
        return 2 if name[len(query)] == " " else 3
    if f" {query} " in f" {name} ":
        return 4
    squeezed = query.replace(" ", "")  # "di caprio" is DiCaprio, "walle" is WALL-E
    if len(squeezed) >= 4 and squeezed in name.replace(" ", ""):
        return 5
    if set(query.split()) <= set(name.split()):
        return 6
    return None


def _similarity(query: str, name: str) -> float:
    """0 to 1: of the whole strings, or of each word of the query with its nearest word of the name."""
    if _numbers(query) - _numbers(name):
        return 0.0  # "Alien 5" is not a typo of "Alien 3"
    matcher = difflib.SequenceMatcher(None, query, name, autojunk=False)
    whole = matcher.ratio() if matcher.real_quick_ratio() >= _CLOSE and matcher.quick_ratio() >= _CLOSE else 0.0
    words = name.split()
    if len(words) < 2 or len(query) < 5:
        return whole
    nearest = [max(difflib.SequenceMatcher(None, word, other).ratio() for other in words) for word in query.split()]
    return max(whole, 0.97 * min(nearest))


def _numbers(folded: str) -> set[str]:
    return {word for word in folded.split() if word.isdigit()}


def rank(query: str, entries: Iterable[Entry], limit: int) -> list[int]:
    """Ids of the entries that match, best first: exact, then prefix, then contained, and only else close matches."""
    wanted_year = None
    if dated := re.fullmatch(r"(.+?)\s*\((\d{4})\)", query.strip()):
        query, wanted_year = dated[1], int(dated[2])
    exact = fold(query)
    bare = _without_article(exact)
    if not bare:
        return []
    found: list[tuple[tuple[float, bool, tuple[int | str, ...]], int]] = []
    others: list[tuple[Entry, str]] = []
    for entry in entries:
        folded = fold(entry.name)
        name = _without_article(folded)
        tier = 0 if folded == exact else _tier(bare, name)
        if tier is None:
            others.append((entry, name))
        else:
            found.append(((tier, wanted_year is not None and entry.year != wanted_year, entry.order), entry.id))
    if not found:
        found = _close(bare, others)
    return [identifier for _, identifier in sorted(found)[:limit]]


def _close(
    query: str, names: Sequence[tuple[Entry, str]]
) -> list[tuple[tuple[float, bool, tuple[int | str, ...]], int]]:
    scored = ((_similarity(query, name), entry) for entry, name in names)
    return [((1.0 - score, False, entry.order), entry.id) for score, entry in scored if score >= _CLOSE]
