"""Which turns of the store are cards, and where: those near what the person looks at, between two gaps.

Gaps as high as the cards that are not drawn keep the scroll bar true.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from textual import events
from textual.containers import VerticalScroll
from textual.layout import Layout

from tui.chat.transcript.bare import Bare
from tui.chat.transcript.gap import BelowGap
from tui.chat.transcript.store import TurnStore

if TYPE_CHECKING:
    from tui.chat.transcript.turn import TurnView

_SETTLING_S = (0.05, 0.1, 0.2, 0.4)


class DrawnTurns(VerticalScroll, Bare, can_focus=False):
    """What the transcript is above its latest turns; it calls `_check_soon`, `_draw_window` and `_fit_gaps`."""

    def __init__(self, id: str) -> None:  # noqa: A002  # Textual's word
        super().__init__(id=id)
        self.store = TurnStore()
        self._above = BelowGap()
        self._below = Bare(classes="gap")
        self._window = range(0)
        self._drawn: dict[int, TurnView] = {}
        self._is_checking = False
        self._pin: tuple[int, int] | None = None

    @property
    def layout(self) -> Layout:
        """Textual's own kind, below room for the turns that are not drawn."""
        return self._above

    def on_mount(self) -> None:
        self._below.styles.height = 0
        self.mount(self._below)
        self.anchor()

    def on_unmount(self) -> None:
        self.store.close()

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        super().watch_scroll_y(old_value, new_value)
        self._check_soon()

    def on_resize(self, event: events.Resize) -> None:
        self._check_soon()

    def _check_soon(self) -> None:
        if not self._is_checking and len(self.store):
            self._is_checking = True
            self.call_after_refresh(self._check)

    def _check(self) -> None:
        """Draw what the person looks at, where it is not drawn."""
        self._is_checking = False
        if self._pin is not None:
            return  # the screen is being put in its place; it is looked at again then
        for number in self._drawn:
            self._note_height(number)
        heights = self.store.heights
        top, n_lines = self.scroll_y, self.size.height
        first, last = self._window.start, self._window.stop
        is_gap_seen = (first > 0 and top < heights.top(first)) or (
            last < len(heights) and top + n_lines > heights.top(last) and top < heights.total
        )
        is_window_far = bool(self._window) and top > heights.top(last) + n_lines
        if is_gap_seen or is_window_far:
            number = heights.at(top)
            wanted = heights.around(top, n_lines)
            # Where the end is followed there is nothing to keep in its place.
            stays_below = top >= heights.total or (self.is_anchored and not self._anchor_released)
            self._draw_window(wanted, keep=None if stays_below else (number, int(top) - heights.top(number)))

    def _draw_window(self, wanted: range, keep: tuple[int, int] | None) -> None:
        """Draw these turns and no others. `keep`: a turn and its line that is to stay at the top of the screen."""
        from tui.chat.transcript.turn import TurnView

        for number in [number for number in self._drawn if number not in wanted]:
            self._note_height(number)
            self._drawn.pop(number).remove()
        new: dict[int, TurnView] = {}
        for number in wanted:
            if number not in self._drawn:
                question, past = self.store.get(number)
                view = new[number] = TurnView(question, past=past, number=number)
                place = self.store.place(number)
                if place.width == self.size.width:
                    view.styles.min_height = place.height - 1  # as high as it will be, before all of it is there
        held = sorted(self._drawn)
        before = [view for number, view in new.items() if held and number < held[0]]
        after = [view for number, view in new.items() if not held or number >= held[0]]
        if before:
            self.mount_all(before, before=self._drawn[held[0]])
        if after:
            self.mount_all(after, before=self._below)
        self._drawn |= new
        self._window = wanted
        self._fit_gaps()
        self._pin = keep if keep is not None and keep[0] in self._drawn else None
        if self._pin is not None:
            self.call_after_refresh(self._keep, self._pin)
        else:  # cards are higher or lower than was thought, and then the end is elsewhere
            self.call_after_refresh(self._check_soon)

    def _keep(self, pin: tuple[int, int], pauses_s: Sequence[float] = _SETTLING_S) -> None:
        """Undo what wrong guesses of heights moved, also while answers above are still being laid out; not where the
        person has scrolled on, nor where another turn is wanted by now."""
        if self._pin is not pin:
            return
        number, line = pin
        self.scroll_to(y=self._drawn[number].virtual_region.y + line, animate=False, immediate=True)
        kept = self.scroll_y

        def again() -> None:
            if self._pin is pin and self.scroll_y == kept:
                self._keep(pin, pauses_s[1:])
            elif self._pin is pin:
                self._let_go()

        if pauses_s:
            self.set_timer(pauses_s[0], again)
        else:
            self._let_go()

    def _let_go(self) -> None:
        self._pin = None
        self._check_soon()

    def _note_height(self, number: int) -> None:
        """As it is on the screen now. Where a card was unfolded, that says nothing of how high it will be drawn."""
        view = self._drawn[number]
        if height := view.outer_size.height:
            self.store.set_height(number, height + 1, 0 if view.is_open else self.size.width)

    def _fit_gaps(self) -> None:
        heights = self.store.heights
        if (n_above := heights.top(self._window.start)) != self._above.n_lines:
            self._above.n_lines = n_above
            self.refresh(layout=True)
        self._below.styles.height = heights.total - heights.top(self._window.stop)
