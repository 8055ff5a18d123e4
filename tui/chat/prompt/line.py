"""The line where questions are typed."""

from __future__ import annotations

from textual import events
from textual.widgets import Input

from tui.question import LIMIT_BYTES


class PromptLine(Input):
    """Enter sends. Pasted lines are joined instead of dropped after the first."""

    def __init__(self) -> None:
        super().__init__(placeholder="Ask a question", id="prompt", max_length=LIMIT_BYTES)

    def _on_paste(self, event: events.Paste) -> None:
        event.prevent_default()
        event.stop()
        self.insert_text_at_cursor(" ".join(event.text.split()))
