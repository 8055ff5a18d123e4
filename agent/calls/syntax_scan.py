"""Where in a text a call may stand: names before a bracket, the bracket that closes it, fences. Reads no values."""

from __future__ import annotations

import keyword
import re
from collections.abc import Iterator

_FENCE = re.compile(r"```[ \t]*[A-Za-z0-9_+-]*[ \t]*\r?\n(.*?)(?:\r?\n[ \t]*)?```", re.DOTALL)
_NAME = re.compile(r"(?<![\w.])[^\W\d]\w*(?:\.[^\W\d]\w*)*(?=\()")
_PIECE = re.compile(
    r"""'''(?:\\.|[^\\])*?'''|\"{3}(?:\\.|[^\\])*?\"{3}|'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"|\#[^\n]*|[()\[\]{}'"]""",
    re.DOTALL,
)
_LONGEST = 20_000
"""Characters of one call: an unclosed bracket must not make every later one look at the whole text again."""
_LABEL = 64
"""Characters before a name that are looked at."""
_PAIRS = {")": "(", "]": "[", "}": "{"}
_DEFINES = re.compile(r"(?:\bdef|\bclass)[ \t]+\Z")
_TALK = re.compile(r"(?:[-*>•]|\d+[.)]|[A-Za-z][\w ]{0,30}:|`+|<[^<>\n]{1,40}>|[\[(,;])[ \t]*\Z")


class BadCall(ValueError):
    """What was written is no call. `what`: in words, without the place; `offset`: where, in characters."""

    def __init__(self, what: str, offset: int = 0) -> None:
        super().__init__(f"{what} (at character {offset})")
        self.what = what
        self.offset = offset


def unfenced(text: str) -> tuple[str, int]:
    """The inside of the first fence and where it begins; the text itself where there is none."""
    found = _FENCE.search(text)
    return (found.group(1), found.start(1)) if found else (text, 0)


def candidates(code: str) -> Iterator[tuple[int, int, bool]]:
    """Names directly before a bracket: where the name begins, where the bracket is, whether it stands apart from prose.

    Apart: at the start of a line, or after a bullet, a label (`Action:`), a backtick, a special token or a separator.
    """
    for found in _NAME.finditer(code):
        line = code.rfind("\n", 0, found.start()) + 1
        before = code[max(line, found.start() - _LABEL) : found.start()]
        if _DEFINES.search(before) or keyword.iskeyword(found.group()):
            continue
        is_apart = not before.strip() or _TALK.search(before) is not None
        yield found.start(), found.end(), is_apart


def call_ends_at(code: str, opening: int) -> int:
    """The offset after the bracket that closes the one at `opening`.

    Raises:
        BadCall: a bracket or a string is never closed, or the brackets do not match.
    """
    stack: list[str] = []
    for found in _PIECE.finditer(code, opening, min(len(code), opening + _LONGEST)):
        piece = found.group()
        if piece in "([{":
            stack.append(piece)
        elif piece in _PAIRS:
            if stack.pop() != _PAIRS[piece]:
                raise BadCall(f"closing '{piece}' does not match what was opened", found.start())
            if not stack:
                return found.end()
        elif piece in "'\"":
            raise BadCall("a string is never closed", found.start())
    raise BadCall("'(' was never closed", opening)


def escaped_keywords(source: str, prefix: str) -> str:
    """`rate(from='EUR')` with `prefix` before parameters called like a keyword, so that Python can parse it."""
    pieces: list[str] = []
    done = 0
    for found in _PIECE.finditer(source):
        pieces.append(_escaped(source[done : found.start()], prefix))
        pieces.append(found.group())
        done = found.end()
    return "".join([*pieces, _escaped(source[done:], prefix)])


def _escaped(text: str, prefix: str) -> str:
    return re.sub(r"\b(\w+)(?=\s*=(?!=))", lambda m: f"{prefix}{m[1]}" if keyword.iskeyword(m[1]) else m[1], text)
