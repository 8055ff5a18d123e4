"""Room above the first card, for all the turns that are not drawn."""

from __future__ import annotations

from textual.geometry import Offset, Size
from textual.layout import ArrangeResult, WidgetPlacement
from textual.layouts.vertical import VerticalLayout
from textual.widget import Widget


class BelowGap(VerticalLayout):
    """One below the other, after `n_lines` empty ones. A widget as high as that would be entered into Textual's map of
    the screen anew, all its length, each time that something grows."""

    def __init__(self) -> None:
        self.n_lines = 0

    def arrange(self, parent: Widget, children: list[Widget], size: Size, greedy: bool = True) -> ArrangeResult:
        """As Textual does it, further down."""
        return WidgetPlacement.translate(super().arrange(parent, children, size, greedy), Offset(0, self.n_lines))
