"""Blocks of text as the rows of a screen: wrapped, with what stands before each row (a bullet, a bar)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from textual.content import Content

EMPTY = Content("")
NARROWEST = 8
"""Columns that a text keeps, however deep it is nested."""


@dataclass(frozen=True)
class Row:
    """One line of the screen. `lead` stands before it, `gap` is the white space that wrapping took from before it."""

    content: Content
    lead: Content = EMPTY
    fill: str = ""
    """The style of the whole row, to the right margin."""
    is_new: bool = True
    """False: it goes on with the line above it, which was too long."""
    gap: str = ""


class Block(Protocol):
    """What an answer is made of."""

    def rows(self, width: int) -> Sequence[Row]:
        """As it is drawn on so many columns."""
        ...


@dataclass(frozen=True)
class TextBlock:
    """Lines that wrap. `first` stands before the first row of all, `rest` before the others."""

    text: Content
    first: Content = EMPTY
    rest: Content = EMPTY
    fill: str = ""

    def rows(self, width: int) -> Sequence[Row]:
        """Long lines become several rows."""
        found: list[Row] = []
        room = max(width - max(self.first.cell_length, self.rest.cell_length), NARROWEST)
        for line in self.text.split("\n", allow_blank=True) or [EMPTY]:
            at, is_new = 0, True
            line = line.expand_tabs(8)
            for piece in line.wrap(room):
                start = line.plain.find(piece.plain, at)
                lead = self.rest if found else self.first
                found.append(Row(piece, lead, self.fill, is_new, line.plain[at:start]))
                at, is_new = start + len(piece.plain), False
        return found


@dataclass(frozen=True)
class RuleBlock:
    """A line across."""

    lead: Content = EMPTY

    def rows(self, width: int) -> Sequence[Row]:
        """As wide as there is room."""
        return [Row(Content.styled("─" * max(width - self.lead.cell_length, 1), "$secondary"), self.lead)]
