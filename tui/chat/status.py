"""The status line: model, sandbox, tokens and seconds of this session."""

from __future__ import annotations

from textual.widgets import Static

from agent.events import Answered, Event, SessionStarted
from tui.plain import plain_line


class StatusLine(Static):
    """Always one line; keys on the right."""

    def __init__(self) -> None:
        super().__init__("", markup=False, id="status")
        self._model = ""
        self._sandbox = ""
        self._state = "loading"
        self._n_tokens = 0
        self._seconds = 0.0

    def on_mount(self) -> None:
        self._draw()

    def opened(self, model: str) -> None:
        """The session is there."""
        self._model = model
        self.be("ready")

    def be(self, state: str) -> None:
        """What goes on: ready, working, not ready."""
        self._state = state
        self._draw()

    def take(self, event: Event) -> None:
        """Count."""
        match event:
            case SessionStarted():
                self._model, self._sandbox = event.model, event.sandbox
            case Answered():
                self._n_tokens += event.usage.prompt_tokens + event.usage.completion_tokens
                self._seconds += event.seconds
            case _:
                return
        self._draw()

    def _draw(self) -> None:
        counted = f"{self._n_tokens:,} tokens  {self._seconds:.1f} s" if self._n_tokens or self._seconds else ""
        model, sandbox = plain_line(self._model, 40), plain_line(self._sandbox.partition(":")[0], 50)
        parts = (self._state, model, sandbox, counted, "Esc stop  Ctrl-Q quit")
        self.update("  |  ".join(part for part in parts if part))
