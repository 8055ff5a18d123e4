"""A container that takes widgets at any time, also before it is itself on the screen, and keeps their order."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widget import Widget

from tui.chat.transcript.bare import Bare


class Growing(Vertical, Bare):
    """As high as what is in it."""

    def __init__(self, classes: str) -> None:
        super().__init__(classes=classes)
        self._early: list[Widget] = []
        self._is_composed = False

    def compose(self) -> ComposeResult:
        yield from self._early
        self._early.clear()
        self._is_composed = True

    @property
    def is_empty(self) -> bool:
        """Whether nothing is in it."""
        return not self._early and not self.children

    def add(self, *widgets: Widget) -> None:
        """Widgets at the end."""
        if not self._is_composed:
            self._early += widgets
        elif self.is_attached:  # not while the screen is taken down
            self.mount(*widgets)

    def discard(self) -> None:
        """Take it off the screen, where it is on it."""
        if self.parent is not None:
            self.remove()

    def clear(self) -> None:
        """Without anything."""
        self._early.clear()
        if self._is_composed:
            self.remove_children()
