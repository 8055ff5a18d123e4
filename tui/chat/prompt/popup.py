"""The list above the prompt: completions of a word, or earlier questions."""

from __future__ import annotations

from collections.abc import Sequence

from textual.content import Content
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from tui.chat.prompt.completion import Candidate
from tui.plain import plain_line


class Popup(OptionList, can_focus=False):
    """Never has the focus: the prompt keeps it, and hands over the arrows."""

    def __init__(self) -> None:
        super().__init__(id="popup", markup=False)
        self.candidates: list[Candidate] = []
        self.display = False

    @property
    def is_open(self) -> bool:
        """Whether there is something to choose."""
        return bool(self.candidates)

    @property
    def chosen(self) -> Candidate | None:
        """The one that is marked."""
        if self.highlighted is None or not self.candidates:
            return None
        return self.candidates[min(self.highlighted, len(self.candidates) - 1)]

    def offer(self, candidates: Sequence[Candidate]) -> None:
        """Show these; nothing: close."""
        self.candidates = list(candidates)
        self.clear_options()
        width = min(max((len(one.shown) for one in self.candidates), default=0), 60)
        for one in self.candidates:
            label = Content(f"{plain_line(one.shown, 200):<{width}}")
            self.add_option(
                Option(label + Content.styled(f"  {plain_line(one.help, 100)}", "dim") if one.help else label)
            )
        self.display = bool(self.candidates)
        if self.candidates:
            self.highlighted = 0

    def move(self, step: int) -> None:
        """Mark the next or the one before, around the ends."""
        if self.candidates:
            self.highlighted = ((self.highlighted or 0) + step) % len(self.candidates)
