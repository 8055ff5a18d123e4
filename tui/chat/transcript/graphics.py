"""How pictures reach this terminal: kitty's protocol, sixel, or half cells in colour.

The terminal is asked once, before the screen is taken (`TerminalQuestion`), since afterwards Textual reads all that it
says. `textual-image` draws; its own asking on import, which would eat keys, is kept from happening.
"""

from __future__ import annotations

import asyncio
import contextlib
import io
import os
import re
import select
import sys
import termios
import time
import tty
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from PIL.Image import Image
    from textual.widget import Widget

Protocol = Literal["kitty", "sixel", "halfcell", "off"]
_ANSWER_S = 0.12
_ASK = b"\x1b_Gi=4211,s=1,v=1,a=q,t=d,f=24;AAAA\x1b\\\x1b[16t\x1b[c"
_KITTY = re.compile(rb"\x1b_G[^\x1b]*?;([^\x1b]*)\x1b\\")
_CELL = re.compile(rb"\x1b\[6;(\d{1,4});(\d{1,4})t")
_ATTRIBUTES = re.compile(rb"\x1b\[\?([\d;]*)c")
_HEIGHT_LINES = 20
_WIDTH_CELLS = 100


@dataclass(frozen=True)
class TerminalGraphics:
    """What the terminal can draw. `cell`: width and height in pixels."""

    protocol: Protocol = "halfcell"
    cell: tuple[int, int] = (10, 20)

    def chosen(self, setting: str) -> TerminalGraphics:
        """The same by the setting `[chat] pictures`; what is none of its values counts as auto."""
        match setting:
            case "kitty" | "sixel" | "halfcell" | "off":
                return replace(self, protocol=setting)
        return self


_found = TerminalGraphics()


def is_off() -> bool:
    """Whether pictures are shown at all."""
    return _found.protocol == "off"


def use(graphics: TerminalGraphics) -> None:
    """What `widget` draws with from now on."""
    global _found  # noqa: PLW0603  # a process has one terminal
    _found = graphics


class TerminalQuestion:
    """Asks the terminal on stdin and stdout what it can do. `ask` at the start, `answer` before the screen is taken.

    What comes between is the time for imports, in which the terminal neither echoes nor waits for whole lines. Every
    terminal answers the last question (its attributes); one that says nothing at all costs 0.12 s at most.
    """

    def __init__(self) -> None:
        self._before: list[Any] | None = None
        self._asked_at = 0.0

    def ask(self) -> None:
        """Put the question, where there is a terminal to answer it."""
        try:
            source = sys.stdin.fileno()
            if os.environ.get("TERM", "dumb") in ("dumb", "linux") or not os.isatty(sys.stdout.fileno()):
                return
            self._before = termios.tcgetattr(source)
            tty.setcbreak(source, termios.TCSANOW)
            os.write(sys.stdout.fileno(), _ASK)
            self._asked_at = time.monotonic()
        except (OSError, ValueError, termios.error):
            return

    def answer(self) -> tuple[TerminalGraphics, bytes]:
        """What it can do, and what was typed meanwhile, which is not ours to lose."""
        if self._before is None:
            return TerminalGraphics(), b""
        source, heard = sys.stdin.fileno(), b""
        try:
            while not _ATTRIBUTES.search(heard):
                left = max(self._asked_at + _ANSWER_S - time.monotonic(), 0)
                if not select.select([source], [], [], left)[0]:
                    break
                piece = os.read(source, 4096)
                if not piece:
                    break
                heard += piece
        finally:
            termios.tcsetattr(source, termios.TCSANOW, self._before)
            self._before = None
        return understood(heard)


def understood(heard: bytes) -> tuple[TerminalGraphics, bytes]:
    """What a terminal's answers say, and the bytes that are none of them."""
    kitty, cell, attributes = _KITTY.search(heard), _CELL.search(heard), _ATTRIBUTES.search(heard)
    typed = _ATTRIBUTES.sub(b"", _CELL.sub(b"", _KITTY.sub(b"", heard)))
    size = (int(cell[2]), int(cell[1])) if cell and int(cell[1]) and int(cell[2]) else (10, 20)
    protocol: Protocol = "halfcell"
    if attributes and b"4" in attributes[1].split(b";")[1:]:
        protocol = (
            "sixel"  # before kitty's: others claim that one, and lack the placeholders that a scrolling screen needs
        )
    elif kitty and kitty[1] == b"OK":
        protocol = "kitty"
    return TerminalGraphics(protocol, size), typed


async def widget(image: Image, n_columns: int) -> Widget:
    """A widget that shows the picture, at most 20 lines high and as wide as the screen allows."""
    make = await asyncio.to_thread(_classes)
    shown = make[_found.protocol](image)
    width, height = fitted(image.size, _found.cell, min(n_columns - 8, _WIDTH_CELLS))
    shown.styles.width, shown.styles.height = width, height
    return shown


def renderable(image: Image, n_columns: int) -> object:
    """What Rich prints of the picture, in the same size: it stays in the scrollback."""
    with _no_questions(_found.cell):
        from textual_image.renderable import HalfcellImage, SixelImage, TGPImage
    make = {"kitty": TGPImage, "sixel": SixelImage, "halfcell": HalfcellImage}[_found.protocol]
    width, height = fitted(image.size, _found.cell, min(n_columns - 2, _WIDTH_CELLS))
    return make(image, width=width, height=height)


def fitted(pixels: tuple[int, int], cell: tuple[int, int], n_columns: int) -> tuple[int, int]:
    """Columns and lines for a picture: never larger than it is, never more than fits."""
    width, height = pixels[0] / cell[0], pixels[1] / cell[1]
    scale = min(1.0, max(n_columns, 1) / width, _HEIGHT_LINES / height)
    return max(round(width * scale), 1), max(round(height * scale), 1)


def _classes() -> dict[str, Callable[[Image], Widget]]:
    with _no_questions(_found.cell):
        from textual_image.widget import HalfcellImage, SixelImage, TGPImage
    return {"kitty": TGPImage, "sixel": SixelImage, "halfcell": HalfcellImage}


@contextlib.contextmanager
def _no_questions(cell: tuple[int, int]) -> Iterator[None]:
    """While `textual_image` is imported, stdout is no terminal to it, and the size of a cell is in its variables."""
    before = sys.__stdout__
    os.environ["TEXTUAL_CELL_WIDTH"], os.environ["TEXTUAL_CELL_HEIGHT"] = map(str, cell)
    sys.__stdout__ = io.StringIO()  # type: ignore[misc,assignment]
    try:
        yield
    finally:
        sys.__stdout__ = before  # type: ignore[misc]
