"""The line that folds and unfolds what belongs to it."""

from __future__ import annotations

from typing import Protocol

from textual import events
from textual.binding import Binding
from textual.widgets import Static


class Foldable(Protocol):
    """What a head belongs to: a stage, a turn."""

    is_open: bool

    def unfold(self, is_open: bool) -> None:
        """Show or hide what it holds."""
        ...


class FoldHead(Static, can_focus=True):
    """A click, Enter or an arrow folds and unfolds; up and down go to the next one."""

    BINDINGS = [  # noqa: RUF012  # Textual's way
        Binding("enter,space", "turn_over", "fold"),
        Binding("right", "turn_over(True)", "unfold"),
        Binding("left", "turn_over(False)", "fold"),
        Binding("down,j", "app.focus_next", "next", show=False),
        Binding("up,k", "app.focus_previous", "previous", show=False),
    ]

    def __init__(self, owner: Foldable, classes: str) -> None:
        super().__init__("", markup=False, classes=classes)
        self._owner = owner

    def on_click(self, event: events.Click) -> None:
        event.stop()
        self.action_turn_over()

    def action_turn_over(self, is_open: bool | None = None) -> None:
        """Fold or unfold; None: the other way."""
        self._owner.unfold(not self._owner.is_open if is_open is None else is_open)
