"""A screen that closes once. Keys that were typed fast reach it after it has closed, and Textual's `dismiss` would then
take away what lay under it: in the end the chat itself."""

from __future__ import annotations

from typing import TypeVar

from textual.await_complete import AwaitComplete
from textual.screen import Screen

Result = TypeVar("Result")


class ClosesOnce(Screen[Result]):
    """For everything that lies over the chat. It comes after another base: Textual takes styles from the first."""

    def dismiss(self, result: Result | None = None) -> AwaitComplete:
        """Close it with this result; where it is not the screen on top (any more), nothing happens."""
        return super().dismiss(result) if self.is_current else AwaitComplete()
