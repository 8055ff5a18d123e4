"""Against deciding by accident: a key counts only when it was pressed after the question stood on the screen, and after
a pause. Who was typing when it appeared goes on typing where they were; nothing of that is lost or decides anything."""

from __future__ import annotations

import time
from typing import Literal

from textual import events
from textual.message import Message
from textual.widget import Widget

CALM_S = 0.7
"""A key decides only after a pause of this length."""
_REACTION_S = 0.25
"""Nobody reads a question and answers it faster: such a key was meant for what they were typing."""


class TypedAhead(Message):
    """A key that was meant for the prompt."""

    def __init__(self, character: str) -> None:
        super().__init__()
        self.character = character


class Guard:
    """Of one question. `watch` it from the moment that it is mounted; then ask of every key what it is."""

    def __init__(self) -> None:
        self._seen_at: float | None = None
        self._last_at = 0.0
        self._is_typing = True

    def watch(self, widget: Widget) -> None:
        """The question is drawn with the next frame; from then on keys are looked at."""
        widget.call_after_refresh(self._seen)

    def judge(self, key: events.Key) -> Literal["decides", "ahead", "early"]:
        """What a key is: it may decide; it belongs to what was typed before the question came; or it came too soon.

        `key.time` is when it was pressed, however late it is looked at.
        """
        last_at, self._last_at = self._last_at, max(self._last_at, key.time)
        if self._seen_at is None or key.time - self._seen_at < _REACTION_S:
            return "ahead"
        if key.time - max(last_at, self._seen_at) >= CALM_S:
            self._is_typing = False
            return "decides"
        return "ahead" if self._is_typing and last_at else "early"

    def _seen(self) -> None:
        self._seen_at = time.monotonic()


def pass_on(widget: Widget, key: events.Key) -> None:
    """Give a key that was typed ahead to the prompt, where it is something to write."""
    if key.is_printable and key.character:
        widget.post_message(TypedAhead(key.character))
