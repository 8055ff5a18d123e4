"""Markdown that grows: what is closed is parsed once, only the last element is parsed again with each piece.

A last element that gets long is closed in part (items of a list, lines of code), so that a piece costs the same at the
end of a long answer as at its beginning.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.content import Content

from tui.chat.transcript.markdown import safe_parser
from tui.chat.transcript.markdown_blocks import blocks
from tui.chat.transcript.rows import Block, TextBlock

if TYPE_CHECKING:
    from markdown_it.token import Token

_LONG_CHARS = 2_000
_REDONE_CHARS = 20_000
"""An answer up to here whose long elements were closed in part is drawn as one once it is whole."""
_BLANK = TextBlock(Content(""))


class Document:
    """`closed` only grows (until `clear`), `growing` is new with each `add`. Texts are clean already."""

    def __init__(self) -> None:
        self._parser = safe_parser()
        self.clear()

    def clear(self) -> None:
        """Nothing in it."""
        self.closed: list[Block] = []
        self.growing: list[Block] = []
        self._pieces: list[str] = []
        self._tail = ""
        self._fence = ""
        self._number: int | None = None
        self._goes_on = False
        self._is_split = False

    @property
    def source(self) -> str:
        """All of its text."""
        return "".join(self._pieces)

    def add(self, text: str, *, is_whole: bool = False) -> None:
        """More at the end. `is_whole`: and nothing will follow."""
        self._pieces.append(text)
        if is_whole and self._is_split and len(source := self.source) <= _REDONE_CHARS:
            self.clear()
            self._pieces, self._tail = [source], source
        else:
            self._tail += text
        tokens = self._parse()
        starts = [i for i, token in enumerate(tokens) if token.level == 0 and token.nesting >= 0 and token.map]
        if len(starts) > 1:
            last = tokens[starts[-1] :]
            line = _first_line(last[0])
            rest = _from_line(self._fence + self._tail, line)
            self._close(tokens[: starts[-1]])
            self._tail, tokens = rest, last
            for token in tokens:
                token.map = [token.map[0] - line, token.map[1] - line] if token.map else None
        if not is_whole and len(self._tail) > _LONG_CHARS and tokens:
            tokens = self._split(tokens)
        self.growing = self._drawn(tokens, code_is_open=not is_whole)

    def _parse(self) -> list[Token]:
        return self._parser.parse(self._fence + self._tail) if self._tail else []

    def _split(self, tokens: list[Token]) -> list[Token]:
        """Close the greater part of the last element, where it has parts; what is left of it."""
        number, fence = None, ""
        match tokens[0].type:
            case "bullet_list_open" | "ordered_list_open":
                items = [i for i, token in enumerate(tokens) if token.level == 1 and token.nesting > 0]
                if len(items) < 2:
                    return tokens
                number = int(tokens[0].attrs.get("start", 1)) if self._number is None else self._number
                number += len(items) - 1
                rest = _from_line(self._tail, _first_line(tokens[items[-1]]))
                self._close([*tokens[: items[-1]], tokens[-1]])
            case "fence":
                opening, _, code = (self._fence + self._tail).partition("\n")
                whole, _, rest = code.rpartition("\n")
                if not whole or code.strip().endswith(tokens[0].markup):
                    return tokens
                tokens[0].content = whole
                self._close(tokens, code_is_open=True)
                fence = f"{opening}\n"
            case "paragraph_open":
                self._tail, _, rest = self._tail.rpartition("\n")
                if not self._tail:
                    self._tail = rest
                    return tokens
                self._close(self._parse())
            case _:
                return tokens
        self._tail, self._number, self._fence = rest, number, fence
        self._is_split = self._goes_on = True
        return self._parse()

    def _close(self, tokens: list[Token], *, code_is_open: bool = False) -> None:
        self.closed += self._drawn(tokens, code_is_open=code_is_open)
        self._fence, self._number, self._goes_on = "", None, False

    def _drawn(self, tokens: list[Token], *, code_is_open: bool) -> list[Block]:
        if not tokens:
            return []
        if self._fence and not tokens[0].content:  # it ends where it was split
            tokens = tokens[1:]
        found = blocks(tokens, numbers_from=self._number, code_is_open=code_is_open)
        return found if self._goes_on or not self.closed else [_BLANK, *found]


def _first_line(token: Token) -> int:
    return token.map[0] if token.map else 0


def _from_line(text: str, line: int) -> str:
    return "\n".join(text.split("\n")[line:])
