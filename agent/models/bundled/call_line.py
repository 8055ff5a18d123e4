"""The answering call as far as it is written: does it keep to the signature that the same scaffold declares?"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

_SIGNATURE = re.compile(r"def (\w+)\(([^)]*)\)")
_PARAMETER = re.compile(r"(\w+): (\w+)")


@dataclass(frozen=True)
class Signature:
    """Name and parameter types of a scaffold's function."""

    name: str
    types: tuple[str, ...]


@lru_cache(maxsize=64)
def read_signature(text: str) -> Signature | None:
    """The first complete `def` of a text. A `position` is a number, whatever the `def` says of it."""
    found = _SIGNATURE.search(text)
    if found is None:
        return None
    typed = _PARAMETER.findall(found[2])
    return Signature(found[1], tuple("int" if name == "position" else kind for name, kind in typed))


def repeats_a_parameter(line: str) -> bool:
    """Whether an unfinished `def` line names a parameter twice."""
    names = re.findall(r"[(,] ?(\w+):", line)
    return len(names) != len(set(names))


def fits(line: str, signature: Signature) -> bool:
    """Whether a beginning of a call can still become a call with the right name, number and kinds of arguments.

    A pointed string is written `"0"` and a pointed number `0`.
    """
    opening = signature.name + "("
    if not line.startswith(opening):
        return opening.startswith(line)
    at, quoted = 0, False
    for i, letter in enumerate(line[len(opening) :]):
        kind = signature.types[at] if at < len(signature.types) else ""
        if letter == '"':
            quoted = not quoted
            if kind != "str":
                return False
        elif quoted:
            continue
        elif letter.isdigit():
            if kind not in ("int", "float"):
                return False
        elif letter == ",":
            at += 1
            if at >= len(signature.types):
                return False
        elif letter == ")" and (at != max(len(signature.types) - 1, 0) or (signature.types and not i)):
            return False
    return True
