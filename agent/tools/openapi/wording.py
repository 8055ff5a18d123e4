"""Texts of documents that somebody else wrote, made fit to stand in a docstring.

They are data: whatever they say to a reader, they are shortened, freed of markup and of characters that hide or fake
something, and stand where a description stands.
"""

from __future__ import annotations

import html
import re
import unicodedata

PURPOSE_CHARACTERS = 140
DESCRIPTION_CHARACTERS = 1_200
PARAMETER_CHARACTERS = 300

_TAG = re.compile(r"</?[A-Za-z][^<>]{0,200}>|<!--.{0,500}?-->", re.DOTALL)
_LINK = re.compile(r"!?\[([^\[\]]{0,200})\]\([^()]{0,500}\)")
_EMPHASIS = re.compile(r"(\*\*|__)(?=\S)(.{1,300}?)(?<=\S)\1")
_FENCE = re.compile(r"`{3,}|~{3,}")
_QUOTES = re.compile(r'"{3,}')
_NEWLINES = re.compile(r"\n\s*\n\s*")


def line(text: object, limit: int = PARAMETER_CHARACTERS) -> str:
    """One line."""
    return _cut(" ".join(_plain(text).split()), limit)


def paragraphs(text: object, limit: int = DESCRIPTION_CHARACTERS) -> str:
    """Paragraphs with their lines joined, an empty line between them."""
    parts = [" ".join(part.split()) for part in _NEWLINES.split(_plain(text).strip())]
    return _cut("\n\n".join(part for part in parts if part), limit)


def purpose(summary: object, description: object, fallback: str) -> str:
    """One line that says what an operation is for: its summary, else the first sentence of its description."""
    short = line(summary, PURPOSE_CHARACTERS)
    first = re.split(r"(?<=[.!?])\s", line(description, 1_000), maxsplit=1)[0]
    # "Get Details" says nothing among fifty operations: the description's first sentence does.
    if short and (len(short.split()) > 2 or not first):
        return short
    if first and short and short.lower() not in first.lower():
        return _cut(f"{short}: {first}", PURPOSE_CHARACTERS)
    return _cut(first, PURPOSE_CHARACTERS) or short or fallback


def _plain(text: object) -> str:
    if not isinstance(text, str):
        return ""
    text = text[:20_000]
    text = html.unescape(_TAG.sub(" ", text))
    text = _LINK.sub(r"\1", text)
    text = _EMPHASIS.sub(r"\2", text)
    text = _QUOTES.sub("''", _FENCE.sub("''", text))
    return "".join(c if c in "\n\t" or _visible(c) else " " for c in text)


def _visible(character: str) -> bool:
    """No control characters, no invisible marks and no changes of direction, which make text look like another."""
    return (character.isascii() and character.isprintable()) or unicodedata.category(character) not in {
        "Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp",
    }  # fmt: skip


def _cut(text: str, limit: int) -> str:
    return text if len(text) <= limit else text[: limit - 1].rstrip() + "…"
