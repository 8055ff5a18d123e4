"""The wall clock of a cell: it stands still while a call waits for a person, who may take their time."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

from sandbox.broker import Broker


class CellClock:
    """Starts at once; calls `on_end` when the cell has had its seconds, unless it is cancelled before."""

    def __init__(self, wall_s: float, broker: Broker | None, on_end: Callable[[], None]) -> None:
        self._wall_s = wall_s
        self._broker = broker
        self._on_end = on_end
        self._began = time.monotonic()
        self._person_s = self._waited()
        self._timer = asyncio.get_running_loop().call_later(wall_s, self._ring)

    def cancel(self) -> None:
        self._timer.cancel()

    def _waited(self) -> float:
        return self._broker.person_s if self._broker is not None else 0.0

    def _ring(self) -> None:
        left = self._wall_s + (self._waited() - self._person_s) - (time.monotonic() - self._began)
        if left <= 0:
            self._on_end()
        else:  # while a person is being waited for, `left` never shrinks; look again before long
            self._timer = asyncio.get_running_loop().call_later(max(left, 0.05), self._ring)
