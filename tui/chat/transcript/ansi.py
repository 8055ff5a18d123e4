r"""Colours of a program's output: SGR sequences become styles, everything else that a terminal would obey is removed.

The text between two SGR sequences passes `plain`, so no control character is left in what comes out, whatever the
pieces were cut like. Blinking is shown steady, concealed text is shown.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache

from textual.color import Color
from textual.style import Style

from tui.plain import open_tail, plain

_SGR = re.compile(r"(?:\x1b\[|\x9b)([0-9;:]{0,64})m")
_HOLD_CHARS = 4096
_NAMES = ("black", "red", "green", "yellow", "blue", "magenta", "cyan", "white")
_CUBE = (0, 95, 135, 175, 215, 255)
_FLAGS = {
    1: {"bold": True},
    2: {"dim": True},
    3: {"italic": True},
    4: {"underline": True},
    7: {"reverse": True},
    9: {"strike": True},
    21: {"underline": True},
    22: {"bold": None, "dim": None},
    23: {"italic": None},
    24: {"underline": None},
    27: {"reverse": None},
    29: {"strike": None},
    39: {"foreground": None},
    49: {"background": None},
}


@dataclass(frozen=True)
class Run:
    """Text without control characters (but newline and tab) in one style."""

    text: str
    style: Style | None


class AnsiStream:
    """Reads one stream in pieces; a sequence may begin in one piece and end in a later one."""

    def __init__(self) -> None:
        self._held = ""
        self._style = Style()

    def feed(self, piece: str) -> list[Run]:
        """What can be shown now."""
        text = self._held + piece
        at = open_tail(text)
        if len(text) - at > _HOLD_CHARS:
            at = len(text)
        self._held = text[at:]
        return list(self._runs(text[:at]))

    def skip(self) -> None:
        """Text is missing here: what was begun before it never ends, and the colour is unknown."""
        self._held = ""
        self._style = Style()

    def flush(self) -> list[Run]:
        """The rest, at the end of the stream."""
        text, self._held = self._held, ""
        return list(self._runs(text))

    def _runs(self, text: str) -> Iterator[Run]:
        parts = _SGR.split(text)
        for i, part in enumerate(parts):
            if i % 2:
                self._style = styled(self._style, part)
            elif shown := plain(part):
                yield Run(shown, self._style or None)


@lru_cache(maxsize=1024)
def styled(style: Style, parameters: str) -> Style:
    """The style after an SGR sequence with these parameters (`1;31`); what it does not know it skips."""
    codes = [int(code) if code and len(code) < 4 else 0 for code in re.split("[;:]", parameters)]
    while codes:
        code = codes.pop(0)
        if code == 0:
            style = Style()
        elif code in (38, 48):
            if (colour := _extended(codes)) is not None:
                style = replace(style, foreground=colour) if code == 38 else replace(style, background=colour)
        elif (flags := _FLAGS.get(code)) is not None:
            style = replace(style, **flags)  # type: ignore[arg-type]  # the table's values fit their names
        elif 30 <= code <= 37 or 90 <= code <= 97:
            style = replace(style, foreground=_named(code % 10, is_bright=code >= 90))
        elif 40 <= code <= 47 or 100 <= code <= 107:
            style = replace(style, background=_named(code % 10, is_bright=code >= 100))
    return style


def _extended(codes: list[int]) -> Color | None:
    """A colour after 38 or 48: `5;n` or `2;r;g;b`. Takes what it reads out of `codes`."""
    kind = codes.pop(0) if codes else 0
    if kind == 5 and codes:
        return _indexed(min(codes.pop(0), 255))
    if kind == 2 and len(codes) >= 3:
        red, green, blue = (min(codes.pop(0), 255) for _ in range(3))
        return Color(red, green, blue)
    return None


def _indexed(number: int) -> Color:
    """Of the 256 colours: the terminal's 16, a cube of 6 x 6 x 6, 24 greys."""
    if number < 16:
        return _named(number % 8, is_bright=number >= 8)
    if number >= 232:
        grey = 8 + 10 * (number - 232)
        return Color(grey, grey, grey)
    number -= 16
    return Color(_CUBE[number // 36], _CUBE[number // 6 % 6], _CUBE[number % 6])


def _named(number: int, *, is_bright: bool) -> Color:
    return Color.parse(f"ansi_{'bright_' if is_bright else ''}{_NAMES[number]}")
