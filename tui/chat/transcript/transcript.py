"""The list of turns: the newest below, followed while the person has not scrolled up."""

from __future__ import annotations

from textual.containers import VerticalScroll
from textual.widget import Widget

from agent.events import Event
from tui.chat.transcript.blocks import Line
from tui.chat.transcript.turn import TurnView


class Transcript(VerticalScroll, can_focus=False):
    """All turns of the session."""

    def __init__(self) -> None:
        super().__init__(id="transcript")
        self._turn: TurnView | None = None

    @property
    def is_busy(self) -> bool:
        """Whether a turn runs."""
        return self._turn is not None and not self._turn.is_done

    async def begin(self, question: str) -> None:
        """A new turn; the events that are taken from now on belong to it."""
        self._turn = TurnView(question)
        await self.mount(self._turn)  # before its first event comes
        self.follow()

    def take(self, event: Event) -> None:
        """One event of the running turn."""
        if self._turn is not None:
            self._turn.take(event)
        self.follow()

    def say(self, text: str, kind: str = "note") -> None:
        """A line that belongs to no turn. `kind`: note, warning or error."""
        self.show(Line(text, kind))

    def show(self, widget: Widget) -> None:
        """Something of its own at the end."""
        self.mount(widget)
        self.follow()

    def follow(self) -> None:
        """Go to the end."""
        self.scroll_end(animate=False)
