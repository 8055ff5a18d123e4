"""A decision in the chat: the changes of a copied folder, or packages to be added, with what must be seen first."""

from __future__ import annotations

import time

from textual import events
from textual.app import ComposeResult
from textual.containers import Vertical, VerticalScroll
from textual.message import Message
from textual.widgets import Static

from agent.file_events import DecisionAsked
from tui.chat.inquiry import CALM_S
from tui.file_notes import details
from tui.plain import plain_line


class DecisionTaken(Message):
    """The person said yes or no."""

    def __init__(self, asked: DecisionAsked, allowed: bool) -> None:
        super().__init__()
        self.asked = asked
        self.allowed = allowed


class Decision(Vertical, can_focus=True):
    """Only y and n decide, and only after a pause, as for an approval; other keys scroll what is to be read."""

    def __init__(self, asked: DecisionAsked) -> None:
        super().__init__(classes="inquiry")
        self._asked = asked
        self._last_key_at = time.monotonic()

    def compose(self) -> ComposeResult:
        question = plain_line(self._asked.question, 300)
        yield Static(f"{question[:1].upper()}{question[1:]}  y: yes   n: no   ↑ ↓: read", markup=False)
        with VerticalScroll(can_focus=False):
            yield Static(details(self._asked.details), markup=False)

    def on_mount(self) -> None:
        self.styles.max_height = "60%"  # more than other inquiries: a diff is to be read
        self.query_one(VerticalScroll).styles.height = "auto"

    def on_key(self, event: events.Key) -> None:
        scroll = self.query_one(VerticalScroll)
        match event.key:
            case "up" | "down" | "pageup" | "pagedown":
                event.stop()
                step = {"up": -1, "down": 1, "pageup": -12, "pagedown": 12}[event.key]
                scroll.scroll_relative(y=step, animate=False)
                return
        now = time.monotonic()
        is_calm, self._last_key_at = now - self._last_key_at >= CALM_S, now
        if is_calm and event.key in ("y", "n"):
            event.stop()
            self.post_message(DecisionTaken(self._asked, event.key == "y"))
