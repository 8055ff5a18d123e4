"""The status line: what goes on, the model, the sandbox, what this turn and the session have used, of what limit."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from textual import events
from textual.widgets import Static

from tui.plain import plain_line

if TYPE_CHECKING:
    from agent.events import Event
    from agent.loop.budget import Budget
    from tui.chat.counts import Counts

_SEPARATOR = "  |  "
_BUSY = "working"
_STOPPING = "stopping"
_KEYS = "Esc stop  F1 help  Ctrl-Q quit"
_EARLY = ("loading", "not ready")


class StatusLine(Static):
    """Always one line: what has no room is left out, the least needed first."""

    def __init__(self) -> None:
        super().__init__("", markup=False, id="status")
        self._state = "loading"
        self._budget: Budget | None = None
        self._stopped = ""

    def on_mount(self) -> None:
        self._draw()

    def on_resize(self, _: events.Resize) -> None:
        self._draw()

    def opened(self, model: str, budget: Budget | None = None) -> None:
        """The session is there; its limits hold for each question."""
        self._counts.model = model
        self._budget = budget
        self.be("ready")

    def be(self, state: str) -> None:
        """What goes on: ready, working, stopping, not ready."""
        if state == _STOPPING != self._state:
            self._stopped = self._counts.activity.sentence
        self._state = state
        self._draw()

    @property
    def state(self) -> str:
        """What was last said to be going on."""
        return self._state

    @property
    def stopped(self) -> str:
        """What the last interrupt stopped, in words."""
        return self._stopped

    def take(self, event: Event) -> None:
        """Count."""
        if self._counts.take(event):
            self._draw()

    @cached_property
    def _counts(self) -> Counts:
        from tui.chat.counts import Counts  # with the events' types; the first frame does without

        return Counts()

    def _draw(self) -> None:
        if self._state in _EARLY and "_counts" not in self.__dict__:
            parts = [(0, self._state), (4, _KEYS)]
        else:
            counts = self._counts
            state = counts.activity.brief if self._state == _BUSY else self._state
            # In the order of the line, with how soon each part gives way.
            parts = [
                (0, plain_line(state, 60)),
                (2, plain_line(counts.model, 40)),
                (5, plain_line(counts.sandbox.partition(":")[0], 50)),
                (1, counts.of_limits(self._budget) if self._budget is not None else ""),
                (3, counts.used(is_busy=self._state == _BUSY)),
                (4, _KEYS),
            ]
        parts = [part for part in parts if part[1]]
        width = self.size.width or 80
        while len(parts) > 1 and len(_SEPARATOR.join(text for _, text in parts)) > width:
            parts.remove(max(parts))
        self.update(_SEPARATOR.join(text for _, text in parts)[:width], layout=False)
