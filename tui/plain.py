r"""Text safety: whatever a model, a tool, a file or the sandbox wrote, made harmless before it reaches a terminal.

Who calls this: everything in `tui` that prints or draws text which is not a literal of ours.

What is removed: every C0 and C1 control character but newline and tab, and escape sequences as wholes (CSI, OSC, DCS,
APC, PM, SOS and the two-character ones, in their 7-bit and 8-bit forms). An unterminated string sequence loses only its
introducer: a terminal would swallow all that follows, we show it. A lone carriage return becomes a newline, so that
nothing on a line is overwritten unseen. What is invisible or reorders text (bidirectional controls, zero-width and tag
characters) is shown as `<U+202E>`; joiners stay where writing needs them (emoji, Arabic, Indic scripts).
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Sequence
from typing import Any

# Without what introduces a string: else each of a row of introducers would be tried up to the end of the text.
_STRING_BODY = r"[^\x07\x18\x1a\x1b\x90\x98\x9c-\x9f]*"
_SEQUENCE = re.compile(
    r"(?:\x1b\[|\x9b)[\x30-\x3f]*[\x20-\x2f]*[\x40-\x7e]"  # CSI: colours, cursor, screen, modes
    rf"|(?:\x1b[\]P_^X]|[\x9d\x90\x9f\x9e\x98]){_STRING_BODY}(?:\x07|\x1b\\|\x9c)"  # OSC, DCS, APC, PM, SOS
    r"|\x1b[\x20-\x2f]*[\x30-\x7e]"  # every other escape sequence, and the introducer of an unterminated one
)
_NEWLINES = re.compile("\r\n|\r|\x85|\u2028|\u2029")
_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_INVISIBLE = re.compile(  # Unicode's default-ignorable code points, interlinear marks and halves of surrogate pairs
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f"
    "\ufeff\uffa0\ufff0-\ufffb\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff\ud800-\udfff]"
)
_ZWNJ, _ZWJ = "\u200c", "\u200d"
_EMOJI_STYLES = "\ufe0e\ufe0f"
_SKIN_TONES = ("\U0001f3fb", "\U0001f3ff")


def plain(text: str) -> str:
    """The text as a terminal may have it: printable characters, newlines and tabs. Idempotent."""
    text = _SEQUENCE.sub("", text)
    text = _CONTROLS.sub("", _NEWLINES.sub("\n", text))
    return _reveal(text) if _INVISIBLE.search(text) else text


def plain_line(text: str, limit: int = 160) -> str:
    """The same on one line of at most `limit` characters; runs of white space become one space."""
    line = " ".join(plain(text).split())
    return line if len(line) <= limit else line[: max(limit - 1, 0)] + "…"


def plain_json(value: Any, *, indent: int | None = None) -> str:
    r"""JSON in printable ASCII: exact for a program (`\u001b`), harmless for a terminal."""
    return json.dumps(value, ensure_ascii=True, indent=indent, default=str).replace("\x7f", "\\u007f")


def plain_value(value: Any, limit: int = 400) -> str:
    """A value for people, such as an argument of a tool call: JSON with readable letters, on one line, cut."""
    return plain_line(json.dumps(value, ensure_ascii=False, default=str), limit)


def cut_lines(lines: Sequence[str], n_head: int = 20, n_tail: int = 20) -> list[str]:
    """The first and the last lines, with the number of those between them."""
    n_left_out = len(lines) - n_head - n_tail
    if n_left_out <= 1:
        return list(lines)
    return [*lines[:n_head], f"… {n_left_out:,} lines left out …", *lines[len(lines) - n_tail :]]


_OPEN = re.compile(
    r"(?:\r|\x1b|\x1b[\x20-\x2f]+|(?:\x1b\[|\x9b)[\x30-\x3f]*[\x20-\x2f]*"
    rf"|(?:\x1b[\]P_^X]|[\x9d\x90\x9f\x9e\x98]){_STRING_BODY}\x1b?)\Z"
)


def open_tail(text: str) -> int:
    """Where a sequence begins that the next piece of the text may end; the text's length where none does."""
    opened = _OPEN.search(text)
    return opened.start() if opened else len(text)


class PlainStream:
    """Cleans text that comes in pieces: a sequence may begin in one piece and end in a later one.

    What could still become a sequence is held back, at most `hold_limit` characters; `flush()` gives up the rest.
    """

    def __init__(self, hold_limit: int = 4096) -> None:
        self._held = ""
        self._hold_limit = hold_limit

    def feed(self, piece: str) -> str:
        """What can be shown now."""
        text = self._held + piece
        at = open_tail(text)
        if len(text) - at > self._hold_limit:
            at = len(text)
        self._held = text[at:]
        return plain(text[:at])

    def flush(self) -> str:
        """The rest, at the end of the stream."""
        text, self._held = self._held, ""
        return plain(text)


def _reveal(text: str) -> str:
    """Name the invisible characters that no writing system needs at their place."""
    shown: list[str] = []
    for i, character in enumerate(text):
        if not _INVISIBLE.match(character):
            shown.append(character)
        elif "\ud800" <= character <= "\udfff":
            shown.append("\ufffd")
        elif _is_needed(character, shown[-1][-1] if shown else "", text[i + 1 : i + 2]):
            shown.append(character)
        else:
            shown.append(f"<U+{ord(character):04X}>")
    return "".join(shown)


def _is_needed(character: str, before: str, after: str) -> bool:
    if character in _EMOJI_STYLES:
        return bool(before) and (_is_pictograph(before) or before in "0123456789#*")
    if character == _ZWJ and _is_pictograph(after):
        return bool(before) and (_is_pictograph(before) or before in _EMOJI_STYLES)
    if character in (_ZWNJ, _ZWJ):
        return _joins(before) and (_joins(after) or not after.strip())
    return False


def _is_pictograph(character: str) -> bool:
    if not character:
        return False
    return unicodedata.category(character) == "So" or _SKIN_TONES[0] <= character <= _SKIN_TONES[1]


def _joins(character: str) -> bool:
    """Letters and marks of the scripts whose shapes joiners steer: Arabic to Myanmar, Khmer, Mongolian."""
    return "\u0600" <= character <= "\u18af" and unicodedata.category(character)[0] in "LM"
