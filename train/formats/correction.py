"""A person's correction of an answer: where it can be the target, and of what."""

from __future__ import annotations

import ast
import re

_FENCE = re.compile(r"```(?:python|py)?[ \t]*\n(.*?)```", re.DOTALL | re.IGNORECASE)
_WORD = re.compile(r"[\w']+")
_SMALL = frozenset(
    "a an and are as at be by for from has have in is it its not of on or that the this to was were with".split()
)


def program_of(correction: str) -> str:
    """The Python program that the correction is, or has in a fenced block; '' where it is words."""
    found = _FENCE.search(correction)
    source = (found[1] if found else correction).strip()
    try:
        body = ast.parse(source).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return ""
    if found is None and not any(isinstance(node, ast.Call) for statement in body for node in ast.walk(statement)):
        return ""  # one word is valid Python too
    return source


def is_told_by(correction: str, feedback: str) -> bool:
    """Whether each telling word and number of the correction stands in what the tools gave back.

    Only then may a trajectory end in it: an answer that follows from nothing teaches to invent.
    """
    words = [word.casefold() for word in _WORD.findall(correction)]
    telling = [word for word in words if word not in _SMALL and (len(word) > 3 or any(c.isdigit() for c in word))]
    known = {word.casefold() for word in _WORD.findall(feedback)}
    return bool(telling) and all(word in known for word in telling)
