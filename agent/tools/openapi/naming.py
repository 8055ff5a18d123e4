"""Names that Python allows, unique, and the same at every load, whatever the document calls things."""

from __future__ import annotations

import hashlib
import keyword
import re
import unicodedata
from collections import Counter
from collections.abc import Sequence

from agent.tools.naming import is_taken

MAX_CHARACTERS = 64


def tool_names(operations: Sequence[tuple[str, str, str]]) -> list[str]:
    """One name per (method, path, operationId or ""), in order.

    The operationId where it is one operation's alone, else method and path; what still collides gets a hash of both.
    So a name does not depend on the order in which a document lists its operations.
    """
    by_id = [tool_name(identifier) for _, _, identifier in operations]
    n_with = Counter(by_id)
    chosen = [
        name if name and n_with[name] == 1 else name_of_path(method, path)
        for name, (method, path, _) in zip(by_id, operations, strict=True)
    ]
    n_with = Counter(chosen)
    return [
        name if n_with[name] == 1 else _hashed(name, f"{method.upper()} {path}")
        for name, (method, path, _) in zip(chosen, operations, strict=True)
    ]


def tool_name(text: str) -> str:
    """`get-an-album` becomes `get_an_album`; "" where nothing usable is left."""
    name = _words(text)
    if not name or name[0].isdigit():
        return ""
    if is_taken(name):
        name += "_"
    return _short(name, text)


def name_of_path(method: str, path: str) -> str:
    """`GET /movie/{movie_id}/credits` becomes `get_movie_by_movie_id_credits`."""
    parts = [f"by_{_words(part)}" if part.startswith("{") else part for part in path.split("/") if part]
    return _short(f"{method.lower()}_{_words('_'.join(parts)) or 'root'}".lower(), f"{method} {path}")


def parameter_names(wanted: Sequence[tuple[str, str]]) -> list[str]:
    """One name per (location, name) in order; a name that is taken gets its location in front (`body_ids`)."""
    names: list[str] = []
    for location, text in wanted:
        name = _parameter(text, location)
        if name in names:
            name = _parameter(f"{location}_{text}", location)
        stem, n = name, 2
        while name in names:
            name, n = f"{stem}_{n}", n + 1
        names.append(name)
    return names


def class_name(text: str) -> str:
    """`movie-list-object` becomes `MovieListObject`."""
    parts = re.split(r"[_\W]+", _ascii(text))
    name = "".join(part[:1].upper() + part[1:] for part in parts if part) or "Result"
    name = name if name[0].isalpha() else f"R{name}"
    return f"{name}_"[:80] if is_taken(name) else name[:80]


def _parameter(text: str, location: str) -> str:
    name = _words(text) or location
    if name[0].isdigit():
        name = f"{location}_{name}"
    return _short(f"{name}_" if keyword.iskeyword(name) else name, text)


def _words(text: str) -> str:
    return re.sub(r"\W+", "_", _ascii(text)).strip("_")


def _ascii(text: str) -> str:
    return unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()


def _short(name: str, whole: str) -> str:
    return name if len(name) <= MAX_CHARACTERS else _hashed(name[: MAX_CHARACTERS - 7], whole)


def _hashed(name: str, whole: str) -> str:
    return f"{name[: MAX_CHARACTERS - 7].rstrip('_')}_{hashlib.sha256(whole.encode()).hexdigest()[:6]}"
