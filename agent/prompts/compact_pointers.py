"""Pointers: how the bundled model copies a name or a number out of a question instead of spelling it.

The question is split into words, each with an index. In the call that answers the question (a line of a program that
begins at column 0 and is no `def`), a string literal that is a span of the question is written as the indexes of its
first and last word, and an integer that is a word of the question as that word's index. What a pointer stands for is
read off the question by the deterministic rules below, so a literal is part of the question by construction.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass

N_POINTERS = 48
"""Questions of more words than this are beyond the bundled model."""
_OPENING = "\"'“‘”(«[*"
_CLOSING = "\"'”’“.,?!:;)»]…*"
_NUMBER = re.compile(r"(\d+(?:\.\d+)?)(?:'?s|st|nd|rd|th|-minute|min|m)?")
_THOUSANDS = re.compile(r"\d{1,3}(,\d{3})+")
_WORDS = {
    word: value
    for value, group in enumerate(
        "zero|one,first,once|two,second,twice,both|three,third|four,fourth|five,fifth|six,sixth|seven,seventh|eight,eighth"
        "|nine,ninth|ten,tenth|eleven,eleventh|twelve,twelfth|thirteen|fourteen|fifteen|sixteen|seventeen|eighteen"
        "|nineteen|twenty".split("|")
    )
    for word in group.split(",")
}
_WORDS |= {"thirty": 30, "forty": 40, "fifty": 50, "sixty": 60, "ninety": 90, "hundred": 100, "dozen": 12}
_WORDS |= {"fifties": 1950, "sixties": 1960, "seventies": 1970, "eighties": 1980, "nineties": 1990, "noughties": 2000}


def question_words(question: str) -> list[str]:
    """The words of a question, split at white space; at most `N_POINTERS` of them."""
    return question.split()[:N_POINTERS]


def strip_edges(text: str) -> str:
    """Quotes and punctuation around a name, and a possessive 's at its end, are no part of it."""
    while True:
        stripped = text.lstrip(_OPENING).rstrip(_CLOSING)
        for ending in ("'s", "’s"):
            stripped = stripped.removesuffix(ending)
        if stripped == text:
            return text
        text = stripped


def span_text(words: list[str], start: int, end: int) -> str:
    """What the pointers `start` and `end` (both inclusive) stand for between quotes."""
    return strip_edges(" ".join(words[start : end + 1]))


def number_text(word: str) -> str | None:
    """What a pointer outside quotes stands for: Python source of the word's number; None when it is no number.

    A decade of two digits ("the 90s") becomes its first year.
    """
    bare = strip_edges(word).lower().lstrip("'’").removesuffix("'s").removesuffix("’s")
    if _THOUSANDS.fullmatch(bare):
        return bare.replace(",", "")
    if found := _NUMBER.fullmatch(bare):
        digits = found[1]
        if len(digits) == 2 and digits[1] == "0" and bare.endswith("s"):
            return str(int(digits) + (1900 if int(digits) >= 30 else 2000))
        return digits if "." in digits else str(int(digits))
    if bare in _WORDS:
        return str(_WORDS[bare])
    return None


def quoted_spans(words: list[str]) -> list[tuple[int, int]]:
    """First and last word of every stretch between double quotes."""
    found, begun = [], None
    for i, word in enumerate(words):
        if begun is None and word.startswith(('"', "“", "«")):
            begun = i
        if begun is not None and word.rstrip(".,?!:;)'’s").endswith(('"', "”", "»")) and len(word) > 1:
            found.append((begun, i))
            begun = None
    return found


@dataclass(frozen=True)
class Pointer:
    """Word indexes; a number has `end` None."""

    start: int
    end: int | None = None


def find_span(words: list[str], text: str) -> Pointer | None:
    """The first and shortest span that stands for `text`."""
    length = len(text.split())
    for start in range(len(words) - length + 1):
        if span_text(words, start, start + length - 1) == text:
            return Pointer(start, start + length - 1)
    return None


def find_number(words: list[str], text: str) -> Pointer | None:
    """The first word that stands for the number `text`."""
    for i, word in enumerate(words):
        if number_text(word) == text:
            return Pointer(i)
    return None


_LITERAL = re.compile(r'"(?:[^"\\]|\\.)*"|(?<![\w."])\d+(?:\.\d+)?(?![\w"])')


def is_call_line(line: str) -> bool:
    """Whether a line of code is the call that answers the question (or another statement at column 0)."""
    return bool(line) and not line.startswith((" ", "def ", "#", "import ", "from "))


def split_call(line: str, words: list[str]) -> list[str | Pointer]:
    """A call line as text and pointers; the quotes of a pointed string stay in the text."""
    parts: list[str | Pointer] = []
    at = 0
    for match in _LITERAL.finditer(line):
        literal = match[0]
        found: Pointer | None
        if literal.startswith('"'):
            try:
                value = json.loads(literal)
            except ValueError:
                continue
            found = find_span(words, value) if value.strip() else None
        else:
            found = find_number(words, literal)
        if found is None:
            continue
        quote = 1 if literal.startswith('"') else 0
        parts += [line[at : match.start() + quote], found]
        at = match.end() - quote
    parts.append(line[at:])
    return [p for p in parts if p != ""]


def quoted(text: str) -> str:
    """A string literal in the one style that the compact prompts use."""
    return json.dumps(text, ensure_ascii=False)
