"""Questions that wait for the running turn: seen, taken back, sent in order."""

from __future__ import annotations

from textual.content import Content
from textual.widgets import Static

from tui.plain import plain_line

_N_SHOWN = 5


class WaitingList(Static):
    """As typed, with their chips; the prompt knows what those stand for."""

    def __init__(self) -> None:
        super().__init__("", markup=False, id="waiting")
        self.questions: list[str] = []
        self.is_held = False
        """A turn was stopped or failed: what waits was meant for after a good one, so the person says when."""
        self.display = False

    def add(self, question: str) -> None:
        """One more, at the end."""
        self.questions.append(question)
        self.show()

    def take(self, number: int = 0) -> str | None:
        """Remove and return one: the first, or by its place (from 0; -1: the last)."""
        try:
            question = self.questions.pop(number)
        except IndexError:
            return None
        self.show()
        return question

    def show(self) -> None:
        """Draw what there is."""
        if not self.questions:
            self.is_held = False
        lines = [f"{n}. {plain_line(question, 200)}" for n, question in enumerate(self.questions[:_N_SHOWN], start=1)]
        if len(self.questions) > _N_SHOWN:
            lines.append(f"… {len(self.questions) - _N_SHOWN} more")
        said = "Enter sends the first" if self.is_held else "sent one after the other"
        head = Content.styled(f"waiting ({said}; ↑ takes the last back, /drop removes)", "dim")
        self.update(Content("\n").join([head, *map(Content, lines)]))
        self.display = bool(self.questions)
