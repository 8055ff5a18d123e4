"""Words of a question, and whether a function accounts for those that matter. By rule and for English; no model.

A model that reads over a condition ("... that are comedies") scaffolds a function that is there already. Binding it
would make the mistake final, so a telling word that nothing accounts for sends the question the long way.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable

_SLOT = re.compile(r"\{[A-Za-z_]\w*#?\}")


def squeezed(question: str) -> str:
    """One space between words, no punctuation at the end."""
    return " ".join(question.split()).rstrip(" ?.!")


def words_of(text: str) -> list[str]:
    """Lower-case words without punctuation."""
    return re.findall(r"\w+", text.casefold())


def call_of(source: str) -> ast.Call | None:
    """The call of a plain name that an expression is, or None."""
    try:
        node = ast.parse(source, mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    return node if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) else None


def stem(word: str) -> str:
    """Without the endings of plurals and of verbs; -er and -est stay, they make the difference."""
    if word.endswith(("ies", "ie", "y")) and len(word) > 4:
        return word.removesuffix("s").removesuffix("e").removesuffix("y").removesuffix("i") + "i"
    for ending in ("ing", "ed", "s"):
        if word.endswith(ending) and len(word) > len(ending) + 2 and not word.endswith("ss"):
            word = word.removesuffix(ending)
            break
    return word.removesuffix("e") if len(word) > 3 else word


_ALIKE = {
    stem(word): stem(group[0])
    for group in (
        ("count", "many", "number", "total"),
        ("list", "enumerate"),
        ("first", "earliest", "oldest"),
        ("last", "latest", "newest"),
        ("remove", "delete"),
    )
    for word in group
}
"""Telling words that ask for the same thing."""
_TELLING = frozenset(
    _ALIKE.get(stem(word), stem(word))
    for line in (
        "count many number total sum average median list enumerate add remove delete",
        "most least best worst first last latest earliest oldest newest youngest longest shortest highest lowest",
        "biggest smallest largest second third fourth fifth longer shorter older newer later earlier more less fewer",
        "before after since until between over under above below than",
        "not no never without except excluding only other another different same unique percent share difference",
        "comedy drama horror thriller romance western documentary animation musical crime fantasy mystery adventure",
    )
    for word in line.split()
)
"""Order, comparison, time, negation, quantity, list or count, kinds of works: what tells near questions apart."""
_POLITE = frozenset("please can could you would will kindly just hi hello hey now ok so well".split())


def stems(text: str) -> set[str]:
    """The stems of a text's words, telling ones that mean the same as one."""
    return {_ALIKE.get(found, found) for found in map(stem, words_of(text))}


def covers(question: str, call: str, described: Iterable[str], phrases: Iterable[str]) -> bool:
    """Whether every telling word of the question is accounted for: it is in the call's arguments, in one of the texts
    that describe the function, or in `phrases`, in which it was asked for before. Numbers and names are telling too.
    """
    node = call_of(call)
    if node is None:
        return False
    left, known = squeezed(question), set[str]()
    for value in (*node.args, *(k.value for k in node.keywords)):
        if isinstance(value, ast.Constant):
            text = " ".join(str(value.value).split())
            left = re.sub(rf"(?<!\w){re.escape(text)}(?!\w)", " ", left, flags=re.IGNORECASE)
            known |= stems(text)  # "comedies" is accounted for by "Comedy"
    for text in described:
        known |= stems(text.replace("_", " "))
    for pattern in phrases:
        known |= stems(_SLOT.sub(" ", pattern))
    words = re.findall(r"\w+", left)
    begins_at = next((i for i, word in enumerate(words) if word.casefold() not in _POLITE), 0)
    return all(stems(word) <= known or not _is_telling(word, i <= begins_at) for i, word in enumerate(words))


def _is_telling(word: str, is_first: bool) -> bool:
    """`list` is so as the verb at the beginning ("on your list" is not); a capital is, but at the beginning."""
    (found,) = stems(word) or {""}
    if found in _TELLING:
        return found != "list" or is_first
    return any(c.isdigit() for c in word) or (word.istitle() and len(word) > 1 and not is_first)
