"""The list of turns: the newest below, followed while the person has not scrolled up.

Only cards near the screen are widgets. The latest ones always are; older ones are in the store, and a window of them is
drawn again where the person looks (`drawn`).
"""

from __future__ import annotations

import gc
from collections.abc import Iterable
from typing import TYPE_CHECKING

from textual.widget import Widget

from tui.chat.transcript.blocks import Line
from tui.chat.transcript.drawn import DrawnTurns

if TYPE_CHECKING:
    from agent.events import Event
    from tui.chat.transcript.turn import TurnView

_N_LATEST = 2
"""At least so many of the latest turns stay drawn, and as many more as fill a screen. What is drawn costs time whenever
something grows, also where it is not seen: Textual lays out all widgets of a screen."""
_N_LINES_SAID = 20
_N_COLLECTED = 10
"""After so many turns that leave the screen their garbage is collected, which takes some hundredths of a second."""
_GUESSED_LINES = 8
_GUESSED_SCREEN = 40


class Transcript(DrawnTurns, can_focus=False):
    """All turns of the session, by number from 0; those of `store` are not among the latest."""

    def __init__(self) -> None:
        super().__init__(id="transcript")
        self._latest: list[TurnView] = []
        self._said: list[Line] = []

    # -- what is said and done

    @property
    def is_busy(self) -> bool:
        """Whether a turn runs."""
        return bool(self._latest) and not self._latest[-1].is_done

    @property
    def n_turns(self) -> int:
        """All of them."""
        return len(self.store) + len(self._latest)

    @property
    def last(self) -> TurnView | None:
        """The newest turn."""
        return self._latest[-1] if self._latest else None

    async def begin(self, question: str) -> None:
        """A new turn; the events that are taken from now on belong to it."""
        from tui.chat.transcript.turn import TurnView  # with it comes all that a card can hold

        if (before := self.last) is not None:
            before.unfold(False)
        turn = TurnView(question, number=self.n_turns)
        self._latest.append(turn)
        await self.mount(turn)  # before its first event comes
        self.follow()
        self.call_after_refresh(self._retire)

    def take(self, event: Event) -> None:
        """One event of the running turn."""
        if self._latest:
            self._latest[-1].take(event)
        self._check_soon()  # following the end moves the screen without saying so

    def note(self, text: str) -> None:
        """A line about the running turn."""
        if self._latest:
            self._latest[-1].note(text)

    def remember(self, turns: Iterable[tuple[str, list[Event]]]) -> None:
        """Turns of an earlier run of the session, as (question, events), before all others."""
        from tui.chat.transcript.record import TurnRecord

        for question, past in turns:
            record = TurnRecord(question)
            for event in past:
                record.add(event)
            n_lines = len(record.answered.answer) // max(self.size.width, 40) if record.answered else 0
            self.store.put(record, _GUESSED_LINES + n_lines)
        n_lines, heights = self.size.height or _GUESSED_SCREEN, self.store.heights
        self._draw_window(heights.around(max(heights.total - n_lines, 0), n_lines), keep=None)
        self.follow()

    def say(self, text: str, kind: str = "note") -> None:
        """A line that belongs to no turn. `kind`: note, warning or error."""
        line = Line(text, kind)
        self._said.append(line)
        if len(self._said) > _N_LINES_SAID:
            self._said.pop(0).remove()
        self.show(line)

    def show(self, widget: Widget) -> None:
        """Something of its own at the end."""
        if self.is_attached:
            self.mount(widget)

    # -- moving about

    def follow(self) -> None:
        """Go to the end and stay there while it grows."""
        self._pin = None
        self.anchor()

    def page(self, step: int) -> None:
        """A screen up (-1) or down (1)."""
        self.scroll_relative(y=step * max(self.size.height - 2, 1), animate=False)

    def go_to(self, number: int) -> None:
        """Bring a turn to the top of the screen."""
        number = min(max(number, 0), max(self.n_turns - 1, 0))
        if number >= len(self.store):
            if self._latest:
                self.scroll_to_widget(self._latest[number - len(self.store)], top=True, animate=False)
            return
        top = self.store.heights.top(number)
        self.release_anchor()
        self._draw_window(self.store.heights.around(top, self.size.height), keep=(number, 0))

    def unfold_last(self) -> None:
        """Show all that the newest turn did, or fold it away again."""
        if (turn := self.last) is not None:
            turn.unfold_all(not turn.is_open)

    def texts(self, first: int = 0) -> Iterable[tuple[int, str]]:
        """Number and text (question, programs, answer) of every turn from `first` on, for a search."""
        for number in range(first, len(self.store)):
            yield number, self.store.text(number)
        for number, turn in enumerate(self._latest, start=len(self.store)):
            yield number, turn.record.text

    # -- what leaves the screen

    def _retire(self) -> None:
        """Older turns that are a screen above the end go into the store."""
        room = self.size.height + 2
        while len(self._latest) > _N_LATEST:
            oldest = self._latest[0]
            below = sum(turn.outer_size.height + 1 for turn in self._latest[1:])
            if not oldest.is_done or below < room:
                return
            if oldest.is_open:  # it goes with the next question, as high as it is then
                oldest.unfold(False)
                return
            height, is_all_drawn = oldest.outer_size.height + 1, self._window.stop == len(self.store)
            number = self.store.put(oldest.record, height, self.size.width)
            del self._latest[0]
            if is_all_drawn and self._window:  # it is near the window: it becomes a part of it
                self._drawn[number] = oldest
                self._window = range(self._window.start, number + 1)
                self.move_child(self._below, after=oldest)
            else:
                oldest.remove()
                if is_all_drawn:
                    self._window = range(number + 1, number + 1)
            self._fit_gaps()
            if number % _N_COLLECTED == 0:
                gc.collect()  # cards are full of cycles; between two turns is the time for it
