"""The list above the field: completions of a word, or a search in the history; and what is chosen from it."""

from __future__ import annotations

from collections.abc import Sequence

from tui.chat.prompt.area import PromptArea
from tui.chat.prompt.completion import AtHand, Candidate, candidates
from tui.chat.prompt.history import History
from tui.chat.prompt.popup import Popup

_N_FOUND = 30


class Offers:
    """Who calls this: the prompt, which hands over the keys."""

    def __init__(self, area: PromptArea, popup: Popup, at_hand: AtHand, history: History) -> None:
        self._area = area
        self._popup = popup
        self._at_hand = at_hand
        self._history = history
        self._is_searching = False

    @property
    def is_open(self) -> bool:
        """Whether there is something to choose."""
        return self._popup.is_open

    def text_changed(self) -> None:
        """What fits the text as it is now."""
        if self._is_searching:
            self._offer([Candidate(entry, entry) for entry in self._history.search(self._area.text, _N_FOUND)])
        else:
            self.complete(is_asked=False)

    def complete(self, *, is_asked: bool) -> bool:
        """Whether there is something to complete with. `is_asked`: by Tab."""
        found = candidates(self._area.before_cursor, self._at_hand, is_asked=is_asked)
        self._offer(found)
        return bool(found)

    def search(self) -> None:
        """Look for what is typed in the history, from now on until something is chosen."""
        self._is_searching = True
        self.text_changed()

    def move(self, step: int) -> None:
        """Mark another one."""
        self._popup.move(step)

    def mark(self, number: int) -> None:
        """Mark this one."""
        self._popup.highlighted = number

    def choose(self) -> bool:
        """Put what is marked into the text; whether that made it a whole command."""
        chosen = self._popup.chosen
        was_searching = self._is_searching
        self.close()
        if chosen is None:
            return False
        if was_searching:
            self._area.put(chosen.text)
            return False
        row, column = self._area.cursor_location
        is_whole = self._area.before_cursor.endswith((chosen.text, chosen.text.rstrip()))
        self._area.replace(chosen.text, (row, max(column - chosen.n_before, 0)), (row, column))
        return chosen.text.startswith("/") and (is_whole or not chosen.text.endswith(" "))

    def close(self) -> bool:
        """Leave the list, the search; whether there was one."""
        was_open = self.is_open or self._is_searching
        self._is_searching = False
        self._offer(())
        return was_open

    def _offer(self, found: Sequence[Candidate]) -> None:
        self._popup.offer(found)
        self._area.is_choosing = bool(found)
