"""How often something that grows is drawn: as often as the machine can, and no more than it leaves time for keys."""

from __future__ import annotations

import time
from collections.abc import Callable

from textual.timer import Timer
from textual.widget import Widget

_SHORTEST_S = 0.1
_LONGEST_S = 1.0
_SHARE = 3
"""Between two drawings lies this many times what the last one took, layout and paint included."""
_TYPING_S = 1.0
_TYPING_SHARE = 20
"""The same while somebody types: then it is keys that are to be seen at once."""


class Pace:
    """Of one widget. `soon` may be called for every piece; `draw` is called now and then, and always after the last."""

    def __init__(self, widget: Widget, draw: Callable[[], None]) -> None:
        self._widget = widget
        self._draw = draw
        self._took_s = 0.0
        self._timer: Timer | None = None

    def soon(self) -> None:
        """There is something new."""
        if self._timer is None:
            is_typing = time.monotonic() - getattr(self._widget.app, "typed_at", 0.0) < _TYPING_S
            pause_s = max(self._took_s * (_TYPING_SHARE if is_typing else _SHARE), _SHORTEST_S)
            self._timer = self._widget.set_timer(min(pause_s, _LONGEST_S), self._run)

    def now(self) -> None:
        """Draw at once: this is the last."""
        self.stop()
        self._draw()

    def stop(self) -> None:
        """Nothing more is to be drawn."""
        if self._timer is not None:
            self._timer.stop()
            self._timer = None

    def _run(self) -> None:
        self._timer = None
        begun = time.monotonic()
        self._draw()
        self._widget.call_after_refresh(self._drawn, begun)

    def _drawn(self, begun: float) -> None:
        self._took_s = time.monotonic() - begun
