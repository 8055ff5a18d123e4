"""Searching the transcript: a line above the prompt; Enter and ↑ go to older places, ↓ to newer ones."""

from __future__ import annotations

import asyncio
from typing import ClassVar

from textual import work
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.widgets import Input, Static

from tui.chat.transcript.transcript import Transcript

_N_AT_ONCE = 50
"""Turns looked through before keys are looked at again: there may be ten thousand."""


class FindBar(Horizontal):
    """Hidden until `open`. It searches questions, programs and answers, whatever the case."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "go(-1)", "older"),
        Binding("down", "go(1)", "newer"),
    ]
    DEFAULT_CSS = """
    FindBar { height: 1; display: none; padding: 0 1; }
    FindBar.open { display: block; }
    FindBar Input { width: 1fr; height: 1; border: none; padding: 0; }
    FindBar Static { width: auto; color: $text-muted; }
    """

    def __init__(self) -> None:
        super().__init__(id="find")
        self._words = ""
        self._found: list[int] = []
        self._at = 0

    async def open(self, words: str = "") -> None:
        """Show the line, with these words searched already."""
        self.add_class("open")
        if not self.children:  # the first frame does without
            line = Input(placeholder="find in this chat", id="find-words", compact=True)
            await self.mount(line, Static("  Enter, ↑: older  ↓: newer  Esc: close", markup=False))
        line = self.query_one(Input)
        line.value = words
        line.focus()
        if words:
            self._search(words)

    def escape(self) -> bool:
        """Esc: see `tui.chat.escape`."""
        self.remove_class("open")
        self._words, self._found = "", []
        self.app.query_one("#prompt").focus()
        return True

    def on_input_submitted(self, event: Input.Submitted) -> None:
        event.stop()
        if event.value != self._words:
            self._search(event.value)
        else:
            self.action_go(-1)

    def on_input_changed(self, event: Input.Changed) -> None:
        event.stop()

    def action_go(self, step: int) -> None:
        """The next older (-1) or newer (1) place, around the ends."""
        if self._found:
            self._at = (self._at + step) % len(self._found)
            self._show()

    @work(exclusive=True)
    async def _search(self, words: str) -> None:
        self._words = words
        found: list[int] = []
        wanted = words.casefold()
        if wanted.strip():
            for n_seen, (number, text) in enumerate(self.app.query_one(Transcript).texts(), 1):
                if wanted in text.casefold():
                    found.append(number)
                if n_seen % _N_AT_ONCE == 0:
                    await asyncio.sleep(0)
        self._found, self._at = found, len(found) - 1
        if found:
            self._show()
        else:
            self._say("not found" if wanted.strip() else "")

    def _show(self) -> None:
        self.app.query_one(Transcript).go_to(self._found[self._at])
        self._say(f"{self._at + 1} of {len(self._found)}")

    def _say(self, text: str) -> None:
        self.query_one(Static).update(f"  {text}  Enter, ↑: older  ↓: newer  Esc: close")
